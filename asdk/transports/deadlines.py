"""`Deadlines`: one timer for all attempts of an event loop, instead of a timer or scope for each.

Used by the aiohttp transport. An attempt registers its task with a deadline and removes it when it is done. The timer
fires at the earliest deadline and cancels the tasks that are late. A dictionary entry costs a tenth of an asyncio
timeout.

A timer that fires late means that the event loop was blocked, as by a computing cell of a notebook. The response may
have arrived meanwhile, and a rotated refresh token with it: what has arrived is read before a task is cancelled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeAlias

Task: TypeAlias = "asyncio.Task[Any]"

# How many seconds after its deadline an attempt may be cancelled: late attempts are cancelled in batches.
_GRANULARITY = 0.02
_EXPIRED = float("-inf")

# How many seconds late the timer of a blocked event loop fires.
_LATE = 0.1

# How many seconds a loop that was blocked gets to read what has arrived, and how often it gets them again while more
# arrives: 1 s at most.
_PAUSE = 0.05
_MOST_PAUSES = 20


def _nothing_received() -> float:
    return _EXPIRED


class Deadlines:
    """The deadlines of the tasks of one event loop, on the monotonic clock.

    Args:
        loop: the event loop.
        last_data: returns when a connection of the tasks last received data.
    """

    __slots__ = ("_due", "_last_data", "_loop", "_next", "_paused_at", "_pauses", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, last_data: Callable[[], float] = _nothing_received) -> None:
        self._loop = loop
        self._last_data = last_data
        self._pauses = 0
        self._paused_at = _EXPIRED
        self._due: dict[Task, float] = {}
        self._next = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, task: Task, due: float) -> None:
        """Cancel the task at this time unless it leaves before. A task runs one attempt at a time.

        Args:
            task: the current task.
            due: the deadline; may be infinity.
        """
        self._due[task] = due
        if due < self._next:
            self._arm(due)

    def leave(self, task: Task, cancelling: int) -> bool:
        """Remove the task, after its attempt succeeded or failed.

        Args:
            task: the task that entered.
            cancelling: the value of ``task.cancelling()`` when it entered.

        Returns:
            True if this object cancelled the task and nothing else did. The cancellation is then undone, and a
            CancelledError that was caught is a timeout.
        """
        if self._due.pop(task, 0.0) is not _EXPIRED:
            return False
        return task.uncancel() <= cancelling

    def close(self) -> None:
        """Cancel the timer, so that nothing remains in the loop. Attempts that still run keep their deadlines."""
        if self._timer is not None and not self._due:
            self._timer.cancel()
            self._timer = None
            self._next = float("inf")

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = due
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._sweep)

    def _must_pause(self, now: float, late: float) -> bool:
        """Return whether the event loop was blocked and must read first what has arrived."""
        if self._pauses and now < self._paused_at + 0.9 * _PAUSE:
            return True  # woken by the deadline of another task
        received_more = self._pauses > 0 and self._last_data() > self._paused_at
        if self._pauses >= _MOST_PAUSES or not (received_more if self._pauses else late > _LATE):
            self._pauses = 0
            return False
        self._pauses += 1
        self._paused_at = now
        return True

    def _sweep(self) -> None:
        now = time.monotonic()
        late = now - self._next
        self._timer = None
        self._next = float("inf")
        if self._must_pause(now, late):
            self._arm(self._paused_at + _PAUSE)
            return
        earliest = float("inf")
        for task, due in self._due.items():
            if due is _EXPIRED:
                continue
            if due <= now:
                # The task is suspended inside the attempt, or it would not be registered: it is cancelled there.
                self._due[task] = _EXPIRED
                task.cancel()
            elif due < earliest:
                earliest = due
        if earliest < self._next:
            self._arm(max(earliest, now + _GRANULARITY))
