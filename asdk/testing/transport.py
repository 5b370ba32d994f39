"""`MemoryTransport`: answers requests from a list or a function, and remembers what was sent.

The test double of asdk and of every SDK on it: all layers above the network run as they are.
"""

from __future__ import annotations

import inspect
import json as jsonlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs

from asdk.errors import DeadlineExceededError, ProtocolError, RequestTimeoutError, TransportError
from asdk.http.bodies import Body
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.models.encoding import encode_json
from asdk.unset import UNSET


@attrs.frozen
class Reply:
    """What the other side does with a request.

    Attributes:
        status: the status code.
        json: the body as data; it sets the content type too.
        content: the body as bytes, or as chunks, of which an error may be the last: the connection then breaks there.
        headers: header fields, as a mapping or as pairs.
        error: fail with this instead of answering; each use gets a copy.
        delay: seconds before the answer, by the client's clock.
    """

    status: int = 200
    json: object = attrs.field(default=UNSET, kw_only=True)
    content: bytes | Sequence[bytes | TransportError] = attrs.field(default=b"", kw_only=True)
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = attrs.field(default=(), kw_only=True)
    error: TransportError | None = attrs.field(default=None, kw_only=True)
    delay: float = attrs.field(default=0.0, kw_only=True)


@attrs.frozen
class SentRequest:
    """What the transport was given, as it was at that moment."""

    method: str
    url: str
    template: str
    headers: Headers
    content: bytes
    request: Request = attrs.field(repr=False)

    def json(self) -> Any:
        """The body as JSON data."""
        return jsonlib.loads(self.content)


#: Answers a request; may be async.
Answer: TypeAlias = Callable[[Request], Reply | Awaitable[Reply]]


class MemoryTransport:
    """A `Transport` without a network.

    Args:
        replies: a function from the request to its `Reply`, or replies to give in turn: then one request more than
            there are replies fails the test.

    Attributes:
        sent: each request, in the order in which they came.
    """

    def __init__(self, replies: Answer | Iterable[Reply] = ()) -> None:
        self.sent: list[SentRequest] = []
        self.is_closed = False
        self._answer: Answer | None = replies if callable(replies) else None
        self._replies = iter(() if callable(replies) else replies)

    async def send(self, request: Request) -> Response:
        left = request.remaining()
        if left is not None and left <= 0:
            raise _placed(DeadlineExceededError("the total ran out before this attempt", sent=False), request)
        content = await _read_body(request)
        kept = SentRequest(request.method, request.url, request.template, request.headers.copy(), content, request)
        self.sent.append(kept)
        reply = await self._reply_to(request)
        await _wait(request, reply.delay)
        if reply.error is not None:
            raise _placed(reply.error, request)
        headers = Headers.received(_pairs(reply.headers))
        if reply.json is not UNSET:
            headers.setdefault("Content-Type", "application/json")
            chunks: Sequence[bytes | TransportError] = [encode_json(reply.json)]
        else:
            chunks = [reply.content] if isinstance(reply.content, bytes) else reply.content
        if request.stream:
            return Response(reply.status, headers, request=request, stream=_MemoryStream(chunks, request))
        return Response(reply.status, headers, b"".join(_whole(chunks, request)), request=request)

    async def aclose(self) -> None:
        self.is_closed = True

    async def _reply_to(self, request: Request) -> Reply:
        if self._answer is None:
            reply = next(self._replies, None)
            assert reply is not None, f"no reply is left for request {len(self.sent)}, {request.method} {request.url}"
            return reply
        answer = self._answer(request)
        return await answer if inspect.isawaitable(answer) else answer


class _MemoryStream:
    """The chunks of a reply, one by one."""

    def __init__(self, chunks: Sequence[bytes | TransportError], request: Request) -> None:
        self._chunks = list(chunks)
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._chunks:
            chunk = self._chunks.pop(0)
            if isinstance(chunk, TransportError):
                raise _placed(chunk, self._request)
            yield chunk

    async def aclose(self) -> None:
        self._chunks.clear()


def _pairs(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return cast("Mapping[str, str]", headers).items() if isinstance(headers, Mapping) else headers


def _whole(chunks: Sequence[bytes | TransportError], request: Request) -> Iterable[bytes]:
    for chunk in chunks:
        if isinstance(chunk, TransportError):
            raise _placed(chunk, request)
        yield chunk


def _placed(error: TransportError, request: Request) -> TransportError:
    copy = error.copy()
    copy.method, copy.template, copy.attempts = request.method, request.template, request.state.attempts
    return copy


async def _read_body(request: Request) -> bytes:
    if isinstance(request.body, Body):
        return b"".join([chunk async for chunk in request.body.open()])
    return request.body or b""


async def _wait(request: Request, delay: float) -> None:
    """Take the time that the reply takes, but no more than the call allows."""
    attempt, left = request.options.timeout.attempt, request.remaining()
    if left is not None and left <= delay and (attempt is None or left <= attempt):
        await request.clock.sleep(max(0.0, left))
        raise _placed(DeadlineExceededError("the call took longer than its total"), request)
    if attempt is not None and attempt <= delay:
        await request.clock.sleep(attempt)
        raise _placed(RequestTimeoutError("no complete response within an attempt's time", limit="attempt"), request)
    if delay:
        await request.clock.sleep(delay)


#: For replies: the connection was closed before the response was complete.
DISCONNECTED = ProtocolError("the server broke the connection off")
