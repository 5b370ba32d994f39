"""Undoes the Content-Encoding of a response, a bounded piece at a time. Used by the transports.

aiohttp's own takes the half of a gzip for the whole; here a body that ends too early is an error. Announced, and so
expected, is what the standard library reads: gzip and deflate.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from typing import Final

from asdk.errors import ProtocolError

#: What a request announces in ``Accept-Encoding``.
ACCEPTED: Final = "gzip, deflate"

# How much comes out of a layer at a time, in bytes. A bomb of two layers is held by it at each of them.
_PIECE = 256 * 1024

# More layers, or more gzip members in a row, than any server has reason to send: both are ways to keep a client busy.
_LAYERS = 2
_MEMBERS = 1000


async def decompress(source: AsyncIterable[bytes], encoding: str) -> AsyncGenerator[bytes, None]:
    """The pieces of a body without its encoding.

    Args:
        source: the body as it came.
        encoding: the value of ``Content-Encoding``.

    Raises:
        ProtocolError: the encoding is not one of ours, or the body is not of it, or breaks off.
    """
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    if len(names) > _LAYERS or not _KNOWN.issuperset(names):
        raise ProtocolError(f"the body is encoded as {encoding[:80]!r}, which was not asked for")
    layers = [_Layer(name) for name in reversed(names)]  # the last one named was put on last
    async for chunk in source:
        for piece in _through(layers, chunk):
            yield piece
    if not all(layer.is_complete for layer in layers):
        raise ProtocolError("the compressed body breaks off before its end")


def _through(layers: list[_Layer], chunk: bytes) -> Iterator[bytes]:
    if not layers:
        yield chunk
        return
    for piece in layers[0].feed(chunk):
        yield from _through(layers[1:], piece)


class _Layer:
    """One encoding."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inflater = zlib.decompressobj(_WINDOWS[name])
        self._members = 0
        self._began = False

    @property
    def is_complete(self) -> bool:
        """Whether the data may end here. An empty body, as of a 204, is no data at all."""
        return self._inflater.eof or not self._began

    def feed(self, data: bytes) -> Iterator[bytes]:
        if data and not self._began:
            self._begin(data)
        while data or not self._inflater.eof:
            if self._inflater.eof:
                data = self._next_member(data)
                if not data:
                    return
            piece = self._inflate(data)
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            if piece:
                yield piece
            if not data and len(piece) < _PIECE:
                return

    def _begin(self, data: bytes) -> None:
        self._began = True
        if self._name == "deflate" and data[0] & 0x0F != 8:
            self._inflater = zlib.decompressobj(-15)  # without the zlib header, as some servers send it

    def _next_member(self, data: bytes) -> bytes:
        """What follows the end: another gzip member, or zero bytes that fill a block up."""
        data = data.lstrip(b"\0")
        if data:
            self._members += 1
            if self._name == "deflate" or self._members > _MEMBERS:
                raise ProtocolError("there is more after the end of the compressed body")
            self._inflater = zlib.decompressobj(_WINDOWS[self._name])
        return data

    def _inflate(self, data: bytes) -> bytes:
        try:
            return self._inflater.decompress(data, _PIECE)
        except zlib.error as error:
            problem = f"{type(error).__name__}: {error}"
        raise ProtocolError(f"the body is not the {self._name} that it is said to be ({problem})", cause=problem)


_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_KNOWN = frozenset(_WINDOWS)
