"""The rate limit: its rate, its order, and what it learns from responses."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from asdk import (
    AuthenticationError,
    BaseClient,
    ConfigurationError,
    DeadlineExceededError,
    RateLimitError,
    Retry,
    StatusError,
    Tenant,
    Token,
    TransportError,
)
from asdk.auth import Credential
from asdk.http.request import Request
from asdk.middleware import CircuitBreaker, ConcurrencyLimit, RateLimit
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.cancelling import at_each_await, live_timers
from tests.support.failures import failure_of
from tests.support.scripts import run_quietly
from tests.support.servers import RawExchange, RawServer

BASE = "https://api.example.org"


class Service:
    """A service that records when each request arrived, and answers with its reply."""

    def __init__(self, clock: VirtualClock, answer: Callable[[Request], Reply] = lambda _: Reply(json=1)) -> None:
        self.clock = clock
        self.times: list[float] = []
        self.requests: list[Request] = []
        self.answer = answer

    def __call__(self, request: Request) -> Reply:
        self.times.append(self.clock.monotonic())
        self.requests.append(request)
        return self.answer(request)

    def busiest(self, span: float) -> int:
        return max(sum(start <= instant < start + span for instant in self.times) for start in self.times)


def make(limit: RateLimit, answer: Any = lambda _: Reply(json=1), **options: Any) -> tuple[BaseClient, Service]:
    clock = VirtualClock()
    service = Service(clock, answer)
    options = {"timeout": None, "retry": None, **options}
    transport = MemoryTransport(service)
    return BaseClient(base_url=BASE, transport=transport, clock=clock, rate_limit=limit, **options), service


async def all_of(client: BaseClient, calls: int, **options: Any) -> list[Any]:
    return await asyncio.gather(*(client.request("GET", "/x", **options) for _ in range(calls)), return_exceptions=True)


# --- the rate ----------------------------------------------------------------------------------------------------


async def test_a_thousand_callers_get_a_hundred_a_second() -> None:
    asyncio.get_running_loop().set_debug(False)  # it records where each of many futures was made
    client, service = make(RateLimit(100))
    assert await all_of(client, 1000) == [1] * 1000
    assert service.times[-1] == pytest.approx(9.99, rel=0.01)
    assert service.busiest(1.0) <= 101
    assert service.busiest(0.05) <= 6


async def test_a_burst_is_sent_at_once_and_refills_after_a_pause() -> None:
    client, service = make(RateLimit(10, burst=5))
    await all_of(client, 7)
    assert service.times == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2])
    await service.clock.sleep(60)
    await all_of(client, 6)
    assert [instant - 60.2 for instant in service.times[7:]] == pytest.approx([0, 0, 0, 0, 0, 0.1])


async def test_calls_one_after_another_below_the_rate_never_wait() -> None:
    client, service = make(RateLimit(10))
    for _ in range(20):
        await client.request("GET", "/x")
        await service.clock.sleep(0.1)
    assert service.times == pytest.approx([n / 10 for n in range(20)])


async def test_calls_are_sent_in_order_of_arrival() -> None:
    client, service = make(RateLimit(100))
    await asyncio.gather(*(client.request("GET", f"/{number}") for number in range(50)))
    assert [request.template for request in service.requests] == [f"/{number}" for number in range(50)]


async def test_each_attempt_needs_a_permit_and_so_does_the_resend_after_a_401() -> None:
    class Login(Credential):
        async def fetch(self, send: Handler) -> Token:
            return Token(value=f"t{len(service.requests)}", lifetime=3600)

    answers = iter([Reply(401), Reply(json=1), Reply(503), Reply(json=1)])
    client, service = make(RateLimit(1), lambda _: next(answers), auth=Login())
    await client.request("GET", "/x")
    assert service.times == [0, 1]
    await client.with_options(retry=Retry(base_delay=0.01)).request("GET", "/x")
    assert service.times == [0, 1, 2, 3]


async def test_two_clients_may_share_one_limit() -> None:
    limit = RateLimit(10)
    client, service = make(limit)
    other = BaseClient(base_url=BASE, transport=MemoryTransport(service), clock=service.clock, rate_limit=limit)
    await asyncio.gather(all_of(client, 5), all_of(other, 5))
    assert service.times == pytest.approx([n / 10 for n in range(10)])


@pytest.mark.parametrize(
    "arguments", [(0,), (-1,), (float("inf"),), (float("nan"),), ("10",), (True,), (10, 0), (10, 1.5)]
)
def test_an_invalid_rate_is_rejected(arguments: Any) -> None:
    with pytest.raises(ConfigurationError):
        RateLimit(*arguments)


# --- tenants -----------------------------------------------------------------------------------------------------


async def test_one_tenant_with_many_calls_does_not_starve_another() -> None:
    client, service = make(RateLimit(100))
    flood = asyncio.create_task(all_of(client, 300, tenant=Tenant("loud")))
    await asyncio.sleep(0)
    began = service.clock.monotonic()
    assert await all_of(client, 50, tenant=Tenant("quiet")) == [1] * 50
    assert service.clock.monotonic() - began == pytest.approx(1.0, abs=0.05), "every second permit was its own"
    assert await flood == [1] * 300
    assert service.times[-1] == pytest.approx(3.49, abs=0.05)


async def test_a_tenant_with_one_call_at_a_time_waits_for_one_other_call() -> None:
    client, service = make(RateLimit(100))
    flood = asyncio.create_task(all_of(client, 100, tenant=Tenant("loud")))
    await asyncio.sleep(0)
    for _ in range(20):
        began = service.clock.monotonic()
        await client.request("GET", "/x", tenant=Tenant("quiet"))
        assert service.clock.monotonic() - began <= 0.021
    await flood


# --- deadlines and cancellation ----------------------------------------------------------------------------------


async def test_a_wait_that_would_pass_the_deadline_fails_at_once() -> None:
    client, service = make(RateLimit(10), timeout=1.0)
    calls = [asyncio.create_task(client.request("GET", "/x")) for _ in range(30)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert service.clock.monotonic() == 0
    failed = [task for task in calls if task.done() and task.exception() is not None]
    assert len(failed) == 20
    error = failed[0].exception()
    assert isinstance(error, DeadlineExceededError)
    assert (error.sent, error.attempts, error.template) == (False, 0, "/x")
    assert error.retry_after == pytest.approx(1.0)
    assert "RateLimit(10, burst=1)" in str(error)
    await asyncio.wait(calls)
    assert len(service.times) == 10


async def test_the_error_of_an_impossible_wait_is_clean() -> None:
    client, _ = make(RateLimit(0.01), timeout=1.0)
    await client.request("GET", "/x")
    await failure_of(client.request("GET", "/x"), DeadlineExceededError)


async def test_a_new_tenant_may_have_time_where_others_have_none() -> None:
    client, _ = make(RateLimit(10))
    flood = asyncio.create_task(all_of(client, 100, tenant=Tenant("loud")))
    for _ in range(3):
        await asyncio.sleep(0)
    assert await client.request("GET", "/x", tenant=Tenant("quiet"), timeout=1) == 1
    with pytest.raises(DeadlineExceededError):
        await client.request("GET", "/x", tenant=Tenant("loud"), timeout=1)
    await flood


async def test_overtaken_calls_fail_at_their_deadline() -> None:
    client, service = make(RateLimit(10))
    crowd = asyncio.create_task(all_of(client, 6, timeout=0.55, tenant=Tenant("crowd")))
    await asyncio.sleep(0)
    others = [all_of(client, 1, tenant=Tenant(f"t{number}")) for number in range(20)]
    late = asyncio.gather(*others)
    results = await crowd
    assert service.clock.monotonic() == pytest.approx(0.55, abs=0.06)
    assert [type(result) for result in results] == [int] * 2 + [DeadlineExceededError] * 4
    assert await late == [[1]] * 20
    assert service.times[-1] == pytest.approx(2.1)


async def test_a_cancelled_call_loses_no_permit() -> None:
    client, service = make(RateLimit(10))
    tasks = [asyncio.create_task(client.request("GET", f"/{number}")) for number in range(6)]
    await asyncio.sleep(0)
    for number in (1, 2, 4):
        tasks[number].cancel()
    await asyncio.wait(tasks)
    assert [request.template for request in service.requests] == ["/0", "/3", "/5"]
    assert service.times == pytest.approx([0, 0.1, 0.2])
    assert live_timers() == []


@pytest.mark.parametrize("late", [False, True])
async def test_a_call_may_be_cancelled_at_any_await(late: bool) -> None:
    client, service = make(RateLimit(10))
    await client.request("GET", "/x")
    async for _ in at_each_await(lambda: client.request("GET", "/x"), late=late):
        before = service.clock.monotonic()
        await client.request("GET", "/x")
        assert service.clock.monotonic() - before <= 0.1001, "the permit of the cancelled call is the next one's"


# --- learning ----------------------------------------------------------------------------------------------------


async def test_one_429_slows_all_calls() -> None:
    answers = iter([Reply(json=1), Reply(429, headers={"Retry-After": "5"})])
    client, service = make(RateLimit(10), lambda _: next(answers, Reply(json=1)))
    results = await all_of(client, 10)
    assert [type(result) for result in results].count(RateLimitError) == 1
    assert service.times == pytest.approx([0, 0.1, *(5.1 + n / 10 for n in range(8))])


async def test_after_a_429_calls_without_the_time_fail_at_once() -> None:
    answers = iter([Reply(json=1), Reply(429, headers={"Retry-After": "30"})])
    client, service = make(RateLimit(10), lambda _: next(answers, Reply(json=1)), timeout=10)
    results = await all_of(client, 5)
    assert [type(result) for result in results] == [int, RateLimitError, *[DeadlineExceededError] * 3]
    assert service.clock.monotonic() == pytest.approx(0.1)
    assert results[-1].retry_after == pytest.approx(30, abs=0.5)
    error = await failure_of(client.request("GET", "/x"), DeadlineExceededError)
    assert error.retry_after == pytest.approx(30, abs=0.5)


async def test_a_429_without_retry_after_pauses_for_a_second_then_two() -> None:
    answers = iter([Reply(429), Reply(429), Reply(429), Reply(json=1), Reply(429), Reply(json=1)])
    client, service = make(RateLimit(10), lambda _: next(answers))
    for _ in range(6):
        await all_of(client, 1)
    assert service.times == pytest.approx([0, 1, 3, 7, 7.1, 8.1])


async def test_429s_that_were_in_flight_together_count_as_one() -> None:
    refused = iter([True] * 8)
    client, service = make(RateLimit(100, burst=8), lambda _: Reply(429 if next(refused, False) else 200, delay=0.5))
    await all_of(client, 8)
    await client.request("GET", "/x")
    assert service.times[-1] == pytest.approx(1.5)


@pytest.mark.parametrize("said", ["99999999", "1e400", "inf", "-5", "soon", "0", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_no_response_of_a_server_stops_a_client_permanently(said: str) -> None:
    answers = iter([Reply(429, headers={"Retry-After": said, "X-RateLimit-Reset": said, "X-RateLimit-Remaining": "0"})])
    client, service = make(RateLimit(10), lambda _: next(answers, Reply(json=1)))
    with pytest.raises(StatusError):
        await client.request("GET", "/x")
    await client.request("GET", "/x")
    assert 0.1 <= service.times[1] <= 3600.1


async def test_a_503_or_a_403_slows_all_only_with_a_retry_after() -> None:
    for status, headers, due in [
        (503, {"Retry-After": "7"}, 7.0),
        (403, {"Retry-After": "7"}, 7.0),
        (503, {}, 0.1),
    ]:
        answers = iter([Reply(status, headers=headers)])
        client, service = make(RateLimit(10), lambda _, answers=answers: next(answers, Reply(json=1)))
        await all_of(client, 1)
        await client.request("GET", "/x")
        assert service.times[1] == pytest.approx(due)


async def test_the_remaining_quota_of_the_server_is_counted_down() -> None:
    left = iter([3, 2, 1, 0, 4, 3])
    client, service = make(
        RateLimit(100),
        lambda _: Reply(json=1, headers={"RateLimit-Policy": '"a";q=4;w=60', "RateLimit": f'"a";r={next(left)};t=20'}),
    )
    await all_of(client, 6)
    assert service.times[:4] == pytest.approx([0, 0.01, 0.02, 0.03])
    assert service.times[4:] == pytest.approx([20.03, 20.04])


async def test_calls_in_flight_count_against_the_remaining_quota() -> None:
    def answer(request: Request) -> Reply:
        left = max(0, 4 - len(service.requests))
        reset = str(int(service.clock.time()) + 10)
        return Reply(json=1, headers={"X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": reset}, delay=0.035)

    client, service = make(RateLimit(100), answer)
    await all_of(client, 6)
    assert service.times[:4] == pytest.approx([0, 0.01, 0.02, 0.03])
    assert service.times[4] >= 9.999


async def test_a_window_that_reopens_early_releases_waiting_calls() -> None:
    def answer(request: Request) -> Reply:
        if request.template == "/spent":
            return Reply(json=1, headers={"RateLimit": '"a";r=0;t=1000'}, delay=1)
        return Reply(json=1, headers={"RateLimit": '"a";r=50;t=1000'}, delay=5)

    client, service = make(RateLimit(10, burst=2), answer)
    calls = [asyncio.create_task(client.request("GET", path)) for path in ("/spent", "/left")]
    await calls[0]
    waiting = asyncio.create_task(client.request("GET", "/x"))
    await calls[1]
    await waiting
    assert service.times == pytest.approx([0, 0, 5])


async def test_the_response_to_an_earlier_request_is_older_news() -> None:
    def answer(request: Request) -> Reply:
        if request.template == "/spent":
            return Reply(json=1, headers={"RateLimit": '"a";r=0;t=1000'}, delay=1)
        return Reply(json=1, headers={"RateLimit": '"a";r=50;t=1000'}, delay=5)

    client, service = make(RateLimit(10, burst=2), answer)
    calls = [asyncio.create_task(client.request("GET", path)) for path in ("/left", "/spent")]
    await calls[1]
    waiting = asyncio.create_task(client.request("GET", "/x"))
    await calls[0]
    await waiting
    assert service.times == pytest.approx([0, 0, 1001])


async def test_an_error_below_costs_its_permit() -> None:
    answers = iter([Reply(error=TransportError("broken"))])
    client, service = make(RateLimit(10), lambda _: next(answers, Reply(json=1)))
    await all_of(client, 1)
    await client.request("GET", "/x")
    assert service.times == pytest.approx([0, 0.1])


# --- tokens ------------------------------------------------------------------------------------------------------


class SlowLogin(Credential):
    """A credential that takes two seconds for a token."""

    def __init__(self, clock: VirtualClock, lifetime: float) -> None:
        self.clock, self.lifetime, self.logins = clock, lifetime, 0

    async def fetch(self, send: Handler) -> Token:
        self.logins += 1
        await self.clock.sleep(2)
        return Token(value=f"t{self.logins}", lifetime=self.lifetime)


def authorized(credential: SlowLogin, rate: float) -> tuple[BaseClient, Service]:
    clock = credential.clock
    service = Service(clock)
    client = BaseClient(
        base_url=BASE,
        auth=credential,
        transport=MemoryTransport(service),
        clock=clock,
        rate_limit=RateLimit(rate),
        timeout=None,
    )
    return client, service


@pytest.mark.parametrize("queued_first", [False, True])
async def test_permits_do_not_pile_up_behind_a_refresh(queued_first: bool) -> None:
    clock = VirtualClock()
    login = SlowLogin(clock, lifetime=10)
    client, service = authorized(login, 100)
    await client.request("GET", "/x")
    await clock.sleep(9.5 if queued_first else 11)
    assert await all_of(client, 300) == [1] * 300
    assert service.busiest(0.05) <= 6
    assert service.busiest(1.0) <= 101
    assert login.logins <= 3
    alive = {request.headers["Authorization"] for request in service.requests}
    assert alive <= {"Bearer t1", "Bearer t2", "Bearer t3"}


async def test_no_expired_token_is_sent_after_a_wait() -> None:
    clock = VirtualClock()
    ends: dict[int, float] = {}

    class Login(SlowLogin):
        async def fetch(self, send: Handler) -> Token:
            began, number = self.clock.monotonic(), self.logins + 1
            token = await super().fetch(send)
            ends[number] = began + 2 + self.lifetime
            return token

    client, service = authorized(Login(clock, lifetime=3), 10)
    await all_of(client, 100)
    for instant, request in zip(service.times, service.requests, strict=True):
        number = next(number for number in ends if request.headers["Authorization"] == f"Bearer t{number}")
        assert instant <= ends[number] + 0.001
    assert service.busiest(0.999) <= 10


async def test_a_permit_without_a_token_goes_to_the_next_call() -> None:
    clock = VirtualClock()
    client, service = authorized(SlowLogin(clock, lifetime=5), 0.1)
    await client.request("GET", "/first")
    bounced = asyncio.create_task(client.request("GET", "/x"))  # its turn comes at 12, and its token expires at 7
    open_to_all = asyncio.create_task(client.request("GET", "/open", authenticate=False))
    await asyncio.wait([bounced, open_to_all])
    assert [request.template for request in service.requests] == ["/first", "/open", "/x"]
    assert service.times == pytest.approx([2, 12, 24])


async def test_a_resend_whose_token_expires_in_the_queue_gets_another() -> None:
    clock = VirtualClock()
    login = SlowLogin(clock, lifetime=5)
    client, service = authorized(login, 0.1)
    service.answer = lambda request: Reply(json=1) if clock.monotonic() > 3 else Reply(401)
    assert await client.request("GET", "/x") == 1
    assert [request.headers["Authorization"] == "Bearer t3" for request in service.requests] == [True, True]
    assert service.times == pytest.approx([2, 14])
    assert login.logins == 3


async def test_a_token_that_expired_on_arrival_is_sent_once() -> None:
    login = SlowLogin(VirtualClock(), lifetime=1e-9)
    client, service = authorized(login, 10)
    assert await client.request("GET", "/x") == 1
    assert [request.headers["Authorization"] == "Bearer t1" for request in service.requests] == [True]
    service.answer = lambda request: Reply(401)
    with pytest.raises(AuthenticationError):
        await client.request("GET", "/x")
    assert login.logins == len(service.requests) == 5


# --- connections --------------------------------------------------------------------------------------------------


async def test_permits_do_not_pile_up_behind_the_connections() -> None:
    times: list[float] = []

    async def stalls_at_first(visit: RawExchange) -> None:
        times.append(time.monotonic())
        await asyncio.sleep(max(0.0, times[0] + 0.4 - times[-1]))
        await visit.answer()

    with RawServer(stalls_at_first) as server:
        async with BaseClient(base_url=server.url, connections=5, rate_limit=RateLimit(200), timeout=10) as client:
            await all_of(client, 60)
    assert len(times) == 60
    after = [instant for instant in times if instant > times[0] + 0.35]
    assert max(sum(start <= instant < start + 0.05 for instant in after) for start in after) <= 10 + 1 + 10


async def test_the_limit_on_connections_may_be_another_or_none() -> None:
    def stack(**options: Any) -> list[str]:
        client = BaseClient(base_url=BASE, rate_limit=RateLimit(1), **options)
        return [repr(step) for step in client.build_stack() if isinstance(step, ConcurrencyLimit)]

    assert stack() == ["ConcurrencyLimit(100)"]
    assert stack(connections=7) == ["ConcurrencyLimit(7)"]
    assert stack(concurrency=ConcurrencyLimit(3)) == ["ConcurrencyLimit(3)"]
    assert stack(concurrency=None) == []
    assert stack(transport=MemoryTransport()) == []


# --- loops, threads, processes -----------------------------------------------------------------------------------


def test_loops_in_several_threads_share_the_limit() -> None:
    limit = RateLimit(200)
    times: list[float] = []
    lock = threading.Lock()

    def answer(_: Request) -> Reply:
        with lock:
            times.append(time.monotonic())
        return Reply(json=1)

    def work() -> None:
        client = BaseClient(base_url=BASE, transport=MemoryTransport(answer), rate_limit=limit)
        asyncio.run(_run(client, 40))

    async def _run(client: BaseClient, calls: int) -> None:
        assert await all_of(client, calls) == [1] * calls

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    times.sort()
    assert len(times) == 120
    assert times[-1] - times[0] >= 119 / 200 - 0.06
    assert times[-1] - times[0] < 30


def test_calls_in_a_closed_loop_do_not_block_others() -> None:
    limit = RateLimit(3)  # twenty abandoned calls would take 7 s
    client = BaseClient(base_url=BASE, transport=MemoryTransport(lambda _: Reply(json=1)), rate_limit=limit)

    async def abandon() -> None:
        await client.request("GET", "/x")
        tasks = [asyncio.ensure_future(client.request("GET", "/x")) for _ in range(20)]
        await asyncio.sleep(0)
        assert len(tasks) == 20

    loop = asyncio.new_event_loop()
    loop.run_until_complete(abandon())  # it is stopped now, with calls in the queue

    began = time.monotonic()
    assert asyncio.run(all_of(client, 3)) == [1] * 3
    assert time.monotonic() - began < 6
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()


@pytest.mark.parametrize("policy", [RateLimit(2.5, burst=3), ConcurrencyLimit(4), CircuitBreaker(20, 0.3, 5.0)])
def test_a_policy_shows_its_settings_and_pickles_as_them(policy: object) -> None:
    copy = pickle.loads(pickle.dumps(policy))
    assert copy is not policy
    assert repr(copy) == repr(policy)
    assert repr(RateLimit(2.5, burst=3)) == "RateLimit(2.5, burst=3)"


def test_a_forked_child_has_the_limit_to_itself() -> None:
    script = """
    from asdk.middleware import ConcurrencyLimit, RateLimit
    from asdk.testing import MemoryTransport, Reply

    async def answer(_):
        await asyncio.sleep(0.01)
        return Reply(json=1)

    limits = {"rate_limit": RateLimit(0.1, burst=2), "concurrency": ConcurrencyLimit(2)}
    client = make_client(transport=MemoryTransport(answer), timeout=5, **limits)

    async def two():
        return await asyncio.gather(*(client.request("GET", "/x") for _ in range(2)))

    async def fork_in_the_middle():
        calls = asyncio.ensure_future(two())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        child = os.fork()
        if child == 0:
            return 0
        await calls
        return child

    loop = asyncio.new_event_loop()
    child = loop.run_until_complete(fork_in_the_middle())
    if child == 0:
        asyncio.events._set_running_loop(None)
        assert asyncio.new_event_loop().run_until_complete(two()) == [1, 1]
        os._exit(0)
    loop.close()
    print(os.waitpid(child, 0)[1])
    """
    assert run_quietly(script, BASE) == "0"


async def test_the_order_of_the_policies_does_not_depend_on_the_options() -> None:
    client, _ = make(RateLimit(1), concurrency=ConcurrencyLimit(1), circuit_breaker=CircuitBreaker())
    kinds = [type(step).__name__ for step in client.build_stack()]
    assert kinds[2:5] == ["CircuitBreaker", "ConcurrencyLimit", "RateLimit"]
