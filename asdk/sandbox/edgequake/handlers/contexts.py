"""Retrieval without an answer: the findings for a question, and the sources of their parts."""

import hashlib
import json

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.answers import DocumentFilterRequest, answer
from asdk.sandbox.edgequake.bundles import AGENT, CITATION, DEBUG, Evidence
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError, RejectedError
from asdk.sandbox.edgequake.handlers.artifacts import artifact
from asdk.sandbox.edgequake.handlers.query import Question

_TITLE, _SNIPPET = 80, 200


@attrs.frozen
class ContextRequest(Question):
    include_lineage: bool | None = None
    include_documents: bool | None = None
    include_agent_hints: bool | None = None


@attrs.frozen
class ContextSearchRequest:
    query: str
    mode: str | None = None
    max_results: int | None = None
    document_filter: DocumentFilterRequest | None = None


async def retrieve(call: Call) -> web.Response:
    return call.reply(_retrieve(call, await call.body(ContextRequest)))


async def search(call: Call) -> web.Response:
    wanted = await call.body(ContextSearchRequest)
    found = _retrieve(call, ContextRequest(**attrs.asdict(wanted, recurse=False), include_agent_hints=False))
    retrieval_id, bundle = found["retrieval_id"], found["bundle"]
    best = next((chunk["content"] for chunk in bundle["chunks"]), "")
    result: Json = {
        "retrieval_id": retrieval_id,
        "title": best[:_TITLE] or wanted.query,
        "snippet": best[:_SNIPPET],
        "url": f"edgequake://workspace/{call.workspace_id}/retrieval/{retrieval_id}",
        "score": found["retrieval_quality"]["coverage_score"],
        "metadata": {"mode": found["mode"], "chunk_count": len(bundle["chunks"])},
    }
    return call.reply({"results": [result]})


async def fetch(call: Call) -> web.Response:
    _granularity(call.query("content_granularity"), 400)
    retrieval_id = call.part("retrieval_id")
    if not retrieval_id.startswith("ret_"):
        raise ApiError("BAD_REQUEST", "Invalid retrieval_id")
    return call.reply(call.state.retrievals.get(_space(call), retrieval_id) | {"cached": True})


def _retrieve(call: Call, wanted: ContextRequest) -> Json:
    """Build the reply to a question, and keep it for later requests."""
    granularity = _granularity(wanted.content_granularity, 422)
    if wanted.mode == "bypass":
        raise ApiError("BAD_REQUEST", "Invalid query mode; bypass is not allowed")
    limit = wanted.max_results if wanted.rerank_top_k is None else wanted.rerank_top_k
    made = answer(call.library, wanted.query, mode=wanted.mode, limit=limit, wanted=wanted.document_filter)
    evidence = Evidence(made, call.graph, granularity, with_lineage=wanted.include_lineage is not False)
    empty: Json = {"entities": [], "relationships": []}
    bundle = {
        "subgraph": empty if wanted.include_subgraph is False else evidence.subgraph(),
        "chunks": evidence.chunks(),
        "documents": None if wanted.include_documents is False else evidence.documents(),
        "context_string": evidence.text() if granularity == DEBUG else None,
    }
    body = {
        "query": wanted.query,
        "mode": made.mode,
        "mode_selection": {"requested": made.mode, "effective": made.mode, "adaptive": False},
        "bundle": present(bundle),
        "stats": _stats(evidence, reranked=wanted.enable_rerank is not False),
        "retrieval_quality": evidence.quality(),
        "truncation": evidence.truncation(),
        "agent_hints": None if wanted.include_agent_hints is False else evidence.hints(),
        "retrieval_fingerprint": _fingerprint(call, wanted, made.mode),
        "cached": False,
    }
    kept = present(body)
    kept["retrieval_id"] = call.state.retrievals.keep(_space(call), kept)
    return kept


def _stats(evidence: Evidence, *, reranked: bool) -> Json:
    stats, names = evidence.made.stats(), set(evidence.scores)
    counted = {
        "chunks": len(evidence.found),
        "entities": len(names),
        "relationships": len(evidence.graph.between(names)),
        "documents": len({document.id for document, _ in evidence.found}),
    }
    return {
        "embedding_time_ms": stats["embedding_time_ms"],
        "retrieval_time_ms": stats["retrieval_time_ms"],
        "rerank_time_ms": int(reranked),
        "total_time_ms": stats["embedding_time_ms"] + stats["retrieval_time_ms"] + int(reranked),
        "items_retrieved": counted,
        "reranked": reranked,
    }


def _fingerprint(call: Call, wanted: ContextRequest, mode: str) -> str:
    accepted = None if wanted.document_filter is None else attrs.asdict(wanted.document_filter)
    text = json.dumps([wanted.query, mode, call.workspace_id, accepted])
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _granularity(name: str | None, status: int) -> str:
    if name not in (None, CITATION, AGENT, DEBUG):
        raise RejectedError(status, f"unknown variant `{name}`, expected one of `citation`, `agent`, `debug`")
    return name or AGENT


def _space(call: Call) -> tuple[str, str]:
    return call.tenant_id, call.workspace_id


# Questions change nothing, so a read-only key may ask them.
_CONTEXT = "/api/v1/query/context"
ROUTES = (
    Route("POST", _CONTEXT, retrieve, reads=True),
    Route("POST", f"{_CONTEXT}/search", search, reads=True),
    Route("GET", f"{_CONTEXT}/artifacts/{{artifact_type}}/{{artifact_id}}", artifact),
    Route("GET", f"{_CONTEXT}/{{retrieval_id}}", fetch),
)
