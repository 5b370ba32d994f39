"""Tests of time limits: which limit applies, when, the state of the task, and limits of the caller."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from asdk import (
    AsdkError,
    AuthenticationError,
    BaseClient,
    DeadlineExceededError,
    PoolTimeoutError,
    RequestTimeoutError,
    Response,
    Retry,
    ServerError,
    StreamError,
    Timeout,
)
from asdk.auth import BearerToken, ClientCredentials
from asdk.http.request import Request
from asdk.middleware import ConcurrencyLimit
from asdk.testing import VirtualClock
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.base import Handler
from asdk.transports.deadlines import Deadlines
from tests.support.cancelling import live_timers
from tests.support.failures import failure_of
from tests.support.loop_delay import LoopDelay
from tests.support.servers import QUICK, SLACK, Behavior, RawExchange, RawServer, client_of, head, unresponsive_port


async def silence(exchange: RawExchange) -> None:
    await exchange.until_gone()


def silence_after(data: bytes) -> Behavior:
    async def behave(exchange: RawExchange) -> None:
        await exchange.send(data)
        await exchange.until_gone()

    return behave


def drip(data: bytes, pause: float = 0.01) -> Behavior:
    """Return a behavior that sends single bytes, each before an idle limit expires."""

    async def behave(exchange: RawExchange) -> None:
        for byte in data:
            await exchange.send(bytes([byte]))
            await asyncio.sleep(pause)

    return behave


TEN = head(200, "Content-Length: 10\r\n")

SLOW = {
    "before the head": silence,
    "in the head": silence_after(TEN[:20]),
    "after the head": silence_after(TEN),
    "in the body": silence_after(TEN + b"12345"),
    "a byte at a time": drip(TEN),
}


@contextlib.contextmanager
def lasting(seconds: float) -> Iterator[None]:
    """Check that the block takes this long, plus the slack at most."""
    began, lag = time.monotonic(), LoopDelay()
    yield
    assert seconds - 0.01 <= time.monotonic() - began < seconds + SLACK + lag.stop()


def cancellations() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


# --- each limit -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behavior", SLOW.values(), ids=SLOW)
async def test_an_attempt_times_out_at_its_limit(behavior: Behavior) -> None:
    with RawServer(behavior) as server:
        async with client_of(server, timeout=Timeout(attempt=0.1)) as client:
            with lasting(0.1):
                error = await failure_of(client.request("GET", "/things"), RequestTimeoutError)
            assert (error.limit, error.sent, error.retryable, cancellations()) == ("attempt", True, True, 0)
            await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("behavior", SLOW.values(), ids=SLOW)
async def test_a_call_times_out_at_its_total(behavior: Behavior) -> None:
    with RawServer(behavior) as server:
        async with client_of(server, retry=QUICK) as client:
            with lasting(0.1):
                error = await failure_of(client.request("GET", "/things", timeout=0.1), DeadlineExceededError)
            assert (error.limit, error.sent, error.retryable, cancellations()) == ("total", True, False, 0)
            assert len(server.heads) == 1
            await server.until(lambda: server.open == 0)


async def test_the_total_covers_all_attempts() -> None:
    with RawServer(silence) as server:
        async with client_of(server, retry=Retry(attempts=99, base_delay=0.001)) as client:
            call = client.request("GET", "/things", timeout=Timeout(total=0.5, attempt=0.1))
            with lasting(0.5):
                error = await failure_of(call, DeadlineExceededError)
            # The last attempt may be cancelled before it is sent.
            await server.until(lambda: len(server.heads) >= error.attempts - 1)
            assert 1 < error.attempts <= 6


async def test_a_wait_beyond_the_deadline_is_not_started() -> None:
    async def later(exchange: RawExchange) -> None:
        await exchange.answer(status=503, headers="Retry-After: 2\r\n")

    with RawServer(later) as server:
        async with client_of(server, retry=QUICK) as client:
            with lasting(0), pytest.raises(AsdkError) as caught:
                await client.request("GET", "/things", timeout=1)
    assert (caught.value.status, caught.value.retry_after, len(server.heads)) == (503, 2.0, 1)


@pytest.mark.parametrize("limit", ["connect", "attempt", "total"])
async def test_an_unresponsive_peer_times_out_before_sending(limit: str) -> None:
    limits = {"connect": None, "attempt": None, "total": None, limit: 0.1}
    with unresponsive_port() as port:
        async with BaseClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(**limits), retry=None) as client:
            kind = DeadlineExceededError if limit == "total" else RequestTimeoutError
            with lasting(0.1):
                error = await failure_of(client.request("POST", "/things", json=1), kind)
            assert (error.limit, error.sent, cancellations()) == (limit, False, 0)


async def test_a_post_is_retried_after_a_connect_timeout() -> None:
    with unresponsive_port() as port:
        limits = Timeout(connect=None, attempt=0.02)
        async with BaseClient(base_url=f"http://127.0.0.1:{port}", timeout=limits, retry=QUICK) as client:
            error = await failure_of(client.request("POST", "/things", json=1), RequestTimeoutError)
    assert error.attempts == QUICK.attempts


@pytest.mark.parametrize("limit", ["connect", "attempt", "total"])
async def test_a_slow_name_server_times_out(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    resolve, released = socket.getaddrinfo, threading.Event()

    def slow(host: Any, *arguments: Any, **options: Any) -> Any:
        released.wait(60)
        return resolve("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    limits = {"connect": None, "attempt": None, "total": None, limit: 0.1}
    try:
        async with BaseClient(base_url="http://api.invalid", timeout=Timeout(**limits), retry=None) as client:
            kind = DeadlineExceededError if limit == "total" else RequestTimeoutError
            with lasting(0.1):
                error = await failure_of(client.request("POST", "/things", json=1), kind)
            assert (error.limit, error.sent) == (limit, False)
    finally:
        released.set()


async def test_a_silent_stream_times_out() -> None:
    with RawServer(silence_after(TEN + b"12345")) as server:
        async with client_of(server, timeout=Timeout(idle=0.1)) as client:

            async def read() -> None:
                async with client.stream("GET", "/things") as response:
                    async for chunk in response.iter_bytes():
                        assert chunk == b"12345"

            with lasting(0.1):
                error = await failure_of(read(), RequestTimeoutError)
            assert (error.limit, error.sent, cancellations()) == ("idle", True, 0)
            await server.until(lambda: server.open == 0)


async def test_a_stream_may_take_longer_than_total_and_attempt() -> None:
    body = b"x" * 30

    async def slow_body(exchange: RawExchange) -> None:
        await exchange.send(head(200, "Content-Length: 30\r\n"))
        await drip(body)(exchange)

    with RawServer(slow_body) as server:
        client = client_of(server, timeout=Timeout(total=0.1, attempt=0.1, idle=0.2))
        async with client, client.stream("GET", "/things") as response:
            assert await response.read() == body


@pytest.mark.parametrize(("limits", "kind"), [((0.1, 5), DeadlineExceededError), ((5, 0.1), RequestTimeoutError)])
async def test_total_and_attempt_limit_the_head_of_a_stream(
    limits: tuple[float, float], kind: type[RequestTimeoutError]
) -> None:
    with RawServer(drip(TEN)) as server:
        async with client_of(server, timeout=Timeout(total=limits[0], attempt=limits[1])) as client:
            with lasting(0.1):
                await failure_of(client.stream("GET", "/things").__aenter__(), kind)
        await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("behavior", [silence_after, drip])
@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerError), (401, AuthenticationError), (200, StreamError)], ids=["500", "401", "HTML"]
)
async def test_the_error_body_of_a_stream_is_read_within_the_total(
    status: int, kind: type[AsdkError], behavior: Callable[[bytes], Behavior]
) -> None:
    said = b"HTTP/1.1 %d Said\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n" % status
    limit = ConcurrencyLimit(1)

    async def fail(exchange: RawExchange) -> None:
        await exchange.send(said)
        await behavior(b"x" * 1000)(exchange)

    with RawServer(fail) as server:
        # Enough time for the head on a busy machine.
        async with client_of(server, timeout=Timeout(total=1.0), auth=BearerToken("good"), concurrency=limit) as client:
            with lasting(1.0):
                error = await failure_of(client.events("GET", "/things").__aenter__(), kind)
            assert (error.status, cancellations()) == (status, 0)
            await server.until(lambda: server.open == 0)


async def test_waiting_for_the_pool_raises_its_own_error() -> None:
    with RawServer(silence) as server:
        transport = AiohttpTransport(limit=1)
        client = client_of(server, transport=transport)
        holder = asyncio.create_task(client.request("GET", "/holder"))
        await server.until(lambda: len(server.heads) == 1)
        with lasting(0.1):
            error = await failure_of(client.request("POST", "/things", json=1, timeout=0.1), PoolTimeoutError)
        assert (error.limit, error.sent, error.retryable, cancellations()) == ("total", False, False, 0)
        assert len(server.heads) == 1
        holder.cancel()
        await asyncio.wait([holder])
        await transport.aclose()


async def test_the_attempt_limit_excludes_the_wait_for_the_pool() -> None:
    async def slowly(exchange: RawExchange) -> None:
        await asyncio.sleep(0.06)
        await exchange.answer()

    with RawServer(slowly) as server:
        transport = AiohttpTransport(limit=1)
        client = client_of(server, transport=transport, timeout=Timeout(attempt=0.15))
        await asyncio.gather(*(client.request("GET", "/things") for _ in range(4)))
        await transport.aclose()


async def test_an_expired_deadline_sends_nothing() -> None:
    clock = VirtualClock(auto=False)

    async def dawdle(request: Request, call_next: Handler) -> Response:
        await clock.advance(11)
        return await call_next(request)

    with RawServer() as server:
        async with client_of(server, timeout=10, clock=clock, attempt_middleware=[dawdle]) as client:
            error = await failure_of(client.request("POST", "/things", json=1), DeadlineExceededError)
    assert (error.sent, server.heads) == (False, [])


async def test_without_limits_there_is_no_timer() -> None:
    with RawServer(silence) as server:
        async with client_of(server) as client:
            call = asyncio.create_task(client.request("GET", "/things", timeout=None))
            await server.until(lambda: len(server.heads) == 1)
            assert not [timer for timer in live_timers() if "asdk" in timer]
            call.cancel()
            await asyncio.wait([call])


# --- the mechanism ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["connect", "attempt", "total"])
async def test_no_limit_is_rounded_up_to_a_whole_second(limit: str) -> None:
    limits = {"connect": None, "attempt": None, "total": None, limit: 5.2}
    with unresponsive_port() as port:
        async with BaseClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(**limits), retry=None) as client:
            earliest = asyncio.get_running_loop().time() + 5.2
            call = asyncio.create_task(client.request("GET", "/things"))
            await asyncio.sleep(0.01)
            scheduled = getattr(asyncio.get_running_loop(), "_scheduled")  # noqa: B009
            times = [timer.when() for timer in scheduled if not timer.cancelled()]
            assert [due for due in times if earliest <= due < earliest + 0.1], times
            assert all(due != math.ceil(due) for due in times)
            call.cancel()
            await asyncio.wait([call])


async def test_one_timer_serves_all_calls_until_the_client_closes() -> None:
    with RawServer(silence) as server:
        client = client_of(server)
        calls = [asyncio.create_task(client.request("GET", "/things", timeout=50 + n / 10)) for n in range(20)]
        await server.until(lambda: len(server.heads) == 20)
        assert len([timer for timer in live_timers() if "Deadlines" in timer]) == 1
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await client.aclose()
        assert not [timer for timer in live_timers() if "Deadlines" in timer]


async def test_each_of_many_calls_times_out_at_its_own_limit() -> None:
    loop = asyncio.get_running_loop()

    async def take(client: BaseClient, seconds: float) -> float:
        began = loop.time()
        await failure_of(client.request("GET", "/things", timeout=seconds), DeadlineExceededError)
        return loop.time() - began - seconds

    with RawServer(silence) as server:
        async with client_of(server) as client:
            lag = LoopDelay()
            late = await asyncio.gather(*(take(client, 0.05 + 0.01 * (n % 7)) for n in range(70)))
    assert min(late) > -0.01
    assert max(late) < SLACK + lag.stop()


async def test_a_later_call_may_have_an_earlier_deadline() -> None:
    with RawServer(silence) as server:
        async with client_of(server) as client:
            patient = asyncio.create_task(client.request("GET", "/things", timeout=50))
            await server.until(lambda: len(server.heads) == 1)
            with lasting(0.05):
                await failure_of(client.request("GET", "/things", timeout=0.05), DeadlineExceededError)
            assert not patient.done()
            patient.cancel()
            await asyncio.wait([patient])


async def test_a_late_task_is_cancelled_once() -> None:
    deadlines, task = Deadlines(asyncio.get_running_loop()), asyncio.current_task()
    assert task is not None
    deadlines.enter(task, time.monotonic() + 0.01)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)
    assert task.cancelling() == 1
    assert deadlines.leave(task, 0)
    assert not deadlines.leave(task, 0)
    assert task.cancelling() == 0
    deadlines.close()


async def test_closing_the_client_keeps_the_limits_of_calls() -> None:
    with unresponsive_port() as port:
        client = BaseClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(total=0.1, connect=None), retry=None)
        with lasting(0.1):
            call = asyncio.create_task(client.request("GET", "/things"))
            await asyncio.sleep(0.01)
            await client.aclose()
            await failure_of(call, DeadlineExceededError)


# --- limits of the caller ---------------------------------------------------------------------------------------------


async def stall(client: BaseClient, **options: Any) -> None:
    await client.request("GET", "/things", **options)


async def test_a_timeout_of_the_caller_is_not_converted() -> None:
    with RawServer(silence) as server:
        async with client_of(server) as client:
            with lasting(0.05), pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.05):
                    await stall(client)
            assert not isinstance(caught.value, AsdkError)
            assert cancellations() == 0
            with lasting(0.05), anyio.move_on_after(0.05) as scope:
                await stall(client)
            assert scope.cancelled_caught
            assert cancellations() == 0
            with lasting(0.05), pytest.raises(TimeoutError):
                await asyncio.wait_for(stall(client), 0.05)
            await server.until(lambda: server.open == 0)


async def test_our_shorter_limit_raises_our_error() -> None:
    with RawServer(silence) as server:
        async with client_of(server) as client:
            async with asyncio.timeout(60):
                await failure_of(client.request("GET", "/things", timeout=0.03), DeadlineExceededError)
                await asyncio.sleep(0)
            with anyio.fail_after(60):
                await failure_of(client.request("GET", "/things", timeout=0.03), DeadlineExceededError)
                await anyio.lowlevel.checkpoint()
            assert cancellations() == 0


def hold_up_the_loop() -> None:
    """Block the loop so that timers set now, due after 30 and 50 ms, fire together after two iterations."""
    loop = asyncio.get_running_loop()
    loop.call_soon(loop.call_soon, time.sleep, 0.08)


@pytest.mark.parametrize(("ours", "theirs"), [(0.03, 0.05), (0.05, 0.03)])
@pytest.mark.parametrize("queued", [False, True], ids=["in the attempt", "in the queue"])
async def test_simultaneous_limits_keep_the_callers_in_force(ours: float, theirs: float, queued: bool) -> None:
    with RawServer(silence) as server:
        transport = AiohttpTransport(limit=1)
        client = client_of(server, transport=transport)
        holder = asyncio.create_task(stall(client, timeout=60)) if queued else None
        await asyncio.sleep(0)

        async def with_asyncio() -> str:
            try:
                async with asyncio.timeout(theirs):
                    await stall(client, timeout=ours)
            except TimeoutError as error:
                return type(error).__name__
            return "nothing"

        async def with_anyio() -> str:
            with anyio.move_on_after(theirs) as scope:
                with contextlib.suppress(RequestTimeoutError):  # anyio does not cancel a cancelled task,
                    await stall(client, timeout=ours)
                await asyncio.sleep(0.01)  # but it does at the next opportunity
            return f"caught {scope.cancelled_caught}"

        async def by_cancelling() -> str:
            task = asyncio.create_task(stall(client, timeout=ours))
            asyncio.get_running_loop().call_later(theirs, task.cancel)
            await asyncio.wait([task])
            return f"cancelled {task.cancelled()}"

        outcomes = []
        for way in (with_asyncio, with_anyio, by_cancelling):
            hold_up_the_loop()
            outcomes.append(await way())
            assert cancellations() == 0
            await asyncio.sleep(0)  # a leftover cancellation would be raised here
        assert outcomes == ["TimeoutError", "caught True", "cancelled True"]
        if holder is not None:
            holder.cancel()
            await asyncio.wait([holder])
        await transport.aclose()


async def test_a_call_in_a_cancelled_task_keeps_its_limit() -> None:
    seen: list[tuple[str, int]] = []

    async def clean_up_when_cancelled(client: BaseClient) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            error = await failure_of(client.request("DELETE", "/things", timeout=0.03), DeadlineExceededError)
            seen.append((error.limit, cancellations()))

    with RawServer(silence) as server:
        async with client_of(server) as client:
            task = asyncio.create_task(clean_up_when_cancelled(client))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert seen == [("total", 1)]


async def test_a_task_group_cancels_a_call() -> None:
    async def fail(arrived: Awaitable[None]) -> None:
        await arrived
        raise LookupError

    with RawServer(silence) as server:
        async with client_of(server) as client:
            with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012
                async with asyncio.TaskGroup() as group:
                    group.create_task(stall(client))
                    group.create_task(fail(server.until(lambda: len(server.heads) == 1)))
            assert caught.group_contains(LookupError)
            await server.until(lambda: server.open == 0)


# --- a blocked event loop ---------------------------------------------------------------------------------------------

BIG = b'"' + b"x" * 200_000 + b'"'


async def in_one_piece(exchange: RawExchange) -> None:
    await asyncio.sleep(0.05)  # the loop is blocked by then
    await exchange.answer(b'"read"')


async def in_pieces(exchange: RawExchange) -> None:
    await exchange.read_body()
    await asyncio.sleep(0.05)
    for piece in (head(200, "Content-Length: 6\r\n"), b'"re', b'ad"'):
        await exchange.send(piece)
        await asyncio.sleep(0.01)


async def at_length(exchange: RawExchange) -> None:
    await asyncio.sleep(0.05)
    await exchange.answer(BIG)


async def blocked(server: RawServer, *calls: Awaitable[Any], seconds: float = 0.5) -> list[Any]:
    """Start the calls, and block the event loop once the server has one, as a cell of a notebook does."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await server.until(lambda: len(server.heads) > 0)
    time.sleep(seconds)  # noqa: ASYNC251 - on purpose
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("limits", [{"total": 0.2}, {"attempt": 0.2}, {"total": 0.2, "attempt": 0.2}])
@pytest.mark.parametrize("behavior", [in_one_piece, in_pieces, at_length])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_arrived_while_the_loop_was_blocked_is_read(
    method: str, behavior: Behavior, limits: dict[str, float]
) -> None:
    with RawServer(behavior) as server:
        async with client_of(server, timeout=Timeout(**limits)) as client:
            results = await blocked(server, *(client.request(method, "/things") for _ in range(3)))
    assert [len(result) for result in results] == [len(BIG) - 2 if behavior is at_length else 4] * 3
    assert len(server.heads) == 3


