"""`MemoryTransport`: a transport that answers requests from a list or a function, and records them.

The test double of asdk and of every SDK built on it: all layers above the network run unchanged.
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
    """The server's reaction to a request.

    Attributes:
        status: the status code.
        json: the body as data; also sets the content type.
        content: the body as bytes, or as chunks, the last of which may be an error: the connection then breaks there.
        headers: header fields, as a mapping or as pairs.
        error: raised instead of answering; each use gets a copy.
        delay: seconds before the answer, on the client's clock.
    """

    status: int = 200
    json: object = attrs.field(default=UNSET, kw_only=True)
    content: bytes | Sequence[bytes | TransportError] = attrs.field(default=b"", kw_only=True)
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = attrs.field(default=(), kw_only=True)
    error: TransportError | None = attrs.field(default=None, kw_only=True)
    delay: float = attrs.field(default=0.0, kw_only=True)


@attrs.frozen
class SentRequest:
    """A request as it was when it reached the transport."""

    method: str
    url: str
    template: str
    headers: Headers
    content: bytes
    request: Request = attrs.field(repr=False)

    def json(self) -> Any:
        """Parse the body as JSON."""
        return jsonlib.loads(self.content)


#: Answers a request; may be async.
Answer: TypeAlias = Callable[[Request], Reply | Awaitable[Reply]]


class MemoryTransport:
    """A `Transport` without a network.

    Args:
        replies: a function from the request to its `Reply`, or replies to return in turn: a request after the last
            reply fails the test.

    Attributes:
        sent: the requests, in the order of arrival.
    """

    def __init__(self, replies: Answer | Iterable[Reply] = ()) -> None:
        self.sent: list[SentRequest] = []
        self.is_closed: bool = False
        self._answer: Answer | None = replies if callable(replies) else None
        self._replies = iter(() if callable(replies) else replies)

    async def send(self, request: Request) -> Response:
        """Record the request and return its reply."""
        left = request.remaining()
        if left is not None and left <= 0:
            raise _placed(DeadlineExceededError("timeout.total expired before this attempt", sent=False), request)
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
        """Note that the transport was closed."""
        self.is_closed = True

    async def _reply_to(self, request: Request) -> Reply:
        if self._answer is None:
            reply = next(self._replies, None)
            assert reply is not None, f"no reply is left for request {len(self.sent)}, {request.method} {request.url}"
            return reply
        answer = self._answer(request)
        return await answer if inspect.isawaitable(answer) else answer


class _MemoryStream:
    """The body of a reply, chunk by chunk."""

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
    return bytes(request.body or b"")


async def _wait(request: Request, delay: float) -> None:
    """Wait for the delay of the reply, but no longer than the call allows."""
    attempt, left = request.options.timeout.attempt, request.remaining()
    if left is not None and left <= delay and (attempt is None or left <= attempt):
        await request.clock.sleep(max(0.0, left))
        raise _placed(DeadlineExceededError("the call exceeded timeout.total"), request)
    if attempt is not None and attempt <= delay:
        await request.clock.sleep(attempt)
        raise _placed(RequestTimeoutError("the attempt exceeded timeout.attempt", limit="attempt"), request)
    if delay:
        await request.clock.sleep(delay)


#: The error of a reply whose connection was closed before the response was complete.
DISCONNECTED = ProtocolError("the server closed the connection")
