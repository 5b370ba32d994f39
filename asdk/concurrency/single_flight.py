"""`SingleFlight`: one token request in flight and its waiters, in any event loop. Made by `TokenSource`.

The request runs in its own task with an empty context, so cancelling a caller does not cancel it. It even survives the
cancellation of all tasks at the end of a loop, because an endpoint that has already rotated a refresh token cannot be
asked a second time.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from asdk.clock import Clock, Timer

T = TypeVar("T")

Loop: TypeAlias = asyncio.AbstractEventLoop

# How often waiters check that the loop of their flight is still running, in seconds.
_BEAT = 0.2

#: How long a flight whose request may have been sent is waited for when its loop or client ends, in seconds.
GRACE = 5.0


class Missed(Enum):
    """The reason why a waiter got no outcome."""

    LOST = "the flight was abandoned, or takes longer than expected: decide again"
    LATE = "the waiter's own time is over"


#: The future of one waiter.
Seat: TypeAlias = asyncio.Future[T | Missed]


class SingleFlight(Generic[T]):
    """One token request in flight.

    Args:
        clock: measures the flight's deadline and its waiters' times.
        lock: the source's lock, held for a few instructions and never across an await.
        timeout: the maximum duration of the flight, in seconds.
        via: sends the request; its owner calls `finish` before it closes.

    Attributes:
        loop: the event loop that runs it.
        departed: whether the request may have been sent.
    """

    def __init__(self, clock: Clock, lock: threading.Lock, timeout: float, via: object) -> None:
        self.loop: Loop = asyncio.get_running_loop()
        self.via = via
        self.departed: bool = False
        self._clock = clock
        self._lock = lock
        self._ends = clock.monotonic() + timeout
        self._stood_still: float | None = None
        self._waiting: dict[Loop, set[Seat[T]]] = {}
        self._beats: dict[Loop, Timer] = {}
        self._bounds: dict[Loop, Timer] = {}
        self._task: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None

    # --- waiters --------------------------------------------------------------------------------------------------

    def join(self) -> Seat[T]:
        """Return a future for one caller. Call it with the lock held, then `wait` without."""
        loop = asyncio.get_running_loop()
        future: Seat[T] = loop.create_future()
        group = self._waiting.get(loop)
        if group is None:
            group = self._waiting[loop] = set()
            if loop is not self.loop:
                self._beats[loop] = self._clock.call_later(_BEAT, self._look, loop)
        group.add(future)
        return future

    async def wait(self, future: Seat[T], within: float | None) -> T | Missed:
        """Return the outcome, or the reason why there is none.

        Args:
            future: from `join`.
            within: the maximum time to wait, in seconds; None for as long as the flight takes.
        """
        timer = None
        if within is not None:
            left = self._ends - self._clock.monotonic()
            if within < left:
                timer = self._clock.call_later(within, _settle, [future], Missed.LATE)
            else:
                self._bound(future.get_loop(), left)
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()
            with self._lock:
                self._waiting.get(future.get_loop(), set()).discard(future)

    def _bound(self, loop: Loop, left: float) -> None:
        """Start a timer for a waiter. Waiters with more time than the flight share one: a timer each is expensive.

        A request that is sent extends the flight: its waiters then decide again.
        """
        with self._lock:
            if loop in self._waiting and loop not in self._bounds:
                self._bounds[loop] = self._clock.call_later(left, self._wake, loop)

    def _wake(self, loop: Loop) -> None:
        with self._lock:
            self._bounds.pop(loop, None)
            group, beat = self._waiting.pop(loop, set()), self._beats.pop(loop, None)
        if beat is not None:
            beat.cancel()
        _settle(list(group), Missed.LOST)

    def depart(self, timeout: float) -> None:
        """Note that a request is about to be sent: the flight is worth waiting for, this many seconds more."""
        self.departed = True
        self._ends = self._clock.monotonic() + timeout

    def is_lost(self) -> bool:
        """Return whether there will be no outcome: the flight's loop is closed or stopped, or its time is over.

        `asyncio.run` also stops its loop briefly before it finishes the remaining tasks, so a loop must be seen stopped
        twice.
        """
        now = self._clock.monotonic()
        if self.loop.is_closed() or now >= self._ends:
            return True
        if self.loop.is_running():
            self._stood_still = None
        elif self._stood_still is None:
            self._stood_still = now
        return self._stood_still is not None and now - self._stood_still >= _BEAT / 2

    def _look(self, loop: Loop) -> None:
        """Check, from another loop, whether the flight is still worth waiting for."""
        lost = self.is_lost()
        with self._lock:
            self._beats.pop(loop, None)
            group = self._waiting.get(loop, set())
            if group and not lost:
                self._beats[loop] = self._clock.call_later(_BEAT, self._look, loop)
            else:
                self._waiting.pop(loop, None)  # otherwise later waiters would join a group without a check
        if lost:
            _settle(list(group), Missed.LOST)

    def settle(self, outcome: T | Missed) -> None:
        """Wake every waiter with the outcome, once per loop."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            beats, self._beats = self._beats, {}
            bounds, self._bounds = self._bounds, {}
        here = asyncio._get_running_loop()  # None when the flight is collected after its loop was closed
        for loop, group in waiting.items():
            timers = [timer for timer in (beats.get(loop), bounds.get(loop)) if timer is not None]
            if loop is here:
                _settle_and_stop(list(group), outcome, timers)
            elif not loop.is_closed():
                _call(loop, _settle_and_stop, list(group), outcome, timers)

    # --- the flight --------------------------------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start the flight in the running loop.

        Args:
            work: sends the request and always calls `settle`.
        """
        # In an empty context: the tenant, span and log fields of the first caller are not those of the others.
        self._task = self.loop.create_task(work, context=contextvars.Context())
        # A loop that ends cancels every registered task and what it awaits, so no shield helps. The
        # flight is therefore taken out of the register, and a guard stands in for it that answers the cancellation by
        # waiting.
        asyncio._unregister_task(self._task)
        self._guard = self.loop.create_task(self._stand_guard(self._task), context=contextvars.Context())

    async def _stand_guard(self, task: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            await self._end(task)

    async def _end(self, task: asyncio.Task[None]) -> None:
        """Let a flight finish within the grace period if its request was sent; cancel it otherwise."""
        if self.departed:
            await asyncio.wait([task], timeout=GRACE)
        task.cancel()
        await asyncio.wait([task], timeout=GRACE)

    async def finish(self) -> None:
        """Finish or cancel the flight: when this returns, nothing of it is left in the running loop."""
        if self._task is None:
            return
        if self.loop is asyncio.get_running_loop():
            await self._end(self._task)
        elif not self.loop.is_closed():
            with self._lock:
                future = self.join()
            if isinstance(await self.wait(future, GRACE), Missed):
                _call(self.loop, self._task.cancel)


def _settle(futures: list[asyncio.Future[Any]], outcome: object) -> None:
    for future in futures:
        if not future.done():
            future.set_result(outcome)


def _settle_and_stop(futures: list[asyncio.Future[Any]], outcome: object, timers: list[Timer]) -> None:
    for timer in timers:
        timer.cancel()
    _settle(futures, outcome)


def _call(loop: Loop, callback: Any, *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(callback, *args)
    except RuntimeError:
        # Closed between the check and the call: its waiters ended with it.
        return
