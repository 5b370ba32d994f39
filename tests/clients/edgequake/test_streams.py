"""Tests of streamed answers against a server: events, interruptions, retries."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from asdk import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    ProtocolError,
    RequestTimeoutError,
    StreamError,
    Unknown,
)
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import (
    ChatContext,
    ChatDone,
    ConversationStarted,
    DocumentFilter,
    QueryContext,
    QueryDone,
    QueryMode,
    TitleUpdate,
    Token,
)
from asdk.http.options import CallOptions, Timeout
from asdk.sandbox import EdgeQuakeServer, ServerFault
from asdk.streaming.streams import EventStream
from asdk.testing import MemoryTransport, Reply
from tests.support.edgequake_schemas import sample

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
ANSWER = "Sarah Chen works at Acme Labs. [1]"
ANN = "00000000-0000-0000-0000-00000000000a"


async def collect(stream: EventStream[Any]) -> list[Any]:
    async with stream as events:
        return [event async for event in events]


def text_of(events: list[Any]) -> str:
    return "".join(event.content for event in events if isinstance(event, Token))


@pytest.fixture
def chatting(make_client: Any, server: EdgeQuakeServer) -> EdgeQuake:
    """Return a client with tenant and user, which chat requires."""
    client: EdgeQuake = make_client(
        api_key=server.credentials.api_key, tenant_id=server.credentials.tenant_id, user_id=ANN
    )
    return client


async def test_a_question_brings_context_tokens_and_the_end(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT, title="Sarah")
    context, *tokens, done = await collect(admin.query.stream("Where does Sarah work?", mode="hybrid"))
    assert isinstance(context, QueryContext)
    assert isinstance(done, QueryDone)
    assert context.query_mode is QueryMode.HYBRID
    assert [source.document_id for source in context.sources] == [made.document_id]
    assert len(tokens) > 3
    assert text_of(tokens) == ANSWER
    assert done.stats.tokens_used > 0
    assert done.llm_model is not None


async def test_an_answer_that_ends_in_an_error_has_its_reason(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.break_next_stream(code="QUERY_FAILED", message="the model is gone", after_tokens=1)
    seen = []
    async with admin.query.stream("Anything?") as events:
        with pytest.raises(StreamError, match=r"POST /api/v1/query/stream: .* the model is gone") as caught:  # noqa: PT012
            async for event in events:
                seen.append(event)
    assert [type(event) for event in seen] == [QueryContext, Token]
    assert (caught.value.code, caught.value.transient, caught.value.status) == ("QUERY_FAILED", True, 200)
    assert caught.value.request_id is not None


async def test_a_question_is_repeated_until_its_first_event_came(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    path = "/api/v1/query/stream"
    server.faults.add(ServerFault.status(503), path=path, times=1)
    server.faults.add(ServerFault.cut(after=10, reset=True), path=path, times=1)
    assert text_of(await collect(admin.query.stream("Sarah", mode="bypass"))) == "You asked: Sarah"
    server.faults.add(ServerFault.cut(after=400), path=path, times=1)
    with pytest.raises(ProtocolError):
        await collect(admin.query.stream("Sarah " * 20, mode="bypass"))


async def test_silence_ends_a_stream_unless_it_is_kept_alive(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.stream_interval, server.settings.keep_alive_interval = 0.08, 0.02
    limits = CallOptions(timeout=Timeout(idle=0.06), retry=None)
    assert text_of(await collect(admin.query.stream("Sarah", mode="bypass", **limits))) == "You asked: Sarah"
    server.settings.keep_alive_interval = 15
    with pytest.raises(RequestTimeoutError):
        await collect(admin.query.stream("Sarah", mode="bypass", **limits))


async def test_a_refused_question_is_told_by_its_status(admin: EdgeQuake) -> None:
    with pytest.raises(BadRequestError):
        await collect(admin.query.stream(" "))


async def test_a_refreshed_token_opens_a_stream(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    server.invalidate_access_tokens()
    assert text_of(await collect(admin.query.stream("Sarah", mode="bypass"))) == "You asked: Sarah"


@pytest.mark.parametrize(
    "stream", [lambda c: c.query.stream("x"), lambda c: c.chat.stream("x"), lambda c: c.graph.stream()]
)
async def test_an_event_of_a_kind_that_is_not_known_yet_ends_no_stream(stream: Any) -> None:
    events = Reply(
        content=b'data: {"type":"applause","volume":11}\n\ndata: {"type":"applause"}\n\n',
        headers={"Content-Type": "text/event-stream"},
    )
    client = EdgeQuake(auth=None, transport=MemoryTransport([events]))
    assert await collect(stream(client)) == [
        Unknown("applause", {"type": "applause", "volume": 11}),
        Unknown("applause", {"type": "applause"}),
    ]


async def test_a_message_starts_a_conversation_and_the_next_continues_it(chatting: EdgeQuake) -> None:
    await chatting.documents.upload(TEXT, title="Sarah")
    started, context, *tokens, done, title = await collect(chatting.chat.stream("Where does Sarah work?"))
    assert isinstance(started, ConversationStarted)
    assert isinstance(context, ChatContext)
    assert text_of(tokens) == ANSWER
    assert isinstance(done, ChatDone)
    assert title == TitleUpdate(conversation_id=started.conversation_id, title="Where does Sarah work?")

    again = await collect(chatting.chat.stream("And Acme?", conversation_id=started.conversation_id))
    assert again[0].conversation_id == started.conversation_id
    assert isinstance(again[-1], ChatDone)
    result = await chatting.chat.complete("Where does Sarah work?", conversation_id=started.conversation_id)
    assert (result.content, result.conversation_id) == (ANSWER, started.conversation_id)


async def test_a_conversation_that_is_gone_is_told_in_the_stream_or_by_404(chatting: EdgeQuake) -> None:
    with pytest.raises(StreamError) as caught:
        await collect(chatting.chat.stream("Hello?", conversation_id=ANN))
    assert (caught.value.code, caught.value.transient) == ("CONVERSATION_GONE", False)
    with pytest.raises(NotFoundError):
        await chatting.chat.complete("Hello?", conversation_id=ANN)


async def test_chat_wants_tenant_and_user(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    with pytest.raises(AuthenticationError, match="X-Tenant-ID"):
        await collect(admin.chat.stream("Hello?"))


async def test_a_message_is_never_sent_twice_by_itself(chatting: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.faults.add(ServerFault.cut(after=10), path="/api/v1/chat/completions/stream", times=1)
    with pytest.raises(ProtocolError):
        await collect(chatting.chat.stream("Hello?"))
    assert server.inspect(lambda state: len(state.conversations)) == 1


async def test_forty_streams_side_by_side_do_not_mix(admin: EdgeQuake) -> None:
    questions = [f"Question {number}" for number in range(40)]
    answers = await asyncio.gather(*(collect(admin.query.stream(question, mode="bypass")) for question in questions))
    assert [text_of(events) for events in answers] == [f"You asked: {question}" for question in questions]


async def test_an_answer_may_come_as_bare_text(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.documents.upload(TEXT, title="Sarah")
    pieces = await collect(admin.query.stream_text("Where does Sarah work?", mode="hybrid"))
    assert len(pieces) > 3
    assert "".join(piece.data for piece in pieces) == ANSWER
    server.break_next_stream(message="the model is gone", after_tokens=1)
    with pytest.raises(StreamError, match="Error: the model is gone") as caught:
        await collect(admin.query.stream_text("Where does Sarah work?"))
    assert (caught.value.code, caught.value.transient) == (None, False)


def events_of(*data: str) -> EdgeQuake:
    """Create a client whose next stream contains these events."""
    content = ": keep-alive\n\n".join(f"data: {piece}\n\n" for piece in data).encode()
    reply = Reply(content=content, headers={"Content-Type": "text/event-stream"})
    return EdgeQuake(auth=None, transport=MemoryTransport([reply]), retry=None)


@pytest.mark.parametrize(
    ("event", "code", "message", "wait"),
    [
        ('{"type":"error","message":"gone","code":"CONVERSATION_GONE"}', "CONVERSATION_GONE", "gone", None),
        ('{"type":"error","message":"gone","code":"STREAM_ERROR","error":"gone"}', "STREAM_ERROR", "gone", None),
        ('{"type":"error","message":"busy","reason":"overload","retry_after_secs":7}', "overload", "busy", 7),
        ('{"type":"error","message":"busy","retry_after_secs":null,"reason":null}', None, "busy", None),
        ('{"type":"error","message":"busy","retry_after_secs":"soon"}', None, "busy", None),
        ('{"type":"error","message":5,"code":6}', None, '{"type":"error"', None),
        ('{"type":"error"}', None, '{"type":"error"}', None),
        ('{"error":"Progress not found or already completed"}', None, "Progress not found", None),
    ],
)
async def test_each_kind_of_error_event_is_an_error_with_its_facts(
    event: str, code: str | None, message: str, wait: float | None
) -> None:
    with pytest.raises(StreamError) as caught:
        await collect(events_of(event).graph.stream())
    assert message in caught.value.message
    assert (caught.value.code, caught.value.retry_after) == (code, wait)
    assert caught.value.template == "/api/v1/graph/stream"


async def test_words_about_errors_are_no_error() -> None:
    told = '{"type":"token","content":"{\\"error\\": \\"no\\"}"}'
    (token,) = await collect(events_of(told).query.stream("why?"))
    assert token == Token(content='{"error": "no"}')
    progress = sample("PdfUploadProgress") | {"error": "of a newer server", "is_failed": True}
    (seen,) = await collect(events_of(json.dumps(progress)).pdf.stream_progress("t"))
    assert seen.is_failed
    content = f"event: error\ndata: {json.dumps(progress)}\n\n".encode()
    named = MemoryTransport([Reply(content=content, headers={"Content-Type": "text/event-stream"})])
    (seen,) = await collect(EdgeQuake(auth=None, transport=named).pdf.stream_progress("t"))
    assert seen.is_failed, "the name of the event is that of the end, and its data are the last progress"


async def test_each_argument_of_a_stream_reaches_the_server() -> None:
    sse = Reply(content=b"data: [DONE]\n\n", headers={"Content-Type": "text/event-stream"})
    transport = MemoryTransport([sse, sse])
    client = EdgeQuake(api_key="eq_key", transport=transport)
    only = DocumentFilter(document_ids=["d1"])
    shared = ["mode", "system_prompt", "content_granularity"]
    query = dict.fromkeys([*shared, "llm_provider", "llm_model", "include_subgraph"], "x")
    await collect(client.query.stream("why?", document_filter=only, extra_headers={"A": "b"}, **query))  # type: ignore[arg-type]
    place = ["conversation_id", "parent_id", "provider", "model", "language"]
    chat = dict.fromkeys([*shared, *place, "max_tokens", "temperature", "top_k"], "x")
    await collect(client.chat.stream("why?", document_filter=only, **chat))  # type: ignore[arg-type]
    asked, said = transport.sent
    filtered = {"date_from": None, "date_to": None, "document_ids": ["d1"], "document_pattern": None}
    assert (asked.template, said.template) == ("/api/v1/query/stream", "/api/v1/chat/completions/stream")
    assert asked.json() == {"query": "why?", "document_filter": filtered, "extra_headers": {"A": "b"}, **query}
    assert said.json() == {"message": "why?", "stream": True, "document_filter": filtered, **chat}
    assert asked.request.idempotent
    assert not said.request.idempotent
