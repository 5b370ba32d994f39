"""PermitSource and their moments: the arithmetic of rate limits. No clock, no lock, no I/O; times are monotonic
seconds.

`PermitSource` is what `RateLimit` asks; `Bucket` gives them out by a rate of its own, `ReservedPermits` gives out what
was reserved
elsewhere, and a share of its own while nothing can be reserved.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

#: For how long a permit whose moment has come is kept for a call that waits for it, in seconds. Timers are late, and
#: a rate must not suffer from that; but what a machine has slept through is gone, or it would come as one burst.
GRAIN = 0.05


class PermitSource(Protocol):
    """Gives out one permit after another."""

    def due(self, now: float) -> float:
        """The moment of the next permit; in the past if it can be had now, infinite if nobody knows."""
        ...

    def take(self, now: float, *, queued: bool = False) -> None:
        """Take the permit that is due. ``queued``: for a call that waited for it since before it was due."""
        ...

    def give_back(self) -> None:
        """The last permit was not used."""
        ...

    def hold(self, until: float) -> None:
        """No permit before this moment, and no burst then."""


class Bucket:
    """A bucket of tokens, kept as one moment: the generic cell rate algorithm.

    In any span of *t* seconds it gives at most ``per_second * t + burst`` permits, and `GRAIN` seconds' more after
    timers that were late.

    Args:
        per_second: how many permits flow in.
        burst: how many it holds when it is full, as it is at first.
    """

    __slots__ = ("_arrival", "_held", "_interval", "_tolerance")

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._tolerance = (burst - 1) * self._interval
        self._arrival = float("-inf")  # the theoretical arrival time: when the bucket will be full again
        self._held = float("-inf")

    def due(self, now: float) -> float:
        return max(self._arrival - self._tolerance, self._held)

    def take(self, now: float, *, queued: bool = False) -> None:
        self._arrival = max(self._arrival, now - GRAIN if queued else now) + self._interval

    def give_back(self) -> None:
        self._arrival -= self._interval

    def hold(self, until: float) -> None:
        self._held = max(self._held, until)
        self._arrival = max(self._arrival, until + self._tolerance)


class ReservedPermits:
    """PermitSource that were reserved ahead, each for a moment of its own; and, in an outage, a local share.

    The share ends at a moment too: when nothing can be reserved that moment is infinitely far, and afterwards it is
    that from which the reservations of all count again.
    """

    __slots__ = ("_held", "_last", "_moments", "_share", "share_until")

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._held = -math.inf
        self._share: Bucket | None = None
        self._last: float | None = None  # the last permit that was taken, if it was a reserved one
        self.share_until = -math.inf

    def __len__(self) -> int:
        """How many reserved permits are left."""
        return len(self._moments)

    def due(self, now: float) -> float:
        while self._moments and self._moments[0] < now - GRAIN:
            self._moments.popleft()  # the machine slept through it
        return max(min(self._leased(), self._shared(now)), self._held)

    def take(self, now: float, *, queued: bool = False) -> None:
        shared = self._shared(now)
        self._last = None
        if self._share is not None and shared < self._leased():
            self._share.take(now, queued=queued)
        else:
            self._last = self._moments.popleft()

    def give_back(self) -> None:
        if self._last is not None:
            self._moments.appendleft(self._last)
            self._last = None
        elif self._share is not None:
            self._share.give_back()

    def _leased(self) -> float:
        return self._moments[0] if self._moments else math.inf

    def _shared(self, now: float) -> float:
        """When the share has its next permit, if it is in force then."""
        if self._share is None or now >= self.share_until:
            return math.inf
        due = self._share.due(now)
        return due if due < self.share_until else math.inf

    def hold(self, until: float) -> None:
        self._held = max(self._held, until)
        if self._share is not None:
            self._share.hold(until)
        while self._moments and self._moments[0] < until:
            self._moments.popleft()  # others moved theirs too: the shared clock is pushed forward

    def reserve(self, first: float, interval: float, count: int, now: float) -> None:
        """Add permits, the first for that moment and the others an interval apart; none of them lies in the past."""
        self._moments.extend(max(now, first + index * interval) for index in range(count))

    def fall_back(self, share: Bucket, now: float, after: float) -> None:
        """Nothing can be reserved any more: give out a share, but only when what all have reserved has been used."""
        self._share = share
        self.share_until = math.inf
        share.hold(max(now + after, self._moments[-1] if self._moments else now))

    def come_back(self, until: float) -> None:
        """The reservations count again, from this moment on."""
        self.share_until = until
