"""Tenants."""

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route, record
from asdk.sandbox.edgequake.store.tenants import Tenant


@attrs.frozen
class CreateTenantRequest:
    name: str
    slug: str | None = None
    description: str | None = None
    plan: str | None = None
    default_llm_model: str | None = None
    default_llm_provider: str | None = None
    default_embedding_model: str | None = None
    default_embedding_provider: str | None = None
    default_embedding_dimension: int | None = None
    default_vision_llm_model: str | None = None
    default_vision_llm_provider: str | None = None


@attrs.frozen
class UpdateTenantRequest:
    name: str | None = None
    description: str | None = None
    plan: str | None = None
    is_active: bool | None = None


async def create(call: Call) -> web.Response:
    wanted = record(await call.body(CreateTenantRequest))
    quota = {"max_workspaces": call.state.default_max_workspaces}
    tenant = call.state.tenants.create(wanted.pop("name"), wanted.pop("slug", None), wanted | quota)
    return call.reply(_shape(tenant), 201)


async def list_tenants(call: Call) -> web.Response:
    return call.reply(call.window.envelope(call.state.tenants.all(), _shape))


async def get(call: Call) -> web.Response:
    return call.reply(_shape(call.state.tenants.get(call.part("tenant_id"))))


async def update(call: Call) -> web.Response:
    changes = await call.body(UpdateTenantRequest)
    tenant = call.state.tenants.get(call.part("tenant_id"))
    call.state.tenants.update(tenant, record(changes))
    return call.reply(_shape(tenant))


async def delete(call: Call) -> web.Response:
    for workspace in call.state.tenants.delete(call.part("tenant_id")):
        call.state.drop_library(workspace.tenant_id, workspace.id)
    return call.no_content()


def _shape(tenant: Tenant) -> Json:
    body = record(tenant)
    body.pop("description", None)  # accepted, but never shown
    body["default_llm_full_id"] = f"{tenant.default_llm_provider}/{tenant.default_llm_model}"
    body["default_embedding_full_id"] = f"{tenant.default_embedding_provider}/{tenant.default_embedding_model}"
    return body


ROUTES = (
    Route("POST", "/api/v1/tenants", create),
    Route("GET", "/api/v1/tenants", list_tenants),
    Route("GET", "/api/v1/tenants/{tenant_id}", get),
    Route("PUT", "/api/v1/tenants/{tenant_id}", update),
    Route("DELETE", "/api/v1/tenants/{tenant_id}", delete),
)
