"""Timers of a loop that was blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from asdk.clock import Timer
from asdk.concurrency.late_timer import call_after
from asdk.testing import VirtualClock


@attrs.frozen
class Scheduled:
    clock: ManualClock
    entry: tuple[float, Callable[..., object], tuple[Any, ...]]

    def cancel(self) -> None:
        if self.entry in self.clock.timers:
            self.clock.timers.remove(self.entry)


class ManualClock:
    """A clock whose timers run when a test says so, at the time the test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[..., object], tuple[Any, ...]]] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        entry = (self.now + delay, callback, args)
        self.timers.append(entry)
        return Scheduled(self, entry)

    async def sleep(self, delay: float) -> None:
        self.now += delay

    def run_until(self, now: float) -> None:
        """Let the loop run again at this time, after it was blocked."""
        self.now = now
        due, self.timers = (
            [entry for entry in self.timers if entry[0] <= now],
            [entry for entry in self.timers if entry[0] > now],
        )
        for _, callback, arguments in due:
            callback(*arguments)


@pytest.mark.parametrize(("woken_at", "strikes"), [(10.0, [10.0]), (10.09, [10.09]), (10.2, [11.2]), (50.0, [51.0])])
def test_a_late_timer_strikes_a_second_later(woken_at: float, strikes: list[float]) -> None:
    clock, struck = ManualClock(), list[float]()
    call_after(clock, 10.0, lambda: struck.append(clock.now))
    clock.run_until(woken_at)
    clock.run_until(woken_at + 1.0)
    clock.run_until(woken_at + 5.0)
    assert struck == pytest.approx(strikes)


@pytest.mark.parametrize("woken", [False, True])
def test_a_canceled_timer_never_strikes(woken: bool) -> None:
    clock, struck = ManualClock(), list[str]()
    timer = call_after(clock, 10.0, struck.append, "x")
    if woken:
        clock.run_until(40.0)
    timer.cancel()
    timer.cancel()
    clock.run_until(100.0)
    assert struck == []


async def test_a_timer_of_a_free_loop_strikes_in_time() -> None:
    clock, struck = VirtualClock(), asyncio.Event()
    call_after(clock, 30.0, struck.set)
    await clock.sleep(30.0)
    assert struck.is_set()
