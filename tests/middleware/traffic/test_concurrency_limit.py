"""The concurrency limit: one tenant after another, and no slot is ever lost."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from asdk import BaseClient, ConfigurationError, DeadlineExceededError, Tenant, TransportError
from asdk.http.request import Request
from asdk.middleware import ConcurrencyLimit
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.cancelling import at_each_await, live_timers
from tests.support.failures import failure_of

BASE = "https://api.example.org"


class Service:
    """A service that counts its concurrent requests; each takes a second."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.now = 0
        self.most = 0
        self.tenants: list[str] = []
        self.fails = False

    async def __call__(self, request: Request) -> Reply:
        self.now += 1
        self.most = max(self.most, self.now)
        self.tenants.append(str(request.options.tenant))
        try:
            await self.clock.sleep(1)
        finally:
            self.now -= 1
        return Reply(error=TransportError("broken")) if self.fails else Reply(json=1, content=[b"a", b"b"])


def make(n: int, **options: Any) -> tuple[BaseClient, Service]:
    clock = VirtualClock()
    service = Service(clock)
    options = {"timeout": None, "retry": None, **options}
    transport = MemoryTransport(service)
    return BaseClient(
        base_url=BASE, transport=transport, clock=clock, concurrency=ConcurrencyLimit(n), **options
    ), service


async def all_of(client: BaseClient, calls: int, **options: Any) -> list[Any]:
    return await asyncio.gather(*(client.request("GET", "/x", **options) for _ in range(calls)), return_exceptions=True)


async def assert_all_free(client: BaseClient, service: Service, n: int) -> None:
    """Check that all slots are free: as many calls take one second together."""
    began, service.fails = service.clock.monotonic(), False
    assert await all_of(client, n) == [1] * n
    assert service.clock.monotonic() - began == pytest.approx(1)
    assert live_timers() == []


async def test_exactly_the_limit_is_in_flight() -> None:
    client, service = make(5)
    assert await all_of(client, 50) == [1] * 50
    assert service.most == 5
    assert service.clock.monotonic() == pytest.approx(10)


async def test_one_tenant_with_many_calls_does_not_starve_another() -> None:
    client, service = make(4)
    flood = asyncio.create_task(all_of(client, 200, tenant=Tenant("loud")))
    await asyncio.sleep(0)
    await all_of(client, 20, tenant=Tenant("quiet"))
    assert service.clock.monotonic() <= 12, "every second place was its own: 2 a second"
    await flood


async def test_three_tenants_take_turns_and_each_is_served_in_order() -> None:
    client, service = make(1)
    calls = [
        asyncio.create_task(all_of(client, count, tenant=Tenant(name)))
        for name, count in (("a", 5), ("b", 3), ("c", 1))
    ]
    await asyncio.wait(calls)
    assert "".join(tenant[0] for tenant in service.tenants) == "aabcababa"


async def test_a_failure_a_cancellation_and_a_deadline_return_the_slot() -> None:
    client, service = make(3)
    service.fails = True
    await all_of(client, 9)
    await assert_all_free(client, service, 3)
    tasks = [asyncio.create_task(client.request("GET", "/x")) for _ in range(9)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.wait(tasks)
    await assert_all_free(client, service, 3)
    results = await all_of(client, 9, timeout=1.5)
    assert {type(result) for result in results} == {int, DeadlineExceededError}
    await assert_all_free(client, service, 3)


async def test_a_wait_ends_at_the_deadline_with_a_clean_error() -> None:
    client, service = make(1)
    first = asyncio.create_task(client.request("GET", "/x"))
    await asyncio.sleep(0)
    error = await failure_of(client.request("GET", "/x", timeout=0.5), DeadlineExceededError)
    assert (error.sent, error.attempts) == (False, 0)
    assert service.clock.monotonic() == pytest.approx(0.5)
    assert await first == 1


@pytest.mark.parametrize("late", [False, True])
async def test_a_call_may_be_cancelled_at_any_await(late: bool) -> None:
    client, service = make(1)

    async def second_in_line() -> None:
        first = asyncio.create_task(client.request("GET", "/x"))
        try:
            await asyncio.sleep(0)
            await client.request("GET", "/x")
        finally:
            await first

    async for _ in at_each_await(second_in_line, late=late):
        await assert_all_free(client, service, 1)


# --- streams -----------------------------------------------------------------------------------------------------


async def test_a_stream_keeps_its_slot_until_it_is_closed() -> None:
    client, _ = make(1)
    async with client.stream("GET", "/x") as response:
        error = await failure_of(client.request("GET", "/x", timeout=5), DeadlineExceededError)
        assert error.attempts == 0
        assert [chunk async for chunk in response.iter_bytes()] == [b"1"]
        assert await client.request("GET", "/x") == 1, "the body has ended"
    assert await client.request("GET", "/x") == 1


async def test_a_forgotten_stream_returns_its_slot() -> None:
    client, service = make(1)
    request = client.build_request("GET", "/x")
    request.stream = True
    response = await client.send(request)
    del response
    gc.collect()
    await assert_all_free(client, service, 1)


async def test_a_stream_that_is_closed_twice_returns_one_slot() -> None:
    client, service = make(1)
    request = client.build_request("GET", "/x")
    request.stream = True
    response = await client.send(request)
    await response.aclose()
    await response.aclose()
    service.most = 0
    await all_of(client, 3)
    assert service.most == 1


# --- loops and threads -------------------------------------------------------------------------------------------


def test_loops_in_several_threads_share_the_limit() -> None:
    limit = ConcurrencyLimit(3)
    lock = threading.Lock()
    under_way: list[int] = []
    most: list[int] = [0]

    async def answer(_: Request) -> Reply:
        with lock:
            under_way.append(1)
            most[0] = max(most[0], len(under_way))
        await asyncio.sleep(0.002)
        with lock:
            under_way.pop()
        return Reply(json=1)

    done: list[int] = []

    def work(answer: Callable[[Request], Awaitable[Reply]]) -> None:
        client = BaseClient(base_url=BASE, transport=MemoryTransport(answer), concurrency=limit)
        done.extend(asyncio.run(all_of(client, 50)))

    threads = [threading.Thread(target=work, args=(answer,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == [1] * 200
    assert most == [3]


def test_a_loop_that_was_closed_returns_its_slots() -> None:
    limit = ConcurrencyLimit(2)
    client = BaseClient(
        base_url=BASE, transport=MemoryTransport(lambda _: Reply(json=1, delay=0.01)), concurrency=limit
    )

    async def abandon() -> None:
        tasks = [asyncio.ensure_future(client.request("GET", "/x")) for _ in range(10)]
        await asyncio.sleep(0)
        assert len(tasks) == 10

    for _ in range(3):
        asyncio.run(abandon())  # cancels the remaining tasks
    assert asyncio.run(all_of(client, 4)) == [1] * 4


def test_a_stream_forgotten_after_its_loop_frees_a_call_in_another_loop() -> None:
    client = BaseClient(
        base_url=BASE, transport=MemoryTransport(lambda _: Reply(json=1)), concurrency=ConcurrencyLimit(1), timeout=5
    )
    request = client.build_request("GET", "/x")
    request.stream = True
    held = [asyncio.run(client.send(request))]

    async def wait_and_forget() -> object:
        waiting = asyncio.ensure_future(client.request("GET", "/x"))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        held.clear()
        async with asyncio.timeout(30):
            return await waiting

    assert asyncio.run(wait_and_forget()) == 1


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3"])
def test_an_invalid_number_of_requests_is_rejected(n: Any) -> None:
    with pytest.raises(ConfigurationError):
        ConcurrencyLimit(n)