async def test_the_head_of_a_stream_that_arrived_while_the_loop_was_blocked_is_read() -> None:
    async def read(client: BaseClient) -> bytes:
        async with client.stream("GET", "/things") as response:
            return await response.read()

    with RawServer(in_pieces) as server:
        async with client_of(server, timeout=Timeout(total=0.2, idle=0.2)) as client:
            assert await blocked(server, read(client)) == [b'"read"']


async def test_a_loop_that_is_blocked_again_and_again_reads_what_arrived() -> None:
    with RawServer(at_length) as server:
        async with client_of(server, timeout=0.2) as client:
            call = asyncio.ensure_future(client.request("GET", "/things"))
            await server.until(lambda: len(server.heads) > 0)
            for _ in range(3):
                time.sleep(0.4)  # noqa: ASYNC251 - on purpose
                await asyncio.sleep(0)
            assert len(await call) == len(BIG) - 2


@pytest.mark.parametrize(
    "behavior", [silence, silence_after(TEN + b"12345"), drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 9**3)]
)
async def test_a_response_that_is_not_complete_still_times_out(behavior: Behavior) -> None:
    with RawServer(behavior) as server:
        async with client_of(server, timeout=0.2) as client:
            with lasting(0.5):
                (error,) = await blocked(server, client.request("GET", "/things"))
            assert isinstance(error, DeadlineExceededError)
            assert not [timer for timer in live_timers() if "Deadlines" in timer]
        await server.until(lambda: server.open == 0)


