"""Tests of `Headers` and of the header parsers: no value can inject a line, and no input can crash or hang them."""

from __future__ import annotations

import copy
import math
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import InvalidRequestError
from asdk.http.headers import Headers, check_name, check_value, http_date, retry_after
from asdk.secret import MASK, MaskedStr, Secret

token = st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True)
value = st.from_regex(r"([\x21-\x7e]([\t\x20-\x7e]{0,12}[\x21-\x7e])?)?", fullmatch=True)
hostile = st.text() | st.lists(
    st.sampled_from(["a", ":", " ", "\t", "\r", "\n", "\r\n", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "é"])
).map("".join)


# --- a mapping --------------------------------------------------------------------------------------------------------


@given(items=st.lists(st.tuples(token, value)), probe=token)
def test_names_are_case_insensitive_and_the_last_value_wins(items: list[tuple[str, str]], probe: str) -> None:
    headers, plain = Headers(items), {name.lower(): value for name, value in items}
    assert {name.lower(): value for name, value in headers.items()} == plain
    assert len(headers) == len(plain)
    for name, text in plain.items():
        assert headers[name.upper()] == headers[name] == text
        assert name.swapcase() in headers
    assert headers.get(probe) == plain.get(probe.lower())


def test_a_name_keeps_its_case_on_the_wire() -> None:
    headers = Headers({"X-Trace-ID": "1"})
    headers["x-trace-id"] = "2"
    assert headers.multi_items() == [("x-trace-id", "2")]


def test_setting_replaces_a_repeated_field() -> None:
    headers = Headers.received([("Via", "a"), ("via", "b")])
    headers["VIA"] = "c"
    assert headers.multi_items() == [("VIA", "c")]


@given(values=st.lists(st.text(), min_size=1))
def test_repeated_fields_are_kept_and_joined_when_read(values: list[str]) -> None:
    headers = Headers.received([("Link", value) for value in values] + [("Server", "x")])
    assert headers.getall("link") == headers.getall("LINK") == values
    assert headers["LINK"] == ", ".join(values)
    assert headers.multi_items() == [*(("Link", value) for value in values), ("Server", "x")]
    assert headers.getall("nothing") == []


def test_a_field_can_be_deleted() -> None:
    headers = Headers({"A": "1", "B": "2"})
    del headers["a"]
    assert list(headers) == ["B"]
    with pytest.raises(KeyError):
        del headers["a"]
    with pytest.raises(KeyError):
        headers["a"]


def test_an_invalid_name_is_never_contained() -> None:
    probe: object = 5
    assert probe not in Headers({"5": "x"})


@pytest.mark.parametrize("copied", [Headers.copy, copy.copy, copy.deepcopy, Headers])
def test_a_copy_is_independent(copied: Any) -> None:
    original = Headers.received([("A", "1"), ("A", "2")])
    original["Authorization"] = "Bearer t"
    again = copied(original)
    assert again == original
    again["B"] = "3"
    del again["A"]
    assert original.getall("a") == ["1", "2"]
    assert "b" not in original


def test_update_copies_the_fields_of_other_headers() -> None:
    other = Headers.received([("A", "1"), ("A", "2")])
    headers = Headers({"a": "0", "B": "3"})
    headers.update(other, C="4")
    assert headers.multi_items() == [("A", "1"), ("A", "2"), ("B", "3")]
    headers.update({"C": "4"})
    headers.update([("D", "5")], E="6")
    del headers["a"]
    assert other.getall("a") == ["1", "2"]
    assert [headers[name] for name in "CDE"] == ["4", "5", "6"]


def test_headers_equal_only_headers() -> None:
    assert Headers({"A": "1"}) == Headers([("A", "1")])
    assert Headers({"A": "1"}) != Headers({"A": "2"})
    assert Headers({"A": "1"}) != {"A": "1"}


def test_headers_with_a_secret_cannot_be_pickled() -> None:
    headers = Headers({"A": "1"})
    assert pickle.loads(pickle.dumps(headers)) == headers
    headers["Authorization"] = "Bearer t"
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(headers)


# --- what may be set --------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(name=hostile | token, text=hostile | value)
def test_an_accepted_field_cannot_inject_a_line(name: str, text: str) -> None:
    builds: list[Callable[[], Headers]] = [
        lambda: Headers({name: text}),
        lambda: Headers([(name, text)]),
        lambda: _merged({name: text}),
        lambda: _merged({name: Secret(text)}),
        lambda: _updated(name, text),
    ]
    for build in builds:
        try:
            ((sent_name, sent_value),) = build().multi_items()
        except InvalidRequestError:
            continue
        line = f"{sent_name}: {sent_value}"
        assert line.isascii()
        assert len(f"{line}x".splitlines()) == 1
        assert "\x00" not in line
        assert line.split(":", 1)[0] == sent_name == name
        assert sent_value == text
        assert sent_value == sent_value.strip(" \t\r\n")


def _merged(given: dict[str, str | Secret | None]) -> Headers:
    headers = Headers()
    headers.merge(given)
    return headers


