"""`Clock`: the source of time for everything in asdk that waits or measures. Tests use ``asdk.testing.VirtualClock``.

There are two times on purpose: monotonic time measures durations, wall-clock time is the one that servers and stores
use. Monotonic time may stop while a machine sleeps, so a token has expired when either of them says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A scheduled callback."""

    def cancel(self) -> None:
        """Cancel the callback, if it has not run yet."""


class Clock(Protocol):
    """A source of time, with timers and sleep."""

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary start; never goes backwards."""
        ...

    def time(self) -> float:
        """Return the seconds since the epoch."""
        ...

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Schedule a callback in the running event loop, ``delay`` seconds from now."""
        ...

    async def sleep(self, delay: float) -> None:
        """Wait ``delay`` seconds."""


class SystemClock:
    """The clocks of the machine and the timers of the running event loop."""

    monotonic: staticmethod[[], float] = staticmethod(time.monotonic)
    time: staticmethod[[], float] = staticmethod(time.time)

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Schedule a callback in the running event loop, ``delay`` seconds from now."""
        return asyncio.get_running_loop().call_later(delay, callback, *args)

    async def sleep(self, delay: float) -> None:
        """Wait ``delay`` seconds."""
        await asyncio.sleep(delay)


#: The default clock.
SYSTEM_CLOCK: Clock = SystemClock()