async def test_a_pause_for_one_call_is_not_cut_short_by_the_deadline_of_another() -> None:
    with RawServer(in_one_piece) as server:
        async with client_of(server) as client:
            loop = asyncio.get_running_loop()
            call = asyncio.ensure_future(client.request("GET", "/things", timeout=0.2))
            await server.until(lambda: len(server.heads) > 0)
            loop.call_soon(lambda: calls.append(asyncio.ensure_future(client.request("GET", "/things", timeout=0.01))))
            calls: list[asyncio.Future[Any]] = []
            time.sleep(0.5)  # noqa: ASYNC251 - on purpose
            assert await call == "read"
            await asyncio.gather(*calls, return_exceptions=True)


async def test_a_client_that_logs_in_keeps_a_token_that_arrived_while_the_loop_was_blocked() -> None:
    async def grant(exchange: RawExchange) -> None:
        if exchange.target == "/token":
            await asyncio.sleep(0.05)
            await exchange.answer(b'{"access_token": "good", "expires_in": 3600}')
        else:
            await exchange.answer()

    with RawServer(grant) as server:
        login = ClientCredentials(f"{server.url}/token", "client", "secret")
        async with client_of(server, auth=login, timeout=Timeout(total=60, attempt=0.2)) as client:
            (token,) = await blocked(server, client.get_token())
            assert token.value.reveal() == "good"
    assert len(server.heads) == 1
