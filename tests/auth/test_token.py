"""`Token` and the reading of token replies: nothing is shown, and no reply can crash the reading."""

from __future__ import annotations

import base64
import copy
import json
import math
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.auth.token import Token, jwt_claims, jwt_expiry, looks_like_jwt, read_lifetime
from asdk.errors import InvalidRequestError
from asdk.http.headers import Headers
from asdk.secret import MASK, MaskedStr, Secret

TEN_YEARS = 315_576_000.0
HUGE = 10**400


def make(**options: Any) -> Token:
    return Token(value="t0k3n", refresh_token="r3fr3sh", issued_at=1000.0, lifetime=60.0, **options)


def with_locals(token: Token) -> str:
    headers = token.headers
    try:
        raise RuntimeError(f"{token} {headers}")
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


VIEWS: dict[str, Callable[[Token], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda token: f"{token} {token!s:>80} {[token]}",
    "vars": lambda token: f"{token.headers} {vars(token)}",
    "asdict": lambda token: str(attrs.asdict(token)),
    "astuple": lambda token: str(attrs.astuple(token)),
    "evolved": lambda token: repr(attrs.evolve(token, lifetime=5.0)),
    "json": lambda token: json.dumps(token, default=str),
    "traceback": with_locals,
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_token_shows_none_of_its_secrets(view: str) -> None:
    shown = VIEWS[view](make())
    assert "t0k3n" not in shown
    assert "r3fr3sh" not in shown


def test_a_token_neither_pickles_nor_copies_away() -> None:
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="pickle"):
            carry(make())


def test_a_token_says_what_it_is_without_saying_it() -> None:
    assert repr(make()) == "<Token Bearer issued_at=1000 lifetime=60.0>"
    assert repr(make(scheme="", header="X-API-Key")) == "<Token X-API-Key issued_at=1000 lifetime=60.0>"


def test_a_token_ends_after_its_life() -> None:
    assert make().expires_at == 1060.0
    assert Token(value="a").expires_at is None


def test_tokens_are_the_same_if_they_carry_the_same() -> None:
    assert make() == make(claims={"company": "ignored"})
    assert make() != attrs.evolve(make(), value="other")
    assert hash(make()) == hash(make())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"Authorization": "Bearer t0k3n"}),
        ({"scheme": "Token"}, {"Authorization": "Token t0k3n"}),
        ({"scheme": "", "header": "X-API-Key"}, {"X-API-Key": "t0k3n"}),
        ({"scheme": "", "header": "X-Session"}, {"X-Session": "t0k3n"}),
    ],
)
def test_the_header_is_made_once_and_is_masked(options: dict[str, str], expected: dict[str, str]) -> None:
    token = make(**options)
    assert dict(token.headers) == expected
    ((_, value),) = token.headers.multi_items()
    assert isinstance(value, MaskedStr)
    assert MASK in repr(token.headers)
    assert token.headers is token.headers


@pytest.mark.parametrize("value", ["a\r\nX-Evil: y", "a\n", "é", "\ud800", "a ", "\x00", ""])
def test_a_value_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _ = Token(value=value).headers
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize("header", ["", "a b", "a\r\n", "é"])
def test_a_header_needs_a_name(header: str) -> None:
    with pytest.raises(InvalidRequestError, match="header name"):
        make(header=header)


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_a_token_is_text(value: Any) -> None:
    with pytest.raises(TypeError, match="a Secret must be a str"):
        Token(value=value)


def test_the_headers_of_a_token_are_merged_into_a_request() -> None:
    headers = Headers({"authorization": "old"})
    headers.update(make().headers)
    assert headers.multi_items() == [("Authorization", "Bearer t0k3n")]


# --- lifetimes ------------------------------------------------------------------------------------------------------

numbers = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet="0123456789.-+_eEinfa ٣", max_size=8)
    | st.sampled_from([HUGE, -HUGE, 0, 1, 3600, TEN_YEARS, TEN_YEARS + 1, "3600", "1_000", [], {}])
)
units = st.sampled_from(["days", "hours", "minutes", "seconds", "weeks"])


