"""`RedisRateLimit`: one rate limit for a fleet of processes, kept in Redis. Needs the extra ``redis``.

A short script reserves permits on a clock that all share, which is the server's: each permit has a moment, and no two
have the same one. They are fetched in batches, so that most calls cost no trip; who waits for one, and how long, is
`RateLimit`'s business here as well.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import math
from collections.abc import Sequence
from importlib.util import find_spec
from secrets import token_hex
from typing import TYPE_CHECKING

import attrs

from asdk.clock import Clock
from asdk.concurrency.per_loop import PerLoop
from asdk.errors import ConfigurationError
from asdk.middleware.traffic.fair_queue import Loop, Seat
from asdk.middleware.traffic.rate_limit import RateLimit
from asdk.middleware.traffic.token_bucket import Bucket, PermitSource, ReservedPermits
from asdk.secret import Secret

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

_log = logging.getLogger("asdk")

# How many permits one trip reserves at most, and for how long a span of time.
_BATCH, _BATCH_SECONDS = 25, 0.05

# How long a trip may take, and how long after a failed one the next is made, in seconds.
_TIMEOUT, _PAUSE = 0.5, 1.0

# The part of the limit for a process that Redis never answered, so that it cannot know how many share it.
_BLIND_SHARE = 0.1

# KEYS: the shared clock; the members of the fleet; the moment from which the clock counts again after an outage.
# ARGV: microseconds from permit to permit; microseconds of burst; how many permits; microseconds to push the clock
# forward by; whether the caller comes back from an outage; whether it has seen the clock before; its name.
# Answers in how many microseconds the first permit is due, how many members there are, and in how many microseconds the
# clock counts again, if it stands still.
#
# Who comes back first finds a clock that stood still, or none. The others still use their local shares: so the clock
# starts again two seconds from now, and each goes on with its share until then.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, tolerance, count, push = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local arrival = tonumber(redis.call('GET', KEYS[1]) or '0')
local lost = tonumber(ARGV[5]) == 1 or (arrival == 0 and tonumber(ARGV[6]) == 1)
if lost and arrival < now - 500000 then
  arrival = now + 2000000 + tolerance
  redis.call('SET', KEYS[3], now + 2000000, 'PX', 2000)
end
arrival = math.max(arrival, now)
if push > 0 then
  arrival = math.max(arrival, now + push + tolerance)
end
redis.call('SET', KEYS[1], string.format('%.3f', arrival + count * interval), 'EX', 86400)
redis.call('ZADD', KEYS[2], now, ARGV[7])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 10000000)
redis.call('EXPIRE', KEYS[2], 60)
local resumes = tonumber(redis.call('GET', KEYS[3]) or now)
return {math.floor(arrival - tolerance - now), redis.call('ZCARD', KEYS[2]), math.floor(resumes - now)}
"""


@attrs.define(eq=False)
class _Link:
    """One loop's way to Redis, and who is under way on it."""

    client: Redis
    reserve: AsyncScript
    trip: asyncio.Task[None] | None = None


@attrs.frozen
class _Order:
    """What one trip asks for."""

    count: int
    push: float
    rejoins: bool
    known: bool


@attrs.frozen
class _Reply:
    """What it brings back; times in seconds from now."""

    first: float
    fleet: int
    resumes: float


