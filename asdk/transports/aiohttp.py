"""The transport that speaks HTTP, on aiohttp's public API. The one file that meets aiohttp's client and its errors.

Made by `BaseClient` unless it is given another. aiohttp's own timeouts, redirects, cookies, resends and proxy guesses
are
all off: each is done once, by asdk.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
import urllib.request
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import payload as aiohttp_payload
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from asdk.bodies import Body
from asdk.clock import SYSTEM_CLOCK
from asdk.errors import (
    AsdkError,
    ConnectError,
    DeadlineExceededError,
    InvalidRequestError,
    PoolTimeoutError,
    ProtocolError,
    RequestTimeoutError,
    ResponseTooLargeError,
    TLSError,
    TransportError,
)
from asdk.headers import Headers
from asdk.options import UNSET, Timeout, Unset
from asdk.request import Request
from asdk.response import Response
from asdk.transports.deadlines import Deadlines, Task
from asdk.transports.pool import Loop, LoopPool

#: The largest body that is read into memory, in bytes after decompression.
BODY_LIMIT: Final = 64 * 1024 * 1024

#: The largest head of a response, in bytes a line and in lines.
_HEAD_LINE_LIMIT = 16 * 1024

# How many of aiohttp's URL objects a lane keeps.
_KEPT_URLS = 512

# aiohttp rounds a timeout above this many seconds up to a whole second of the loop's clock: never, please.
_NO_ROUNDING = 1e9

# What aiohttp's client is known to raise. Anything else is a bug, here or there, and stays what it is.
_FOREIGN = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, RuntimeError)


class AiohttpTransport:
    """Sends requests with aiohttp, with a connection pool per event loop.

    Args:
        limit: connections at most, per event loop; further calls wait their turn, first come first served.
        keepalive: seconds that an idle connection is kept.
        proxy: URL of the proxy for all requests; None for none; left out, the environment decides
            (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``). ``.netrc`` is never read.
        tls: an `ssl.SSLContext` of your own, for a private certificate authority or a client certificate.
    """

    def __init__(
        self,
        *,
        limit: int = 100,
        keepalive: float = 15.0,
        proxy: str | Unset | None = UNSET,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limit = limit
        self._keepalive = keepalive
        self._tls = tls
        self._proxies = _Proxies(proxy)
        self._lanes: LoopPool[_Lane] = LoopPool(_close_lane)

    async def send(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        lane = self._lanes.open_ones.get(loop) or await self._lanes.open(loop, self._make_lane)
        task: Task = asyncio.current_task()  # type: ignore[assignment]
        cancelling = task.cancelling()
        if lane.free > 0:
            lane.free -= 1
        else:
            await lane.wait_for_turn(request, task, cancelling)
        failure: AsdkError | None = None
        response: Response | None = None
        try:
            lane.deadlines.enter(task, _due(request))
            reply = await lane.session.request(
                request.method,
                lane.urls.get(request.url) or lane.url(request.url),
                headers=lane.header_lines(request),
                data=None if request.body is None else _payload(request.body),
                allow_redirects=False,
                timeout=lane.client_timeout(request),
                proxy=self._proxies.find(request.url) if self._proxies.any else None,
            )
            if request.stream:
                response = Response(reply.status, reply.headers, request=request, stream=_Stream(reply, lane, request))
            else:
                content = reply.content
                whole = content.read_nowait() if content.is_eof() else await _read(reply)
                response = Response(reply.status, reply.headers, whole, request=request)
        except asyncio.CancelledError:
            if not lane.deadlines.leave(task, cancelling):
                raise
        except AsdkError as error:
            failure = error
        except _FOREIGN as error:
            failure = _translate(error)
        finally:
            lane.deadlines.leave(task, cancelling)
            if response is None or not request.stream:
                if lane.waiting:
                    lane.release()
                else:
                    lane.free += 1
        if response is not None:
            return response
        failure = failure or _late(request)
        try:
            raise _place(failure, request)
        finally:
            # A frame that keeps the error it raises makes a cycle, and a forgotten client would wait for the collector.
            del failure

    async def aclose(self) -> None:
        await self._lanes.aclose()

    def _make_lane(self, loop: Loop) -> _Lane:
        deadlines = Deadlines(loop)
        connector = _Connector(
            deadlines,
            limit=0,  # counted by the lane, whose queue tells a wait for the pool from a wait for the network
            keepalive_timeout=self._keepalive,
            timeout_ceil_threshold=_NO_ROUNDING,
            ssl=True if self._tls is None else self._tls,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_HEAD_LINE_LIMIT,
            max_field_size=_HEAD_LINE_LIMIT,
        )
        return _Lane(loop, session, deadlines, self._limit)


class _Lane:
    """One event loop's session, its free connections, and who waits for one."""

    __slots__ = ("_last_headers", "_last_timeout", "_loop", "deadlines", "free", "session", "urls", "waiting")

    def __init__(self, loop: Loop, session: aiohttp.ClientSession, deadlines: Deadlines, limit: int) -> None:
        self._loop = loop
        # Most calls in a row share all but one of these; making aiohttp's objects anew costs more than a look.
        self.urls: dict[str, URL] = {}
        self._last_timeout: tuple[Timeout | None, bool, aiohttp.ClientTimeout] = (None, False, aiohttp.ClientTimeout())
        self._last_headers: tuple[Headers, CIMultiDict[str]] = (Headers(), CIMultiDict())
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.session = session
        self.free = limit
        self.deadlines = deadlines

    def url(self, url: str) -> URL:
        """aiohttp's object for an URL that is already encoded: requoting it would turn ``%2E%2E`` into a step up."""
        if len(self.urls) >= _KEPT_URLS:
            self.urls.clear()
        known = self.urls[url] = URL(url, encoded=True)
        return known

    def client_timeout(self, request: Request) -> aiohttp.ClientTimeout:
        """aiohttp's view: connecting, and for a stream the silence between bytes. The rest is `Deadlines`'."""
        timeout = request.options.timeout
        last, stream, known = self._last_timeout
        if last is not timeout or stream is not request.stream:
            idle = timeout.idle if request.stream else None
            known = aiohttp.ClientTimeout(connect=timeout.connect, sock_read=idle, ceil_threshold=_NO_ROUNDING)
            self._last_timeout = (timeout, request.stream, known)
        return known

    def header_lines(self, request: Request) -> CIMultiDict[str]:
        """The fields to send, which aiohttp copies."""
        last, known = self._last_headers
        if request.headers != last:
            known = CIMultiDict(request.headers.multi_items())
            self._last_headers = (request.headers.copy(), known)
        if isinstance(request.body, Body) and request.body.length is not None:
            known = known.copy()
            known["Content-Length"] = str(request.body.length)
        return known

    async def wait_for_turn(self, request: Request, task: Task, cancelling: int) -> None:
        """Return when a connection was handed over; the queue is fair, a newcomer never overtakes.

        Raises:
            PoolTimeoutError: none became free within the deadline.
        """
        turn: asyncio.Future[None] = self._loop.create_future()
        self.waiting.append(turn)
        left = request.remaining()
        self.deadlines.enter(task, math.inf if left is None else time.monotonic() + left)
        late = False
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # handed over in the moment in which its task was cancelled
            late = self.deadlines.leave(task, cancelling)
            if not late:
                raise
        finally:
            self.deadlines.leave(task, cancelling)
        if late:
            total = request.options.timeout.total
            raise _place(PoolTimeoutError(f"no connection became free within the total of {total} s"), request)

    def release(self) -> None:
        """A connection is no longer in use: the first who waits gets it."""
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def close_later(self, reply: aiohttp.ClientResponse) -> None:
        """End a response from outside the loop, if the loop still lives."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_end, reply, self)


async def _close_lane(lane: _Lane) -> None:
    lane.deadlines.close()
    await lane.session.close()


class _Connector(aiohttp.TCPConnector):
    """Gives out one connection an attempt.

    aiohttp repeats an idempotent request by itself when a connection breaks, also a fresh one, and nobody counts it. It
    asks for a second connection then: that is refused, since repeating is the business of `RetryMiddleware`.
    """

    def __init__(self, deadlines: Deadlines, **options: Any) -> None:
        super().__init__(**options)
        self._deadlines = deadlines

    def connect(
        self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout
    ) -> Coroutine[Any, Any, Any]:
        if not self._deadlines.first_time(asyncio.current_task()):
            raise ProtocolError("the connection was closed or reset before the response was complete")
        return super().connect(req, traces, timeout)


def _due(request: Request) -> float:
    """When this attempt is over, on the machine's monotonic clock, in which `Deadlines` counts."""
    timeout, deadline, now = request.options.timeout, request.deadline, time.monotonic()
    due = math.inf if timeout.attempt is None else now + timeout.attempt
    if deadline is None:
        return due
    if request.clock is not SYSTEM_CLOCK:
        deadline += now - request.clock.monotonic()
    if deadline <= now:
        raise DeadlineExceededError(f"the total of {timeout.total} s ran out before this attempt", sent=False)
    return min(due, deadline)


