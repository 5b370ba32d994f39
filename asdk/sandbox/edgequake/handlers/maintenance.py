"""Operations on a whole workspace: statistics, rebuilding, reprocessing, and injected texts."""

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.forms import read_form
from asdk.sandbox.edgequake.handlers.processing import begin_again
from asdk.sandbox.edgequake.handlers.uploads import text_of
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.library import Library
from asdk.sandbox.edgequake.store.tenants import Workspace
from asdk.sandbox.edgequake.store.workspaces import Injection, WorkspaceExtras

_CONTEXT_LENGTH = 8191
_MAX_SNAPSHOTS = 1000


@attrs.frozen
class RebuildEmbeddingsRequest:
    embedding_model: str | None = None
    embedding_provider: str | None = None
    embedding_dimension: int | None = None
    force: bool | None = None


@attrs.frozen
class RebuildGraphRequest:
    llm_model: str | None = None
    llm_provider: str | None = None
    force: bool | None = None
    max_documents: int | None = None
    rebuild_embeddings: bool | None = None


@attrs.frozen
class ReprocessAllRequest:
    include_completed: bool | None = None
    max_documents: int | None = None


@attrs.frozen
class PutInjectionRequest:
    name: str
    content: str


@attrs.frozen
class UpdateInjectionRequest:
    name: str | None = None
    content: str | None = None


async def metrics_history(call: Call) -> web.Response:
    workspace = _workspace(call)
    offset, limit = call.number("offset", 0), min(max(call.number("limit", 100), 1), _MAX_SNAPSHOTS)
    snapshots = call.state.extras(workspace.id).snapshots[::-1][offset : offset + limit]
    body: Json = {
        "workspace_id": workspace.id,
        "snapshots": snapshots,
        "count": len(snapshots),
        "offset": offset,
        "limit": limit,
    }
    return call.reply(call.also(body, entries=snapshots))


async def metrics_snapshot(call: Call) -> web.Response:
    workspace = _workspace(call)
    library = _library(call, workspace)
    graph = call.state.graph(workspace.tenant_id, workspace.id)
    snapshot: Json = {
        "id": call.state.ids.uuid(),
        "recorded_at": rfc3339(call.state.clock()),
        "trigger_type": "manual",
        "document_count": len(library.all()),
        "chunk_count": library.chunk_count,
        "entity_count": len(graph.entities),
        "relationship_count": len(graph.relationships),
        "embedding_count": library.chunk_count,
        "storage_bytes": library.size,
    }
    call.state.extras(workspace.id).snapshots.append(snapshot)
    return call.reply(snapshot, 201)


async def rebuild_embeddings(call: Call) -> web.Response:
    wanted = await call.body_or_default(RebuildEmbeddingsRequest)
    workspace = _workspace(call)
    library = _library(call, workspace)
    changes = {name: value for name, value in attrs.asdict(wanted).items() if name != "force"}
    call.state.tenants.update(workspace, changes)
    return call.reply(
        {
            "workspace_id": workspace.id,
            "status": "queued",
            "documents_to_process": len(library.all()),
            "chunks_to_process": library.chunk_count,
            "vectors_cleared": library.chunk_count,
            "embedding_model": workspace.embedding_model,
            "embedding_provider": workspace.embedding_provider,
            "embedding_dimension": workspace.embedding_dimension,
            "model_context_length": _CONTEXT_LENGTH,
            "job_id": call.state.ids.uuid(),
        }
    )


async def rebuild_graph(call: Call) -> web.Response:
    wanted = await call.body_or_default(RebuildGraphRequest)
    workspace = _workspace(call)
    library = _library(call, workspace)
    call.state.tenants.update(workspace, {"llm_model": wanted.llm_model, "llm_provider": wanted.llm_provider})
    nodes, edges = call.state.graph(workspace.tenant_id, workspace.id).clear()
    chunks = library.chunk_count
    documents = [document for document in library.all() if document.is_settled][: wanted.max_documents]
    return call.reply(
        {
            "workspace_id": workspace.id,
            "status": "queued",
            "nodes_cleared": nodes,
            "edges_cleared": edges,
            "vectors_cleared": chunks if wanted.rebuild_embeddings else 0,
            "documents_to_process": len(documents),
            "chunks_to_process": sum(len(document.chunks) for document in documents),
            "llm_model": workspace.llm_model,
            "llm_provider": workspace.llm_provider,
            "track_id": begin_again(call.state, library, documents),
        }
    )


