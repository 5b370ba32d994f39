"""`FaultProxy`, a TCP proxy on loopback that injects network faults, for tests of a client.

The faults are real: a reset is an RST, a refused connection finds no listener, a bad chunk is sent over the wire. In
front of an http server the plan applies to each request. The proxy does not decrypt TLS, so in front of an https server
the plan applies to each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import socket
import struct
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import attrs

from asdk.testing.faults import AFTER_THE_ACT, SILENT, Fault, FaultPlan, Injected

_ON_A_REQUEST = frozenset(Fault) - {Fault.TLS_FAILURE}
_ON_A_CONNECTION = frozenset(
    {Fault.REFUSED, Fault.TLS_FAILURE, Fault.RESET_BEFORE_HEAD, Fault.CLOSED_BEFORE_HEAD, Fault.BLACK_HOLE}
)

# The most bytes of a head: a longer one does not test a client.
_LIMIT = 2**20

_LENGTH = re.compile(rb"(?mi)^content-length: *(\d+) *\r$").search
_CHUNKED = re.compile(rb"(?mi)^transfer-encoding:.*\bchunked\b").search
_CLOSES = re.compile(rb"(?mi)^connection:.*\bclose\b").search
_FRAMING = re.compile(rb"(?mi)^(?:content-length|transfer-encoding):.*\r\n").sub

_RESETS = frozenset({Fault.STALE_CONNECTION, Fault.RESET_BEFORE_HEAD, Fault.RESET_AFTER_HEAD, Fault.RESET_IN_BODY})


class FaultProxy:
    """A TCP proxy on a free loopback port, for ``async with``, that injects the faults of a plan.

    A slow or silent fault lasts until the client gives up. ``REFUSED`` closes the port and every idle connection
    before the next request, for `refused_for` seconds. ``STALE_CONNECTION`` waits for a connection that is used again.

    Args:
        upstream: URL of the server, such as ``"http://127.0.0.1:8000"``; https connections pass through unread.
        plan: the fault of each request.
        refused_for: seconds for which the port is closed.
        pace: seconds between the bytes of a slow head.

    Attributes:
        log: the injected faults, in order.
        url: the URL of the proxy; set inside the block.

    Raises:
        ValueError: ``upstream`` is not an http or https URL with a host.
    """

    def __init__(self, upstream: str, plan: FaultPlan, *, refused_for: float = 0.05, pace: float = 0.05) -> None:
        parts = urlsplit(upstream)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise ValueError(f"upstream must be an http or https URL, got {upstream!r}")
        self.log: list[Injected] = []
        self.url: str = ""
        self._tls = parts.scheme == "https"
        self._upstream = (parts.hostname, parts.port or (443 if self._tls else 80))
        self._plan = plan
        self._refused_for = refused_for
        self._pace = pace
        self._reserved: socket.socket | None = None  # keeps the port while the proxy does not listen on it
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted: set[socket.socket] = set()  # connections that do not have streams yet
        self._writers: set[asyncio.StreamWriter] = set()
        self._idle: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        """Reserve a free port and start to listen."""
        self._reserved = _bound_socket(("127.0.0.1", 0))
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._reserved.getsockname()[1]}"
        self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the port and every connection, also if this is cancelled."""
        self._close_port()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        for writer in self._writers:
            writer.transport.abort()
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    # --- connections ------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        # asyncio's servers lose a connection that arrives while they are being closed.
        assert self._reserved is not None
        self._listener = _bound_socket(self._reserved.getsockname())
        self._listener.listen(1000)
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)
        self._refuse_if_planned()

    def _close_port(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while self._listener is not None:
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                self._accepted.add(connection)
                task = self._start(self._serve(connection))
                task.add_done_callback(functools.partial(self._drop_if_unopened, connection))

    def _drop_if_unopened(self, connection: socket.socket, _: object) -> None:
        # Its task was cancelled before it started or while it opened the streams, so it did not close the connection.
        if connection in self._accepted:
            self._accepted.discard(connection)
            connection.close()

    def _refuse_if_planned(self) -> None:
        """Close the port and the idle connections for a while if the next fault is ``REFUSED``."""
        if self._listener is None or self._plan.peek(self._faults) is not Fault.REFUSED:
            return
        self._plan.take()
        self.log.append(Injected(Fault.REFUSED, "", ""))
        self._close_port()
        for writer in self._idle:
            writer.transport.abort()
        self._start(self._reopen())

    async def _reopen(self) -> None:
        await asyncio.sleep(self._refused_for)
        self._listen()

    @property
    def _faults(self) -> frozenset[Fault]:
        return _ON_A_CONNECTION if self._tls else _ON_A_REQUEST

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=_LIMIT)
        self._accepted.discard(connection)
        self._writers.add(writer)
        try:
            await (self._tunnel(reader, writer) if self._tls else self._converse(reader, writer))
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # one side closed the connection, which the faults provoke
        finally:
            self._idle.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)

    def _note(self, fault: Fault, request: bytes = b"") -> None:
        method, target = request.split(b" ", 2)[:2] if request else (b"", b"")
        self.log.append(Injected(fault, method.decode(), target.decode()))

    # --- https ------------------------------------------------------------------------------------------------------

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._plan.take(_ON_A_CONNECTION - {Fault.REFUSED})
        if fault is None:
            await self._pass_through(reader, writer)
        else:
            self._note(fault)
            await reader.read(1)
            await _end(fault, reader, writer)
        self._refuse_if_planned()

    async def _pass_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._upstream)
        pumps = [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    # --- http -------------------------------------------------------------------------------------------------------

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward the requests of one connection, in order, over one connection to the server."""
        there, back = await asyncio.open_connection(*self._upstream, limit=_LIMIT)
        server = _Server(there, back)
        served, stale = 0, False
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self._idle.discard(writer)
                body = b"".join([piece async for piece in _pieces(reader, head)])
                fault = Fault.STALE_CONNECTION if stale else self._plan.take(_ON_A_REQUEST - {Fault.REFUSED})
                if fault is Fault.STALE_CONNECTION and not served:
                    stale, fault = True, None  # for the next request of this connection
                if fault is not None:
                    self._note(fault, head)
                if not await self._answer(fault, head + body, server, reader, writer):
                    return
                served += 1
                self._idle.add(writer)
                self._refuse_if_planned()
        finally:
            back.transport.abort()

    async def _answer(
        self,
        fault: Fault | None,
        request: bytes,
        server: _Server,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer one request and return whether the connection stays open."""
        if fault is not None and fault.status is not None:
            writer.write(b"HTTP/1.1 %d Injected\r\nContent-Length: 0\r\n\r\n" % fault.status)
            await writer.drain()
            return True
        if fault is None or fault is Fault.SLOW_HEAD:
            head = await server.send_request(request)
            await self._write_slowly(writer, head) if fault else writer.write(head)
            async for piece in server.pieces(request, head):
                writer.write(piece)
                await writer.drain()
            return server.stays_open(head)
        if fault in AFTER_THE_ACT:
            head = await server.send_request(request)
            async with aclosing(server.pieces(request, head)) as pieces:
                writer.write(_truncated_reply(fault, head, await anext(pieces, b"")))
            await writer.drain()
        await _end(fault, reader, writer)
        self._refuse_if_planned()
        return False

    async def _write_slowly(self, writer: asyncio.StreamWriter, head: bytes) -> None:
        for byte in head:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self._pace)
            if writer.is_closing():
                raise ConnectionResetError