def _late(request: Request) -> RequestTimeoutError:
    """The error for an attempt that was cut off: by the deadline of the call, or by its own limit."""
    timeout, left = request.options.timeout, request.remaining()
    if left is not None and left <= 0.001:
        return DeadlineExceededError(f"the call took longer than its total of {timeout.total} s")
    return RequestTimeoutError(f"no complete response within the {timeout.attempt} s of an attempt", limit="attempt")


def _payload(body: bytes | Body) -> aiohttp.Payload:
    # Never the bare bytes: a traceback with locals would show them, and a login's body is a password.
    if isinstance(body, bytes):
        return aiohttp_payload.BytesPayload(body)
    return aiohttp_payload.AsyncIterablePayload(body.open())


async def _read(reply: aiohttp.ClientResponse) -> bytes:
    """The whole body, but never more of it than `BODY_LIMIT`."""
    headers = reply.headers
    length = headers.get("Content-Length")
    if length is not None and "Content-Encoding" not in headers and int(length) <= BODY_LIMIT:
        return await reply.read()
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in reply.content.iter_any():
            size += len(chunk)
            if size > BODY_LIMIT:
                raise ResponseTooLargeError(f"the body is larger than {BODY_LIMIT // 2**20} MiB after decompression")
            chunks.append(chunk)
    except BaseException:
        reply.close()
        raise
    return b"".join(chunks)


