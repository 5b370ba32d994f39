"""The bytes of a stream to lines, JSON lines, server-sent events. No I/O: bytes go in, what is complete comes out.

Fed by `asdk.streaming.streams`. It makes no difference where the bytes were split on their way: lines are cut as bytes
and
decoded whole, so that neither a character nor a line end is lost at the seam.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import attrs
from typing_extensions import TypeForm

from asdk.errors import StreamError
from asdk.models.decoding import decoder_for, parse_json

T = TypeVar("T")

#: The longest line of a stream, in bytes without its end.
LINE_LIMIT = 2**20

#: The most data of one server-sent event, in characters: its lines are gathered until the blank one.
EVENT_LIMIT = 64 * 2**20

_BOM = b"\xef\xbb\xbf"


class Lines:
    """Cuts bytes into lines, without their ends.

    Args:
        lone_cr: whether a CR alone ends a line too, as in server-sent events; CRLF is one end in either case.
        limit: the longest line, in bytes.
    """

    __slots__ = ("_after_cr", "_limit", "_lone_cr", "_rest")

    def __init__(self, *, lone_cr: bool = False, limit: int = LINE_LIMIT) -> None:
        self._lone_cr = lone_cr
        self._limit = limit
        self._rest = bytearray()
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that end in this chunk.

        Raises:
            StreamError: a line is too long; the lines before it came out first.
        """
        if self._lone_cr:
            if self._after_cr and chunk:
                self._after_cr = False
                chunk = chunk.removeprefix(b"\n")  # the second half of a CRLF; its line is out already
            self._after_cr = self._after_cr or chunk.endswith(b"\r")
            lines = chunk.splitlines()  # of bytes: at LF, CR and CRLF, and nowhere else
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
        """What came after the last line end."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest

    def _checked(self, line: Any) -> Any:
        # A CR that may yet turn out to be half of a line end does not count.
        if len(line) > self._limit and len(line) - line.endswith(b"\r") > self._limit:
            raise StreamError(f"a line of the stream is longer than {self._limit} bytes")
        return line if self._lone_cr or not line.endswith(b"\r") else line[:-1]


class JsonLines:
    """Newline-delimited JSON: a value a line, blank lines skipped. The last line needs no end."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines = Lines()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The values that are complete, still as JSON text.

        Raises:
            StreamError: a line is too long.
        """
        return (line for line in self._lines.feed(chunk) if line and not line.isspace())

    def end(self) -> Iterator[bytes]:
        """The value after the last line end, if there is one."""
        rest = self._lines.end()
        if rest and not rest.isspace():
            yield rest


@attrs.frozen
class ServerSentEvent:
    """One event of a ``text/event-stream``.

    Attributes:
        data: its text, lines joined by LF.
        event: its type; ``"message"`` if the server names none.
        id: the last id that the server gave, with this event or before; empty if none.

    Source: WHATWG HTML, section 9.2, "Server-sent events".
    """

    data: str = ""
    event: str = "message"
    id: str = ""

    def json(self) -> Any:
        """The data as plain JSON data.

        Raises:
            DecodeError: it is not JSON.
        """
        return parse_json(self.data.encode())

    def decode(self, form: TypeForm[T]) -> T:
        """The data, which is JSON, as a typed value; for streams whose types go by the name of the event.

        Raises:
            DecodeError: it is not JSON, or not of this type; ``path`` names the place.
        """
        return decoder_for(form)(self.data.encode())


class EventParser:
    """Interprets an event stream by the WHATWG algorithm.

    An event that the end of the stream cuts short is dropped, as the algorithm says: it comes again after a reconnect.

    Args:
        last_event_id: what the stream before this one ended with, so that a reconnect does not forget it.

    Attributes:
        last_event_id: of the events that came out so far; the value for ``Last-Event-ID``.
        retry: seconds to wait before a reconnect, once the server has said so.
    """

    __slots__ = ("_data", "_event", "_id", "_lines", "_size", "_start", "last_event_id", "retry")

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry: float | None = None
        self._lines = Lines(lone_cr=True)
        self._start: bytes | None = b""
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = last_event_id

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that this chunk completes.

        Raises:
            StreamError: a line or an event is too long; the events before it came out first.
        """
        if self._start is not None:
            chunk = self._start + chunk
            if _BOM.startswith(chunk):  # not yet to be told, or nothing but the mark
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
        """Nothing: an event is complete when its blank line has come."""
        return iter(())

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._size += len(value) + 1
            if self._size > EVENT_LIMIT:
                raise StreamError(f"an event of the stream is longer than {EVENT_LIMIT} characters")
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id":
            if "\0" not in value:
                self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value.lstrip("0")[:10] or "0") / 1000  # ten digits are months; none has thousands
        # A comment has an empty field name; it and every other field are ignored.

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_event_id = self._id
        data, event = self._data, self._event
        self._data, self._event, self._size = [], "", 0
        if not data:
            return None
        return ServerSentEvent("\n".join(data), event or "message", self._id)
