"""`SingleFlight`: one token request on its way, and everybody who waits for it, in whichever event loop.

Made by `TokenSource`. The request is nobody's child: it runs in a task of its own, in an empty context, and a caller
that is cancelled leaves alone. It outlives even the cancellation of everything at the end of a loop, since an endpoint
that has already changed a refresh token cannot be asked a second time.
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

# How often waiters look whether the other loop that leads their flight still runs, in seconds.
_BEAT = 0.2

#: How long a flight whose request may have left is waited for when its loop or client ends, in seconds.
GRACE = 5.0


class Missed(Enum):
    """Why a waiter got no outcome."""

    LOST = "the flight will not arrive, or takes longer than it was to: decide anew"
    LATE = "the waiter's own time is over"


#: What one waiter waits on.
Seat: TypeAlias = asyncio.Future[T | Missed]


class SingleFlight(Generic[T]):
    """One request in flight.

    Args:
        clock: measures the flight's own deadline and its waiters' times.
        lock: the source's, held for a few instructions and never across an await.
        timeout: seconds after which the flight is over at the latest.
        via: what carries the request; its owner calls `finish` before it goes.

    Attributes:
        loop: the event loop that leads it.
        departed: whether the request may have left this machine.
    """

    def __init__(self, clock: Clock, lock: threading.Lock, timeout: float, via: object) -> None:
        self.loop: Loop = asyncio.get_running_loop()
        self.via = via
        self.departed = False
        self._clock = clock
        self._lock = lock
        self._ends = clock.monotonic() + timeout
        self._stood_still: float | None = None
        self._waiting: dict[Loop, set[Seat[T]]] = {}
        self._beats: dict[Loop, Timer] = {}
        self._bounds: dict[Loop, Timer] = {}
        self._task: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None

    # --- who waits --------------------------------------------------------------------------------------------------

    def join(self) -> Seat[T]:
        """A future of the caller's own. Call it with the lock held, then `wait` without."""
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
        """The outcome, or why there is none.

        Args:
            future: from `join`.
            within: seconds to wait at most; None for as long as the flight takes.
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
        """Whoever has more time than the flight shares a timer, for one each would cost as much as all the rest. A
        request that leaves gives the flight more time: then they are to decide anew."""
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
        """A request is about to leave: from here on the flight is worth waiting for, so many seconds more."""
        self.departed = True
        self._ends = self._clock.monotonic() + timeout

    def is_lost(self) -> bool:
        """Whether the outcome will never come: the leading loop is gone or stands still, or the time is over.

        `asyncio.run` stops its loop for a moment too, before it lets what is left in it come to an end: a loop has to
        be seen standing still twice.
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
        """From a loop that does not lead: is there still something to wait for?"""
        lost = self.is_lost()
        with self._lock:
            self._beats.pop(loop, None)
            group = self._waiting.get(loop, set())
            if group and not lost:
                self._beats[loop] = self._clock.call_later(_BEAT, self._look, loop)
            else:
                self._waiting.pop(loop, None)  # or who joins later would find a group that nobody looks after
        if lost:
            _settle(list(group), Missed.LOST)

    def settle(self, outcome: T | Missed) -> None:
        """Wake every waiter with the outcome, once a loop."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            beats, self._beats = self._beats, {}
            bounds, self._bounds = self._bounds, {}
        here = asyncio._get_running_loop()  # None when a flight is collected whose loop was closed under it
        for loop, group in waiting.items():
            timers = [timer for timer in (beats.get(loop), bounds.get(loop)) if timer is not None]
            if loop is here:
                _settle_and_stop(list(group), outcome, timers)
            elif not loop.is_closed():
                _call(loop, _settle_and_stop, list(group), outcome, timers)

    # --- who leads --------------------------------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Set off, in the running loop.

        Args:
            work: sends the request and calls `settle`, whatever happens.
        """
        # In an empty context: the leader's tenant, span or log fields are not those of the others.
        self._task = self.loop.create_task(work, context=contextvars.Context())
        # When a loop ends it cancels every task in its register, also what a task awaits, so no shield helps. The
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
        """Let a departed flight arrive, within the grace; cancel any other."""
        if self.departed:
            await asyncio.wait([task], timeout=GRACE)
        task.cancel()
        await asyncio.wait([task], timeout=GRACE)

    async def finish(self) -> None:
        """Let it arrive, or end it: when this returns, nothing of it is left in the running loop."""
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
        # Closed between the look and the call: whoever waited there is gone with it.
        return
