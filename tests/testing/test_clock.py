"""Tests of virtual time: timers fire in order, only when every task waits, and time never goes back."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable

import pytest

from asdk.testing import VirtualClock


async def test_a_long_wait_takes_no_time() -> None:
    clock = VirtualClock()
    began = time.monotonic()
    await clock.sleep(86_400)
    assert clock.monotonic() == 86_400
    assert time.monotonic() - began < 1


async def test_waits_end_in_order_of_their_times() -> None:
    clock, order = VirtualClock(), []

    async def wait(seconds: float) -> None:
        await clock.sleep(seconds)
        order.append((seconds, clock.monotonic()))

    await asyncio.gather(*(wait(seconds) for seconds in (3, 1, 2, 0, 2.5)))
    assert order == [(0, 0), (1, 1), (2, 2), (2.5, 2.5), (3, 3)]


async def test_simultaneous_timers_fire_in_the_order_they_were_set() -> None:
    clock, fired = VirtualClock(auto=False), list[int]()
    for number in range(50):
        clock.call_later(5, fired.append, number)
    await clock.advance(5)
    assert fired == list(range(50))


async def test_many_tasks_with_many_waits_see_one_time() -> None:
    asyncio.get_running_loop().set_debug(False)  # it records where each of many futures was created
    clock = VirtualClock()

    async def work(number: int) -> float:
        for step in range(10):
            await clock.sleep((number * 7 + step) % 13)
        return clock.monotonic()

    ends = await asyncio.gather(*(work(number) for number in range(200)))
    assert ends == [sum((number * 7 + step) % 13 for step in range(10)) for number in range(200)]


async def test_time_does_not_advance_while_a_task_can_run() -> None:
    clock, seen = VirtualClock(), []

    async def busy() -> None:
        for _ in range(20):
            seen.append(clock.monotonic())
            await asyncio.sleep(0)

    await asyncio.gather(clock.sleep(10), busy())
    assert set(seen) == {0}


async def test_the_effects_of_a_timer_precede_the_next_timer() -> None:
    clock, seen = VirtualClock(), []

    async def react() -> None:
        await clock.sleep(1)
        for _ in range(20):
            await asyncio.sleep(0)
        seen.append(clock.monotonic())
        await clock.sleep(0.5)
        seen.append(clock.monotonic())

    await asyncio.gather(react(), clock.sleep(2))
    assert seen == [1, 1.5]


async def test_the_waits_are_recorded() -> None:
    clock = VirtualClock()
    await asyncio.gather(clock.sleep(2), clock.sleep(1))
    await clock.sleep(0)
    assert clock.slept == [2, 1, 0]


# --- without auto -----------------------------------------------------------------------------------------------------


async def test_without_auto_nothing_happens_before_the_clock_is_advanced() -> None:
    clock = VirtualClock(auto=False)
    wait = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0.02)
    await clock.advance(9.9)
    assert not wait.done()
    assert clock.monotonic() == pytest.approx(9.9)
    await clock.advance(0.1)
    assert wait.done()


async def test_each_timer_fires_at_its_own_time() -> None:
    clock, seen = VirtualClock(auto=False), []

    async def tick() -> None:
        while True:
            await clock.sleep(3)
            seen.append(clock.monotonic())

    ticking = asyncio.create_task(tick())
    await clock.advance(10)
    assert seen == [3, 6, 9]
    assert clock.monotonic() == 10
    ticking.cancel()


async def test_time_never_goes_back() -> None:
    clock, seen = VirtualClock(auto=False), [0.0]

    async def turn(seconds: float) -> None:
        await clock.advance(seconds)
        seen.append(clock.monotonic())

    await asyncio.gather(turn(10), turn(1), turn(5))
    assert seen == sorted(seen)
    with pytest.raises(ValueError, match="negative"):
        await clock.advance(-1)
    assert clock.monotonic() == seen[-1]


async def test_a_wait_without_length_ends_at_once() -> None:
    clock = VirtualClock(auto=False)
    for seconds in (0, -5):
        wait = asyncio.create_task(clock.sleep(seconds))
        await clock.advance(0)
        assert wait.done()
    assert clock.monotonic() == 0


# --- the wall clock ---------------------------------------------------------------------------------------------------


async def test_the_wall_clock_follows_the_monotonic_one_until_it_is_set() -> None:
    clock = VirtualClock(start=1000.0)
    await clock.sleep(5)
    assert (clock.monotonic(), clock.time()) == (5, 1005)
    clock.set_wall_clock(-3600)
    assert (clock.monotonic(), clock.time()) == (5, 1005 - 3600)
    await clock.sleep(1)
    assert (clock.monotonic(), clock.time()) == (6, 1006 - 3600)


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_a_timer_that_was_cancelled_neither_fires_nor_moves_time() -> None:
    clock, fired = VirtualClock(), list[str]()
    clock.call_later(100, fired.append, "cancelled").cancel()
    clock.call_later(1, fired.append, "kept")
    await clock.sleep(2)
    assert (fired, clock.monotonic()) == (["kept"], 2)


async def test_a_wait_that_was_cancelled_does_not_move_time() -> None:
    clock = VirtualClock(auto=False)
    wait = asyncio.create_task(clock.sleep(100))
    await asyncio.sleep(0)
    wait.cancel()
    await asyncio.wait([wait])
    assert wait.cancelled()
    await clock.advance(1)
    assert clock.monotonic() == 1


async def test_thousands_of_cancelled_timers_cost_nothing() -> None:
    clock, turns = VirtualClock(), 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    for _ in range(5000):
        clock.call_later(50, turns.__add__).cancel()
    counting = asyncio.create_task(count())
    await clock.sleep(60)
    counting.cancel()
    assert turns < 500
    assert clock.monotonic() == 60


async def test_a_timer_may_cancel_a_simultaneous_one() -> None:
    clock, fired = VirtualClock(), list[str]()
    timers: list[Callable[[], None]] = []
    clock.call_later(1, lambda: [cancel() for cancel in timers])
    timers.append(clock.call_later(1, fired.append, "never").cancel)
    await clock.sleep(2)
    assert fired == []


async def test_a_timer_sees_the_context_in_which_it_was_set() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
    clock, seen = VirtualClock(), list[str]()

    def note() -> None:
        seen.append(name.get())

    async def under(value: str) -> None:
        name.set(value)
        clock.call_later(1, note)

    await asyncio.gather(under("ada"), under("bob"))
    await clock.sleep(2)
    assert seen == ["ada", "bob"]


async def test_a_failing_callback_is_reported_by_the_loop() -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))

    def fail() -> None:
        raise LookupError

    for clock in (VirtualClock(), VirtualClock(auto=False)):
        clock.call_later(1, fail)
        wait = asyncio.create_task(clock.sleep(2))
        if clock._auto:
            await wait
        else:
            await clock.advance(3)
        assert wait.done()
    assert [type(error) for error in reported] == [LookupError, LookupError]


# --- loops and threads ------------------------------------------------------------------------------------------------


def test_one_clock_serves_one_loop_after_another() -> None:
    clock = VirtualClock()

    async def leave_a_timer() -> None:
        clock.call_later(1000, print)
        await clock.sleep(1)

    for number in range(1, 4):
        asyncio.run(leave_a_timer())
        assert clock.monotonic() == number


def test_a_timer_fires_in_the_loop_that_set_it() -> None:
    clock = VirtualClock(auto=False)
    fired: list[object] = []
    ready, done = threading.Event(), threading.Event()

    async def set_one() -> None:
        loop = asyncio.get_running_loop()
        rung = asyncio.Event()

        def ring() -> None:
            fired.append(asyncio.get_running_loop() is loop)
            rung.set()

        clock.call_later(5, ring)
        ready.set()
        async with asyncio.timeout(60):
            await rung.wait()
        done.set()

    thread = threading.Thread(target=lambda: asyncio.run(set_one()))
    thread.start()
    ready.wait(60)
    asyncio.run(clock.advance(5))
    assert done.wait(60)
    thread.join(60)
    assert fired == [True]
