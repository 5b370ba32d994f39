"""`Response`, which a transport returns. Below the client a bad status is data; `BaseClient.request` raises for it.

By default the transport has read the body. With ``request.stream`` the body is still open, and the owner of the
response must close it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Protocol, TypeVar, cast

from typing_extensions import TypeForm

from asdk.errors import ERROR_BODY_LIMIT, DecodeError, StreamError, TransportError
from asdk.http.charsets import decode_text
from asdk.http.headers import Headers
from asdk.http.media_types import is_json, media_type
from asdk.http.request import Request
from asdk.http.response_info import ResponseInfo
from asdk.models.decoding import ResponseDecoder, decoder_for
from asdk.models.parsing import NOT_JSON, parse_json
from asdk.redaction import scrub_later, show, strip_frames
from asdk.retrying import FailedAttempt

T = TypeVar("T")


class ByteStream(Protocol):
    """The open body of a response, created by a transport. It raises only asdk's errors."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Release the connection, or close it if the body was not read to its end. May be called twice."""


class Response:
    """One HTTP response.

    Attributes:
        status: the status code.
        request: the request of this response.
        exact_numbers: whether `json` keeps the text of each float, for a `Decimal` in the items of a page.
    """

    __slots__ = ("_callbacks", "_content", "_headers", "_stream", "exact_numbers", "request", "status")

    def __init__(
        self,
        status: int,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content: bytes = b"",
        *,
        request: Request,
        stream: ByteStream | None = None,
    ) -> None:
        self.status: int = status
        self.request: Request = request
        self.exact_numbers: bool = False
        self._headers = headers
        self._content: bytes | None = None if stream is not None else content
        self._stream = stream
        self._callbacks: list[Callable[[], None]] | None = None

    @property
    def headers(self) -> Headers:
        """Return the header fields, converted from the parser's output on first use."""
        headers = self._headers
        if not isinstance(headers, Headers):
            headers = Headers.received(headers.items() if isinstance(headers, Mapping) else headers)
            self._headers = headers
        return headers

    @property
    def attempts(self) -> int:
        """Return how many attempts this call took."""
        return self.request.state.attempts

    @property
    def history(self) -> tuple[FailedAttempt, ...]:
        """Return the earlier attempts of this call, with their reasons and waits."""
        return self.request.state.history

    @property
    def is_success(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """Return the server's id of this request, if it sent one, in a form that may be shown."""
        headers = self.headers
        found = next((headers[name] for name in self.request.options.request_id_headers if name in headers), None)
        return found and show(found, self.request, limit=200)

    @property
    def info(self) -> ResponseInfo:
        """Return the facts of this response that are not in its body."""
        return ResponseInfo(
            status=self.status, headers=self.headers, request_id=self.request_id, attempts=self.attempts
        )

    @property
    def content(self) -> bytes:
        """Return the whole body.

        Raises:
            StreamError: the body is a stream that was not read; call ``await response.read()`` first.
        """
        if self._content is None:
            problem = (
                "has not been read; await response.read() first" if self._stream is not None else "was closed unread"
            )
            raise StreamError(f"the body of this stream {problem}")
        return self._content

    @property
    def text(self) -> str:
        """Return the body as text in the charset of its Content-Type, by default UTF-8. Invalid bytes are replaced."""
        return decode_text(self.content, self.headers.get("content-type", ""))

    def json(self) -> Any:
        """Return the body as plain JSON data.

        Raises:
            DecodeError: the body is not JSON.
        """
        try:
            return parse_json(self.content, self.request.options.response_limits, exact=self.exact_numbers)
        except DecodeError as error:
            self.annotate(error)
            strip_frames(error)
            raise

    def decode(self, tp: TypeForm[T]) -> T:
        """Return the body as a typed value.

        Args:
            tp: a model, ``list[Model]``, a union, a ``Literal`` or any other type expression. With ``X | None``, an
                empty body is None. ``bytes`` gives the body as it is. ``str`` decodes JSON; the body of another media
                type is the text.

        Raises:
            DecodeError: the body is not JSON, exceeds a limit, or is not of this type; ``path`` locates the problem.
        """
        decoder = decoder_for(tp)
        content = self._content if self._content is not None else self.content
        if decoder.is_text:
            if isinstance(decoder, ResponseDecoder):
                return cast("T", decoder.decode(self))
            if not is_json(self.headers) and (content or tp is str):
                return cast("T", self.text)
        try:
            return decoder(content, self.request.options.response_limits)
        except DecodeError as error:
            del content  # a traceback with locals would show it
            self.annotate(error)
            strip_frames(error)
            raise

    def annotate(self, error: DecodeError) -> None:
        """Add the facts of this response to an error about its body, and hide the secrets of the request."""
        if error.message == NOT_JSON and not is_json(self.headers) and (found := media_type(self.headers)):
            error.message = f"expected JSON, but the body is {found}; model=str gives its text"
        error.message = show(error.message, self.request)
        error.args = (error.message,)
        if error.body:
            error.body = scrub_later(self.content, self.request, len(error.body))
        error.path = error.path and show(error.path, self.request)
        error.method, error.template, error.status = self.request.method, self.request.template, self.status
        error.request_id, error.attempts = self.request_id, self.attempts

    # --- streams ----------------------------------------------------------------------------------------------------

    async def read(self, limit: int | None = None) -> bytes:
        """Return the whole body. Of a stream, the rest is read first and the connection is released.

        Args:
            limit: the maximum number of bytes to keep of a stream, whose rest is not read.
        """
        if self._content is None:
            chunks: list[bytes] = []
            size = 0
            try:
                async with aclosing(self.iter_bytes()) as stream:
                    async for chunk in stream:
                        chunks.append(chunk)
                        size += len(chunk)
                        if limit is not None and size >= limit:
                            break
            finally:
                if limit is not None:
                    self._content = b"".join(chunks)[:limit]  # what arrived, even if the connection broke then
                    await self.aclose()
            self._content = b"".join(chunks)[:limit]
        return self._content

    async def read_error_body(self) -> None:
        """Read the error body of a stream: up to 64 KiB, as much as arrives within the deadline of the call.

        The connection is then released. The body may be truncated or endless: only the status counts.
        """
        limits = [self.request.remaining(), self.request.options.timeout.attempt]
        with suppress(TransportError, TimeoutError):
            async with asyncio.timeout(min((limit for limit in limits if limit is not None), default=None)):
                await self.read(ERROR_BODY_LIMIT)

    async def iter_bytes(self) -> AsyncGenerator[bytes, None]:
        """Yield the decompressed body as it arrives. Leaving the loop early does not close the response; call `aclose`.

        Raises:
            TransportError: the connection broke, or no data arrived for ``timeout.idle`` seconds.
        """
        if self._stream is None:
            if self.content:
                yield self.content
            return
        try:
            async for chunk in self._stream:
                yield chunk
                del chunk  # a failure of the next one must not show it, in a traceback with locals
        except BaseException as error:
            strip_frames(error)
            raise
        await self.aclose()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call a function when the body was read or closed; immediately if the body is not open."""
        if self._stream is None:
            callback()
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    async def aclose(self) -> None:
        """Close the body. Its connection is released, or closed if the body was not read to its end."""
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                await stream.aclose()
        finally:
            callbacks, self._callbacks = self._callbacks, None
            with ExitStack() as stack:  # calls each, even if another one raises
                for callback in reversed(callbacks or ()):
                    stack.callback(callback)

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.request.method} {self.request.template}>"
