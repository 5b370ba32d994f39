"""`ConcurrencyLimit`: so many requests at once at most, shared fairly between tenants. Stands above the rate limit: a
permit is not taken by a call that then waits for a place.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from asdk.errors import ConfigurationError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.middleware.traffic.fair_queue import FairQueue, Seat, out_of_time, reset_after_fork
from asdk.transports.base import Handler


class ConcurrencyLimit:
    """At most ``n`` requests under way at once, in all event loops and threads together.

    A request is under way until its body has ended: that of a stream until it is closed. Calls that must wait are
    served one tenant after another, and within a tenant in their order; one that waits past its deadline fails with a
    `DeadlineExceededError`. Give one object to several clients, and they share the limit.

    Args:
        n: how many requests.

    Raises:
        ConfigurationError: it is no whole number above 0.
    """

    order = StackOrder.CONCURRENCY

    def __init__(self, n: int) -> None:
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise ConfigurationError(f"a ConcurrencyLimit is a whole number of requests, at least 1; it is {n!r}")
        self.n = n
        self.begin()
        reset_after_fork(self)

    def begin(self) -> None:
        """Everything is free: at first, and in a forked child."""
        self._queue = FairQueue()
        self._free = self.n
        self._dropped: deque[None] = deque()  # places of streams that nobody closed

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        if self._dropped:
            self._recover()
        queue = self._queue
        seat = None
        with queue.lock:
            if self._free > 0 and not queue:
                self._free -= 1
            else:
                seat = queue.join(request)
        if seat is not None and self._dropped:
            self._recover()  # dropped just now, by another thread, which did not see that this call waits
        if seat is not None and not await queue.wait(seat, request.clock, self._hand_on):
            raise out_of_time(request, f"{self!r} had no place in time")
        try:
            response = await call_next(request)
        except BaseException:
            self.release()
            raise
        if request.stream:
            response.on_close(_Place(self, self.release).leave)
        else:
            self.release()
        return response

    def __repr__(self) -> str:
        return f"ConcurrencyLimit({self.n})"

    def __reduce__(self) -> tuple[object, ...]:
        return ConcurrencyLimit, (self.n,)

    def release(self) -> None:
        """A request has ended: whose turn it is may go."""
        queue = self._queue
        while True:
            with queue.lock:
                seat = queue.next() if queue else None
                if seat is None:
                    self._free += 1
                    return
            if seat.wake():
                return

    def drop(self, loop: asyncio.AbstractEventLoop) -> None:
        """As `release`, for a finalizer: it may run in the middle of anything, so it must not take the lock."""
        self._dropped.append(None)
        # The stream's own loop may be over, and those that wait are perhaps in others. If none runs, the next call
        # finds it.
        for each in {loop, *tuple(self._queue.loops)}:
            with suppress(RuntimeError):  # closed
                each.call_soon_threadsafe(self._recover)

    def _recover(self) -> None:
        while self._dropped:
            try:
                self._dropped.pop()
            except IndexError:
                return  # another thread was faster
            self.release()

    def _hand_on(self, _: Seat) -> None:
        """Its caller was cancelled in the moment in which its turn came."""
        self.release()


class _Place:
    """What a stream holds until it is closed, or forgotten."""

    __slots__ = ("_leave", "_limit", "_loop")

    def __init__(self, limit: ConcurrencyLimit, leave: Callable[[], None]) -> None:
        self._limit = limit
        self._leave: Callable[[], None] | None = leave
        self._loop = asyncio.get_running_loop()

    def leave(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def __del__(self) -> None:
        if self._leave is not None:
            self._limit.drop(self._loop)
