"""Background tasks, the pipeline that runs them, and the jobs of a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model


class TaskStatus(OpenEnum):
    """Status of a background task; a completed task is ``indexed``."""

    PENDING = "pending"
    PROCESSING = "processing"
    INDEXED = "indexed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@model
class TaskError:
    """Reason for a failed task, with a suggestion."""

    message: str
    step: str
    reason: str
    suggestion: str
    retryable: bool


@model
class Task:
    """Background task."""

    track_id: str
    tenant_id: str
    workspace_id: str
    task_type: str
    status: TaskStatus
    created_at: datetime
    updated_at: datetime
    retry_count: int
    max_retries: int
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error_message: str | None = None
    error: TaskError | None = None
    progress: Any = None
    result: Any = None
    metadata: Any = None


@model
class PipelineMessage:
    """Timestamped message of the pipeline."""

    timestamp: datetime
    level: str
    message: str


@model
class PipelineStatus:
    """Current status of the pipeline."""

    is_busy: bool
    total_documents: int
    processed_documents: int
    current_batch: int
    total_batches: int
    history_messages: list[PipelineMessage]
    cancellation_requested: bool
    pending_tasks: int
    processing_tasks: int
    completed_tasks: int
    failed_tasks: int
    job_name: str | None = None
    job_start: datetime | None = None
    latest_message: str | None = None


@model
class CancelledPipeline:
    """Result of cancelling the pipeline."""

    status: str
    message: str


@model
class QueueMetrics:
    """Load of the pipeline, in seconds and documents per minute; the utilization is in percent."""

    pending_count: int
    processing_count: int
    active_workers: int
    max_workers: int
    worker_utilization: int
    avg_wait_time_seconds: float
    max_wait_time_seconds: float
    throughput_per_minute: float
    estimated_queue_time_seconds: float
    rate_limited: bool
    timestamp: datetime
    pressure: str
    pending_warn_threshold: int
    pending_critical_threshold: int
    operator_action: str | None = None


@model
class JobLinks:
    """Links of a job."""

    self_link: str
    cancel: str
    catalog: str
    v1_task: str


@model
class Job:
    """Job of a workspace."""

    job_id: str
    job_type: str
    status: TaskStatus
    tenant_id: str
    workspace_id: str
    created_at: datetime
    updated_at: datetime
    links: JobLinks
