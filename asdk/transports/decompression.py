"""The decompression of response bodies, in chunks of bounded size. Used by the transports.

aiohttp's decompression accepts a truncated gzip body as complete; here a truncated body is an error. Requests announce
the encodings that can be decoded: gzip and deflate, and br and zstd if the extra ``compression`` is installed.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Protocol

from asdk.errors import ProtocolError

# How many bytes a layer outputs at a time. This bounds each layer of a decompression bomb.
_CHUNK_SIZE: Final = 256 * 1024

# No server needs more layers, or more gzip members in a row; both are ways to keep a client busy.
_MAX_LAYERS = 2
_MAX_MEMBERS = 1000

# The largest window of zstd that is accepted: 8 MiB, as required by RFC 8878 (section 3.1.1.1.2) and RFC 9659.
_ZSTD_WINDOW_LOG = 23


# Compressions that servers use although no request announces them, some under names of their own.
_OTHERS = frozenset(
    {
        *("br", "zstd", "compress", "x-compress", "exi", "pack200-gzip", "aes128gcm", "dcb", "dcz", "bzip2", "x-bzip2"),
        *("bz2", "lzma", "xz", "lz4", "snappy", "x-snappy-framed", "deflate-raw", "deflate64", "zip", "zlib"),
    }
)


def split_encodings(value: str) -> tuple[list[str], list[str]]:
    """Split a ``Content-Encoding`` into compressions and other names, such as ``utf-8``, ``none`` or ``aws-chunked``.

    A server that writes another name does not compress the body: it mistakes the field for another one.
    """
    names = [name for part in value.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    known = _decoders().keys() | _OTHERS
    return [name for name in names if name in known], [name for name in names if name not in known]


async def decompress(
    source: AsyncIterable[bytes], encoding: str, *, has_length: bool = False
) -> AsyncGenerator[bytes, None]:
    """Yield the decompressed chunks of a body.

    Args:
        source: the body as it was received.
        encoding: the value of ``Content-Encoding``. A name that is not a compression is ignored.
        has_length: whether the end of the source is certainly the end of the body, which a closed connection is not.

    Raises:
        ProtocolError: the encoding is not supported, or the body is invalid or truncated.
    """
    names, _ = split_encodings(encoding)
    decoders = _decoders()
    if len(names) > _MAX_LAYERS or not decoders.keys() >= set(names):
        hint = "; install asdk[compression]" if {"br", "zstd"} & set(names) - decoders.keys() else ""
        found = ", ".join(names[:5])  # all of them known: what a server may echo is not shown
        raise ProtocolError(f"the response body has an unsupported Content-Encoding, {found!r}{hint}", answered=True)
    layers = [_Layer(name, decoders[name]) for name in reversed(names)]  # the last name is the outermost layer
    async for chunk in source:
        for decoded in _decode(layers, chunk):
            yield decoded
    if not all(layer.is_complete for layer in layers):
        raise ProtocolError("the compressed response body is truncated", answered=has_length)


@cache
def accepted() -> str:
    """Return the value of ``Accept-Encoding`` for requests."""
    return ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if name in _decoders())


def _decode(layers: list[_Layer], chunk: bytes) -> Iterator[bytes]:
    if not layers:
        yield chunk
        return
    for decoded in layers[0].feed(chunk):
        yield from _decode(layers[1:], decoded)


class _Decoder(Protocol):
    """A decoder of one compressed stream, such as a gzip member.

    Attributes:
        eof: whether the end of the stream was reached.
        needs_input: whether no output is left until more data is fed.
        unused: the data after the end of the stream.
    """

    eof: bool
    needs_input: bool
    unused: bytes

    def decompress(self, data: bytes) -> bytes:
        """Return about one chunk of output at most. Until ``needs_input``, call it with no data for the rest."""
        ...


class _Layer:
    """The decoder of one encoding of a body, over all its gzip members or zstd frames."""

    def __init__(self, name: str, make: Callable[[bytes], _Decoder]) -> None:
        self._name = name
        self._make = make
        self._decoder: _Decoder | None = None
        self._members = 0

    @property
    def is_complete(self) -> bool:
        """Return whether the data may end here. An empty body, such as that of a 204, is complete."""
        return self._decoder is None or self._decoder.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the output for more data, in chunks of bounded size."""
        while True:
            decoder = self._decoder
            if decoder is None or decoder.eof:
                data = self._next_member(data)
                if not data:
                    return
                decoder = self._decoder = self._make(data)
            elif decoder.needs_input and not data:
                return
            output = self._decode(decoder, data)
            data = decoder.unused
            if output:
                yield output

    def _next_member(self, data: bytes) -> bytes:
        """Return the data of the next gzip member or zstd frame, without the zero bytes that may pad a block."""
        if self._decoder is None:
            return data
        data = data.lstrip(b"\0")
        if data:
            self._members += 1
            if self._name in {"deflate", "br"} or self._members > _MAX_MEMBERS:
                raise ProtocolError("the compressed response body has surplus data after its end", answered=True)
        return data

    def _decode(self, decoder: _Decoder, data: bytes) -> bytes:
        try:
            return decoder.decompress(data)
        except Exception as error:  # noqa: BLE001 - the libraries' errors have no common base
            problem = f"{type(error).__name__}: {error}"
        raise ProtocolError(f"the response body is not valid {self._name} ({problem})", cause=problem, answered=True)


