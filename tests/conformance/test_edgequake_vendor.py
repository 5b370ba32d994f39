"""The vendor's own package, unmodified, sync and async, against the sandbox.

Each flow is written once: what the sync client returns at once, the async one returns to be awaited. The
sandbox has a thread of its own, because the sync client blocks.
"""

import inspect
import io
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdk.sandbox import EdgeQuakeServer, Sandbox, ServerFault

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.auth import CreateUserRequest, TenantCreate, TenantUpdate  # noqa: E402
from edgequake.types.workspaces import WorkspaceCreate, WorkspaceUpdate  # noqa: E402

pytestmark = pytest.mark.anyio
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."


async def settle(outcome: Any) -> Any:
    return await outcome if inspect.isawaitable(outcome) else outcome


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.edgequake


@pytest.fixture(params=["EdgeQuake", "AsyncEdgeQuake"])
async def client(request: pytest.FixtureRequest, server: EdgeQuakeServer) -> AsyncIterator[Any]:
    """A vendor client that is logged in as the administrator, named in full."""
    kind = getattr(edgequake, request.param)
    known = server.credentials
    visitor = kind(base_url=server.url)
    login = await settle(visitor.auth.login(known.admin.username, known.admin.password))
    await settle(visitor.close())
    client = kind(
        base_url=server.url,
        jwt=login.access_token,
        tenant_id=known.tenant_id,
        workspace_id=known.workspace_id,
        user_id="00000000-0000-0000-0000-000000000001",
    )
    yield client
    await settle(client.close())


async def test_health(client: Any) -> None:
    health = await settle(client.health())
    assert (health.status, health.components["llm_provider"]) == ("healthy", True)


async def test_login_refresh_me_and_logout(client: Any, server: EdgeQuakeServer) -> None:
    login = await settle(client.auth.login("admin@sandbox.test", "sandbox-admin"))
    renewed = await settle(client.auth.refresh(login.refresh_token))
    assert renewed.access_token != login.access_token
    assert renewed.refresh_token is None
    assert (await settle(client.auth.me())).id == "00000000-0000-0000-0000-000000000001"
    assert await settle(client.auth.logout()) is None
    assert server.counters.count("POST", "/api/v1/auth/refresh") == 1


async def test_a_wrong_password_and_a_locked_account_raise(client: Any) -> None:
    for _ in range(5):
        with pytest.raises(edgequake.UnauthorizedError):
            await settle(client.auth.login("user", "nope"))
    with pytest.raises(edgequake.ApiError) as caught:
        await settle(client.auth.login("user", "sandbox-user"))
    assert (caught.value.status_code, caught.value.code) == (423, "ACCOUNT_LOCKED")
    assert caught.value.request_id


async def test_an_invalid_token_is_renewed_by_the_callback(client: Any, server: EdgeQuakeServer) -> None:
    renewals: list[str] = []

    def refresh(old: str) -> str:
        with edgequake.EdgeQuake(base_url=server.url) as visitor:
            renewals.append(old)
            return str(visitor.auth.login("admin", "sandbox-admin").access_token)

    login = await settle(client.auth.login("admin", "sandbox-admin"))
    server.invalidate_access_tokens()
    with pytest.raises(edgequake.UnauthorizedError):
        await settle(client.documents.list())
    patient = type(client)(base_url=server.url, jwt=login.access_token, on_token_refresh=refresh)
    assert (await settle(patient.documents.list())).total == 0
    assert renewals == [login.access_token]
    await settle(patient.close())


async def test_api_keys(client: Any, server: EdgeQuakeServer) -> None:
    made = await settle(client.api_keys.create("laptop", expires_in=3600))
    assert made.key.startswith("eq_")
    assert made.expires_at is not None
    keys = await settle(client.api_keys.list())
    assert [key.name for key in keys] == ["sandbox", "laptop"]
    by_key = type(client)(base_url=server.url, api_key=made.key)
    assert (await settle(by_key.auth.me())).id
    await settle(client.api_keys.revoke(made.id))
    with pytest.raises(edgequake.UnauthorizedError):
        await settle(by_key.auth.me())
    await settle(by_key.close())


async def test_users(client: Any) -> None:
    wanted = CreateUserRequest(username="ada", email="ada@sandbox.test", password="password")
    made = await settle(client.users.create(wanted))
    assert (await settle(client.users.get(made.id))).username == "ada"
    assert [user.username for user in await settle(client.users.list())] == ["admin", "user", "ada"]
    with pytest.raises(edgequake.ConflictError):
        await settle(client.users.create(wanted))
    await settle(client.users.delete(made.id))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.users.get(made.id))


async def test_documents(client: Any) -> None:
    made = await settle(client.documents.upload(TEXT, title="Sarah", metadata={"year": "2026"}))
    assert (made.status, made.chunk_count, made.cost.total_tokens > 0) == ("completed", 1, True)
    again = await settle(client.documents.upload(TEXT))
    assert again.duplicate_of == made.document_id
    listed = await settle(client.documents.list(page=1, page_size=5, document_pattern="sarah"))
    assert ([item.id for item in listed.documents], listed.status_counts.completed) == ([made.document_id], 1)
    seen = await settle(client.documents.get(made.document_id))
    assert (seen.content, seen.metadata) == (TEXT, {"year": "2026"})
    track = await settle(client.documents.track(made.track_id))
    assert (track.status, track.document_id, track.progress) == ("completed", made.document_id, 1.0)
    await settle(client.documents.delete(made.document_id))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.documents.get(made.document_id))


