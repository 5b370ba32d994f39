"""`RateLimit`: so many requests a second at most, and fewer when the server says so. Stands below retry, so that each
attempt needs a permit, and below `TokenGate`, so that no permit waits for a token.

Each call that must wait has a future in its own event loop, and each loop in which calls wait has one timer.
PermitSource
are given to the queue when they are due, never promised ahead: so a cancelled call takes none with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

import attrs

from asdk.clock import Clock, Timer
from asdk.errors import ConfigurationError, TokenError
from asdk.http.headers import Headers
from asdk.http.rate_limit_headers import FIELDS, asked_to_wait, read_quotas
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.middleware.traffic.fair_queue import FairQueue, Loop, Seat, out_of_time, reset_after_fork
from asdk.middleware.traffic.token_bucket import Bucket, PermitSource
from asdk.transports.base import Handler

#: No server keeps a client waiting for longer than this by one response, in seconds. Then it is asked again, once.
LONGEST_HOLD = 3600.0

# The pause after a 429 that does not say for how long, in seconds: it doubles with each further one.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

# How many limits of one server are kept track of.
_MOST_QUOTAS = 8

# How often a loop looks again while calls wait in others too, in seconds: their timers may have died with them.
_BEAT = 0.2

# So much before its moment a permit counts as due, in seconds: timers and sums of floats are not exact.
_EARLY = 1e-6


@attrs.define
class _Left:
    """What is left of one of the server's own limits, less what was sent since it said so."""

    remaining: int
    until: float


