"""The cases of tests/test_bad_networks.py and tests/test_fault_matrix.py at full size."""

from __future__ import annotations

import asyncio

import pytest

from asdk.transports.decompression import accepted
from tests.support.networks import EffectCounter
from tests.support.scripts import run_quietly
from tests.support.servers import RawExchange, RawServer
from tests.test_bad_networks import (
    a_tenth_fails,
    cancelled_at_random,
    fuzzed,
    posts_whose_replies_are_lost,
    posts_with_a_key_whose_replies_are_lost,
)
from tests.test_fault_matrix import WIRE_FAULTS, random_plans

pytestmark = pytest.mark.soak


async def test_a_thousand_random_plans() -> None:
    with RawServer(EffectCounter()) as server:
        met = await random_plans(server, range(1000, 2000), together=10)
    assert set(met) == set(WIRE_FAULTS)
    assert min(met.values()) >= 20


async def test_a_thousand_posts_without_a_key() -> None:
    await posts_whose_replies_are_lost(1000)


async def test_a_thousand_posts_with_a_key() -> None:
    await posts_with_a_key_whose_replies_are_lost(1000)


async def test_ten_thousand_calls_cancelled_at_random() -> None:
    await cancelled_at_random(10_000)


async def test_a_hundred_thousand_calls_with_ten_percent_failures() -> None:
    megabytes, descriptors = await a_tenth_fails(100_000)
    assert megabytes <= 20
    assert descriptors <= 80  # both ends of at most 40 connections, since the server runs in this process


async def test_ten_thousand_fuzzed_arguments() -> None:
    assert await fuzzed(10_000) > 1000


_BOMB = """
    import gzip, zlib, brotli, resource
    from backports import zstd
    from asdk import ResponseTooLargeError
    from asdk.transports.decompression import decompress

    layers = sys.argv[2]
    packers = {"gzip": gzip.compress, "deflate": zlib.compress, "br": lambda d: brotli.compress(d, quality=5),
               "zstd": zstd.compress}

    def bomb():
        data = b"\\0" * 2**28
        for layer in layers.split(", "):
            data = packers[layer](data)
        return data

    if url == "make":
        sys.stdout.buffer.write(bomb().hex().encode())
    else:
        async def main():
            client = make_client(timeout=60, retry=None)
            await client.request("GET", "/small")
            before = peak()
            try:
                await client.request("GET", "/bomb")
            except ResponseTooLargeError:
                print(peak() - before)
            await client.aclose()

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

        asyncio.run(main())
"""


@pytest.mark.parametrize(
    "layers", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "deflate, gzip", "zstd, br", "br, zstd", "zstd, zstd"]
)
async def test_a_bomb_needs_little_more_memory_than_the_limit(layers: str) -> None:
    assert "zstd" in accepted()
    bomb = bytes.fromhex(run_quietly(_BOMB, "make", layers))

    async def answer(exchange: RawExchange) -> None:
        if exchange.target == "/bomb":
            await exchange.answer(bomb, headers=f"Content-Encoding: {layers}\r\n")
        else:
            await exchange.answer()

    with RawServer(answer) as server:
        grown = float(await asyncio.to_thread(run_quietly, _BOMB, server.url, layers))
    assert grown < 64 + 32
