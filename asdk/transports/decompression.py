"""Undoes the Content-Encoding of a response, a bounded piece at a time. Used by the transports.

aiohttp's own takes the half of a gzip for the whole; here a body that ends too early is an error. Announced, and so
expected, is what can be read: gzip and deflate; br and zstd where the extra ``compression`` is installed.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Protocol

from asdk.errors import ProtocolError

# How much comes out of a layer at a time, in bytes. A bomb of two layers is held by it at each of them.
_PIECE: Final = 256 * 1024

# More layers, or more gzip members in a row, than any server has reason to send: both are ways to keep a client busy.
_LAYERS = 2
_MEMBERS = 1000

# The largest window of zstd that is read: 8 MiB, what RFC 8878 (section 3.1.1.1.2) and RFC 9659 ask for.
_ZSTD_WINDOW_LOG = 23


async def decompress(source: AsyncIterable[bytes], encoding: str) -> AsyncGenerator[bytes, None]:
    """The pieces of a body without its encoding.

    Args:
        source: the body as it came.
        encoding: the value of ``Content-Encoding``.

    Raises:
        ProtocolError: the encoding is not one of ours, or the body is not of it, or breaks off.
    """
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    decoders = _decoders()
    if len(names) > _LAYERS or not decoders.keys() >= set(names):
        raise ProtocolError(f"the body is encoded as {encoding[:80]!r}, which was not asked for")
    layers = [_Layer(name, decoders[name]) for name in reversed(names)]  # the last one named was put on last
    async for chunk in source:
        for piece in _through(layers, chunk):
            yield piece
    if not all(layer.is_complete for layer in layers):
        raise ProtocolError("the compressed body breaks off before its end")


@cache
def accepted() -> str:
    """What a request announces in ``Accept-Encoding``."""
    return ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if name in _decoders())


def _through(layers: list[_Layer], chunk: bytes) -> Iterator[bytes]:
    if not layers:
        yield chunk
        return
    for piece in layers[0].feed(chunk):
        yield from _through(layers[1:], piece)


class _Decoder(Protocol):
    """One stretch of compressed data, from its beginning to its end.

    Attributes:
        eof: the end was reached.
        hungry: nothing more comes out without more going in.
        unused: what followed the end.
    """

    eof: bool
    hungry: bool
    unused: bytes

    def decompress(self, data: bytes) -> bytes:
        """At most about a piece of what comes out; until it is hungry, to be called with nothing."""
        ...


class _Layer:
    """One encoding."""

    def __init__(self, name: str, make: Callable[[bytes], _Decoder]) -> None:
        self._name = name
        self._make = make
        self._decoder: _Decoder | None = None
        self._members = 0

    @property
    def is_complete(self) -> bool:
        """Whether the data may end here. An empty body, as of a 204, is no data at all."""
        return self._decoder is None or self._decoder.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            decoder = self._decoder
            if decoder is None or decoder.eof:
                data = self._next_member(data)
                if not data:
                    return
                decoder = self._decoder = self._make(data)
            elif decoder.hungry and not data:
                return
            piece = self._decode(decoder, data)
            data = decoder.unused
            if piece:
                yield piece

    def _next_member(self, data: bytes) -> bytes:
        """What follows the end: another member of gzip or frame of zstd, or zero bytes that fill a block up."""
        if self._decoder is None:
            return data
        data = data.lstrip(b"\0")
        if data:
            self._members += 1
            if self._name in {"deflate", "br"} or self._members > _MEMBERS:
                raise ProtocolError("there is more after the end of the compressed body")
        return data

    def _decode(self, decoder: _Decoder, data: bytes) -> bytes:
        try:
            return decoder.decompress(data)
        except Exception as error:  # noqa: BLE001 - each library has an error of its own, and one derives from no other
            problem = f"{type(error).__name__}: {error}"
        raise ProtocolError(f"the body is not the {self._name} that it is said to be ({problem})", cause=problem)


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)
        self.eof, self.hungry, self.unused = False, True, b""
        self._tail = b""

    def decompress(self, data: bytes) -> bytes:
        piece = self._inflater.decompress(self._tail + data if self._tail else data, _PIECE)
        self._tail = self._inflater.unconsumed_tail
        self.eof, self.unused = self._inflater.eof, self._inflater.unused_data
        self.hungry = not self._tail and len(piece) < _PIECE
        return piece


class _Brotli:
    def __init__(self, library: Any) -> None:
        self._decompressor = library.Decompressor()
        self.eof, self.hungry, self.unused = False, True, b""

    def decompress(self, data: bytes) -> bytes:
        piece: bytes = self._decompressor.process(data, output_buffer_limit=_PIECE)
        self.eof = self._decompressor.is_finished()
        # After a full piece it wants to be asked once more, or it does not notice its own end.
        self.hungry = self._decompressor.can_accept_more_data() and len(piece) < _PIECE
        return piece


class _Zstd:
    def __init__(self, library: Any) -> None:
        options = {library.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._decompressor = library.ZstdDecompressor(options=options)
        self.eof, self.hungry, self.unused = False, True, b""

    def decompress(self, data: bytes) -> bytes:
        piece: bytes = self._decompressor.decompress(data, _PIECE)
        self.eof, self.unused = self._decompressor.eof, self._decompressor.unused_data
        self.hungry = self._decompressor.needs_input
        return piece


def _deflate(data: bytes) -> _Decoder:
    return _Zlib(15 if data[0] & 0x0F == 8 else -15)  # some servers leave the zlib header out


def _gzip(data: bytes) -> _Decoder:
    return _Zlib(31)


@cache
def _decoders() -> Mapping[str, Callable[[bytes], _Decoder]]:
    """What makes a decoder for each encoding that can be undone here, from the beginning of the data."""
    decoders: dict[str, Callable[[bytes], _Decoder]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
    brotli, zstd = _brotli(), _zstd()
    if brotli is not None:
        decoders["br"] = lambda data: _Brotli(brotli)
    if zstd is not None:
        decoders["zstd"] = lambda data: _Zstd(zstd)
    return decoders


def _brotli() -> Any:
    """The package brotli, if it is one that can stop in the middle of a bomb: 1.2 or newer."""
    try:
        import brotli  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        return None
    return brotli if hasattr(brotli.Decompressor, "can_accept_more_data") else None


def _zstd() -> Any:
    """The zstd of Python 3.14, or its backport."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        return None
    return zstd
