"""`RateLimit`: a maximum of requests per second, lowered when the server asks for it.

It sits below retry, so that each attempt needs a permit, and below auth, so that no permit waits for a token.

Each waiting call has a future in its own event loop, and each loop with waiting calls has one timer. Permits are
granted to the queue when they are due, never assigned ahead, so that a cancelled call loses none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

import attrs

from asdk.clock import Clock, Timer
from asdk.concurrency.fork import reset_after_fork
from asdk.errors import ConfigurationError, TokenError
from asdk.http.headers import Headers
from asdk.http.rate_limit_headers import FIELDS, asked_to_wait, read_quotas
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.middleware.traffic.fair_queue import FairQueue, Loop, Waiter, queue_timeout
from asdk.middleware.traffic.token_bucket import Bucket, PermitSource
from asdk.transports.base import Handler

#: The longest wait that one response of a server can cause, in seconds. Then one request asks it again.
MAX_HOLD = 3600.0

# The pause after a 429 without a Retry-After, in seconds: it doubles with each consecutive one.
_FIRST_PAUSE, _MAX_PAUSE = 1.0, 60.0

# How many limits of one server are tracked.
_MAX_QUOTAS = 8

# How often a loop checks the queue while calls wait in other loops too, in seconds: a closed loop loses its timer.
_CHECK_INTERVAL = 0.2

# How early a permit counts as due, in seconds: timers and sums of floats are not exact.
_EARLY = 1e-6


@attrs.define
class _RemainingQuota:
    """The rest of one of the server's own limits, less the requests sent since the server reported it."""

    remaining: int
    until: float


