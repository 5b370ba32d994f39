"""Administration: quotas, defaults of the server, and endpoints of providers."""

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route, present, record
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.connections import Connection
from asdk.sandbox.edgequake.store.tenants import EMBEDDING_DIMENSION, LLM_MODEL


@attrs.frozen
class DefaultsRequest:
    default_max_workspaces: int


@attrs.frozen
class QuotaRequest:
    max_workspaces: int


@attrs.frozen
class ConnectionRequest:
    slug: str
    display_name: str
    api_shape: str
    base_url: str
    locality: str | None = None
    auth_scheme: str | None = None
    api_key: str | None = None
    timeout_secs: int | None = None
    allow_private_network: bool | None = None


@attrs.frozen
class ProbeRequest:
    shape: str
    base_url: str | None = None
    model: str | None = None
    embedding_model: str | None = None
    api_key: str | None = None
    auth_scheme: str | None = None
    allow_private_network: bool | None = None
    expected_dimension: int | None = None


async def server_defaults(call: Call) -> web.Response:
    call.require_admin()
    return call.reply({"default_max_workspaces": call.state.default_max_workspaces})


async def update_server_defaults(call: Call) -> web.Response:
    call.require_admin()
    wanted = await call.body(DefaultsRequest)
    call.state.default_max_workspaces = _positive("default_max_workspaces", wanted.default_max_workspaces)
    return call.reply({"default_max_workspaces": call.state.default_max_workspaces, "note": "For new tenants"})


async def update_quota(call: Call) -> web.Response:
    call.require_admin()
    wanted = await call.body(QuotaRequest)
    tenant = call.state.tenants.get(call.part("tenant_id"))
    previous, tenant.max_workspaces = tenant.max_workspaces, _positive("max_workspaces", wanted.max_workspaces)
    return call.reply(
        {
            "tenant_id": tenant.id,
            "max_workspaces": tenant.max_workspaces,
            "previous_max_workspaces": previous,
            "current_workspace_count": len(call.state.tenants.workspaces(tenant.id)),
        }
    )


async def list_connections(call: Call) -> web.Response:
    call.require_admin()
    return call.reply([_shape(connection) for connection in call.state.connections.all()])


async def create_connection(call: Call) -> web.Response:
    call.require_admin()
    wanted = record(await call.body(ConnectionRequest))
    return call.reply(_shape(call.state.connections.create(wanted)), 201)


async def update_connection(call: Call) -> web.Response:
    call.require_admin()
    wanted = record(await call.body(ConnectionRequest))
    connection = call.state.connections.get(call.part("connection_id"))
    call.state.connections.replace(connection, wanted)
    return call.reply(_shape(connection))


async def delete_connection(call: Call) -> web.Response:
    call.require_admin()
    call.state.connections.delete(call.part("connection_id"))
    return call.no_content()


async def test_connection(call: Call) -> web.Response:
    call.require_admin()
    connection = call.state.connections.get(call.part("connection_id"))
    result = _probe(connection.api_shape, has_key=connection.key_fingerprint is not None)
    connection.last_test_ok = result["ok"]
    connection.last_test_error = None if result["ok"] else result["message"]
    return call.reply(result)


async def test_provider(call: Call) -> web.Response:
    call.require_admin()
    wanted = await call.body(ProbeRequest)
    return call.reply(_probe(wanted.shape, has_key=wanted.api_key is not None))


def _probe(shape: str, *, has_key: bool) -> Json:
    """Report a provider as working if it has a key; no connection is made."""
    body = {
        "ok": has_key,
        "kind": shape,
        "latency_ms": 1,
        "message": "OK" if has_key else "No API key",
        "models": [LLM_MODEL] if has_key else [],
        "embedding_dimension": EMBEDDING_DIMENSION if has_key else None,
        "chat_ok": has_key,
        "embed_ok": has_key,
        "list_ok": has_key,
    }
    return present(body)


def _shape(connection: Connection) -> Json:
    return record(connection) | {"key_configured": connection.key_fingerprint is not None}


def _positive(name: str, number: int) -> int:
    if number < 1:
        raise ApiError("BAD_REQUEST", f"{name} must be 1 or more")
    return number


ROUTES = (
    Route("GET", "/api/v1/admin/config/defaults", server_defaults),
    Route("PATCH", "/api/v1/admin/config/defaults", update_server_defaults),
    Route("PATCH", "/api/v1/admin/tenants/{tenant_id}/quota", update_quota),
    Route("GET", "/api/v1/connections", list_connections),
    Route("POST", "/api/v1/connections", create_connection),
    Route("PUT", "/api/v1/connections/{connection_id}", update_connection),
    Route("DELETE", "/api/v1/connections/{connection_id}", delete_connection),
    Route("POST", "/api/v1/connections/{connection_id}/test", test_connection),
    Route("POST", "/api/v1/providers/test", test_provider),
)
