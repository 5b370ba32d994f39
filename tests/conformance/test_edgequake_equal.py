"""The vendor's package and ours, each against a server of its own in the same state, give equal results.

Both servers draw the same ids and secrets from the same seed, and their clocks stand still: so whatever both clients
read is equal to the last character. A field that only one of them has is passed over, and so is one that the vendor's
package leaves at None since it looks in the wrong place; each test names the fields that it must have compared.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk import Secret, StatusError, Tenant
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, ManualClock, Sandbox

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.auth import CreateUserRequest, TenantCreate, TenantUpdate  # noqa: E402
from edgequake.types.workspaces import WorkspaceCreate, WorkspaceUpdate  # noqa: E402

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."


@pytest.fixture
def servers() -> Iterator[tuple[EdgeQuakeServer, EdgeQuakeServer]]:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        yield one.edgequake, other.edgequake


@pytest.fixture
def theirs(servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> Iterator[Any]:
    """The vendor's client with the administrator's key."""
    server = servers[0]
    with edgequake.EdgeQuake(base_url=server.url, api_key=server.credentials.api_key) as client:
        yield client


@pytest.fixture
async def ours(servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> AsyncIterator[EdgeQuake]:
    server = servers[1]
    async with EdgeQuake(base_url=server.url, api_key=server.credentials.api_key) as client:
        yield client


def plain(value: Any) -> Any:
    """A value as the wire has it."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value


def members(value: Any) -> dict[str, Any] | None:
    """The fields of a model of either side, or the members of an object; None for anything else."""
    if attrs.has(type(value)):
        return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    if hasattr(type(value), "model_fields"):  # a pydantic model
        return dict(value)
    return value if isinstance(value, dict) else None


def assert_equal(theirs: Any, ours: Any, *, place: str = "", names: dict[str, str] | None = None) -> set[str]:
    """Compare all that both sides have.

    Args:
        names: where they name one thing differently, theirs to ours.

    Returns:
        The paths of the fields that were compared, by our names.
    """
    if isinstance(theirs, list):
        assert len(theirs) == len(ours), place
        paths = [assert_equal(one, other, place=place, names=names) for one, other in zip(theirs, ours, strict=True)]
        return set().union(*paths)
    left, right = members(theirs), members(ours)
    if left is None or right is None:
        assert plain(theirs) == plain(ours), place
        return {place}
    found: set[str] = set()
    for name, value in left.items():
        other = (names or {}).get(name, name)
        if value is not None and other in right:
            found |= assert_equal(value, right[other], place=f"{place}.{other}".strip("."), names=names)
    return found


async def test_health(theirs: Any, ours: EdgeQuake) -> None:
    compared = assert_equal(theirs.health(), await ours.health())
    assert compared >= {"status", "version", "storage_mode", "workspace_id", "components.kv_storage"}


async def test_login_refresh_and_me(theirs: Any, ours: EdgeQuake) -> None:
    login, our_login = theirs.auth.login("admin", "sandbox-admin"), await ours.auth.login("admin", "sandbox-admin")
    tokens = {"access_token", "refresh_token", "token_type", "expires_in"}
    assert assert_equal(login, our_login) == tokens
    compared = assert_equal(theirs.auth.refresh(login.refresh_token), await ours.auth.refresh(our_login.refresh_token))
    assert compared == tokens - {"refresh_token"}
    assert assert_equal(theirs.auth.me(), await ours.auth.me(), names={"id": "user_id"}) == {"user_id"}


async def test_users(theirs: Any, ours: EdgeQuake) -> None:
    wanted = CreateUserRequest(username="ada", email="ada@sandbox.test", password="password")
    made = theirs.users.create(wanted)
    our_made = await ours.users.create("ada", email="ada@sandbox.test", password="password")
    names = {"id": "user_id", "last_login": "last_login_at"}
    assert assert_equal(made, our_made, names=names) == {"user_id", "created_at"}
    account = {"user_id", "username", "email", "role", "created_at"}
    assert assert_equal(theirs.users.get(made.id), await ours.users.get(our_made.user_id), names=names) == account
    assert assert_equal(theirs.users.list(), await ours.users.list().collect(), names=names) == account
    theirs.users.delete(made.id)
    await ours.users.delete(our_made.user_id)
    assert assert_equal(theirs.users.list(), await ours.users.list().collect(), names=names) == account


