"""Streams of typed items: server-sent events, with optional reconnects, and newline-delimited JSON.

Returned by `BaseClient.events` and `BaseClient.json_lines`. A stream takes a request and a function that opens it, and
does not know the client. `asdk.streaming.parsers` parses the bytes.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self, TypeAlias, TypeVar, cast

import attrs

from asdk.errors import (
    ERROR_BODY_LIMIT,
    RETRYABLE_STATUSES,
    AsdkError,
    DecodeError,
    InvalidRequestError,
    RequestTimeoutError,
    StreamError,
)
from asdk.http.media_types import media_type
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.limits import ResponseLimits
from asdk.redaction import clean_tracebacks, printable, scrub_later, show, strip_frames
from asdk.retrying import Retry, Retrying
from asdk.streaming.parsers import EventParser, JsonLinesParser, ServerSentEvent

T = TypeVar("T")
RawT = TypeVar("RawT")
Raw_co = TypeVar("Raw_co", covariant=True)
ErrorT = TypeVar("ErrorT", StreamError, DecodeError)

_log = logging.getLogger("asdk")

#: Opens the response to a request, with its body unread. Raises for a bad status.
Open: TypeAlias = Callable[[Request], Awaitable[Response]]

#: Decodes an item within the limits of the call: a `Decoder`.
Decode: TypeAlias = Callable[[bytes, ResponseLimits], T]

#: Returns the error that an event reports, None for an ordinary event.
FindError: TypeAlias = Callable[[ServerSentEvent], StreamError | None]


class Parser(Protocol[Raw_co]):
    """A parser that splits the bytes of a stream into items that are not decoded yet."""

    def feed(self, chunk: bytes) -> Iterator[Raw_co]:
        """Return the items that a chunk completes."""
        ...

    def end(self) -> Iterator[Raw_co]:
        """Return the items that the end of the stream completes."""
        ...


@attrs.frozen(kw_only=True)
class Reconnect:
    """A policy for resuming a broken event stream with ``Last-Event-ID``.

    The wait is drawn from ``uniform(0, min(max_delay, delay * 2**n))`` after *n* consecutive failures, and is never
    shorter than the server's ``retry``. After the first item, only a stream with ids is resumed: without an id the
    server could not know what to skip.

    Attributes:
        attempts: the number of consecutive reconnects that may fail, without an event between them, before the last
            failure is raised.
        delay: the upper bound of the first wait, in seconds.
        max_delay: the upper bound of every wait, in seconds.
        max_retry: the longest ``retry`` of the server to wait for, in seconds.
        at_end: whether to reconnect after a complete response too, as a browser does, until the server answers 204 or
            the reader leaves. Pass False for a stream that has an end. If the response has neither a length nor chunks,
            a broken connection cannot be told from such an end.
    """

    attempts: int = 5
    delay: float = 1.0
    max_delay: float = 30.0
    max_retry: float = 120.0
    at_end: bool = True

    def to_retry(self) -> Retry:
        """Return the waits of this policy. The stream counts the failures, since a complete response is not one."""
        return Retry(
            attempts=sys.maxsize,
            base_delay=_to_positive(self.delay),
            max_delay=_to_positive(self.max_delay),
            max_retry_after=_to_positive(self.max_retry),
        )


def _to_positive(seconds: float) -> float:
    """Return the nearest number that `Retry` accepts. A `Reconnect` may have a delay of 0 and infinite limits."""
    return min(max(seconds, sys.float_info.min), sys.float_info.max)


class TypedStream(Generic[T, RawT]):
    """Typed items of a response, for ``async with`` and ``async for``. Leaving the block frees the connection.

    A stream that breaks before its first item is opened again by the `Retry` policy of the call, if the request may be
    sent twice. After the first item it is not.
    """

    accept = "*/*"

    def __init__(self, request: Request, open: Open) -> None:
        self._request = request
        self._open = open
        self._response: Response | None = None
        self._chunks: AsyncGenerator[bytes, None] | None = None
        self._parser: Parser[RawT] = self._make_parser()
        self._ready: Iterator[RawT] = iter(())
        self._count = 0
        self._attempts = 0
        self._started = 0.0
        self._deadline: float | None = None
        self._retrying: Retrying | None = None
        self._was_reopened = False
        self._is_open = False
        self._was_interrupted = False
        self._reader: asyncio.Task[Any] | None = None
        self._left: asyncio.Future[None] | None = None

    @property
    def response(self) -> Response:
        """Return the response whose body is being read.

        Raises:
            StreamError: the stream is not open.
        """
        if self._response is None:
            raise StreamError(_NOT_OPEN)
        return self._response

    async def __aenter__(self) -> Self:
        if self._is_open or self._attempts:
            raise StreamError("a stream can be opened once; create a new one")
        self._started = self._request.clock.monotonic()
        with clean_tracebacks:
            await self._connect()
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the stream and release its connection, which is closed if part of the body is unread.

        If another task is waiting for an item, its iteration ends.
        """
        self._is_open = False
        self._release_client()
        if self._reader is not None and self._reader is not asyncio.current_task():
            if self._left is None:
                self._left = asyncio.get_running_loop().create_future()
                self._reader.cancel()
            await asyncio.wait([self._left])
        await self._disconnect()

    def _release_client(self) -> None:
        """Drop the references to the client: a notebook keeps the variable of a finished loop."""
        self._open = _refuse_to_open

    def __aiter__(self) -> Self:
        return self

    if not TYPE_CHECKING:  # type checkers report the mistake themselves

        def __iter__(self) -> NoReturn:
            raise TypeError(f"use `async with ... as stream: async for item in stream` for {self!r}")

    async def __anext__(self) -> T:
        """Return the next item.

        Raises:
            StreamError: the stream reported an error, or violated its own format.
            DecodeError: an item does not match the model. The iteration may continue.
            TransportError: the connection broke, or no byte arrived for ``timeout.idle`` seconds.
        """
        if self._was_interrupted:
            raise StreamError("a read of this stream was cancelled and its data is lost; open a new stream")
        if not self._is_open:
            if self._attempts:
                raise StopAsyncIteration
            raise StreamError(_NOT_OPEN)
        if self._reader is not None:
            raise StreamError("another task is reading this stream; read a stream in one task")
        reader: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        self._reader, cancelling = reader, reader.cancelling()
        failure: AsdkError | None = None
        try:
            while True:
                try:
                    return await self._read_item()
                except StopAsyncIteration:
                    failure = None
                except DecodeError:
                    raise
                except AsdkError as error:
                    failure = self._annotate(error) if isinstance(error, StreamError) else error
                self._is_open = False
                await self._disconnect()
                failure = await self._recover(failure)
                if failure is not None:
                    raise failure
                if self._chunks is None:
                    raise StopAsyncIteration
                self._is_open = True
        except BaseException as error:
            was_cancelled = isinstance(error, asyncio.CancelledError)
            if not (was_cancelled and self._left is not None and reader.uncancel() <= cancelling):
                self._was_interrupted = self._was_interrupted or was_cancelled
                strip_frames(error)
                raise
        finally:
            self._reader = None
            if self._left is not None and not self._left.done():
                self._left.set_result(None)
            # A frame that keeps the error it raises makes a cycle, which would keep the client alive; a task keeps its
            # error, too.
            del failure, reader
        raise StopAsyncIteration  # `aclose` was called by another task

    async def _read_item(self) -> T:
        while True:
            for raw in self._ready:
                item = self._convert(raw)
                self._count += 1
                if self._was_reopened:
                    self._was_reopened = False
                    if self._retrying is not None:
                        self._retrying.succeeded()
                return item
            if self._chunks is None:
                raise StopAsyncIteration
            try:
                self._ready = self._parser.feed(await anext(self._chunks))
            except StopAsyncIteration:
                self._chunks = None
                self._ready = self._parser.end()

    async def _recover(self, failure: AsdkError | None) -> AsdkError | None:
        """Open the stream again if that is allowed.

        Args:
            failure: what broke the stream; None if the response was complete.

        Returns:
            The error to raise; None if the stream is open again, or is complete and stays closed.
        """
        policy = self._request.options.retry
        if failure is None or self._count or policy is None:
            return failure
        retrying = self._retrying
        if retrying is None:
            retrying = self._retrying = self._make_retrying(policy)
        retrying.body_broke()
        if not (failure.retryable and self._request.idempotent and self._request.replayable):
            return failure
        pause = retrying.pause_before_next(self._attempts, failure, retry_after=failure.retry_after)
        if pause is None:
            return failure
        self._log_reopening(failure, pause)
        await self._request.clock.sleep(pause)
        request = self._request.copy()
        # The middleware continues these retries and their count.
        request.state.attempts, request.state.deadline = self._attempts + 1, self._deadline
        request.state.retrying = retrying
        await self._connect(request)
        self._was_reopened = True
        return None

    def _make_retrying(self, policy: Retry) -> Retrying:
        sent = self.response.request
        return Retrying(
            policy,
            self._request.clock,
            started=self._started,
            deadline=self._deadline,
            quota=sent.state.quota,
            origin=origin_of(sent.url),
        )

    def _log_reopening(self, failure: AsdkError | None, pause: float) -> None:
        reason = "end of response" if failure is None else type(failure).__name__
        facts = {
            "id": self._request.id,
            "method": self._request.method,
            "template": self._request.template,
            "items": self._count,
            "reason": reason,
            "wait_ms": round(pause * 1000, 1),
        }
        _log.info(
            "%s %s: stream reopens in %.2f s after %s",
            self._request.method,
            self._request.template,
            pause,
            reason,
            extra={"asdk": facts},
        )

    async def _connect(self, request: Request | None = None) -> None:
        request = self._request.copy() if request is None else request
        self._response = response = await self._open(request)
        self._attempts, self._deadline = request.state.attempts, request.state.deadline
        self._parser = self._make_parser()
        self._ready = iter(())
        # Closed by `_disconnect`, so that its generator is not left to the garbage collector.
        self._chunks = response.iter_bytes()
        problem = self._problem(response)
        if problem is not None:
            await response.read_error_body()
            await self._disconnect()
            raise self._annotate(StreamError(problem, body=response.content))

    async def _disconnect(self) -> None:
        chunks, self._chunks = self._chunks, None
        self._ready = iter(())
        try:
            if chunks is not None:
                await chunks.aclose()
        finally:
            if self._response is not None:
                await self._response.aclose()

    def _annotate(self, error: ErrorT, content: bytes = b"") -> ErrorT:
        """Add the facts of this stream to an error, and hide the secrets of its request.

        Args:
            error: the error.
            content: what its body was cut from, if that is longer.
        """
        response = self.response
        request = response.request  # as it was sent: with its token, after its redirects
        error.message = show(error.message, request)
        error.args = (error.message,)
        if error.body:
            error.body = scrub_later(content or error.body, request, min(len(error.body), ERROR_BODY_LIMIT))
        if isinstance(error, DecodeError):
            error.path = error.path and show(error.path, request)
        else:
            error.code = error.code and show(error.code, request, limit=80)
        error.method, error.template, error.status = self._request.method, self._request.template, response.status
        error.request_id, error.attempts = response.request_id, response.attempts
        return error

    def _decode(self, decode: Decode[T], content: bytes) -> T:
        try:
            return decode(content, self._request.options.response_limits)
        except DecodeError as error:
            error.message = f"item {self._count + 1} of the stream: {error.message}"
            self._annotate(error, content)
            self._count += 1
            raise

    def _make_parser(self) -> Parser[RawT]:
        raise NotImplementedError

    def _problem(self, response: Response) -> str | None:
        """Return the problem with a response of an unexpected media type; None if it has the expected one."""

    def _convert(self, raw: RawT) -> T:
        raise NotImplementedError


