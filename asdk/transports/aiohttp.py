"""The transport that speaks HTTP, on aiohttp's public API. The one file that meets aiohttp's client and its errors.

Made by `BaseClient` unless it is given another. aiohttp's own timeouts, redirects, cookies, resends, decompression and
proxy guesses are all off: each is done once, by asdk.
"""

from __future__ import annotations

import asyncio
import io
import math
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial
from itertools import chain
from types import CodeType
from typing import Any, Final, cast

import aiohttp
from aiohttp import payload as aiohttp_payload
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from asdk.clock import SYSTEM_CLOCK
from asdk.concurrency.per_loop import Loop, PerLoop
from asdk.concurrency.wakeup import InterruptWakeup
from asdk.errors import (
    AsdkError,
    ConfigurationError,
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
from asdk.http.bodies import Body
from asdk.http.options import Timeout
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports.deadlines import Deadlines, Task
from asdk.transports.decompression import accepted, decompress
from asdk.transports.proxies import Proxies
from asdk.unset import UNSET, Unset

#: The largest body that is read into memory, in bytes after decompression.
BODY_LIMIT: Final = 64 * 1024 * 1024

#: The largest head of a response, and the largest line in it, in bytes.
_HEAD_LIMIT = 64 * 1024
_HEAD_LINE_LIMIT = 16 * 1024

# Seconds that a connection may have been idle and yet carry a request that must not be sent twice: the longer it was,
# the likelier the server closes it at this moment, and the caller could not know whether it acted.
_FRESH = 2.0

# How many of aiohttp's URL objects a lane keeps.
_KEPT_URLS = 512

# Bytes up to this size go out with the head; aiohttp warns of larger ones, which would hold up the loop.
_AT_ONCE = 2**20

# How much of a foreign exception's text an error keeps: a server's garbage is quoted in it.
_CAUSE_LIMIT = 300

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

    Raises:
        ConfigurationError: the limit is no number of connections, or the proxy no URL.
    """

    def __init__(
        self,
        *,
        limit: int = 100,
        keepalive: float = 15.0,
        proxy: str | Unset | None = UNSET,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(limit, int) or limit < 1:  # without one, each call would wait out its time
            raise ConfigurationError(f"connections are a whole number from 1, not {limit!r}")
        self._limit = limit
        self._keepalive = keepalive
        self._tls = tls
        self._proxies = Proxies(proxy)
        self._lanes: PerLoop[_Lane] = PerLoop(_close_lane)

    async def send(self, request: Request) -> Response:  # noqa: PLR0912, PLR0915 - a function more is a call more
        loop = asyncio.get_running_loop()
        lane = self._lanes.by_loop.get(loop) or await self._lanes.open(loop, self._make_lane)
        if lane.free > 0 or request.state.urgent:
            lane.free -= 1
        else:
            await lane.wait_for_turn(request)
        task: Task = asyncio.current_task()  # type: ignore[assignment]
        cancelling = task.cancelling()
        failure: AsdkError | None = None
        reply: aiohttp.ClientResponse | None = None
        content, complete = b"", False
        if not request.idempotent:
            lane.once.add(task)
        try:
            lane.deadlines.enter(task, _due(request))
            lines = lane.wire_headers(request)
            through = self._proxies
            proxy, proxy_lines, lines = through.route(request.url, lines) if through.any else (None, None, lines)
            reply = await lane.session.request(
                request.method,
                lane.urls.get(request.url) or lane.url(request.url),
                headers=lines,
                data=None if request.body is None else _payload(request.body),
                allow_redirects=False,
                timeout=lane.client_timeout(request),
                proxy=proxy,
                proxy_headers=proxy_lines,
            )
            if len(b"".join(chain.from_iterable(reply.raw_headers))) > _HEAD_LIMIT:
                raise _head_too_large(reply)
            if reply.status == 101:
                raise _switched(reply)
            if not request.stream:
                plain = reply.content.is_eof() and "Content-Encoding" not in reply.headers
                content = reply.content.read_nowait() if plain else await _read(reply)
            complete = True
        except asyncio.CancelledError as cut:
            if not lane.deadlines.leave(task, cancelling):
                raise
            failure = _late(request, sent=not _was_connecting(cut))
        except AsdkError as error:
            failure = error.with_traceback(None)  # without aiohttp's frames
        except (*_FOREIGN, AttributeError) as error:
            if isinstance(error, AttributeError) and not _is_from(error, _START):
                raise
            failure = _translate(error, request)
        finally:
            lane.deadlines.leave(task, cancelling)
            lane.asked.discard(task)
            lane.once.discard(task)
            del task  # a task keeps its exception, whose frames would keep the task: a cycle, as below
            if not (complete and request.stream):
                if lane.waiting:
                    lane.release()
                else:
                    lane.free += 1
        if reply is not None and complete:
            stream = _Stream(reply, lane, request) if request.stream else None
            return Response(reply.status, reply.headers, content, request=request, stream=stream)
        assert failure is not None
        try:
            raise _place(failure, request)
        finally:
            # A frame that keeps the error it raises makes a cycle, and a forgotten client would wait for the collector.
            del failure

    async def aclose(self) -> None:
        await self._lanes.aclose()

    def _make_lane(self, loop: Loop) -> _Lane:
        asked: set[Task | None] = set()
        once: set[Task | None] = set()
        connector = _Connector(
            asked,
            once,
            limit=0,  # counted by the lane, whose queue tells a wait for the pool from a wait for the network
            keepalive_timeout=self._keepalive,
            timeout_ceil_threshold=_NO_ROUNDING,
            ssl=True if self._tls is None else self._tls,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            request_class=_Upload,
            auto_decompress=False,
            max_line_size=_HEAD_LINE_LIMIT,
            max_field_size=_HEAD_LINE_LIMIT,
        )
        return _Lane(loop, session, asked, once, self._limit)


class _Lane:
    """One event loop's session, its free connections, and who waits for one."""

    __slots__ = (
        "_last_headers",
        "_last_timeout",
        "_loop",
        "asked",
        "deadlines",
        "free",
        "once",
        "pulse",
        "session",
        "streams",
        "urls",
        "waiting",
    )

    def __init__(
        self,
        loop: Loop,
        session: aiohttp.ClientSession,
        asked: set[Task | None],
        once: set[Task | None],
        limit: int,
    ) -> None:
        self._loop = loop
        # Most calls in a row share all but one of these; making aiohttp's objects anew costs more than a look.
        self.urls: dict[str, URL] = {}
        self._last_timeout: tuple[Timeout | None, bool, aiohttp.ClientTimeout] = (None, False, aiohttp.ClientTimeout())
        self._last_headers: tuple[Mapping[str, tuple[str, ...]], CIMultiDict[str]] = ({}, CIMultiDict())
        self.waiting: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        self.session = session
        self.streams: set[aiohttp.ClientResponse] = set()
        self.free = limit
        self.asked = asked
        self.once = once
        self.deadlines = Deadlines(loop)
        self.pulse = InterruptWakeup(loop)

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

    def wire_headers(self, request: Request) -> CIMultiDict[str]:
        """The fields to send, which aiohttp copies."""
        last, known = self._last_headers
        if request.headers.fields != last:
            known = CIMultiDict(request.headers.multi_items())
            known.setdefault("Accept-Encoding", accepted())
            self._last_headers = (request.headers.fields.copy(), known)
        if isinstance(request.body, Body) and request.body.length is not None:
            known = known.copy()
            known["Content-Length"] = str(request.body.length)
        return known

    async def wait_for_turn(self, request: Request) -> None:
        """Return when a connection was handed over; the queue is fair, a newcomer never overtakes.

        Raises:
            PoolTimeoutError: none became free within the deadline.
        """
        task: Task = asyncio.current_task()  # type: ignore[assignment]
        cancelling = task.cancelling()
        turn: asyncio.Future[None] = self._loop.create_future()
        self.waiting[turn] = None
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
            self.waiting.pop(turn, None)
            self.deadlines.leave(task, cancelling)
            del task  # as in `send`
        if late:
            total = request.options.timeout.total
            raise _place(PoolTimeoutError(f"no connection became free within the total of {total} s"), request)
        try:
            if request.sign is not None:
                request.sign(request)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """A connection is no longer in use: the first who waits gets it."""
        while self.waiting and self.free >= 0:  # below that, an urgent request had passed the queue
            turn, _ = self.waiting.popitem(last=False)
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def close_later(self, reply: aiohttp.ClientResponse) -> None:
        """End a response from outside the loop, if the loop still lives."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_end, reply, self)


async def _close_lane(lane: _Lane) -> None:
    lane.pulse.stop()
    for reply in lane.streams:
        reply.close()  # or it complains, when its stream was dropped so late that the loop has no turn left for it
    try:
        await lane.session.close()
    finally:
        lane.deadlines.close()


class _Connector(aiohttp.TCPConnector):
    """Gives out one connection an attempt.

    aiohttp repeats an idempotent request by itself when a connection breaks, also a fresh one, and nobody counts it. It
    asks for a second connection then: that is refused, since repeating is the business of `RetryMiddleware`.
    """

    def __init__(self, asked: set[Task | None], once: set[Task | None], **options: Any) -> None:
        super().__init__(**options)
        self._factory: Any = partial(_Connection, once, loop=self._loop)
        self._asked = asked

    def connect(  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine all the same, one frame less
        self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout
    ) -> Coroutine[Any, Any, Any]:
        task = asyncio.current_task()
        if task in self._asked:
            raise ProtocolError("the connection was closed or reset before the response was complete")
        self._asked.add(task)
        return super().connect(req, traces, timeout)


class _Upload(aiohttp.ClientRequest):
    """A request whose body is written quietly.

    When the server hangs up, whoever waits for the response is told. The task that writes fails too, and nobody looks
    at that: asyncio would say that its exception was never retrieved.
    """

    async def write_bytes(self, *arguments: Any, **options: Any) -> None:
        try:
            await super().write_bytes(*arguments, **options)
        except (aiohttp.ClientError, OSError):
            return


class _Connection(ResponseHandler):
    """One connection, which is not used again once it has said more than it was asked.

    aiohttp would take what lies there, a late body of a 204 or a whole response, for the answer to the next request.
    And a request that must not be sent twice takes none that was idle for long.

    Args:
        once: the tasks that are about to send such a request.
        loop: whose connection it is.
    """

    def __init__(self, once: set[Task | None], loop: Loop) -> None:
        super().__init__(loop)
        self._once = once
        self._heard = 0.0

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        super().data_received(data)

    def is_connected(self) -> bool:
        usable = super().is_connected() and not self.should_close
        if usable and self._once and asyncio.current_task() in self._once:
            return time.monotonic() - self._heard <= _FRESH
        return usable


def _due(request: Request) -> float:
    """When this attempt is over, on the machine's monotonic clock, in which `Deadlines` counts."""
    timeout, deadline, now = request.options.timeout, request.state.deadline, time.monotonic()
    due = math.inf if timeout.attempt is None else now + timeout.attempt
    if deadline is None:
        return due
    if request.clock is not SYSTEM_CLOCK:
        deadline += now - request.clock.monotonic()
    if deadline <= now:
        raise DeadlineExceededError(f"the total of {timeout.total} s ran out before this attempt", sent=False)
    return min(due, deadline)


def _late(request: Request, *, sent: bool) -> RequestTimeoutError:
    """The error for an attempt that was cut off: by the deadline of the call, or by its own limit."""
    timeout, left = request.options.timeout, request.remaining()
    if left is not None and left <= 0.001:
        return DeadlineExceededError(f"the call took longer than its total of {timeout.total} s", sent=sent)
    message = f"no complete response within the {timeout.attempt} s of an attempt"
    return RequestTimeoutError(message, limit="attempt", sent=sent)


def _payload(body: bytes | Body) -> aiohttp.Payload:
    # Never the bare bytes: a traceback with locals would show them, and a login's body is a password.
    if isinstance(body, bytes):
        if len(body) > _AT_ONCE:
            return aiohttp_payload.BytesIOPayload(io.BytesIO(body))
        return aiohttp_payload.BytesPayload(body)
    return aiohttp_payload.AsyncIterablePayload(_written(body))


async def _written(body: Body) -> AsyncIterator[bytes]:
    """The pieces of a body on their way out. That they cannot be had is no fault of the server, nor of the network."""
    size, length = 0, body.length
    try:
        async with aclosing(body.open()) as pieces:
            async for piece in pieces:
                size += len(piece)
                if length is not None and size > length:
                    break
                yield piece
    except Exception as error:  # noqa: BLE001 - whatever the caller's file or iterator raises
        problem = str(error) if isinstance(error, InvalidRequestError) else f"{type(error).__name__}: {error}"
    else:
        if length is None or size == length:
            return
        # Or it would be taken for the next request, or waited for for ever.
        problem = f"it has {'more' if size > length else size} of the {length} bytes that were announced"
    raise InvalidRequestError(f"the body could not be read to its end: {problem}")


async def _read(reply: aiohttp.ClientResponse) -> bytes:
    """The whole body, but never more of it than `BODY_LIMIT`."""
    encoding = _encoding(reply)
    length = reply.headers.get("Content-Length")
    chunks: list[bytes] = []
    size = 0
    try:
        if length is not None and int(length) > BODY_LIMIT and not reply.content.is_eof():
            raise _too_large()
        if length is not None and not encoding:
            return await reply.read()
        async for chunk in _chunks(reply, encoding):
            size += len(chunk)
            if size > BODY_LIMIT:
                raise _too_large()
            chunks.append(chunk)
    except BaseException:
        reply.close()
        raise
    return b"".join(chunks)


def _too_large() -> ResponseTooLargeError:
    return ResponseTooLargeError(f"the body is larger than {BODY_LIMIT / 2**20:.0f} MiB after decompression")


def _head_too_large(reply: aiohttp.ClientResponse) -> ResponseTooLargeError:
    reply.close()
    return ResponseTooLargeError(f"the head of the response is larger than {_HEAD_LIMIT // 1024} KiB")


def _switched(reply: aiohttp.ClientResponse) -> ProtocolError:
    reply.close()  # aiohttp leaves a connection that speaks another protocol to its caller, who asked for none
    return ProtocolError("the server switched to another protocol, which it was not asked for")


def _encoding(reply: aiohttp.ClientResponse) -> str:
    return ", ".join(reply.headers.getall("Content-Encoding", ()))


def _chunks(reply: aiohttp.ClientResponse, encoding: str) -> AsyncIterator[bytes]:
    chunks: AsyncIterator[bytes] = reply.content.iter_any()
    return decompress(chunks, encoding) if encoding else chunks


async def _pieces(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The body as it arrives, with all that came before the connection broke: aiohttp would keep that to itself."""
    try:
        async for piece in content.iter_any():
            yield piece
    except _FOREIGN as error:
        broken = error
    else:
        return
    content.set_exception(cast("Any", None))
    rest = content.read_nowait()
    if rest:
        yield rest
    try:
        raise broken
    finally:
        del broken  # as in `send`


class _Stream:
    """The open body of a response: holds its connection until it is read to the end or closed."""

    __slots__ = ("__weakref__", "_lane", "_reply", "_request")

    def __init__(self, reply: aiohttp.ClientResponse, lane: _Lane, request: Request) -> None:
        lane.streams.add(reply)
        self._reply = reply
        self._lane: _Lane | None = lane
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        failure: AsdkError | None = None
        try:
            encoding, pieces = _encoding(self._reply), _pieces(self._reply.content)
            async for chunk in decompress(pieces, encoding) if encoding else pieces:
                yield chunk
        except AsdkError as error:
            failure = error.with_traceback(None)  # without aiohttp's frames
        except _FOREIGN as error:
            failure = _translate(error, self._request)
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
    lane.streams.discard(reply)
    reply.close()  # keeps the connection where the body was read to its end
    lane.release()


def _place(error: AsdkError, request: Request) -> AsdkError:
    error.method, error.template, error.attempts = request.method, request.template, request.state.attempts
    return error


def _translate(error: Exception, request: Request) -> TransportError | InvalidRequestError:
    """Our error for one of aiohttp's, the operating system's or ssl's. The only place that knows them."""
    if isinstance(error.__cause__, InvalidRequestError):  # from `_written`
        cause = error.__cause__.message
        error.__traceback__ = error.__cause__ = None  # as below
        return InvalidRequestError(request.redact(" ".join(cause.split()))[:_CAUSE_LIMIT])
    cause = _describe(error, request)
    make = next((make for kinds, make in _TABLE if isinstance(error, kinds)), _failed)
    if make in (_broken, _no_http) and _was_connecting(error):
        make = _connect  # a proxy, asked for a tunnel
    # aiohttp's streams keep some of their exceptions, whose frames would keep this client: again a cycle.
    error.__traceback__ = None
    return make(cause)


def _describe(error: Exception, request: Request) -> str:
    """Type and text, in one line, without secrets and without what the path and query of the call were."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return request.redact(text.replace(request.url, request.template))[:_CAUSE_LIMIT]


def _was_connecting(error: BaseException) -> bool:
    """Whether it struck while the connection was being made: then no byte of the request has left."""
    return _is_from(error, _CONNECT)


def _is_from(error: BaseException, code: CodeType) -> bool:
    """Whether it came through this function."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return True
        trace = trace.tb_next
    return False


_CONNECT = aiohttp.TCPConnector.connect.__code__

# From Python 3.12 on a body begins to be written at once, and a connection that breaks there is gone before aiohttp
# looks at it for the response: an AttributeError.
_START = aiohttp.ClientResponse.start.__code__


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


def _failed(cause: str) -> TransportError:
    return TransportError(f"the request failed ({cause})", cause=cause)


def _bad_url(cause: str) -> InvalidRequestError:
    return InvalidRequestError(f"the URL cannot be used ({cause})", cause=cause)


# Read from the top: a subclass stands before its base.
_TABLE: tuple[tuple[Any, Callable[[str], TransportError | InvalidRequestError]], ...] = (
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
    ((aiohttp.ClientError, OSError, AttributeError), _broken),
)
