"""Processing of documents: batches, scans, retries and failed chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model
from asdk.clients.edgequake.models.documents import DocumentStatus


@model
class BatchFile:
    """Result of one file of a batch; ``error`` is the reason for a rejection."""

    filename: str
    status: DocumentStatus
    document_id: str | None = None
    error: str | None = None


@model
class BatchUpload:
    """Results of a batch of files, in order."""

    total_files: int
    processed: int
    duplicates: int
    failed: int
    results: list[BatchFile]


@model
class FoundDocument:
    """Document found by the search by title."""

    id: str
    title: str
    status: DocumentStatus
    created_at: datetime | None = None


@model
class FoundDocuments:
    """Best matches; ``total`` counts all, ``has_more`` is true if some are omitted."""

    items: list[FoundDocument]
    total: int
    has_more: bool


@model
class SkippedFile:
    """File that a scan skipped, with the reason."""

    path: str
    reason: str


@model
class ScanResult:
    """Result of scanning a directory of the server; ``track_id`` tracks the queued files."""

    track_id: str
    files_found: int
    files_queued: int
    files_skipped: int
    queued_files: list[str]
    skipped_files: list[SkippedFile]


@model
class ReprocessedDocuments:
    """Failed documents that are processed again, tracked by ``track_id``."""

    track_id: str
    failed_found: int
    requeued: int
    document_ids: list[str]
    v2_migration: Any = None


@model
class RecoveredDocuments:
    """Stuck documents that are processed again, tracked by ``track_id``."""

    track_id: str
    stuck_found: int
    requeued: int
    document_ids: list[str]
    document_titles: list[str]
    v2_migration: dict[str, Any] | None = None


@model
class ReanalyzedDocument:
    """Result of analyzing the images, tables and equations of a document.

    Attributes:
        track_id: the id to track the document, if ``requeued`` is true and its text is processed again as well.
        success: the number of analyzed items; ``skipped`` and ``failed`` count the others.
    """

    document_id: str | None = None
    track_id: str | None = None
    requeued: bool | None = None
    success: int | None = None
    skipped: int | None = None
    failed: int | None = None
    v2_migration: dict[str, Any] | None = None


@model
class DeletionImpact:
    """Preview of deleting a document; nothing is deleted.

    ``entities_to_update`` remain in other documents.
    """

    document_id: str
    chunks_to_delete: int
    entities_to_remove: int
    entities_to_update: int
    relationships_to_remove: int
    relationships_to_update: int
    preview_only: bool


@model
class FailedChunk:
    """Chunk that could not be processed."""

    chunk_index: int
    chunk_id: str
    error_message: str
    was_timeout: bool
    retry_attempts: int
    status: str


@model
class FailedChunks:
    """Failed chunks of a document, with the counts of all chunks and successful chunks."""

    document_id: str
    failed_chunks: list[FailedChunk]
    total_chunks: int
    successful_chunks: int


@model
class RetriedChunks:
    """Chunks that are processed again; ``implemented`` is false if the server does not support it."""

    document_id: str
    chunks_queued: int
    chunk_indices: list[int]
    message: str
    implemented: bool


@model
class DocumentLineage:
    """Lineage of a document, as the server describes it, with the metadata of the upload."""

    document_id: str
    metadata: Any = None
    lineage: dict[str, Any] | None = None
