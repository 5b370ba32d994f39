"""`VirtualClock`: a clock for tests, in which hours pass at once, in order, and only when nothing else is left to do.

Passed to a client as ``clock=``; every wait, deadline and cool-down of asdk then uses it.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections.abc import Callable
from typing import Any

from asdk.clock import Timer

# The iterations of the event loop before time advances: enough for a chain of awaits without I/O.
_TURNS = 40


class _Timer:
    """A callback and its due time."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._loop = loop
        self._callback = callback
        self._args = args
        self._context = contextvars.copy_context()
        self._cancelled = False

    @property
    def is_dead(self) -> bool:
        return self._cancelled or self._loop.is_closed()

    def cancel(self) -> None:
        self._cancelled = True

    def fire(self) -> None:
        """Run the callback in its own loop and context, as asyncio does; its exceptions are reported by the loop."""
        if self._loop is asyncio.get_running_loop():
            self._loop.call_soon(self._run, context=self._context)
        else:
            self._loop.call_soon_threadsafe(self._run, context=self._context)

    def _run(self) -> None:
        if not self._cancelled:
            self._callback(*self._args)


class VirtualClock:
    """A `Clock` whose time moves when a test says so, or by itself when every task is waiting.

    Args:
        auto: whether time jumps to the next timer once the other tasks have run. Right for `MemoryTransport`; with real
            sockets, whose answers the clock cannot hurry, use ``auto=False`` and `advance`.
        start: the initial time of the wall clock, in epoch seconds.

    Attributes:
        slept: the requested duration of each `sleep`, in the order in which they began.
    """

    def __init__(self, *, auto: bool = True, start: float = 1_750_000_000.0) -> None:
        self.slept: list[float] = []
        self._auto = auto
        self._now = 0.0
        self._wall = start
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = itertools.count()
        self._pumping: asyncio.AbstractEventLoop | None = None

    def monotonic(self) -> float:
        """Return the seconds that have passed since the clock was made."""
        return self._now

    def time(self) -> float:
        """Return the time of the wall clock, in epoch seconds."""
        return self._wall + self._now

    def set_wall_clock(self, seconds: float) -> None:
        """Move the wall clock forward or back, as an operator or NTP might; the monotonic time is unaffected."""
        self._wall += seconds

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call a function in the running loop after this many seconds."""
        loop = asyncio.get_running_loop()
        timer = _Timer(loop, callback, args)
        heapq.heappush(self._timers, (self._now + max(0.0, delay), next(self._order), timer))
        # One loop at a time advances the clock, for all loops; when it has ended, another one takes over.
        if self._auto and (self._pumping is None or not self._pumping.is_running()):
            self._pumping = loop
            loop.call_soon(self._pump, loop, _TURNS)
        return timer

    async def sleep(self, delay: float) -> None:
        """Wait until this many seconds have passed on this clock."""
        self.slept.append(delay)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(delay, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Advance the clock: each timer on the way fires when it is due, and the tasks that it wakes run.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError(f"seconds must not be negative, got {seconds}")
        end = self._now + seconds
        await _settle()
        while (moment := self._next_moment()) is not None and moment <= end:
            self._fire_next()
            await _settle()
        self._now = max(self._now, end)
        await _settle()

    def _pump(self, loop: asyncio.AbstractEventLoop, turns: int) -> None:
        """Count one iteration of the loop; after enough of them, fire the next timer."""
        if self._pumping is not loop:
            return
        if turns > 0:
            loop.call_soon(self._pump, loop, turns - 1)
        elif self._next_moment() is None:
            self._pumping = None
        else:
            self._fire_next()
            loop.call_soon(self._pump, loop, _TURNS)

    def _next_moment(self) -> float | None:
        """Return when the next live timer is due; None without one."""
        while self._timers and self._timers[0][2].is_dead:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _fire_next(self) -> None:
        moment, _, timer = heapq.heappop(self._timers)
        self._now = max(self._now, moment)
        timer.fire()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _settle() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
