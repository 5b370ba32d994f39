"""`Deadlines`: one timer for all attempts of an event loop, instead of a timer or scope for each.

Used by the aiohttp transport. An attempt registers its task with a deadline and removes it when it is done. The timer
fires at the earliest deadline and cancels the tasks that are late. A dictionary entry costs a tenth of an asyncio
timeout.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeAlias

Task: TypeAlias = "asyncio.Task[Any]"

# How many seconds after its deadline an attempt may be cancelled: late attempts are cancelled in batches.
_GRANULARITY = 0.02
_EXPIRED = float("-inf")


class Deadlines:
    """The deadlines of the tasks of one event loop, on the monotonic clock."""

    __slots__ = ("_due", "_loop", "_next", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
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

    def _sweep(self) -> None:
        self._timer = None
        self._next = float("inf")
        now = time.monotonic()
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
