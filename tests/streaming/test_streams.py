"""Streams as a client hands them out: typed items, errors in them, retries, reconnects, and the connection after."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from collections.abc import Callable
from typing import Any, Literal

import pytest

from asdk import (
    BaseClient,
    ConnectError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    Request,
    RequestTimeoutError,
    Retry,
    ServerError,
    StreamError,
    Tenant,
    TenantHeaders,
    Timeout,
    model,
    tagged,
    tenant_scope,
)
from asdk.streaming.parsers import ServerSentEvent
from asdk.streaming.streams import EventStream, Reconnect, error_in
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.testing.transport import DISCONNECTED
from tests.support.cancelling import at_each_await
from tests.support.failures import assert_clean
from tests.support.servers import QUICK, RawServer, Visit, client_of, until

SSE = {"Content-Type": "text/event-stream; charset=utf-8"}


@model
class Token:
    content: str
    type: Literal["token"] = "token"


@model
class Done:
    tokens: int
    type: Literal["done"] = "done"


EVENT = tagged("type", Token, Done)


class Client(BaseClient):
    base_url = "https://api.example.org"
    tenant_headers = TenantHeaders(tenant="X-Tenant")


def make_client(*replies: Reply | Callable[[Request], Reply], **options: Any) -> tuple[Client, MemoryTransport]:
    first = replies[0]
    transport = MemoryTransport(first if callable(first) else [reply for reply in replies if isinstance(reply, Reply)])
    return Client(transport=transport, clock=VirtualClock(), **options), transport


def sse(*chunks: Any, **headers: str) -> Reply:
    return Reply(content=chunks, headers={**SSE, **headers})


async def collect(stream: Any) -> list[Any]:
    async with stream as items:
        return [item async for item in items]


# --- items ------------------------------------------------------------------------------------------------------------


async def test_events_are_typed_by_a_model_and_a_tag() -> None:
    client, transport = make_client(
        sse(
            b'data: {"type":"token","content":"a"}\n\ndata: {"ty',
            b'pe":"token","content":"b"}\n\n: keep-alive\n\n',
            b'data: {"type":"done","tokens":2}\n\n',
        )
    )
    assert await collect(client.events("POST", "/ask", json={}, model=EVENT)) == [
        Token(content="a"),
        Token(content="b"),
        Done(tokens=2),
    ]
    assert transport.sent[0].headers["Accept"] == "text/event-stream"


async def test_without_a_model_the_items_are_the_events_themselves() -> None:
    client, _ = make_client(sse(b"event: add\nid: 7\ndata: 1\n\ndata: 2\n\n"))
    async with client.events("GET", "/feed") as events:
        assert [event async for event in events] == [ServerSentEvent("1", "add", "7"), ServerSentEvent("2", id="7")]
        assert events.last_event_id == "7"
        assert events.response.status == 200


async def test_the_last_event_id_is_that_of_the_event_in_hand() -> None:
    client, _ = make_client(sse(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"))
    async with client.events("GET", "/feed") as events:
        assert [(event.id, events.last_event_id) async for event in events] == [("1", "1"), ("2", "2")]


async def test_json_lines_are_typed() -> None:
    body = [b'{"type":"token","content":"\xe2\x82', b'\xac"}\r\n\n{"type":"done","tokens":1}']
    client, transport = make_client(Reply(content=body, headers={"Content-Type": "application/x-ndjson"}))
    assert await collect(client.json_lines("GET", "/export", model=EVENT)) == [Token(content="€"), Done(tokens=1)]
    assert "application/x-ndjson" in transport.sent[0].headers["Accept"]
    client, _ = make_client(Reply(content=b"1\n[2]\n"))
    assert await collect(client.json_lines("GET", "/export")) == [1, [2]]


async def test_an_item_of_another_shape_names_its_place_and_ends_nothing() -> None:
    client, _ = make_client(sse(b'data: {"tokens":1}\n\ndata: {"tokens":"x"}\n\ndata: {"tokens":3}\n\n'))
    async with client.events("GET", "/feed/{id}", path_params={"id": 1}, model=Done) as events:
        assert await anext(events) == Done(tokens=1)
        with pytest.raises(DecodeError, match=r"GET /feed/\{id\}: item 2 of the stream: tokens:") as caught:
            await anext(events)
        assert (caught.value.path, caught.value.status) == ("tokens", 200)
        assert await anext(events) == Done(tokens=3)


async def test_an_item_that_is_no_json_is_quoted_without_the_secrets_of_the_call() -> None:
    client, _ = make_client(sse(b"data: hello s3cret\n\ndata: 1\n\n"))
    async with client.events("GET", "/feed", model=int, headers={"X-API-Key": "s3cret"}) as events:
        with pytest.raises(DecodeError, match="item 1 of the stream: the body is not valid JSON") as caught:
            await anext(events)
        assert caught.value.body.startswith(b"hello ")
        assert b"s3cret" not in caught.value.body
        assert await anext(events) == 1


async def test_the_end_mark_ends_the_stream_and_is_not_handed_out() -> None:
    client, _ = make_client(sse(b'data: {"tokens":1}\n\ndata: [DONE]\n\ndata: {"tokens":2}\n\n'))
    stream = client.events("GET", "/feed", model=Done, sentinel="[DONE]", reconnect=True)
    assert await collect(stream) == [Done(tokens=1)]


async def test_a_call_may_ask_for_another_media_type() -> None:
    client, transport = make_client(sse(b"data: 1\n\n"))
    await collect(client.events("GET", "/feed", headers={"Accept": "text/event-stream;v=2"}))
    assert transport.sent[0].headers["Accept"] == "text/event-stream;v=2"


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_another_kind_of_response_is_an_error(kind: str) -> None:
    client, _ = make_client(Reply(content=b"<html>", headers={"Content-Type": kind}))
    with pytest.raises(StreamError, match=f"the response is {kind}, where text/event-stream was expected") as caught:
        await collect(client.events("GET", "/feed"))
    assert (caught.value.body, caught.value.status) == (b"<html>", 200)
    client, _ = make_client(Reply(content=b"<html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(StreamError, match="where lines of JSON were expected"):
        await collect(client.json_lines("GET", "/feed"))


async def test_a_bad_status_is_raised_with_its_body() -> None:
    client, _ = make_client(Reply(404, json={"code": "GONE", "message": "no such feed"}))
    with pytest.raises(NotFoundError, match="no such feed") as caught:
        await collect(client.events("GET", "/feed"))
    assert caught.value.code == "GONE"


async def test_a_line_that_is_too_long_is_an_error_after_the_items_before_it() -> None:
    client, _ = make_client(sse(b"data: 1\n\n", b"x" * 2**20, b"x"), retry=QUICK)
    async with client.events("GET", "/feed") as events:
        assert (await anext(events)).data == "1"
        with pytest.raises(StreamError, match="GET /feed: a line of the stream is longer") as caught:
            await anext(events)
        assert_clean(caught.value)


async def test_a_stream_is_used_in_a_block_and_once() -> None:
    client, transport = make_client(sse(b"data: 1\n\n"))
    stream = client.events("GET", "/feed")
    assert transport.sent == []
    with pytest.raises(StreamError, match="async with"):
        await anext(stream)
    with pytest.raises(StreamError, match="async with"):
        _ = stream.response
    assert len(await collect(stream)) == 1
    assert [item async for item in stream] == []
    with pytest.raises(StreamError, match="opened before"):
        await collect(stream)


# --- errors inside a stream -------------------------------------------------------------------------------------------

ERROR = b'event: error\ndata: {"code": "QUERY_FAILED", "message": "the model is gone"}\n\n'
OVERLOADED = b'event: error\ndata: {"error": {"code": 503, "message": "overloaded"}}\n\n'


async def test_an_error_event_is_a_stream_error_with_the_facts() -> None:
    client, transport = make_client(sse(b"data: 1\n\n", ERROR, b"data: 2\n\n", **{"X-Request-Id": "r1"}), retry=QUICK)
    async with client.events("GET", "/feed") as events:
        await anext(events)
        with pytest.raises(StreamError) as caught:
            await anext(events)
        assert [item async for item in events] == []
    error = caught.value
    assert_clean(error)
    assert str(error) == "200 GET /feed: the stream ended in an error: the model is gone (request r1)"
    assert (error.code, error.transient, error.retryable) == ("QUERY_FAILED", False, False)
    assert error.body == b'{"code": "QUERY_FAILED", "message": "the model is gone"}'
    assert len(transport.sent) == 1


async def test_an_error_event_need_not_be_json() -> None:
    client, _ = make_client(sse(b"event: error\ndata: it\ndata: broke\n\n"))
    with pytest.raises(StreamError, match="the stream ended in an error: it broke"):
        await collect(client.events("GET", "/feed"))


async def test_an_api_has_its_own_way_to_tell_of_an_error() -> None:
    class Dialect(Client):
        def stream_error(self, event: ServerSentEvent) -> StreamError | None:
            return error_in(event, self.describe_error) if event.json().get("type") == "error" else None

    transport = MemoryTransport([sse(b'data: {"type":"error","message":"no","code":"E1"}\n\n')])
    with pytest.raises(StreamError, match="an error: no") as caught:
        await collect(Dialect(transport=transport).events("GET", "/feed", model=EVENT))
    assert caught.value.code == "E1"


async def test_a_passing_error_before_the_first_item_is_retried() -> None:
    client, transport = make_client(sse(OVERLOADED), Reply(503), sse(b"data: 1\n\n", OVERLOADED))
    async with client.events("GET", "/feed") as events:
        assert (await anext(events)).data == "1"
        with pytest.raises(StreamError, match="overloaded") as caught:
            await anext(events)
    assert len(transport.sent) == 3
    assert (caught.value.transient, caught.value.attempts) == (True, 3)


# --- retries before the first item ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [sse(DISCONNECTED), sse(b": hello\n\nretry: 5\n\ndata: cut", DISCONNECTED)])
async def test_a_break_before_the_first_item_is_retried_by_the_policy(reply: Reply) -> None:
    client, transport = make_client(reply, reply, sse(b"data: 1\n\n"))
    assert [event.data for event in await collect(client.events("GET", "/feed"))] == ["1"]
    assert len(transport.sent) == 3
    client, transport = make_client(reply, Reply(error=ConnectError("no")), reply, sse(b"data: 1\n\n"))
    with pytest.raises(ProtocolError) as caught:
        await collect(client.events("GET", "/feed"))
    assert_clean(caught.value)
    assert len(transport.sent) == caught.value.attempts == 3


async def test_all_attempts_of_a_stream_are_counted_together() -> None:
    gone = Reply(error=ConnectError("no"))
    client, transport = make_client(sse(DISCONNECTED), gone, gone, sse(b"data: 1\n\n"))
    with pytest.raises(ConnectError) as caught:
        await collect(client.events("GET", "/feed"))
    assert len(transport.sent) == caught.value.attempts == 3


async def test_a_break_after_the_first_item_is_not_retried() -> None:
    client, transport = make_client(sse(b"data: 1\n\n", DISCONNECTED))
    async with client.events("GET", "/feed") as events:
        await anext(events)
        with pytest.raises(ProtocolError) as caught:
            await anext(events)
        assert_clean(caught.value)
        assert [item async for item in events] == []
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("POST", {"json": 1}),
        ("GET", {"retry": None}),
        ("PUT", {"content": iter([b"once"])}),
        ("GET", {"timeout": 1e-9}),
    ],
)
async def test_what_may_not_be_repeated_is_not(method: str, arguments: Any) -> None:
    client, transport = make_client(sse(DISCONNECTED), sse(b"data: 1\n\n"))
    with pytest.raises(ProtocolError):
        await collect(client.events(method, "/feed", **arguments))
    assert len(transport.sent) == 1


async def test_a_post_with_a_key_keeps_key_and_body_when_it_is_repeated() -> None:
    client, transport = make_client(sse(DISCONNECTED), sse(b"data: 1\n\n"))
    await collect(client.events("POST", "/ask", json={"a": 1}, idempotency_key=True))
    first, second = transport.sent
    assert first.content == second.content == b'{"a":1}'
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def test_json_lines_are_retried_in_the_same_way() -> None:
    client, transport = make_client(Reply(content=[DISCONNECTED]), Reply(content=[b"1\n", DISCONNECTED]))
    async with client.json_lines("GET", "/export") as lines:
        assert await anext(lines) == 1
        with pytest.raises(ProtocolError):
            await anext(lines)
    assert len(transport.sent) == 2


# --- reconnects -------------------------------------------------------------------------------------------------------

EVENTS = ["one", "two\nlines", "trois €", "", "five"]


def written(start: int = 0) -> bytes:
    """The stream from an event on, as a server with a memory sends it."""
    parts = []
    for number, text in list(enumerate(EVENTS, start=1))[start:]:
        lines = "".join(f"data: {line}\r\n" for line in text.split("\n"))
        parts.append(f"id: {number}\r\n{lines}\r\n: comment\r\n")
    return "".join(parts).encode()


def remembering(cut: int, *, broken: bool) -> Callable[[Request], Reply]:
    """A server that honours Last-Event-ID, cuts its first stream after so many bytes, and answers 204 at the end."""
    calls = 0

    def answer(request: Request) -> Reply:
        nonlocal calls
        calls += 1
        seen = int(request.headers.get("Last-Event-ID", 0))
        if seen == len(EVENTS):
            return Reply(204)
        body = written(seen)
        if calls > 1:
            return sse(body)
        return sse(body[:cut], DISCONNECTED) if broken else sse(body[:cut])

    return answer


@pytest.mark.parametrize("broken", [True, False])
async def test_a_stream_cut_at_every_byte_loses_and_doubles_nothing(broken: bool) -> None:
    for cut in range(len(written()) + 1):
        client, _ = make_client(remembering(cut, broken=broken))
        events = await collect(client.events("GET", "/feed", reconnect=True))
        assert [(event.id, event.data) for event in events] == [(str(n), text) for n, text in enumerate(EVENTS, 1)], cut


async def test_a_stream_goes_on_from_where_an_earlier_one_was_left() -> None:
    client, transport = make_client(remembering(10**6, broken=False))
    events = await collect(client.events("GET", "/feed", reconnect=True, last_event_id="3"))
    assert [event.id for event in events] == ["4", "5"]
    assert [sent.headers.get("Last-Event-ID") for sent in transport.sent] == ["3", "5"]
    with pytest.raises(InvalidRequestError, match="last_event_id"):
        client.events("GET", "/feed", last_event_id="1\n2")


async def test_an_id_that_is_not_ascii_is_given_back_as_it_came() -> None:
    client, transport = make_client(sse("id: é1\ndata: 1\n\n".encode(), DISCONNECTED), Reply(204))
    await collect(client.events("GET", "/feed", reconnect=True))
    assert transport.sent[1].headers["Last-Event-ID"] == "é1"


async def test_the_wait_is_the_servers_retry_or_grows_with_the_failures() -> None:
    failing = [Reply(503, headers={"Retry-After": "7"}), Reply(error=ConnectError("no")), sse(b"id: 2\ndata: 2\n\n")]
    client, transport = make_client(sse(b"retry: 2500\nid: 1\ndata: 1\n\n", DISCONNECTED), *failing, Reply(204))
    clock: Any = client.__dict__["_clock"]
    events = await collect(client.events("GET", "/feed", reconnect=Reconnect(delay=0.001, max_delay=0.001)))
    assert [event.data for event in events] == ["1", "2"]
    assert clock.slept == [2.5, 7.0, 2.5, 2.5]
    assert len(transport.sent) == 5


async def test_failures_in_a_row_are_counted_and_the_last_is_raised() -> None:
    client, transport = make_client(
        *[sse(b"id: 1\ndata: 1\n\n", DISCONNECTED)] * 3, *[Reply(503)] * 2, sse(DISCONNECTED), retry=None
    )
    async with client.events("GET", "/feed", reconnect=Reconnect(attempts=3)) as events:
        assert [(await anext(events)).data for _ in range(3)] == ["1", "1", "1"]
        with pytest.raises(ProtocolError) as caught:
            await anext(events)
        assert_clean(caught.value)
    assert len(transport.sent) == 6


@pytest.mark.parametrize("end", [Reply(404), sse(b"id: 2\n\n" + ERROR), sse(b"retry: 999999\n\n", DISCONNECTED)])
async def test_what_stays_wrong_ends_the_reconnects(end: Reply) -> None:
    client, transport = make_client(sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), end, sse(b"data: 2\n\n"))
    async with client.events("GET", "/feed", reconnect=True) as events:
        await anext(events)
        with pytest.raises((NotFoundError, StreamError, ProtocolError)):
            await anext(events)
    assert len(transport.sent) == 2


async def test_a_stream_without_ids_is_not_taken_up_after_its_first_item() -> None:
    client, transport = make_client(sse(b"data: 1\n\n", DISCONNECTED), sse(b"data: 1\n\n"))
    async with client.events("GET", "/feed", reconnect=True) as events:
        await anext(events)
        with pytest.raises(ProtocolError):
            await anext(events)
    client, transport = make_client(sse(b"data: 1\n\n"), sse(b"data: 1\n\n"))
    assert len(await collect(client.events("GET", "/feed", reconnect=True))) == 1
    assert len(transport.sent) == 1


async def test_a_proper_end_is_the_end_where_the_stream_has_one() -> None:
    client, transport = make_client(sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), sse(b"id: 2\ndata: 2\n\n"))
    events = await collect(client.events("GET", "/feed", reconnect=Reconnect(at_end=False)))
    assert [event.data for event in events] == ["1", "2"]
    assert len(transport.sent) == 2


# --- the tenant, the connection, the time -----------------------------------------------------------------------------


async def test_the_tenant_is_fixed_when_the_stream_is_made() -> None:
    client, transport = make_client(sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), Reply(204))
    with tenant_scope(Tenant("a")):
        stream = client.events("GET", "/feed", reconnect=True)
    with tenant_scope(Tenant("b")):
        await collect(stream)
    assert [sent.headers["X-Tenant"] for sent in transport.sent] == ["a", "a"]


async def live(visit: Visit) -> None:
    """An event each hundredth of a second, without end; ``/silent`` says nothing after the first."""
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await visit.send(b"9\r\ndata: 1\n\n\r\n")
        if visit.target == "/silent":
            await visit.until_gone()
        await asyncio.sleep(0.01)


async def test_leaving_early_frees_the_connection_at_once() -> None:
    with RawServer(live) as server:
        async with client_of(server, connections=1) as client:
            for _ in range(3):
                async with client.events("GET", "/feed") as events:
                    async for _ in events:
                        break
                await server.until(lambda: server.open == 0)

            async def fail() -> None:
                async with client.events("GET", "/feed") as events:
                    async for _ in events:
                        raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await fail()
            await server.until(lambda: server.open == 0)
        assert (server.connections, server.most) == (4, 1)


async def test_a_stream_is_bounded_by_silence_and_not_by_the_total() -> None:
    with RawServer(live) as server:
        async with client_of(server, timeout=Timeout(total=0.05, attempt=0.05, idle=0.5)) as client:
            loop = asyncio.get_running_loop()
            async with client.events("GET", "/feed") as events:
                began = loop.time()
                while loop.time() - began < 0.15:
                    await anext(events)
        async with client_of(server, timeout=Timeout(idle=0.05)) as client, client.events("GET", "/silent") as events:
            await anext(events)
            with pytest.raises(RequestTimeoutError) as caught:
                await anext(events)
            assert caught.value.limit == "idle"
            assert_clean(caught.value)
        await server.until(lambda: server.open == 0)


async def test_a_cancelled_read_is_not_taken_for_the_end() -> None:
    with RawServer(live) as server:
        async with client_of(server) as client, client.events("GET", "/silent") as events:
            await anext(events)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.02)
            with pytest.raises(StreamError, match="was cancelled"):
                await anext(events)


async def test_cancelled_at_any_await_it_leaves_no_connection() -> None:
    with RawServer(live) as server:
        async with client_of(server, connections=1) as client:

            async def read_two() -> None:
                async with client.events("GET", "/feed") as events:
                    await anext(events)
                    await anext(events)

            async for _ in at_each_await(read_two):
                await server.until(lambda: server.open == 0)
            await read_two()
        await server.until(lambda: server.open == 0)


async def test_a_real_stream_is_taken_up_wherever_it_was_cut() -> None:
    async def behave(visit: Visit) -> None:
        found = re.search(rb"Last-Event-ID: (\d+)", visit.head)
        seen = int(found[1]) if found else 0
        if seen == len(EVENTS):
            return await visit.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        body = written(seen)
        await visit.send(body[: len(body) * 2 // 3] if len(body) > 50 else body)
        if visit.number % 2:
            visit.reset()
        else:
            visit.writer.close()
        return None

    with RawServer(behave) as server:
        async with client_of(server) as client:
            stream = client.events("GET", "/feed", reconnect=Reconnect(delay=0.001))
            assert [event.data for event in await collect(stream)] == EVENTS
    assert len(server.heads) > 3


async def test_a_failed_stream_keeps_nobody_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        client, _ = make_client(
            sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), Reply(503), sse(b"id: 2\ndata: 2\n\n" + ERROR), retry=None
        )
        stream: EventStream[ServerSentEvent] = client.events("GET", "/feed", reconnect=True)
        with pytest.raises(StreamError):
            await collect(stream)
        alive = weakref.ref(client)
        del client  # and not the stream, which is over
        assert alive() is None
    finally:
        gc.enable()


async def test_an_error_body_of_a_stream_is_bounded() -> None:
    async def endless(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not visit.writer.is_closing():
            await visit.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    with RawServer(endless) as server:
        async with client_of(server) as client:
            with pytest.raises(ServerError) as caught:
                await collect(client.events("GET", "/feed"))
            assert len(caught.value.body) == 64 * 1024
        await server.until(lambda: server.open == 0)


async def test_a_status_counts_though_its_body_breaks_off() -> None:
    client, _ = make_client(Reply(500, content=[b'{"message": "no', DISCONNECTED]), retry=Retry(attempts=1))
    with pytest.raises(ServerError):
        await collect(client.events("GET", "/feed"))


async def test_streams_side_by_side_share_a_client() -> None:
    with RawServer(live) as server:
        async with client_of(server) as client:

            async def read() -> int:
                async with client.events("GET", "/feed") as events:
                    return sum([1 async for _ in _first(events, 3)])

            assert await asyncio.gather(*(read() for _ in range(10))) == [3] * 10
            await until(lambda: server.open == 0)


async def _first(events: Any, count: int) -> Any:
    for _ in range(count):
        yield await anext(events)
