"""`SystemClock`, the default clock."""

from __future__ import annotations

import asyncio
import time

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.testing.clock import VirtualClock


def test_the_system_clock_reads_the_clocks_of_the_machine() -> None:
    before, clock, after = time.monotonic(), SYSTEM_CLOCK.monotonic(), time.monotonic()
    assert before <= clock <= after
    before, clock, after = time.time(), SYSTEM_CLOCK.time(), time.time()
    assert before <= clock <= after


def test_the_virtual_clock_is_a_clock() -> None:
    clocks: list[Clock] = [SYSTEM_CLOCK, VirtualClock()]
    assert [clock.monotonic() <= clock.monotonic() for clock in clocks] == [True, True]


async def test_call_later_passes_the_arguments() -> None:
    called: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
    SYSTEM_CLOCK.call_later(0, lambda *args: called.set_result(args), 1, "a")
    assert await called == (1, "a")


async def test_a_cancelled_timer_does_not_run() -> None:
    called: list[str] = []
    SYSTEM_CLOCK.call_later(0, called.append, "cancelled").cancel()
    last: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    SYSTEM_CLOCK.call_later(0, last.set_result, None)
    await last
    assert called == []


async def test_sleep_yields_to_other_tasks() -> None:
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    task = asyncio.create_task(other())
    await SYSTEM_CLOCK.sleep(0)
    order.append("slept")
    await task
    assert order == ["other", "slept"]
