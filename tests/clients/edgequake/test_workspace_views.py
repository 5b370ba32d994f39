"""Tests of views on another workspace: the same pool and token, and otherwise the same tenant."""

from __future__ import annotations

import anyio

from asdk import Tenant, tenant_scope
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer
from asdk.testing import MemoryTransport, Reply
from tests.clients.edgequake.test_streams import collect

ONE = {"status": "idle", "message": "m"}


async def sent(client: EdgeQuake, transport: MemoryTransport) -> dict[str, str | None]:
    await client.pipeline.cancel()
    headers = transport.sent[-1].headers
    return {name: headers.get(f"X-{name}-ID") for name in ("Tenant", "Workspace", "User")}


async def test_a_view_changes_the_workspace_alone() -> None:
    transport = MemoryTransport([Reply(json=ONE) for _ in range(3)])
    client = EdgeQuake(auth=None, transport=transport, tenant_id="t", workspace_id="w", user_id="u")
    assert await sent(client.with_workspace("x"), transport) == {"Tenant": "t", "Workspace": "x", "User": "u"}
    assert await sent(client, transport) == {"Tenant": "t", "Workspace": "w", "User": "u"}
    with tenant_scope(Tenant("other")):
        assert await sent(client.with_workspace("x"), transport) == {"Tenant": "other", "Workspace": "x", "User": None}


async def test_views_share_the_token(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    tenant = server.credentials.tenant_id
    made = [await admin.workspaces.create(tenant, f"W{number}") for number in range(3)]
    for workspace in made:
        await admin.with_workspace(workspace.id).documents.upload("the same text")
    counts = [(await admin.with_workspace(workspace.id).documents.count()).total for workspace in made]
    assert counts == [1, 1, 1]
    assert (await admin.documents.count()).total == 0
    assert server.counters.count("POST", "/api/v1/auth/login") == 1


async def test_views_side_by_side_keep_their_tenants_apart(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    async def work(number: int) -> None:
        view = admin.with_options(tenant=Tenant(f"tenant {number % 4}", f"w{number}"))
        for step in range(3):
            await view.documents.upload(f"text {step} of {number}")
        seen = [(await view.documents.get(document.id)).content async for document in view.documents.list(page_size=1)]
        assert seen == [f"text {step} of {number}" for step in (2, 1, 0)]
        answer = await collect(view.query.stream(f"text 1 of {number}?"))
        assert {source.document_id for source in answer[0].sources} <= {
            document.id for document in await view.documents.list().collect()
        }

    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(work, number)
    assert server.counters.count("POST", "/api/v1/auth/login") == 1
    for record in server.counters.recent:
        tenant, workspace = record.headers.get("x-tenant-id"), record.headers.get("x-workspace-id")
        assert tenant is None or tenant == f"tenant {int((workspace or '')[1:]) % 4}"


async def test_a_view_that_is_closed_leaves_the_client_open(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    async with admin.with_workspace("w1") as view:
        await view.documents.upload("text")
    assert (await admin.with_workspace("w1").documents.count()).total == 1
    assert (await admin.documents.count()).total == 0
    assert server.counters.count("POST", "/api/v1/auth/login") == 1


async def test_a_view_of_a_view_changes_what_it_names(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    view = admin.with_options(tenant=Tenant("acme", user_id="ada")).with_workspace("w1").with_options(timeout=5)
    await view.with_workspace("w2").documents.count()
    headers = server.counters.recent[-1].headers
    assert [headers.get(f"x-{part}-id") for part in ("tenant", "workspace", "user")] == ["acme", "w2", "ada"]


async def test_a_job_names_its_workspace_in_path_and_header(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    workspace = await admin.workspaces.create(server.credentials.tenant_id, "Notes")
    job = await admin.jobs.create(workspace.id, "rebuild_embeddings", payload={"force": True})
    assert [found.job_id for found in await admin.jobs.list(workspace.id).collect()] == [job.job_id]
    assert (await admin.jobs.get(workspace.id, job.job_id)).links.catalog.endswith("/jobs/catalog")
    assert (await admin.jobs.cancel(workspace.id, job.job_id)).status == "cancelled"
