"""Time in the sandbox: a callable that returns epoch seconds.

Servers take a `TimeSource`, so a test can pass a `ManualClock` and skip fifteen minutes of lockout without
waiting.
"""

from collections.abc import Callable
from datetime import UTC, datetime

TimeSource = Callable[[], float]


class ManualClock:
    """Clock that changes only when the test advances it."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self.now: float = now  # the default is 2026-01-01T00:00:00Z

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def rfc3339(moment: float) -> str:
    """Format epoch seconds as the APIs do: ``2026-01-01T00:00:00.250000+00:00``."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
