"""Tests of tenants and workspaces against a server."""

from __future__ import annotations

import pytest

from asdk import ConflictError, NotFoundError, Tenant
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."


async def test_a_tenant_from_creation_to_deletion(admin: EdgeQuake) -> None:
    made = await admin.tenants.create("Acme Labs", default_llm_model="small", plan="pro")
    assert (made.slug, made.plan, made.default_llm_model) == ("acme-labs", "pro", "small")
    assert await admin.tenants.get(made.id) == made
    changed = await admin.tenants.update(made.id, is_active=False)
    assert (changed.name, changed.plan, changed.is_active) == ("Acme Labs", "pro", False)
    await admin.tenants.delete(made.id)
    with pytest.raises(NotFoundError):
        await admin.tenants.get(made.id)


async def test_tenants_are_listed_by_offset(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    for number in range(24):
        await admin.tenants.create(f"Tenant {number}")
    names = [tenant.name async for tenant in admin.tenants.list(limit=10)]
    assert names == ["Default", *(f"Tenant {number}" for number in range(24))]
    assert server.counters.count("GET", "/api/v1/tenants") == 3


async def test_a_workspace_from_creation_to_deletion(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    tenant = server.credentials.tenant_id
    made = await admin.workspaces.create(
        tenant, "Field notes", description="of Sarah", entity_types=["PERSON"], embedding_dimension=768
    )
    assert (made.tenant_id, made.slug, made.entity_types) == (tenant, "field-notes", ["PERSON"])
    assert (made.embedding_dimension, made.max_documents) == (768, None)
    assert await admin.workspaces.get(made.id) == made
    assert await admin.workspaces.get_by_slug(tenant, "field-notes") == made
    changed = await admin.workspaces.update(made.id, name="Notes", max_documents=5)
    assert (changed.name, changed.max_documents, changed.description) == ("Notes", 5, "of Sarah")
    await admin.workspaces.delete(made.id)
    with pytest.raises(NotFoundError):
        await admin.workspaces.get(made.id)
    with pytest.raises(NotFoundError):
        await admin.workspaces.get_by_slug(tenant, "field-notes")


async def test_a_slug_is_taken_once(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    tenant = server.credentials.tenant_id
    with pytest.raises(ConflictError) as caught:
        await admin.workspaces.create(tenant, "Another", slug="default")
    assert caught.value.code == "CONFLICT"


async def test_the_stats_count_what_is_in_a_workspace(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    tenant = server.credentials.tenant_id
    workspace = await admin.workspaces.create(tenant, "Notes")
    await admin.with_options(tenant=Tenant(tenant, workspace.id)).documents.upload(TEXT)
    stats = await admin.workspaces.stats(workspace.id)
    assert (stats.document_count, stats.entity_count, stats.storage_bytes) == (1, 3, len(TEXT))
    assert (await admin.workspaces.stats(server.credentials.workspace_id)).document_count == 0


async def test_workspaces_are_listed_within_their_tenant(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    acme = await admin.tenants.create("Acme")
    for number in range(3):
        await admin.workspaces.create(acme.id, f"W{number}")
    assert [workspace.name async for workspace in admin.workspaces.list(acme.id, limit=2)] == ["W0", "W1", "W2"]
    assert [w.slug for w in await admin.workspaces.list(server.credentials.tenant_id).collect()] == ["default"]
    with pytest.raises(NotFoundError):
        await admin.workspaces.list("00000000-0000-4000-8000-000000000000").first()


async def test_a_workspace_goes_with_its_tenant(admin: EdgeQuake) -> None:
    acme = await admin.tenants.create("Acme")
    workspace = await admin.workspaces.create(acme.id, "Notes")
    await admin.tenants.delete(acme.id)
    with pytest.raises(NotFoundError):
        await admin.workspaces.get(workspace.id)
