"""Benchmarks of bulk work: a table in a notebook, data frames, prefetched pages, a map over many inputs.

``python -m benchmarks.bulk``. It prints the project's own limits next to the results.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from asdk import BaseClient, Records, model
from asdk.bulk import MapResults
from asdk.http.request import Request
from asdk.models.decoding import decoder_for
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply
from benchmarks.payload import Record, Status, record


@model
class Sample:
    """A typical record of a list: flat, with an enum, times, and optional fields."""

    id: int
    accession: str
    title: str
    status: Status
    created_at: datetime
    updated_at: datetime | None
    count: int
    ratio: float | None
    parent_id: int | None
    is_public: bool


LATENCY = 0.05
PAGES = 100


def timed(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the best of a few rounds, in CPU seconds, which exclude other programs."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def show(what: str, value: float, unit: str, limit: str) -> None:
    print(f"{what:58} {value:9.3f} {unit:6} {limit}")


def sample(number: int) -> Sample:
    created = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return Sample(
        id=number,
        accession=f"S{number:08d}",
        title=f"sample {number}",
        status=Status.READY,
        created_at=created,
        updated_at=created if number % 2 else None,
        count=number % 100,
        ratio=number / 7 if number % 3 else None,
        parent_id=number - 1 if number % 4 else None,
        is_public=number % 5 > 0,
    )


def tables(records: Records[Sample]) -> None:
    some = Records(records[:10_000])
    size = len(some._repr_html_().encode())
    show("10,000 records as HTML", timed(some._repr_html_) * 1000, "ms", "at most 50")
    show("10,000 records as HTML", size / 1000, "kB", "at most 100")


def frames(records: Records[Any], what: str, limit: str) -> None:
    for package, method in (("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow")):
        if importlib.util.find_spec(package) is None:
            print(f"{package} is not installed")
            continue
        getattr(Records(records[:10]), method)()  # import the library
        seconds = timed(getattr(records, method))
        show(f"100,000 records {what} to {package}", seconds, "s", limit if package == "pandas" else "")


async def pages() -> None:
    async def answer(request: Request) -> Reply:
        await asyncio.sleep(LATENCY)
        page = int(request.url.rpartition("=")[2])
        return Reply(json={"items": [page] * 10, "total": PAGES * 10})

    async with BaseClient(base_url="https://api.example.org", transport=MemoryTransport(answer)) as client:
        seconds = {}
        for ahead in (0, 8):
            paginator = client.paginate("/rows", strategy=PageNumbers(total="total"), prefetch=ahead)
            began = time.perf_counter()
            assert len(await paginator.collect()) == PAGES * 10
            seconds[ahead] = time.perf_counter() - began
    show(
        f"{PAGES} pages of {LATENCY * 1000:.0f} ms, 8 ahead, times as fast", seconds[0] / seconds[8], "x", "at least 6"
    )


async def maps() -> None:
    async def call(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def go(ordered: bool) -> float:
        began = time.perf_counter()
        async for _ in MapResults(call, range(100_000), concurrency=256, ordered=ordered):
            pass
        return time.perf_counter() - began

    for ordered in (True, False):
        kind = "in order" if ordered else "as completed"
        show(f"map over 100,000 inputs, {kind}, each", await go(ordered) * 10, "us", "")


def main() -> None:
    samples = Records(sample(number) for number in range(100_000))
    tables(samples)
    frames(samples, "of 10 fields", "at most 0.5")
    del samples
    decode: Callable[[Any], Record] = decoder_for(Record).from_data
    frames(Records(decode(record(number)) for number in range(100_000)), "of 20 fields and 4 records in each", "")
    asyncio.run(pages())
    asyncio.run(maps())


if __name__ == "__main__":
    main()
