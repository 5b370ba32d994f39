"""A view on another workspace: the same pool and token, the rest of the tenant as it is."""

from __future__ import annotations

from asdk import Tenant, tenant_scope
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer
from asdk.testing import MemoryTransport, Reply

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


async def test_a_job_names_its_workspace_in_path_and_header(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    workspace = await admin.workspaces.create(server.credentials.tenant_id, "Notes")
    job = await admin.jobs.create(workspace.id, "rebuild_embeddings", payload={"force": True})
    assert [found.job_id for found in await admin.jobs.list(workspace.id).collect()] == [job.job_id]
    assert (await admin.jobs.get(workspace.id, job.job_id)).links.catalog.endswith("/jobs/catalog")
    assert (await admin.jobs.cancel(workspace.id, job.job_id)).status == "cancelled"
