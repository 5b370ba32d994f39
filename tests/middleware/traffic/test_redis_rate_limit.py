"""One limit for many processes, on a real redis-server, and its loss.

Two limits in one process are two members of the fleet, as two processes are. The whole fleet runs in tests/soak.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from asdk import BaseClient, ConfigurationError, DeadlineExceededError, RateLimitError, Secret
from asdk.http.request import Request
from asdk.middleware import RateLimit, RedisRateLimit
from asdk.middleware.traffic import redis_rate_limit
from asdk.testing import MemoryTransport, Reply
from tests.support.cancelling import at_each_await
from tests.support.loop_delay import LoopDelay
from tests.support.redis_server import RedisServer, running_redis
from tests.support.scripts import run_quietly
from tests.support.traffic_fleet import FleetRun, busiest_second

BASE = "https://api.example.org"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> RedisServer:
    server.cli("FLUSHALL")
    server.cli("CONFIG", "RESETSTAT")
    return server


class Member:
    """A client with a limit of its own, and the times of its requests."""

    def __init__(self, limit: RateLimit) -> None:
        self.times: list[float] = []
        self.reply = Reply(json=1)
        self.client = BaseClient(base_url=BASE, transport=MemoryTransport(self._answer), rate_limit=limit, retry=None)

    def _answer(self, _: Request) -> Reply:
        self.times.append(time.monotonic())
        return self.reply

    async def calls(self, count: int, **options: Any) -> list[Any]:
        return await asyncio.gather(
            *(self.client.request("GET", "/x", **options) for _ in range(count)), return_exceptions=True
        )

    async def flood(self, callers: int, seconds: float) -> None:
        end = time.monotonic() + seconds

        async def caller() -> None:
            while time.monotonic() < end:
                await self.client.request("GET", "/x")

        await asyncio.gather(*(caller() for _ in range(callers)))


def fleet(redis: RedisServer, size: int, rate: float, **options: Any) -> list[Member]:
    return [Member(RedisRateLimit(rate, url=redis.url, **options)) for _ in range(size)]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


# --- the limit ---------------------------------------------------------------------------------------------------


def test_a_fleet_of_processes_shares_the_rate_for_few_trips(redis: RedisServer) -> None:
    # No run exceeds the rate. A busy machine pauses processes, whose permits are lost: one run in five must be smooth.
    assert any(a_fleet_uses_its_rate(redis) for _ in range(5))


def a_fleet_uses_its_rate(redis: RedisServer) -> bool:
    """Run a fleet, check the upper limits, and return whether its members used the rate in equal shares."""
    redis.cli("CONFIG", "RESETSTAT")
    run = FleetRun(redis.url, rate=300, processes=3, waiters=40, seconds=2.0)
    done = run.finish()
    used = done.between(run.begins + 0.5, run.ends)
    assert used <= 450 * 1.03
    assert busiest_second(done.moments) <= 303 + 15
    assert redis.trips <= 0.1 * len(done.moments) + 30
    assert done.said == [[], [], []]
    shares = [len(times) for times in done.sent]
    return used >= 450 * 0.8 and max(shares) <= 1.3 * min(shares)


async def test_two_members_have_one_limit(redis: RedisServer) -> None:
    one, other = fleet(redis, 2, 100)
    began = time.monotonic()
    await asyncio.gather(one.calls(30), other.calls(30))
    assert time.monotonic() - began >= 0.55
    assert len(one.times) == len(other.times) == 30
    times = sorted(one.times + other.times)
    assert all(sum(start <= instant < start + 0.1 for instant in times) <= 17 for start in times)


async def test_limits_with_different_keys_are_different(redis: RedisServer) -> None:
    one, other = (Member(RedisRateLimit(0.02, url=redis.url, key=key)) for key in ("a", "b"))
    assert await one.calls(1, timeout=30) == [1]
    assert await other.calls(1, timeout=30) == [1], "it waits for the other limit"


async def test_a_burst_is_the_fleets_too(redis: RedisServer) -> None:
    one, other = fleet(redis, 2, 0.05, burst=6)
    async with asyncio.timeout(15):  # without the burst, the second permit comes after 20 s
        assert await asyncio.gather(*(member.calls(3, timeout=None) for member in (one, other))) == [[1] * 3] * 2
    assert [type(result) for result in await one.calls(1, timeout=0.3)] == [DeadlineExceededError]


async def test_a_429_of_one_slows_all(redis: RedisServer) -> None:
    one, other = fleet(redis, 2, 50)
    await asyncio.gather(one.calls(2), other.calls(2))
    one.reply = Reply(429, headers={"Retry-After": "3"})
    assert [type(result) for result in await one.calls(1)] == [RateLimitError]
    told = time.monotonic()
    await asyncio.sleep(0.1)
    results = await other.calls(1, timeout=0.3)
    assert [type(result) for result in results] == [DeadlineExceededError]
    await other.calls(1)
    assert other.times[-1] - told >= 2.9


async def test_cancelled_calls_leave_nothing_and_block_no_other_call(redis: RedisServer) -> None:
    (member,) = fleet(redis, 1, 200)
    async for _ in at_each_await(lambda: member.client.request("GET", "/x")):
        assert await asyncio.wait_for(member.client.request("GET", "/x"), 30) == 1
    tasks = [asyncio.create_task(member.client.request("GET", "/x")) for _ in range(50)]
    await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert await asyncio.wait_for(member.client.request("GET", "/x"), 30) == 1


def test_loops_in_several_threads_share_the_permits(redis: RedisServer) -> None:
    limit = RedisRateLimit(200, url=redis.url)
    members = [Member(limit) for _ in range(3)]
    threads = [threading.Thread(target=asyncio.run, args=(member.calls(30),)) for member in members]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [len(member.times) for member in members] == [30] * 3
    assert 0.4 <= time.monotonic() - began < 30


# --- without Redis -----------------------------------------------------------------------------------------------


async def test_without_redis_a_small_share_is_used_and_logged_once(
    free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    member = Member(RedisRateLimit(1000, url=f"redis://127.0.0.1:{free_port}"))
    began = time.monotonic()
    assert await member.calls(50) == [1] * 50
    assert time.monotonic() - began >= 0.4, "a tenth of the limit"
    # asyncio warns too, of a slow callback on a busy machine
    mine = [record for record in caplog.records if record.name == "asdk"]
    warnings = [record.getMessage() for record in mine if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "Redis is gone (ConnectionError" in warnings[0]
    assert "100 requests per second" in warnings[0]


async def test_a_server_that_never_answers_counts_as_unreachable() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        limit = RedisRateLimit(100, url=f"redis://127.0.0.1:{port}", share=0.5)
        member = Member(limit)
        began = time.monotonic()
        assert await member.calls(10) == [1] * 10
        assert 0.5 <= time.monotonic() - began < 30
        assert member.times[-1] - member.times[0] >= 9 / 50 - 0.06
        await limit.aclose()


async def test_an_outage_never_lifts_the_limit_and_the_fleet_returns_together(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    members = fleet(redis, 2, 200)
    began = time.monotonic()
    lag = LoopDelay()
    with caplog.at_level(logging.INFO, "asdk"):
        floods = [asyncio.create_task(member.flood(30, 5.3)) for member in members]
        await asyncio.sleep(0.8)
        redis.kill()
        await asyncio.sleep(0.7)
        redis.start()
        await asyncio.wait(floods)
    times = sorted(instant - began for member in members for instant in member.times)
    # Requests granted before a pause of the machine arrive after it: no more than the slack of the permits.
    late = min(0.05, lag.stop())
    assert busiest_second(times) <= 202 + 10 + 200 * late
    in_outage = [instant for instant in times if 2.0 <= instant < 3.5]
    assert 200 - 200 * lag.between(began + 2.0, began + 3.5) <= len(in_outage) <= 310, "two shares are the whole"
    afterwards = [instant for instant in times if 4.2 <= instant < 5.2]
    assert 100 - 200 * lag.between(began + 4.2, began + 5.2) <= len(afterwards) <= 210
    said = [record.getMessage()[:14] for record in caplog.records if record.name == "asdk"]
    assert sorted(said) == ["Redis is back:"] * 2 + ["Redis is gone "] * 2


# --- what it leaves behind, and what it refuses ------------------------------------------------------------------


def test_it_leaves_no_output_and_no_socket(redis: RedisServer) -> None:
    script = f"""
    from asdk.middleware import RedisRateLimit
    from asdk.testing import MemoryTransport, Reply

    limit = RedisRateLimit(1000, url={redis.url!r})
    client = make_client(transport=MemoryTransport(lambda _: Reply(json=1)), rate_limit=limit)

    async def main(close, abandon):
        calls = [asyncio.ensure_future(client.request("GET", "/x")) for _ in range(50)]
        for _ in range(abandon):
            await asyncio.sleep(0)
        if not abandon:
            await asyncio.wait(calls)
        if close:
            await limit.aclose()

    asyncio.run(main(False, 0))
    for turns in range(1, 40, 3):
        asyncio.run(main(turns % 2 == 0, turns))
    asyncio.run(main(True, 0))
    del client, limit
    gc.collect()
    print(sockets())
    """
    assert run_quietly(script, BASE) == "0"


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_rate_limit, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'asdk\[redis\]'"):
        RedisRateLimit(10)


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis://localhost:port"])
def test_an_invalid_url_is_rejected_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="Redis URL"):
        RedisRateLimit(10, url=Secret(url))


@pytest.mark.parametrize("arguments", [{"share": 0}, {"share": 1.5}, {"burst": 0}, {"per_second": 0}])
def test_invalid_arguments_are_rejected(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        RedisRateLimit(**{"per_second": 10, **arguments})


def test_a_password_is_not_shown() -> None:
    limit = RedisRateLimit(10, url="redis://:hunter22@localhost:6379")
    shown = repr(limit) + repr(vars(limit))
    gc.collect()
    assert "hunter22" not in shown
