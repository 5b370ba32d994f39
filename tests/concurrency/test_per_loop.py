"""One resource per event loop: made once however many ask first, and closed whatever became of its loop."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from asdk import BaseClient
from asdk.concurrency.per_loop import Loop, PerLoop
from tests.support.cancelling import at_each_await
from tests.support.servers import RawServer, client_of, until, wait_until

BURST = 20


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


@pytest.fixture(params=[1, pytest.param(200, marks=pytest.mark.soak)], ids=["once", "200 times"])
def times(request: pytest.FixtureRequest) -> int:
    return int(request.param)


async def burst(client: BaseClient, calls: int = BURST) -> None:
    answers = await asyncio.gather(*(client.request("GET", "/things") for _ in range(calls)))
    assert answers == [{}] * calls


async def one_call(client: BaseClient) -> None:
    await client.request("GET", "/things")


def run_and_close_at_once(work: Awaitable[None]) -> None:
    """Run in a new loop, and close that without shutting its async generators down."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


# --- the first burst in a new loop ------------------------------------------------------------------------------------


def test_first_bursts_in_one_loop_after_another_succeed(server: RawServer, times: int) -> None:
    client = client_of(server)
    for _ in range(3 * times):
        run_and_close_at_once(burst(client))
        assert server.most <= 2 * BURST


def test_a_forgotten_client_does_not_break_a_new_one(server: RawServer, times: int) -> None:
    for _ in range(2 * times):
        old, new = client_of(server), client_of(server)
        run_and_close_at_once(burst(old))
        del old
        run_and_close_at_once(burst(new))


def test_first_bursts_in_many_threads_after_a_closed_loop_succeed(server: RawServer, times: int) -> None:
    client = client_of(server, timeout=60)
    for _ in range(times):
        run_and_close_at_once(burst(client))
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(run_and_close_at_once, burst(client)) for _ in range(4)]:
                done.result(60)


def test_first_calls_from_other_threads_share_one_session(server: RawServer, times: int) -> None:
    client = client_of(server, connections=5)
    for _ in range(times):
        run_and_close_at_once(burst(client))
        server.most = server.open

        async def serve() -> None:
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(8) as threads:
                made = [threads.submit(asyncio.run_coroutine_threadsafe, one_call(client), loop) for _ in range(BURST)]
                await asyncio.gather(*(asyncio.wrap_future(each) for each in made))
                await asyncio.gather(*(asyncio.wrap_future(each.result()) for each in made))

        before = server.connections
        asyncio.run(serve())
        assert server.connections - before <= 5


