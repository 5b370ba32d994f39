"""`SingleFlight`: one request in flight and its waiters, in any event loop. Made by `TokenSource`.

The request runs in its own task with an empty context, so cancelling a caller does not cancel it. It even survives the
cancellation of all tasks at the end of a loop, because an endpoint that has already rotated a refresh token cannot be
asked a second time.
"""

from __future__ import annotations

import asyncio
import collections.abc
import threading
from collections.abc import Coroutine, Generator
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from asdk.clock import Clock, Timer
from asdk.concurrency.event_loop import running_loop
from asdk.concurrency.late_timer import call_after
from asdk.concurrency.tasks import create_task

T = TypeVar("T")

Loop: TypeAlias = asyncio.AbstractEventLoop

# How often waiters check that the loop of their flight is still running, in seconds.
_POLL_INTERVAL = 0.2

#: How long a flight whose request may have been sent is waited for when its loop or client ends, in seconds.
SHUTDOWN_GRACE = 5.0


class NoResult(Enum):
    """The reason why a waiter got no outcome."""

    ABANDONED = "the flight was abandoned, or takes longer than expected: decide again"
    TIMED_OUT = "the waiter's own time is over"


#: The future of one waiter.
Waiter: TypeAlias = asyncio.Future[T | NoResult]


class SingleFlight(Generic[T]):
    """One request in flight.

    Args:
        clock: measures the flight's deadline and its waiters' times.
        lock: the owner's lock, held for a few instructions and never across an await.
        timeout: the maximum duration of the flight, in seconds.
        sender: sends the request; its owner calls `finish` before it closes.

    Attributes:
        loop: the event loop that runs it.
        sent: whether the request may have been sent.
    """

    def __init__(self, clock: Clock, lock: threading.Lock, timeout: float, sender: object) -> None:
        self.loop: Loop = asyncio._get_running_loop() or running_loop()
        self.sender = sender
        self.sent: bool = False
        self._clock = clock
        self._lock = lock
        self._deadline = clock.monotonic() + timeout
        self._stopped_since: float | None = None
        self._waiting: dict[Loop, set[Waiter[T]]] = {}
        self._polls: dict[Loop, Timer] = {}
        self._timeouts: dict[Loop, Timer] = {}
        self._task: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None

    # --- waiters --------------------------------------------------------------------------------------------------

    def join(self) -> Waiter[T]:
        """Return a future for one caller. Call it with the lock held, then `wait` without."""
        loop = asyncio.get_running_loop()
        future: Waiter[T] = loop.create_future()
        group = self._waiting.get(loop)
        if group is None:
            group = self._waiting[loop] = set()
            if loop is not self.loop:
                self._polls[loop] = self._clock.call_later(_POLL_INTERVAL, self._poll, loop)
        group.add(future)
        return future

    async def wait(self, future: Waiter[T], timeout: float | None) -> T | NoResult:  # noqa: ASYNC109
        """Return the outcome, or the reason why there is none.

        Args:
            future: from `join`.
            timeout: the maximum time to wait, in seconds; None for as long as the flight takes.
        """
        timer = None
        if timeout is not None:
            left = self._deadline - self._clock.monotonic()
            if timeout < left:
                timer = call_after(self._clock, timeout, _settle, [future], NoResult.TIMED_OUT)
            else:
                self._limit(future.get_loop(), left)
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()
            with self._lock:
                self._waiting.get(future.get_loop(), set()).discard(future)

    def _limit(self, loop: Loop, left: float) -> None:
        """Start a timer for a waiter. Waiters with more time than the flight share one: a timer each is expensive.

        A request that is sent extends the flight: its waiters then decide again.
        """
        with self._lock:
            if loop in self._waiting and loop not in self._timeouts:
                self._timeouts[loop] = call_after(self._clock, left, self._wake, loop)

    def _wake(self, loop: Loop) -> None:
        with self._lock:
            self._timeouts.pop(loop, None)
            group, poll = self._waiting.pop(loop, set()), self._polls.pop(loop, None)
        if poll is not None:
            poll.cancel()
        _settle(list(group), NoResult.ABANDONED)

    def mark_sent(self, timeout: float) -> None:
        """Note that a request is about to be sent: the flight is worth waiting for, this many seconds more."""
        self.sent = True
        self._deadline = self._clock.monotonic() + timeout

    def is_lost(self) -> bool:
        """Return whether there will be no outcome: the flight's loop is closed or stopped, or its time is over."""
        return self._clock.monotonic() >= self._deadline or self._has_stopped()

    def is_overdue(self) -> bool:
        """Return whether its time is over although its loop is running: a blocked loop may still read the response."""
        return self.sent and self._clock.monotonic() >= self._deadline and not self._has_stopped()

    def _has_stopped(self) -> bool:
        """Return whether the flight's loop is closed or stopped.

        `asyncio.run` also stops its loop briefly before it finishes the remaining tasks, so a loop must be seen stopped
        twice.
        """
        if self.loop.is_closed():
            return True
        now = self._clock.monotonic()
        if self.loop.is_running():
            self._stopped_since = None
        elif self._stopped_since is None:
            self._stopped_since = now
        return self._stopped_since is not None and now - self._stopped_since >= _POLL_INTERVAL / 2

    def _poll(self, loop: Loop) -> None:
        """Check, from another loop, whether the flight is still worth waiting for."""
        lost = self.is_lost()
        with self._lock:
            self._polls.pop(loop, None)
            group = self._waiting.get(loop, set())
            if group and not lost:
                self._polls[loop] = self._clock.call_later(_POLL_INTERVAL, self._poll, loop)
            else:
                self._waiting.pop(loop, None)  # otherwise later waiters would join a group without a check
        if lost:
            _settle(list(group), NoResult.ABANDONED)

    def settle(self, outcome: T | NoResult) -> None:
        """Wake every waiter with the outcome, once per loop."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            polls, self._polls = self._polls, {}
            timeouts, self._timeouts = self._timeouts, {}
        here = asyncio._get_running_loop()  # None when the flight is collected after its loop was closed
        for loop, group in waiting.items():
            timers = [timer for timer in (polls.get(loop), timeouts.get(loop)) if timer is not None]
            if loop is here:
                _settle_and_stop(list(group), outcome, timers)
            elif not loop.is_closed():
                _call(loop, _settle_and_stop, list(group), outcome, timers)

    # --- the flight --------------------------------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start the flight in the running loop.

        Args:
            work: sends the request and always calls `settle`.

        Raises:
            Exception: raised by the loop's task factory; nothing was started then.
        """
        try:
            self._task = create_task(work, loop=self.loop)
        except BaseException:
            work.close()
            raise
        # A loop that ends cancels every registered task and what it awaits, so no shield helps. The
        # flight is therefore taken out of the register, and a guard stands in for it that answers the cancellation by
        # waiting.
        asyncio._unregister_task(self._task)
        self._guard = create_task(_ShutdownGuard(self), loop=self.loop)

    async def follow(self) -> None:
        """Wait until the flight is over."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def end(self) -> None:
        """Let a flight finish within the grace period if its request was sent; cancel it otherwise."""
        if self._task is None:
            return
        if self.sent:
            await asyncio.wait([self._task], timeout=SHUTDOWN_GRACE)
        self._task.cancel()
        await asyncio.wait([self._task], timeout=SHUTDOWN_GRACE)

    def cancel(self) -> None:
        """Cancel the flight, from any thread; its waiters decide again."""
        if self._task is not None and not self._task.done() and not self.loop.is_closed():
            _call(self.loop, self._task.cancel)

    async def finish(self) -> None:
        """Finish or cancel the flight: when this returns, nothing of it is left in the running loop."""
        if self._task is None:
            return
        if self.loop is asyncio.get_running_loop():
            await self.end()
        elif not self.loop.is_closed():
            with self._lock:
                future = self.join()
            if isinstance(await self.wait(future, SHUTDOWN_GRACE), NoResult):
                self.cancel()


class _ShutdownGuard(collections.abc.Coroutine[Any, None, None]):
    """A coroutine that waits for a flight, and ends the flight in good order when it is cancelled.

    A class, because a loop that ends in the turn in which the guard was made cancels the guard before its first step:
    a coroutine function would not run at all. This one has taken its first step already.
    """

    def __init__(self, flight: SingleFlight[Any]) -> None:
        self.__qualname__ = "shutdown_guard"  # as asyncio names it in its reports
        self._steps = _follow(flight)
        self._steps.send(None)  # up to its first await, so that a cancellation always finds it inside its try

    def __await__(self) -> Generator[Any, None, None]:
        return (yield from self._steps.__await__())

    def send(self, value: None) -> Any:
        """Run until the next wait."""
        return self._steps.send(value)

    def throw(self, kind: Any, value: Any = None, frames: Any = None) -> Any:
        """Run until the next wait, with an exception."""
        return self._steps.throw(kind if value is None else value)

    def close(self) -> None:
        """Close the coroutine."""
        self._steps.close()


async def _follow(flight: SingleFlight[Any]) -> None:
    try:
        await asyncio.sleep(0)
        await flight.follow()
    except asyncio.CancelledError:
        await flight.end()


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
