"""`ConcurrencyLimit`: a maximum of requests in flight, shared fairly between tenants.

It sits above the rate limit, so that a call does not take a permit and then wait for a slot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from asdk.concurrency.event_loop import running_loop
from asdk.concurrency.fork import reset_after_fork
from asdk.errors import ConfigurationError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.middleware.traffic.fair_queue import FairQueue, Waiter, queue_timeout
from asdk.transports.base import Handler


class ConcurrencyLimit:
    """At most ``n`` requests in flight at once, in all event loops and threads together.

    A request is in flight until its body has been read; a stream, until it is closed. Calls that must wait are served
    one tenant after another, and within a tenant in order of arrival. A call that waits past its deadline fails with a
    `DeadlineExceededError`. Clients that get the same object share the limit.

    Args:
        n: how many requests.

    Raises:
        ConfigurationError: n is not a whole number above 0.
    """

    order = StackOrder.CONCURRENCY

    def __init__(self, n: int) -> None:
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise ConfigurationError(f"n must be a whole number of requests, at least 1, got {n!r}")
        self.n = n
        self.reset()
        reset_after_fork(self.reset)

    def reset(self) -> None:
        """Free all slots: at first, and in a forked child."""
        self._queue = FairQueue()
        self._free = self.n
        self._dropped: deque[None] = deque()  # slots of streams that were never closed

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request when a slot is free."""
        if self._dropped:
            self._recover()
        queue = self._queue
        waiter = None
        with queue.lock:
            if self._free > 0 and not queue:
                self._free -= 1
            else:
                waiter = queue.join(request)
        if waiter is not None and self._dropped:
            self._recover()  # dropped just now by another thread, which did not see this call in the queue
        if waiter is not None and not await queue.wait(waiter, request.clock, self._hand_on):
            raise queue_timeout(request, f"{self!r} had no free slot in time")
        try:
            response = await call_next(request)
        except BaseException:
            self.release()
            raise
        if request.stream:
            response.on_close(_StreamSlot(self, self.release).leave)
        else:
            self.release()
        return response

    def __repr__(self) -> str:
        return f"ConcurrencyLimit({self.n})"

    def __reduce__(self) -> tuple[object, ...]:
        return ConcurrencyLimit, (self.n,)

    def release(self) -> None:
        """Free the slot of a finished request, for the call whose turn it is."""
        queue = self._queue
        while True:
            with queue.lock:
                waiter = queue.next() if queue else None
                if waiter is None:
                    self._free += 1
                    return
            if waiter.wake():
                return

    def drop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Release from a finalizer, which may run at any point and so must not take the lock."""
        self._dropped.append(None)
        # The stream's own loop may be closed, and calls may wait in other loops. If none of them runs, the next call
        # recovers the slot.
        for each in {loop, *tuple(self._queue.loops)}:
            with suppress(RuntimeError):  # closed
                each.call_soon_threadsafe(self._recover)

    def _recover(self) -> None:
        while self._dropped:
            try:
                self._dropped.pop()
            except IndexError:
                return  # another thread took it
            self.release()

    def _hand_on(self, _: Waiter) -> None:
        """Pass on the slot of a call that was cancelled just as its turn came."""
        self.release()


class _StreamSlot:
    """The slot of a stream, until the stream is closed or garbage collected."""

    __slots__ = ("_leave", "_limit", "_loop")

    def __init__(self, limit: ConcurrencyLimit, leave: Callable[[], None]) -> None:
        self._limit = limit
        self._leave: Callable[[], None] | None = leave
        self._loop = running_loop()

    def leave(self) -> None:
        """Free the slot, once."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def __del__(self) -> None:
        if self._leave is not None:
            self._limit.drop(self._loop)
