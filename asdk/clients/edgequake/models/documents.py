"""Documents and what becomes of them: the replies of `Documents`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import OpenEnum, model


class DocumentStatus(OpenEnum):
    """How far a document is. A reply to an upload may also say that the content is there already."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL_FAILURE = "partial_failure"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate_processing"


@model
class DocumentCost:
    """What processing a document cost: US dollars, and tokens."""

    total_cost_usd: float
    formatted_cost: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    llm_model: str | None = None
    embedding_model: str | None = None


@model
class UploadedDocument:
    """What became of an uploaded text. The counts and the cost are there once it is processed.

    Attributes:
        track_id: follows its processing, see ``documents.track``.
        duplicate_of: the document that has the same content; nothing new was stored then.
    """

    document_id: str
    status: DocumentStatus
    track_id: str
    task_id: str | None = None
    duplicate_of: str | None = None
    chunk_count: int | None = None
    entity_count: int | None = None
    relationship_count: int | None = None
    cost: DocumentCost | None = None


@model
class UploadedFile:
    """What became of an uploaded file; ``size`` is in bytes."""

    document_id: str
    filename: str
    size: int
    content_hash: str
    status: DocumentStatus
    chunk_count: int
    entity_count: int
    relationship_count: int
    is_duplicate: bool
    task_id: str | None = None
    track_id: str | None = None


@model
class DocumentSummary:
    """A document as lists and tracks show it; ``cost_usd`` is in US dollars."""

    id: str
    chunk_count: int
    title: str | None = None
    file_name: str | None = None
    content_summary: str | None = None
    content_length: int | None = None
    entity_count: int | None = None
    status: DocumentStatus | None = None
    error_message: str | None = None
    warning_message: str | None = None
    track_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    cost_usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    llm_model: str | None = None
    embedding_model: str | None = None
    source_type: str | None = None
    current_stage: str | None = None
    stage_progress: float | None = None
    stage_message: str | None = None
    pdf_id: str | None = None


@model
class DocumentDetail:
    """A document with its content; ``file_size`` is in bytes."""

    id: str
    status: DocumentStatus
    chunk_count: int
    title: str | None = None
    file_name: str | None = None
    content: str | None = None
    content_summary: str | None = None
    content_length: int | None = None
    content_hash: str | None = None
    entity_count: int | None = None
    relationship_count: int | None = None
    error_message: str | None = None
    warning_message: str | None = None
    source_type: str | None = None
    mime_type: str | None = None
    file_size: int | None = None
    track_id: str | None = None
    tenant_id: str | None = None
    workspace_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    processed_at: datetime | None = None
    lineage: dict[str, Any] | None = None
    metadata: Any = None
    pdf_id: str | None = None
    multimodal_items: list[dict[str, Any]] | None = None
    multimodal_summary: dict[str, Any] | None = None


@model
class StatusCounts:
    """How many documents there are of each status."""

    pending: int
    processing: int
    completed: int
    partial_failure: int
    failed: int
    cancelled: int
    unknown: int


@model
class DocumentCounts:
    """How many documents there are: ``total`` of them fit the filters, ``status_counts`` has all of the workspace."""

    total: int
    status_counts: StatusCounts


@model
class TrackStatus:
    """How far the documents of one upload are."""

    track_id: str
    documents: list[DocumentSummary]
    total_count: int
    status_summary: StatusCounts
    is_complete: bool
    created_at: datetime | None = None
    latest_message: str | None = None


@model
class DeletedDocument:
    """A document that is gone, and what went with it."""

    document_id: str
    deleted: bool
    chunks_deleted: int
    entities_affected: int
    relationships_affected: int


@model
class DeletedDocuments:
    """All documents of a workspace, gone but for those still in the pipeline, which ``skipped_documents`` names."""

    deleted_count: int
    total_chunks_deleted: int
    total_entities_removed: int
    total_relationships_removed: int
    total_pdfs_deleted: int
    skipped_count: int
    skipped_documents: list[str]