class _Stream:
    """The open body of a response: holds its connection until it is read to the end or closed."""

    __slots__ = ("__weakref__", "_lane", "_reply", "_request")

    def __init__(self, reply: aiohttp.ClientResponse, lane: _Lane, request: Request) -> None:
        self._reply = reply
        self._lane: _Lane | None = lane
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        failure: AsdkError | None = None
        try:
            async for chunk in self._reply.content.iter_any():
                yield chunk
        except _FOREIGN as error:
            failure = _translate(error)
        if failure is not None:
            try:
                raise _place(failure, self._request)
            finally:
                del failure  # as above

    async def aclose(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            _end(self._reply, lane)

    def __del__(self) -> None:
        # A stream that nobody closed: its connection must not be lost to the pool. This may run in any thread.
        if self._lane is not None:
            self._lane.close_later(self._reply)


def _end(reply: aiohttp.ClientResponse, lane: _Lane) -> None:
    reply.close()  # keeps the connection where the body was read to its end
    lane.release()


def _place(error: AsdkError, request: Request) -> AsdkError:
    error.method, error.template, error.attempts = request.method, request.template, request.attempts
    return error


def _translate(error: Exception) -> TransportError | InvalidRequestError:
    """Our error for one of aiohttp's, the operating system's or ssl's. The only place that knows them."""
    cause = f"{type(error).__name__}: {error}"
    for kinds, make in _TABLE:
        if isinstance(error, kinds):
            error_of: TransportError | InvalidRequestError = make(cause)
            return error_of
    return TransportError("the request failed", cause=cause)


def _certificate(cause: str) -> TLSError:
    return TLSError(f"the certificate of the server is not accepted ({cause})", cause=cause, certificate=True)


def _handshake(cause: str) -> TLSError:
    return TLSError(f"the TLS handshake failed ({cause})", cause=cause)


def _connect(cause: str) -> ConnectError:
    return ConnectError(f"no connection ({cause})", cause=cause)


def _connect_timeout(cause: str) -> RequestTimeoutError:
    return RequestTimeoutError("no connection within timeout.connect", cause=cause, sent=False, limit="connect")


def _idle(cause: str) -> RequestTimeoutError:
    return RequestTimeoutError("no byte came for timeout.idle seconds", cause=cause, limit="idle")


def _broken(cause: str) -> ProtocolError:
    return ProtocolError(f"the server broke the connection off before its response was complete ({cause})", cause=cause)


def _no_http(cause: str) -> ProtocolError:
    return ProtocolError(f"the peer did not answer in proper HTTP ({cause})", cause=cause)


def _bad_url(cause: str) -> InvalidRequestError:
    return InvalidRequestError(f"the URL cannot be used ({cause})", cause=cause)


# Read from the top: a subclass stands before its base.
_TABLE: tuple[tuple[Any, Any], ...] = (
    (
        (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch, ssl.SSLCertVerificationError),
        _certificate,
    ),
    ((aiohttp.ClientSSLError, ssl.SSLError), _handshake),
    (aiohttp.ConnectionTimeoutError, _connect_timeout),
    (aiohttp.ServerTimeoutError, _idle),
    ((aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError), _connect),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), _bad_url),
    ((aiohttp.ClientResponseError, HttpProcessingError), _no_http),
    ((aiohttp.ClientError, OSError), _broken),
)


class _Proxies:
    """Which proxy a URL goes through. ``.netrc`` and aiohttp's ``trust_env`` stay out of it."""

    def __init__(self, proxy: str | Unset | None) -> None:
        self._fixed = None if isinstance(proxy, Unset) else proxy
        self._environment = urllib.request.getproxies() if isinstance(proxy, Unset) else {}
        self._known: dict[str, str | None] = {}
        self.any = self._fixed is not None or bool(self._environment)

    def find(self, url: str) -> str | None:
        if self._fixed is not None:
            return self._fixed
        parts = urlsplit(url)
        if parts.netloc not in self._known and len(self._known) < 1000:
            proxy = self._environment.get(parts.scheme) or self._environment.get("all")
            bypass = proxy is None or urllib.request.proxy_bypass(parts.hostname or "")
            self._known[parts.netloc] = None if bypass else proxy
        return self._known.get(parts.netloc)
