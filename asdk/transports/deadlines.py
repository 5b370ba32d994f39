"""One timer for all attempts of an event loop, instead of a timer or scope for each.

Used by the aiohttp transport. An attempt enters its task with the moment it is due and leaves when it is done; the
timer wakes at the earliest moment and cancels what is late. A dictionary entry costs a tenth of an asyncio timeout.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeAlias

Task: TypeAlias = "asyncio.Task[Any]"

# How late an attempt may be cut off, in seconds: late ones are swept together.
_GRAIN = 0.02
_EXPIRED = float("-inf")


class Deadlines:
    """Which task of one loop has to be done when, on the monotonic clock."""

    __slots__ = ("_due", "_loop", "_next", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: dict[Task, float] = {}
        self._next = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, task: Task, due: float) -> None:
        """From now on cancel the task at this moment, which may be infinitely far. A task is in one attempt at a
        time."""
        self._due[task] = due
        if due < self._next:
            self._arm(due)

    def leave(self, task: Task, cancelling: int) -> bool:
        """The attempt is over, however it ended.

        Args:
            task: the one that entered.
            cancelling: what ``task.cancelling()`` said when it entered.

        Returns:
            Whether it was this table that cancelled the task, and nobody else did: then the cancellation is taken back,
            and a CancelledError that was caught is a timeout.
        """
        if self._due.pop(task, 0.0) is not _EXPIRED:
            return False
        return task.uncancel() <= cancelling

    def close(self) -> None:
        """Drop the timer, so that nothing of ours is left in the loop; for attempts that still run, time goes on."""
        if self._timer is not None and not self._due:
            self._timer.cancel()
            self._timer = None
            self._next = float("inf")

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = due
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        self._next = float("inf")
        now = time.monotonic()
        earliest = float("inf")
        for task, due in self._due.items():
            if due is _EXPIRED:
                continue
            if due <= now:
                # The task is suspended inside the attempt, or it would not stand here: that is where it is cancelled.
                self._due[task] = _EXPIRED
                task.cancel()
            elif due < earliest:
                earliest = due
        if earliest < self._next:
            self._arm(max(earliest, now + _GRAIN))
