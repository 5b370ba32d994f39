"""Workarounds for behavior of aiohttp that is undocumented, surprising or not configurable.

Used by `asdk.transports.aiohttp` and its helpers. Each entry says what aiohttp does, in which versions that was seen,
and what breaks without the workaround. Check all of them before supporting a new version of aiohttp; tests/transports
covers each.

Surprises that a public option turns off are set where the session is created, in `AiohttpTransport._make_session`:
cookies, decompression, and the ceiling of timeouts. aiohttp reads ``.netrc`` and the proxy variables only with
``trust_env``, which stays off; `asdk.transports.proxies` finds the proxy instead.

A related workaround, `asyncio._unregister_task`, is in `asdk.concurrency.single_flight`.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from traceback import clear_frames
from types import CodeType
from typing import Any, Final, cast

import aiohttp
from aiohttp import payload as aiohttp_payload
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import DEBUG
from yarl import URL

from asdk.errors import ProtocolError, ResponseTooLargeError
from asdk.transports.address_guard import Limit, address_limit
from asdk.transports.deadlines import Task

#: aiohttp rounds each timeout above a threshold (5 s by default) up to a whole second of the loop's clock, so
#: ``connect=5.1`` could take almost a second longer. This threshold turns rounding off. It must be given twice: to the
#: connector and to each `aiohttp.ClientTimeout`. Seen in 3.12.14 and 3.14.5.
NO_ROUNDING: Final = 1e9

# Seconds for which a connection may have been idle and still carry a request that must not be sent twice. The longer it
# was idle, the likelier the server is closing it, and the caller could not know whether the request was processed.
MAX_IDLE = 2.0

# aiohttp warns of larger bytes bodies, because writing them at once blocks the loop.
_WRITE_AT_ONCE = 2**20

#: aiohttp allows 128 header fields by default. `check_head` limits their bytes instead.
MOST_FIELDS: Final = 10_000


# --- sending ----------------------------------------------------------------------------------------------------------


class NoResendConnector(aiohttp.TCPConnector):
    """A connector that opens one connection per attempt and checks each connection before it is reused.

    aiohttp resends an idempotent request itself when a connection breaks, even a new one, and does not report it: the
    server would get more requests than the retry policy allows. For the resend it asks for a second connection, which
    this connector refuses, since `RetryMiddleware` decides about retries. The alternative is the private attribute
    ``ClientSession._retry_connection``, whose removal would silently bring the resends back.

    ``_factory`` is private, too: aiohttp has no option for the class of its connections.

    Seen in 3.12.14 and 3.14.5.

    Attributes:
        connected: the tasks whose attempt has asked for its connection.
        non_repeatable: the tasks that send a request which must not be sent twice.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connected: set[Task | None] = set()
        self.non_repeatable: set[Task | None] = set()
        self._factory: Any = partial(_CheckedConnection, self.non_repeatable, loop=self._loop)

    def connect(  # pyright: ignore[reportIncompatibleMethodOverride] - returns the coroutine, to save a frame
        self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout
    ) -> Coroutine[Any, Any, Any]:
        """Return the coroutine that gets a connection.

        Raises:
            ProtocolError: this attempt already had a connection, which broke.
        """
        task = asyncio.current_task()
        if task in self.connected:
            raise ProtocolError("the server closed or reset the connection before the response was complete")
        self.connected.add(task)
        connecting = super().connect(req, traces, timeout)
        limit = address_limit.get()
        return connecting if limit is None else self._checked(connecting, limit)

    async def _checked(self, connecting: Coroutine[Any, Any, Any], limit: Limit) -> Any:
        """Get a connection for a request that must not reach every address: one of the pool is checked here."""
        connection = await connecting
        peer = None if connection.transport is None else connection.transport.get_extra_info("peername")
        try:
            if peer is not None:
                limit.check(peer[0])
        except BaseException:
            connection.close()
            raise
        return connection

    def last_data(self) -> float:
        """Return when a connection in use last received data, on the monotonic clock."""
        return max((getattr(each, "last_data", 0.0) for each in self._acquired), default=0.0)

    def close_idle(self) -> None:
        """Close the idle connections, and each of the others as soon as its response is complete.

        aiohttp closes all or none. ``_conns`` and ``_force_close`` are private. Seen in 3.14.5.
        """
        self._force_close = True
        for kept in self._conns.values():
            for connection, _ in kept:
                connection.close()  # it stays in the pool, so that `close` waits until it is closed

    def fail_reads(self) -> None:
        """Raise an error in the calls that wait for the rest of a body.

        aiohttp forgets them when it closes their connections, and they would wait until their deadline. ``_acquired``
        and ``_payload`` are private. Seen in 3.14.5.
        """
        for connection in self._acquired:
            payload = getattr(connection, "_payload", None)
            if payload is not None and not self._loop.is_closed():
                payload.set_exception(aiohttp.ClientConnectionError("the connection was closed"))

    def drop_sockets(self) -> None:
        """Close the sockets of an event loop that has closed.

        aiohttp leaves them to the garbage collector, and asyncio then issues a ResourceWarning for each: its transports
        close a socket in a callback of their loop. ``_call_connection_lost`` is that callback. Seen in 3.14.5 with
        Python 3.11 to 3.13.
        """
        kept = (connection for waiting in self._conns.values() for connection, _ in waiting)
        for connection in [*kept, *self._acquired]:
            close = getattr(connection.transport, "_call_connection_lost", None)
            if close is not None:
                with suppress(Exception):  # waking a task of the closed loop
                    close(None)


