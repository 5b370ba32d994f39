"""Wakes an idle event loop now and then inside IPython, so that a cell that only waits can be interrupted.

There the handler of an interrupt cancels the cell's task, but nothing wakes the loop, which sleeps until its next timer
or byte: a minute, perhaps. Used by the pool of a transport for as long as it is open; anywhere else it does nothing.
"""

from __future__ import annotations

import asyncio
import sys

# How long an interrupted cell may go on, in seconds.
_BEAT = 0.2


class InterruptWakeup:
    """The beat of one loop, from now until `stop`."""

    __slots__ = ("_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        if _in_ipython():
            self._beat()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        self._timer = self._loop.call_later(_BEAT, self._beat)


def _in_ipython() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and get_ipython() is not None
