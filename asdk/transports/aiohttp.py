"""The transport that sends requests with aiohttp. `BaseClient` creates one unless it is given another transport.

aiohttp's own timeouts, redirects, cookies, resends, decompression and proxy detection are off: asdk does each of them
once. Three neighbors share the work: `_aiohttp_errors` maps exceptions, `_aiohttp_bodies` writes and reads bodies, and
`_aiohttp_quirks` contains every workaround.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import ClassVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from asdk.clock import SYSTEM_CLOCK
from asdk.concurrency.event_loop import running_loop
from asdk.concurrency.per_loop import Loop, PerLoop
from asdk.concurrency.wakeup import InterruptWakeup
from asdk.errors import (
    AsdkError,
    ClientClosedError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidRequestError,
    PoolTimeoutError,
    ProtocolError,
    StreamError,
    TransportError,
)
from asdk.http.bodies import Body
from asdk.http.options import Timeout
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports import _aiohttp_quirks as quirks
from asdk.transports._aiohttp_bodies import MislabelledEncodings, iter_chunks, payload_of, read_body
from asdk.transports._aiohttp_errors import AIOHTTP_ERRORS, annotate, convert_error, timeout_error
from asdk.transports.address_guard import (
    AddressGuard,
    AddressRefusedError,
    LoopbackResolver,
    address_limit,
    checked_socket,
    limited,
)
from asdk.transports.deadlines import Deadlines, Task
from asdk.transports.decompression import accepted
from asdk.transports.proxies import Proxies
from asdk.unset import UNSET, Unset

# How many of aiohttp's URL objects one event loop caches.
_URL_CACHE_SIZE = 512

# How long the calls in flight may take when their client is closed, in seconds.
_CLOSE_GRACE = 5.0

_CONVERTED = (AsdkError, AttributeError, *AIOHTTP_ERRORS)


class AiohttpTransport:
    """A transport that sends requests with aiohttp and keeps a connection pool per event loop.

    Args:
        limit: the maximum number of connections per event loop; further calls wait in order of arrival.
        keepalive: seconds that an idle connection is kept open.
        proxy: the URL of the proxy for all requests; None for no proxy; if omitted, the environment decides
            (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``). ``.netrc`` is never read.
        tls: an `ssl.SSLContext`, for a private certificate authority or a client certificate.

    Attributes:
        checks_addresses: True: it checks the address of each connection for a URL that a server chose.

    Raises:
        ConfigurationError: the limit is not a positive integer, or the proxy is not a URL.
    """

    checks_addresses: ClassVar[bool] = True

    def __init__(
        self,
        *,
        limit: int = 100,
        keepalive: float = 15.0,
        proxy: str | Unset | None = UNSET,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(limit, int) or limit < 1:  # without a connection, each call would time out
            raise ConfigurationError(f"connections must be a positive integer, got {limit!r}")
        self._limit = limit
        self._keepalive = keepalive
        self._tls = tls
        self._proxies = Proxies(proxy)
        self._guard = AddressGuard()
        self._sessions: PerLoop[_LoopSession] = PerLoop(_close_session, drain=_LoopSession.drain)
        self._mislabelled = MislabelledEncodings()

    async def send(self, request: Request) -> Response:  # noqa: PLR0912, PLR0915 - each function less is time per call
        """Send a request and return its response; see `asdk.transports.base.Transport`."""
        if request.state.confined_to is not None and not request.same_origin and address_limit.get() is None:
            return await self._send_confined(request)
        loop = asyncio._get_running_loop() or running_loop()
        session = self._sessions.by_loop.get(loop) or self._sessions.open(loop, self._make_session)
        if session.free > 0 or request.state.urgent:
            session.free -= 1
        else:
            await session.acquire(request)
        task: Task = asyncio.current_task()  # type: ignore[assignment]
        cancelling = task.cancelling()
        failure: AsdkError | None = None
        reply: aiohttp.ClientResponse | None = None
        content, stream, limits = b"", None, request.options.response_limits
        try:
            headers, proxy, proxy_headers = session.wire_headers(request)
            timeout = session.client_timeout(request)
            if not request.idempotent:
                session.non_repeatable.add(task)
            session.deadlines.enter(task, _deadline_of(request))
            reply = await session.aiohttp.request(
                request.method,
                session.urls.get(request.url) or session.url(request.url),
                headers=headers,
                data=None if request.body is None else payload_of(request.body),
                allow_redirects=False,
                timeout=timeout,
                proxy=proxy,
                proxy_headers=proxy_headers,
                max_line_size=limits.head,
                max_field_size=limits.head,
            )
            quirks.check_head(reply, limits.head)
            if encoded := "Content-Encoding" in reply.headers:
                self._mislabelled.check(reply, request)
            if request.stream:
                stream = _ResponseStream(reply, session, request)
            else:
                content = (
                    reply.content.read_nowait()  # it arrived with the head
                    if reply.content.is_eof() and not encoded and reply.content.total_bytes <= limits.body
                    else await read_body(reply, limits.body)
                )
        except asyncio.CancelledError as error:
            if not session.deadlines.leave(task, cancelling):
                raise
            failure = timeout_error(request, error)
        except _CONVERTED as error:
            failure = session.failure(error, request)
        finally:
            session.deadlines.leave(task, cancelling)
            session.connected.discard(task)
            session.non_repeatable.discard(task)
            del task  # a task keeps its exception, whose frames would keep the task: a cycle
            if stream is None:
                session.free += 1
                if session.waiting:
                    session.wake_next()
        if failure is None and reply is not None:
            return Response(reply.status, reply.headers, content, request=request, stream=stream)
        assert failure is not None
        try:
            raise annotate(failure, request, reply)
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle, which would keep an unclosed client

    async def _send_confined(self, request: Request) -> Response:
        """Send a request whose URL a server chose: it must not connect nearer to this machine than the base URL."""
        limit = None
        try:
            limit = await self._guard.limit_for(request, proxied=self._proxies.needs_proxy(request.url))
            if limit is not None:
                with limited(limit):
                    return await self.send(request)
        except AddressRefusedError as error:
            problem = str(error)
        except TransportError:
            if limit is None or limit.refused is None:
                raise
            problem = limit.refused
        else:
            return await self.send(request)
        raise annotate(InvalidRequestError(problem), request)

    async def aclose(self) -> None:
        """Close the connections of all event loops; those of other loops close there. Calls in flight have 5 s."""
        await self._sessions.aclose()

    async def close_here(self) -> None:
        """Close the connections of the running event loop alone."""
        await self._sessions.close_here()

    def _make_session(self, loop: Loop) -> _LoopSession:
        connector = quirks.NoResendConnector(
            limit=0,  # `_LoopSession` counts; its queue tells a wait for the pool from a wait for the network
            keepalive_timeout=self._keepalive,
            timeout_ceil_threshold=quirks.NO_ROUNDING,
            ssl=True if self._tls is None else self._tls,
            resolver=LoopbackResolver(),
            socket_factory=checked_socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            request_class=quirks.QuietRequest,
            auto_decompress=False,
            max_headers=quirks.MOST_FIELDS,
        )
        return _LoopSession(loop, session, connector, self._proxies, self._limit)


class _LoopSession:
    """The aiohttp session of one event loop, its free connections, and the calls that wait for one."""

    __slots__ = (
        "_last_headers",
        "_last_timeout",
        "_limit",
        "_loop",
        "_proxies",
        "aiohttp",
        "connected",
        "connector",
        "deadlines",
        "free",
        "non_repeatable",
        "streams",
        "urls",
        "waiting",
        "wakeup",
    )

    def __init__(
        self,
        loop: Loop,
        session: aiohttp.ClientSession,
        connector: quirks.NoResendConnector,
        proxies: Proxies,
        limit: int,
    ) -> None:
        self._loop = loop
        self._proxies = proxies
        # Consecutive calls usually share these objects; comparing is cheaper than creating them again.
        self.urls: dict[str, URL] = {}
        self._last_timeout: tuple[Timeout | None, bool, aiohttp.ClientTimeout] = (None, False, aiohttp.ClientTimeout())
        self._last_headers: tuple[Mapping[str, tuple[str, ...]], CIMultiDict[str]] = ({}, CIMultiDict())
        self.waiting: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        self.aiohttp = session
        self.streams: set[aiohttp.ClientResponse] = set()
        self._limit = limit
        self.free = limit
        self.connector = connector
        self.connected = connector.connected
        self.non_repeatable = connector.non_repeatable
        self.deadlines = Deadlines(loop, connector.last_data)
        self.wakeup = InterruptWakeup(loop)

    def url(self, url: str) -> URL:
        """Return aiohttp's object for a URL, and cache it."""
        if len(self.urls) >= _URL_CACHE_SIZE:
            self.urls.clear()
        known = self.urls[url] = quirks.encoded_url(url)
        return known

    def client_timeout(self, request: Request) -> aiohttp.ClientTimeout:
        """Return the limits that aiohttp enforces: connecting, and silence within a stream.

        `Deadlines` enforces the others.
        """
        timeout = request.options.timeout
        last, stream, known = self._last_timeout
        if last is not timeout or stream is not request.stream:
            idle = timeout.idle if request.stream else None
            known = aiohttp.ClientTimeout(connect=timeout.connect, sock_read=idle, ceil_threshold=quirks.NO_ROUNDING)
            self._last_timeout = (timeout, request.stream, known)
        return known

    def wire_headers(self, request: Request) -> tuple[CIMultiDict[str], URL | None, CIMultiDict[str] | None]:
        """Return the header fields to send, which aiohttp copies, the proxy, and the fields for the proxy alone."""
        last, known = self._last_headers
        if request.headers.fields != last:
            known = CIMultiDict(request.headers.multi_items())
            known.setdefault("Accept-Encoding", accepted())
            self._last_headers = (request.headers.fields.copy(), known)
        if isinstance(request.body, Body) and request.body.length is not None:
            known = known.copy()
            known["Content-Length"] = str(request.body.length)
        return self._proxies.route(request, known) if self._proxies.any else (known, None, None)

    async def acquire(self, request: Request) -> None:
        """Wait for a connection. The queue is fair: a later call never overtakes.

        Raises:
            PoolTimeoutError: no connection became free within the deadline.
        """
        task: Task = asyncio.current_task()  # type: ignore[assignment]
        cancelling = task.cancelling()
        turn: asyncio.Future[None] = self._loop.create_future()
        self.waiting[turn] = None
        left = request.remaining()
        self.deadlines.enter(task, math.inf if left is None else time.monotonic() + left)
        timed_out = False
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # the connection was handed over just before the task was cancelled
            timed_out = self.deadlines.leave(task, cancelling)
            if not timed_out:
                raise
        finally:
            self.waiting.pop(turn, None)
            self.deadlines.leave(task, cancelling)
            del task  # as in `send`
        if timed_out:
            total = request.options.timeout.total
            raise annotate(PoolTimeoutError(f"no connection became free within timeout.total of {total} s"), request)
        try:
            for step in request.on_send:
                step(request)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Return a connection to the pool."""
        self.free += 1
        self.wake_next()

    def wake_next(self) -> None:
        """Give a free connection to the first call that waits. Urgent requests may have taken it."""
        while self.waiting and self.free > 0:
            turn, _ = self.waiting.popitem(last=False)
            if not turn.done():
                turn.set_result(None)
                self.free -= 1
                return

    async def drain(self) -> None:
        """Close the idle connections, and wait for the calls that use the others, 5 s at most.

        It takes each connection that becomes free: when it has all, no call has one.
        """
        self.connector.close_idle()
        taken = max(self.free, 0)
        self.free -= taken
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_GRACE):
                while taken < self._limit:
                    turn: asyncio.Future[None] = self._loop.create_future()
                    self.waiting[turn] = None
                    await turn
                    taken += 1

    def failure(self, error: Exception, request: Request) -> AsdkError:
        """Return the error of asdk for an exception of a call."""
        is_ours = isinstance(error, AsdkError) and not isinstance(error, ProtocolError)
        if not self.aiohttp.closed or request.state.urgent or is_ours:
            return convert_error(error, request)
        quirks.release_frames(error)
        message = f"the client was closed, and {_CLOSE_GRACE:.0f} s later this call was still in flight"
        return ClientClosedError(message, sent=True)

    def is_abandoned(self) -> bool:
        """Return whether the event loop has closed without closing this session."""
        return self._loop.is_closed()

    def close_later(self, reply: aiohttp.ClientResponse) -> None:
        """Close a response from any thread, unless the event loop is closed."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_close_response, reply, self)


