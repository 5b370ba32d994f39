"""Tenants and their workspaces: the responses of `Tenants` and `Workspaces`."""

from __future__ import annotations

from datetime import datetime

from asdk import model


@model
class TenantInfo:
    """Tenant of the server. Unlike this, `asdk.Tenant` selects the tenant of a call."""

    id: str
    name: str
    slug: str
    plan: str
    is_active: bool
    max_workspaces: int
    default_llm_model: str
    default_llm_provider: str
    default_llm_full_id: str
    default_embedding_model: str
    default_embedding_provider: str
    default_embedding_dimension: int
    default_embedding_full_id: str
    created_at: datetime
    updated_at: datetime
    default_vision_llm_model: str | None = None
    default_vision_llm_provider: str | None = None


@model
class Workspace:
    """Workspace of a tenant with its models. Without ``max_documents`` the number of documents is unlimited."""

    id: str
    tenant_id: str
    name: str
    slug: str
    is_active: bool
    llm_model: str
    llm_provider: str
    llm_full_id: str
    embedding_model: str
    embedding_provider: str
    embedding_dimension: int
    embedding_full_id: str
    entity_types_strict: bool
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    max_documents: int | None = None
    vision_llm_model: str | None = None
    vision_llm_provider: str | None = None
    pdf_parser_backend: str | None = None
    entity_types: list[str] | None = None


@model
class WorkspaceStats:
    """Statistics of a workspace; if ``stale`` is true, they may be outdated."""

    workspace_id: str
    document_count: int
    entity_count: int
    relationship_count: int
    entity_type_count: int
    chunk_count: int
    embedding_count: int
    storage_bytes: int
    stale: bool
