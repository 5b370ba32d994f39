"""`FairQueue`: calls that wait for their turn, in any event loop or thread, and take turns by tenant.

Used by `RateLimit` and `ConcurrencyLimit`, which decide when a turn comes; this file decides whose it is. Nothing is
promised to a place in the queue: who leaves, cancelled or late, takes nothing along, and all behind move up.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Protocol, TypeAlias

from asdk.clock import Clock
from asdk.errors import DeadlineExceededError
from asdk.http.options import Tenant
from asdk.http.request import Request

Loop: TypeAlias = asyncio.AbstractEventLoop


class Seat:
    """One call's place in the queue.

    Attributes:
        loop: where it waits.
        tenant: for whom.
        deadline: when its call has to be over, on the clock's monotonic time; None for never.
        granted: whether its turn has come; it left the queue then.
        number: what was granted to it; the business of whoever grants.
    """

    __slots__ = ("_future", "deadline", "granted", "loop", "number", "tenant")

    def __init__(self, loop: Loop, tenant: Tenant | None, deadline: float | None) -> None:
        self.loop = loop
        self.tenant = tenant
        self.deadline = deadline
        self.granted = False
        self.number = 0
        self._future: asyncio.Future[bool] = loop.create_future()

    def wake(self) -> bool:
        """Tell the call, in its own loop, that its wait is over. False if that loop is closed."""
        if self.loop is running_loop():
            self._settle()
            return True
        try:
            self.loop.call_soon_threadsafe(self._settle)
        except RuntimeError:
            return False
        return True

    async def turn(self) -> bool:
        """Whether the turn came; False if the call was sent away."""
        return await self._future

    def _settle(self) -> None:
        if not self._future.done():
            self._future.set_result(self.granted)


class FairQueue:
    """Who waits, first come first served within a tenant, and one tenant after another.

    Attributes:
        lock: guards the queue and its owner's counts; held for a few instructions and never across an await. All but
            `wait` is called with it held. Reentrant, since the cycle collector may end a forgotten call at any moment,
            also while this thread holds it.
        loops: how many wait in each event loop.
    """

    __slots__ = ("_waiting", "lock", "loops")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.loops: Counter[Loop] = Counter()
        self._waiting: OrderedDict[Tenant | None, OrderedDict[Seat, None]] = OrderedDict()

    def __len__(self) -> int:
        return self.loops.total()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def join(self, request: Request) -> Seat:
        """Take the last place of the request's tenant, in the running loop."""
        tenant = request.options.tenant
        seat = Seat(asyncio.get_running_loop(), tenant, request.state.deadline)
        self._waiting.setdefault(tenant, OrderedDict())[seat] = None
        self.loops[seat.loop] += 1
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the place up, if it is still one."""
        group = self._waiting.get(seat.tenant)
        if group is None or seat not in group:
            return
        del group[seat]
        if not group:
            del self._waiting[seat.tenant]
        self.loops[seat.loop] -= 1
        if not self.loops[seat.loop]:
            del self.loops[seat.loop]

    def next(self) -> Seat | None:
        """The one whose turn it is. It leaves the queue, and its tenant goes to the end of the line.

        Whoever waits in a loop that stands still has a turn only if nobody else has; in a closed one, never.
        """
        sleeper: Seat | None = None
        for group in self._waiting.values():
            first = next(iter(group))
            if first.loop.is_running():
                return self._pop(first)
            break  # some loop stands still: look closer
        for group in list(self._waiting.values()):
            for seat in list(group):
                if seat.loop.is_running():
                    return self._pop(seat)
                if seat.loop.is_closed():
                    self.leave(seat)
                else:
                    sleeper = sleeper or seat
        return None if sleeper is None else self._pop(sleeper)

    def _pop(self, seat: Seat) -> Seat:
        seat.granted = True
        self.leave(seat)
        if seat.tenant in self._waiting:
            self._waiting.move_to_end(seat.tenant)
        return seat

    def ahead_of(self, tenant: Tenant | None) -> int:
        """How many have their turn before the next one who joins for this tenant, if nobody else comes."""
        own = len(self._waiting.get(tenant, ()))
        ahead, turns = own, own + 1
        for other, group in self._waiting.items():
            if other == tenant:
                turns = own  # whoever stands behind it in the line has one turn less
            else:
                ahead += min(len(group), turns)
        return ahead

    def send_away(self, before: float) -> list[Seat]:
        """Take out all whose deadline lies before this moment; they are to be woken, and find that they are late."""
        waiting = (seat for group in self._waiting.values() for seat in group)
        late = [seat for seat in waiting if seat.deadline is not None and seat.deadline < before]
        for seat in late:
            self.leave(seat)
        return late

    async def wait(self, seat: Seat, clock: Clock, lost: Callable[[Seat], None]) -> bool:
        """Wait for the turn. Call it without the lock.

        Args:
            seat: from `join`.
            clock: measures the deadline.
            lost: called without the lock if the turn came, but the caller was cancelled in the same moment.

        Returns:
            False if the call's deadline came first.
        """
        timer = None
        if seat.deadline is not None:
            timer = clock.call_later(max(0.0, seat.deadline - clock.monotonic()), self._expire, seat)
        try:
            return await seat.turn()
        except BaseException:
            with self.lock:
                self.leave(seat)
            if seat.granted:
                lost(seat)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _expire(self, seat: Seat) -> None:
        with self.lock:
            self.leave(seat)
        seat.wake()


def out_of_time(request: Request, reason: str, wait: float | None = None) -> DeadlineExceededError:
    """The error of a call that cannot wait for its turn."""
    return DeadlineExceededError(
        f"{reason}, and the call has {max(0.0, request.remaining() or 0.0):.3g} s left of its total of "
        f"{request.options.timeout.total} s",
        method=request.method,
        template=request.template,
        attempts=request.state.attempts - 1,
        retry_after=wait,
        sent=False,
    )


def running_loop() -> Loop | None:
    """The loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class ForkAware(Protocol):
    """What a forked child has to begin anew."""

    def begin(self) -> None:
        """Forget who waits and who is under way: they are in the parent, and so is who holds the lock."""


_forgetful: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def reset_after_fork(limit: ForkAware) -> None:
    """Have ``limit.begin()`` called in every forked child."""
    _forgetful.add(limit)


def _after_fork() -> None:
    for limit in list(_forgetful):
        limit.begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