class RateLimit:
    """At most ``per_second`` requests per second, evenly spaced, and up to ``burst`` at once after a pause.

    Calls that must wait do so in a fair queue: first come, first served within a tenant, and one tenant after another,
    so that a tenant with many calls does not starve the others. A call whose turn would come after its deadline fails
    at once, with a `DeadlineExceededError` that says when to try again.

    It reads every response: ``RateLimit``, ``X-RateLimit-*`` and similar fields report how many requests are left until
    when; after a 429 all calls wait, not only the one that got it: as long as ``Retry-After`` says, an hour at most, or
    else until the limit that the response reports as spent resets, or else a second, doubling with each further 429. A
    403 does the same if it has one of the two, and a 503 if it has a ``Retry-After``.

    Clients that get the same object share the limit, in any loops and threads. Each process has its own limit; a fleet
    needs a `RedisRateLimit`. A permit is used at once: the call has waited for its token before, and for a connection
    too, in the `ConcurrencyLimit` that a client has beside a rate limit by default.

    Args:
        per_second: requests per second; ``100 / 60`` for a hundred per minute.
        burst: how many requests may be sent at once after a pause.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    order = StackOrder.RATE_LIMIT

    def __init__(self, per_second: float, burst: int = 1) -> None:
        if not _is_number(per_second) or not 0 < per_second < math.inf:
            raise ConfigurationError(f"per_second must be a number of requests above 0, got {per_second!r}")
        if not isinstance(burst, int) or isinstance(burst, bool) or burst < 1:
            raise ConfigurationError(f"burst must be a whole number of requests, at least 1, got {burst!r}")
        self.per_second: float = float(per_second)
        self.burst = burst
        self.reset()
        reset_after_fork(self.reset)

    def reset(self) -> None:
        """Forget waiting calls and what responses reported: at first, and in a forked child."""
        self._queue = FairQueue()
        self._permits: PermitSource = self._make_permits()
        self._timers: dict[Loop, Timer] = {}
        self._quotas: list[_RemainingQuota] = []
        self._issued = 0  # the number of the last permit
        self._reported = 0  # the number of the newest request whose response reported quotas
        self._throttled = 0  # how many consecutive 429s had no Retry-After
        self._throttled_at = 0  # the last permit issued before the last of them came

    def _make_permits(self) -> PermitSource:
        return Bucket(self.per_second, self.burst)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request with a permit, and read what the response reports."""
        queue = self._queue
        number = 0
        with queue.lock:
            now = request.clock.monotonic()
            if not queue and self._due(now) <= now + _EARLY:
                number = self._take(now)
        if not number:
            number = await self._wait(request)
        try:
            response = await call_next(request)
        except TokenError:  # raised by a step of on_send, as for an expired token: nothing was sent
            self._give_back(request.clock)
            raise
        if response.status in (403, 429, 503) or not FIELDS.isdisjoint(response.headers.fields):
            self._learn(response, number, request.clock)
        elif self._throttled and number > self._throttled_at:
            self._throttled = 0
        return response

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.per_second:g}, burst={self.burst})"

    def __reduce__(self) -> tuple[object, ...]:
        return RateLimit, (self.per_second, self.burst)

    # --- permits; with the lock held -----------------------------------------------------------------------------

    def _due(self, now: float) -> float:
        """Return when the next permit is due."""
        due = self._permits.due(now)
        for quota in self._quotas[:]:
            if quota.until <= now:
                self._quotas.remove(quota)
                if quota.remaining <= 0:
                    self._permits.hold(quota.until)  # no burst at the reset
            elif quota.remaining <= 0:
                due = max(due, quota.until)
        return due

    def _take(self, now: float, *, queued: bool = False) -> int:
        self._permits.take(now, queued=queued)
        for quota in self._quotas:
            quota.remaining -= 1
        self._issued += 1
        return self._issued

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def _wait(self, request: Request) -> int:
        """Wait for the turn of the call and return the number of its permit.

        Raises:
            DeadlineExceededError: the turn does not come within the deadline.
        """
        queue, clock = self._queue, request.clock
        waiter = None
        with queue.lock:
            now = clock.monotonic()
            wait = self._least_wait(request, now)
            if request.state.deadline is None or now + wait < request.state.deadline:
                waiter = queue.join(request)
                self._schedule(waiter.loop, clock, now)
        if waiter is None:
            raise queue_timeout(request, f"{self!r} has no permit for {wait:.3g} s", wait)
        try:
            if await queue.wait(waiter, clock, lambda _: self._give_back(clock)):
                return waiter.number
        finally:
            with queue.lock:
                if waiter.loop not in queue.loops and (timer := self._timers.pop(waiter.loop, None)) is not None:
                    timer.cancel()
        with queue.lock:
            now = clock.monotonic()
            wait = self._least_wait(request, now)
        raise queue_timeout(request, f"{self!r} had no permit in time", wait)

    def _least_wait(self, request: Request, now: float) -> float:
        """Return the least wait of a call that joins now; computed exactly only if the deadline may be missed."""
        due = self._due(now)
        wait = max(0.0, due - now) if due < math.inf else 0.0
        ahead = len(self._queue)
        if request.state.deadline is not None and now + wait + ahead / self.per_second >= request.state.deadline:
            ahead = self._queue.ahead_of(request.options.tenant)
        return wait + ahead / self.per_second

    def _schedule(self, loop: Loop, clock: Clock, now: float) -> None:
        """Set the timer of the running loop to when the next permit is due. Called with the lock held."""
        if loop in self._timers or loop not in self._queue.loops:
            return
        delay = min(max(0.0, self._due(now) - now), self._max_timer_delay(now))
        if delay < math.inf:
            self._timers[loop] = clock.call_later(delay, self._on_timer, loop, clock)

    def _max_timer_delay(self, now: float) -> float:
        return _CHECK_INTERVAL if len(self._queue.loops) > 1 else math.inf

    def _on_timer(self, loop: Loop, clock: Clock) -> None:
        """Grant the permits that are due, to waiters in any loop. Called by the timer of a loop."""
        with self._queue.lock:
            timer = self._timers.pop(loop, None)
        if timer is not None:
            timer.cancel()
        self._grant_due(loop, clock)

    def _grant_due(self, loop: Loop | None, clock: Clock) -> None:
        """Grant the permits that are due, and set the timer of the loop again."""
        granted: list[Waiter] = []
        with self._queue.lock:
            now = clock.monotonic()
            while self._queue and self._due(now) <= now + _EARLY and (waiter := self._queue.next()) is not None:
                waiter.number = self._take(now, queued=True)
                granted.append(waiter)
            if loop is not None:
                self._schedule(loop, clock, now)
        for waiter in granted:
            if not waiter.wake():  # its loop has just been closed
                self._give_back(clock)

    def _give_back(self, clock: Clock) -> None:
        """Return an unused permit, for the next waiter."""
        with self._queue.lock:
            self._permits.give_back()
            for quota in self._quotas:
                quota.remaining += 1
        self._grant_due(None, clock)

    # --- learning --------------------------------------------------------------------------------------------------

    def _learn(self, response: Response, number: int, clock: Clock) -> None:
        """Apply what the server reports about its limits."""
        headers: Headers = response.headers
        wall = clock.time()
        wait = asked_to_wait(response.status, headers, wall)
        latest = MAX_HOLD if wait is None else min(wait, MAX_HOLD)  # a Retry-After takes precedence over a later reset
        quotas = read_quotas(headers, wall)
        rejected: Sequence[Waiter] = ()
        with self._queue.lock:
            now = clock.monotonic()
            before = self._due(now)
            if response.status == 429 and not wait:
                wait = self._next_pause(number)
            elif response.status < 400 and number > self._throttled_at:
                self._throttled = 0
            # The response to an earlier request is older, even if it arrives later.
            if quotas and number > self._reported:
                self._reported = number
                since = self._issued - number
                self._quotas = [
                    _RemainingQuota(quota.remaining - since, now + min(quota.reset, latest))
                    for quota in quotas[:_MAX_QUOTAS]
                    if quota.remaining is not None and quota.reset is not None
                ]
            if wait:
                rejected = self._hold(now, now + min(wait, MAX_HOLD), clock)
            sooner = self._due(now) < before
        for waiter in rejected:
            waiter.wake()
        if sooner:
            self._wake_loops(clock)

    def _wake_loops(self, clock: Clock) -> None:
        """Check the queue in each loop with waiting calls: the next permit is due sooner than their timers."""
        with self._queue.lock:
            loops = list(self._queue.loops)
        for loop in loops:
            with suppress(RuntimeError):  # just closed
                loop.call_soon_threadsafe(self._on_timer, loop, clock)

    def _next_pause(self, number: int) -> float:
        """Return the pause after a 429 without a Retry-After.

        429s of requests that were in flight together count as one.
        """
        if number <= self._throttled_at:
            return 0.0
        self._throttled_at = self._issued
        self._throttled += 1
        return min(_MAX_PAUSE, _FIRST_PAUSE * 2.0 ** (self._throttled - 1))

    def _hold(self, now: float, until: float, clock: Clock) -> Sequence[Waiter]:
        """Issue no permit before this time; remove and return the waiters with an earlier deadline, to be woken."""
        self._permits.hold(until)
        return self._queue.remove_late(until)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