class RateLimit:
    """At most ``per_second`` requests a second, evenly, and up to ``burst`` at once after a pause.

    Calls that must wait do so in a fair queue: first come, first served, and one tenant after another, so that one who
    floods does not keep the others away. A call whose turn would come after its deadline fails at once, with a
    `DeadlineExceededError` that says when to come again.

    It learns from every response: from ``RateLimit``, ``X-RateLimit-*`` and their kin how much is left until when, and
    from a 429 that all calls, not only the one that got it, have to wait: as long as ``Retry-After`` says, an hour at
    most, or a second and then longer. 403 and 503 do the same if they carry a ``Retry-After``.

    Give one object to several clients, in any loops and threads, and they share the limit. Each process has its own; a
    fleet needs a `RedisRateLimit`. A permit is used at once: the token was awaited before, and so was a connection, by
    the `ConcurrencyLimit` that a client has beside a rate limit unless it is given another.

    Args:
        per_second: requests a second; ``100 / 60`` for a hundred a minute.
        burst: how many may go at once after a pause.

    Raises:
        ConfigurationError: one of them cannot be used.
    """

    order = StackOrder.RATE_LIMIT

    def __init__(self, per_second: float, burst: int = 1) -> None:
        if not _is_number(per_second) or not 0 < per_second < math.inf:
            raise ConfigurationError(f"per_second is a number of requests above 0; it is {per_second!r}")
        if not isinstance(burst, int) or isinstance(burst, bool) or burst < 1:
            raise ConfigurationError(f"burst is a whole number of requests, at least 1; it is {burst!r}")
        self.per_second = float(per_second)
        self.burst = burst
        self.begin()
        reset_after_fork(self)

    def begin(self) -> None:
        """Forget who waits and what was learned: at first, and in a forked child."""
        self._queue = FairQueue()
        self._permits: PermitSource = self._make_permits()
        self._timers: dict[Loop, Timer] = {}
        self._quotas: list[_Left] = []
        self._issued = 0  # the number of the last permit
        self._heard = 0  # the number of the newest request whose response told of quotas
        self._throttled = 0  # how many 429s without a word came one after another
        self._throttled_at = 0  # the last permit that was out when the last of them came

    def _make_permits(self) -> PermitSource:
        return Bucket(self.per_second, self.burst)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
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
        except TokenError:  # there was none any more when its turn came: nothing was sent
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
        """When the next permit can be had."""
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
        """The number of the permit, when the call's turn has come.

        Raises:
            DeadlineExceededError: it does not come within the deadline.
        """
        queue, clock = self._queue, request.clock
        seat = None
        with queue.lock:
            now = clock.monotonic()
            wait = self._least_wait(request, now)
            if request.state.deadline is None or now + wait < request.state.deadline:
                seat = queue.join(request)
                self._expect(seat.loop, clock, now)
        if seat is None:
            raise out_of_time(request, f"{self!r} has no permit for {wait:.3g} s", wait)
        try:
            if await queue.wait(seat, clock, lambda _: self._give_back(clock)):
                return seat.number
        finally:
            with queue.lock:
                if seat.loop not in queue.loops and (timer := self._timers.pop(seat.loop, None)) is not None:
                    timer.cancel()
        with queue.lock:
            now = clock.monotonic()
            wait = self._least_wait(request, now)
        raise out_of_time(request, f"{self!r} had no permit in time", wait)

    def _least_wait(self, request: Request, now: float) -> float:
        """For how long a call that joins now will wait at least. Looked at closely only if it may matter."""
        due = self._due(now)
        wait = max(0.0, due - now) if due < math.inf else 0.0
        ahead = len(self._queue)
        if request.state.deadline is not None and now + wait + ahead / self.per_second >= request.state.deadline:
            ahead = self._queue.ahead_of(request.options.tenant)
        return wait + ahead / self.per_second

    def _expect(self, loop: Loop, clock: Clock, now: float) -> None:
        """Have the running loop look again when the next permit is due. With the lock held."""
        if loop in self._timers or loop not in self._queue.loops:
            return
        delay = min(max(0.0, self._due(now) - now), self._longest_look(now))
        if delay < math.inf:
            self._timers[loop] = clock.call_later(delay, self._ring, loop, clock)

    def _longest_look(self, now: float) -> float:
        return _BEAT if len(self._queue.loops) > 1 else math.inf

    def _ring(self, loop: Loop, clock: Clock) -> None:
        """The loop looks: whoever has a permit by now may go, wherever it waits."""
        with self._queue.lock:
            timer = self._timers.pop(loop, None)
        if timer is not None:
            timer.cancel()
        self._serve(loop, clock)

    def _serve(self, loop: Loop | None, clock: Clock) -> None:
        """Give the permits that are due to those whose turn it is."""
        going: list[Seat] = []
        with self._queue.lock:
            now = clock.monotonic()
            while self._queue and self._due(now) <= now + _EARLY and (seat := self._queue.next()) is not None:
                seat.number = self._take(now, queued=True)
                going.append(seat)
            if loop is not None:
                self._expect(loop, clock, now)
        for seat in going:
            if not seat.wake():  # its loop was closed just now
                self._give_back(clock)

    def _give_back(self, clock: Clock) -> None:
        """A permit was not used: the next one may have it."""
        with self._queue.lock:
            self._permits.give_back()
            for quota in self._quotas:
                quota.remaining += 1
        self._serve(None, clock)

    # --- learning --------------------------------------------------------------------------------------------------

    def _learn(self, response: Response, number: int, clock: Clock) -> None:
        """Take to heart what the server says about its limits."""
        headers: Headers = response.headers
        wall = clock.time()
        wait = asked_to_wait(response.status, headers, wall)
        quotas = read_quotas(headers, wall)
        away: Sequence[Seat] = ()
        with self._queue.lock:
            now = clock.monotonic()
            before = self._due(now)
            if response.status == 429 and not wait:
                wait = self._next_pause(number)
            elif response.status < 400 and number > self._throttled_at:
                self._throttled = 0
            # What a request that was sent earlier came back with is older news, even if it arrives later.
            if quotas and number > self._heard:
                self._heard = number
                since = self._issued - number
                self._quotas = [
                    _Left(quota.remaining - since, now + min(quota.reset, LONGEST_HOLD))
                    for quota in quotas[:_MOST_QUOTAS]
                    if quota.remaining is not None and quota.reset is not None
                ]
            if wait:
                away = self._hold(now, now + min(wait, LONGEST_HOLD), clock)
            sooner = self._due(now) < before
        for seat in away:
            seat.wake()
        if sooner:
            self._rouse(clock)

    def _rouse(self, clock: Clock) -> None:
        """The next permit comes sooner than the timers think: have each loop in which calls wait look again."""
        with self._queue.lock:
            loops = list(self._queue.loops)
        for loop in loops:
            with suppress(RuntimeError):  # closed just now
                loop.call_soon_threadsafe(self._ring, loop, clock)

    def _next_pause(self, number: int) -> float:
        """How long a 429 that says nothing more counts for. Those that were under way with the last one count as
        one."""
        if number <= self._throttled_at:
            return 0.0
        self._throttled_at = self._issued
        self._throttled += 1
        return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (self._throttled - 1))

    def _hold(self, now: float, until: float, clock: Clock) -> Sequence[Seat]:
        """No permit before this moment; who cannot wait so long is sent away, and is to be woken."""
        self._permits.hold(until)
        return self._queue.send_away(until)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
