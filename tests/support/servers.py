"""Scripted servers, including faulty ones, for the tests of the transport and of the lifecycle.

Each runs in a thread with its own event loop. A test's loop therefore contains only what the client left there, and the
server counts what actually arrived over the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeAlias

from asdk import BaseClient, Retry

#: How many seconds after its limit a call may time out.
SLACK = 3.0

#: How many seconds a test waits at most for an event that is imminent.
WAIT_TIMEOUT = 60.0


class RawExchange:
    """One request on one connection, as the server sees it.

    Attributes:
        head: the request line and the header fields, as received.
        number: the number of this request on the server, from 1.
    """

    def __init__(
        self, server: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, number: int
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.head = head
        self.number = number
        self._body: bytes | None = None

    @property
    def target(self) -> str:
        """Return the request target: path and query."""
        return self.head.split(b" ", 2)[1].decode()

    async def read_body(self) -> bytes:
        """Return the body of the request, framed by Content-Length or in chunks."""
        if self._body is None:
            self._body = b"".join([piece async for piece in self._pieces()])
        return self._body

    async def _pieces(self) -> AsyncIterator[bytes]:
        if found := re.search(rb"(?mi)^content-length: *(\d+)", self.head):
            yield await self.reader.readexactly(int(found[1]))
        elif re.search(rb"(?mi)^transfer-encoding: *chunked", self.head):
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield await self.reader.readexactly(size)
                await self.reader.readuntil(b"\r\n")
            await self.reader.readuntil(b"\r\n")

    async def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b"{}", *, status: int = 200, headers: str = "") -> None:
        """Read the request, then send a complete response with a Content-Length."""
        await self.read_body()
        await self.send(head(status, f"Content-Length: {len(body)}\r\n{headers}") + body)

    def reset(self) -> None:
        """Close the connection with an RST, which is an error for the client."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Stay silent until the client closes the connection."""
        while await self.reader.read(65536):
            pass


#: A coroutine function that handles one request.
Behavior: TypeAlias = Callable[[RawExchange], Awaitable[None]]


def head(status: int = 200, headers: str = "") -> bytes:
    """Return the head of a JSON response."""
    return f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{headers}\r\n".encode()


async def answer(exchange: RawExchange) -> None:
    """Answer with an empty JSON object."""
    await exchange.answer()


class RawServer:
    """A server on a free loopback port, for a ``with`` block.

    Args:
        behavior: handles each request, after its head was read.
        on_connect: handles each connection before anything is read.
        tls: an SSL context, for https.

    Attributes:
        heads: the heads of the received requests, in order.
        connections: the number of accepted connections.
        open: the number of connections that are open now.
        most: the largest number of connections that were open at once.
    """

    def __init__(
        self, behavior: Behavior = answer, *, on_connect: Behavior | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.most = 0
        self.port = 0
        self._behavior = behavior
        self._on_connect = on_connect
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._loop.set_debug(False)
        self._loop.set_exception_handler(lambda loop, context: None)  # a client that disconnects during a TLS handshake
        self._thread = threading.Thread(target=self._run, name="raw server", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http{'' if self._tls is None else 's'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(WAIT_TIMEOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(WAIT_TIMEOUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_TIMEOUT)
        self._loop.close()

    def run(self, callback: Callable[[], object]) -> None:
        """Call a function in the server's thread, such as one that sets an event."""
        self._loop.call_soon_threadsafe(callback)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on the server without blocking the test's event loop."""
        await until(condition)

    def _run(self) -> None:
        self._loop.run_forever()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._tls, backlog=2000, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            # A connection accepted while its server closes would leak into a later test.
            for listener in self._server.sockets:
                self._loop.remove_reader(listener.fileno())
            await asyncio.sleep(0.001)
            self._server.close()
        handlers = asyncio.all_tasks() - {asyncio.current_task()}
        for handler in handlers:
            handler.cancel()
        if handlers:
            await asyncio.wait(handlers)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            if self._on_connect is not None:
                await self._on_connect(RawExchange(self, reader, writer, b"", len(self.heads)))
            while not writer.is_closing():
                request = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(request)
                await self._behavior(RawExchange(self, reader, writer, request, len(self.heads)))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client disconnected, or the test is over
        finally:
            self.open -= 1
            writer.transport.abort()


#: Three attempts with negligible waits.
QUICK = Retry(base_delay=0.001)


def client_of(server: RawServer, **options: Any) -> BaseClient:
    """Return a client of this server, by default without retries."""
    return BaseClient(**{"base_url": server.url, "retry": None, "timeout": 5, **options})


def saying(data: bytes, *, then: str = "close") -> Behavior:
    """Return a behavior that sends these bytes, then closes, resets or keeps the connection."""

    async def behave(exchange: RawExchange) -> None:
        await exchange.send(data)
        if then == "reset":
            exchange.reset()
        elif then == "close":
            exchange.writer.close()

    return behave


async def read(client: BaseClient, *, streamed: bool) -> bytes:
    """Return the body of a GET, buffered or streamed."""
    if not streamed:
        return (await client.send(client.build_request("GET", "/things"))).content
    async with client.stream("GET", "/things") as response:
        return b"".join([chunk async for chunk in response.iter_bytes()])


async def until(condition: Callable[[], bool], *, patience: float = WAIT_TIMEOUT) -> None:
    """Wait for a condition that another thread fulfills soon, without an event for it."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition outside an event loop."""
    end = time.monotonic() + WAIT_TIMEOUT
    while not condition():
        assert time.monotonic() < end, "the condition was not met"
        time.sleep(0.001)


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Reserve a port that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def unresponsive_port() -> Iterator[int]:
    """Provide a port whose backlog is full, so that connecting hangs."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]
