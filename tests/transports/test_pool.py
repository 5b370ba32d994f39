"""Tests of the connection pool: its limit, its order, and the release of every connection after any outcome."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from asdk import AsdkError, BaseClient, PoolTimeoutError, Response, StatusError, StreamError, Timeout
from asdk.http.request import Request
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.cancelling import at_each_await, live_timers
from tests.support.failures import failure_of
from tests.support.servers import Behavior, RawExchange, RawServer, answer, client_of, head, saying, until

TEN = head(200, "Content-Length: 10\r\n")


async def silence(exchange: RawExchange) -> None:
    await exchange.until_gone()


async def by_path(exchange: RawExchange) -> None:
    """Never answer ``/stall``, never finish ``/endless``, and answer others."""
    if exchange.target == "/stall":
        await exchange.until_gone()
    elif exchange.target == "/endless":
        await exchange.send(TEN + b"12345")
        await exchange.until_gone()
    else:
        await exchange.answer(b'"0123456789"')


@contextlib.asynccontextmanager
async def one_place(server: RawServer, **options: Any) -> AsyncIterator[BaseClient]:
    """Return a client with a single connection."""
    transport = AiohttpTransport(limit=1)
    yield client_of(server, transport=transport, **options)
    await transport.aclose()


async def open_stream(client: BaseClient, path: str = "/things") -> Response:
    request = client.build_request("GET", path)
    request.stream = True
    return await client.send(request)


# --- limit and order --------------------------------------------------------------------------------------------------


async def test_a_thousand_calls_stay_within_the_limit() -> None:
    with RawServer() as server:
        transport = AiohttpTransport(limit=7)
        client = client_of(server, transport=transport, timeout=30)
        await asyncio.gather(*(client.request("GET", "/things") for _ in range(1000)))
        assert (server.most, server.connections, len(server.heads)) == (7, 7, 1000)
        await transport.aclose()


async def test_broken_connections_stay_within_the_limit() -> None:
    async def moody(exchange: RawExchange) -> None:
        await exchange.answer(headers="Connection: close\r\n" if exchange.number % 3 else "")

    with RawServer(moody) as server:
        transport = AiohttpTransport(limit=5)
        client = client_of(server, transport=transport, timeout=30)
        await asyncio.gather(*(client.request("GET", "/things") for _ in range(200)))
        # The server may not have noticed yet that earlier connections were closed.
        assert server.most <= 2 * 5
        assert len(server.heads) == 200
        await transport.aclose()


async def test_calls_are_served_in_order_of_arrival() -> None:
    with RawServer() as server:
        async with one_place(server) as client:
            await asyncio.gather(
                *(client.request("GET", "/things/{n}", path_params={"n": number}) for number in range(50))
            )
        assert [request.split()[1] for request in server.heads] == [b"/things/%d" % n for n in range(50)]


async def test_a_new_call_does_not_overtake_waiting_ones() -> None:
    with RawServer() as server:
        async with one_place(server) as client:
            first = asyncio.create_task(client.request("GET", "/first"))
            await asyncio.sleep(0)
            second = asyncio.create_task(client.request("GET", "/second"))
            await first
            await client.request("GET", "/newcomer")
            await second
        assert [request.split()[1] for request in server.heads] == [b"/first", b"/second", b"/newcomer"]


async def test_a_call_that_waited_runs_its_last_steps_again() -> None:
    with RawServer() as server:
        async with one_place(server) as client:
            stream = await open_stream(client)
            requests = [client.build_request("GET", "/things") for _ in range(2)]
            requests[0].on_send = (CountRuns(),)
            requests[1].on_send = (CountRuns(fails_at=2),)
            calls = [asyncio.create_task(client.send(request)) for request in requests]
            await asyncio.sleep(0)
            await stream.aclose()
            results = await asyncio.gather(*calls, return_exceptions=True)
            assert isinstance(results[1], LookupError)
            assert await client.request("GET", "/things", timeout=1) == {}
        assert [b"X-Runs: 2" in request for request in server.heads] == [False, True, False]


class CountRuns:
    """A step of ``on_send`` that tells how often it ran."""

    def __init__(self, fails_at: int = 0) -> None:
        self.runs = 0
        self.fails_at = fails_at

    def __call__(self, request: Request) -> None:
        self.runs += 1
        if self.runs == self.fails_at:
            raise LookupError
        request.headers["X-Runs"] = str(self.runs)


async def test_a_cancelled_waiter_does_not_block_others() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            holder = asyncio.create_task(client.request("GET", "/stall"))
            await server.until(lambda: len(server.heads) == 1)
            waiting = [asyncio.create_task(client.request("GET", "/{n}", path_params={"n": n})) for n in range(5)]
            await asyncio.sleep(0)
            for number in (0, 2, 4):
                waiting[number].cancel()
            await asyncio.sleep(0)
            holder.cancel()
            results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False, True, False, True]
        assert [request.split()[1] for request in server.heads] == [b"/stall", b"/1", b"/3"]


async def test_a_cancelled_waiter_is_removed_from_the_queue() -> None:
    def waiting_futures() -> int:
        return sum(type(thing) is asyncio.Future for thing in gc.get_objects())

    with RawServer(by_path) as server:
        async with one_place(server) as client:
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(client.stream("GET", "/endless"))
                before = waiting_futures()
                calls = (client.request("GET", "/things", timeout=0.05) for _ in range(200))
                errors = await asyncio.gather(*calls, return_exceptions=True)
                assert {type(error) for error in errors} == {PoolTimeoutError}
                del errors
                await asyncio.sleep(0)
                assert waiting_futures() < before + 20
            assert await client.request("GET", "/things") == "0123456789"


# --- release after a failure ------------------------------------------------------------------------------------------

Failing = Callable[[BaseClient], Awaitable[object]]


async def refuse_to_upload() -> AsyncIterator[bytes]:
    yield b"x"
    raise LookupError


FAILURES: dict[str, tuple[Behavior, Failing]] = {
    "a status": (
        lambda exchange: exchange.answer(status=404 if exchange.number == 1 else 200),
        lambda client: client.request("GET", "/things"),
    ),
    "no JSON": (
        lambda exchange: exchange.answer(b"<html>" if exchange.number == 1 else b"{}"),
        lambda client: client.request("GET", "/things"),
    ),
    "a reset": (saying(b"", then="reset"), lambda client: client.request("GET", "/things")),
    "a cut body": (saying(TEN + b"12345"), lambda client: client.request("GET", "/things")),
    "no HTTP": (saying(b"220 ready\r\n\r\n"), lambda client: client.request("GET", "/things")),
    "no gzip": (
        saying(head(200, "Content-Encoding: gzip\r\nContent-Length: 2\r\n") + b"{}", then="keep"),
        lambda client: client.request("GET", "/things"),
    ),
    "the attempt's limit": (silence, lambda client: client.request("GET", "/things", timeout=Timeout(attempt=0.03))),
    "the total": (silence, lambda client: client.request("GET", "/things", timeout=0.03)),
    "the idle limit": (
        by_path,
        lambda client: read_stream(client, timeout=Timeout(idle=0.03)),
    ),
    "an upload that fails": (answer, lambda client: client.request("PUT", "/things", content=refuse_to_upload())),
    "no address": (answer, lambda client: client.request("GET", "http://127.0.0.1:1/things")),
    "a deadline that is over": (answer, lambda client: client.request("GET", "/things", timeout=1e-9)),
    "a status of a stream": (
        lambda exchange: exchange.answer(status=404 if exchange.number == 1 else 200),
        lambda client: read_stream(client),
    ),
}


async def read_stream(client: BaseClient, **options: Any) -> None:
    async with client.stream("GET", "/endless", **options) as response:
        await response.read()


@pytest.mark.parametrize(("behavior", "call"), FAILURES.values(), ids=FAILURES)
async def test_a_failed_call_releases_its_connection(behavior: Behavior, call: Failing) -> None:
    async def first_fails(exchange: RawExchange) -> None:
        await (behavior(exchange) if exchange.number == 1 else exchange.answer())

    with RawServer(first_fails) as server:
        async with one_place(server) as client:
            with pytest.raises(AsdkError):
                await call(client)
            server.heads.append(b"")  # makes the server answer from now on, even if it received nothing
            assert await client.request("GET", "/things", timeout=1) == {}
            await server.until(lambda: server.open <= 1)


async def test_a_cancelled_upload_releases_its_connection() -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        begun.set()
        while True:
            yield b"x" * 1024
            await asyncio.sleep(0.001)

    with RawServer() as server:
        async with one_place(server) as client:
            call = asyncio.create_task(client.request("POST", "/things", content=endless()))
            await begun.wait()
            call.cancel()
            await asyncio.wait([call])
            assert await client.request("GET", "/things", timeout=1) == {}
            await server.until(lambda: server.open <= 1)


# --- streams ----------------------------------------------------------------------------------------------------------


async def test_a_stream_keeps_its_connection_until_it_is_closed() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            async with client.stream("GET", "/endless"):
                await failure_of(client.request("GET", "/things", timeout=0.03), PoolTimeoutError)
                waiting = asyncio.create_task(client.request("GET", "/things"))
                await asyncio.sleep(0)
            assert await waiting == "0123456789"


async def test_a_completely_read_stream_releases_its_connection() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            for _ in range(3):
                async with client.stream("GET", "/things") as response:
                    assert await response.read() == b'"0123456789"'
            assert await client.request("GET", "/things") == "0123456789"
        assert server.connections == 1


async def test_a_partly_read_stream_closes_its_connection() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            async with client.stream("GET", "/endless") as response:
                async for _ in response.iter_bytes():
                    break
            await server.until(lambda: server.open == 0)
            assert await client.request("GET", "/things") == "0123456789"


async def test_closing_a_stream_twice_releases_once() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            response = await open_stream(client)
            await response.aclose()
            await response.aclose()
            with pytest.raises(StreamError):
                assert response.content
            async with client.stream("GET", "/endless"):
                await failure_of(client.request("GET", "/things", timeout=0.03), PoolTimeoutError)


@pytest.mark.parametrize("path", ["/things", "/endless"])
async def test_a_dropped_stream_releases_its_connection(path: str) -> None:
    gc.disable()
    try:
        with RawServer(by_path) as server:
            async with one_place(server) as client:
                response = await open_stream(client, path)
                del response
                assert await client.request("GET", "/things", timeout=1) == "0123456789"
                await server.until(lambda: server.open <= 1)
    finally:
        gc.enable()


async def test_a_stream_dropped_while_read_releases_its_connection() -> None:
    async def begin(client: BaseClient) -> bytes:
        async for chunk in (await open_stream(client, "/endless")).iter_bytes():
            return chunk
        return b""

    with RawServer(by_path) as server:
        async with one_place(server) as client:
            assert await begin(client) == b"12345"
            assert await client.request("GET", "/things", timeout=1) == "0123456789"
            await server.until(lambda: server.open <= 1)


async def test_a_stream_may_be_dropped_in_another_thread() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            kept = [await open_stream(client, "/endless")]
            thread = threading.Thread(target=kept.clear)
            thread.start()
            thread.join()
            assert await client.request("GET", "/things", timeout=1) == "0123456789"


async def test_the_error_body_of_a_stream_is_read_first() -> None:
    with RawServer(lambda exchange: exchange.answer(b'{"detail": "no"}', status=404)) as server:
        async with one_place(server) as client:
            for _ in range(2):
                error = await failure_of(client.stream("GET", "/things").__aenter__(), StatusError.for_status(404))
                assert error.body == b'{"detail": "no"}'
        assert server.connections == 1


# --- cancellation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True], ids=["while it waits", "when it is woken"])
async def test_a_waiting_call_can_be_cancelled_at_any_time(late: bool) -> None:
    before = asyncio.all_tasks()
    with RawServer() as server:
        async with one_place(server) as client:

            async def queued() -> None:
                await client.request("GET", "/queued")

            async def behind_another() -> None:
                holder = asyncio.create_task(client.request("GET", "/holder"))
                await asyncio.sleep(0)
                try:
                    await queued()
                finally:
                    holder.cancel()

            seen = [number async for number in at_each_await(behind_another, late=late)]
            assert len(seen) >= 3  # in the starting task, in the queue, and in its own attempt
            await until(lambda: asyncio.all_tasks() == before)
            assert await client.request("GET", "/after", timeout=1) == {}
            await server.until(lambda: server.open <= 1)
        assert not [timer for timer in live_timers() if "Deadlines" in timer]


async def test_a_connection_given_to_a_cancelled_call_is_passed_on() -> None:
    with RawServer(by_path) as server:
        async with one_place(server) as client:
            response = await open_stream(client, "/endless")
            first = asyncio.create_task(client.request("GET", "/first"))
            second = asyncio.create_task(client.request("GET", "/second"))
            await asyncio.sleep(0)
            await response.aclose()  # gives the connection to the first call,
            first.cancel()  # which cannot use it any more
            assert await second == "0123456789"
            assert (await asyncio.gather(first, return_exceptions=True))[0].__class__ is asyncio.CancelledError
            assert await client.request("GET", "/after", timeout=1) == "0123456789"
        assert [request.split()[1] for request in server.heads] == [b"/endless", b"/second", b"/after"]


async def test_many_cancelled_calls_lose_no_connection() -> None:
    with RawServer() as server:
        transport = AiohttpTransport(limit=3)
        client = client_of(server, transport=transport)
        for turns in range(25):
            calls = [asyncio.create_task(client.request("GET", "/things")) for _ in range(12)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for call in calls[turns % 2 :: 2]:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        held = [await open_stream(client) for _ in range(3)]
        await failure_of(client.request("GET", "/things", timeout=0.03), PoolTimeoutError)
        for response in held:
            await response.aclose()
        await transport.aclose()
        await server.until(lambda: server.open == 0)


async def test_waiting_calls_succeed_or_fail_when_the_transport_closes() -> None:
    with RawServer(by_path) as server:
        transport = AiohttpTransport(limit=1)
        client = client_of(server, transport=transport, timeout=1)
        holder = asyncio.create_task(client.request("GET", "/stall"))
        await server.until(lambda: len(server.heads) == 1)
        waiting = [asyncio.create_task(client.request("GET", "/things")) for _ in range(3)]
        await asyncio.sleep(0)
        await transport.aclose()
        results = await asyncio.gather(holder, *waiting, return_exceptions=True)
        assert all(isinstance(result, AsdkError) or result == "0123456789" for result in results)
        await transport.aclose()
        await server.until(lambda: server.open == 0)
