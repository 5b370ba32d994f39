"""Queries: an answer at once, or as a stream of events."""

from typing import Any

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.answers import Answer, DocumentFilterRequest, answer
from asdk.sandbox.edgequake.bundles import CITATION, Evidence
from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.event_stream import EventStream


@attrs.frozen
class ConversationMessage:
    role: str
    content: str


@attrs.frozen
class Question:
    """Search parameters of a question, shared by all routes that take one."""

    query: str
    mode: str | None = None
    max_results: int | None = None
    enable_rerank: bool | None = None
    rerank_model: str | None = None
    rerank_top_k: int | None = None
    include_subgraph: bool | None = None
    conversation_history: list[ConversationMessage] | None = None
    document_filter: DocumentFilterRequest | None = None
    mix_weights: Any = None
    content_granularity: str | None = None


@attrs.frozen
class QueryRequest(Question):
    context_only: bool | None = None
    prompt_only: bool | None = None
    include_references: bool | None = None
    llm_provider: str | None = None
    llm_model: str | None = None
    system_prompt: str | None = None
    extra_headers: dict[str, str] | None = None


@attrs.frozen
class StreamQueryRequest:
    query: str
    mode: str | None = None
    llm_provider: str | None = None
    llm_model: str | None = None
    system_prompt: str | None = None
    stream_format: str | None = None
    include_subgraph: bool | None = None
    document_filter: DocumentFilterRequest | None = None
    extra_headers: dict[str, str] | None = None
    content_granularity: str | None = None


async def execute(call: Call) -> web.Response:
    wanted = await call.body(QueryRequest)
    made = answer(
        call.library,
        wanted.query,
        mode=wanted.mode,
        limit=wanted.max_results,
        wanted=wanted.document_filter,
        provider=wanted.llm_provider,
        model=wanted.llm_model,
    )
    reranked = bool(wanted.enable_rerank)
    stats = made.stats() | {"llm_provider": made.provider, "llm_model": made.model}
    if reranked:
        stats["rerank_time_ms"] = 1
    return call.reply(
        {
            "answer": _text(made, wanted),
            "mode": made.mode,
            "sources": made.sources(reranked=reranked),
            "stats": stats,
            "reranked": reranked,
            **_subgraph(call, made, wanted.include_subgraph),
        }
    )


async def stream(call: Call) -> web.StreamResponse:
    wanted = await call.body(StreamQueryRequest)
    made = answer(
        call.library,
        wanted.query,
        mode=wanted.mode,
        wanted=wanted.document_filter,
        provider=wanted.llm_provider,
        model=wanted.llm_model,
    )
    events = EventStream(call.request)
    await events.prepare(call.request)
    if wanted.stream_format == "v1":
        await _send_text(call, events, made)
    else:
        await _send_events(call, events, made, _subgraph(call, made, wanted.include_subgraph))
    await events.write_eof()
    return events


async def _send_events(call: Call, events: EventStream, made: Answer, subgraph: Json) -> None:
    """Send format v2: context, tokens, done; or an error instead of the rest."""
    settings, stats = call.state.settings, made.stats()
    planned = call.state.stream_errors.popleft() if call.state.stream_errors else None
    await events.send(
        {
            "type": "context",
            "sources": made.sources(),
            "query_mode": made.mode,
            "retrieval_time_ms": stats["retrieval_time_ms"],
            **subgraph,
        }
    )
    for number, token in enumerate(made.tokens):
        if planned is not None and number >= planned.after_tokens:
            break
        await events.pause(settings.stream_interval, keep_alive=settings.keep_alive_interval)
        await events.send(call.also({"type": "token", "content": token}, chunk=token))
    if planned is not None:
        await events.send({"type": "error", "message": planned.message, "code": planned.code})
        return
    done: Json = {"type": "done", "stats": stats | {"query_mode": made.mode}}
    await events.send(call.also(done | {"llm_provider": made.provider, "llm_model": made.model}, done=True))


async def _send_text(call: Call, events: EventStream, made: Answer) -> None:
    """Send format v1: the tokens unchanged; an error is text too."""
    settings = call.state.settings
    planned = call.state.stream_errors.popleft() if call.state.stream_errors else None
    for number, token in enumerate(made.tokens):
        if planned is not None and number >= planned.after_tokens:
            break
        await events.pause(settings.stream_interval, keep_alive=settings.keep_alive_interval)
        await events.send(token)
    if planned is not None:
        await events.send(f"Error: {planned.message}")


def _subgraph(call: Call, made: Answer, is_wanted: bool | None) -> Json:
    return {"subgraph": Evidence(made, call.graph, CITATION).subgraph()} if is_wanted else {}


def _text(made: Answer, wanted: QueryRequest) -> str:
    context = "\n\n".join(hit.chunk.text for _, hit in made.found)
    if wanted.context_only:
        return context
    if wanted.prompt_only:
        return f"{wanted.system_prompt or 'Answer from the context.'}\n\n{context}\n\nQuestion: {made.question}"
    return made.text


# Queries change nothing, so a read-only key may ask them.
ROUTES = (
    Route("POST", "/api/v1/query", execute, reads=True),
    Route("POST", "/api/v1/query/stream", stream, reads=True),
)
