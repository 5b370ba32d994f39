"""Streams of a client: typed items, errors inside a stream, retries, reconnects, and their connections."""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import re
import weakref
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import pytest
from tenacity import RetryCallState, stop_after_delay, wait_fixed

from asdk import (
    BaseClient,
    BearerToken,
    ConnectError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    Request,
    RequestTimeoutError,
    ResponseLimits,
    Retry,
    ServerError,
    StreamError,
    Tenant,
    TenantHeaders,
    Timeout,
    Unknown,
    model,
    tagged,
    tenant_scope,
)
from asdk.redaction import contains_secret
from asdk.secret import MASK
from asdk.streaming.parsers import ServerSentEvent
from asdk.streaming.streams import EventStream, Reconnect, error_in
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.testing.transport import DISCONNECTED
from tests.support.cancelling import at_each_await
from tests.support.failures import assert_clean
from tests.support.servers import QUICK, RawExchange, RawServer, client_of, until

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


async def test_an_event_with_an_unknown_tag_is_handed_out_as_the_rest() -> None:
    client, _ = make_client(
        sse(
            b'data: {"type":"token","content":"a"}\n\ndata: {"type":"new","x":1}\n\n',
            b'data: {"type":"done","tokens":2}\n\n',
        )
    )
    stream = client.events("POST", "/ask", json={}, model=tagged("type", Token | Done, rest=Unknown))
    assert await collect(stream) == [Token(content="a"), Unknown("new", {"type": "new", "x": 1}), Done(tokens=2)]


async def test_without_a_model_the_items_are_events() -> None:
    client, _ = make_client(sse(b"event: add\nid: 7\ndata: 1\n\ndata: 2\n\n"))
    async with client.events("GET", "/feed") as events:
        assert [event async for event in events] == [ServerSentEvent("1", "add", "7"), ServerSentEvent("2", id="7")]
        assert events.last_event_id == "7"
        assert events.response.status == 200


async def test_last_event_id_is_the_id_of_the_current_event() -> None:
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


async def test_an_invalid_item_names_its_place_and_the_stream_continues() -> None:
    client, _ = make_client(sse(b'data: {"tokens":1}\n\ndata: {"tokens":"x"}\n\ndata: {"tokens":3}\n\n'))
    async with client.events("GET", "/feed/{id}", path_params={"id": 1}, model=Done) as events:
        assert await anext(events) == Done(tokens=1)
        with pytest.raises(DecodeError, match=r"item 2 .*tokens") as caught:
            await anext(events)
        assert (caught.value.path, caught.value.status, caught.value.template) == ("tokens", 200, "/feed/{id}")
        assert await anext(events) == Done(tokens=3)


async def test_an_item_that_is_not_json_is_quoted_without_secrets() -> None:
    client, _ = make_client(sse(b"data: hello s3cret\n\ndata: 1\n\n"))
    async with client.events("GET", "/feed", model=int, headers={"X-API-Key": "s3cret"}) as events:
        with pytest.raises(DecodeError, match="item 1 ") as caught:
            await anext(events)
        assert caught.value.body == MASK.encode()
        assert await anext(events) == 1


TOKEN = "t0k3n-of-the+client/0123456789="
ECHOES = {
    "error event": ("text/event-stream", 'event: error\ndata: {"message": "bad token %s", "code": "%s"}\n\n'),
    "error event without JSON": ("text/event-stream", "event: error\ndata: bad token %s\ndata: %s\n\n"),
    "event of another type": ("text/event-stream", 'data: {"a": "%s", "%s": 1}\n\n'),
    "event that is not JSON": ("text/event-stream", "data: {%s %s\n\n"),
    "line of another type": ("application/x-ndjson", '{"a": "%s", "%s": 1}\n'),
    "line that is not JSON": ("application/x-ndjson", "%s %s\n"),
    "page": ("text/html", "<html>%s %s</html>"),
}


