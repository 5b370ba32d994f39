from typing import Any

import aiohttp
import pytest

from asdk.sandbox import ManualClock

pytestmark = pytest.mark.anyio
PATH = "/api/v1/tenants"
DEFAULT = "00000000-0000-0000-0000-000000000002"


async def call(session: aiohttp.ClientSession, method: str, path: str = PATH, body: Any = None) -> tuple[int, Any]:
    async with session.request(method, path, json=body) as reply:
        return reply.status, await reply.json(content_type=None) if "json" in reply.content_type else None


async def test_there_is_a_default_tenant(admin: aiohttp.ClientSession) -> None:
    status, body = await call(admin, "GET", f"{PATH}/{DEFAULT}")
    assert (status, body["slug"], body["is_active"]) == (200, "default", True)


async def test_a_new_tenant_gets_a_slug_and_the_servers_models(admin: aiohttp.ClientSession) -> None:
    status, body = await call(admin, "POST", body={"name": "Acme & Söhne, Oslo", "default_llm_model": "llama"})
    assert (status, body["slug"]) == (201, "acme-s-hne-oslo")
    assert body["default_llm_full_id"] == "openai/llama"
    assert body["default_embedding_full_id"] == "openai/text-embedding-3-small"
    assert await call(admin, "GET", f"{PATH}/{body['id']}") == (200, body)


async def test_a_slug_is_taken_once(admin: aiohttp.ClientSession) -> None:
    assert (await call(admin, "POST", body={"name": "Acme"}))[0] == 201
    status, body = await call(admin, "POST", body={"name": "ACME"})
    assert (status, body["code"]) == (409, "CONFLICT")
    assert (await call(admin, "POST", body={"name": "ACME", "slug": "acme-2"}))[0] == 201


async def test_an_empty_name_is_refused(admin: aiohttp.ClientSession) -> None:
    assert (await call(admin, "POST", body={"name": " "}))[0] == 400
    assert (await call(admin, "PUT", f"{PATH}/{DEFAULT}", {"name": ""}))[0] == 400


async def test_lists_go_by_offset_and_limit(admin: aiohttp.ClientSession) -> None:
    for number in range(3):
        await call(admin, "POST", body={"name": f"T{number}"})
    _, body = await call(admin, "GET", f"{PATH}?offset=1&limit=2")
    assert [tenant["name"] for tenant in body["items"]] == ["T0", "T1"]
    assert (body["total"], body["offset"], body["limit"]) == (4, 1, 2)
    assert (await call(admin, "GET", f"{PATH}?limit=1000"))[1]["limit"] == 100


async def test_a_change_leaves_alone_what_it_does_not_name(admin: aiohttp.ClientSession, clock: ManualClock) -> None:
    _, made = await call(admin, "POST", body={"name": "Acme", "plan": "pro"})
    clock.advance(1)
    status, body = await call(admin, "PUT", f"{PATH}/{made['id']}", {"name": "Acme Labs", "is_active": False})
    assert status == 200
    assert body == made | {"name": "Acme Labs", "is_active": False, "updated_at": "2026-01-01T00:00:01+00:00"}


async def test_a_deleted_tenant_takes_its_workspaces_and_documents_along(admin: aiohttp.ClientSession) -> None:
    _, tenant = await call(admin, "POST", body={"name": "Acme"})
    _, workspace = await call(admin, "POST", f"{PATH}/{tenant['id']}/workspaces", {"name": "One"})
    headers = {"X-Tenant-ID": tenant["id"], "X-Workspace-ID": workspace["id"]}
    async with admin.post("/api/v1/documents", json={"content": "x"}, headers=headers) as reply:
        assert reply.status == 202
    assert await call(admin, "DELETE", f"{PATH}/{tenant['id']}") == (204, None)
    for path in (
        f"{PATH}/{tenant['id']}",
        f"{PATH}/{tenant['id']}/workspaces",
        f"/api/v1/workspaces/{workspace['id']}",
    ):
        assert (await call(admin, "GET", path))[0] == 404
    async with admin.get("/api/v1/documents", headers=headers) as reply:
        assert (await reply.json())["total"] == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_an_unknown_tenant_is_not_found(admin: aiohttp.ClientSession, method: str) -> None:
    status, body = await call(admin, method, f"{PATH}/nobody", {})
    assert (status, body["code"]) == (404, "NOT_FOUND")