class _CheckedConnection(ResponseHandler):
    """A connection that is not reused after the server sent more than was asked.

    aiohttp would parse the surplus, such as a late body of a 204 or a whole response, as the response to the next
    request: it checks ``should_close`` when a connection is returned to the pool, but not when it is taken out. Seen in
    3.12.14 and 3.14.5.

    The body of a 204, which has none, is dropped if it comes with the head: aiohttp rejects the whole response.

    A request that must not be sent twice does not reuse a connection that was idle for longer than `MAX_IDLE`.

    Args:
        non_repeatable: the tasks that are about to send such a request.
        loop: the event loop of the connection.
    """

    def __init__(self, non_repeatable: set[Task | None], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._non_repeatable = non_repeatable
        self.last_data = 0.0

    def data_received(self, data: bytes) -> None:
        self.last_data = time.monotonic()
        if data.startswith(b"HTTP/1.1 204"):
            head, end, body = data.partition(b"\r\n\r\n")
            if body:
                self.force_close()
                data = head + end
        super().data_received(data)

    if DEBUG:

        def set_response_params(self, **parameters: Any) -> None:
            """Create the parser of a response as outside of ``-X dev``.

            In dev mode, the parser of aiohttp rejects responses that it reads in production, such as a head with bare
            LF: a program would fail only on the machine of its developer. Seen in 3.12.14 and 3.14.5.
            """
            with _lenient_parsers():
                super().set_response_params(**parameters)

    def is_connected(self) -> bool:
        usable = super().is_connected() and not self.should_close
        if usable and self._non_repeatable and asyncio.current_task() in self._non_repeatable:
            return time.monotonic() - self.last_data <= MAX_IDLE
        return usable


@contextmanager
def _lenient_parsers() -> Generator[None, None, None]:
    _parser_module.DEBUG = False
    try:
        yield
    finally:
        _parser_module.DEBUG = DEBUG


# The parser in C, or the one in Python, which reads the constant too.
_parser_module: Any = sys.modules.get("aiohttp._http_parser") or sys.modules["aiohttp.http_parser"]


class QuietRequest(aiohttp.ClientRequest):
    """A request that writes its body at once, and ignores connection errors while it does.

    aiohttp writes the body in a task. When the server closes the connection, the read of the response raises; the task
    fails as well, nothing awaits it, and asyncio logs "Task exception was never retrieved". Seen in 3.12.14 and 3.14.5.

    Only on Python 3.12 and later, aiohttp starts that task eagerly. On 3.11 an event loop that ends could cancel it
    before its first step: a token request, which survives the end of its loop, would have no body then. Seen in
    3.14.5.
    """

    def write_bytes(  # pyright: ignore[reportIncompatibleMethodOverride] - returns the coroutine
        self, *arguments: Any, **options: Any
    ) -> Coroutine[Any, Any, None]:
        """Return the coroutine that writes the body."""
        writing = self._write(super().write_bytes(*arguments, **options))
        return writing if sys.version_info >= (3, 12) else _begin(writing)

    async def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        try:
            await writing
        except (aiohttp.ClientError, OSError):
            return


def _begin(coroutine: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
    """Run a coroutine to its first wait, and return the rest of it."""
    try:
        return _Begun(coroutine, coroutine.send(None))
    except StopIteration:
        return _nothing()


async def _nothing() -> None:
    """Do nothing: the coroutine is done."""


class _Begun(Coroutine[Any, Any, None]):
    """The rest of a coroutine that has begun to wait for something."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: object) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def send(self, value: Any) -> Any:
        awaited, self._awaited = self._awaited, None
        return self._coroutine.send(value) if awaited is None else awaited

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        raise NotImplementedError("it is run by a task")


def bytes_payload(body: bytes) -> aiohttp.Payload:
    """Wrap a body, which aiohttp would otherwise wrap itself.

    aiohttp's frames keep their arguments: a traceback with locals would show bare bytes, and the body of a login is a
    password. A payload's repr does not show its contents. aiohttp also issues a ResourceWarning for a bytes body above
    1 MiB, but not for a `io.BytesIO`, which it writes in chunks. Seen in 3.12.14 and 3.14.5.
    """
    if len(body) > _WRITE_AT_ONCE:
        return aiohttp_payload.BytesIOPayload(io.BytesIO(body))
    return aiohttp_payload.BytesPayload(body)


def encoded_url(url: str) -> URL:
    """Convert a URL that is already percent-encoded.

    Without ``encoded=True``, yarl requotes a URL: it decodes ``%2E%2E`` and then removes the segment before it, so a
    path parameter could change the route. Seen in yarl 1.25.1.
    """
    return URL(url, encoded=True)


# --- receiving --------------------------------------------------------------------------------------------------------


def check_head(reply: aiohttp.ClientResponse, limit: int) -> None:
    """Check the head of a response. If it is rejected, close the response.

    aiohttp limits each header line, but not the size of the head. After a 101 it leaves the connection, which uses
    another protocol from then on, to its caller. Seen in 3.12.14 and 3.14.5.

    Args:
        reply: the response.
        limit: the largest head, in bytes.

    Raises:
        ResponseTooLargeError: the head exceeds the limit.
        ProtocolError: the server switched to another protocol.
    """
    if len(b"".join(chain.from_iterable(reply.raw_headers))) > limit:
        reply.close()
        raise ResponseTooLargeError(f"the head of the response exceeds {limit} bytes (head of response_limits=)")
    if reply.status == 101:
        reply.close()
        raise ProtocolError("the server switched to another protocol without being asked")


def is_too_large_head(error: Exception) -> bool:
    """Return whether aiohttp rejected a response for the length of a header line or the number of fields.

    It raises the same class as for an invalid response. Seen in 3.12.14 and 3.14.5.
    """
    text = str(error)
    return "Got more than" in text or "Too many headers" in text


def read_after_error(content: aiohttp.StreamReader) -> bytes:
    """Return the bytes that arrived before the connection broke and were not read yet.

    Once an exception is set, each read of aiohttp's stream raises it, even while received bytes are buffered; a
    download could not resume after them. `set_exception` accepts None at run time, although its type does not. Seen in
    3.12.14 and 3.14.5.
    """
    content.set_exception(cast("Any", None))
    return content.read_nowait()


# --- errors -----------------------------------------------------------------------------------------------------------

_CONNECT = aiohttp.TCPConnector.connect.__code__
_START = aiohttp.ClientResponse.start.__code__


def was_connecting(error: BaseException) -> bool:
    """Return whether an exception was raised while aiohttp was connecting, so that no byte of the request was sent.

    aiohttp raises the same classes before and after the request was sent, for example `aiohttp.ClientOSError` for a
    proxy that closes the connection during CONNECT, and a cancellation does not say either. Only the traceback tells
    them apart. If the code object is not found any more, errors count as "may have been sent", and a POST is not
    retried. Seen in 3.12.14 and 3.14.5.
    """
    return _passed_through(error, _CONNECT)


def is_broken_at_start(error: AttributeError) -> bool:
    """Return whether an AttributeError means that the connection broke while the request was being written.

    On Python 3.12 and later, aiohttp starts to write a body at once, in an eager task. If the connection breaks there,
    `ClientResponse.start` reads an attribute of a connection that is already None. Any other AttributeError is a bug
    and propagates. Seen in 3.12.14 and 3.14.5.
    """
    return _passed_through(error, _START)


def release_frames(error: BaseException) -> None:
    """Remove the tracebacks of an exception that was replaced, and of those that led to it.

    aiohttp's streams keep some of their exceptions, and `aiohappyeyeballs.start_connection` keeps those of all
    addresses in its frame, which is a cycle. Their frames refer to the client, so an unclosed client would have to wait
    for the cycle collector. Seen in aiohttp 3.12.14 and 3.14.5, aiohappyeyeballs 2.7.1 with Python 3.12 and 3.13.
    """
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        clear_frames(current.__traceback__)
        current.__traceback__ = None
        todo += [current.__cause__, current.__context__, getattr(current, "os_error", None)]


def _passed_through(error: BaseException, code: CodeType) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return True
        trace = trace.tb_next
    return False
