"""`RedisRateLimit`: one rate limit for a fleet of processes, kept in Redis. Needs the extra ``redis``.

A short script reserves permits by the clock of the server, which all processes share: each permit has a time of its
own. Permits are reserved in batches, so that most calls cost no round trip. Waiting calls are queued by `RateLimit`.
"""

from __future__ import annotations

import asyncio
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
from asdk.concurrency.tasks import create_task
from asdk.errors import ConfigurationError
from asdk.middleware.traffic.fair_queue import Loop, Waiter
from asdk.middleware.traffic.rate_limit import RateLimit
from asdk.middleware.traffic.token_bucket import Bucket, PermitSource, ReservedPermits
from asdk.redaction import show
from asdk.secret import Secret

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

_log = logging.getLogger("asdk")

# How many permits one round trip reserves at most, and for how many seconds ahead.
_BATCH, _BATCH_SECONDS = 25, 0.05

# How long a round trip may take, and the pause after a failed one, in seconds.
_TIMEOUT, _PAUSE = 0.5, 1.0

# The share of a process that Redis never answered, which therefore does not know how many others there are.
_DEFAULT_SHARE = 0.1

# KEYS: the shared clock; the members of the fleet; when the clock starts again after an outage.
# ARGV: microseconds between permits; microseconds of burst; how many permits; microseconds to push the clock forward;
# whether the caller returns from an outage; whether it has seen the clock before; its name.
# Returns in how many microseconds the first permit is due, how many members there are, and in how many microseconds the
# clock starts again, if it is stopped.
#
# The first process after an outage finds a stopped clock, or none. The others still use their local shares, so the
# clock starts again two seconds from now, and each process uses its share until then.
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
class _Connection:
    """The connection of one event loop to Redis, and the task that uses it."""

    client: Redis
    reserve: AsyncScript
    trip: asyncio.Task[None] | None = None


@attrs.frozen
class _Reservation:
    """The request of one round trip: how many permits, and by how many seconds to push the clock forward."""

    count: int
    push: float
    rejoins: bool
    known: bool


@attrs.frozen
class _Reply:
    """The reply to a reservation; times in seconds from now."""

    first: float
    fleet: int
    resumes: float