async def _close_session(session: _LoopSession) -> None:
    session.wakeup.stop()
    if session.is_abandoned():
        session.connector.drop_sockets()
    for reply in session.streams:
        reply.close()  # a stream dropped so late that the loop has no time left to close it would issue a warning
    session.connector.fail_reads()
    try:
        await session.aiohttp.close()
    finally:
        session.deadlines.close()


def _deadline_of(request: Request) -> float:
    """Return when this attempt times out, on the system's monotonic clock, which `Deadlines` uses."""
    timeout, deadline, now = request.options.timeout, request.state.deadline, time.monotonic()
    due = math.inf if timeout.attempt is None else now + timeout.attempt
    if deadline is None:
        return due
    if request.clock is not SYSTEM_CLOCK:
        deadline += now - request.clock.monotonic()
    if deadline <= now:
        raise DeadlineExceededError(f"timeout.total of {timeout.total} s expired before this attempt", sent=False)
    return min(due, deadline)


class _ResponseStream:
    """The open body of a response. It keeps its connection until it is read to the end or closed."""

    __slots__ = ("__weakref__", "_reply", "_request", "_session")

    def __init__(self, reply: aiohttp.ClientResponse, session: _LoopSession, request: Request) -> None:
        session.streams.add(reply)
        self._reply = reply
        self._session: _LoopSession | None = session
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        failure: AsdkError | None = None
        try:
            async for chunk in iter_chunks(self._reply):
                yield chunk
        except (AsdkError, *AIOHTTP_ERRORS) as error:
            session = self._session
            failure = convert_error(error, self._request) if session is None else session.failure(error, self._request)
            del session
        if failure is not None:
            if self._session is None:
                failure = StreamError("the response was closed while another task was reading its body")
            try:
                raise annotate(failure, self._request, self._reply)
            finally:
                del failure  # as in `send`

    async def aclose(self) -> None:
        """Close the body and release its connection."""
        session, self._session = self._session, None
        if session is not None:
            _close_response(self._reply, session)

    def __del__(self) -> None:
        # The pool must not lose the connection of a stream that was never closed. This may run in any thread.
        if self._session is not None:
            self._session.close_later(self._reply)


def _close_response(reply: aiohttp.ClientResponse, session: _LoopSession) -> None:
    session.streams.discard(reply)
    reply.close()  # keeps the connection if the body was read to its end
    session.release()
