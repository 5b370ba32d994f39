"""The writing of request bodies and the reading of response bodies with aiohttp. Used by `asdk.transports.aiohttp`."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
from aiohttp import payload as aiohttp_payload

from asdk.errors import InvalidRequestError, ResponseTooLargeError
from asdk.http.bodies import Body
from asdk.http.request import Request
from asdk.redaction import show
from asdk.transports import _aiohttp_quirks as quirks
from asdk.transports._aiohttp_errors import AIOHTTP_ERRORS
from asdk.transports.decompression import decompress, split_encodings

_log = logging.getLogger("asdk")

# The number of origins that are reported.
_MOST_ORIGINS = 512


def payload_of(body: bytes | Body) -> aiohttp.Payload:
    """Return aiohttp's object for the body of a request."""
    if isinstance(body, bytes):
        return quirks.bytes_payload(bytes(body))  # without the mask, whose slices cost a call
    return aiohttp_payload.AsyncIterablePayload(_checked_chunks(body))


async def _checked_chunks(body: Body) -> AsyncIterator[bytes]:
    """Yield the chunks of a body as they are sent. Neither the server nor the network is to blame if that fails."""
    size, length = 0, body.length
    try:
        async with aclosing(body.open()) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if length is not None and size > length:
                    break
                yield chunk
    except Exception as error:  # noqa: BLE001 - the caller's file or iterator may raise anything
        problem = str(error) if isinstance(error, InvalidRequestError) else f"{type(error).__name__}: {error}"
    else:
        if length is None or size == length:
            return
        # The server would take surplus bytes for the next request, and would wait forever for missing ones.
        problem = f"it has {'more than' if size > length else f'{size} of'} the announced {length} bytes"
    raise InvalidRequestError(f"the request body could not be read: {problem}")


async def read_body(reply: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read the whole body of a response.

    Args:
        reply: the response.
        limit: the largest body, in bytes after decompression.

    Raises:
        ResponseTooLargeError: the body exceeds the limit; no more than that is kept in memory.
    """
    encoding = _content_encoding(reply)
    length = reply.headers.get("Content-Length")
    body = io.BytesIO()  # in one piece: a list of chunks would need twice the memory when they are joined
    try:
        if length is not None and int(length) > limit and not reply.content.is_eof():
            raise _too_large(limit)
        if length is not None and not encoding:
            whole = await reply.read()
            if len(whole) > limit:
                raise _too_large(limit)
            return whole
        received: AsyncIterator[bytes] = reply.content.iter_any()
        if encoding:
            received = decompress(received, encoding, has_length=_has_length(reply))
        async for chunk in received:
            if body.write(chunk) and body.tell() > limit:
                raise _too_large(limit)
    except BaseException:
        reply.close()
        raise
    return body.getvalue()


def _too_large(limit: int) -> ResponseTooLargeError:
    size = f"{limit / 2**20:.0f} MiB" if limit >= 2**20 else f"{limit} bytes"
    return ResponseTooLargeError(f"the response body exceeds {size} after decompression (body of response_limits=)")


def iter_chunks(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Return the decompressed body of a response as it arrives, including what arrived before a connection broke."""
    encoding, chunks = _content_encoding(reply), _received(reply.content)
    return decompress(chunks, encoding, has_length=_has_length(reply)) if encoding else chunks


def _has_length(reply: aiohttp.ClientResponse) -> bool:
    return "Content-Length" in reply.headers or "Transfer-Encoding" in reply.headers


async def _received(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    try:
        async for chunk in content.iter_any():
            yield chunk
    except AIOHTTP_ERRORS as error:
        broken = error
    else:
        return
    rest = quirks.read_after_error(content)
    if rest:
        yield rest
    try:
        raise broken
    finally:
        del broken  # a frame that keeps the error it raises makes a cycle


def _content_encoding(reply: aiohttp.ClientResponse) -> str:
    return ", ".join(reply.headers.getall("Content-Encoding", ()))


class MislabelledEncodings:
    """The origins whose ``Content-Encoding`` names no compression. Each is reported once."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def check(self, reply: aiohttp.ClientResponse, request: Request) -> None:
        """Log a warning if a name is no compression, and the origin was not reported yet."""
        _, others = split_encodings(_content_encoding(reply))
        origin = str(reply.url.origin())
        if others and origin not in self._reported and len(self._reported) < _MOST_ORIGINS:
            self._reported.add(origin)
            found = show(", ".join(others), request, limit=80)
            _log.warning("%s: Content-Encoding must be a compression, got %s; the body is read as it is", origin, found)
