"""Tests of the error for a bad status: its class, message and facts, for any response."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import ERROR_BODY_LIMIT, ConflictError, NotFoundError, RateLimitError, StatusError
from asdk.http.bodies import IteratorBody
from asdk.http.error_bodies import read_error
from asdk.http.headers import Headers
from asdk.http.request import CallState, Request
from asdk.http.response import Response
from asdk.http.status_errors import status_error
from asdk.redaction import contains_secret
from asdk.secret import MASK, Secret
from asdk.testing.clock import VirtualClock


class AccountLockedError(StatusError):
    """An error class of an API."""


def error_for(
    body: Any = b"",
    status: int = 400,
    headers: Any = (),
    codes: dict[str, type[StatusError]] | None = None,
    **options: Any,
) -> StatusError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("GET", "https://h/users/5", "/users/{id}", Headers(), **{"clock": VirtualClock(), **options})
    return status_error(Response(status, headers, content, request=request), read_error, codes or {})


def test_an_error_has_the_facts_of_the_response() -> None:
    now = datetime.fromtimestamp(1_750_000_000, UTC)
    error = error_for(
        {"code": "SLOW_DOWN", "message": "too many"},
        429,
        {"X-Request-ID": "8f3c", "Retry-After": f"{now:%a, %d %b %Y %H:%M}:50 GMT"},
        state=CallState(attempts=3),
    )
    assert type(error) is RateLimitError
    assert str(error) == "429 GET /users/{id}: too many (3 attempts, request 8f3c)"
    assert (error.method, error.template, error.status, error.attempts) == ("GET", "/users/{id}", 429, 3)
    assert (error.code, error.request_id, error.problem) == ("SLOW_DOWN", "8f3c", None)
    assert error.data == {"code": "SLOW_DOWN", "message": "too many"}
    assert error.retry_after == 50 - now.second


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        (404, b"", {}, "Not Found (empty body)"),
        (404, b"<html>", {}, "Not Found"),
        (404, {"message": " \n\t "}, {}, "Not Found"),
        (404, b"no such page", {}, "Not Found"),
        (422, b"missing field\n `name`", {"Content-Type": "text/plain; charset=utf-8"}, "missing field `name`"),
        (500, b"Traceback", {"Content-Type": "text/html"}, "Internal Server Error (HTML page)"),
        (500, b" ", {"Content-Type": "text/plain"}, "Internal Server Error"),
        (500, b"x" * 900, {"Content-Type": "text/plain"}, "x" * 200),
        (799, b"x", {}, "unknown status"),
        (304, b"", {}, "Not Modified (empty body)"),
    ],
)
def test_the_status_replaces_a_missing_message(status: int, body: Any, headers: Any, message: str) -> None:
    assert error_for(body, status, headers).message == message


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m", "a\x00b", "a\x7f\x9bb", "a\u2028b\u2029c"])
def test_a_message_has_only_printable_characters(text: str) -> None:
    assert str(error_for({"message": text})).isprintable()


def test_a_message_is_one_line_of_limited_length() -> None:
    error = error_for({"message": "first\r\nWARN forged\x0b line\u2028end" + "x" * 1000})
    assert error.message.startswith("first WARN forged line endxxx")
    assert len(error.message) == 500
    assert len(str(error).splitlines()) == 1


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "message", "Message", "detail", "loc", "msg", "title", "error_description"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(
    body=st.binary() | json_data.map(lambda data: json.dumps(data).encode()),
    status=st.integers(300, 999),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "Retry-After", "X-Request-ID", "Date"]), st.text()),
)
def test_any_response_makes_one_error(body: bytes, status: int, headers: dict[str, str]) -> None:
    error = error_for(body, status, headers)
    assert type(error) is StatusError.for_status(status)
    assert 0 < len(error.message) <= 500
    assert len(error.message.splitlines()) == 1
    assert error.body == body
    assert error.code is None or isinstance(error.code, str)


@pytest.mark.parametrize("nested", ['{"error":', '{"detail":[', "["])
def test_a_deeply_nested_body_makes_one_error(nested: str) -> None:
    for depth in (50, 300, 900, 100_000):
        close = {"{": "}", "[": "]"}
        content = (nested * depth + "1" + "".join(close[c] for c in reversed(nested * depth) if c in close)).encode()
        assert type(error_for(content, 404)) is NotFoundError


def test_an_error_code_takes_precedence_over_the_status() -> None:
    codes: dict[str, type[StatusError]] = {"LOCKED": AccountLockedError}
    assert type(error_for({"code": "LOCKED"}, 409, codes=codes)) is AccountLockedError
    assert type(error_for({"code": "OTHER"}, 409, codes=codes)) is ConflictError
    assert type(error_for(b"", 409, codes=codes)) is ConflictError


@pytest.mark.parametrize(
    ("media_type", "body", "problem"),
    [
        ("application/problem+json", {"title": "t"}, {"title": "t"}),
        ("Application/Problem+JSON; charset=utf-8", {"title": "t"}, {"title": "t"}),
        ("application/json", {"title": "t"}, None),
        ("application/problem+json", ["t"], None),
        ("application/problem+json", b"<html>", None),
        ("application/problem+json", {"status": 404, "balance": 30}, {"status": 404, "balance": 30}),
        ("application/problem+json", {"title": 5, "detail": ["d"], "status": "404", "more": None}, {"more": None}),
        ("application/problem+json", {"status": True, "type": None, "instance": {}}, {}),
        ("application/problem+json", {"type": "/problems/credit"}, {"type": "https://h/problems/credit"}),
        ("application/problem+json", {"type": "credit"}, {"type": "https://h/users/credit"}),
        ("application/problem+json", {"type": "about:blank"}, {"type": "about:blank"}),
        ("application/problem+json", {"type": "https://p/a?b#c"}, {"type": "https://p/a?b#c"}),
        ("application/problem+json", {"instance": "#error-1"}, {"instance": "https://h/users/5#error-1"}),
        ("application/problem+json", {"instance": "urn:uuid:1"}, {"instance": "urn:uuid:1"}),
        ("application/problem+json", {"instance": "http://["}, {}),
    ],
)
def test_a_problem_is_kept_as_data(media_type: str, body: Any, problem: Any) -> None:
    assert error_for(body, headers={"Content-Type": media_type}).problem == problem


def test_an_error_keeps_the_first_64_kib_of_the_body() -> None:
    assert ERROR_BODY_LIMIT == 64 * 1024
    assert error_for(b"x" * (ERROR_BODY_LIMIT + 1)).body == b"x" * ERROR_BODY_LIMIT


@pytest.mark.parametrize(
    "echo",
    [
        b's3cr3t/"value',
        b'{"message": "you said s3cr3t/\\"value"}',
        b'{"message": "you said s3cr3t\\/\\"value", "code": "s3cr3t/\\"value"}',
        b'{"title": "s3cr3t%2F%22value", "more": ["s3cr3t/\\"value"]}',
    ],
)
def test_an_echoed_secret_is_not_in_the_error(echo: bytes) -> None:
    error = error_for(echo, headers={"Content-Type": "application/problem+json"}, secrets=[Secret('s3cr3t/"value')])
    shown = f"{error} {error.args} {vars(error)} {error.data} {error.body!r}"
    assert "s3cr3t" not in shown
    assert MASK in shown


ESCAPED = {
    "json of .NET": b'{"message": "not valid: CANARY\\u002Bbase64/key\\u003D\\u003D\\u0026", "code": "x"}',
    "lower case": b'{"message": "not valid: canary\\u002bBASE64/KEY\\u003d\\u003d\\u0026"}',
    "percent": b'{"error": {"message": "no", "code": "CANARY%2Bbase64%2Fkey%3D%3D%26"}}',
    "html": b'{"detail": [{"loc": ["body", "CANARY+base64/key==&amp;"], "msg": "invalid"}]}',
    "html, numeric": b'{"title": "CANARY&#43;base64&#x2F;key&#61;=&#38;"}',
    "base64": b'{"message": "Q0FOQVJZK2Jhc2U2NC9rZXk9PSY="}',
    "base64 with a user": b'{"message": "YTpDQU5BUlkrYmFzZTY0L2tleT09Jg=="}',
    "hex": b'{"message": "43414e4152592b6261736536342f6b65793d3d26"}',
    "a part": b'{"message": "the key that starts with CANARY+base64 is unknown"}',
    "json in json": b'{"message": "{\\"key\\": \\"CANARY\\\\u002Bbase64/key==\\\\u0026\\"}"}',
}


@pytest.mark.parametrize("body", ESCAPED.values(), ids=ESCAPED)
@pytest.mark.parametrize("media_type", ["application/json", "application/problem+json", "text/plain"])
def test_an_escaped_echo_is_not_in_the_error(body: bytes, media_type: str) -> None:
    secret = "CANARY+base64/key==&"
    error = error_for(body, headers={"Content-Type": media_type}, secrets=[Secret(secret)])
    shown = f"{error} {error!r} {error.args} {vars(error)} {error.body!r} {error.data}"
    assert not contains_secret(shown, [secret])
    assert b"CANARY" not in pickle.dumps(error)
    assert MASK in shown


def test_an_error_without_an_echo_keeps_its_body_exactly() -> None:
    body = b'{"message": "a\\u002bb &amp; %41", "id": "CANARY"}'
    error = error_for(body, secrets=[Secret("CANARY+base64/key==&")])
    assert error.body == pickle.loads(pickle.dumps(error)).body == body
    assert error.data == {"message": "a+b &amp; %41", "id": "CANARY"}


@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id", "X-Correlation-Id", "X-Amzn-RequestId"])
def test_a_request_id_is_shown_without_secrets_and_controls(name: str) -> None:
    secrets = [Secret("s3cr3t-value")]
    assert "s3cr3t" not in str(error_for(b"", headers={name: "id s3cr3t-value"}, secrets=secrets))
    assert error_for(b"", headers={name: "a\x9b31m\x1bb\x00c\u202ed"}).request_id == "a 31m b cd"
    assert error_for(b"", headers={name: "x" * 5000}).request_id == "x" * 200


def test_a_body_with_a_secret_across_its_limit_is_hidden() -> None:
    error = error_for(b"x" * (ERROR_BODY_LIMIT - 4) + b"s3cr3t-value", secrets=[Secret("s3cr3t-value")])
    assert error.body == MASK.encode()


@pytest.mark.parametrize(("status", "told"), [(401, True), (503, True), (429, True), (404, False), (400, False)])
def test_the_error_says_when_the_body_prevented_a_retry(status: int, told: bool) -> None:
    request = Request("POST", "https://h/", "/", Headers(), IteratorBody([b"x"]))
    error = status_error(Response(status, {}, b'{"message": "no"}', request=request), read_error, {})
    assert ("not retried, since the request body is an iterator" in error.message) is told
