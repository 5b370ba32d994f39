"""How late an event loop is: a busy machine must neither make a test of times and rates fail nor loosen it."""

from __future__ import annotations

import asyncio
import math
import time

_BEAT = 0.01
# So late a timer is on any machine.
_USUAL = 0.005


class Lag:
    """Measures, until it is stopped, how much later than it asked for the running loop is woken."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        self._arm()

    def between(self, start: float = -math.inf, end: float = math.inf) -> float:
        """Seconds of this span, on the monotonic clock, in which nothing ran that should have."""
        return sum(max(0.0, min(end, until) - max(start, since)) for since, until in self._late)

    def stop(self) -> float:
        """Measure no more; the seconds in all."""
        self._timer.cancel()
        return self.between()

    def _arm(self) -> None:
        self._due = time.monotonic() + _BEAT
        self._timer = asyncio.get_running_loop().call_later(_BEAT, self._beat)

    def _beat(self) -> None:
        if (now := time.monotonic()) > self._due + _USUAL:
            self._late.append((self._due + _USUAL, now))
        self._arm()
