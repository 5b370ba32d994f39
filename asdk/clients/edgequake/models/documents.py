"""Documents and their processing status: the responses of `Documents`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model


class DocumentStatus(OpenEnum):
    """Processing status of a document. The response to an upload can also report a duplicate."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL_FAILURE = "partial_failure"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate_processing"


@model
class DocumentCost:
    """Cost of processing a document, in US dollars and tokens."""

    total_cost_usd: float
    formatted_cost: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    llm_model: str | None = None
    embedding_model: str | None = None


@model
class UploadedDocument:
    """Result of uploading a text. The counts and the cost are set after processing.

    Attributes:
        track_id: the id to track its processing, see ``documents.track``.
        duplicate_of: the document with the same content, if one exists; nothing new was stored then.
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
    """Result of uploading a file; ``size`` is in bytes."""

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
    """Document in lists and tracks; ``cost_usd`` is in US dollars."""

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
    """Document with its content; ``file_size`` is in bytes."""

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
    """Number of documents of each status."""

    pending: int
    processing: int
    completed: int
    partial_failure: int
    failed: int
    cancelled: int
    unknown: int


@model
class DocumentCounts:
    """Number of documents: ``total`` counts the matches, ``status_counts`` counts the whole workspace."""

    total: int
    status_counts: StatusCounts


@model
class TrackStatus:
    """Processing status of the documents of one upload."""

    track_id: str
    documents: list[DocumentSummary]
    total_count: int
    status_summary: StatusCounts
    is_complete: bool
    created_at: datetime | None = None
    latest_message: str | None = None


@model
class DeletedDocument:
    """Result of deleting a document."""

    document_id: str
    deleted: bool
    chunks_deleted: int
    entities_affected: int
    relationships_affected: int


@model
class DeletedDocuments:
    """Result of deleting all documents; ``skipped_documents`` names documents still in the pipeline."""

    deleted_count: int
    total_chunks_deleted: int
    total_entities_removed: int
    total_relationships_removed: int
    total_pdfs_deleted: int
    skipped_count: int
    skipped_documents: list[str]
