"""What a test of cancellation needs: `at_each_await`, and a look at the timers that are left."""

from __future__ import annotations

import asyncio

from asdk.testing.cancelling import at_each_await

__all__ = ["at_each_await", "live_timers"]


def live_timers() -> list[str]:
    """The timers that the running loop would still fire."""
    scheduled: list[asyncio.TimerHandle] = getattr(asyncio.get_running_loop(), "_scheduled")  # noqa: B009
    return [repr(timer) for timer in scheduled if not timer.cancelled()]
