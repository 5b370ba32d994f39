"""Benchmark of CPU per call: the full stack as a ratio to a bare aiohttp ``get().json()``, interleaved in one process.

``python -m benchmarks.call_cost [--rounds 25] [--block 300] [--in-flight 1,64,512]``
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias

import aiohttp

from asdk import BaseClient, BearerToken, Tenant, TenantHeaders
from benchmarks.payload import Record
from benchmarks.server import serving

Call: TypeAlias = Callable[[], Awaitable[object]]
PATH = "/v1/documents/1"


class Bench(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant-Id", workspace="X-Workspace-Id")


@asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Call]:
    """Yield a call in plain aiohttp: one session, ``get``, ``json``, with the three headers that asdk sends, too."""
    headers = {"Authorization": "Bearer " + "t" * 40, "X-Tenant-Id": "tenant-1", "X-Workspace-Id": "workspace-1"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def call() -> object:
            async with session.get(url + PATH) as response:
                return await response.json()

        yield call


@asynccontextmanager
async def full_stack(url: str) -> AsyncIterator[Call]:
    """Yield a call with token, retry, tenant headers, logging (off), deadline, status errors, and a typed model."""
    tenant = Tenant(tenant_id="tenant-1", workspace_id="workspace-1")
    async with Bench(base_url=url, auth=BearerToken("t" * 40), tenant=tenant) as client:

        async def call() -> object:
            return await client.request("GET", "/v1/documents/{id}", path_params={"id": 1}, model=Record)

        yield call


@asynccontextmanager
async def full_stack_plain(url: str) -> AsyncIterator[Call]:
    """Yield the same call without a model: plain JSON data, as the peer returns."""
    tenant = Tenant(tenant_id="tenant-1", workspace_id="workspace-1")
    async with Bench(base_url=url, auth=BearerToken("t" * 40), tenant=tenant) as client:

        async def call() -> object:
            return await client.request("GET", "/v1/documents/{id}", path_params={"id": 1})

        yield call


PEER = "bare_aiohttp"
PROGRAMS = {program.__name__: program for program in (bare_aiohttp, full_stack, full_stack_plain)}


async def drive(call: Call, calls: int, in_flight: int) -> None:
    """Make ``calls`` calls, ``in_flight`` at a time."""
    left = calls

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    await asyncio.gather(*(worker() for _ in range(in_flight)))


async def duel(url: str, in_flight: int, *, rounds: int, block: int) -> dict[str, list[float]]:
    """Return the ratios of each program to the peer, one per round."""
    ratios: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    async with AsyncExitStack() as stack:
        calls = {name: await stack.enter_async_context(program(url)) for name, program in PROGRAMS.items()}
        for call in calls.values():
            await drive(call, max(2 * in_flight, 50), in_flight)
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            # The peer runs twice per round and its mean counts, which halves the noise of every ratio.
            order = [*PROGRAMS, PEER]
            random.shuffle(order)
            cost: dict[str, list[float]] = {}
            for name in order:
                began = time.process_time()
                await drive(calls[name], max(block, in_flight), in_flight)
                cost.setdefault(name, []).append(time.process_time() - began)
            for name in PROGRAMS:
                ratios[name].append(statistics.mean(cost[name]) / statistics.mean(cost[PEER]))
        gc.unfreeze()
    return ratios


def describe(ratios: list[float], digits: int = 2) -> str:
    """Return the median, and the middle half in parentheses."""
    ordered = sorted(ratios)
    quarter = len(ordered) // 4
    return f"{statistics.median(ordered):.{digits}f} ({ordered[quarter]:.{digits}f}-{ordered[-1 - quarter]:.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU per call as a ratio to bare aiohttp.")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--block", type=int, default=300, help="calls per turn of a program")
    parser.add_argument("--in-flight", default="1,64,512", help="calls in flight, separated by commas")
    options = parser.parse_args()
    levels = [int(level) for level in options.in_flight.split(",")]
    with serving() as url:
        table = {level: asyncio.run(duel(url, level, rounds=options.rounds, block=options.block)) for level in levels}
    print("| program | " + " | ".join(f"{level} in flight" for level in levels) + " |")
    print("|---|" + "---|" * len(levels))
    for name in PROGRAMS:
        print(f"| {name} | " + " | ".join(describe(table[level][name]) for level in levels) + " |")


if __name__ == "__main__":
    main()
