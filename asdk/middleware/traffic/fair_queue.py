"""`FairQueue`: calls that wait for their turn, in any event loop or thread, served one tenant after another.

`RateLimit` and `ConcurrencyLimit` decide when a turn comes; the queue decides whose turn it is. No permit is assigned
to a position in the queue: a call that leaves it, cancelled or late, loses no permit, and all calls behind it move up.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from asdk.clock import Clock
from asdk.concurrency.event_loop import current_loop, running_loop
from asdk.errors import DeadlineExceededError
from asdk.http.options import Tenant
from asdk.http.request import Request

Loop: TypeAlias = asyncio.AbstractEventLoop


class Waiter:
    """One call in the queue.

    Attributes:
        loop: the event loop in which it waits.
        tenant: of the call.
        deadline: of the call, in monotonic seconds of its clock; None for none.
        granted: whether its turn has come; it has left the queue then.
        number: the number of the permit that was granted; set and read by `RateLimit`.
    """

    __slots__ = ("_future", "deadline", "granted", "loop", "number", "tenant")

    def __init__(self, loop: Loop, tenant: Tenant | None, deadline: float | None) -> None:
        self.loop: Loop = loop
        self.tenant: Tenant | None = tenant
        self.deadline: float | None = deadline
        self.granted: bool = False
        self.number: int = 0
        self._future: asyncio.Future[bool] = loop.create_future()

    def wake(self) -> bool:
        """Wake the call in its own loop; return False if that loop is closed."""
        if self.loop is current_loop():
            self._settle()
            return True
        try:
            self.loop.call_soon_threadsafe(self._settle)
        except RuntimeError:
            return False
        return True

    async def turn(self) -> bool:
        """Wait for the turn; return False if the call was rejected."""
        return await self._future

    def _settle(self) -> None:
        if not self._future.done():
            self._future.set_result(self.granted)


class FairQueue:
    """Waiting calls: first come, first served within a tenant, and one tenant after another.

    Attributes:
        lock: guards the queue and its owner's counts; held for a few instructions, never across an await. All methods
            except `wait` are called with it held. Reentrant, because the garbage collector may close a forgotten call
            at any point, also while this thread holds the lock.
        loops: how many calls wait in each event loop.
    """

    __slots__ = ("_waiting", "lock", "loops")

    def __init__(self) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.loops: Counter[Loop] = Counter()
        self._waiting: OrderedDict[Tenant | None, OrderedDict[Waiter, None]] = OrderedDict()

    def __len__(self) -> int:
        return self.loops.total()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def join(self, request: Request) -> Waiter:
        """Append a request to the queue of its tenant, in the running loop."""
        tenant = request.options.tenant
        waiter = Waiter(running_loop(), tenant, request.state.deadline)
        self._waiting.setdefault(tenant, OrderedDict())[waiter] = None
        self.loops[waiter.loop] += 1
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Remove a waiter, if it still waits."""
        group = self._waiting.get(waiter.tenant)
        if group is None or waiter not in group:
            return
        del group[waiter]
        if not group:
            del self._waiting[waiter.tenant]
        self.loops[waiter.loop] -= 1
        if not self.loops[waiter.loop]:
            del self.loops[waiter.loop]

    def next(self) -> Waiter | None:
        """Remove and return the waiter whose turn it is; its tenant becomes the last one.

        A waiter in a loop that does not run gets a turn only if no other waiter exists; in a closed loop, never.
        """
        sleeper: Waiter | None = None
        for group in self._waiting.values():
            first = next(iter(group))
            if first.loop.is_running():
                return self._pop(first)
            break  # a loop does not run: check all waiters
        for group in list(self._waiting.values()):
            for waiter in list(group):
                if waiter.loop.is_running():
                    return self._pop(waiter)
                if waiter.loop.is_closed():
                    self.leave(waiter)
                else:
                    sleeper = sleeper or waiter
        return None if sleeper is None else self._pop(sleeper)

    def _pop(self, waiter: Waiter) -> Waiter:
        waiter.granted = True
        self.leave(waiter)
        if waiter.tenant in self._waiting:
            self._waiting.move_to_end(waiter.tenant)
        return waiter

    def ahead_of(self, tenant: Tenant | None) -> int:
        """Return how many calls precede the next one to join for this tenant, if no other joins."""
        own = len(self._waiting.get(tenant, ()))
        ahead, turns = own, own + 1
        for other, group in self._waiting.items():
            if other == tenant:
                turns = own  # the tenants after it have one turn less
            else:
                ahead += min(len(group), turns)
        return ahead

    def remove_late(self, before: float) -> list[Waiter]:
        """Remove and return the waiters with a deadline before this time. The caller wakes them without a grant."""
        waiting = (waiter for group in self._waiting.values() for waiter in group)
        late = [waiter for waiter in waiting if waiter.deadline is not None and waiter.deadline < before]
        for waiter in late:
            self.leave(waiter)
        return late

    async def wait(self, waiter: Waiter, clock: Clock, lost: Callable[[Waiter], None]) -> bool:
        """Wait for the turn. It is called without the lock.

        Args:
            waiter: from `join`.
            clock: measures the deadline.
            lost: called without the lock if the caller was cancelled just as its turn came.

        Returns:
            False if the deadline of the call came first.
        """
        timer = None
        if waiter.deadline is not None:
            timer = clock.call_later(max(0.0, waiter.deadline - clock.monotonic()), self._expire, waiter)
        try:
            return await waiter.turn()
        except BaseException:
            with self.lock:
                self.leave(waiter)
            if waiter.granted:
                lost(waiter)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _expire(self, waiter: Waiter) -> None:
        with self.lock:
            self.leave(waiter)
        waiter.wake()


def queue_timeout(request: Request, reason: str, wait: float | None = None) -> DeadlineExceededError:
    """Return the error of a call that cannot wait for its turn."""
    return DeadlineExceededError(
        f"{reason}, and the call has {max(0.0, request.remaining() or 0.0):.3g} s left of its total of "
        f"{request.options.timeout.total} s",
        method=request.method,
        template=request.template,
        attempts=request.state.attempts - 1,
        retry_after=wait,
        sent=False,
    )
