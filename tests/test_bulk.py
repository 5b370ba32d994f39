"""`BaseClient.map`: one outcome per input, limited concurrency, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk import BaseClient, InvalidRequestError, NotFoundError, Tenant, TenantHeaders, tenant_scope
from asdk.bulk import MapResults, Outcome
from asdk.http.request import Request
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply
from tests.support.cancelling import at_each_await
from tests.support.flat_memory import assert_flat
from tests.support.scripts import run_quietly
from tests.support.servers import RawExchange, RawServer, client_of

BASE = "https://api.example.org"


async def double(number: int) -> int:
    await asyncio.sleep(0)
    if number < 0:
        raise ValueError(f"{number} is negative")
    return 2 * number


class Gauge:
    """A function that counts its running calls and their maximum."""

    def __init__(self, turns: int = 1) -> None:
        self.running = self.most = self.called = self.cancelled = 0
        self.turns = turns

    async def __call__(self, number: int) -> int:
        self.called += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(self.turns * (1 + number % 3)):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return number


async def forever(number: int) -> int:
    await asyncio.Event().wait()
    return number


async def one_by_one(items: list[int]) -> AsyncIterator[int]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def workers() -> list[str]:
    """Return the worker tasks that are left in this loop."""
    return [repr(task) for task in asyncio.all_tasks() if "_worker" in repr(task)]


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# --- every input once -----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    numbers=st.lists(st.integers(-3, 9), max_size=30),
    concurrency=st.integers(1, 8),
    ordered=st.booleans(),
    is_async=st.booleans(),
)
def test_every_input_has_one_outcome(numbers: list[int], concurrency: int, ordered: bool, is_async: bool) -> None:
    async def go() -> list[Outcome[int]]:
        items: Any = one_by_one(numbers) if is_async else iter(numbers)
        return [outcome async for outcome in MapResults(double, items, concurrency=concurrency, ordered=ordered)]

    outcomes = anyio.run(go)
    if not ordered:
        outcomes.sort(key=lambda outcome: outcome.index)
    assert [outcome.index for outcome in outcomes] == list(range(len(numbers)))
    for number, outcome in zip(numbers, outcomes, strict=True):
        assert outcome.ok is (number >= 0)
        assert outcome.value == (2 * number if number >= 0 else None)
        assert (outcome.error is None) is outcome.ok


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("concurrency", [1, 3, 50])
async def test_concurrency_limits_the_running_calls(concurrency: int, ordered: bool) -> None:
    gauge = Gauge()
    count = 0
    async for _ in MapResults(gauge, range(200), concurrency=concurrency, ordered=ordered):
        count += 1
    assert (count, gauge.called, gauge.most) == (200, 200, concurrency)


async def test_unordered_outcomes_come_in_the_order_of_completion() -> None:
    gates = [asyncio.Event() for _ in range(3)]

    async def wait(number: int) -> int:
        await gates[number].wait()
        return number

    found: list[int] = []
    async with MapResults(wait, range(3), concurrency=3, ordered=False) as outcomes:
        for number in (1, 2, 0):
            gates[number].set()
            found.append((await anext(outcomes)).index)
    assert found == [1, 2, 0]


@pytest.mark.parametrize("ordered", [True, False])
async def test_the_inputs_are_read_only_a_little_ahead(ordered: bool) -> None:
    taken = itertools.count()
    gauge = Gauge()
    async with MapResults(gauge, taken, concurrency=5, ordered=ordered) as outcomes:
        for number in range(100):
            await anext(outcomes)
            await turns()
            assert gauge.called <= number + 1 + 4 * 5 + 1
    assert workers() == []


async def test_a_slow_call_limits_how_far_the_others_run_ahead() -> None:
    slow = asyncio.Event()
    called: list[int] = []

    async def call(number: int) -> int:
        called.append(number)
        if number == 0:
            await slow.wait()
        return number

    outcomes = MapResults(call, itertools.count(), concurrency=4)
    first = asyncio.ensure_future(anext(outcomes))
    await turns(100)
    assert called == list(range(16))
    slow.set()
    assert (await first).index == 0
    await outcomes.aclose()


@pytest.mark.parametrize("ordered", [True, False])
async def test_twenty_thousand_inputs_in_flat_memory(ordered: bool) -> None:
    asyncio.get_running_loop().set_debug(False)  # debug mode records where each future was created
    await assert_flat(20_000, ordered=ordered, limit=2**20)


async def test_nothing_runs_before_the_first_iteration() -> None:
    gauge = Gauge()
    outcomes = MapResults(gauge, range(3))
    await turns()
    assert (gauge.called, workers()) == (0, [])
    del outcomes  # without a warning
    gc.collect()


async def test_no_inputs_give_no_outcomes() -> None:
    assert [outcome async for outcome in MapResults(double, [])] == []
    assert [outcome async for outcome in MapResults(double, one_by_one([]))] == []


# --- errors ---------------------------------------------------------------------------------------------------------


async def test_an_outcome_returns_its_value_or_raises_its_error() -> None:
    good, bad = [outcome async for outcome in MapResults(double, [1, -1])]
    assert good.result() == 2
    with pytest.raises(ValueError, match="-1 is negative"):
        bad.result()
    missing: Outcome[int] = Outcome(0, error=NotFoundError("no such thing", status=404))
    with pytest.raises(NotFoundError) as caught:
        missing.result()
    assert caught.value is not missing.error
    assert str(caught.value) == str(missing.error)


async def test_an_error_has_the_frames_of_the_function_only() -> None:
    (outcome,) = [outcome async for outcome in MapResults(double, [-1])]
    assert outcome.error is not None
    assert outcome.error.__traceback__ is not None
    assert outcome.error.__traceback__.tb_frame.f_code is double.__code__


class BrokenInputs:
    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[int]:
        yield from range(self.count)
        raise LookupError("the file ends here")

    async def later(self) -> AsyncIterator[int]:
        for item in self:
            await asyncio.sleep(0)
            yield item


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("ordered", [True, False])
async def test_an_error_of_the_inputs_is_raised_after_the_outcomes(ordered: bool, is_async: bool) -> None:
    inputs = BrokenInputs(30)
    found: list[int] = []

    async def go() -> None:
        async for outcome in MapResults(
            Gauge(), inputs.later() if is_async else inputs, concurrency=4, ordered=ordered
        ):
            found.append(outcome.index)

    with pytest.raises(LookupError, match="the file ends here") as caught:
        await go()
    assert caught.traceback[-1].name == "__iter__", "it says where"
    assert sorted(found) == list(range(30))
    assert workers() == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"concurrency": 0}, "^concurrency must be"),
        ({"concurrency": 2.5}, "^concurrency must be"),
        ({"concurrency": True}, "^concurrency must be"),
        ({"items": 5}, "^items must be .* got .*int"),
        ({"function": "double"}, "^function must be .* got .*str"),
    ],
)
def test_invalid_arguments_are_rejected_at_once(arguments: dict[str, Any], problem: str) -> None:
    function, items = arguments.pop("function", double), arguments.pop("items", [1])
    with pytest.raises(InvalidRequestError, match=problem):
        MapResults(function, items, **arguments)


async def test_a_function_that_is_not_async_is_rejected() -> None:
    function: Any = str
    with pytest.raises(InvalidRequestError, match=r"^function must be async, got .*str"):
        _ = [outcome async for outcome in MapResults(function, range(100))]
    assert workers() == []


def test_messages() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        MapResults(double, [1], concurrency=0)
    assert caught.value.message == "concurrency must be an integer of at least 1, got 0"


async def test_a_map_cannot_be_awaited() -> None:
    outcomes: Any = MapResults(double, [1])
    with pytest.raises(TypeError, match="async for"):
        await outcomes


async def test_two_readers_of_one_map_are_rejected() -> None:
    async with MapResults(forever, range(3)) as outcomes:
        first = asyncio.ensure_future(anext(outcomes))
        await turns()
        with pytest.raises(InvalidRequestError, match="another task"):
            await anext(outcomes)
    with pytest.raises(StopAsyncIteration):
        await first
    assert workers() == []


# --- leaving early --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("way", ["break", "raise", "close", "cancel"])
async def test_leaving_early_cancels_and_awaits_the_running_calls(way: str, ordered: bool) -> None:
    gauge = Gauge(turns=1000)

    async def instant_first(number: int) -> int:
        return number if number == 0 else await gauge(number)

    async def go() -> None:
        if way == "close":
            async with MapResults(instant_first, itertools.count(), concurrency=5, ordered=ordered) as outcomes:
                assert (await anext(outcomes)).index == 0
                await turns()
            assert (gauge.running, workers()) == (0, []), "all have ended when the block has"
            return
        async for _ in MapResults(instant_first, itertools.count(), concurrency=5, ordered=ordered):
            await turns()
            if way == "break":
                break
            if way == "raise":
                raise LookupError

    if way == "cancel":
        task = asyncio.create_task(go())
        await turns(30)
        task.cancel()
        await asyncio.wait([task])
        assert (gauge.running, workers()) == (0, []), "all have ended when the task has"
    else:
        with contextlib.suppress(LookupError):
            await go()
    await turns()
    assert (gauge.running, gauge.cancelled, workers()) == (0, 5, [])


async def test_a_map_can_be_cancelled_at_any_await() -> None:
    async def go() -> None:
        async for outcome in MapResults(double, one_by_one(list(range(6))), concurrency=2):
            assert outcome.ok

    for late in (False, True):
        async for _ in at_each_await(go, late=late):
            await turns()
            assert workers() == []


async def test_an_iterator_that_the_map_created_is_closed() -> None:
    closed: list[str] = []

    class Inputs:
        async def __aiter__(self) -> AsyncIterator[int]:
            try:
                for number in itertools.count():
                    yield number
            finally:
                closed.append("by its reader")

    async with MapResults(double, Inputs()) as outcomes:
        await anext(outcomes)
    assert closed == ["by its reader"]


async def test_an_iterator_of_the_caller_stays_usable() -> None:
    inputs = iter(range(100))
    async with MapResults(double, inputs, concurrency=1) as outcomes:
        await anext(outcomes)
    assert next(inputs) < 10


async def test_a_timeout_inside_the_function_is_the_error_of_its_input() -> None:
    async def call(number: int) -> int:
        async with asyncio.timeout(0 if number == 1 else None):
            await asyncio.sleep(0.001)
        return number

    outcomes = [outcome async for outcome in MapResults(call, range(4), concurrency=1)]
    assert [outcome.ok for outcome in outcomes] == [True, False, True, True]
    assert type(outcomes[1].error) is TimeoutError


async def test_a_cancelled_awaitable_is_the_error_of_its_input() -> None:
    async def call(number: int) -> int:
        if number == 1:
            asyncio.get_running_loop().call_soon((other := asyncio.get_running_loop().create_future()).cancel)
            await other
        return number

    outcomes = [outcome async for outcome in MapResults(call, range(4), concurrency=1)]
    assert [outcome.ok for outcome in outcomes] == [True, False, True, True]
    assert type(outcomes[1].error) is asyncio.CancelledError


async def test_a_function_that_cancels_its_own_task_cancels_the_map() -> None:
    async def call(number: int) -> int:
        if number == 2:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        return number

    found: list[int] = []

    async def go() -> None:
        async for outcome in MapResults(call, range(100), concurrency=3):
            found.append(outcome.index)

    with pytest.raises(asyncio.CancelledError):
        await go()
    assert found[:3] == [0, 1, 2]
    assert workers() == []


# --- with a client --------------------------------------------------------------------------------------------------


class Client(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant")

    async def get(self, number: int) -> Any:
        return await self.request("GET", "/things/{id}", path_params={"id": number})


def by_path(request: Request) -> Reply:
    if request.template == "/things":
        page = int(request.url.rpartition("=")[2])
        return Reply(json={"items": [page * 2 - 2, page * 2 - 1] if page < 4 else []})
    number = int(request.url.rpartition("/")[2])
    return Reply(json={"n": number}) if number % 2 == 0 else Reply(404)


async def test_a_client_maps_pages_with_an_error_per_item() -> None:
    client = Client(base_url=BASE, transport=MemoryTransport(by_path))
    things = client.paginate("/things", model=int, strategy=PageNumbers())
    outcomes = [outcome async for outcome in client.map(client.get, things, concurrency=3)]
    assert [outcome.value for outcome in outcomes] == [{"n": 0}, None, {"n": 2}, None, {"n": 4}, None]
    assert {type(outcome.error) for outcome in outcomes if not outcome.ok} == {NotFoundError}


async def test_the_tenant_is_fixed_when_the_map_is_created() -> None:
    server = MemoryTransport(lambda request: Reply(json=1))
    client = Client(base_url=BASE, transport=server)
    with tenant_scope(Tenant("mine")):
        outcomes = client.map(client.get, range(5))
    with tenant_scope(Tenant("other")):
        assert len([outcome async for outcome in outcomes]) == 5
    assert {sent.headers.get("X-Tenant") for sent in server.sent} == {"mine"}


async def test_leaving_a_map_early_frees_its_connections() -> None:
    async def behave(visit: RawExchange) -> None:
        if int(visit.target.rpartition("/")[2]) >= 5:
            await visit.until_gone()
        else:
            await visit.answer()

    with RawServer(behave) as server:
        async with client_of(server, connections=4) as client:

            async def get(number: int) -> Any:
                return await client.request("GET", "/things/{id}", path_params={"id": number})

            async for outcome in client.map(get, itertools.count(), concurrency=20):
                if outcome.index == 4:
                    await server.until(lambda: server.open == 4 and len(server.heads) == 9)
                    assert server.most == 4
                    break
            await turns(3)
            assert workers() == []
            assert await client.request("GET", "/things/1", timeout=1) == {}
            await server.until(lambda: server.open == 1)


@pytest.mark.parametrize("way", ["all", "break", "cancel"])
async def test_a_map_does_not_keep_its_client_alive(way: str) -> None:
    gc.collect()
    gc.disable()
    try:
        client = Client(base_url=BASE, transport=MemoryTransport(by_path))
        gone = weakref.ref(client)

        async def go(client: Client) -> None:
            async for outcome in client.map(client.get, range(20), concurrency=3):
                if not outcome.ok:
                    with contextlib.suppress(NotFoundError):
                        outcome.result()
                if way == "break" and outcome.index == 5:
                    break

        task = asyncio.create_task(go(client))
        if way == "cancel":
            await turns(5)
            task.cancel()
        await asyncio.wait([task])
        await turns()
        del task, client
        assert gone() is None
    finally:
        gc.enable()


def test_a_map_left_open_when_the_loop_closes_prints_nothing() -> None:
    printed = run_quietly(
        """
        from asdk.pagination import PageNumbers
        from asdk.testing import MemoryTransport, Reply

        page = Reply(json={"items": [1, 2]})
        client = make_client(transport=MemoryTransport(lambda request: page))
        kept = []

        async def call(number):
            await asyncio.sleep(0.001 * (number % 5))
            return number

        async def main():
            outcomes = client.map(call, iter(int, 1), concurrency=5)
            rows = client.paginate("/rows", strategy=PageNumbers(), prefetch=3)
            walk = aiter(rows)
            other = client.map(call, rows)
            kept.extend([outcomes, walk, other])
            print((await anext(outcomes)).value, await anext(walk), (await anext(other)).value)

        asyncio.run(main())
        asyncio.run(main())
        """,
        "https://h",
    )
    assert printed == "0 1 1\n0 1 1"


async def test_a_loop_without_async_says_what_to_write() -> None:
    async with BaseClient(base_url="https://api.example.org") as client:
        results: Any = client.map(double, [1])
        with pytest.raises(TypeError, match="async for outcome in"):
            list(results)
