from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer

pytestmark = pytest.mark.anyio
TENANT = "00000000-0000-0000-0000-000000000002"
WORKSPACE = "00000000-0000-0000-0000-000000000003"
PATH = f"/api/v1/tenants/{TENANT}/workspaces"


async def call(session: aiohttp.ClientSession, method: str, path: str = PATH, body: Any = None) -> tuple[int, Any]:
    async with session.request(method, path, json=body) as reply:
        return reply.status, await reply.json(content_type=None) if "json" in reply.content_type else None


async def test_a_workspace_is_found_by_id_and_by_slug(admin: aiohttp.ClientSession) -> None:
    status, made = await call(admin, "POST", body={"name": "Field Notes", "entity_types": ["PERSON"]})
    assert (status, made["slug"], made["tenant_id"], made["entity_types"]) == (201, "field-notes", TENANT, ["PERSON"])
    assert await call(admin, "GET", f"/api/v1/workspaces/{made['id']}") == (200, made)
    assert await call(admin, "GET", f"{PATH}/by-slug/field-notes") == (200, made)
    assert (await call(admin, "GET", f"{PATH}/by-slug/other"))[0] == 404


async def test_a_workspace_takes_its_models_from_the_tenant(admin: aiohttp.ClientSession) -> None:
    _, tenant = await call(admin, "POST", "/api/v1/tenants", {"name": "Acme", "default_llm_model": "llama"})
    path = f"/api/v1/tenants/{tenant['id']}/workspaces"
    assert (await call(admin, "POST", path, {"name": "One"}))[1]["llm_full_id"] == "openai/llama"
    chosen = {"name": "Two", "llm_model": "qwen", "llm_provider": "ollama"}
    assert (await call(admin, "POST", path, chosen))[1]["llm_full_id"] == "ollama/qwen"


async def test_a_slug_is_taken_once_in_a_tenant(admin: aiohttp.ClientSession) -> None:
    assert (await call(admin, "POST", body={"name": "Notes"}))[0] == 201
    assert (await call(admin, "POST", body={"name": "notes"}))[0] == 409
    _, tenant = await call(admin, "POST", "/api/v1/tenants", {"name": "Acme"})
    assert (await call(admin, "POST", f"/api/v1/tenants/{tenant['id']}/workspaces", {"name": "Notes"}))[0] == 201


async def test_a_tenant_has_a_limited_number_of_workspaces(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    edgequake.inspect(lambda state: setattr(state.tenants.get(TENANT), "max_workspaces", 2))
    assert (await call(admin, "POST", body={"name": "Two"}))[0] == 201
    status, body = await call(admin, "POST", body={"name": "Three"})
    assert (status, body["code"]) == (409, "CONFLICT")


async def test_lists_go_by_offset_and_limit(admin: aiohttp.ClientSession) -> None:
    for name in ("A", "B"):
        await call(admin, "POST", body={"name": name})
    _, body = await call(admin, "GET", f"{PATH}?offset=1&limit=1")
    assert [workspace["name"] for workspace in body["items"]] == ["A"]
    assert (body["total"], body["offset"], body["limit"]) == (3, 1, 1)


async def test_a_workspace_is_changed_and_deleted(admin: aiohttp.ClientSession) -> None:
    _, made = await call(admin, "POST", body={"name": "Notes"})
    path = f"/api/v1/workspaces/{made['id']}"
    status, body = await call(admin, "PUT", path, {"description": "d", "llm_model": "llama", "max_documents": 5})
    assert (status, body["description"], body["llm_full_id"]) == (200, "d", "openai/llama")
    assert (body["max_documents"], body["name"]) == (5, "Notes")
    assert await call(admin, "DELETE", path) == (204, None)
    for method in ("GET", "PUT", "DELETE"):
        assert (await call(admin, method, path, {}))[0] == 404


async def test_stats_count_what_is_in_the_workspace(admin: aiohttp.ClientSession) -> None:
    async def stats() -> dict[str, int]:
        status, body = await call(admin, "GET", f"/api/v1/workspaces/{WORKSPACE}/stats")
        assert status == 200
        return dict(body)

    empty = await stats()
    made: list[str] = []
    for content in ("Sarah Chen met Ada Byron in Oslo.", "Sarah Chen left Oslo.", "x" * 3000):
        async with admin.post("/api/v1/documents", json={"content": content}) as reply:
            made.append((await reply.json())["document_id"])
    full = await stats()
    assert (full["document_count"], full["chunk_count"], full["embedding_count"]) == (3, 5, 5)
    assert (full["entity_count"], full["relationship_count"]) == (3, 3)
    assert full["storage_bytes"] == 33 + 21 + 3000
    assert 1 <= full["entity_type_count"] <= 3
    for document_id in made:
        await call(admin, "DELETE", f"/api/v1/documents/{document_id}")
    assert await stats() == empty


async def test_stats_of_an_unknown_workspace_are_not_found(admin: aiohttp.ClientSession) -> None:
    assert (await call(admin, "GET", "/api/v1/workspaces/nobody/stats"))[0] == 404
    assert (await call(admin, "GET", "/api/v1/tenants/nobody/workspaces"))[0] == 404
    assert (await call(admin, "POST", "/api/v1/tenants/nobody/workspaces", {"name": "x"}))[0] == 404