def _updated(name: str, text: str) -> Headers:
    headers = Headers()
    headers.update([(name, text)])
    return headers


@given(name=token, text=value)
def test_every_valid_field_of_rfc_9110_is_accepted(name: str, text: str) -> None:
    assert check_name(name) == name
    assert check_value(name, text) == text


@pytest.mark.parametrize("name", ["", " ", "a b", "a:", "é", "a\n", 5, None, b"a"])
def test_an_invalid_name_is_rejected(name: Any) -> None:
    headers = Headers({"A": "1"})
    refusals: list[Callable[[], None]] = [lambda: headers.merge({name: "x"}), lambda: headers.update({name: "x"})]
    for refused in refusals:
        with pytest.raises(InvalidRequestError, match="header name"):
            refused()
    with pytest.raises(InvalidRequestError, match="header name"):
        headers.merge({name: None})
    assert headers == Headers({"A": "1"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\r\nX: y", "line breaks"),
        ("a\n", "line breaks"),
        ("a\x00", "control character"),
        ("a\x7f", "control character"),
        ("é", "must be ASCII"),
        ("\ud800", "must be ASCII"),
        (" a", "start or end with whitespace"),
        ("a\t", "start or end with whitespace"),
        (5, "must be a str"),
        (None, "must be a str"),
        (b"a", "must be a str"),
        (True, "must be a str"),
    ],
)
def test_the_error_for_an_invalid_value_names_the_header(text: Any, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason) as caught:
        Headers({"X-A": text})
    assert "X-A" in str(caught.value)


@pytest.mark.parametrize("text", [5, None, b"a"])
def test_a_sensitive_field_must_be_a_str(text: Any) -> None:
    with pytest.raises(InvalidRequestError, match="must be a str"):
        Headers({"Authorization": text})


def test_the_error_for_a_secret_does_not_show_it() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _merged({"X-Key": Secret("s3cr3t\r\nX: y")})
    assert "s3cr3t" not in str(caught.value)


def test_a_string_enum_is_accepted() -> None:
    class Mode(StrEnum):
        FAST = "fast"

    assert Headers({"X-Mode": Mode.FAST})["x-mode"] == "fast"


@pytest.mark.parametrize(
    "name", ["Content-Length", "transfer-encoding", "CONNECTION", "Expect", "TE", "Trailer", "Upgrade"]
)
def test_framing_fields_are_rejected(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="frames the message"):
        Headers().merge({name: "5"})


def test_merging_none_removes_a_default() -> None:
    headers = Headers({"Accept": "text/plain", "A": "1"})
    headers.merge({"ACCEPT": None, "nothing": None})
    assert list(headers) == ["A"]
    headers.merge(None)
    assert list(headers) == ["A"]


# --- what is secret ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", "Cookie", "X-API-KEY", "X-Custom"])
def test_a_secret_value_is_sent_but_not_shown(name: str) -> None:
    text: Any = Secret("Bearer s3cr3t") if name == "X-Custom" else "Bearer s3cr3t"
    headers = Headers({name: text})
    assert headers[name] == "Bearer s3cr3t"
    assert isinstance(headers[name], MaskedStr)
    assert repr(headers) == f"Headers([({name!r}, {MASK!r})])"
    assert headers.secrets() == ["Bearer s3cr3t", "s3cr3t"]


def test_other_values_are_shown() -> None:
    headers = Headers({"Accept": "text/plain"})
    assert repr(headers) == "Headers([('Accept', 'text/plain')])"
    assert headers.secrets() == []


# --- Retry-After ------------------------------------------------------------------------------------------------------

NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)


def wait(*values: str, date: str | None = None, ms: str | None = None) -> float | None:
    fields = [("Retry-After", value) for value in values]
    fields += [] if date is None else [("Date", date)]
    fields += [] if ms is None else [("Retry-After-Ms", ms)]
    return retry_after(Headers.received(fields), NOW.timestamp())


times = st.text(alphabet="0123456789+-_. eEinfaNxX٣²,:GMT", max_size=20) | st.text()


@settings(deadline=None, max_examples=300)
@given(values=st.lists(times, max_size=3), date=st.none() | times, ms=st.none() | times)
def test_retry_after_is_finite_or_none_for_any_input(values: list[str], date: str | None, ms: str | None) -> None:
    seconds = wait(*values, date=date, ms=ms)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@given(seconds=st.integers(0, 10**17), fraction=st.none() | st.integers(0, 999))
def test_retry_after_in_seconds(seconds: int, fraction: int | None) -> None:
    text = str(seconds) if fraction is None else f"{seconds}.{fraction:03}"
    assert wait(text) == float(text)
    assert wait(ms=text) == float(text) / 1000


@pytest.mark.parametrize(
    "garbage",
    ["1_000", "+5", "-5", "-0", "inf", "Infinity", "nan", "1e3", "0x5", ",", "", " ", "5 s", "٣", "²", "5 6", "soon"],
)
def test_an_invalid_retry_after_is_none(garbage: str) -> None:
    assert wait(garbage) is None
    assert wait(ms=garbage) is None
    assert wait(garbage, "7") == 7.0
    assert wait("7", ms=garbage) == 7.0


