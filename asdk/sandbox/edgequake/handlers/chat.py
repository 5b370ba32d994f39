"""Chat: a message to a conversation, answered at once or as a stream of events."""

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.answers import Answer, DocumentFilterRequest, answer
from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.store.conversations import Conversation, Message
from asdk.sandbox.event_stream import EventStream


@attrs.frozen
class ImageAttachment:
    data: str
    mime_type: str


@attrs.frozen
class ChatRequest:
    message: str
    stream: bool | None = None
    mode: str | None = None
    conversation_id: str | None = None
    parent_id: str | None = None
    provider: str | None = None
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    language: str | None = None
    system_prompt: str | None = None
    images: list[ImageAttachment] | None = None
    document_filter: DocumentFilterRequest | None = None
    content_granularity: str | None = None


async def complete(call: Call) -> web.Response:
    tenant_id, user_id = call.identity
    wanted = await call.body(ChatRequest)
    conversation = _conversation(call, wanted, tenant_id, user_id)
    if conversation is None:
        raise not_found("Conversation", wanted.conversation_id or "")
    made, question = _answer(call, wanted, conversation)
    said = call.state.conversations.say(conversation, "assistant", made.text)
    stats = made.stats() | {"llm_provider": made.provider, "llm_model": made.model}
    return call.reply(
        {
            "conversation_id": conversation.id,
            "user_message_id": question.id,
            "assistant_message_id": said.id,
            "content": made.text,
            "mode": made.mode,
            "sources": made.sources(),
            "stats": stats,
            "tokens_used": made.tokens_used,
            "duration_ms": stats["total_time_ms"],
            "llm_provider": made.provider,
            "llm_model": made.model,
        }
    )


async def stream(call: Call) -> web.StreamResponse:
    tenant_id, user_id = call.identity
    wanted = await call.body(ChatRequest)
    conversation = _conversation(call, wanted, tenant_id, user_id)
    answered = None if conversation is None else _answer(call, wanted, conversation)
    events = EventStream(call.request)
    await events.prepare(call.request)
    if conversation is None or answered is None:
        await _fail(call, events, "CONVERSATION_GONE", f"Conversation not found: {wanted.conversation_id}")
    else:
        await _send_events(call, events, conversation, *answered, is_new=wanted.conversation_id is None)
    await events.write_eof()
    return events


async def _send_events(
    call: Call, events: EventStream, conversation: Conversation, made: Answer, question: Message, *, is_new: bool
) -> None:
    settings, conversations = call.state.settings, call.state.conversations
    planned = call.state.stream_errors.popleft() if call.state.stream_errors else None
    await events.send(
        {"type": "conversation", "conversation_id": conversation.id, "user_message_id": question.id},
    )
    if made.found:
        await events.send({"type": "context", "sources": made.sources()})
    for number, token in enumerate(made.tokens):
        if planned is not None and number >= planned.after_tokens:
            break
        await events.pause(settings.stream_interval, keep_alive=settings.keep_alive_interval)
        await events.send({"type": "token", "content": token})
    if planned is not None:
        return await _fail(call, events, planned.code, planned.message)
    done: Json = {
        "type": "done",
        "assistant_message_id": conversations.say(conversation, "assistant", made.text).id,
        "tokens_used": made.tokens_used,
        "duration_ms": made.stats()["total_time_ms"],
        "llm_provider": made.provider,
        "llm_model": made.model,
    }
    await events.send(done)
    if is_new:
        await events.send(
            {"type": "title_update", "conversation_id": conversation.id, "title": conversation.title},
        )
    return None


async def _fail(call: Call, events: EventStream, code: str, message: str) -> None:
    await events.send(call.also({"type": "error", "message": message, "code": code}, error=message))


def _conversation(call: Call, wanted: ChatRequest, tenant_id: str, user_id: str) -> Conversation | None:
    """Return the named conversation, if the caller has it; create one if no name is given."""
    if not wanted.message.strip():
        raise ApiError("BAD_REQUEST", "message must not be empty")
    if wanted.conversation_id is None:
        return call.state.conversations.begin(tenant_id, user_id, wanted.message)
    return call.state.conversations.find(wanted.conversation_id, tenant_id, user_id)


def _answer(call: Call, wanted: ChatRequest, conversation: Conversation) -> tuple[Answer, Message]:
    made = answer(
        call.library,
        wanted.message,
        mode=wanted.mode,
        limit=wanted.top_k,
        wanted=wanted.document_filter,
        provider=wanted.provider,
        model=wanted.model,
    )
    return made, call.state.conversations.say(conversation, "user", wanted.message)


ROUTES = (
    Route("POST", "/api/v1/chat/completions", complete),
    Route("POST", "/api/v1/chat/completions/stream", stream),
)