class RedisRateLimit(RateLimit):
    """A `RateLimit` that all processes with the same Redis and ``key`` share, with the same interface.

    All of them together send at most ``per_second`` requests per second, evenly spaced; a 429 that one of them gets
    slows all. Permits are reserved up to 25 at a time, and at most 50 ms ahead.

    When Redis is unreachable, or does not answer within half a second, each process uses its share of the limit: an
    equal part by the last known size of the fleet. It logs that once, on the logger ``asdk``, and tries Redis every
    second. When Redis is back, all processes return to the shared clock at the same time, two seconds later. A call is
    never sent without a permit and never waits for Redis. If only one process is cut off, it uses its share in addition
    to what the others use.

    Args:
        per_second: requests per second, of the whole fleet.
        burst: how many requests may be sent at once after a pause, by the whole fleet.
        url: of the Redis server (6.0 or newer), ``redis://``, ``rediss://`` or ``unix://``; a `Secret` if it contains a
            password.
        key: the name of the limit; processes with the same name share it.
        share: the part of the limit that this process may use while Redis is unreachable, above 0 and up to 1; left
            out, an equal part, or a tenth if Redis never answered.

    Raises:
        ConfigurationError: an argument is invalid, or the extra is not installed.
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
            raise ConfigurationError(f"share must be above 0 and at most 1, a part of the limit, got {share!r}")
        self._url = Secret(url) if isinstance(url, str) else url
        self._key, self._given_share = key, share
        # The braces put all keys into one slot of a cluster.
        self._keys = [f"{{{key}}}:{name}" for name in ("clock", "members", "resumes")]
        _check_url(self._url)
        self._connections: PerLoop[_Connection] = PerLoop(_close)
        super().__init__(per_second, burst)
        self._batch = max(1, min(_BATCH, int(self.per_second * _BATCH_SECONDS)))

    def reset(self) -> None:
        """Forget reservations and waiting calls: at first, and in a forked child."""
        self._name = token_hex(8)
        self._asked_at = -math.inf  # when the current round trip began
        self._next_trip = -math.inf
        self._gone = False
        self._fleet: int | None = None
        # The current round trip. A loop has no strong reference to its tasks.
        self._task: asyncio.Task[None] | None = None
        self._push_until = -math.inf
        super().reset()

    def _make_permits(self) -> PermitSource:
        self._leases = ReservedPermits()
        return self._leases

    async def aclose(self) -> None:
        """Close the connections to Redis; a later call opens new ones. Without it, they close with their loops."""
        await self._connections.aclose()

    def __reduce__(self) -> tuple[object, ...]:
        # A `Secret` refuses to be pickled, and says why.
        make = functools.partial(RedisRateLimit, url=self._url, key=self._key, share=self._given_share)
        return make, (self.per_second, self.burst)

    # --- overrides of RateLimit; called with the lock held ------------------------------------------------------------

    def _schedule(self, loop: Loop, clock: Clock, now: float) -> None:
        if loop in self._queue.loops:
            self._reserve(loop, clock, now)
        super()._schedule(loop, clock, now)

    def _max_timer_delay(self, now: float) -> float:
        waits_for_redis = self._gone or not self._leases
        return min(_TIMEOUT, super()._max_timer_delay(now)) if waits_for_redis else super()._max_timer_delay(now)

    def _hold(self, now: float, until: float, clock: Clock) -> Sequence[Waiter]:
        rejected = super()._hold(now, until, clock)
        self._push_until = max(self._push_until, until)
        self._reserve(asyncio.get_running_loop(), clock, now)
        return rejected

    def _reserve(self, loop: Loop, clock: Clock, now: float) -> None:
        """Reserve more permits, if they are needed and no round trip is in progress."""
        if now < self._next_trip or now - self._asked_at < 2 * _TIMEOUT:
            return
        left = len(self._leases)
        count = min(self._batch, len(self._queue) - left) if left <= self._batch // 2 else 0
        push = self._push_until - now
        if count <= 0 and push <= 0:
            return
        self._asked_at = now
        reservation = _Reservation(max(0, count), max(0.0, push), self._gone, self._fleet is not None)
        # A task of its own, in an empty context: a caller that is cancelled does not cancel the trip for the others.
        self._task = create_task(self._trip(reservation, loop, clock), loop=loop)
        if (connection := self._connections.by_loop.get(loop)) is not None:
            connection.trip = self._task

    # --- one round trip -----------------------------------------------------------------------------------------------

    async def _trip(self, reservation: _Reservation, loop: Loop, clock: Clock) -> None:
        problem: str | None = None
        try:
            async with asyncio.timeout(_TIMEOUT):
                reply = await self._request(reservation, loop)
            self._on_reply(reservation, reply, clock)
        except Exception as error:  # noqa: BLE001 - calls wait for permits and must not hang, for any error
            problem = show(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__, None)
        finally:
            with self._queue.lock:
                self._asked_at = -math.inf
        if problem is not None:
            self._on_failure(problem, clock)
        with self._queue.lock:
            if self._push_until > clock.monotonic():
                self._reserve(loop, clock, clock.monotonic())  # a 429 arrived meanwhile
        self._wake_loops(clock)

    async def _request(self, reservation: _Reservation, loop: Loop) -> _Reply:
        connection = self._connections.by_loop.get(loop) or self._connections.open(loop, self._connect)
        connection.trip = asyncio.current_task()
        interval = 1e6 / self.per_second
        burst, push = (self.burst - 1) * interval, reservation.push * 1e6
        numbers = (interval, burst, reservation.count, push, reservation.rejoins, reservation.known)
        arguments = [*(f"{number:.3f}" for number in numbers), self._name]
        first, fleet, resumes = await connection.reserve(self._keys, arguments)
        return _Reply(int(first) / 1e6, int(fleet), int(resumes) / 1e6)

    def _on_reply(self, reservation: _Reservation, reply: _Reply, clock: Clock) -> None:
        with self._queue.lock:
            now = clock.monotonic()
            self._leases.reserve(now + reply.first, 1.0 / self.per_second, reservation.count, now)
            was_gone, self._gone = self._gone, False
            self._fleet = reply.fleet
            if was_gone:
                self._leases.come_back(now + reply.resumes)
            if self._push_until <= now + reservation.push:
                self._push_until = -math.inf
        if was_gone:
            _log.info("Redis is back: the fleet shares the rate limit again", extra={"asdk": {"fleet": reply.fleet}})

    def _on_failure(self, problem: str, clock: Clock) -> None:
        with self._queue.lock:
            now = clock.monotonic()
            self._next_trip = now + _PAUSE
            if self._gone:
                return
            self._gone = True
            share = self._given_share or (1 / self._fleet if self._fleet else _DEFAULT_SHARE)
            # By then the reservations of the others are used up: two batches each at most.
            after = 2 * self._batch / self.per_second * self._fleet if self._fleet else 0.0
            bucket = Bucket(self.per_second * share, max(1, int(self.burst * share)))
            self._leases.fall_back(bucket, now, after)
        _log.warning(
            "Redis is gone (%s): this process uses its share of the rate limit, %.3g requests per second",
            problem,
            self.per_second * share,
            extra={"asdk": {"share": share, "problem": problem}},
        )

    def _connect(self, loop: Loop) -> _Connection:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        client: Redis = Redis.from_url(
            self._url.reveal(),
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 0),  # retries would wait for a server that is down
        )
        return _Connection(client, client.register_script(_RESERVE))


async def _close(connection: _Connection) -> None:
    try:
        if connection.trip is not None and not connection.trip.done():
            connection.trip.cancel()
            await asyncio.wait([connection.trip])
    finally:  # the trip of a closed loop never ends
        await connection.client.aclose()


def _check_url(url: Secret) -> None:
    if find_spec("redis") is None:
        raise ConfigurationError("RedisRateLimit needs the redis package: pip install 'asdk[redis]'")
    from redis.asyncio.connection import parse_url

    try:
        parse_url(url.reveal())
        return
    except ValueError:
        pass  # its message may quote the password
    raise ConfigurationError("url must be a Redis URL, such as rediss://user:password@host:6379/0")