async def reprocess(call: Call) -> web.Response:
    wanted = await call.body_or_default(ReprocessAllRequest)
    workspace = _workspace(call)
    library = _library(call, workspace)
    everything = library.all()
    found = [
        document
        for document in everything
        if document.is_settled and (wanted.include_completed or document.status != "completed")
    ]
    again = found[: wanted.max_documents]
    return call.reply(
        {
            "track_id": begin_again(call.state, library, again),
            "workspace_id": workspace.id,
            "status": "queued",
            "documents_found": len(everything),
            "documents_queued": len(again),
            "documents_skipped": len(everything) - len(again),
        }
    )


async def put_injection(call: Call) -> web.Response:
    wanted = await call.body(PutInjectionRequest)
    return _put(call, wanted.name, wanted.content, "text")


async def put_injection_file(call: Call) -> web.Response:
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        raise ApiError("BAD_REQUEST", "No file in the upload")
    filename = file.filename or "upload"
    name = next((part.data.decode() for part in parts if part.name == "name"), filename)
    return _put(call, name, text_of(file, filename), "file")


async def list_injections(call: Call) -> web.Response:
    found, window = list(_extras(call).injections.values()), call.window
    body = window.envelope(found, _summary)
    return call.reply(body | {"has_more": window.offset + window.limit < len(found)})


async def get_injection(call: Call) -> web.Response:
    found = _extras(call).injection(call.part("injection_id"))
    return call.reply(_summary(found) | {"content": found.content, "version": found.version})


async def update_injection(call: Call) -> web.Response:
    wanted = await call.body(UpdateInjectionRequest)
    found = _extras(call).injection(call.part("injection_id"))
    return _change(call, found, wanted.name, wanted.content)


async def delete_injection(call: Call) -> web.Response:
    extras = _extras(call)
    del extras.injections[extras.injection(call.part("injection_id")).injection_id]
    return call.reply({"deleted": True, "message": "Injection deleted"})


def _put(call: Call, name: str, content: str, source_type: str) -> web.Response:
    extras = _extras(call)
    if not name.strip() or not content.strip():
        raise ApiError("BAD_REQUEST", "name and content must not be empty")
    for known in extras.injections.values():
        if known.name == name:
            return _change(call, known, name, content, status=202)
    now = call.state.clock()
    made = Injection(
        injection_id=call.state.ids.uuid(),
        name=name,
        content=content,
        source_type=source_type,
        created_at=now,
        updated_at=now,
    )
    extras.injections[made.injection_id] = made
    return call.reply(_put_reply(call, made), 202)


def _change(
    call: Call, injection: Injection, name: str | None, content: str | None, *, status: int = 200
) -> web.Response:
    injection.name = injection.name if name is None else name
    if content is not None:
        injection.content = content
        injection.version += 1
    injection.updated_at = call.state.clock()
    return call.reply(_put_reply(call, injection), status)


def _put_reply(call: Call, injection: Injection) -> Json:
    return {
        "injection_id": injection.injection_id,
        "workspace_id": call.part("workspace_id"),
        "version": injection.version,
        "status": "completed",
    }


def _summary(injection: Injection) -> Json:
    return present(
        {
            "injection_id": injection.injection_id,
            "name": injection.name,
            "status": "completed",
            "entity_count": len(extraction.graph(injection.content)[0]),
            "source_type": injection.source_type,
            "created_at": rfc3339(injection.created_at),
            "updated_at": rfc3339(injection.updated_at),
        }
    )


def _workspace(call: Call) -> Workspace:
    return call.state.tenants.workspace(call.part("workspace_id"))


def _library(call: Call, workspace: Workspace) -> Library:
    return call.state.library(workspace.tenant_id, workspace.id)


def _extras(call: Call) -> WorkspaceExtras:
    return call.state.extras(_workspace(call).id)


_WORKSPACE = "/api/v1/workspaces/{workspace_id}"
ROUTES = (
    Route("GET", f"{_WORKSPACE}/metrics-history", metrics_history),
    Route("POST", f"{_WORKSPACE}/metrics-snapshot", metrics_snapshot),
    Route("POST", f"{_WORKSPACE}/rebuild-embeddings", rebuild_embeddings),
    Route("POST", f"{_WORKSPACE}/rebuild-knowledge-graph", rebuild_graph),
    Route("POST", f"{_WORKSPACE}/reprocess-documents", reprocess),
    Route("PUT", f"{_WORKSPACE}/injection", put_injection),
    Route("PUT", f"{_WORKSPACE}/injection/file", put_injection_file),
    Route("GET", f"{_WORKSPACE}/injections", list_injections),
    Route("GET", f"{_WORKSPACE}/injections/{{injection_id}}", get_injection),
    Route("PATCH", f"{_WORKSPACE}/injections/{{injection_id}}", update_injection),
    Route("DELETE", f"{_WORKSPACE}/injections/{{injection_id}}", delete_injection),
)
