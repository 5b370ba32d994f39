"""Streams of typed items: server-sent events, with reconnects when asked for, and newline-delimited JSON.

Made by `BaseClient.events` and `BaseClient.json_lines`. They take a request and a function that opens it, and know no
client. The bytes are interpreted by `asdk.streaming.parsers`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar, cast

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
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.retrying import FIRST_TRY_REFUND, RETRY_COST
from asdk.streaming.parsers import EventParser, JsonLines, ServerSentEvent

T = TypeVar("T")
RawT = TypeVar("RawT")
Raw_co = TypeVar("Raw_co", covariant=True)
ErrorT = TypeVar("ErrorT", StreamError, DecodeError)

_log = logging.getLogger("asdk")

#: Opens the response to a request: its body is still to be read. Raises for a bad status.
Open: TypeAlias = Callable[[Request], Awaitable[Response]]

#: The error that an event tells of, or None for an event like any other.
FindError: TypeAlias = Callable[[ServerSentEvent], StreamError | None]


class Parser(Protocol[Raw_co]):
    """What turns the bytes of a stream into items that are not decoded yet."""

    def feed(self, chunk: bytes) -> Iterator[Raw_co]: ...
    def end(self) -> Iterator[Raw_co]: ...


@attrs.frozen(kw_only=True)
class Reconnect:
    """How a stream of events is taken up again after it broke, with ``Last-Event-ID``.

    The wait is drawn from ``uniform(0, min(max_delay, delay * 2**n))`` after *n* failures in a row, and is never
    shorter than the server's ``retry``. Once an item was handed out, only a stream with ids is taken up: without one
    the server could not know what to leave out.

    Attributes:
        attempts: failures in a row, without an event between them, after which the last one is raised.
        delay: the upper end of the first wait, in seconds.
        max_delay: the upper end of every wait, in seconds.
        max_retry: a ``retry`` of the server beyond this many seconds is not waited for.
        at_end: whether to go on after a proper end of the response too, as a browser does, until the server answers 204
            or the reader leaves. False for a stream that has an end of its own; a connection that breaks where the
            response has neither length nor chunks cannot be told from such an end.
    """

    attempts: int = 5
    delay: float = 1.0
    max_delay: float = 30.0
    max_retry: float = 120.0
    at_end: bool = True


class TypedStream(Generic[T, RawT]):
    """The items of an open response, for ``async with`` and ``async for``. Leaving the block frees the connection.

    Until the first item was handed out, a stream that breaks is opened anew by the `Retry` policy of the call, if the
    request may be repeated; after it, never.
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
        self._owes = False
        self._deadline: float | None = None
        self._is_open = False
        self._is_torn = False

    @property
    def response(self) -> Response:
        """The response whose body is being read.

        Raises:
            StreamError: the stream is not open.
        """
        if self._response is None:
            raise StreamError("this stream is not open: use it in 'async with'")
        return self._response

    async def __aenter__(self) -> Self:
        if self._is_open or self._attempts:
            raise StreamError("this stream was opened before: make a new one")
        await self._connect()
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Leave the stream; its connection is given back, or closed if there was more to come."""
        self._is_open = False
        self._let_go()
        await self._disconnect()

    def _let_go(self) -> None:
        """Refer to the client no longer: a notebook keeps the variable of a loop that is over."""
        self._open = _no_more

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """The next item.

        Raises:
            StreamError: the stream told of an error, or broke its own format.
            DecodeError: an item is not what the model says; the iteration may go on after it.
            TransportError: the connection broke, or no byte came for ``timeout.idle`` seconds.
        """
        if self._is_torn:
            raise StreamError("a read of this stream was cancelled half-way, so what came then is lost: open it anew")
        if not self._is_open:
            if self._attempts:
                raise StopAsyncIteration
            raise StreamError("this stream is not open: use it in 'async with'")
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
                    failure = self._placed(error) if isinstance(error, StreamError) else error
                self._is_open = False
                await self._disconnect()
                failure = await self._recover(failure)
                if failure is not None:
                    raise failure
                if self._chunks is None:
                    raise StopAsyncIteration
                self._is_open = True
        except asyncio.CancelledError:
            self._is_torn = True
            raise
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle, which would keep the client

    async def _read_item(self) -> T:
        while True:
            for raw in self._ready:
                item = self._convert(raw)
                self._count += 1
                if self._owes:
                    self._refund()
                return item
            if self._chunks is None:
                raise StopAsyncIteration
            try:
                self._ready = self._parser.feed(await anext(self._chunks))
            except StopAsyncIteration:
                self._chunks = None
                self._ready = self._parser.end()

    def _refund(self) -> None:
        """The last repetition was worth it: the quota of its origin gets back what that cost."""
        self._owes = False
        sent = self.response.request
        if sent.state.quota is not None:
            sent.state.quota.give(origin_of(sent.url), RETRY_COST)

    async def _recover(self, failure: AsdkError | None) -> AsdkError | None:
        """Open the stream anew, where that is allowed.

        Args:
            failure: what ended it; None if it was its own end.

        Returns:
            What there is to raise; None if the stream goes on, or has come to its end and stays closed.
        """
        policy = self._request.options.retry
        if failure is None or self._count or policy is None:
            return failure
        sent = self.response.request
        if sent.state.quota is not None:
            sent.state.quota.take(origin_of(sent.url), FIRST_TRY_REFUND)  # its head was taken for a success
        if self._attempts >= policy.attempts:
            return failure
        if not (failure.retryable and self._request.idempotent and self._request.replayable):
            return failure
        pause = random.uniform(0, min(policy.max_delay, policy.base_delay * 2 ** (self._attempts - 1)))
        if self._deadline is not None and self._request.clock.monotonic() + pause >= self._deadline:
            return failure
        if sent.state.quota is not None and not sent.state.quota.take(origin_of(sent.url), RETRY_COST):
            return failure
        self._report(failure, pause)
        await self._request.clock.sleep(pause)
        request = self._request.copy()
        # What the retry below may still do, and from where it goes on counting.
        rest = attrs.evolve(policy, attempts=policy.attempts - self._attempts)
        request.options = attrs.evolve(request.options, retry=rest)
        request.state.attempts, request.state.deadline = self._attempts + 1, self._deadline
        await self._connect(request)
        self._owes = True
        return None

    def _report(self, failure: AsdkError | None, pause: float) -> None:
        reason = "its end" if failure is None else type(failure).__name__
        facts = {
            "id": self._request.id,
            "method": self._request.method,
            "template": self._request.template,
            "items": self._count,
            "reason": reason,
            "wait_ms": round(pause * 1000, 1),
        }
        _log.info(
            "%s %s: the stream is opened again in %.2f s, after %s",
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
        # Its generator is closed here, and not by whoever collects garbage.
        self._chunks = response.iter_bytes()
        problem = self._problem(response)
        if problem is not None:
            await response.read_error_body()
            await self._disconnect()
            raise self._placed(StreamError(problem, body=response.content[:ERROR_BODY_LIMIT]))

    async def _disconnect(self) -> None:
        chunks, self._chunks = self._chunks, None
        self._ready = iter(())
        try:
            if chunks is not None:
                await chunks.aclose()
        finally:
            if self._response is not None:
                await self._response.aclose()

    def _placed(self, error: ErrorT) -> ErrorT:
        """With the facts of this stream, and without what its request kept secret."""
        response = self.response
        error.message = self._request.redact(error.message)
        error.args = (error.message,)
        error.method, error.template, error.status = self._request.method, self._request.template, response.status
        error.request_id, error.attempts = response.request_id, response.attempts
        return error

    def _decode(self, decode: Callable[[bytes], T], content: bytes) -> T:
        try:
            return decode(content)
        except DecodeError as error:
            error.message = f"item {self._count + 1} of the stream: {error.message}"
            error.body = self._request.redact(error.body)
            self._placed(error)
            self._count += 1
            raise

    def _make_parser(self) -> Parser[RawT]:
        raise NotImplementedError

    def _problem(self, response: Response) -> str | None:
        """What is wrong with a response that is of another kind than was asked for."""

    def _convert(self, raw: RawT) -> T:
        raise NotImplementedError


async def _no_more(request: Request) -> Response:
    raise StreamError("this stream was closed")


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


class JsonLineStream(TypedStream[T, bytes]):
    """The values of a newline-delimited JSON response (``application/x-ndjson``, ``application/jsonl``), decoded."""

    accept = "application/x-ndjson, application/jsonl, application/json;q=0.5"

    def __init__(self, request: Request, open: Open, decode: Callable[[bytes], T]) -> None:
        super().__init__(request, open)
        self._decoder = decode

    def _make_parser(self) -> Parser[bytes]:
        return JsonLines()

    def _problem(self, response: Response) -> str | None:
        media_type = _media_type(response)
        return f"the response is {media_type}, where lines of JSON were expected" if media_type == "text/html" else None

    def _convert(self, raw: bytes) -> T:
        return self._decode(self._decoder, raw)


class EventStream(TypedStream[T, ServerSentEvent]):
    """The events of a ``text/event-stream`` response.

    Without a model the items are `ServerSentEvent`, with one the decoded data.
    """

    accept = "text/event-stream"

    def __init__(
        self,
        request: Request,
        open: Open,
        decode: Callable[[bytes], T] | None,
        find_error: FindError,
        *,
        reconnect: Reconnect | None = None,
        last_event_id: str = "",
        sentinel: str | None = None,
    ) -> None:
        if any(character in last_event_id for character in "\r\n\0"):
            raise InvalidRequestError("last_event_id holds a line end or NUL, which no server can have sent as one")
        self._last_event_id = last_event_id
        super().__init__(request, open)
        self._decoder = decode
        self._find_error = find_error
        self._reconnect = reconnect
        self._end_mark = sentinel
        self._failures = 0
        self._retry: float | None = None

    @property
    def last_event_id(self) -> str:
        """The id of the last event handed out, empty if it had none: with it another stream can go on from here."""
        return cast("EventParser", self._parser).last_event_id

    def _let_go(self) -> None:
        super()._let_go()
        self._find_error = _no_error

    def _make_parser(self) -> Parser[ServerSentEvent]:
        return EventParser(self._last_event_id)

    def _problem(self, response: Response) -> str | None:
        media_type = _media_type(response)
        if media_type in ("text/event-stream", "") or response.status == 204:
            return None
        return f"the response is {media_type}, where text/event-stream was expected"

    async def _connect(self, request: Request | None = None) -> None:
        request = self._request.copy() if request is None else request
        if self._last_event_id:
            # Past the check of `Headers`, which wants ASCII: an id is UTF-8, and cannot hold a line end.
            request.headers.fields["last-event-id"] = ("Last-Event-ID", self._last_event_id)
        await super()._connect(request)

    async def _read_item(self) -> T:
        try:
            return await super()._read_item()
        finally:
            parser = cast("EventParser", self._parser)
            self._last_event_id, self._retry = parser.last_event_id, parser.retry or self._retry

    def _convert(self, raw: ServerSentEvent) -> T:
        if self._end_mark is not None and raw.data == self._end_mark:
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
        try:
            while True:
                self._failures += failure is not None
                asked = max(self._retry or 0.0, (failure and failure.retry_after) or 0.0)
                if asked > policy.max_retry or not self._may_reconnect(policy, failure):
                    return failure
                pause = random.uniform(0, min(policy.max_delay, policy.delay * 2 ** max(0, self._failures - 1)))
                pause = max(pause, asked)
                self._report(failure, pause)
                await self._request.clock.sleep(pause)
                request = self._request.copy()
                request.options = attrs.evolve(request.options, retry=None)  # it is the policy here that counts
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
            failure.retryable or isinstance(failure, RequestTimeoutError)  # also of a deadline: each head has its own
        )


def _no_error(event: ServerSentEvent) -> None:
    return None


def error_in(event: ServerSentEvent, describe: Callable[[Any], tuple[str | None, str | None]]) -> StreamError:
    """The error that an event tells of, with the API's code and message.

    Args:
        event: one that is known to tell of an error.
        describe: reads code and message from its data.
    """
    try:
        data = event.json()
    except DecodeError:
        data = None
    code, message = describe(data)
    message = " ".join((message or event.data).split()) or "no reason was given"
    return StreamError(
        f"the stream ended in an error: {message[:500]}",
        code=code,
        body=event.data.encode()[:ERROR_BODY_LIMIT],
        transient=_status_in(data) in RETRYABLE_STATUSES,
    )


def _status_in(data: Any) -> int | None:
    """The HTTP status that an error names in its body, such as that of an RFC 9457 problem."""
    while isinstance(data, dict):
        for name in ("status", "code"):
            value = data.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        data = data.get("error")
    return None
