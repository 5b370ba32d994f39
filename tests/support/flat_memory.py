"""A map whose memory must not grow: with all inputs in ``nox -s soak``, with a fiftieth of them in the tests."""

from __future__ import annotations

import asyncio
import tracemalloc

from asdk.bulk import MapResults

# Number of inputs after which the map has allocated its own objects.
_WARM = 5_000


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def assert_flat(count: int, *, ordered: bool, limit: int) -> None:
    """Assert that a map yields each index once, and allocates less than ``limit`` bytes after the warm-up.

    The concurrency is 256.
    """
    seen = bytearray(count)
    base = 0
    tracemalloc.start()
    try:
        async for outcome in MapResults(_double, iter(range(count)), concurrency=256, ordered=ordered):
            seen[outcome.index] += 1
            assert outcome.value == 2 * outcome.index
            if outcome.index == _WARM:
                base = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert bytes(seen) == b"\1" * count
    assert base, "the warm-up never finished"
    assert peak - base < limit
