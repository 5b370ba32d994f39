"""PDF files: what `Pdf` takes in, and how far their processing is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.clients.edgequake.models.documents import DocumentStatus
from asdk.models.declaration import OpenEnum, model


class PipelinePhase(OpenEnum):
    """What is done to a PDF, in this order."""

    UPLOAD = "upload"
    PDF_CONVERSION = "pdf_conversion"
    CHUNKING = "chunking"
    EMBEDDING = "embedding"
    EXTRACTION = "extraction"
    GRAPH_STORAGE = "graph_storage"


class PhaseStatus(OpenEnum):
    """How far a phase is."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETE = "complete"
    FAILED = "failed"
    SKIPPED = "skipped"


@model
class PdfMetadata:
    """What the server found out about a PDF when it came; the size is in bytes."""

    filename: str
    file_size_bytes: int
    sha256_checksum: str
    vision_enabled: bool
    page_count: int | None = None
    vision_model: str | None = None


@model
class UploadedPdf:
    """What became of an uploaded PDF.

    ``track_id`` follows its processing; ``duplicate_of`` is the PDF that has the same bytes.
    """

    pdf_id: str
    status: DocumentStatus
    task_id: str
    message: str
    estimated_time_seconds: int
    metadata: PdfMetadata
    document_id: str | None = None
    track_id: str | None = None
    duplicate_of: str | None = None
    ingestion_estimate: dict[str, Any] | None = None


@model
class PdfBatchFile:
    """One PDF of a batch; ``error`` says why it was not taken in."""

    filename: str
    status: DocumentStatus
    pdf_id: str | None = None
    task_id: str | None = None
    duplicate_of: str | None = None
    error: str | None = None


@model
class PdfBatchUpload:
    """What became of the PDF files of a batch, in their order."""

    total_files: int
    accepted: int
    duplicates: int
    failed: int
    results: list[PdfBatchFile]


@model
class PdfSummary:
    """A PDF as lists show it; the size is in bytes."""

    pdf_id: str
    filename: str
    status: DocumentStatus
    file_size_bytes: int
    created_at: datetime
    page_count: int | None = None
    processed_at: datetime | None = None


@model
class PdfExtraction:
    """How the text of a PDF was read."""

    filename: str
    page_count: int | None = None
    extraction_method: str | None = None
    vision_model: str | None = None
    processed_at: datetime | None = None


@model
class PdfDetail:
    """How far a PDF is, and the document that was made of it."""

    pdf_id: str
    status: DocumentStatus
    metadata: PdfExtraction
    document_id: str | None = None
    processing_duration_ms: int | None = None
    errors: Any = None


@model
class PdfContent:
    """The text that was read from a PDF, as Markdown; None until it is processed."""

    pdf_id: str
    filename: str
    file_size_bytes: int
    content_type: str
    is_processed: bool
    markdown_content: str | None = None


@model
class PdfOperation:
    """Whether a PDF is processed again, or is given up."""

    success: bool
    pdf_id: str
    message: str
    task_id: str | None = None


@model
class PhaseError:
    """Why a phase failed, and what helps."""

    message: str
    code: str
    retryable: bool
    suggestion: str
    affected_item: str | None = None


@model
class PhaseProgress:
    """How far one phase is; ``percentage`` is 0 to 100."""

    phase: PipelinePhase
    status: PhaseStatus
    current: int
    total: int
    percentage: float
    message: str
    eta_seconds: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: PhaseError | None = None


@model
class PdfProgress:
    """How far a PDF is, phase by phase; the percentage is 0 to 100."""

    track_id: str
    pdf_id: str
    filename: str
    phases: list[PhaseProgress]
    overall_percentage: float
    is_complete: bool
    is_failed: bool
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    document_id: str | None = None
    eta_seconds: int | None = None


@model
class ParseMetrics:
    """What reading a PDF took: milliseconds, tokens and US dollars."""

    total_ms: int | None = None
    render_ms: int | None = None
    ocr_ms: int | None = None
    assemble_ms: int | None = None
    pages_per_second: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    estimated_cost_usd: float | None = None


@model
class ParsedPdf:
    """The text of a PDF as Markdown, and who read it: ``fallback_applied`` if it was not the one that was asked."""

    markdown: str
    backend: str | None = None
    backend_effective: str | None = None
    fallback_applied: bool | None = None
    page_count: int | None = None
    metrics: ParseMetrics | None = None
    request_id: str | None = None
    page_timings: list[dict[str, Any]] | None = None
    warnings: list[str] | None = None


@model
class ParseJob:
    """A PDF that is read in the background: ``result`` is there once it is."""

    job_id: str
    status: str | None = None
    request_id: str | None = None
    result: ParsedPdf | None = None
    error: dict[str, Any] | None = None


@model
class ParseBackends:
    """What may read a PDF, and how large one may be."""

    backends: list[dict[str, Any]]
    limits: dict[str, Any] | None = None
    default_backend: str | None = None
