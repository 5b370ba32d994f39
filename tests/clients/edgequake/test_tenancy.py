"""Tests of the tenant of a call: the client's, a copy's, a block's or its own; documents of others are not visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from asdk import InvalidRequestError, NotFoundError, Tenant, tenant_scope
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient

ACME = Tenant("acme", "w1")
GLOBEX = Tenant("globex", "w1")


async def totals(client: EdgeQuake, *tenants: Tenant) -> list[int]:
    """Return the number of documents that each tenant sees."""
    return [(await client.documents.count(tenant=tenant)).total for tenant in tenants]


async def test_tenants_and_workspaces_are_worlds_of_their_own(admin: EdgeQuake) -> None:
    made = await admin.documents.upload("for Acme", tenant=ACME)
    assert await totals(admin, ACME, GLOBEX, Tenant("acme", "w2")) == [1, 0, 0]
    assert (await admin.documents.count()).total == 0
    with pytest.raises(NotFoundError):
        await admin.documents.get(made.document_id, tenant=GLOBEX)
    with pytest.raises(NotFoundError):
        await admin.documents.delete(made.document_id)
    assert "for Acme" not in (await admin.query.execute("for Acme?", tenant=GLOBEX)).answer


async def test_the_alias_default_is_the_default_workspace(admin: EdgeQuake) -> None:
    await admin.documents.upload("text")
    assert await totals(admin, Tenant("default", "default")) == [1]


async def test_the_constructor_names_the_tenant_of_every_call(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(api_key=server.credentials.api_key, tenant_id="acme", workspace_id="w1", user_id="someone")
    await client.documents.upload("text")
    headers = server.counters.recent[-1].headers
    assert [headers[f"x-{part}-id"] for part in ("tenant", "workspace", "user")] == ["acme", "w1", "someone"]
    assert await totals(client, ACME, GLOBEX) == [1, 0]


async def test_the_call_wins_over_the_copy_over_the_scope_over_the_constructor(
    make_client: MakeClient, server: EdgeQuakeServer
) -> None:
    client = make_client(api_key=server.credentials.api_key, tenant_id="constructor")
    copy = client.with_options(tenant=Tenant("copy"))
    await client.documents.count()
    with tenant_scope(Tenant("scope")):
        await client.documents.count()
        await copy.documents.count()
        await copy.documents.count(tenant=Tenant("call"))
        await client.documents.count(tenant=None)
    seen = [record.headers.get("x-tenant-id") for record in server.counters.recent]
    assert seen == ["constructor", "scope", "copy", "call", None]


async def test_the_nearest_tenant_replaces_the_other_whole(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(api_key=server.credentials.api_key, tenant_id="acme", workspace_id="w1")
    await client.documents.count(tenant=Tenant("globex"))
    assert "x-workspace-id" not in server.counters.recent[-1].headers


async def test_scopes_side_by_side_do_not_mix(admin: EdgeQuake) -> None:
    async def work(tenant: Tenant, count: int) -> None:
        with tenant_scope(tenant):
            for number in range(count):
                await admin.documents.upload(f"{tenant} {number}")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, ACME, 3)
        tasks.start_soon(work, GLOBEX, 5)
    assert await totals(admin, ACME, GLOBEX) == [3, 5]


async def test_a_list_keeps_the_tenant_that_it_was_made_for(admin: EdgeQuake) -> None:
    await admin.documents.upload("text", tenant=ACME)
    with tenant_scope(ACME):
        paginator = admin.documents.list()
    with tenant_scope(GLOBEX):
        assert len(await paginator.collect()) == 1


async def test_one_token_serves_all_tenants(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await totals(admin, *(Tenant(f"tenant-{number}") for number in range(10)))
    assert server.counters.count("POST", "/api/v1/auth/login") == 1


async def test_a_token_request_names_no_tenant(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(username="admin", password="sandbox-admin", tenant_id="acme")
    await client.documents.count()
    login, count = server.counters.recent
    assert "x-tenant-id" not in login.headers
    assert count.headers["x-tenant-id"] == "acme"


@pytest.mark.parametrize("bad", ["", " acme", "acme\r\nX-Evil: 1", "ac\u00e9me"])
def test_a_tenant_that_fits_no_header_is_refused(bad: str) -> None:
    with pytest.raises(InvalidRequestError):
        Tenant(bad)
