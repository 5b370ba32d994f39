"""`Response`: what a transport brings back. Below the client a bad status is data; `BaseClient.request` raises for it.

Buffered by default: the transport has read the body. With ``request.stream`` the body is still open and belongs to
whoever holds the response, until `aclose`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Protocol, TypeVar

from typing_extensions import TypeForm

from asdk.errors import ERROR_BODY_LIMIT, DecodeError, StreamError, TransportError
from asdk.http.headers import Headers
from asdk.http.request import FailedAttempt, Request
from asdk.models.decoding import decoder_for, parse_json

T = TypeVar("T")

#: Where servers put their id of a request, in order of preference.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid")

_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE).search


class ByteStream(Protocol):
    """The open body of a response, as a transport gives it. Its errors are asdk's."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Give the connection back, or up if the body was not read to its end. May be called twice."""


class Response:
    """One HTTP response.

    Attributes:
        status: the status code.
        request: what it answers.
    """

    __slots__ = ("_callbacks", "_content", "_headers", "_stream", "request", "status")

    def __init__(
        self,
        status: int,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content: bytes = b"",
        *,
        request: Request,
        stream: ByteStream | None = None,
    ) -> None:
        self.status = status
        self.request = request
        self._headers = headers
        self._content: bytes | None = None if stream is not None else content
        self._stream = stream
        self._callbacks: list[Callable[[], None]] | None = None

    @property
    def headers(self) -> Headers:
        """The header fields; built from what the parser made when first asked for."""
        headers = self._headers
        if not isinstance(headers, Headers):
            headers = Headers.received(headers.items() if isinstance(headers, Mapping) else headers)
            self._headers = headers
        return headers

    @property
    def attempts(self) -> int:
        """How many attempts this call took."""
        return self.request.state.attempts

    @property
    def history(self) -> tuple[FailedAttempt, ...]:
        """The attempts before the one that this answers, with their reasons and waits."""
        return self.request.state.history

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The server's id of this request, if it sent one."""
        headers = self.headers
        return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)

    @property
    def content(self) -> bytes:
        """The whole body.

        Raises:
            StreamError: it is a stream that was not read; ``await response.read()`` does that.
        """
        if self._content is None:
            state = (
                "was not read: iterate over it, or await read()"
                if self._stream is not None
                else "is gone: it was closed"
            )
            raise StreamError(f"the body of this stream {state}")
        return self._content

    @property
    def text(self) -> str:
        """The body as text, by the charset that the server names, else UTF-8; bad bytes are replaced."""
        charset = _CHARSET(self.headers.get("content-type", ""))
        try:
            return self.content.decode(charset[1] if charset else "utf-8", "replace")
        except (LookupError, UnicodeError):  # no codec of this name, or one that cannot replace, such as idna
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as plain JSON data.

        Raises:
            DecodeError: it is not JSON.
        """
        try:
            return parse_json(self.content)
        except DecodeError as error:
            self.place(error)
            raise

    def decode(self, form: TypeForm[T]) -> T:
        """The body as a typed value.

        Args:
            form: a model, ``list[Model]``, a union, a ``Literal`` or any other type expression.

        Raises:
            DecodeError: the body is not JSON, or not of this type; ``path`` names the place.
        """
        try:
            return decoder_for(form)(self._content if self._content is not None else self.content)
        except DecodeError as error:
            self.place(error)
            raise

    def place(self, error: DecodeError) -> None:
        """Add the facts of this response to an error about its body, and take out what the request kept secret."""
        error.message = self.request.redact(error.message)
        error.args = (error.message,)
        if error.body:
            error.body = self.request.redact(self.content)[: len(error.body)]
        error.method, error.template, error.status = self.request.method, self.request.template, self.status
        error.request_id, error.attempts = self.request_id, self.attempts

    # --- streams ----------------------------------------------------------------------------------------------------

    async def read(self, limit: int | None = None) -> bytes:
        """The whole body; of a stream, the rest of it is read first and the connection given back.

        Args:
            limit: keep no more than so many bytes of a stream, and leave the rest of it unread.
        """
        if self._content is None:
            chunks: list[bytes] = []
            size = 0
            try:
                async with aclosing(self.iter_bytes()) as pieces:
                    async for chunk in pieces:
                        chunks.append(chunk)
                        size += len(chunk)
                        if limit is not None and size >= limit:
                            break
            finally:
                if limit is not None:
                    self._content = b"".join(chunks)[:limit]  # what came, also when it then broke off
                    await self.aclose()
            self._content = b"".join(chunks)[:limit]
        return self._content

    async def read_error_body(self) -> None:
        """Read what a stream says that is not what was asked for: up to 64 KiB, as much as comes within the deadline of
        the call. Its connection is then given back. It may break off or never end: the status is what counts.
        """
        limits = [self.request.remaining(), self.request.options.timeout.attempt]
        with suppress(TransportError, TimeoutError):
            async with asyncio.timeout(min((limit for limit in limits if limit is not None), default=None)):
                await self.read(ERROR_BODY_LIMIT)

    async def iter_bytes(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces as they arrive, decompressed. Leaving the loop early does not close: `aclose` does.

        Raises:
            TransportError: the connection broke, or no byte came for ``timeout.idle`` seconds.
        """
        if self._stream is None:
            if self.content:
                yield self.content
            return
        async for chunk in self._stream:
            yield chunk
        await self.aclose()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call this when the body has ended or was given up; at once if it has no open body."""
        if self._stream is None:
            callback()
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    async def aclose(self) -> None:
        """End the body; its connection is given back, or closed if there was more to read."""
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                await stream.aclose()
        finally:
            callbacks, self._callbacks = self._callbacks, None
            with ExitStack() as stack:  # each is called, whatever the others raise
                for callback in reversed(callbacks or ()):
                    stack.callback(callback)

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.request.method} {self.request.template}>"
