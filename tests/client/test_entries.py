"""One client in many ``async with`` blocks: which exit closes its connections, and what happens to calls in flight."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from asdk import AsdkError, BaseClient, ClientClosedError
from asdk.auth import BearerToken
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply
from asdk.transports import aiohttp as transport_module
from tests.support.cancelling import at_each_await, live_timers
from tests.support.failures import failure_of
from tests.support.servers import RawExchange, RawServer, client_of, head, until

HANDLERS = 20


@pytest.fixture(params=[1, pytest.param(200, marks=pytest.mark.soak)], ids=["once", "200 times"])
def times(request: pytest.FixtureRequest) -> int:
    return int(request.param)


async def slowly(visit: RawExchange) -> None:
    await visit.read_body()
    await asyncio.sleep(0.02)
    await visit.answer()


async def by_path(visit: RawExchange) -> None:
    """Stay silent for ``/stall`` and in the middle of ``/midstall``, wait for ``/slow``, answer all others."""
    match visit.target:
        case "/stall":
            await visit.until_gone()
        case "/midstall":
            await visit.send(head(200, "Content-Length: 10\r\n") + b"12345")
            await visit.until_gone()
        case "/slow":
            await slowly(visit)
        case _:
            await visit.answer()


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(by_path) as server:
        yield server


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_CLOSE_GRACE", 0.05)


def open_sessions(client: BaseClient) -> int:
    return len(client._session.transport._sessions.by_loop)  # type: ignore[attr-defined]


async def handler(client: BaseClient, number: int) -> Any:
    """Serve one request of a web service that shares a client."""
    await asyncio.sleep(number * 0.003)
    async with client:
        return await client.request("POST", "/slow", json={})


# --- several blocks at a time -----------------------------------------------------------------------------------------


async def test_tasks_that_share_a_client_do_not_close_it_under_each_other(server: RawServer, times: int) -> None:
    client = client_of(server)
    for number in range(times):
        assert await asyncio.gather(*(handler(client, number) for number in range(HANDLERS))) == [{}] * HANDLERS
        assert len(server.heads) == HANDLERS * (number + 1)
        await server.until(lambda: server.open == 0)


def test_threads_that_share_a_client_do_not_close_it_under_each_other(server: RawServer, times: int) -> None:
    client, answers = client_of(server, timeout=60), []

    async def serve() -> None:
        answers.extend(await asyncio.gather(*(handler(client, number) for number in range(5))))

    for _ in range(times):
        threads = [threading.Thread(target=lambda: asyncio.run(serve())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert answers == [{}] * 20 * times


async def test_callers_in_other_threads_may_share_the_clients_loop(server: RawServer, times: int) -> None:
    client, loop = client_of(server), asyncio.get_running_loop()

    def call(number: int) -> Any:
        return asyncio.run_coroutine_threadsafe(handler(client, number), loop).result(60)

    for _ in range(times):
        assert await asyncio.gather(*(asyncio.to_thread(call, number) for number in range(8))) == [{}] * 8
        await server.until(lambda: server.open == 0)


async def test_blocks_of_one_task_may_be_nested(server: RawServer) -> None:
    client = client_of(server)
    async with client:
        for _ in range(2):
            async with client, client:
                await client.request("GET", "/things")
            assert (server.connections, server.open) == (1, 1)
    await server.until(lambda: server.open == 0)


async def test_copies_and_their_original_close_with_the_last_of_all_blocks(server: RawServer) -> None:
    async with client_of(server) as client:
        async with client.with_options(timeout=3) as copy, client.with_options(timeout=4) as other:
            await asyncio.gather(*(each.request("GET", "/slow") for each in (client, copy, other)))
        await client.request("GET", "/things")
        assert server.connections == 3
    await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("end", ["raise", "cancel"])
async def test_an_exit_by_exception_counts_like_any_other(server: RawServer, end: str) -> None:
    client = client_of(server)
    async with client:

        async def fail() -> None:
            async with client:
                await client.request("GET", "/things")
                if end == "raise":
                    raise LookupError
                await asyncio.sleep(3600)

        task = asyncio.create_task(fail())
        if end == "cancel":
            await server.until(lambda: len(server.heads) == 1)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert server.open == 1
    await server.until(lambda: server.open == 0)


async def test_a_block_may_end_in_another_task_than_it_began(server: RawServer) -> None:
    client = client_of(server)
    stack = AsyncExitStack()
    await asyncio.create_task(stack.enter_async_context(client))
    async with client:
        await client.request("GET", "/things")
    assert server.open == 1
    await asyncio.create_task(stack.aclose())
    await server.until(lambda: server.open == 0)


async def test_the_last_exit_of_a_loop_closes_its_connections_alone(server: RawServer) -> None:
    client = client_of(server)
    entered, ended = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        async with client:
            await client.request("GET", "/things")
            entered.set()
            await until(ended.is_set)
            await client.request("GET", "/things")

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    async with client:
        await client.request("GET", "/things")
        thread.start()
        await until(entered.is_set)
        assert server.open == 2
    await server.until(lambda: server.open == 1)
    ended.set()
    await asyncio.to_thread(thread.join, 60)
    assert server.connections == 2
    await server.until(lambda: server.open == 0)


async def test_a_block_of_a_closed_loop_is_forgotten(server: RawServer) -> None:
    client = client_of(server)
    loop = asyncio.new_event_loop()
    await asyncio.to_thread(loop.run_until_complete, client.__aenter__())
    loop.close()
    async with client:
        await client.request("GET", "/things")
    await server.until(lambda: server.open == 0)


# --- closed by hand ---------------------------------------------------------------------------------------------------


async def lines(client: BaseClient) -> None:
    async with client.json_lines("GET", "/things"):
        pass


async def events(client: BaseClient) -> None:
    async with client.events("GET", "/things"):
        pass


async def stream(client: BaseClient) -> None:
    async with client.stream("GET", "/things"):
        pass


async def pages(client: BaseClient) -> None:
    await client.paginate("/things", strategy=PageNumbers()).collect()


async def mapped(client: BaseClient) -> None:
    async for outcome in client.map(lambda each: client.request("GET", each), ["/things"]):
        outcome.result()


CALLS: dict[str, Callable[[BaseClient], Awaitable[object]]] = {
    "request": lambda client: client.request("GET", "/things"),
    "send": lambda client: client.send(client.build_request("GET", "/things")),
    "download": lambda client: client.download("/things", to="file"),
    "token": lambda client: client.get_token(),
    "lines": lines,
    "events": events,
    "stream": stream,
    "pages": pages,
    "map": mapped,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_call_on_a_closed_client_is_rejected(
    server: RawServer, call: Callable[[BaseClient], Awaitable[object]]
) -> None:
    client = client_of(server, auth=BearerToken("good"))
    await client.request("GET", "/things")
    await client.aclose()
    error = await failure_of(call(client), ClientClosedError)
    assert (error.sent, error.retryable, len(server.heads)) == (False, False, 1)
    assert open_sessions(client) == 0
    async with client:
        await client.request("GET", "/things")
    await client.request("GET", "/things")  # closed by its block: a new call opens other connections
    await client.aclose()


async def test_copies_of_a_closed_client_stay_open(server: RawServer) -> None:
    client = client_of(server)
    before = client.with_options(timeout=3)
    await client.aclose()
    after = client.with_options(timeout=4)
    for copy in (before, after):
        await copy.request("GET", "/things")
    await failure_of(client.request("GET", "/things"), ClientClosedError)
    await before.aclose()
    await after.request("GET", "/things")
    assert server.connections == 1
    await after.aclose()
    await server.until(lambda: server.open == 0)


async def test_a_client_of_another_transport_is_closed_too() -> None:
    client = BaseClient(base_url="https://api.example.org", transport=MemoryTransport([Reply(json={})]))
    await client.aclose()
    await failure_of(client.request("GET", "/things"), ClientClosedError)
    async with client:
        assert await client.request("GET", "/things") == {}


async def test_closing_ends_all_blocks_and_their_exits_do_nothing(server: RawServer) -> None:
    client = client_of(server)
    left = asyncio.Event()

    async def hold() -> None:
        async with client:
            await client.request("GET", "/things")
            await left.wait()

    holders = [asyncio.create_task(hold()) for _ in range(3)]
    await server.until(lambda: len(server.heads) == 3)
    await client.aclose()
    await server.until(lambda: server.open == 0)
    async with client:  # a later block: the exits of the earlier ones must not close what it opens
        await client.request("GET", "/things")
        left.set()
        await asyncio.gather(*holders)
        await client.request("GET", "/things")
        assert server.connections == 4
    await server.until(lambda: server.open == 0)


async def test_a_later_block_closes_though_earlier_ones_are_still_open(server: RawServer) -> None:
    client = client_of(server)
    async with client:
        await client.aclose()

        async def later() -> None:
            async with client:
                await client.request("GET", "/things")

        await asyncio.create_task(later())
        await server.until(lambda: server.open == 0)


# --- calls in flight --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["exit", "aclose"])
async def test_closing_waits_for_calls_in_flight(server: RawServer, way: str) -> None:
    client = client_of(server, connections=3)
    await client.__aenter__()
    calls = [asyncio.create_task(client.request("POST", "/slow", json={})) for _ in range(8)]  # five wait in the queue
    await server.until(lambda: len(server.heads) == 3)
    await (client.aclose() if way == "aclose" else client.__aexit__(None, None, None))
    assert await asyncio.gather(*calls) == [{}] * 8
    assert (server.connections <= 8, len(server.heads)) == (True, 8)
    await server.until(lambda: server.open == 0)


async def test_idle_connections_close_while_busy_ones_are_waited_for(server: RawServer) -> None:
    client = client_of(server)
    await asyncio.gather(*(client.request("GET", "/slow") for _ in range(4)))
    async with client.stream("GET", "/midstall") as response:
        closing = asyncio.create_task(client.aclose())
        await server.until(lambda: server.open == 1)
        assert not closing.done()
        await response.aclose()
    await closing
    await server.until(lambda: server.open == 0)


async def test_a_new_call_during_the_last_exit_opens_another_connection(server: RawServer) -> None:
    client = client_of(server)
    async with client.stream("GET", "/midstall") as response:
        leaving = asyncio.create_task(handler(client, 0))
        await server.until(lambda: len(server.heads) == 2)
        await until(lambda: open_sessions(client) == 0)
        assert await client.request("GET", "/things") == {}
        assert not leaving.done()
        await response.aclose()
    await leaving
    await server.until(lambda: server.open == 1)
    await client.aclose()


async def read_stream(client: BaseClient) -> None:
    async with client.stream("GET", "/midstall") as response:
        await response.read()


@pytest.mark.parametrize(
    "call",
    [read_stream, lambda client: client.request("GET", "/stall"), lambda client: client.request("GET", "/midstall")],
)
async def test_a_call_that_outlasts_the_grace_period_says_that_the_client_was_closed(
    server: RawServer, call: Callable[[BaseClient], Awaitable[None]], short_grace: None
) -> None:
    client = client_of(server)
    task = asyncio.ensure_future(call(client))
    await server.until(lambda: len(server.heads) == 1)
    await asyncio.sleep(0.01)
    await client.aclose()
    error = await failure_of(task, ClientClosedError)
    assert (error.sent, error.retryable, error.template is not None) == (True, False, True)
    await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("late", [False, True], ids=["while it waits", "when it is woken"])
async def test_a_block_can_be_cancelled_at_each_of_its_awaits(server: RawServer, late: bool) -> None:
    before = asyncio.all_tasks()
    client = client_of(server)

    async def block() -> None:
        async with client:
            busy = asyncio.ensure_future(client.request("GET", "/slow"))
            try:
                await client.request("GET", "/things")
            finally:
                tasks.append(busy)

    tasks: list[asyncio.Future[Any]] = []
    times = 0
    async for times in at_each_await(block, late=late):  # noqa: B007
        await asyncio.wait(tasks)
        for task in tasks:
            assert task.cancelled() or task.exception() is None or isinstance(task.exception(), AsdkError)
        await until(lambda: asyncio.all_tasks() == before)
        await server.until(lambda: server.open == 0)
        assert not client._entries
    assert times >= 3
    assert not [timer for timer in live_timers() if "asdk" in timer or "aiohttp" in timer]


async def test_a_generator_that_was_abandoned_in_a_block_does_not_keep_it_open(server: RawServer) -> None:
    client = client_of(server)

    async def hold() -> AsyncIterator[None]:
        async with client:
            yield

    async with client:
        abandoned = hold()
        await anext(abandoned)
        await client.request("GET", "/things")
        del abandoned
        await until(lambda: len(client._entries._open) == 1)
    await server.until(lambda: server.open == 0)