_NOT_OPEN = "the stream is not open; use it in 'async with'"


async def _refuse_to_open(request: Request) -> Response:
    raise StreamError("the stream was closed")


class JsonLineStream(TypedStream[T, bytes]):
    """Decoded values of a newline-delimited JSON response (``application/x-ndjson``, ``application/jsonl``)."""

    accept = "application/x-ndjson, application/jsonl, application/json;q=0.5"

    def __init__(self, request: Request, open: Open, decode: Decode[T]) -> None:
        super().__init__(request, open)
        self._decoder = decode

    def _make_parser(self) -> Parser[bytes]:
        return JsonLinesParser(self._request.options.response_limits)

    def _problem(self, response: Response) -> str | None:
        kind = media_type(response.headers)
        return f"the response must be lines of JSON, got {kind}" if kind == "text/html" else None

    def _convert(self, raw: bytes) -> T:
        return self._decode(self._decoder, raw)


class EventStream(TypedStream[T, ServerSentEvent]):
    """Events of a ``text/event-stream`` response.

    The items are `ServerSentEvent` objects, or the decoded data if the call has a model.
    """

    accept = "text/event-stream"

    def __init__(
        self,
        request: Request,
        open: Open,
        decode: Decode[T] | None,
        find_error: FindError,
        *,
        reconnect: Reconnect | None = None,
        last_event_id: str = "",
        sentinel: str | None = None,
    ) -> None:
        if any(character in last_event_id for character in "\r\n\0"):
            raise InvalidRequestError("last_event_id must not contain a line break or NUL; pass one that a server sent")
        self._last_event_id = last_event_id
        super().__init__(request, open)
        self._decoder = decode
        self._find_error = find_error
        self._reconnect = reconnect
        self._sentinel = sentinel
        self._failures = 0
        self._retry: float | None = None

    @property
    def last_event_id(self) -> str:
        """Return the id of the last event, empty if it had none. Another stream can resume after it."""
        return cast("EventParser", self._parser).last_event_id

    def _release_client(self) -> None:
        super()._release_client()
        self._find_error = _no_error

    def _make_parser(self) -> Parser[ServerSentEvent]:
        is_declared = self._response is None or "content-type" in self._response.headers
        return EventParser(self._last_event_id, self._request.options.response_limits, is_declared=is_declared)

    def _problem(self, response: Response) -> str | None:
        kind = media_type(response.headers)
        if kind in ("text/event-stream", "") or response.status == 204:
            return None
        return f"the response must be text/event-stream, got {kind}"

    async def _connect(self, request: Request | None = None) -> None:
        request = self._request.copy() if request is None else request
        if self._last_event_id:
            # Bypasses the check of `Headers` for ASCII: an id is UTF-8, and cannot contain a line break.
            request.headers.fields["last-event-id"] = ("Last-Event-ID", self._last_event_id)
        await super()._connect(request)

    async def _read_item(self) -> T:
        try:
            return await super()._read_item()
        finally:
            parser = cast("EventParser", self._parser)
            self._last_event_id, self._retry = parser.last_event_id, parser.retry or self._retry

    def _convert(self, raw: ServerSentEvent) -> T:
        if self._sentinel is not None and raw.data == self._sentinel:
            self._reconnect = None
            raise StopAsyncIteration
        error = self._find_error(raw)
        if error is not None:
            try:
                raise error
            finally:
                del error  # as in `__anext__`
        self._failures = 0
        return cast("T", raw) if self._decoder is None else self._decode(self._decoder, raw.data.encode())

    async def _recover(self, failure: AsdkError | None) -> AsdkError | None:
        policy = self._reconnect
        if policy is None or self.response.status == 204:
            return await super()._recover(failure)
        retrying = self._retrying
        if retrying is None:  # without quota and deadline: a stream of events has no end
            retrying = self._retrying = Retrying(policy.to_retry(), self._request.clock, started=self._started)
        try:
            while True:
                self._failures += failure is not None
                if not self._may_reconnect(policy, failure):
                    return failure
                asked = max(self._retry or 0.0, (failure and failure.retry_after) or 0.0)
                pause = retrying.pause_before_next(max(1, self._failures), failure, retry_after=asked)
                if pause is None:
                    return failure
                self._log_reopening(failure, pause)
                await self._request.clock.sleep(pause)
                request = self._request.copy()
                request.options = attrs.evolve(request.options, retry=None)  # the policy of this stream decides
                try:
                    await self._connect(request)
                except AsdkError as error:
                    failure = error
                else:
                    return None
        finally:
            del failure  # as in `__anext__`

    def _may_reconnect(self, policy: Reconnect, failure: AsdkError | None) -> bool:
        if not self._request.replayable or (self._count and not self._last_event_id):
            return False
        if failure is None:
            return policy.at_end
        return self._failures <= policy.attempts and (
            failure.retryable or isinstance(failure, RequestTimeoutError)  # a deadline too: each head has its own
        )


def _no_error(event: ServerSentEvent) -> None:
    return None


def error_in(event: ServerSentEvent, describe: Callable[[Any], tuple[str | None, str | None]]) -> StreamError:
    """Return the error that an event reports, with the API's code and message.

    Args:
        event: an event that reports an error.
        describe: a function that extracts code and message from the data of the event.
    """
    try:
        data = event.json()
    except DecodeError:
        data = None
    code, message = describe(data)
    message = printable((message or event.data)[:ERROR_BODY_LIMIT]) or "no reason given"
    return StreamError(
        f"the stream reported an error: {message}",  # the stream bounds it, after it has looked for secrets
        code=code,
        body=event.data.encode(),
        transient=_status_in(data) in RETRYABLE_STATUSES,
    )


def _status_in(data: Any) -> int | None:
    """Return the HTTP status that an error names in its body, for example as an RFC 9457 problem."""
    while isinstance(data, dict):
        for name in ("status", "code"):
            value = data.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        data = data.get("error")
    return None
