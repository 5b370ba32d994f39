"""What becomes of documents beside reading them: batches, scans, repeated processing, failed chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.clients.edgequake.models.documents import DocumentStatus
from asdk.models.declaration import model


@model
class BatchFile:
    """One file of a batch; ``error`` says why it was not taken in."""

    filename: str
    status: DocumentStatus
    document_id: str | None = None
    error: str | None = None


@model
class BatchUpload:
    """What became of the files of a batch, in their order."""

    total_files: int
    processed: int
    duplicates: int
    failed: int
    results: list[BatchFile]


@model
class FoundDocument:
    """A document as the search by title shows it."""

    id: str
    title: str
    status: DocumentStatus
    created_at: datetime | None = None


@model
class FoundDocuments:
    """The best matches; ``total`` counts all, ``has_more`` says whether some were left out."""

    items: list[FoundDocument]
    total: int
    has_more: bool


@model
class SkippedFile:
    """A file that a scan left alone, and why."""

    path: str
    reason: str


@model
class ScanResult:
    """What a scan found in a directory of the server; ``track_id`` follows what it queued."""

    track_id: str
    files_found: int
    files_queued: int
    files_skipped: int
    queued_files: list[str]
    skipped_files: list[SkippedFile]


@model
class ReprocessedDocuments:
    """Which failed documents are processed again, followed by ``track_id``."""

    track_id: str
    failed_found: int
    requeued: int
    document_ids: list[str]
    v2_migration: Any = None


@model
class RecoveredDocuments:
    """Which documents had hung and are processed again, followed by ``track_id``."""

    track_id: str
    stuck_found: int
    requeued: int
    document_ids: list[str]
    document_titles: list[str]
    v2_migration: dict[str, Any] | None = None


@model
class ReanalyzedDocument:
    """What was made of the pictures, tables and equations of a document.

    Attributes:
        track_id: follows the document, where ``requeued`` says that its text is processed again as well.
        success: how many were read; ``skipped`` and ``failed`` count the others.
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
    """What deleting a document would take away; nothing is deleted.

    ``entities_to_update`` live on in other documents.
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
    """A chunk that could not be processed."""

    chunk_index: int
    chunk_id: str
    error_message: str
    was_timeout: bool
    retry_attempts: int
    status: str


@model
class FailedChunks:
    """The chunks of a document that failed, and how many there are of each kind."""

    document_id: str
    failed_chunks: list[FailedChunk]
    total_chunks: int
    successful_chunks: int


@model
class RetriedChunks:
    """Which chunks are processed again; a server that cannot says so in ``implemented``."""

    document_id: str
    chunks_queued: int
    chunk_indices: list[int]
    message: str
    implemented: bool


@model
class DocumentLineage:
    """Where the parts of a document went, in the server's own words, and what it was uploaded with."""

    document_id: str
    metadata: Any = None
    lineage: dict[str, Any] | None = None