class RedisRateLimit(RateLimit):
    """A `RateLimit` that all processes with the same Redis and ``key`` share, with the same interface.

    At most ``per_second`` requests a second in all of them together, evenly; a 429 that one of them gets slows all.
    PermitSource are reserved up to 25 at a time, but for no more than 50 ms ahead.

    When Redis is gone, or does not answer within half a second, each process keeps to its share of the limit: one part
    of as many as Redis last knew of. It says so once, on the logger ``asdk``, looks for Redis every second, and when it
    is back all return to the common clock at one moment, two seconds later. No call ever goes without a permit or waits
    for Redis. A process that alone is cut off goes on with its share, which then comes on top of what the others use.

    Args:
        per_second: requests a second, of the whole fleet.
        burst: how many may go at once after a pause, of the whole fleet.
        url: of the Redis server (6.0 or newer), ``redis://``, ``rediss://`` or ``unix://``; a `Secret` if it holds a
            password.
        key: names the limit; whoever uses the same name shares it.
        share: the part of the limit that this process may use while Redis is gone, above 0 and up to 1; left out, an
            equal part, or a tenth if Redis never answered.

    Raises:
        ConfigurationError: an argument cannot be used, or the extra is not installed.
    """

    def __init__(
        self,
        per_second: float,
        burst: int = 1,
        *,
        url: str | Secret = "redis://localhost:6379/0",
        key: str = "asdk:rate-limit",
        share: float | None = None,
    ) -> None:
        if share is not None and not 0 < share <= 1:
            raise ConfigurationError(f"share is a part of the limit, above 0 and at most 1; it is {share!r}")
        self._url = Secret(url) if isinstance(url, str) else url
        self._key, self._given_share = key, share
        # The braces: in a cluster, one slot for all.
        self._keys = [f"{{{key}}}:{name}" for name in ("clock", "members", "resumes")]
        _check_url(self._url)
        self._links: PerLoop[_Link] = PerLoop(_close)
        super().__init__(per_second, burst)
        self._batch = max(1, min(_BATCH, int(self.per_second * _BATCH_SECONDS)))

    def begin(self) -> None:
        self._name = token_hex(8)
        self._asked_at = -math.inf  # when the trip that is under way began
        self._next_trip = -math.inf
        self._gone = False
        self._fleet: int | None = None
        self._task: asyncio.Task[None] | None = None  # the trip under way; a loop alone does not keep it alive
        self._push_until = -math.inf
        super().begin()

    def _make_permits(self) -> PermitSource:
        self._leases = ReservedPermits()
        return self._leases

    async def aclose(self) -> None:
        """Close the connections to Redis; a later call opens new ones. Without it, they close with their loops."""
        await self._links.aclose()

    def __reduce__(self) -> tuple[object, ...]:
        # A `Secret` refuses to be pickled, and says why.
        make = functools.partial(RedisRateLimit, url=self._url, key=self._key, share=self._given_share)
        return make, (self.per_second, self.burst)

    # --- what RateLimit asks; with the lock held -------------------------------------------------------------------

    def _expect(self, loop: Loop, clock: Clock, now: float) -> None:
        if loop in self._queue.loops:
            self._reserve(loop, clock, now)
        super()._expect(loop, clock, now)

    def _longest_look(self, now: float) -> float:
        waits_for_redis = self._gone or not self._leases
        return min(_TIMEOUT, super()._longest_look(now)) if waits_for_redis else super()._longest_look(now)

    def _hold(self, now: float, until: float, clock: Clock) -> Sequence[Seat]:
        away = super()._hold(now, until, clock)
        self._push_until = max(self._push_until, until)
        self._reserve(asyncio.get_running_loop(), clock, now)
        return away

    def _reserve(self, loop: Loop, clock: Clock, now: float) -> None:
        """Send for more permits, if they are needed and nobody is under way for them."""
        if now < self._next_trip or now - self._asked_at < 2 * _TIMEOUT:
            return
        left = len(self._leases)
        count = min(self._batch, len(self._queue) - left) if left <= self._batch // 2 else 0
        push = self._push_until - now
        if count <= 0 and push <= 0:
            return
        self._asked_at = now
        order = _Order(max(0, count), max(0.0, push), self._gone, self._fleet is not None)
        # Nobody's child: a caller that is cancelled leaves the trip to the others. In an empty context, as a token's.
        self._task = loop.create_task(self._trip(order, loop, clock), context=contextvars.Context())
        if (link := self._links.by_loop.get(loop)) is not None:
            link.trip = self._task

    # --- one trip --------------------------------------------------------------------------------------------------

    async def _trip(self, order: _Order, loop: Loop, clock: Clock) -> None:
        problem: str | None = None
        try:
            async with asyncio.timeout(_TIMEOUT):
                reply = await self._ask(order, loop)
            self._arrived(order, reply, clock)
        except Exception as error:  # noqa: BLE001 - whatever it is, calls wait for permits and must not hang
            problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        finally:
            with self._queue.lock:
                self._asked_at = -math.inf
        if problem is not None:
            self._failed(problem, clock)
        with self._queue.lock:
            if self._push_until > clock.monotonic():
                self._reserve(loop, clock, clock.monotonic())  # a 429 came meanwhile
        self._rouse(clock)

    async def _ask(self, order: _Order, loop: Loop) -> _Reply:
        link = self._links.by_loop.get(loop) or await self._links.open(loop, self._connect)
        link.trip = asyncio.current_task()
        interval = 1e6 / self.per_second
        numbers = (interval, (self.burst - 1) * interval, order.count, order.push * 1e6, order.rejoins, order.known)
        first, fleet, resumes = await link.reserve(self._keys, [*(f"{number:.3f}" for number in numbers), self._name])
        return _Reply(int(first) / 1e6, int(fleet), int(resumes) / 1e6)

    def _arrived(self, order: _Order, reply: _Reply, clock: Clock) -> None:
        with self._queue.lock:
            now = clock.monotonic()
            self._leases.reserve(now + reply.first, 1.0 / self.per_second, order.count, now)
            was_gone, self._gone = self._gone, False
            self._fleet = reply.fleet
            if was_gone:
                self._leases.come_back(now + reply.resumes)
            if self._push_until <= now + order.push:
                self._push_until = -math.inf
        if was_gone:
            _log.info("Redis is back: the rate limit is the fleet's again", extra={"asdk": {"fleet": reply.fleet}})

    def _failed(self, problem: str, clock: Clock) -> None:
        with self._queue.lock:
            now = clock.monotonic()
            self._next_trip = now + _PAUSE
            if self._gone:
                return
            self._gone = True
            share = self._given_share or (1 / self._fleet if self._fleet else _BLIND_SHARE)
            # What the others have reserved is used up by then: two batches each at most.
            after = 2 * self._batch / self.per_second * self._fleet if self._fleet else 0.0
            bucket = Bucket(self.per_second * share, max(1, int(self.burst * share)))
            self._leases.fall_back(bucket, now, after)
        _log.warning(
            "Redis is gone (%s): this process keeps to its share of the rate limit, %.3g requests a second",
            problem,
            self.per_second * share,
            extra={"asdk": {"share": share, "problem": problem}},
        )

    def _connect(self, loop: Loop) -> _Link:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        client: Redis = Redis.from_url(
            self._url.reveal(),
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 0),  # or a dead server would be waited for
        )
        return _Link(client, client.register_script(_RESERVE))


async def _close(link: _Link) -> None:
    if link.trip is not None and not link.trip.done():
        link.trip.cancel()
        await asyncio.wait([link.trip])
    await link.client.aclose()


def _check_url(url: Secret) -> None:
    if find_spec("redis") is None:
        raise ConfigurationError("RedisRateLimit needs the redis package: pip install 'asdk[redis]'")
    from redis.asyncio.connection import parse_url

    try:
        parse_url(url.reveal())
    except ValueError as error:
        problem = str(error)
    else:
        return
    raise ConfigurationError(f"url= is no Redis URL: {problem}")
