"""Time that a test can turn. Everything in asdk that waits or measures asks a `Clock`; `VirtualClock` is in
asdk.testing.

Two clocks, on purpose: the monotonic one measures, the wall clock is what servers and stores speak. Monotonic time may
stand still while a machine sleeps, so a token has expired when either of them says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A callback that waits for its moment."""

    def cancel(self) -> None:
        """Forget the callback, if it has not run yet."""


class Clock(Protocol):
    """Where asdk gets the time from, and how it waits."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since the epoch, as the machine believes."""
        ...

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Run a callback in the running event loop, ``delay`` seconds from now."""
        ...

    async def sleep(self, delay: float) -> None:
        """Wait ``delay`` seconds."""


class SystemClock:
    """The machine's clocks and the running event loop's timers."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        return asyncio.get_running_loop().call_later(delay, callback, *args)

    async def sleep(self, delay: float) -> None:
        await asyncio.sleep(delay)


SYSTEM_CLOCK: Clock = SystemClock()
