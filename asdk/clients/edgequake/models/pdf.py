"""PDF files and their processing status: the responses of `Pdf` and `Parse`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model
from asdk.clients.edgequake.models.documents import DocumentStatus


class PipelinePhase(OpenEnum):
    """Phase of processing a PDF, in this order."""

    UPLOAD = "upload"
    PDF_CONVERSION = "pdf_conversion"
    CHUNKING = "chunking"
    EMBEDDING = "embedding"
    EXTRACTION = "extraction"
    GRAPH_STORAGE = "graph_storage"


class PhaseStatus(OpenEnum):
    """Status of a phase."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETE = "complete"
    FAILED = "failed"
    SKIPPED = "skipped"


@model
class PdfMetadata:
    """Metadata of an uploaded PDF; the size is in bytes."""

    filename: str
    file_size_bytes: int
    sha256_checksum: str
    vision_enabled: bool
    page_count: int | None = None
    vision_model: str | None = None


@model
class UploadedPdf:
    """Result of uploading a PDF.

    ``track_id`` tracks its processing; ``duplicate_of`` is the PDF with the same bytes.
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
    """Result of one PDF of a batch; ``error`` is the reason for a rejection."""

    filename: str
    status: DocumentStatus
    pdf_id: str | None = None
    task_id: str | None = None
    duplicate_of: str | None = None
    error: str | None = None


@model
class PdfBatchUpload:
    """Results of a batch of PDF files, in order."""

    total_files: int
    accepted: int
    duplicates: int
    failed: int
    results: list[PdfBatchFile]


@model
class PdfSummary:
    """PDF in lists; the size is in bytes."""

    pdf_id: str
    filename: str
    status: DocumentStatus
    file_size_bytes: int
    created_at: datetime
    page_count: int | None = None
    processed_at: datetime | None = None


@model
class PdfExtraction:
    """Metadata of the text extraction from a PDF."""

    filename: str
    page_count: int | None = None
    extraction_method: str | None = None
    vision_model: str | None = None
    processed_at: datetime | None = None


@model
class PdfDetail:
    """Processing status of a PDF, with the document created from it."""

    pdf_id: str
    status: DocumentStatus
    metadata: PdfExtraction
    document_id: str | None = None
    processing_duration_ms: int | None = None
    errors: Any = None


@model
class PdfContent:
    """Text extracted from a PDF, as Markdown; None until it is processed."""

    pdf_id: str
    filename: str
    file_size_bytes: int
    content_type: str
    is_processed: bool
    markdown_content: str | None = None


@model
class PdfOperation:
    """Result of retrying or cancelling a PDF."""

    success: bool
    pdf_id: str
    message: str
    task_id: str | None = None


@model
class PhaseError:
    """Reason for a failed phase, with a suggestion."""

    message: str
    code: str
    retryable: bool
    suggestion: str
    affected_item: str | None = None


@model
class PhaseProgress:
    """Progress of one phase; ``percentage`` is from 0 to 100."""

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
    """Progress of a PDF by phase; the percentage is from 0 to 100."""

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
    """Metrics of parsing a PDF, in milliseconds, tokens and US dollars."""

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
    """Text of a PDF as Markdown; ``fallback_applied`` is true if another backend than the requested one parsed it."""

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
    """Background parse job of a PDF; ``result`` is set when it is complete."""

    job_id: str
    status: str | None = None
    request_id: str | None = None
    result: ParsedPdf | None = None
    error: dict[str, Any] | None = None


@model
class ParseBackends:
    """Parser backends and size limits."""

    backends: list[dict[str, Any]]
    limits: dict[str, Any] | None = None
    default_backend: str | None = None
