"""`call_after`: a timer that lets a blocked event loop read what has arrived before it strikes.

A loop that was blocked runs its overdue timers in the same turn in which it finds the bytes that arrived meanwhile. A
deadline that struck then would discard a response that already lies in the socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asdk.clock import Clock, Timer

# A timer that fires later than this, in seconds, was held up by a blocked loop.
_LATE: Final = 0.1

# How long such a timer waits, in seconds, for the loop to handle what has arrived.
_GRACE: Final = 1.0


class _LateTimer:
    """A timer that strikes once more, a second later, if it was late."""

    def __init__(self, clock: Clock, delay: float, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._clock = clock
        self._callback = callback
        self._arguments = arguments
        self._due = clock.monotonic() + delay
        self._timer = clock.call_later(delay, self._strike)

    def cancel(self) -> None:
        """Cancel the callback, if it has not run yet."""
        self._timer.cancel()

    def _strike(self) -> None:
        if self._clock.monotonic() - self._due > _LATE:
            self._timer = self._clock.call_later(_GRACE, self._callback, *self._arguments)
        else:
            self._callback(*self._arguments)


def call_after(clock: Clock, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
    """Schedule a callback in the running event loop as `Clock.call_later` does.

    If the loop was blocked when the timer was due, the callback runs 1 s later: a caller that cancels the timer once a
    response has been read is not struck by it.

    Args:
        clock: measures the delay.
        delay: seconds from now.
        callback: runs unless the timer is canceled.
        arguments: of the callback.
    """
    return _LateTimer(clock, delay, callback, arguments)
