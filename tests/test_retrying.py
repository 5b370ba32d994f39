"""A service that is down is not beaten: what retries cost, what gives it back, and what is left for a call."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import (
    AsdkError,
    BaseClient,
    ConnectError,
    DecodeError,
    NotFoundError,
    ProtocolError,
    RateLimitError,
    Retry,
    ServerError,
    Timeout,
    Token,
    TokenUnavailableError,
)
from asdk.auth import Credential
from asdk.http.request import Request
from asdk.retrying import CAPACITY, RETRY_COST, RetryQuota
from asdk.testing import Fault, FaultPlan, FaultyTransport, MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.failures import failure_of
from tests.support.scripts import run_quietly
from tests.support.servers import QUICK, RawServer, Visit, client_of, refusing_port, saying

BASE = "https://api.example.org"


def memory_client(replies: Any, **options: Any) -> BaseClient:
    transport = MemoryTransport(replies)
    return BaseClient(base_url=BASE, transport=transport, clock=VirtualClock(), **options)


async def failures(client: BaseClient, calls: int) -> Counter[type[BaseException]]:
    """The errors of so many calls, one after another."""
    kinds: Counter[type[BaseException]] = Counter()
    for _ in range(calls):
        try:
            await client.request("GET", "/x")
        except AsdkError as error:
            kinds[type(error)] += 1
    return kinds


DEAD = [Fault.REFUSED, Fault.RESET_BEFORE_HEAD, Fault.CLOSED_BEFORE_HEAD, Fault.STATUS_500, Fault.STATUS_503]


@pytest.mark.parametrize("fault", DEAD, ids=str)
@pytest.mark.parametrize(("calls", "most"), [(200, 240), (10_000, 11_000)])
async def test_a_dead_service_gets_few_more_requests_than_calls(fault: Fault, calls: int, most: int) -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=fault))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    assert sum((await failures(client, calls)).values()) == calls
    assert calls < len(transport.log) <= most


async def test_a_service_that_always_throttles_gets_at_most_half_more() -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=Fault.STATUS_429))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    assert await failures(client, 200) == {RateLimitError: 200}
    assert len(transport.log) == 300


async def test_all_calls_at_once_share_one_quota() -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=Fault.STATUS_503))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    copies = [client, client.with_options(timeout=5)]
    calls = (copies[number % 2].request("GET", "/x") for number in range(200))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} == {ServerError}
    assert len(transport.log) <= 240


async def test_loops_in_several_threads_share_it_too() -> None:
    with RawServer(lambda visit: visit.answer(status=503)) as server:
        client = client_of(server, retry=QUICK)

        async def calls() -> None:
            await asyncio.gather(*(client.request("GET", "/x") for _ in range(50)), return_exceptions=True)
            await client.with_options().aclose()

        threads = [threading.Thread(target=asyncio.run, args=(calls(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert 200 < len(server.heads) <= 240


@pytest.mark.parametrize("how", ["refused", "accepts and closes", "resets", "5xx", "429"])
async def test_the_same_on_the_wire_where_nothing_resends_in_secret(how: str) -> None:
    async def close(visit: Visit) -> None:
        visit.writer.close()

    async def reset(visit: Visit) -> None:
        visit.reset()

    async def answer(visit: Visit) -> None:
        await visit.answer(status=429 if how == "429" else 502)

    on_connect = {"accepts and closes": close}.get(how)
    with RawServer(reset if how == "resets" else answer, on_connect=on_connect) as server, refusing_port() as nobody:
        url = f"http://127.0.0.1:{nobody}" if how == "refused" else server.url
        client = BaseClient(base_url=url, retry=QUICK, timeout=Timeout(total=60, attempt=60, connect=60))
        errors = await asyncio.gather(*(client.request("GET", "/x") for _ in range(200)), return_exceptions=True)
        await client.aclose()
        kind: type[AsdkError] = {"refused": ConnectError, "5xx": ServerError, "429": RateLimitError}.get(
            how, ProtocolError
        )
        assert {type(error) for error in errors} == {kind}
        attempts = sum(error.attempts for error in errors if isinstance(error, AsdkError))
        seen = {"refused": attempts, "accepts and closes": server.connections}.get(how, len(server.heads))
        assert seen == attempts
        assert 200 < attempts <= (300 if how == "429" else 240)


async def take_event(client: BaseClient, to: Path) -> None:
    async with client.events("GET", "/x") as events:
        await anext(events)


async def take_file(client: BaseClient, to: Path) -> None:
    await client.download("/x", to=to)


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: 1\n\n"
READERS = [take_event, take_file]


@pytest.mark.parametrize("said", [b"", WHOLE[:-5]], ids=["no head", "half a body"])
@pytest.mark.parametrize("take", READERS)
async def test_streams_and_downloads_have_the_same_quota(
    take: Callable[[BaseClient, Path], Awaitable[None]], said: bytes, tmp_path: Path
) -> None:
    with RawServer(saying(said)) as server:
        async with client_of(server, retry=QUICK) as client:
            first = await failure_of(take(client, tmp_path / "f"), ProtocolError)
            assert first.attempts == len(server.heads) == 3
            for _ in range(199):
                await failure_of(take(client, tmp_path / "f"), ProtocolError)
        assert 200 < len(server.heads) <= 240


@pytest.mark.parametrize("take", READERS)
async def test_a_stream_or_download_that_comes_through_gives_back(
    take: Callable[[BaseClient, Path], Awaitable[None]], tmp_path: Path
) -> None:
    async def every_other(visit: Visit) -> None:
        await visit.send(WHOLE if visit.number % 2 == 0 else WHOLE[:-5])
        visit.writer.close()

    with RawServer(every_other) as server:
        async with client_of(server, retry=QUICK) as client:
            for _ in range(2 * CAPACITY // RETRY_COST):
                await take(client, tmp_path / "f")


async def test_an_empty_quota_gives_the_original_error_at_once() -> None:
    client = memory_client(lambda request: Reply(503, headers={"X-Request-Id": "r1"}))
    await failures(client, 100)
    clock = VirtualClock()
    request = client.build_request("GET", "/x")
    request.clock = clock
    response = await client.send(request)
    assert (response.status, response.attempts, response.history, clock.slept) == (503, 1, (), [])


async def test_another_origin_has_a_quota_of_its_own() -> None:
    client = memory_client(lambda request: Reply(503 if "example.org" in request.url else 500))
    await failures(client, 100)
    response = await client.send(client.build_request("GET", "https://other.example.net/x"))
    assert (response.status, response.attempts) == (500, 3)


async def test_what_a_success_gives_back() -> None:
    quota = RetryQuota()
    assert quota.take("o", 14)
    assert quota.take("o", 5)
    assert quota.left("o") == CAPACITY - 19
    quota.give("o", 1)
    assert quota.left("o") == CAPACITY - 18
    quota.give("o", 14)
    quota.give("o", 14)
    assert (quota.left("o"), quota.spent) == (CAPACITY, {}), "never above what there was"
    assert all(quota.take("o", 14) for _ in range(35))
    assert not quota.take("o", 14)
    assert quota.take("o", 5)
    assert quota.left("o") == 5


async def spent(replies: list[Reply], calls: int = 1, **options: Any) -> int:
    """What so many calls have cost in the end."""
    seen: list[RetryQuota] = []

    class Watched(BaseClient):
        def build_stack(self) -> Any:
            stack = super().build_stack()
            seen.extend(step.quota for step in stack if hasattr(step, "quota"))
            return stack

    client = Watched(base_url=BASE, transport=MemoryTransport(replies), clock=VirtualClock(), **options)
    for _ in range(calls):
        with contextlib.suppress(AsdkError):
            await client.request("GET", "/x")
    return CAPACITY - seen[0].left(BASE)


@pytest.mark.parametrize(
    ("replies", "calls", "cost"),
    [
        ([Reply(json=1)], 1, 0),
        ([Reply(503), Reply(json=1)], 1, 0),
        ([Reply(429), Reply(json=1)], 1, 0),
        ([Reply(503), Reply(503), Reply(json=1)], 1, 14),
        ([Reply(503), Reply(429), Reply(json=1)], 1, 14),
        ([Reply(429), Reply(503), Reply(json=1)], 1, 5),
        ([Reply(503), Reply(503), Reply(503)], 1, 28),
        ([Reply(429), Reply(429), Reply(429)], 1, 10),
        ([Reply(503)] * 3 + [Reply(json=1)] * 5, 6, 23),
        ([Reply(503)] * 3 + [Reply(404)] * 5, 6, 23),
        ([Reply(404)], 1, 0),
    ],
)
async def test_the_costs_and_what_comes_back(replies: list[Reply], calls: int, cost: int) -> None:
    assert await spent(replies, calls) == cost


async def test_a_token_that_cannot_be_had_costs_nothing_and_is_not_asked_for_again() -> None:
    class Login(Credential):
        asked = 0

        async def fetch(self, send: Handler) -> Token:
            self.asked += 1
            raise TokenUnavailableError("the endpoint is down", retry_after=5000)

    login = Login()
    with pytest.raises(TokenUnavailableError):
        await memory_client([], auth=login, timeout=10).request("GET", "/x")
    assert login.asked == 1
    assert await spent([], auth=Login(), timeout=10) == 0


async def test_the_quota_is_bounded_by_the_origins_that_failed_last() -> None:
    quota = RetryQuota()
    for number in range(3000):
        quota.take(f"https://{number}.example.org", 14)
    assert len(quota.spent) == 1024
    assert quota.left("https://2999.example.org") == CAPACITY - 14


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_wait_for_the_lock_of_a_thread_that_it_has_not() -> None:
    script = """
        from asdk.retrying import RetryQuota

        quota = RetryQuota()
        with quota._lock:
            child = os.fork()
            if child == 0:
                signal.alarm(5)
                os._exit(0 if quota.take("o", 14) else 1)
        print(os.waitpid(child, 0)[1])
    """
    assert run_quietly(script, "-") == "0"


def test_threads_that_take_and_give_do_not_lose_count() -> None:
    quota = RetryQuota()
    taken: list[bool] = []

    def work() -> None:
        for _ in range(200):
            taken.append(quota.take("o", 1))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == CAPACITY


async def test_what_failed_before_is_in_the_response_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "asdk")
    client = memory_client([Reply(503), Reply(429, headers={"Retry-After": "7"}), Reply(json=1)])
    response = await client.send(client.build_request("GET", "/x"))
    first, second = response.history
    assert (first.reason, second.reason, second.wait) == (503, 429, 7.0)
    assert 0 <= first.wait <= 0.5
    (record,) = [record.__dict__["asdk"] for record in caplog.records if "history" in record.__dict__["asdk"]]
    assert record["history"] == [(503, first.wait), (429, 7.0)]
    assert record["attempts"] == 3


@pytest.mark.parametrize("error", [DecodeError, NotFoundError])
async def test_an_error_after_retries_says_how_many(error: type[AsdkError]) -> None:
    last = Reply(404) if error is NotFoundError else Reply(content=b"no JSON")
    with pytest.raises(error) as caught:
        await memory_client([Reply(503), last], retry=Retry(base_delay=0.1)).request("GET", "/x")
    assert caught.value.attempts == 2


async def test_a_retry_of_a_request_with_a_key_sends_the_same_key() -> None:
    keys: list[str] = []

    def answer(request: Request) -> Reply:
        keys.append(request.headers["Idempotency-Key"])
        return Reply(503)

    client = memory_client(answer)
    for _ in range(3):
        with pytest.raises(ServerError):
            await client.request("POST", "/x", json={}, idempotency_key=True)
    assert [keys.count(key) for key in dict.fromkeys(keys)] == [3, 3, 3]
