"""Tests of decompression: complete bodies or an error, in bounded chunks, for any chunks of input."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk import ProtocolError
from asdk.transports.decompression import decompress
from tests.support.scripts import run_quietly


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def in_a_large_window(data: bytes) -> bytes:
    """Compress data as zstd with a window of 16 MiB."""
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})
    return packer.compress(data) + packer.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": raw_deflate,
    "gzip, deflate": lambda data: zlib.compress(gzip.compress(data)),
    "br": brotli.compress,
    "zstd": zstd.compress,
    "zstd, br": lambda data: brotli.compress(zstd.compress(data)),
    "gzip, zstd": lambda data: zstd.compress(gzip.compress(data)),
    "identity": bytes,
    "identity, gzip": gzip.compress,
    "": bytes,
}


async def pieces_of(body: bytes, encoding: str, size: int = 7) -> list[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return [piece async for piece in decompress(chunks(), encoding)]


async def decoded(body: bytes, encoding: str, size: int = 7) -> bytes:
    return b"".join(await pieces_of(body, encoding, size))


@pytest.mark.parametrize("encoding", ENCODERS)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=500), size=st.integers(1, 600))
def test_compressed_data_round_trips(encoding: str, data: bytes, size: int) -> None:
    # An empty body, such as that of a 204, is complete in every encoding.
    body = ENCODERS[encoding](data)
    assert asyncio.run(decoded(body, encoding, size)) == data


CUTTABLE = ["gzip", "deflate", "Deflate ", "gzip, deflate", "br", "zstd", "zstd, br", "gzip, zstd"]


@pytest.mark.parametrize("encoding", CUTTABLE)
async def test_a_body_truncated_anywhere_is_an_error(encoding: str) -> None:
    whole = ENCODERS[encoding](b"some text, long enough to be cut; some text, long enough" * 3)
    for length in range(1, len(whole)):
        with pytest.raises(ProtocolError, match="truncated"):
            await decoded(whole[:length], encoding)


@pytest.mark.parametrize("encoding", CUTTABLE)
async def test_an_empty_body_is_complete(encoding: str) -> None:
    assert await decoded(b"", encoding) == b""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"no gzip at all"),
        ("gzip", gzip.compress(b"x" * 100, mtime=0)[:-8] + b"12345678"),
        ("deflate", b"\x78\x9cno zlib"),
        ("deflate", b"\xff\xffno deflate"),
        ("gzip, gzip", gzip.compress(b"one layer", mtime=0)),
        ("br", b"\xff\xff\xff no brotli"),
        ("zstd", b"no zstd"),
        ("zstd", zstd.compress(b"x" * 100)[:-2] + b"\xff\xff"),
        ("zstd", in_a_large_window(b"x")),
        ("br, zstd", zstd.compress(b"one layer")),
    ],
)
async def test_invalid_data_is_an_error(encoding: str, body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        await decoded(body, encoding)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("encoding", ["compress", "gzip, lzma", "gzip, gzip, gzip", "xz", "Snappy"])
async def test_an_unsupported_encoding_is_an_error(encoding: str) -> None:
    with pytest.raises(ProtocolError, match="unsupported Content-Encoding"):
        await decoded(b"x", encoding)


async def test_consecutive_gzip_members_are_one_body() -> None:
    body = gzip.compress(b"one, ") + gzip.compress(b"") + gzip.compress(b"two") + b"\0" * 20
    for size in (1, 7, 1000):
        assert await decoded(body, "gzip", size) == b"one, two"


async def test_consecutive_zstd_frames_are_one_body() -> None:
    body = zstd.compress(b"one, ") + zstd.compress(b"") + zstd.compress(b"two")
    for size in (1, 7, 1000):
        assert await decoded(body, "zstd", size) == b"one, two"


def test_without_the_extra_only_gzip_and_deflate_are_used() -> None:
    script = """
        sys.modules["brotli"] = sys.modules["backports"] = sys.modules["compression"] = None
        from asdk.transports.decompression import accepted, decompress

        async def read():
            async def body():
                yield b"x"
            async for _ in decompress(body(), "br"):
                pass

        print(accepted())
        try:
            asyncio.run(read())
        except AsdkError as error:
            print(error)
    """
    announced, error = run_quietly(script, "-").splitlines()
    assert announced == "gzip, deflate"
    assert "unsupported Content-Encoding, 'br'" in error


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_surplus_data_is_an_error(encoding: str) -> None:
    with pytest.raises(ProtocolError):
        await decoded(ENCODERS[encoding](b"text") + b"more", encoding)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_too_many_members_are_an_error(encoding: str) -> None:
    with pytest.raises(ProtocolError):
        await decoded(ENCODERS[encoding](b"") * 2000, encoding, 10_000)


@pytest.mark.parametrize("encoding", CUTTABLE)
async def test_a_bomb_is_decoded_in_bounded_chunks(encoding: str) -> None:
    bomb = ENCODERS[encoding](b"\0" * 20 * 2**20)
    pieces = await pieces_of(bomb, encoding, len(bomb))
    assert sum(map(len, pieces)) == 20 * 2**20
    assert max(map(len, pieces)) <= 512 * 1024


async def test_a_bomb_needs_no_more_memory_than_what_is_read() -> None:
    bomb = zlib.compress(gzip.compress(b"\0" * 32 * 2**20))

    async def at_once() -> AsyncIterator[bytes]:
        yield bomb

    pieces = decompress(at_once(), "gzip, deflate")
    tracemalloc.start()
    try:
        for _ in range(8):
            await anext(pieces)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await pieces.aclose()
    assert peak < 2 * 2**20