async def test_files(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "sarah.md"
    path.write_text(TEXT)
    made = await settle(client.documents.upload_file(path, title="passed over", metadata={"a": "b"}))
    seen = await settle(client.documents.get(made.document_id))
    assert (seen.file_name, seen.title, seen.content) == ("sarah.md", "sarah.md", TEXT)
    nameless = await settle(client.documents.upload_file(io.BytesIO(b"other")))
    assert (await settle(client.documents.get(nameless.document_id))).file_name == "upload"


async def test_deleting_all_documents(client: Any) -> None:
    for number in range(3):
        await settle(client.documents.upload(f"text {number}"))
    outcome = await settle(client.documents.delete_all())
    assert (outcome["deleted_count"] if isinstance(outcome, dict) else outcome.deleted_count) == 3
    assert (await settle(client.documents.list())).total == 0


async def test_queries(client: Any) -> None:
    await settle(client.documents.upload(TEXT, title="Sarah"))
    answer = await settle(client.query.execute("Where does Sarah work?", mode="hybrid", top_k=3, rerank=True))
    assert answer.answer == "Sarah Chen works at Acme Labs. [1]"
    assert (answer.mode, answer.reranked, answer.sources[0].file_path) == ("hybrid", True, "Sarah")
    assert answer.stats.total_time_ms > 0


async def test_chat_at_once_and_streamed(client: Any, server: EdgeQuakeServer) -> None:
    await settle(client.documents.upload(TEXT, title="Sarah"))
    result = await settle(client.chat.complete("Where does Sarah work?"))
    assert result.content == "Sarah Chen works at Acme Labs. [1]"
    stream = await settle(client.chat.stream("Where does Sarah work?", conversation_id=result.conversation_id))
    chunks = [chunk async for chunk in stream] if hasattr(stream, "__aiter__") else list(stream)
    assert "".join(chunk.content for chunk in chunks if chunk.type == "token") == result.content
    assert server.inspect(lambda state: len(state.conversations)) == 1


async def test_streamed_queries(client: Any) -> None:
    await settle(client.documents.upload(TEXT))
    stream = await settle(client.query.stream("Where does Sarah work?"))
    assert await settle(stream.to_string()) == "Sarah Chen works at Acme Labs. [1]"
    await settle(stream.aclose() if hasattr(stream, "aclose") else stream.close())


async def test_tenants(client: Any) -> None:
    made = await settle(client.tenants.create(TenantCreate(name="Acme")))
    assert (await settle(client.tenants.get(made.id))).slug == "acme"
    assert [tenant.name for tenant in await settle(client.tenants.list())] == ["Default", "Acme"]
    assert (await settle(client.tenants.update(made.id, TenantUpdate(name="Acme Labs")))).name == "Acme Labs"
    await settle(client.tenants.delete(made.id))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.tenants.get(made.id))


async def test_workspaces(client: Any, server: EdgeQuakeServer) -> None:
    tenant = server.credentials.tenant_id
    made = await settle(client.workspaces.create(tenant, WorkspaceCreate(name="Notes", description="d")))
    assert (await settle(client.workspaces.get(made.id))).description == "d"
    assert (await settle(client.workspaces.get_by_slug(tenant, "notes"))).id == made.id
    assert [workspace.slug for workspace in await settle(client.workspaces.list(tenant))] == ["default", "notes"]
    renamed = await settle(client.workspaces.update(made.id, WorkspaceUpdate(name="More notes")))
    assert renamed.name == "More notes"
    inside = client.with_workspace(made.id)
    await settle(inside.documents.upload(TEXT))
    await settle(inside.close())
    assert (await settle(client.documents.list())).total == 0
    stats = await settle(client.workspaces.stats(made.id))
    assert (stats.document_count, stats.entity_count) == (1, 3)
    await settle(client.workspaces.delete(made.id))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.workspaces.get(made.id))


async def test_its_retries_get_past_a_429(client: Any, server: EdgeQuakeServer) -> None:
    server.faults.add(ServerFault.status(429, retry_after=0.01), path="/health", times=2)
    assert (await settle(client.health())).status == "healthy"
    assert server.counters.count("GET", "/health") == 3


async def test_a_429_that_lasts_is_an_error_with_its_wait(client: Any, server: EdgeQuakeServer) -> None:
    server.faults.add(ServerFault.status(429, retry_after=0.01))
    with pytest.raises(edgequake.RateLimitedError) as caught:
        await settle(client.health())
    assert caught.value.retry_after == 0.01


async def test_the_true_shapes_break_it_where_it_is_known_to_break(client: Any, server: EdgeQuakeServer) -> None:
    """Why the aliases are there; when one of these starts to pass, its alias may go."""
    server.settings.strict = True
    made = await settle(client.documents.upload(TEXT))
    calls: dict[str, Callable[[], Any]] = {
        "logout": client.auth.logout,
        "me": client.auth.me,
        "users.create": lambda: client.users.create(CreateUserRequest(username="a", email="a@b", password="c")),
        "users.list": client.users.list,
        "users.get": lambda: client.users.get("00000000-0000-0000-0000-000000000001"),
        "api_keys.create": lambda: client.api_keys.create("laptop"),
        "api_keys.list": client.api_keys.list,
        "track": lambda: client.documents.track(made.track_id),
    }
    for name, call in calls.items():
        with pytest.raises((ValueError, edgequake.ApiError)):  # pydantic's error is a ValueError
            pytest.fail(f"{name} gave {await settle(call())!r}")
    stream = await settle(client.query.stream("Sarah"))
    assert await settle(stream.to_string()) == ""
    await settle(stream.aclose() if hasattr(stream, "aclose") else stream.close())
