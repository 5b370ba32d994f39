"""Tests of every reply of the server against its published schema.

In strict mode no key is added or missing, and each has the right type; with aliases there are more.
"""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeSettings, ManualClock, Sandbox
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID
from tests.support.edgequake_schemas import problems

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[True, False], ids=["strict", "aliases"])
async def session(request: pytest.FixtureRequest) -> AsyncIterator[tuple[aiohttp.ClientSession, bool]]:
    strict = bool(request.param)
    settings = EdgeQuakeSettings(strict=strict)
    async with Sandbox(edgequake=settings, clock=ManualClock()) as sandbox:
        for status in ("failed", "partial_failure"):
            sandbox.edgequake.end_next_document(status)
        headers = {"X-API-Key": sandbox.edgequake.credentials.api_key}
        async with aiohttp.ClientSession(sandbox.edgequake.url, headers=headers) as session:
            yield session, strict


async def test_every_reply_has_the_published_shape(session: tuple[aiohttp.ClientSession, bool]) -> None:
    client, strict = session
    known: dict[str, str] = {"tenant": "00000000-0000-0000-0000-000000000002"}

    async def check(schema: str, status: int, method: str, path: str, body: Any = None, **options: Any) -> Any:
        path = path.format(**known)
        async with client.request(method, path, json=body, **options) as reply:
            assert reply.status == status, (method, path, await reply.text())
            if schema == "":
                assert await reply.read() == b""
                return None
            value = json.loads(await reply.text())
        assert problems(schema, value, strict=strict) == [], (method, path)
        return value

    api = "/api/v1"
    await check("HealthResponse", 200, "GET", "/health")
    login = await check(
        "LoginResponse", 200, "POST", f"{api}/auth/login", {"username": "admin", "password": "sandbox-admin"}
    )
    refresh = {"refresh_token": login["refresh_token"]}
    await check("RefreshTokenResponse", 200, "POST", f"{api}/auth/refresh", refresh)
    await check("GetMeResponse", 200, "GET", f"{api}/auth/me")
    await check("", 204, "POST", f"{api}/auth/logout", refresh)
    await check("Problem", 401, "POST", f"{api}/auth/refresh", refresh)
    await check("Unauthorized", 401, "GET", f"{api}/auth/me", headers={"X-API-Key": "eq_wrong"})

    made = await check(
        "CreateUserResponse", 201, "POST", f"{api}/users", {"username": "a", "email": "a@b", "password": "c"}
    )
    known["user"] = made["user"]["user_id"]
    await check("ListUsersResponse", 200, "GET", f"{api}/users")
    await check("UserInfo", 200, "GET", f"{api}/users/{{user}}")
    await check("UpdateUserResponse", 200, "PATCH", f"{api}/users/{{user}}", {"role": "admin"})
    await check("", 204, "DELETE", f"{api}/users/{{user}}")
    await check("Problem", 404, "DELETE", f"{api}/users/{{user}}")

    key = await check("CreateApiKeyResponse", 201, "POST", f"{api}/api-keys", {"name": "k", "expires_in_days": 1})
    known["key"] = key["key_id"]
    await check("CreateApiKeyResponse", 201, "POST", f"{api}/api-keys", {})
    await check("ListApiKeysResponse", 200, "GET", f"{api}/api-keys")
    await check("RevokeApiKeyResponse", 200, "DELETE", f"{api}/api-keys/{{key}}")

    for number in range(3):  # a failed one, a partially failed one, and a good one
        text = {"content": f"Sarah met Ada {number}.", "title": "t", "metadata": {"n": number}}
        made = await check("UploadDocumentResponse", 202, "POST", f"{api}/documents", text)
    known |= {"document": made["document_id"], "track": made["track_id"]}
    await check("UploadDocumentResponse", 200, "POST", f"{api}/documents", text)
    form = aiohttp.FormData({"metadata": "{}"})
    form.add_field("file", b"text", filename="a.txt")
    await check("FileUploadResponse", 202, "POST", f"{api}/documents/upload", data=form)
    listed = await check("ListDocumentsResponse", 200, "GET", f"{api}/documents")
    for document in listed["documents"]:
        await check("DocumentDetailResponse", 200, "GET", f"{api}/documents/{document['id']}")
    await check("TrackStatusResponse", 200, "GET", f"{api}/documents/track/{{track}}")

    await check("QueryResponse", 200, "POST", f"{api}/query", {"query": "Ada", "enable_rerank": True})
    async with client.post(f"{api}/query/stream", json={"query": "Ada"}) as reply:
        events = [json.loads(data) for data in re.findall("data: (.*)", await reply.text())]
    kinds = {"context": "ContextEvent", "token": "TokenEvent", "done": "DoneEvent"}
    assert [found for event in events for found in problems(kinds[event["type"]], event, strict=strict)] == []
    assert {event["type"] for event in events} == set(kinds)

    identity = {"X-Tenant-ID": DEFAULT_TENANT_ID, "X-User-ID": DEFAULT_TENANT_ID}
    client.headers.update(identity)
    await check("ChatCompletionResponse", 200, "POST", f"{api}/chat/completions", {"message": "Ada"})
    async with client.post(f"{api}/chat/completions/stream", json={"message": "Ada"}) as reply:
        events = [json.loads(data) for data in re.findall("data: (.*)", await reply.text())]
    kinds = {"conversation": "ConversationEvent", "context": "ChatContextEvent", "token": "TokenEvent"}
    kinds |= {"done": "ChatDoneEvent", "title_update": "TitleUpdateEvent"}
    assert [found for event in events for found in problems(kinds[event["type"]], event, strict=strict)] == []
    assert {event["type"] for event in events} == set(kinds)

    await check("DeleteDocumentResponse", 200, "DELETE", f"{api}/documents/{{document}}")
    await check("DeleteAllDocumentsResponse", 200, "DELETE", f"{api}/documents")

    made = await check(
        "TenantResponse",
        201,
        "POST",
        f"{api}/tenants",
        {"name": "T", "description": "d", "default_vision_llm_model": "v"},
    )
    known["tenant"] = made["id"]
    await check("TenantListResponse", 200, "GET", f"{api}/tenants")
    await check("TenantResponse", 200, "GET", f"{api}/tenants/{{tenant}}")
    await check("TenantResponse", 200, "PUT", f"{api}/tenants/{{tenant}}", {"description": "e"})
    everything = {"name": "W", "description": "d", "max_documents": 1, "entity_types": ["A"], "pdf_parser_backend": "p"}
    made = await check("WorkspaceResponse", 201, "POST", f"{api}/tenants/{{tenant}}/workspaces", everything)
    known["workspace"] = made["id"]
    await check("WorkspaceListResponse", 200, "GET", f"{api}/tenants/{{tenant}}/workspaces")
    await check("WorkspaceResponse", 200, "GET", f"{api}/tenants/{{tenant}}/workspaces/by-slug/w")
    await check("WorkspaceResponse", 200, "GET", f"{api}/workspaces/{{workspace}}")
    await check("WorkspaceResponse", 200, "PUT", f"{api}/workspaces/{{workspace}}", {"is_active": False})
    await check("WorkspaceStatsResponse", 200, "GET", f"{api}/workspaces/{{workspace}}/stats")
    await check("", 204, "DELETE", f"{api}/workspaces/{{workspace}}")
    await check("", 204, "DELETE", f"{api}/tenants/{{tenant}}")


def test_the_check_itself_notices_each_kind_of_difference() -> None:
    def found(value: Any, *, strict: bool = True) -> list[str]:
        return problems("ListUsersResponse", value, strict=strict)

    good: dict[str, Any] = {"users": [], "total": 0, "page": 1, "page_size": 20, "total_pages": 0}
    assert found(good) == []
    assert found(good | {"extra": 1}) == [".extra: not in ListUsersResponse"]
    assert found(good | {"extra": 1}, strict=False) == []
    assert found(good | {"total": True}) == [".total: True is not i"]
    assert found(good | {"users": [3]}) == [".users[0]: not a UserInfo"]
    assert found({}) == [f".{name}: missing" for name in good]