@pytest.mark.parametrize("encode", [str, quote, lambda text: text.encode().hex()], ids=["plain", "percent", "hex"])
@pytest.mark.parametrize("kind", ECHOES)
async def test_an_echoed_token_is_not_in_the_error_of_a_stream(kind: str, encode: Callable[[str], str]) -> None:
    """The token is on the copy of the request that was sent, not on the one that the stream was made with."""
    echo = encode(TOKEN)
    media_type, text = (part.replace("%s", echo) for part in ECHOES[kind])
    reply = Reply(content=text.encode(), headers={"Content-Type": media_type, "X-Request-Id": echo})
    client, _ = make_client(reply, auth=BearerToken(TOKEN))
    method = client.json_lines if "line" in kind else client.events
    stream: Any = method("GET", "/feed", model=dict[str, int])
    with pytest.raises((StreamError, DecodeError)) as caught:
        async with stream as items:
            await anext(items)
    error: Any = caught.value
    shown = f"{error} {vars(error)} {error.body!r} {error.path if isinstance(error, DecodeError) else error.code}"
    assert not contains_secret(shown, [TOKEN])
    assert not contains_secret(pickle.dumps(error).decode("latin-1"), [TOKEN])


async def test_an_echoed_token_in_a_media_type_is_hidden() -> None:
    reply = Reply(content=b"", headers={"Content-Type": f"application/{TOKEN.encode().hex()}"})
    client, _ = make_client(reply, auth=BearerToken(TOKEN))
    with pytest.raises(StreamError, match="hidden"):
        async with client.events("GET", "/feed") as events:
            await anext(events)


async def test_the_error_of_a_stream_after_a_redirect_hides_what_was_sent_before() -> None:
    client, _ = make_client(
        Reply(307, headers={"Location": "https://other.example/feed"}),
        sse(b"event: error\ndata: " + TOKEN.encode() + b"\n\n"),
        auth=BearerToken(TOKEN),
        follow_redirects="any",
    )
    async with client.events("GET", "/feed") as events:
        with pytest.raises(StreamError) as caught:
            await anext(events)
    assert TOKEN not in f"{caught.value} {caught.value.body!r}"


async def test_an_error_event_cannot_drive_a_terminal() -> None:
    data = json.dumps({"message": "a\x1b]0;owned\x07\x9b2J\u202eb", "code": "c\x1b[2J"})
    client, _ = make_client(sse(f"event: error\ndata: {data}\n\n".encode()))
    async with client.events("GET", "/feed") as events:
        with pytest.raises(StreamError) as caught:
            await anext(events)
    assert caught.value.message == "the stream reported an error: a ]0;owned 2Jb"
    assert caught.value.code == "c [2J"


async def test_the_sentinel_ends_the_stream_and_is_not_an_item() -> None:
    client, _ = make_client(sse(b'data: {"tokens":1}\n\ndata: [DONE]\n\ndata: {"tokens":2}\n\n'))
    stream = client.events("GET", "/feed", model=Done, sentinel="[DONE]", reconnect=True)
    assert await collect(stream) == [Done(tokens=1)]


