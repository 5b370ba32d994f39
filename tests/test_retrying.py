"""`Retry`, `RetryQuota` and `Retrying`: policies, strategies of tenacity, and the budget for a failing service."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from tenacity import (
    RetryCallState,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
    stop_before_delay,
    stop_never,
    wait_chain,
    wait_exception,
    wait_fixed,
    wait_none,
    wait_random_exponential,
)

from asdk import (
    AsdkError,
    BaseClient,
    ConnectError,
    DeadlineExceededError,
    DecodeError,
    InvalidRequestError,
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
from asdk.retrying import CAPACITY, FIRST_TRY_REFUND, RETRY_COST, THROTTLED_COST, Retrying, RetryQuota
from asdk.testing import Fault, FaultPlan, FaultyTransport, MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.failures import failure_of
from tests.support.scripts import run_quietly
from tests.support.servers import QUICK, RawExchange, RawServer, client_of, refusing_port, saying

BASE = "https://api.example.org"


def memory_client(replies: Any, **options: Any) -> BaseClient:
    transport = MemoryTransport(replies)
    return BaseClient(base_url=BASE, transport=transport, clock=VirtualClock(), **options)


async def failures(client: BaseClient, calls: int) -> Counter[type[BaseException]]:
    """Return the errors of a number of sequential calls, counted by class."""
    kinds: Counter[type[BaseException]] = Counter()
    for _ in range(calls):
        try:
            await client.request("GET", "/x")
        except AsdkError as error:
            kinds[type(error)] += 1
    return kinds


# --- the policy -----------------------------------------------------------------------------------------------------

INVALID_SECONDS = [0, -1, 0.0, -0.5, float("nan"), float("inf"), 10**400, True, False, "5", b"5", [5], None]


@pytest.mark.parametrize("value", INVALID_SECONDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", ["base_delay", "max_delay", "max_retry_after"])
def test_the_delays_of_a_retry_are_numbers_of_seconds(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field} must be a number of seconds"):
        Retry(**{field: value})


@pytest.mark.parametrize("attempts", [0, -1, 1.5, "3", None, True])
def test_attempts_must_be_at_least_one(attempts: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^attempts must be"):
        Retry(attempts=attempts)


def test_statuses_can_be_any_collection() -> None:
    statuses: Any = [429, 429]
    assert Retry(statuses=statuses).statuses == frozenset({429})
    assert Retry(attempts=1, statuses=frozenset()).statuses == frozenset()


def test_a_policy_compares_by_its_numbers_and_not_by_its_strategies() -> None:
    assert Retry() == Retry(attempts=3, base_delay=0.5, max_delay=8.0, max_retry_after=120.0)
    assert Retry(wait=wait_fixed(1), stop=stop_never) == Retry(wait=wait_fixed(2)) == Retry()
    assert hash(Retry(wait=wait_fixed(1))) == hash(Retry())
    assert Retry(attempts=2) != Retry()
    with pytest.raises(AttributeError):
        Retry().attempts = 5  # type: ignore[misc]


def test_a_policy_keeps_its_strategies_when_it_is_copied_or_pickled() -> None:
    policy = Retry(wait=wait_fixed(1), stop=stop_after_attempt(2))
    assert attrs.evolve(policy, attempts=5).wait is policy.wait
    again = pickle.loads(pickle.dumps(policy))
    assert (type(again.wait), type(again.stop)) == (wait_fixed, stop_after_attempt)


async def async_strategy(state: RetryCallState) -> float:
    return 1.0


@pytest.mark.parametrize(
    "value", [1, "1", True, wait_fixed, async_strategy, object()], ids=lambda value: repr(value)[:20]
)
@pytest.mark.parametrize("field", ["wait", "stop"])
def test_a_strategy_of_the_wrong_type_is_rejected(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field} must be a {field} strategy of tenacity"):
        Retry(**{field: value})


def test_wait_and_stop_strategies_cannot_be_swapped() -> None:
    wait, stop = wait_fixed(1), stop_after_attempt(1) | stop_after_delay(1)
    with pytest.raises(InvalidRequestError, match=r"^wait must be a wait strategy .* got .*stop_any"):
        Retry(wait=stop)
    with pytest.raises(InvalidRequestError, match=r"^stop must be a stop strategy .* got .*wait_fixed"):
        Retry(stop=wait)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attempts": 0}, "attempts must be an integer of at least 1 (the first one counts), got 0"),
        ({"max_delay": 0}, "max_delay must be a number of seconds above 0, got 0"),
    ],
)
def test_messages(settings: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Retry(**settings)
    assert caught.value.message == message


# --- strategies of tenacity -----------------------------------------------------------------------------------------


async def waits_of(policy: Retry, *replies: Reply, **options: Any) -> list[float]:
    """Return the waits of a call that fails until the policy stops it. Without replies, each attempt gets a 503."""
    clock = VirtualClock()
    transport = MemoryTransport(list(replies) if replies else lambda request: Reply(503))
    client = BaseClient(base_url=BASE, transport=transport, clock=clock, retry=policy, **options)
    with contextlib.suppress(ServerError, RateLimitError, ConnectError):
        await client.request("GET", "/x")
    assert len(transport.sent) == len(clock.slept) + 1
    return clock.slept


async def test_a_fixed_wait() -> None:
    assert await waits_of(Retry(wait=wait_fixed(2))) == [2, 2]


async def test_a_chain_of_waits() -> None:
    policy = Retry(attempts=5, wait=wait_chain(wait_fixed(1), wait_fixed(3), wait_fixed(7)))
    assert await waits_of(policy) == [1, 3, 7, 7]


async def test_a_function_is_a_wait_strategy() -> None:
    assert await waits_of(Retry(attempts=4, wait=lambda state: 5 * state.attempt_number)) == [5, 10, 15]


async def test_a_stop_strategy_replaces_the_number_of_attempts() -> None:
    assert len(await waits_of(Retry(attempts=1, stop=stop_after_attempt(6)))) == 5
    assert await waits_of(Retry(attempts=9, stop=stop_after_attempt(1))) == []


async def test_stop_after_delay_measures_by_the_clock_of_the_client() -> None:
    assert await waits_of(Retry(wait=wait_fixed(4), stop=stop_after_delay(10))) == [4, 4, 4]
    client = memory_client(lambda request: Reply(503, delay=6))
    request = client.build_request("GET", "/x", retry=Retry(wait=wait_fixed(4), stop=stop_after_delay(10)))
    response = await client.send(request)
    assert (response.attempts, [failed.wait for failed in response.history]) == (2, [4])  # after 6 and 16 seconds


async def test_stop_before_delay_knows_the_wait_that_would_follow() -> None:
    assert await waits_of(Retry(wait=wait_fixed(4), stop=stop_before_delay(10))) == [4, 4]
    asked = [Reply(503, headers={"Retry-After": "9"})] * 9
    assert await waits_of(Retry(wait=wait_fixed(4), stop=stop_before_delay(10)), *asked) == [
        pytest.approx(9.5, abs=0.5)
    ]


async def test_any_of_several_stop_strategies_stops() -> None:
    policy = Retry(wait=wait_fixed(4), stop=stop_any(stop_after_attempt(3), stop_after_delay(100)))
    assert await waits_of(policy) == [4, 4]
    policy = Retry(wait=wait_fixed(4), stop=stop_any(stop_after_attempt(30), stop_after_delay(5)))
    assert await waits_of(policy) == [4, 4]


async def test_a_strategy_sees_the_response_or_the_error_of_the_attempt() -> None:
    def wait(state: RetryCallState) -> float:
        assert state.outcome is not None
        if state.outcome.failed:
            return 1 if isinstance(state.outcome.exception(), ConnectError) else 2
        return float(state.outcome.result().status)

    failing = [Reply(503), Reply(error=ConnectError("refused")), Reply(502)]
    assert await waits_of(Retry(wait=wait), *failing, timeout=None) == [503, 1]


async def test_a_wait_by_the_exception() -> None:
    policy = Retry(wait=wait_exception(lambda error: 3 if isinstance(error, ConnectError) else 5))
    assert await waits_of(policy, *[Reply(error=ConnectError("refused"))] * 3) == [3, 3]


async def test_a_strategy_sees_the_state_of_the_call() -> None:
    seen: list[tuple[int, float | None, float, float]] = []

    def stop(state: RetryCallState) -> bool:
        seen.append((state.attempt_number, state.seconds_since_start, state.upcoming_sleep, state.idle_for))
        return len(seen) == 3

    await waits_of(Retry(wait=wait_fixed(2), stop=stop))
    assert seen == [(1, 0, 2, 0), (2, 2, 2, 2), (3, 4, 2, 4)]


async def test_retry_after_is_a_lower_bound_for_a_wait_strategy() -> None:
    asked = Reply(429, headers={"Retry-After": "7"})
    assert await waits_of(Retry(wait=wait_fixed(2)), asked, Reply(503), Reply(json=1)) == [
        pytest.approx(7.4, abs=0.4),
        2,
    ]
    assert await waits_of(Retry(wait=wait_none(), max_retry_after=6), asked) == []


async def test_deadline_and_quota_apply_to_strategies_too() -> None:
    assert await waits_of(Retry(wait=wait_fixed(4), stop=stop_never), timeout=10) == [4, 4]
    assert len(await waits_of(Retry(wait=wait_none(), stop=stop_never))) == CAPACITY // RETRY_COST


async def test_the_deadline_stops_an_endless_strategy_during_an_attempt() -> None:
    client = memory_client(lambda request: Reply(503, delay=6), retry=Retry(wait=wait_none(), stop=stop_never))
    with pytest.raises(DeadlineExceededError):
        await client.request("GET", "/x", timeout=10)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1", None])
async def test_a_wait_that_is_not_a_number_of_seconds_is_an_error(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^wait must return a number of seconds, got"):
        await memory_client([Reply(503)], retry=Retry(wait=lambda state: value)).request("GET", "/x")


async def test_an_exception_of_a_strategy_closes_the_failed_response() -> None:
    def fail(state: RetryCallState) -> float:
        raise LookupError("mine")

    async def answer(visit: RawExchange) -> None:
        await visit.send(b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n")
        await visit.until_gone()

    with RawServer(answer) as server:
        async with client_of(server, retry=Retry(wait=fail)) as client:
            with pytest.raises(LookupError, match="mine"):
                async with client.stream("GET", "/x"):
                    pass
            await server.until(lambda: server.open == 0)


async def test_a_call_that_succeeds_does_not_ask_the_strategies() -> None:
    def fail(state: RetryCallState) -> float:
        raise LookupError

    policy = Retry(wait=fail, stop=lambda state: fail(state) > 0)
    assert await memory_client([Reply(json=1)], retry=policy).request("GET", "/x") == 1


# --- Retrying -------------------------------------------------------------------------------------------------------


def retrying_of(policy: Retry, quota: RetryQuota | None = None, **options: Any) -> Retrying:
    return Retrying(policy, VirtualClock(), started=0.0, quota=quota, origin="o", **options)


def test_retrying_keeps_no_reference_to_the_outcome() -> None:
    failure = LookupError()
    before = sys.getrefcount(failure)
    retrying = retrying_of(Retry())
    assert retrying.pause_before_next(1, failure) is not None
    assert sys.getrefcount(failure) == before


def test_retrying_charges_and_refunds_the_quota() -> None:
    quota = RetryQuota()
    retrying = retrying_of(Retry(attempts=9), quota)
    assert retrying.pause_before_next(1, None) is not None
    assert retrying.pause_before_next(2, None, throttled=True) is not None
    assert retrying.pause_before_next(3, None, free=True) is not None
    assert quota.left("o") == CAPACITY - RETRY_COST - THROTTLED_COST
    retrying.succeeded()
    retrying.succeeded()
    assert quota.left("o") == CAPACITY - RETRY_COST, "the last retry is refunded once"
    retrying.body_broke()
    assert quota.left("o") == CAPACITY - RETRY_COST - FIRST_TRY_REFUND


def test_retrying_says_whether_the_quota_is_empty() -> None:
    quota = RetryQuota()
    retrying = retrying_of(Retry(attempts=2), quota)
    assert retrying.pause_before_next(2, None) is None
    assert not retrying.is_quota_empty
    while quota.take("o", RETRY_COST):
        pass
    assert retrying.pause_before_next(1, None) is None
    assert retrying.is_quota_empty


def test_the_default_strategies_are_full_jitter_and_the_number_of_attempts() -> None:
    retrying = retrying_of(Retry(attempts=3, base_delay=2, max_delay=3))
    for attempt, bound in ((1, 2.0), (2, 3.0)):
        pauses = [retrying.pause_before_next(attempt, None) for _ in range(200)]
        assert all(pause is not None and 0 <= pause <= bound for pause in pauses)
        assert max(pause or 0.0 for pause in pauses) > 0.9 * bound
    assert retrying.pause_before_next(3, None) is None
    same = retrying_of(Retry(wait=wait_random_exponential(multiplier=2, max=3)))
    assert 0 <= (same.pause_before_next(1, None) or 0) <= 2


# --- the quota ------------------------------------------------------------------------------------------------------

DEAD = [Fault.REFUSED, Fault.RESET_BEFORE_HEAD, Fault.CLOSED_BEFORE_HEAD, Fault.STATUS_500, Fault.STATUS_503]


@pytest.mark.parametrize("fault", DEAD, ids=str)
@pytest.mark.parametrize(("calls", "most"), [(200, 240), (10_000, 11_000)])
async def test_a_dead_service_gets_few_more_requests_than_calls(fault: Fault, calls: int, most: int) -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=fault))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    assert sum((await failures(client, calls)).values()) == calls
    assert calls < len(transport.log) <= most


async def test_a_throttling_service_gets_at_most_half_again_as_many_requests() -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=Fault.STATUS_429))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    assert await failures(client, 200) == {RateLimitError: 200}
    assert len(transport.log) == 300


async def test_concurrent_calls_share_one_quota() -> None:
    transport = FaultyTransport(MemoryTransport(), FaultPlan(then=Fault.STATUS_503))
    client = BaseClient(base_url=BASE, transport=transport, clock=VirtualClock())
    copies = [client, client.with_options(timeout=5)]
    calls = (copies[number % 2].request("GET", "/x") for number in range(200))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} == {ServerError}
    assert len(transport.log) <= 240


async def test_event_loops_in_several_threads_share_one_quota() -> None:
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
async def test_the_quota_bounds_what_is_sent_on_the_wire(how: str) -> None:
    async def close(visit: RawExchange) -> None:
        visit.writer.close()

    async def reset(visit: RawExchange) -> None:
        visit.reset()

    async def answer(visit: RawExchange) -> None:
        await visit.answer(status=429 if how == "429" else 502)

    on_connect = {"accepts and closes": close}.get(how)
    with RawServer(reset if how == "resets" else answer, on_connect=on_connect) as server, refusing_port() as port:
        url = f"http://127.0.0.1:{port}" if how == "refused" else server.url
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
async def test_streams_and_downloads_share_the_quota(
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
async def test_a_stream_or_download_that_succeeds_refunds_the_quota(
    take: Callable[[BaseClient, Path], Awaitable[None]], tmp_path: Path
) -> None:
    async def every_other(visit: RawExchange) -> None:
        await visit.send(WHOLE if visit.number % 2 == 0 else WHOLE[:-5])
        visit.writer.close()

    with RawServer(every_other) as server:
        async with client_of(server, retry=QUICK) as client:
            for _ in range(2 * CAPACITY // RETRY_COST):
                await take(client, tmp_path / "f")


async def test_an_empty_quota_returns_the_original_error_at_once() -> None:
    client = memory_client(lambda request: Reply(503, headers={"X-Request-Id": "r1"}))
    await failures(client, 100)
    clock = VirtualClock()
    request = client.build_request("GET", "/x")
    request.clock = clock
    response = await client.send(request)
    assert (response.status, response.attempts, response.history, clock.slept) == (503, 1, (), [])


async def test_each_origin_has_its_own_quota() -> None:
    client = memory_client(lambda request: Reply(503 if "example.org" in request.url else 500))
    await failures(client, 100)
    response = await client.send(client.build_request("GET", "https://other.example.net/x"))
    assert (response.status, response.attempts) == (500, 3)


async def test_the_quota_is_refunded_up_to_its_capacity() -> None:
    quota = RetryQuota()
    assert quota.take("o", 14)
    assert quota.take("o", 5)
    assert quota.left("o") == CAPACITY - 19
    quota.give("o", 1)
    assert quota.left("o") == CAPACITY - 18
    quota.give("o", 14)
    quota.give("o", 14)
    assert (quota.left("o"), quota.spent) == (CAPACITY, {}), "never above the capacity"
    assert all(quota.take("o", 14) for _ in range(35))
    assert not quota.take("o", 14)
    assert quota.take("o", 5)
    assert quota.left("o") == 5


async def spent(replies: list[Reply], calls: int = 1, **options: Any) -> int:
    """Return the tokens that a number of sequential calls have cost."""
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
async def test_costs_and_refunds(replies: list[Reply], calls: int, cost: int) -> None:
    assert await spent(replies, calls) == cost


async def test_an_unavailable_token_costs_nothing_and_is_not_retried() -> None:
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


async def test_the_quota_remembers_the_origins_that_failed_last() -> None:
    quota = RetryQuota()
    for number in range(3000):
        quota.take(f"https://{number}.example.org", 14)
    assert len(quota.spent) == 1024
    assert quota.left("https://2999.example.org") == CAPACITY - 14


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_gets_a_free_lock() -> None:
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


def test_threads_do_not_lose_count_of_the_quota() -> None:
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


async def test_failed_attempts_are_in_the_response_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "asdk")
    client = memory_client([Reply(503), Reply(429, headers={"Retry-After": "7"}), Reply(json=1)])
    response = await client.send(client.build_request("GET", "/x"))
    first, second = response.history
    assert (first.reason, second.reason) == (503, 429)
    assert 7.0 <= second.wait <= 7.7
    assert 0 <= first.wait <= 0.5
    (record,) = [record.__dict__["asdk"] for record in caplog.records if "history" in record.__dict__["asdk"]]
    assert record["history"] == [(503, first.wait), (429, second.wait)]
    assert record["attempts"] == 3


@pytest.mark.parametrize("error", [DecodeError, NotFoundError])
async def test_an_error_after_retries_has_the_number_of_attempts(error: type[AsdkError]) -> None:
    last = Reply(404) if error is NotFoundError else Reply(content=b"no JSON")
    with pytest.raises(error) as caught:
        await memory_client([Reply(503), last], retry=Retry(base_delay=0.1)).request("GET", "/x")
    assert caught.value.attempts == 2


async def test_a_retry_sends_the_same_idempotency_key() -> None:
    keys: list[str] = []

    def answer(request: Request) -> Reply:
        keys.append(request.headers["Idempotency-Key"])
        return Reply(503)

    client = memory_client(answer)
    for _ in range(3):
        with pytest.raises(ServerError):
            await client.request("POST", "/x", json={}, idempotency_key=True)
    assert [keys.count(key) for key in dict.fromkeys(keys)] == [3, 3, 3]
