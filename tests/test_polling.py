"""`poll`: intervals, the timeout, progress, and errors of a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asdk.errors import DeadlineExceededError, NotFoundError
from asdk.http.options import NO_TIMEOUT, Timeout
from asdk.polling import poll
from asdk.testing import VirtualClock


class LateError(DeadlineExceededError):
    """The error of these polls."""


class Job:
    """A job that is done after some seconds of the clock, and whose checks take time."""

    def __init__(self, clock: VirtualClock, done_after: float, duration: float = 0.0) -> None:
        self.clock = clock
        self.done_at = clock.monotonic() + done_after
        self.duration = duration
        self.checked_at: list[float] = []
        self.limits: list[float | None] = []
        self._start = clock.monotonic()

    async def check(self, limit: Timeout) -> bool:
        self.checked_at.append(round(self.clock.monotonic() - self._start, 3))
        self.limits.append(limit.total)
        if limit.total is not None and self.duration > limit.total:
            await self.clock.sleep(limit.total)
            raise DeadlineExceededError("the check took too long")
        await self.clock.sleep(self.duration)
        return self.clock.monotonic() >= self.done_at


async def poll_job(job: Job, seconds: float | None, **options: Any) -> bool:
    settings: dict[str, Any] = {"check_timeout": Timeout(total=60.0), "interval": 1.0} | options
    done: Callable[[bool], bool] = bool
    return await poll(
        job.check,
        done,
        clock=job.clock,
        timeout=seconds,
        timeout_error=lambda status: LateError(f"status {status}"),
        **settings,
    )


async def test_a_finished_job_is_checked_once_without_a_pause() -> None:
    clock = VirtualClock()
    job = Job(clock, 0)
    assert await poll_job(job, None)
    assert job.checked_at == [0]
    assert clock.slept == [0]


async def test_the_interval_is_constant_by_default() -> None:
    job = Job(VirtualClock(), 3)
    await poll_job(job, None)
    assert job.checked_at == [0, 1, 2, 3]


async def test_an_interval_of_zero_is_allowed() -> None:
    job = Job(VirtualClock(), 3, duration=1)
    await poll_job(job, None, interval=0)
    assert job.checked_at == [0, 1, 2]


async def test_the_interval_grows_up_to_its_maximum() -> None:
    job = Job(VirtualClock(), 12)
    await poll_job(job, None, growth=2.0, longest_interval=4.0)
    assert job.checked_at == [0, 1, 3, 7, 11, 15]


async def test_the_last_check_is_made_at_the_deadline() -> None:
    job = Job(VirtualClock(), 2.5)
    assert await poll_job(job, 2.5)
    assert job.checked_at == [0, 1, 2, 2.5]


async def test_a_job_that_is_not_done_in_time_raises_with_its_last_status() -> None:
    job = Job(VirtualClock(), 100)
    with pytest.raises(LateError, match="status False"):
        await poll_job(job, 2.5)
    assert job.checked_at == [0, 1, 2, 2.5]


async def test_a_check_gets_no_more_than_the_remaining_time() -> None:
    job = Job(VirtualClock(), 100, duration=2)
    with pytest.raises(LateError):
        await poll_job(job, 4, check_timeout=Timeout(total=3.0))
    assert job.limits == [3.0, 1.0]
    unlimited = Job(VirtualClock(), 100, duration=2)
    with pytest.raises(LateError):
        await poll_job(unlimited, 4, check_timeout=NO_TIMEOUT)
    assert unlimited.limits == [4.0, 1.0]


async def test_without_any_status_the_timeout_error_gets_none() -> None:
    with pytest.raises(LateError, match="status None"):
        await poll_job(Job(VirtualClock(), 100, duration=5), 1)


async def test_a_check_that_exceeds_its_own_timeout_raises_its_error() -> None:
    with pytest.raises(DeadlineExceededError, match="the check"):
        await poll_job(Job(VirtualClock(), 100, duration=5), 100, check_timeout=Timeout(total=1.0))


async def test_other_errors_of_a_check_are_raised() -> None:
    class Missing(Job):
        async def check(self, limit: Timeout) -> bool:
            raise NotFoundError("no such job", method="GET", template="/", status=404)

    with pytest.raises(NotFoundError):
        await poll_job(Missing(VirtualClock(), 1), 10)


async def test_progress_is_reported_for_each_status() -> None:
    seen: list[bool] = []
    await poll_job(Job(VirtualClock(), 2), None, on_progress=seen.append)
    assert seen == [False, False, True]