async def test_a_call_can_override_the_accept_header() -> None:
    client, transport = make_client(sse(b"data: 1\n\n"))
    await collect(client.events("GET", "/feed", headers={"Accept": "text/event-stream;v=2"}))
    assert transport.sent[0].headers["Accept"] == "text/event-stream;v=2"


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_an_unexpected_media_type_is_an_error(kind: str) -> None:
    client, _ = make_client(Reply(content=b"<html>", headers={"Content-Type": kind}))
    with pytest.raises(StreamError, match=kind) as caught:
        await collect(client.events("GET", "/feed"))
    assert (caught.value.body, caught.value.status) == (b"<html>", 200)
    client, _ = make_client(Reply(content=b"<html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(StreamError, match="text/html"):
        await collect(client.json_lines("GET", "/feed"))


async def test_a_bad_status_is_raised_with_its_body() -> None:
    client, _ = make_client(Reply(404, json={"code": "GONE", "message": "no such feed"}))
    with pytest.raises(NotFoundError, match="no such feed") as caught:
        await collect(client.events("GET", "/feed"))
    assert caught.value.code == "GONE"


async def test_an_overlong_line_is_an_error_after_the_items_before_it() -> None:
    client, _ = make_client(sse(b"data: 1\n\n", b"x" * 16 * 2**20, b"x"), retry=QUICK)
    async with client.events("GET", "/feed") as events:
        assert (await anext(events)).data == "1"
        with pytest.raises(StreamError, match="a line of the stream") as caught:
            await anext(events)
        assert_clean(caught.value)


@pytest.mark.parametrize(("size", "limits"), [(3 * 2**19, {}), (2**24, {"stream_line": 2**25})])
async def test_a_line_may_be_long_within_the_limit(size: int, limits: dict[str, int]) -> None:
    client, _ = make_client(sse(b"data: " + b"x" * size + b"\n\n"))
    async with client.events("GET", "/feed", response_limits=ResponseLimits(**limits)) as events:
        assert [len(event.data) async for event in events] == [size]
    client, _ = make_client(Reply(content=b'"' + b"x" * size + b'"\n'), response_limits=ResponseLimits(**limits))
    async with client.json_lines("GET", "/feed") as lines:
        assert [len(line) async for line in lines] == [size]


@pytest.mark.parametrize("content", [b"<html>x</html>", b'{"error": "x"}\n', b"Not Found\n\n", b"\xef\xbb", b"x: 1\n"])
async def test_a_stream_without_a_type_must_have_fields(content: bytes) -> None:
    client, _ = make_client(Reply(content=[content]))
    with pytest.raises(StreamError, match="no Content-Type"):
        await collect(client.events("GET", "/feed"))


@pytest.mark.parametrize(
    ("content", "count"),
    [(b"data: 1\n\n", 1), (b"x: 1\ndata: 1\n\n", 1), (b": ping\n\n", 0), (b"retry: 5\n", 0), (b"", 0), (b"\n\n", 0)],
)
async def test_a_stream_without_a_type_is_read(content: bytes, count: int) -> None:
    client, _ = make_client(Reply(content=[content]))
    assert len(await collect(client.events("GET", "/feed"))) == count


async def test_the_limits_of_json_apply_to_each_item() -> None:
    limits = ResponseLimits(json_containers=1)
    client, _ = make_client(sse(b"data: [[]]\n\ndata: []\n\n"), response_limits=limits)
    async with client.events("GET", "/feed", model=list[Any]) as events:
        with pytest.raises(DecodeError, match="json_containers"):
            await anext(events)
        assert await anext(events) == []
    with pytest.raises(DecodeError, match="json_containers"):
        ServerSentEvent("[[]]").json(limits)
    with pytest.raises(DecodeError, match="json_containers"):
        ServerSentEvent("[[]]").decode(list[Any], limits)


async def test_a_stream_is_opened_once_by_async_with() -> None:
    client, transport = make_client(sse(b"data: 1\n\n"))
    stream = client.events("GET", "/feed")
    assert transport.sent == []
    with pytest.raises(StreamError, match="async with"):
        await anext(stream)
    with pytest.raises(StreamError, match="async with"):
        _ = stream.response
    assert len(await collect(stream)) == 1
    assert [item async for item in stream] == []
    with pytest.raises(StreamError, match="once"):
        await collect(stream)


# --- errors inside a stream -------------------------------------------------------------------------------------------

ERROR = b'event: error\ndata: {"code": "QUERY_FAILED", "message": "the model is gone"}\n\n'
OVERLOADED = b'event: error\ndata: {"error": {"code": 503, "message": "overloaded"}}\n\n'


async def test_an_error_event_is_a_stream_error_with_its_facts() -> None:
    client, transport = make_client(sse(b"data: 1\n\n", ERROR, b"data: 2\n\n", **{"X-Request-Id": "r1"}), retry=QUICK)
    async with client.events("GET", "/feed") as events:
        await anext(events)
        with pytest.raises(StreamError) as caught:
            await anext(events)
        assert [item async for item in events] == []
    error = caught.value
    assert_clean(error)
    assert (error.status, error.method, error.template, error.request_id) == (200, "GET", "/feed", "r1")
    assert error.message.endswith(": the model is gone")
    assert (error.code, error.transient, error.retryable) == ("QUERY_FAILED", False, False)
    assert error.body == b'{"code": "QUERY_FAILED", "message": "the model is gone"}'
    assert len(transport.sent) == 1


async def test_an_error_event_need_not_be_json() -> None:
    client, _ = make_client(sse(b"event: error\ndata: it\ndata: broke\n\n"))
    with pytest.raises(StreamError, match="it broke"):
        await collect(client.events("GET", "/feed"))


async def test_an_api_can_override_how_errors_are_recognized() -> None:
    class Dialect(Client):
        def stream_error(self, event: ServerSentEvent) -> StreamError | None:
            return error_in(event, self.describe_error) if event.json().get("type") == "error" else None

    transport = MemoryTransport([sse(b'data: {"type":"error","message":"no","code":"E1"}\n\n')])
    with pytest.raises(StreamError, match=": no") as caught:
        await collect(Dialect(transport=transport).events("GET", "/feed", model=EVENT))
    assert caught.value.code == "E1"


async def test_a_transient_error_before_the_first_item_is_retried() -> None:
    client, transport = make_client(sse(OVERLOADED), Reply(503), sse(b"data: 1\n\n", OVERLOADED))
    async with client.events("GET", "/feed") as events:
        assert (await anext(events)).data == "1"
        with pytest.raises(StreamError, match="overloaded") as caught:
            await anext(events)
    assert len(transport.sent) == 3
    assert (caught.value.transient, caught.value.attempts) == (True, 3)


MESSAGES = [
    (Reply(headers={"Content-Type": "text/html"}), "the response must be text/event-stream, got text/html"),
    (sse(ERROR), "the stream reported an error: the model is gone"),
    (sse(b"event: error\n\n", b"event: error\ndata:\n\n"), "the stream reported an error: no reason given"),
]


@pytest.mark.parametrize(("reply", "message"), MESSAGES)
async def test_messages(reply: Reply, message: str) -> None:
    client, _ = make_client(reply)
    with pytest.raises(StreamError) as caught:
        await collect(client.events("GET", "/feed"))
    assert caught.value.message == message


async def test_messages_of_a_stream_that_is_misused() -> None:
    client, _ = make_client(sse(b"data: 1\n\n"))
    stream = client.events("GET", "/feed")
    with pytest.raises(StreamError) as caught:
        await anext(stream)
    assert caught.value.message == "the stream is not open; use it in 'async with'"
    await collect(stream)
    with pytest.raises(StreamError) as caught:
        await collect(stream)
    assert caught.value.message == "a stream can be opened once; create a new one"
    with pytest.raises(InvalidRequestError) as refused:
        client.events("GET", "/feed", last_event_id="1\n2")
    assert refused.value.message.startswith("last_event_id must not contain")


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
async def test_a_stream_that_must_not_be_resent_is_not_retried(method: str, arguments: Any) -> None:
    client, transport = make_client(sse(DISCONNECTED), sse(b"data: 1\n\n"))
    with pytest.raises(ProtocolError):
        await collect(client.events(method, "/feed", **arguments))
    assert len(transport.sent) == 1


async def test_a_retried_post_keeps_its_key_and_body() -> None:
    client, transport = make_client(sse(DISCONNECTED), sse(b"data: 1\n\n"))
    await collect(client.events("POST", "/ask", json={"a": 1}, idempotency_key=True))
    first, second = transport.sent
    assert first.content == second.content == b'{"a":1}'
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def test_strategies_see_all_attempts_of_a_stream() -> None:
    seen: list[tuple[int, str]] = []

    def stop(state: RetryCallState) -> bool:
        assert state.outcome is not None
        error = state.outcome.exception()
        reason = str(state.outcome.result().status) if error is None else type(error).__name__
        seen.append((state.attempt_number, reason))
        return state.attempt_number >= 4

    policy = Retry(wait=wait_fixed(2), stop=stop)
    client, transport = make_client(sse(DISCONNECTED), Reply(503), sse(DISCONNECTED), sse(DISCONNECTED), retry=policy)
    with pytest.raises(ProtocolError) as caught:
        await collect(client.events("GET", "/feed"))
    assert seen == [(1, "ProtocolError"), (2, "503"), (3, "ProtocolError"), (4, "ProtocolError")]
    assert len(transport.sent) == caught.value.attempts == 4
    clock: Any = client.clock
    assert clock.slept == [2, 2, 2]


async def test_a_stream_stops_after_the_time_of_its_policy() -> None:
    policy = Retry(wait=wait_fixed(4), stop=stop_after_delay(10))
    client, transport = make_client(*[sse(DISCONNECTED)] * 9, retry=policy)
    with pytest.raises(ProtocolError):
        await collect(client.events("GET", "/feed"))
    assert len(transport.sent) == 4  # after 0, 4, 8 and 12 seconds


async def test_json_lines_are_retried_too() -> None:
    client, transport = make_client(Reply(content=[DISCONNECTED]), Reply(content=[b"1\n", DISCONNECTED]))
    async with client.json_lines("GET", "/export") as lines:
        assert await anext(lines) == 1
        with pytest.raises(ProtocolError):
            await anext(lines)
    assert len(transport.sent) == 2


# --- reconnects -------------------------------------------------------------------------------------------------------

EVENTS = ["one", "two\nlines", "trois €", "", "five"]


def written(start: int = 0) -> bytes:
    """Return the stream after an event, as a server that keeps its events sends it."""
    parts = []
    for number, text in list(enumerate(EVENTS, start=1))[start:]:
        lines = "".join(f"data: {line}\r\n" for line in text.split("\n"))
        parts.append(f"id: {number}\r\n{lines}\r\n: comment\r\n")
    return "".join(parts).encode()


def remembering(cut: int, *, broken: bool) -> Callable[[Request], Reply]:
    """Return a server that honors Last-Event-ID, cuts its first stream after some bytes, and finally answers 204."""
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
async def test_a_stream_cut_at_any_byte_loses_and_duplicates_no_event(broken: bool) -> None:
    for cut in range(len(written()) + 1):
        client, _ = make_client(remembering(cut, broken=broken))
        events = await collect(client.events("GET", "/feed", reconnect=True))
        assert [(event.id, event.data) for event in events] == [(str(n), text) for n, text in enumerate(EVENTS, 1)], cut


async def test_a_stream_resumes_after_the_last_event_id_of_an_earlier_one() -> None:
    client, transport = make_client(remembering(10**6, broken=False))
    events = await collect(client.events("GET", "/feed", reconnect=True, last_event_id="3"))
    assert [event.id for event in events] == ["4", "5"]
    assert [sent.headers.get("Last-Event-ID") for sent in transport.sent] == ["3", "5"]
    with pytest.raises(InvalidRequestError, match="last_event_id"):
        client.events("GET", "/feed", last_event_id="1\n2")


async def test_a_non_ascii_id_is_sent_back_unchanged() -> None:
    client, transport = make_client(sse("id: é1\ndata: 1\n\n".encode(), DISCONNECTED), Reply(204))
    await collect(client.events("GET", "/feed", reconnect=True))
    assert transport.sent[1].headers["Last-Event-ID"] == "é1"


async def test_the_wait_is_at_least_the_retry_of_the_server() -> None:
    failing = [Reply(503, headers={"Retry-After": "7"}), Reply(error=ConnectError("no")), sse(b"id: 2\ndata: 2\n\n")]
    client, transport = make_client(sse(b"retry: 2500\nid: 1\ndata: 1\n\n", DISCONNECTED), *failing, Reply(204))
    clock: Any = client.clock
    events = await collect(client.events("GET", "/feed", reconnect=Reconnect(delay=0.001, max_delay=0.001)))
    assert [event.data for event in events] == ["1", "2"]
    assert all(asked <= slept <= 1.1 * asked for asked, slept in zip([2.5, 7, 2.5, 2.5], clock.slept, strict=True))
    assert len(transport.sent) == 5


async def test_the_last_of_several_consecutive_failures_is_raised() -> None:
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
async def test_a_permanent_failure_stops_the_reconnects(end: Reply) -> None:
    client, transport = make_client(sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), end, sse(b"data: 2\n\n"))
    async with client.events("GET", "/feed", reconnect=True) as events:
        await anext(events)
        with pytest.raises((NotFoundError, StreamError, ProtocolError)):
            await anext(events)
    assert len(transport.sent) == 2


async def test_a_stream_without_ids_is_not_resumed_after_its_first_item() -> None:
    client, transport = make_client(sse(b"data: 1\n\n", DISCONNECTED), sse(b"data: 1\n\n"))
    async with client.events("GET", "/feed", reconnect=True) as events:
        await anext(events)
        with pytest.raises(ProtocolError):
            await anext(events)
    client, transport = make_client(sse(b"data: 1\n\n"), sse(b"data: 1\n\n"))
    assert len(await collect(client.events("GET", "/feed", reconnect=True))) == 1
    assert len(transport.sent) == 1


async def test_a_reconnect_may_be_immediate_and_its_limits_infinite() -> None:
    policy = Reconnect(delay=0, max_delay=float("inf"), max_retry=float("inf"))
    failing = Reply(503, headers={"Retry-After": "500"})
    client, _ = make_client(sse(b"id: 1\ndata: 1\n\n", DISCONNECTED), failing, Reply(204), timeout=None)
    assert len(await collect(client.events("GET", "/feed", reconnect=policy))) == 1
    clock: Any = client.clock
    assert clock.slept == [pytest.approx(0), pytest.approx(502.5, abs=2.5)]
    client, _ = make_client(sse(b"id: 1\ndata: 1\n\n"), Reply(204))
    assert len(await collect(client.events("GET", "/feed", reconnect=Reconnect(attempts=0, max_retry=0)))) == 1


async def test_a_complete_response_ends_the_stream_without_at_end() -> None:
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


async def live(visit: RawExchange) -> None:
    """Send an event every 10 ms without end; ``/silent`` sends one event and then nothing."""
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await visit.send(b"9\r\ndata: 1\n\n\r\n")
        if visit.target == "/silent":
            await visit.until_gone()
        await asyncio.sleep(0.01)


async def test_leaving_a_stream_early_frees_its_connection() -> None:
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


async def test_a_stream_has_an_idle_timeout_and_no_total() -> None:
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


async def test_a_cancelled_read_is_not_the_end_of_the_stream() -> None:
    with RawServer(live) as server:
        async with client_of(server) as client, client.events("GET", "/silent") as events:
            await anext(events)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.02)
            with pytest.raises(StreamError, match="was cancelled"):
                await anext(events)


async def test_a_stream_cancelled_at_any_await_leaves_no_connection() -> None:
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


async def test_a_real_stream_is_resumed_wherever_it_was_cut() -> None:
    async def behave(visit: RawExchange) -> None:
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


async def test_a_failed_stream_does_not_keep_its_client_alive() -> None:
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
        del client  # and not the stream, which is finished
        assert alive() is None
    finally:
        gc.enable()


async def test_an_error_body_of_a_stream_is_bounded() -> None:
    async def endless(visit: RawExchange) -> None:
        await visit.send(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not visit.writer.is_closing():
            await visit.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    with RawServer(endless) as server:
        async with client_of(server) as client:
            with pytest.raises(ServerError) as caught:
                await collect(client.events("GET", "/feed"))
            assert len(caught.value.body) == 64 * 1024
        await server.until(lambda: server.open == 0)


async def test_a_status_is_raised_even_if_its_body_breaks() -> None:
    client, _ = make_client(Reply(500, content=[b'{"message": "no', DISCONNECTED]), retry=Retry(attempts=1))
    with pytest.raises(ServerError):
        await collect(client.events("GET", "/feed"))


async def test_concurrent_streams_share_a_client() -> None:
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
