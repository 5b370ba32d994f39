"""Lines, JSON lines and server-sent events, from bytes that are split at any place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asdk import DecodeError, StreamError, model
from asdk.limits import DEFAULT_LIMITS, ResponseLimits
from asdk.streaming.parsers import EventParser, JsonLinesParser, LineSplitter, ServerSentEvent

LINE_LIMIT = DEFAULT_LIMITS.stream_line


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def data_of(*chunks: bytes) -> list[str]:
    return [event.data for event in parse(*chunks)]


def parse_by_the_standard(stream: bytes) -> tuple[list[ServerSentEvent], str, float | None]:
    """Parse a complete stream literally as the standard says: a slow, independent implementation."""
    text = stream.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    events: list[ServerSentEvent] = []
    data = kind = buffered_id = last_id = ""
    retry = None
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        if line == "":
            last_id = buffered_id
            if data != "":
                events.append(ServerSentEvent(data[:-1], kind or "message", last_id))
            data = kind = ""
            continue
        if line[0] == ":":
            continue
        field, colon, value = line.partition(":")
        if colon and value[:1] == " ":
            value = value[1:]
        if field == "event":
            kind = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            buffered_id = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            retry = int(value) / 1000
    return events, last_id, retry


PIECES = [b"data", b"event", b"id", b"retry", b":", b" ", b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"12", b"\xc2\xb2"]
PIECES += [
    "é€😀\u2028\x85".encode(),
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"data: x\n\n",
    b"id: 7\n",
]
streams = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


@st.composite
def split_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    edges = [0, *cuts, len(stream)]
    return stream, [stream[a:b] for a, b in pairwise(edges)]


@settings(max_examples=400, deadline=None)
@given(split_streams())
@example((b"\xef\xbb\xbfdata: x\r\n\r\n", [b"\xef", b"\xbb", b"\xbfdata: x\r", b"", b"\n\r", b"\n"]))
def test_every_split_gives_the_events_of_the_standard(split: tuple[bytes, list[bytes]]) -> None:
    stream, chunks = split
    expected = parse_by_the_standard(stream)
    for way in (chunks, [stream], [bytes([byte]) for byte in stream]):
        parser = EventParser()
        assert [event for chunk in way for event in parser.feed(chunk)] == expected[0]
        assert (parser.last_event_id, parser.retry) == expected[1:]


def test_a_blank_line_completes_an_event_without_another_byte() -> None:
    parser = EventParser()
    assert [event.data for event in parser.feed(b"data: a\r\n\r")] == ["a"]
    assert [event.data for event in parser.feed(b"\ndata: b\r\r")] == ["b"]
    assert [event.data for event in parser.feed(b"data: c\r\n\r\n")] == ["c"]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_each_kind_of_line_break_splits_lines(end: bytes) -> None:
    stream = end.join([b"event: add", b"data: 1", b"data:2", b"data:  3", b"", b"data", b"", b""])
    assert parse(stream) == [ServerSentEvent("1\n2\n 3", "add"), ServerSentEvent("")]


def test_only_cr_and_lf_split_lines() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    assert data_of(f"data: {text}\n\n".encode()) == [text]


def test_one_byte_order_mark_is_dropped_at_the_start_only() -> None:
    assert data_of(b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\ndata: 3\n\n") == ["1", "3"]
    assert data_of(b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n") == ["2"]


def test_an_event_needs_data_and_a_blank_line() -> None:
    assert parse(b"event: ping\n\n: comment\n\nid: 1\n\nretry: 5\n\n") == []
    assert parse(b"data: cut\n") == parse(b"data: cut") == []


def test_an_id_applies_until_the_next_and_nul_is_ignored() -> None:
    stream = b"id: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\nid\ndata: d\n\n"
    assert [event.id for event in parse(stream)] == ["1", "1", "1", ""]


def test_an_id_counts_when_its_event_is_complete() -> None:
    parser = EventParser("0")
    assert list(parser.feed(b"id: 1\ndata: a\n")) == []
    assert parser.last_event_id == "0"
    assert [event.id for event in parser.feed(b"\ndata: b\n\n")] == ["1", "1"]
    assert parser.last_event_id == "1"


RETRIES: dict[str, float | None] = {
    "1500": 1.5,
    "0": 0.0,
    "00000000000007": 0.007,
    "9" * 10_000: 9_999_999.999,
    **dict.fromkeys(["", "-1", "+1", "1_0", "1.5", "²", "٣", "1 "]),
}


@pytest.mark.parametrize(("value", "seconds"), RETRIES.items())
def test_retry_consists_of_digits_only(value: str, seconds: float | None) -> None:
    parser = EventParser()
    list(parser.feed(f"retry: {value}\n\n".encode()))
    assert parser.retry == seconds


def test_invalid_utf8_is_replaced() -> None:
    assert data_of(b"data: a\xff\xe2\x82\n\ndata: b\n\n") == ["a\ufffd\ufffd", "b"]


def in_chunks(data: bytes, size: int) -> Iterable[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [2**12, 2**16, 2**25])
def test_a_line_has_at_most_16_mebibytes(size: int) -> None:
    fits = b"data: " + b"x" * (LINE_LIMIT - 6)
    parser = EventParser()
    events = [event for chunk in in_chunks(b"data: 1\n\n" + fits + b"\n\n", size) for event in parser.feed(chunk)]
    assert [len(event.data) for event in events] == [1, LINE_LIMIT - 6]

    parser, events = EventParser(), []
    with pytest.raises(StreamError, match=str(LINE_LIMIT)):  # noqa: PT012
        for chunk in in_chunks(b"data: 1\n\n" + fits + b"x", size):
            events += parser.feed(chunk)
            for event in parser.feed(b""):
                events.append(event)
    assert len(fits) + 1 > LINE_LIMIT


def test_the_events_before_an_overlong_line_come_first() -> None:
    feed = EventParser().feed(b"data: 1\n\n" + b"x" * (LINE_LIMIT + 1))
    assert next(feed).data == "1"
    with pytest.raises(StreamError):
        next(feed)


def test_an_overlong_event_is_an_error() -> None:
    parser = EventParser(limits=ResponseLimits(body=1000))
    assert len(list(parser.feed(b"data: x\n" * 400 + b"\n"))) == 1
    with pytest.raises(StreamError, match="1000"):
        list(parser.feed(b"data: x\n" * 501))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b'{"a":1}', b"[]", b"", b" ", b"\r", b"\xe2\x80\xa8", b"x\ry"]), max_size=10),
    st.data(),
)
def test_json_lines_are_split_at_lf_in_any_chunks(lines: list[bytes], data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from([b"\n", b"\r\n"])).join(lines)
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6))), len(stream)]
    reader = JsonLinesParser()
    found = [line for a, b in pairwise(cuts) for line in reader.feed(stream[a:b])]
    found += reader.end()
    assert [line.strip() for line in found] == [line.strip() for line in stream.split(b"\n") if line.strip()]


def test_json_lines_have_a_limit_too() -> None:
    lines = LineSplitter(ResponseLimits(stream_line=4))
    assert list(lines.feed(b"1234\r\n1234\n")) == [b"1234", b"1234"]
    assert list(lines.feed(b"1234\r")) == []
    with pytest.raises(StreamError):
        list(lines.feed(b"5"))


@model
class Point:
    x: int


def test_an_event_decodes_its_data() -> None:
    event = ServerSentEvent('{"x": 3}', "point")
    assert event.json() == {"x": 3}
    assert event.decode(Point) == Point(x=3)
    with pytest.raises(DecodeError, match="x"):
        ServerSentEvent('{"x": "three"}').decode(Point)
    with pytest.raises(DecodeError):
        ServerSentEvent("[DONE]").json()


def test_messages() -> None:
    with pytest.raises(StreamError) as caught:
        list(LineSplitter(ResponseLimits(stream_line=4)).feed(b"12345"))
    assert caught.value.message == "a line of the stream must not exceed 4 bytes (stream_line of response_limits=)"
