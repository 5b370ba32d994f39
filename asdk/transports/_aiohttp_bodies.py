"""The writing of request bodies and the reading of response bodies with aiohttp. Used by `asdk.transports.aiohttp`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

import aiohttp
from aiohttp import payload as aiohttp_payload

from asdk.errors import InvalidRequestError, ResponseTooLargeError
from asdk.http.bodies import Body
from asdk.transports import _aiohttp_quirks as quirks
from asdk.transports._aiohttp_errors import AIOHTTP_ERRORS
from asdk.transports.decompression import decompress

#: The largest body that is read into memory, in bytes after decompression.
BODY_LIMIT: Final = 64 * 1024 * 1024


def payload_of(body: bytes | Body) -> aiohttp.Payload:
    """Return aiohttp's object for the body of a request."""
    if isinstance(body, bytes):
        return quirks.bytes_payload(body)
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


async def read_body(reply: aiohttp.ClientResponse) -> bytes:
    """Read the whole body of a response.

    Raises:
        ResponseTooLargeError: the body exceeds `BODY_LIMIT`; no more than that is kept in memory.
    """
    encoding = _content_encoding(reply)
    length = reply.headers.get("Content-Length")
    chunks: list[bytes] = []
    size = 0
    try:
        if length is not None and int(length) > BODY_LIMIT and not reply.content.is_eof():
            raise _too_large()
        if length is not None and not encoding:
            return await reply.read()
        received: AsyncIterator[bytes] = reply.content.iter_any()
        async for chunk in decompress(received, encoding) if encoding else received:
            size += len(chunk)
            if size > BODY_LIMIT:
                raise _too_large()
            chunks.append(chunk)
    except BaseException:
        reply.close()
        raise
    return b"".join(chunks)


def _too_large() -> ResponseTooLargeError:
    return ResponseTooLargeError(f"the response body exceeds {BODY_LIMIT / 2**20:.0f} MiB after decompression")


def iter_chunks(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Return the decompressed body of a response as it arrives, including what arrived before a connection broke."""
    encoding, chunks = _content_encoding(reply), _received(reply.content)
    return decompress(chunks, encoding) if encoding else chunks


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
