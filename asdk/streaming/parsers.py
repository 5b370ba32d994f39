"""Parsers that split the bytes of a stream into lines, JSON lines and server-sent events. No I/O.

Used by `asdk.streaming.streams`. The result does not depend on how the bytes were split into chunks: lines are split as
bytes and decoded whole, so that no character and no line break is lost at a boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import attrs
from typing_extensions import TypeForm

from asdk.errors import StreamError
from asdk.limits import DEFAULT_LIMITS, ResponseLimits
from asdk.models.decoding import decoder_for
from asdk.models.parsing import parse_json

T = TypeVar("T")

_BOM = b"\xef\xbb\xbf"

# The fields of an event stream; a comment has an empty name.
_FIELDS = frozenset({"data", "event", "id", "retry", ""})


class LineSplitter:
    """A splitter of bytes into lines without their line breaks.

    Args:
        lone_cr: whether a single CR is a line break too, as in server-sent events. CRLF is always one line break.
        limits: ``stream_line`` is the longest line, in bytes without its line break.
    """

    __slots__ = ("_after_cr", "_limit", "_lone_cr", "_rest")

    def __init__(self, limits: ResponseLimits = DEFAULT_LIMITS, *, lone_cr: bool = False) -> None:
        self._lone_cr = lone_cr
        self._limit = limits.stream_line
        self._rest = bytearray()
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that this chunk completes.

        Raises:
            StreamError: a line is too long. The lines before it are yielded first.
        """
        if self._lone_cr:
            if self._after_cr and chunk:
                self._after_cr = False
                chunk = chunk.removeprefix(b"\n")  # the second half of a CRLF, whose line was already yielded
            self._after_cr = self._after_cr or chunk.endswith(b"\r")
            lines = chunk.splitlines()  # of bytes: at LF, CR and CRLF only
            if chunk.endswith((b"\r", b"\n")):
                lines.append(b"")
        else:
            lines = chunk.split(b"\n")
        for number, line in enumerate(lines[:-1]):
            if number or not self._rest:
                yield self._checked(line)
            else:
                self._rest += line
                whole = bytes(self._rest)
                self._rest.clear()
                yield self._checked(whole)
        if lines:
            self._rest += lines[-1]
            self._checked(self._rest)

    def end(self) -> bytes:
        """Return the bytes after the last line break."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest

    def _checked(self, line: Any) -> Any:
        # A CR that may be the first half of a CRLF does not count.
        if len(line) > self._limit and len(line) - line.endswith(b"\r") > self._limit:
            raise StreamError(
                f"a line of the stream must not exceed {self._limit} bytes (stream_line of response_limits=)"
            )
        return line if self._lone_cr or not line.endswith(b"\r") else line[:-1]


class JsonLinesParser:
    """A splitter for newline-delimited JSON: one value per line. Blank lines are skipped.

    Args:
        limits: ``stream_line`` is the longest line.
    """

    __slots__ = ("_lines",)

    def __init__(self, limits: ResponseLimits = DEFAULT_LIMITS) -> None:
        self._lines = LineSplitter(limits)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the values that this chunk completes, as JSON text.

        Raises:
            StreamError: a line is too long.
        """
        return (line for line in self._lines.feed(chunk) if line and not line.isspace())

    def end(self) -> Iterator[bytes]:
        """Yield the value after the last line break, if there is one."""
        rest = self._lines.end()
        if rest and not rest.isspace():
            yield rest


@attrs.frozen
class ServerSentEvent:
    """One event of a ``text/event-stream``.

    Attributes:
        data: the text of the event, with its lines joined by LF.
        event: the type of the event; ``"message"`` by default.
        id: the last id that the server sent, with this event or before; empty by default.

    Source: WHATWG HTML, section 9.2, "Server-sent events".
    """

    data: str = ""
    event: str = "message"
    id: str = ""

    def json(self, limits: ResponseLimits = DEFAULT_LIMITS) -> Any:
        """Return the data as plain JSON data.

        Raises:
            DecodeError: the data is not JSON, or exceeds a limit.
        """
        return parse_json(self.data.encode(), limits)

    def decode(self, form: TypeForm[T], limits: ResponseLimits = DEFAULT_LIMITS) -> T:
        """Decode the JSON data to a typed value. For streams where the name of the event decides the type.

        Raises:
            DecodeError: the data is not JSON, exceeds a limit, or is not of this type; ``path`` names the place.
        """
        return decoder_for(form)(self.data.encode(), limits)


class EventParser:
    """A parser for event streams that follows the WHATWG algorithm.

    An incomplete event at the end of the stream is dropped, as the algorithm demands: a reconnect receives it again.

    Args:
        last_event_id: the last id of the previous stream, so that a reconnect keeps it.
        limits: ``stream_line`` is the longest line, and ``body`` the longest event, whose lines are buffered.
        is_declared: whether the response has a ``Content-Type``. Without one, a page of HTML would be a stream of
            nothing: `end` then raises if no line was a field or comment.

    Attributes:
        last_event_id: the last id of the events so far; the value for ``Last-Event-ID``.
        retry: the seconds to wait before a reconnect, if the server sent them.
    """

    __slots__ = (
        "_data",
        "_event",
        "_id",
        "_is_empty",
        "_is_known",
        "_limit",
        "_lines",
        "_size",
        "_start",
        "last_event_id",
        "retry",
    )

    def __init__(
        self, last_event_id: str = "", limits: ResponseLimits = DEFAULT_LIMITS, *, is_declared: bool = True
    ) -> None:
        self.last_event_id: str = last_event_id
        self.retry: float | None = None
        self._limit = limits.body
        self._is_known = is_declared
        self._is_empty = True
        self._lines = LineSplitter(limits, lone_cr=True)
        self._start: bytes | None = b""
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = last_event_id

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that this chunk completes.

        Raises:
            StreamError: a line or an event is too long. The events before it are yielded first.
        """
        if self._start is not None:
            chunk = self._start + chunk
            if _BOM.startswith(chunk):  # a prefix of the byte order mark, or the mark alone
                self._start = chunk
                return
            self._start = None
            chunk = chunk.removeprefix(_BOM)
        for line in self._lines.feed(chunk):
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif (event := self._dispatch()) is not None:
                yield event

    def end(self) -> Iterator[ServerSentEvent]:
        """Return nothing: only a blank line completes an event.

        Raises:
            StreamError: the stream had no type and no field.
        """
        rest = self._lines.end() or self._start
        if not self._is_known and (rest or not self._is_empty):
            raise StreamError("the response must be text/event-stream, got no Content-Type, and lines of another kind")
        return iter(())

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        self._is_empty = False
        self._is_known = self._is_known or field in _FIELDS
        if field == "data":
            self._size += len(value) + 1
            if self._size > self._limit:
                raise StreamError(
                    f"an event of the stream must not exceed {self._limit} characters (body of response_limits=)"
                )
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id":
            if "\0" not in value:
                self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            # Ten digits of milliseconds are months. int() rejects thousands of digits.
            self.retry = int(value.lstrip("0")[:10] or "0") / 1000
        # A comment has an empty field name. Comments and unknown fields are ignored.

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_event_id = self._id
        data, event = self._data, self._event
        self._data, self._event, self._size = [], "", 0
        if not data:
            return None
        return ServerSentEvent("\n".join(data), event or "message", self._id)
