"""Time as the sandbox sees it: a callable that gives epoch seconds.

Servers take a `TimeSource`, so a test can pass a `ManualClock` and let fifteen minutes of lockout go by without
waiting.
"""

from collections.abc import Callable
from datetime import UTC, datetime

TimeSource = Callable[[], float]


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self.now = now  # the default is 2026-01-01T00:00:00Z

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def rfc3339(moment: float) -> str:
    """Spell epoch seconds as the APIs do: ``2026-01-01T00:00:00.250000+00:00``."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
