"""`LoopDelay` measures how late an event loop runs, so that limits in tests of real time grow on a busy machine."""

from __future__ import annotations

import asyncio
import math
import time

_INTERVAL = 0.01
# An idle machine fires a timer this late. It is a tenth of the interval, so limits grow by at most a tenth there.
_TOLERANCE = 0.001


class LoopDelay:
    """A timer in the running loop that fires every 10 ms and adds up how late it fired, until `stop` is called.

    A loop whose turns take 12 ms each is delayed by 2 ms of every 12, although no single turn takes long.
    """

    def __init__(self) -> None:
        self._delays: list[tuple[float, float]] = []
        self._schedule()

    def between(self, start: float = -math.inf, end: float = math.inf) -> float:
        """Return the delay within this span of the monotonic clock, in seconds."""
        return sum(max(0.0, min(end, until) - max(start, since)) for since, until in self._delays)

    def stop(self) -> float:
        """Stop measuring and return the total delay in seconds."""
        self._timer.cancel()
        if (now := time.monotonic()) > self._due + _TOLERANCE:
            self._delays.append((self._due + _TOLERANCE, now))  # the timer is due, and did not fire yet
        return self.between()

    def _schedule(self) -> None:
        self._due = time.monotonic() + _INTERVAL
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._fire)

    def _fire(self) -> None:
        if (now := time.monotonic()) > self._due + _TOLERANCE:
            self._delays.append((self._due + _TOLERANCE, now))
        self._schedule()
