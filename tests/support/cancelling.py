"""Helpers for tests of cancellation: `at_each_await`, and the timers that are left in the event loop."""

from __future__ import annotations

import asyncio

from asdk.testing.cancelling import at_each_await

__all__ = ["at_each_await", "live_timers"]


def live_timers() -> list[str]:
    """Return the timers that the running loop would still fire."""
    scheduled: list[asyncio.TimerHandle] = getattr(asyncio.get_running_loop(), "_scheduled")  # noqa: B009
    return [repr(timer) for timer in scheduled if not timer.cancelled()]