@settings(deadline=None, max_examples=300)
@given(
    data=st.fixed_dictionaries(
        {}, optional={"expires_in": numbers, "expires": numbers | st.dictionaries(units, numbers)}
    )
)
def test_a_lifetime_is_some_seconds_or_unknown_whatever_the_reply_says(data: dict[str, Any]) -> None:
    lifetime = read_lifetime(data)
    assert lifetime is None or (isinstance(lifetime, float) and 0 < lifetime <= TEN_YEARS)


@given(seconds=st.integers(1, int(TEN_YEARS)) | st.floats(0, TEN_YEARS, exclude_min=True))
def test_a_sensible_lifetime_is_believed(seconds: float) -> None:
    assert read_lifetime({"expires_in": seconds}) == seconds
    if isinstance(seconds, int):
        assert read_lifetime({"expires_in": str(seconds)}) == seconds


@given(
    parts=st.fixed_dictionaries(
        {},
        optional={
            "days": st.integers(0, 99),
            "hours": st.integers(0, 99),
            "minutes": st.integers(0, 99),
            "seconds": st.integers(0, 99),
        },
    )
)
def test_a_lifetime_in_parts_is_added_up(parts: dict[str, int]) -> None:
    weights = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    assert read_lifetime({"expires": parts}) == (sum(weights[unit] * count for unit, count in parts.items()) or None)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"expires_in": None},
        {"expires_in": True},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": float("nan")},
        {"expires_in": float("inf")},
        {"expires_in": TEN_YEARS + 1},
        {"expires_in": HUGE},
        {"expires_in": "1_000"},
        {"expires_in": "+5"},
        {"expires_in": "1e3"},
        {"expires_in": "٣٦٠٠"},
        {"expires_in": " 5"},
        {"expires_in": "never"},
        {"expires": 3600},
        {"expires": {"days": "1"}},
        {"expires": {"days": True}},
        {"expires": {"days": HUGE}},
        {"expires": {"days": 1.5, "hours": HUGE}},
        {"expires": {"days": 99999}},
        {"expires": {"days": float("inf"), "hours": float("-inf")}},
    ],
    ids=lambda data: str(data)[:40],
)
def test_what_makes_no_sense_is_no_lifetime(data: dict[str, Any]) -> None:
    assert read_lifetime(data) is None


def test_parts_count_where_the_number_makes_no_sense() -> None:
    assert read_lifetime({"expires_in": 0, "expires": {"hours": 1}}) == 3600.0
    assert read_lifetime({"expires_in": "10", "expires": {"hours": 1}}) == 10.0


# --- JWTs -----------------------------------------------------------------------------------------------------------


def jwt(claims: Any) -> Secret:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return Secret(f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln")


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(claims=st.dictionaries(st.text(), json_data, max_size=4))
def test_the_claims_of_a_jwt_are_read_as_they_are(claims: dict[str, Any]) -> None:
    assert jwt_claims(jwt(claims)) == claims
    assert looks_like_jwt(jwt(claims)) is bool(claims)


segment = (
    st.text()
    | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    | st.sampled_from(["", "=", "e30", "W10", "bnVsbA", "é", "\ud800", "W1tb" * 9999])
)


@settings(deadline=None, max_examples=300)
@given(text=st.text() | st.lists(segment, max_size=4).map(".".join) | json_data.map(lambda data: jwt(data).reveal()))
def test_whatever_a_token_is_its_claims_are_a_dict(text: str) -> None:
    token = Secret(text)
    claims = jwt_claims(token)
    assert isinstance(claims, dict)
    assert looks_like_jwt(token) is bool(claims)
    expiry = jwt_expiry(token)
    assert expiry is None or (math.isfinite(expiry) and expiry > 0)


@pytest.mark.parametrize(
    ("exp", "moment"),
    [
        (1_750_000_000, 1_750_000_000.0),
        (1_750_000_000.5, 1_750_000_000.5),
        (0, None),
        (-1, None),
        (True, None),
        ("1750000000", None),
        (None, None),
        ([], None),
        (float("nan"), None),
        (float("inf"), None),
        (HUGE, None),
        (1e300, None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_end_of_a_jwt_is_a_moment_before_the_year_10000_or_unknown(exp: Any, moment: float | None) -> None:
    assert jwt_expiry(jwt({"exp": exp})) == moment
    assert jwt_expiry(Secret("opaque")) is None
