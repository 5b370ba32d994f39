"""`InterruptWakeup`: wakes an idle event loop periodically inside IPython, so that a waiting cell can be interrupted.

In IPython the interrupt handler cancels the cell's task, but nothing wakes the loop, which sleeps until its next timer
or byte: possibly for a minute. Used by open transports and by `asdk.bulk`. Outside IPython it does nothing.
"""

from __future__ import annotations

import asyncio
import sys

# How long an interrupted cell may continue, in seconds.
_WAKE_INTERVAL = 0.2


class InterruptWakeup:
    """A timer that wakes one loop repeatedly, from its construction until `stop`."""

    __slots__ = ("_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        if _in_ipython():
            self._wake()

    def stop(self) -> None:
        """Stop waking the loop. Safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        self._timer = self._loop.call_later(_WAKE_INTERVAL, self._wake)


def _in_ipython() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and get_ipython() is not None