class _Zlib:
    """A decoder of gzip, zlib or raw deflate data."""

    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)
        self.eof, self.needs_input, self.unused = False, True, b""
        self._tail = b""

    def decompress(self, data: bytes) -> bytes:
        output = self._inflater.decompress(self._tail + data if self._tail else data, _CHUNK_SIZE)
        self._tail = self._inflater.unconsumed_tail
        self.eof, self.unused = self._inflater.eof, self._inflater.unused_data
        self.needs_input = not self._tail and len(output) < _CHUNK_SIZE
        return output


class _Brotli:
    """A decoder of brotli data."""

    def __init__(self, library: Any) -> None:
        self._decompressor = library.Decompressor()
        self.eof, self.needs_input, self.unused = False, True, b""

    def decompress(self, data: bytes) -> bytes:
        output: bytes = self._decompressor.process(data, output_buffer_limit=_CHUNK_SIZE)
        self.eof = self._decompressor.is_finished()
        # After a full chunk it must be called once more, or it does not detect its own end.
        self.needs_input = self._decompressor.can_accept_more_data() and len(output) < _CHUNK_SIZE
        return output


class _Zstd:
    """A decoder of one zstd frame."""

    def __init__(self, library: Any) -> None:
        options = {library.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._decompressor = library.ZstdDecompressor(options=options)
        self.eof, self.needs_input, self.unused = False, True, b""

    def decompress(self, data: bytes) -> bytes:
        output: bytes = self._decompressor.decompress(data, _CHUNK_SIZE)
        self.eof, self.unused = self._decompressor.eof, self._decompressor.unused_data
        self.needs_input = self._decompressor.needs_input
        return output


def _deflate(data: bytes) -> _Decoder:
    return _Zlib(15 if data[0] & 0x0F == 8 else -15)  # some servers omit the zlib header


def _gzip(data: bytes) -> _Decoder:
    return _Zlib(31)


@cache
def _decoders() -> Mapping[str, Callable[[bytes], _Decoder]]:
    """Return the function that makes a decoder from the first data, for each supported encoding."""
    decoders: dict[str, Callable[[bytes], _Decoder]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
    brotli, zstd = _brotli(), _zstd()
    if brotli is not None:
        decoders["br"] = lambda data: _Brotli(brotli)
    if zstd is not None:
        decoders["zstd"] = lambda data: _Zstd(zstd)
    return decoders


def _brotli() -> Any:
    """Return the brotli package if its output can be bounded, which requires version 1.2."""
    try:
        import brotli  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        return None
    return brotli if hasattr(brotli.Decompressor, "can_accept_more_data") else None


def _zstd() -> Any:
    """Return the zstd module of Python 3.14, or its backport."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        return None
    return zstd
