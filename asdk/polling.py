"""`poll`: waits for a job on a server, by checks at growing intervals on the client's clock.

Used by the clients' ``wait`` methods: EdgeQuake's documents and MGnify's searches.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from asdk.clock import Clock
from asdk.errors import AsdkError, DeadlineExceededError
from asdk.http.options import Timeout
from asdk.redaction import clean_tracebacks

T = TypeVar("T")


async def poll(
    check: Callable[[Timeout], Awaitable[T]],
    is_done: Callable[[T], bool],
    *,
    clock: Clock,
    timeout: float | None,  # noqa: ASYNC109 - measured by the client's clock
    check_timeout: Timeout,
    interval: float,
    longest_interval: float | None = None,
    growth: float = 1.0,
    timeout_error: Callable[[T | None], AsdkError],
    on_progress: Callable[[T], object] | None = None,
) -> T:
    """Check a job until it is done, and return its last status.

    An interval that would exceed the timeout is shortened: the last check is made at the deadline, so that a job that
    finishes shortly before it still counts.

    Args:
        check: asks the server for the status once, within the limits that it is given.
        is_done: returns True for a final status.
        clock: measures the time and sleeps.
        timeout: seconds to wait in total; None for no limit.
        check_timeout: the limits of one check. The last one gets no more than the remaining time.
        interval: seconds between the first two checks.
        longest_interval: the maximum of the growing interval; None for no maximum.
        growth: the factor from one interval to the next.
        timeout_error: makes the error from the last status, None if no check succeeded.
        on_progress: called with each status, including the last.

    Raises:
        AsdkError: the error of ``timeout_error``, if the job is not done in time; or an error of a check.
    """
    deadline = None if timeout is None else clock.monotonic() + timeout
    status: T | None = None
    while True:
        remaining = None if deadline is None else max(deadline - clock.monotonic(), 0.001)
        is_last = remaining is not None and (check_timeout.total is None or remaining < check_timeout.total)
        try:
            status = await check(attrs.evolve(check_timeout, total=remaining) if is_last else check_timeout)
        except DeadlineExceededError:
            if not is_last:
                raise
            break
        if on_progress is not None:
            on_progress(status)
        if is_done(status):
            return status
        left = math.inf if deadline is None else deadline - clock.monotonic()
        if left <= 0:
            break
        with clean_tracebacks:
            await clock.sleep(min(interval, left))
        interval *= growth
        if longest_interval is not None:
            interval = min(interval, longest_interval)
    raise timeout_error(status)
