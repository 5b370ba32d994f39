"""Workspaces of a tenant, and their content."""

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route, record
from asdk.sandbox.edgequake.store.tenants import Workspace


@attrs.frozen
class CreateWorkspaceRequest:
    name: str
    slug: str | None = None
    description: str | None = None
    max_documents: int | None = None
    llm_model: str | None = None
    llm_provider: str | None = None
    embedding_model: str | None = None
    embedding_provider: str | None = None
    embedding_dimension: int | None = None
    vision_llm_model: str | None = None
    vision_llm_provider: str | None = None
    pdf_parser_backend: str | None = None
    entity_types: list[str] | None = None
    entity_types_strict: bool | None = None


@attrs.frozen
class UpdateWorkspaceRequest:
    name: str | None = None
    description: str | None = None
    is_active: bool | None = None
    max_documents: int | None = None
    llm_model: str | None = None
    llm_provider: str | None = None
    embedding_model: str | None = None
    embedding_provider: str | None = None
    embedding_dimension: int | None = None
    vision_llm_model: str | None = None
    vision_llm_provider: str | None = None
    pdf_parser_backend: str | None = None
    entity_types: list[str] | None = None
    entity_types_strict: bool | None = None


async def create(call: Call) -> web.Response:
    wanted = record(await call.body(CreateWorkspaceRequest))
    name, slug = wanted.pop("name"), wanted.pop("slug", None)
    workspace = call.state.tenants.create_workspace(call.part("tenant_id"), name, slug, wanted)
    return call.reply(_shape(workspace), 201)


async def list_workspaces(call: Call) -> web.Response:
    workspaces = call.state.tenants.workspaces(call.part("tenant_id"))
    return call.reply(call.window.envelope(workspaces, _shape))


async def get_by_slug(call: Call) -> web.Response:
    return call.reply(_shape(call.state.tenants.workspace_by_slug(call.part("tenant_id"), call.part("slug"))))


async def get(call: Call) -> web.Response:
    return call.reply(_shape(_workspace(call)))


async def update(call: Call) -> web.Response:
    changes = await call.body(UpdateWorkspaceRequest)
    workspace = _workspace(call)
    call.state.tenants.update(workspace, record(changes))
    return call.reply(_shape(workspace))


async def delete(call: Call) -> web.Response:
    workspace = call.state.tenants.delete_workspace(call.part("workspace_id"))
    call.state.drop_library(workspace.tenant_id, workspace.id)
    return call.no_content()


async def stats(call: Call) -> web.Response:
    workspace = _workspace(call)
    library = call.state.library(workspace.tenant_id, workspace.id)
    graph = call.state.graph(workspace.tenant_id, workspace.id)
    statuses = library.statuses  # applies pending status changes before the rest is read
    return call.reply(
        {
            "workspace_id": workspace.id,
            "document_count": sum(statuses.values()),
            "entity_count": len(graph.entities),
            "relationship_count": len(graph.relationships),
            "entity_type_count": len({entity.entity_type for entity in graph.entities}),
            "chunk_count": library.chunk_count,
            "embedding_count": library.chunk_count,
            "storage_bytes": library.size,
            "stale": False,
        }
    )


def _workspace(call: Call) -> Workspace:
    return call.state.tenants.workspace(call.part("workspace_id"))


def _shape(workspace: Workspace) -> Json:
    body = record(workspace)
    body["llm_full_id"] = f"{workspace.llm_provider}/{workspace.llm_model}"
    body["embedding_full_id"] = f"{workspace.embedding_provider}/{workspace.embedding_model}"
    return body


ROUTES = (
    Route("POST", "/api/v1/tenants/{tenant_id}/workspaces", create),
    Route("GET", "/api/v1/tenants/{tenant_id}/workspaces", list_workspaces),
    Route("GET", "/api/v1/tenants/{tenant_id}/workspaces/by-slug/{slug}", get_by_slug),
    Route("GET", "/api/v1/workspaces/{workspace_id}", get),
    Route("PUT", "/api/v1/workspaces/{workspace_id}", update),
    Route("DELETE", "/api/v1/workspaces/{workspace_id}", delete),
    Route("GET", "/api/v1/workspaces/{workspace_id}/stats", stats),
)