def test_milliseconds_take_precedence_and_the_longest_wins() -> None:
    assert wait("7", ms="1500") == 1.5
    assert wait("3", "12", "5") == 12.0
    assert wait("3", format_datetime(NOW + timedelta(seconds=40), usegmt=True)) == 40.0
    assert wait() is None


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["30,120"], 120.0),
        (["120, 60"], 120.0),
        (["30", "120"], 120.0),
        (["5,"], 5.0),
        ([" 7 ,, 3"], 7.0),
        (["soon, 4, -9"], 4.0),
        (["12345678901"], 12345678901.0),
        (["1, 12345678901"], 12345678901.0),
        (["0.5, 0.25"], 0.5),
    ],
)
def test_of_several_values_of_retry_after_the_longest_counts(lines: list[str], seconds: float) -> None:
    assert wait(*lines) == seconds
    assert wait(ms=", ".join(lines)) == seconds / 1000


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_a_list_may_mix_dates_in_any_form_and_seconds(form: str) -> None:
    near, far = ((NOW + timedelta(seconds=seconds)).strftime(form) for seconds in (40, 90))
    assert wait(f"{near}, {far}") == wait(f"{far},{near}") == wait(near, far) == 90.0
    assert wait(f"7, {near}") == wait(f"{near}, 7") == 40.0
    assert wait(f"{near}, 55") == wait(f"55, {near}") == 55.0


@pytest.mark.parametrize("value", ["9" * 19, "9" * 400, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_beyond_all_clocks_is_long_and_finite(value: str) -> None:
    seconds = wait(value)
    assert seconds is not None
    assert 1e11 < seconds <= 1e18


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.lists(st.sampled_from([",", " , ", "\n"]), min_size=5)
)
def test_a_list_in_any_layout_is_its_longest_value(values: list[int], separators: list[str]) -> None:
    text = "".join(f"{value}{separator}" for value, separator in zip(values, [*separators, *"\n" * 6], strict=False))
    assert wait(*text.strip("\n").split("\n")) == max(values)


@given(delta=st.integers(-1000, 100_000), skew=st.integers(-100_000, 100_000))
def test_a_date_is_compared_with_the_servers_clock(delta: int, skew: int) -> None:
    there = NOW + timedelta(seconds=skew)
    until = format_datetime(there + timedelta(seconds=delta), usegmt=True)
    assert wait(until, date=format_datetime(there, usegmt=True)) == max(0, delta)
    assert wait(until) == wait(until, date="garbage") == max(0, delta + skew)


# --- HTTP-date --------------------------------------------------------------------------------------------------------

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

dates = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))


@given(date=dates)
def test_the_three_formats_of_a_date(date: datetime) -> None:
    month, day = MONTHS[date.month - 1], DAYS[date.weekday()]
    fixed = format_datetime(date, usegmt=True)
    rfc850 = f"{day}, {date.day:02}-{month}-{date.year % 100:02} {date:%H:%M:%S} GMT"
    asctime = f"{day[:3]} {month} {date.day:2} {date:%H:%M:%S} {date.year}"
    assert http_date(fixed) == http_date(asctime) == http_date(rfc850) == date.timestamp()


@given(date=dates, offset=st.integers(-12 * 60, 14 * 60))
def test_a_date_with_an_offset_is_the_same_time(date: datetime, offset: int) -> None:
    local = date.astimezone(timezone(timedelta(minutes=offset)))
    assert http_date(format_datetime(local)) == date.timestamp()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="only where the zone of a process can be set")
def test_a_date_without_a_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for zone in (" GMT", " -0000", ""):
            assert http_date(f"Wed, 21 Oct 2015 07:28:00{zone}") == 1445412480.0
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(deadline=None, max_examples=500)
@given(
    text=st.text()
    | st.lists(
        st.sampled_from(
            [
                "Mon,",
                "Sun",
                "06",
                "6",
                "31",
                "Nov",
                "Feb",
                "1994",
                "94",
                "0",
                "99999",
                "08:49:37",
                "8:49",
                "25:61:61",
                "GMT",
                "+0000",
                "-0000",
                "+9999",
                "-2359",
                "UTC",
                "EST",
                "06-Nov-94",
                "\u0663",
                "1_994",
                "\x00",
                ",",
                "-",
            ]
        ),
        max_size=8,
    ).map(" ".join)
)
def test_a_date_is_finite_or_none_for_any_input(text: str) -> None:
    date = http_date(text)
    assert date is None or math.isfinite(date)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "garbage",
        "5",
        "Wed, 21 Oct 2_015 07:28:00 GMT",
        "Wed, 21 Oct 2\u066015 07:28:00 GMT",
        "Wed, \uff121 Oct 2015 07:28:00 GMT",
        "Wed, 32 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 2015 25:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +9999",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
    ],
)
def test_an_invalid_date_is_none(garbage: str) -> None:
    assert http_date(garbage) is None
