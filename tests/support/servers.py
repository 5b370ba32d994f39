"""Servers that do what they are told, also the wrong thing: for the tests of the transport and of the lifecycle.

Each runs in a thread with an event loop of its own. So a test's loop holds what the client left there and nothing else,
and the server counts what really came over the wire.
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

#: How much later than its limit a call may end, in seconds.
SLACK = 0.25

#: How long a test waits at most for something that happens soon.
PATIENCE = 5.0


class Visit:
    """One request on one connection, as the server sees it.

    Attributes:
        head: the request line and the header fields, as they came.
        number: how many requests the server had by then, from 1.
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
        """What stands between method and version."""
        return self.head.split(b" ", 2)[1].decode()

    async def read_body(self) -> bytes:
        """The body of the request, by its Content-Length or in chunks."""
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
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b"{}", *, status: int = 200, headers: str = "") -> None:
        """A whole response with a Content-Length, after the request was read."""
        await self.read_body()
        await self.send(head(status, f"Content-Length: {len(body)}\r\n{headers}") + body)

    def reset(self) -> None:
        """End the connection with an RST, which the other side meets as an error."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Say nothing more until the client closes the connection."""
        while await self.reader.read(65536):
            pass


#: What a server does with one request.
Behaviour: TypeAlias = Callable[[Visit], Awaitable[None]]


def head(status: int = 200, headers: str = "") -> bytes:
    """The head of a response of type JSON."""
    return f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{headers}\r\n".encode()


async def answer(visit: Visit) -> None:
    """What a good server does."""
    await visit.answer()


class RawServer:
    """A server on a free loopback port, for a ``with`` block.

    Args:
        behaviour: what it does with each request, whose head it has read.
        on_connect: what it does with each connection before it reads from it.
        tls: a context, for https.

    Attributes:
        heads: of the requests that came, in their order.
        connections: how many it accepted.
        open: how many of them are open now.
        most: how many were open at the same time.
    """

    def __init__(
        self, behaviour: Behaviour = answer, *, on_connect: Behaviour | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.most = 0
        self.port = 0
        self._behaviour = behaviour
        self._on_connect = on_connect
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._loop.set_debug(False)
        self._loop.set_exception_handler(lambda loop, context: None)  # a client that hangs up in a TLS handshake
        self._thread = threading.Thread(target=self._run, name="raw server", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http{'' if self._tls is None else 's'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def run(self, callback: Callable[[], object]) -> None:
        """Call this in the server's thread: to set an event that a behaviour waits for."""
        self._loop.call_soon_threadsafe(callback)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the server has seen something, without holding up the test's event loop."""
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
            # One that was accepted in the moment in which its server closes is lost, and a later test finds it.
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
                await self._on_connect(Visit(self, reader, writer, b"", len(self.heads)))
            while not writer.is_closing():
                request = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(request)
                await self._behaviour(Visit(self, reader, writer, request, len(self.heads)))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client went away, or the test is over
        finally:
            self.open -= 1
            writer.transport.abort()


#: Three attempts without a wait worth mentioning.
QUICK = Retry(base_delay=0.001)


def client_of(server: RawServer, **options: Any) -> BaseClient:
    """A client of this server, without retries unless it is told otherwise."""
    return BaseClient(base_url=server.url, **{"retry": None, "timeout": 5, **options})


def saying(data: bytes, *, then: str = "close") -> Behaviour:
    """Sends these bytes, whatever was asked, and then closes, resets, or keeps the connection."""

    async def behave(visit: Visit) -> None:
        await visit.send(data)
        if then == "reset":
            visit.reset()
        elif then == "close":
            visit.writer.close()

    return behave


async def read(client: BaseClient, *, streamed: bool) -> bytes:
    """The body of one GET, in either way of reading it."""
    if not streamed:
        return (await client.send(client.build_request("GET", "/things"))).content
    async with client.stream("GET", "/things") as response:
        return b"".join([chunk async for chunk in response.iter_bytes()])


async def until(condition: Callable[[], bool], *, patience: float = PATIENCE) -> None:
    """Wait for something that happens soon in another thread, and that no event tells of."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def wait_until(condition: Callable[[], bool]) -> None:
    """The same outside of an event loop."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: who connects gets no answer at all."""
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
