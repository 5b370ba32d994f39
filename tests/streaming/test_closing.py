"""Streams, responses and maps that one task closes while another reads: the loop ends, or gets one clear error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

from asdk import BaseClient, InvalidRequestError, StreamError
from asdk.streaming.streams import Reconnect, TypedStream
from asdk.testing import VirtualClock
from tests.support.cancelling import at_each_await
from tests.support.servers import RawExchange, RawServer, client_of, head, until


async def feed(visit: RawExchange) -> None:
    """Send two items and fall silent, break off, or do not answer at all."""
    if visit.target == "/busy" and visit.number > 1:
        await visit.answer(status=503)
        return
    if visit.target == "/mute":
        await visit.until_gone()
    kind = b"application/x-ndjson" if visit.target == "/lines" else b"text/event-stream"
    await visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: " + kind + b"\r\n\r\n")
    text = b"1\n2\n" if visit.target == "/lines" else b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"
    await visit.send(b"%x\r\n%s\r\n" % (len(text), text))
    if visit.target == "/busy":
        visit.reset()
    await visit.until_gone()


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(feed) as server:
        yield server


@pytest.fixture(params=[1, pytest.param(200, marks=pytest.mark.soak)], ids=["once", "200 times"])
def times(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def events(client: BaseClient) -> TypedStream[Any, Any]:
    return client.events("GET", "/events")


def lines(client: BaseClient) -> TypedStream[Any, Any]:
    return client.json_lines("GET", "/lines")


def reconnecting(client: BaseClient) -> TypedStream[Any, Any]:
    """Wait, after the second item, for the next of many reconnects."""
    return client.events("GET", "/busy", reconnect=Reconnect(attempts=99, delay=99, max_delay=99))


MAKES: list[Callable[[BaseClient], TypedStream[Any, Any]]] = [events, lines, reconnecting]


async def count(stream: TypedStream[Any, Any]) -> int:
    return len([item async for item in stream])


async def waiting(stream: TypedStream[Any, Any]) -> asyncio.Task[int]:
    """Return a task that has read both items and waits for the third."""
    reader = asyncio.create_task(count(stream))
    await until(lambda: stream._count == 2)
    await asyncio.sleep(0)
    return reader


@pytest.mark.parametrize("make", MAKES)
async def test_closing_a_stream_ends_the_loop_of_its_reader(
    server: RawServer, make: Callable[[BaseClient], TypedStream[Any, Any]], times: int
) -> None:
    async with client_of(server) as client:
        for _ in range(times):
            async with make(client) as stream:
                reader = await waiting(stream)
                await stream.aclose()
                assert reader.done()
                assert reader.result() == 2
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)
            await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("make", MAKES)
async def test_several_tasks_may_close_a_stream(
    server: RawServer, make: Callable[[BaseClient], TypedStream[Any, Any]]
) -> None:
    async with client_of(server) as client, make(client) as stream:
        reader = await waiting(stream)
        assert await asyncio.gather(*(stream.aclose() for _ in range(3)), reader) == [None, None, None, 2]
        await server.until(lambda: server.open == 0)


async def test_leaving_the_block_ends_the_loop_of_a_reader_elsewhere(server: RawServer) -> None:
    async with client_of(server) as client:
        async with events(client) as stream:
            reader = await waiting(stream)
        assert await reader == 2
        await server.until(lambda: server.open == 0)


async def test_a_cancelled_close_does_not_keep_the_reader(server: RawServer) -> None:
    async with client_of(server) as client, events(client) as stream:
        reader = await waiting(stream)
        closing = asyncio.create_task(stream.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing, reader])
        assert (closing.cancelled(), reader.result()) == (True, 2)


async def test_a_reader_that_is_cancelled_as_well_stays_cancelled(server: RawServer) -> None:
    async with client_of(server) as client, events(client) as stream:
        reader = await waiting(stream)
        closing = asyncio.create_task(stream.aclose())
        await asyncio.sleep(0)
        reader.cancel()
        await asyncio.wait([closing, reader])
        assert reader.cancelled()
        assert closing.exception() is None


async def test_a_timeout_around_a_closed_reader_is_not_consumed(server: RawServer) -> None:
    async with client_of(server) as client, events(client) as stream:

        async def read_then_wait() -> str:
            try:
                async with asyncio.timeout(3600) as limit:
                    assert await count(stream) == 2
                    limit.reschedule(0)
                    await asyncio.sleep(3600)
            except TimeoutError:
                return "timed out"
            return "went on"

        reader = asyncio.create_task(read_then_wait())
        await until(lambda: stream._count == 2)
        await asyncio.sleep(0)
        await stream.aclose()
        assert await reader == "timed out"
        assert reader.cancelling() == 0


async def test_a_close_can_be_cancelled_at_each_of_its_awaits(server: RawServer) -> None:
    async with client_of(server) as client:
        readers: list[asyncio.Task[int]] = []

        async def close_in_mid_read() -> None:
            stream = events(client)
            async with stream:
                readers.append(asyncio.create_task(count(stream)))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                await stream.aclose()

        async for _ in at_each_await(close_in_mid_read):
            await asyncio.wait_for(asyncio.gather(*readers), 60)
            await server.until(lambda: server.open == 0)


async def test_a_second_reader_gets_an_error_and_the_first_goes_on(server: RawServer) -> None:
    async with client_of(server) as client, events(client) as stream:
        reader = await waiting(stream)
        with pytest.raises(StreamError, match="another task is reading"):
            await anext(stream)
        await stream.aclose()
        assert await reader == 2


# --- plain responses --------------------------------------------------------------------------------------------------


async def body(visit: RawExchange) -> None:
    await visit.send(head(200, "Content-Length: 100\r\n") + b"12345")
    await visit.until_gone()


async def iterated(response: Any) -> int:
    return sum([len(chunk) async for chunk in response.iter_bytes()])


async def whole(response: Any) -> int:
    return len(await response.read())


@pytest.mark.parametrize("read", [iterated, whole])
async def test_a_body_closed_by_another_task_is_not_taken_for_complete(
    read: Callable[[Any], Coroutine[Any, Any, int]],
) -> None:
    with RawServer(body) as server:
        async with client_of(server) as client, client.stream("GET", "/things") as response:
            reader = asyncio.create_task(read(response))
            await asyncio.sleep(0.01)
            await response.aclose()
            with pytest.raises(StreamError, match="closed while another task was reading"):
                await reader
            await server.until(lambda: server.open == 0)


# --- maps -------------------------------------------------------------------------------------------------------------


async def test_closing_a_map_ends_the_loop_of_its_reader() -> None:
    client, never = BaseClient(base_url="https://api.example.org", clock=VirtualClock()), asyncio.Event()

    async def wait(each: int) -> None:
        if each:
            await never.wait()

    async def numbers() -> AsyncIterator[int]:
        for number in range(5):
            yield number

    outcomes = client.map(wait, numbers())

    async def read() -> int:
        return len([outcome async for outcome in outcomes])

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    with pytest.raises(InvalidRequestError, match="another task is iterating"):
        await anext(outcomes)
    await outcomes.aclose()
    assert await reader == 1


@pytest.mark.parametrize("make", MAKES)
async def test_a_loop_without_async_says_what_to_write(make: Callable[[BaseClient], TypedStream[Any, Any]]) -> None:
    async with BaseClient(base_url="https://api.example.org") as client:
        stream: Any = make(client)
        with pytest.raises(TypeError, match=r"async with .* async for item in stream"):
            list(stream)