def test_first_bursts_after_a_loop_that_ended_in_mid_call_succeed(server: RawServer) -> None:
    client = client_of(server)

    async def leave_calls() -> None:
        calls = [asyncio.ensure_future(client.request("GET", "/things")) for _ in range(BURST)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()

    for _ in range(3):
        run_and_close_at_once(leave_calls())
        run_and_close_at_once(burst(client))


def test_a_stopped_loop_of_a_forgotten_client_is_left_to_its_end(server: RawServer) -> None:
    stopped = asyncio.new_event_loop()
    old, new = client_of(server), client_of(server)
    stopped.run_until_complete(burst(old))
    del old
    gc.collect()
    run_and_close_at_once(burst(new))
    stopped.run_until_complete(burst(new))  # it goes on, and closes what it could not close before
    stopped.run_until_complete(stopped.shutdown_asyncgens())
    stopped.close()
    wait_until(lambda: server.open <= BURST)


def test_a_first_call_can_be_cancelled_at_each_of_its_awaits(server: RawServer) -> None:
    client = client_of(server)

    async def cancel_everywhere() -> None:
        async for _ in at_each_await(lambda: one_call(client)):
            await burst(client)

    for _ in range(2):
        run_and_close_at_once(burst(client))
        run_and_close_at_once(cancel_everywhere())


# --- the mechanism ----------------------------------------------------------------------------------------------------


class Thing:
    """A resource that is closed in steps, as far as its loop goes on."""

    def __init__(self, loop: Loop, end: Callable[[Thing], Awaitable[None]]) -> None:
        self.loop = loop
        self.end = end
        self.closed = 0


async def at_once(thing: Thing) -> None:
    thing.closed += 1


async def after_a_pause(thing: Thing) -> None:
    await asyncio.sleep(0)
    thing.closed += 1


async def in_its_loop(thing: Thing) -> None:
    try:
        await thing.loop.create_future()
    finally:
        thing.closed += 1


async def by_a_callback(thing: Thing) -> None:
    thing.closed += 1
    thing.loop.call_soon(print)


async def with_a_bug(thing: Thing) -> None:
    thing.closed += 1
    raise LookupError


@pytest.mark.parametrize("end", [at_once, after_a_pause, in_its_loop, by_a_callback, with_a_bug])
def test_opening_survives_every_way_to_close_a_closed_loops_resource(end: Callable[[Thing], Awaitable[None]]) -> None:
    made: list[Thing] = []

    def make(loop: Loop) -> Thing:
        made.append(Thing(loop, end))
        return made[-1]

    things: PerLoop[Thing] = PerLoop(lambda thing: thing.end(thing))

    async def use() -> None:
        first, second = (things.open(asyncio.get_running_loop(), make) for _ in range(2))
        assert first is second

    for _ in range(3):
        run_and_close_at_once(use())
    assert [thing.closed for thing in made] == [1, 1, 0]
    assert list(things.by_loop) == [made[-1].loop]


def test_a_resource_that_could_not_be_made_leaves_nothing() -> None:
    things: PerLoop[Thing] = PerLoop(at_once)

    def fail(loop: Loop) -> Thing:
        raise LookupError

    async def use() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(LookupError):
            things.open(loop, fail)
        thing = things.open(loop, lambda loop: Thing(loop, at_once))
        await things.aclose()
        assert (thing.closed, things.by_loop) == (1, {})

    asyncio.run(use())


async def test_each_loop_closes_its_own_resource() -> None:
    seen: list[tuple[Loop, Loop]] = []

    async def close(loop: Loop) -> None:
        seen.append((loop, asyncio.get_running_loop()))

    loops: PerLoop[Loop] = PerLoop(close)
    opened, ended = threading.Barrier(4), threading.Event()

    async def elsewhere() -> None:
        loops.open(asyncio.get_running_loop(), lambda loop: loop)
        opened.wait(60)
        await until(ended.is_set)

    threads = [threading.Thread(target=asyncio.run, args=(elsewhere(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    loops.open(asyncio.get_running_loop(), lambda loop: loop)
    await asyncio.to_thread(opened.wait, 60)
    await loops.aclose()
    await until(lambda: len(seen) == 4)
    ended.set()
    for thread in threads:
        await asyncio.to_thread(thread.join, 60)
    assert len(seen) == 4
    assert all(made is closed for made, closed in seen)


@pytest.mark.parametrize("end", ["in time", "cancelled", "with its loop"])
def test_a_resource_in_use_is_drained_before_it_is_closed(end: str) -> None:
    steps: list[str] = []

    async def drain(loop: Loop) -> None:
        steps.append("drain")
        await asyncio.sleep(0 if end == "in time" else 3600)
        steps.append("drained")

    async def close(loop: Loop) -> None:
        steps.append("close")

    loops: PerLoop[Loop] = PerLoop(close, drain=drain)

    async def use() -> None:
        loop = asyncio.get_running_loop()
        loops.open(loop, lambda loop: loop)
        closing = asyncio.create_task(loops.aclose())
        await asyncio.sleep(0)
        assert loops.by_loop == {}  # a new call opens another
        if end == "cancelled":
            closing.cancel()
        if end != "with its loop":
            await asyncio.wait([closing])

    asyncio.run(use())
    assert steps[:1] == ["drain"]
    assert ("drained" in steps) is (end == "in time")
    assert "close" in steps
