"""Tests of the rate limit headers: all common dialects, and arbitrary values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.http.headers import Headers
from asdk.http.rate_limit_headers import (
    FIELDS,
    ServerQuota,
    asked_to_wait,
    is_throttled,
    read_quotas,
    reset_in,
    seconds_to_wait,
)

NOW = 1_750_000_000.0


def quotas(*fields: tuple[str, str]) -> list[ServerQuota]:
    return read_quotas(Headers.received(fields), NOW)


# --- the field of the standard ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"default";r=50;t=30', [ServerQuota(50, 30.0)]),
        ("default;r=50;t=30", [ServerQuota(50, 30.0)]),
        ('"burst";r=5;t=1, "daily";r=900;t=43200', [ServerQuota(5, 1.0), ServerQuota(900, 43200.0)]),
        ('"a,b;c=\\"1\\"" ; r=7 ;t=3 ', [ServerQuota(7, 3.0)]),
        ('"default";r=50;t=30;pk=:cHsdsRa894==:', [ServerQuota(50, 30.0)]),
        ('"default";pk="a;r=9";r=1;t=2', [ServerQuota(1, 2.0)]),
        ("limit=100, remaining=50, reset=5", [ServerQuota(50, 5.0)]),
        ("limit=100,remaining=0", [ServerQuota(0, None)]),
        ('"default";r=50', [ServerQuota(50, None)]),
        ('"default";t=50', []),
        ('"default";r=-1;t=5', []),
        ('"default";r=1.5;t=5', []),
        ('"default";r=50;t=30 oops', []),
        ('"default', []),
        ("", []),
        (",,;r=1", []),
    ],
)
def test_the_ratelimit_field_of_each_draft(value: str, expected: list[ServerQuota]) -> None:
    assert quotas(("RateLimit", value)) == expected


def test_a_policy_replaces_a_missing_reset() -> None:
    policy = ("RateLimit-Policy", '"burst";q=10;w=60,"bytes";q=1000;w=1;qu="content-bytes"')
    assert quotas(policy, ("RateLimit", '"burst";r=0')) == [ServerQuota(0, 6.0)]
    assert quotas(policy, ("RateLimit", '"burst";r=0;t=3')) == [ServerQuota(0, 3.0)]


def test_a_limit_of_another_unit_is_ignored() -> None:
    policy = ("RateLimit-Policy", '"bytes";q=1000;w=1;qu="content-bytes"')
    assert quotas(policy, ("RateLimit", '"bytes";r=0;t=3')) == []


# --- the families -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "30"}, ServerQuota(7, 30.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 90)}, ServerQuota(0, 90.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str((int(NOW) + 90) * 1000)}, ServerQuota(0, 90.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000001.5"}, ServerQuota(0, 1.5)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, ServerQuota(0, 0.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9", "X-RateLimit-Reset-After": "1.25"}, ServerQuota(0, 1.25)),  # noqa: E501
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2025-06-15T15:07:00Z"}, ServerQuota(0, 20.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "Sun, 15 Jun 2025 15:07:00 GMT"}, ServerQuota(0, 20.0)),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "1750000060"}, ServerQuota(3, 60.0)),
        ({"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "3", "RateLimit-Reset": "5"}, ServerQuota(3, 5.0)),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, ServerQuota(0, 360.0)),
        ({"X-RateLimit-Remaining": "5"}, ServerQuota(5, None)),
        ({"X-RateLimit-Reset": "5"}, ServerQuota(None, 5.0)),
    ],
)  # fmt: skip
def test_each_family_and_each_format_of_a_reset(fields: dict[str, str], expected: ServerQuota) -> None:
    assert read_quotas(Headers.received(fields.items()), NOW) == [expected]


def test_githubs_reset_is_in_epoch_seconds_of_its_clock() -> None:
    fields = [
        ("Date", "Sun, 15 Jun 2025 15:00:00 GMT"),
        ("X-RateLimit-Limit", "5000"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", "1749999660"),  # a minute after its Date, and in our past
        ("X-RateLimit-Used", "5000"),
        ("X-RateLimit-Resource", "core"),
    ]
    assert quotas(*fields) == [ServerQuota(0, 60.0)]


def test_the_stricter_of_repeated_fields_counts() -> None:
    fields = [("X-RateLimit-Remaining", "9"), ("X-RateLimit-Remaining", "2"), ("X-RateLimit-Reset", "5")]
    assert quotas(*fields, ("X-RateLimit-Reset", "8")) == [ServerQuota(2, 8.0)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("1s", 1.0), ("6m0s", 360.0), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("2m", 120.0), (" 7 ", 7.0)],
)
def test_a_duration(value: str, seconds: float) -> None:
    assert reset_in(value, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", ["", " ", "-1", "+5", "1_000", "inf", "nan", "1e9", "0x10", "٣", "5 s", "soon", "2025-99-99T00:00:00Z"]
)
def test_an_invalid_reset_is_none(value: str) -> None:
    assert reset_in(value, NOW) is None


# --- a response that asks the client to wait --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fields", "wait"),
    [
        (429, {"Retry-After": "5"}, 5.0),
        (429, {"Retry-After-Ms": "250"}, 0.25),
        (503, {"Retry-After": "5"}, 5.0),
        (403, {"Retry-After": "60"}, 60.0),
        (200, {"Retry-After": "5"}, None),
        (500, {"Retry-After": "5"}, None),
        (429, {}, None),
        (429, {"Retry-After": "inf"}, None),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000010"}, 10.0),
        (429, {"X-RateLimit-Reset": "7"}, 7.0),
        (429, {"X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "7"}, None),
        (429, {"RateLimit": '"a";r=0;t=9, "b";r=3;t=900'}, 9.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, 7.0),
        (403, {"X-RateLimit-Reset": "1750000010"}, 10.0),
        (403, {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1750000010"}, None),
        (403, {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30.0),
        (503, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, None),
        (429, {"Retry-After": "2", "RateLimit": '"a";r=0;t=60'}, 2.0),
        (429, {"Retry-After": "2", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000060"}, 2.0),
        (403, {"Retry-After": "9", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000004"}, 9.0),
        (429, {"Retry-After": "soon", "X-RateLimit-Reset": "7"}, 7.0),
        (429, {"Retry-After": "30,120"}, 120.0),
    ],
)
def test_how_long_a_response_asks_to_wait(status: int, fields: dict[str, str], wait: float | None) -> None:
    assert asked_to_wait(status, Headers.received(fields.items()), NOW) == wait


@pytest.mark.parametrize(
    ("status", "fields", "throttled"),
    [
        (429, {}, True),
        (403, {"Retry-After": "60"}, True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1750000010"}, True),
        (403, {"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "1750000010"}, False),
        (403, {"X-RateLimit-Remaining": "0"}, False),
        (403, {}, False),
        (503, {"Retry-After": "60"}, False),
        (401, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, False),
    ],
)
def test_whether_a_request_was_refused_for_its_rate(status: int, fields: dict[str, str], throttled: bool) -> None:
    assert is_throttled(status, Headers.received(fields.items()), NOW) is throttled


@pytest.mark.parametrize("status", [500, 502, 408])
def test_any_failed_response_may_have_a_retry_after(status: int) -> None:
    assert seconds_to_wait(status, Headers.received([("Retry-After", "5")]), NOW) == 5.0
    assert asked_to_wait(status, Headers.received([("Retry-After", "5")]), NOW) is None


# --- anything at all --------------------------------------------------------------------------------------------------

_LIKELY = st.text(alphabet='"\\;,=:.-_ \tabcqrtwpk0123456789TZsmh+e', max_size=60)
_VALUE = st.one_of(_LIKELY, st.text(max_size=40), st.integers().map(str), st.floats().map(str))
_NAMES = sorted(FIELDS | {"ratelimit-policy", "date"})


@given(st.lists(st.tuples(st.sampled_from(_NAMES), _VALUE), max_size=8), st.sampled_from([200, 403, 429, 503]))
def test_any_value_is_parsed_without_an_error(fields: list[tuple[str, str]], status: int) -> None:
    headers = Headers.received(fields)
    for quota in read_quotas(headers, NOW):
        assert quota.remaining is None or quota.remaining >= 0
        assert quota.reset is None or 0 <= quota.reset < math.inf
    wait = asked_to_wait(status, headers, NOW)
    assert wait is None or 0 <= wait < math.inf


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**15 - 1), st.text("abc_-.*/:", min_size=1, max_size=9))
def test_a_standard_field_round_trips(remaining: int, reset: int, name: str) -> None:
    assert quotas(("RateLimit", f'"{name}";r={remaining};t={reset}')) == [ServerQuota(remaining, float(reset))]