@attrs.frozen
class _Server:
    """The connection to the upstream server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send_request(self, request: bytes) -> bytes:
        """Send a request and return the head of its response: by then the server has acted."""
        self.writer.write(request)
        while (head := await self.reader.readuntil(b"\r\n\r\n")).startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            pass
        return head

    def pieces(self, request: bytes, head: bytes) -> AsyncGenerator[bytes, None]:
        """Yield the body of the response as it is on the wire."""
        if request.startswith(b"HEAD ") or head.split(b" ", 2)[1] in {b"204", b"304"}:
            head = b"Content-Length: 0\r\n"
        return _pieces(self.reader, head, otherwise=-1)

    def stays_open(self, head: bytes) -> bool:
        """Return whether another request may follow this response."""
        return not _CLOSES(head) and bool(_LENGTH(head) or _CHUNKED(head) or head[9:12] in {b"204", b"304"})


def _truncated_reply(fault: Fault, head: bytes, piece: bytes) -> bytes:
    """Return what precedes the fault, given the head of a reply and the first piece of its body."""
    if fault is Fault.LOST_REPLY:
        return b""
    if fault is Fault.GARBAGE_STATUS_LINE:
        return b"HTP/7 what?\r\n" + head.partition(b"\r\n")[2] + piece
    if not piece:
        return head[:-3]  # without a body, only the head can be incomplete
    if fault is Fault.BAD_CHUNK:
        return _framed(head, b"Transfer-Encoding: chunked") + b"%x\r\n%b\r\nzz\r\n" % (len(piece), piece)
    if fault is Fault.WRONG_LENGTH:
        return _framed(head, b"Content-Length: %d" % (len(piece) + 7)) + piece
    return head if fault is Fault.RESET_AFTER_HEAD else head + piece[: len(piece) // 2]


def _bound_socket(address: tuple[str, int]) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


def _framed(head: bytes, field: bytes) -> bytes:
    return _FRAMING(b"", head)[:-2] + field + b"\r\n\r\n"


async def _end(fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection as the fault says: by an RST, by silence until the client closes, or by a FIN."""
    if fault is Fault.TLS_FAILURE:
        writer.write(b"HTTP/1.1 400 Not TLS\r\n\r\n")
        await writer.drain()
    elif fault in _RESETS:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    elif fault in SILENT:
        while await reader.read(65536):
            pass


async def _pieces(reader: asyncio.StreamReader, head: bytes, *, otherwise: int = 0) -> AsyncGenerator[bytes, None]:
    """Yield the body that follows a head, as it is on the wire.

    Args:
        reader: the connection.
        head: the head, which gives the length of the body.
        otherwise: the length if the head does not give one; -1 means until the end of the connection.
    """
    if _CHUNKED(head):
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.partition(b";")[0], 16)
            if not size:
                break
            yield line + await reader.readexactly(size + 2)
        while line != b"\r\n":
            yield line
            line = await reader.readuntil(b"\r\n")
        yield line
        return
    found = _LENGTH(head)
    left = int(found[1]) if found else otherwise
    while left and (piece := await reader.read(min(left, 65536) if left > 0 else 65536)):
        left -= len(piece) if left > 0 else 0
        yield piece
    if left > 0:
        raise EOFError


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
