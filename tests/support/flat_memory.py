"""A map over many inputs whose memory must not grow: at full size in ``nox -s soak``, at a fiftieth in the tests."""

from __future__ import annotations

import asyncio
import tracemalloc

from asdk.bulk import MapResults

# After so many inputs everything that belongs to the map itself is there.
_WARM = 5_000


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def assert_flat(count: int, *, ordered: bool, limit: int) -> None:
    """All indexes once at concurrency 256, and never so many bytes more than when it was warm."""
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
    assert base, "it was never warm"
    assert peak - base < limit
