"""Calls that concurrent callers share."""

from __future__ import annotations

import asyncio
import threading

import pytest

from asdk import DeadlineExceededError, DecodeError, TransportError
from asdk.concurrency.shared_calls import SharedCalls


class Counting:
    def __init__(self, delay: float = 0.01, error: Exception | None = None) -> None:
        self.started = self.canceled = 0
        self.delay, self.error = delay, error

    async def __call__(self) -> int:
        self.started += 1
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.canceled += 1
            raise
        if self.error is not None:
            raise self.error
        return self.started


async def test_callers_of_one_key_share_a_call() -> None:
    calls, call, other = SharedCalls[int](), Counting(), Counting()
    results = await asyncio.gather(
        *(calls.get("key", call, None) for _ in range(50)), *(calls.get("other", other, 5) for _ in range(50))
    )
    assert (results, call.started, other.started) == ([1] * 100, 1, 1)
    assert await calls.get("key", call, None) == 2  # nothing is kept


async def test_a_call_outlives_the_caller_that_started_it() -> None:
    calls, call = SharedCalls[int](), Counting()
    first = asyncio.create_task(calls.get("key", call, None))
    await asyncio.sleep(0)
    second = asyncio.create_task(calls.get("key", call, None))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1
    assert (call.started, call.canceled) == (1, 0)


async def test_a_call_ends_with_its_last_waiter() -> None:
    calls, call = SharedCalls[int](), Counting(delay=60)
    waiting = [asyncio.create_task(calls.get("key", call, None)) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    assert call.canceled == 1
    call.delay = 0
    assert await calls.get("key", call, None) == 2


async def test_each_waiter_keeps_its_own_timeout() -> None:
    calls, call = SharedCalls[int](), Counting(delay=0.3)
    patient = asyncio.create_task(calls.get("key", call, None))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceededError):
        await calls.get("key", call, 0.01)
    assert await patient == 1


@pytest.mark.parametrize("error", [DecodeError("not an id"), TransportError("broken off"), ValueError("a bug")])
async def test_each_waiter_gets_its_own_error(error: Exception) -> None:
    calls, call = SharedCalls[int](), Counting(error=error)
    results = await asyncio.gather(*(calls.get("key", call, None) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [type(error)] * 5
    assert len({id(result) for result in results}) == 5
    assert call.started == 1


def test_threads_share_a_call() -> None:
    calls, call, results = SharedCalls[int](), Counting(delay=0.2), list[int]()

    async def get() -> None:
        results.append(await calls.get("key", call, 10))

    threads = [threading.Thread(target=lambda: asyncio.run(get())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [1] * 5
