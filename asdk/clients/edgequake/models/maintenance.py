"""Maintenance of a workspace: metrics, rebuilds and injected texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model
from asdk.clients.edgequake.models.documents import DocumentStatus


@model
class MetricsSnapshot:
    """Metrics of a workspace at one time; ``storage_bytes`` is in bytes."""

    id: str
    recorded_at: datetime
    trigger_type: str
    document_count: int
    chunk_count: int
    entity_count: int
    relationship_count: int
    embedding_count: int
    storage_bytes: int


@model
class RebuiltEmbeddings:
    """Scope of a rebuild of the embeddings."""

    workspace_id: str
    status: str
    documents_to_process: int
    chunks_to_process: int
    vectors_cleared: int
    embedding_model: str
    embedding_provider: str
    embedding_dimension: int
    model_context_length: int
    estimated_time_seconds: int | None = None
    job_id: str | None = None
    compatibility_warning: str | None = None
    v2_migration: dict[str, Any] | None = None


@model
class RebuiltGraph:
    """Scope of a rebuild of the graph."""

    workspace_id: str
    status: str
    nodes_cleared: int
    edges_cleared: int
    vectors_cleared: int
    documents_to_process: int
    chunks_to_process: int
    llm_model: str
    llm_provider: str
    track_id: str | None = None
    estimated_time_seconds: int | None = None
    v2_migration: dict[str, Any] | None = None


@model
class ReprocessedWorkspace:
    """Documents of a workspace that are processed again."""

    track_id: str
    workspace_id: str
    status: str
    documents_found: int
    documents_queued: int
    documents_skipped: int
    estimated_time_seconds: int | None = None


@model
class InjectionSummary:
    """Text that is injected into every answer of a workspace."""

    injection_id: str
    name: str
    status: DocumentStatus
    entity_count: int
    source_type: str
    created_at: datetime | None
    updated_at: datetime | None
    error: str | None = None


@model
class InjectionDetail:
    """Injected text with its content."""

    injection_id: str
    name: str
    status: DocumentStatus
    entity_count: int
    source_type: str
    created_at: datetime | None
    updated_at: datetime | None
    content: str
    version: int
    error: str | None = None


@model
class PutInjection:
    """Result of creating an injected text or replacing it by its next version."""

    injection_id: str
    workspace_id: str
    version: int
    status: DocumentStatus


@model
class DeletedInjection:
    """Result of deleting an injected text."""

    deleted: bool
    message: str
