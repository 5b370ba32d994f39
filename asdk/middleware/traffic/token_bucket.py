"""Permits and when they are due: the arithmetic of rate limits. No clock, no lock, no I/O; times are monotonic seconds.

`RateLimit` uses a `PermitSource`: a `Bucket` issues permits at its own rate; `ReservedPermits` issues permits that were
reserved in Redis, and a local share while Redis is unreachable.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

#: How long a due permit is kept for a call that waits for it, in seconds. Timers fire late, and the rate must not drop
#: because of that; but permits that a machine slept through are lost, or they would be used as one burst.
TIMER_SLACK = 0.05


class PermitSource(Protocol):
    """Issues one permit after another; `RateLimit` takes them."""

    def due(self, now: float) -> float:
        """Return when the next permit is due; in the past if it is due now, infinite if unknown."""
        ...

    def take(self, now: float, *, queued: bool = False) -> None:
        """Take the due permit. ``queued``: for a call that has waited since before the permit was due."""
        ...

    def give_back(self) -> None:
        """Return the last permit, which was not used."""
        ...

    def hold(self, until: float) -> None:
        """Issue no permit before this time, and no burst then."""


class Bucket:
    """A token bucket that is stored as one time: the generic cell rate algorithm.

    In *t* seconds it issues at most ``per_second * t + burst`` permits, and those of `TIMER_SLACK` seconds more after
    late timers.

    Args:
        per_second: how many permits are added per second.
        burst: the capacity. The bucket is full at first.
    """

    __slots__ = ("_arrival", "_held", "_interval", "_tolerance")

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._tolerance = (burst - 1) * self._interval
        self._arrival = float("-inf")  # the theoretical arrival time: when the bucket is full again
        self._held = float("-inf")

    def due(self, now: float) -> float:
        """Return when the next permit is due."""
        return max(self._arrival - self._tolerance, self._held)

    def take(self, now: float, *, queued: bool = False) -> None:
        """Take a permit; one for a queued call counts from when it was due."""
        self._arrival = max(self._arrival, now - TIMER_SLACK if queued else now) + self._interval

    def give_back(self) -> None:
        """Return the last permit."""
        self._arrival -= self._interval

    def hold(self, until: float) -> None:
        """Issue no permit before this time, and no burst then."""
        self._held = max(self._held, until)
        self._arrival = max(self._arrival, until + self._tolerance)


class ReservedPermits:
    """Permits that were reserved ahead, each for a time of its own, and a local share during an outage.

    Attributes:
        share_until: when the local share expires: never while nothing can be reserved, and afterwards when the
            reservations of the whole fleet count again.
    """

    __slots__ = ("_held", "_last", "_moments", "_share", "share_until")

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._held = -math.inf
        self._share: Bucket | None = None
        self._last: float | None = None  # the last permit taken, if it was a reserved one
        self.share_until: float = -math.inf

    def __len__(self) -> int:
        """Return how many reserved permits are left."""
        return len(self._moments)

    def due(self, now: float) -> float:
        """Return when the next permit is due, reserved or of the share."""
        while self._moments and self._moments[0] < now - TIMER_SLACK:
            self._moments.popleft()  # the machine slept past it
        return max(min(self._leased(), self._shared(now)), self._held)

    def take(self, now: float, *, queued: bool = False) -> None:
        """Take the permit that is due first."""
        shared = self._shared(now)
        self._last = None
        if self._share is not None and shared < self._leased():
            self._share.take(now, queued=queued)
        else:
            self._last = self._moments.popleft()

    def give_back(self) -> None:
        """Return the last permit to where it came from."""
        if self._last is not None:
            self._moments.appendleft(self._last)
            self._last = None
        elif self._share is not None:
            self._share.give_back()

    def _leased(self) -> float:
        return self._moments[0] if self._moments else math.inf

    def _shared(self, now: float) -> float:
        """Return when the share has its next permit, infinite if it has expired by then."""
        if self._share is None or now >= self.share_until:
            return math.inf
        due = self._share.due(now)
        return due if due < self.share_until else math.inf

    def hold(self, until: float) -> None:
        """Issue no permit before this time, and drop the reserved ones."""
        self._held = max(self._held, until)
        if self._share is not None:
            self._share.hold(until)
        while self._moments and self._moments[0] < until:
            self._moments.popleft()  # other processes do the same: the shared clock is pushed forward

    def reserve(self, first: float, interval: float, count: int, now: float) -> None:
        """Add permits, the first at this time and the others an interval apart; none of them is in the past."""
        self._moments.extend(max(now, first + index * interval) for index in range(count))

    def fall_back(self, share: Bucket, now: float, after: float) -> None:
        """Issue permits of a local share, after the permits that the fleet has reserved have been used."""
        self._share = share
        self.share_until = math.inf
        share.hold(max(now + after, self._moments[-1] if self._moments else now))

    def come_back(self, until: float) -> None:
        """Use reservations again from this time on; the share expires then."""
        self.share_until = until