async def test_api_keys(theirs: Any, ours: EdgeQuake, servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> None:
    names = {"id": "key_id", "key": "api_key", "last_used": "last_used_at"}
    made, our_made = theirs.api_keys.create("laptop"), await ours.api_keys.create("laptop")
    assert assert_equal(made, our_made, names=names) == {"key_id", "api_key", "created_at"}
    listed = assert_equal(theirs.api_keys.list(), await ours.api_keys.list().collect(), names=names)
    assert listed == {"key_id", "name", "prefix", "created_at"}
    theirs.api_keys.revoke(made.id)
    await ours.api_keys.revoke(our_made.key_id)
    with edgequake.EdgeQuake(base_url=servers[0].url, api_key=made.key) as program:
        facts = await error_facts(program.documents.get, "any")
    async with EdgeQuake(base_url=servers[1].url, api_key=our_made.api_key) as our_program:
        our_facts = await error_facts(our_program.documents.get, "any")
    assert facts == {"status": 401, "code": None, "message": "API key has been revoked"}
    assert our_facts == facts | {"code": "unauthorized"}, "the body has no code; ours gives the kind that it names"


async def test_documents(theirs: Any, ours: EdgeQuake) -> None:
    metadata = {"year": "2026"}
    made = theirs.documents.upload(TEXT, title="Sarah", metadata=metadata)
    our_made = await ours.documents.upload(TEXT, title="Sarah", metadata=metadata)
    assert assert_equal(made, our_made) >= {"document_id", "status", "track_id", "chunk_count", "cost.total_cost_usd"}
    again = assert_equal(theirs.documents.upload(TEXT), await ours.documents.upload(TEXT))
    assert again >= {"document_id", "status", "duplicate_of"}

    detail = assert_equal(theirs.documents.get(made.document_id), await ours.documents.get(our_made.document_id))
    assert detail >= {"id", "title", "content", "status", "entity_count", "created_at", "track_id", "metadata.year"}
    track = assert_equal(theirs.documents.track(made.track_id), await ours.documents.track(our_made.track_id))
    assert track >= {"track_id", "created_at"}

    page, ours_all = theirs.documents.list(), await ours.documents.list().collect()
    assert assert_equal(page.documents, ours_all) >= {"id", "title", "status", "content_length", "track_id"}
    assert assert_equal(page, await ours.documents.count()) >= {"total", "status_counts.completed"}

    theirs.documents.delete(made.document_id)
    await ours.documents.delete(our_made.document_id)
    gone = await error_facts(theirs.documents.get, made.document_id)
    assert await error_facts(ours.documents.get, our_made.document_id) == gone


async def test_files(theirs: Any, ours: EdgeQuake, tmp_path: Path) -> None:
    path = tmp_path / "sarah.md"
    path.write_text(TEXT)
    compared = assert_equal(theirs.documents.upload_file(path), await ours.documents.upload_file(path))
    assert compared >= {"document_id", "status", "chunk_count", "track_id"}
    compared = assert_equal(
        theirs.documents.upload_file(io.BytesIO(b"other")), await ours.documents.upload_file(io.BytesIO(b"other"))
    )
    assert compared >= {"document_id"}
    assert assert_equal(theirs.documents.list().documents, await ours.documents.list().collect()) >= {"file_name"}


async def test_many_documents_and_filters(theirs: Any, ours: EdgeQuake) -> None:
    for number in range(45):
        theirs.documents.upload(f"text {number}", title=f"Title {number}")
        await ours.documents.upload(f"text {number}", title=f"Title {number}")
    pages = [theirs.documents.list(page=number, page_size=20) for number in (1, 2, 3)]
    assert_equal([d for page in pages for d in page.documents], await ours.documents.list().collect())
    found = theirs.documents.list(document_pattern="title 4", page_size=100)
    assert found.total == 6
    assert_equal(found.documents, await ours.documents.list(document_pattern="title 4").collect())
    removed = assert_equal(theirs.documents.delete_all(), await ours.documents.delete_all())
    assert "deleted_count" in removed


async def test_queries(theirs: Any, ours: EdgeQuake) -> None:
    theirs.documents.upload(TEXT, title="Sarah")
    await ours.documents.upload(TEXT, title="Sarah")
    question = "Where does Sarah work?"
    compared = assert_equal(
        theirs.query.execute(question, mode="hybrid", top_k=3, rerank=True),
        await ours.query.execute(question, mode="hybrid", max_results=3, enable_rerank=True),
    )
    assert compared >= {"answer", "mode", "reranked", "sources.id", "sources.score", "stats.total_time_ms"}


async def test_tenants(theirs: Any, ours: EdgeQuake) -> None:
    made, our_made = theirs.tenants.create(TenantCreate(name="Acme")), await ours.tenants.create("Acme")
    shown = {"id", "name", "slug", "created_at", "updated_at"}
    assert assert_equal(made, our_made) >= shown
    assert assert_equal(theirs.tenants.list(), await ours.tenants.list().collect()) >= shown
    changed = theirs.tenants.update(made.id, TenantUpdate(name="Acme Labs"))
    assert assert_equal(changed, await ours.tenants.update(our_made.id, name="Acme Labs")) >= shown
    theirs.tenants.delete(made.id)
    await ours.tenants.delete(our_made.id)
    assert await error_facts(ours.tenants.get, our_made.id) == await error_facts(theirs.tenants.get, made.id)


async def test_workspaces(theirs: Any, ours: EdgeQuake, servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> None:
    tenant = servers[0].credentials.tenant_id
    made = theirs.workspaces.create(tenant, WorkspaceCreate(name="Notes", description="d"))
    our_made = await ours.workspaces.create(tenant, "Notes", description="d")
    shown = {"id", "tenant_id", "name", "slug", "description", "llm_model", "embedding_dimension", "created_at"}
    assert assert_equal(made, our_made) >= shown
    assert assert_equal(theirs.workspaces.get(made.id), await ours.workspaces.get(made.id)) >= shown
    assert assert_equal(theirs.workspaces.list(tenant), await ours.workspaces.list(tenant).collect()) >= shown
    by_slug = assert_equal(
        theirs.workspaces.get_by_slug(tenant, "notes"), await ours.workspaces.get_by_slug(tenant, "notes")
    )
    assert by_slug >= shown
    changed = theirs.workspaces.update(made.id, WorkspaceUpdate(name="More"))
    assert assert_equal(changed, await ours.workspaces.update(made.id, name="More")) >= shown

    with theirs.with_workspace(made.id) as inside:
        inside.documents.upload(TEXT)
    await ours.documents.upload(TEXT, tenant=Tenant(workspace_id=made.id))
    stats = assert_equal(theirs.workspaces.stats(made.id), await ours.workspaces.stats(made.id))
    assert stats == {"workspace_id", "document_count", "entity_count", "relationship_count", "chunk_count"}
    theirs.workspaces.delete(made.id)
    await ours.workspaces.delete(made.id)
    assert await error_facts(ours.workspaces.get, made.id) == await error_facts(theirs.workspaces.get, made.id)


async def test_refusals(theirs: Any, ours: EdgeQuake) -> None:
    for _ in range(6):  # the sixth meets a locked account
        facts = await error_facts(theirs.auth.login, "user", "nope")
        assert await error_facts(ours.auth.login, "user", "nope") == facts
    assert (facts["status"], facts["code"]) == (423, "ACCOUNT_LOCKED")
    empty = await error_facts(theirs.documents.upload, " ")
    assert await error_facts(ours.documents.upload, " ") == empty
    assert empty["status"] == 400


async def error_facts(call: Any, *args: Any) -> dict[str, Any]:
    """What an error of either side says."""

    async def attempt() -> None:
        outcome = call(*args)
        if inspect.isawaitable(outcome):
            await outcome

    with pytest.raises((edgequake.ApiError, StatusError)) as caught:
        await attempt()
    error: Any = caught.value
    assert error.request_id
    status = error.status if isinstance(error, StatusError) else error.status_code
    return {"status": status, "code": error.code, "message": error.message}
