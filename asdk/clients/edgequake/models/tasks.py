"""Work in the background: tasks, the pipeline that does them, and the jobs of a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import OpenEnum, model


class TaskStatus(OpenEnum):
    """How far work in the background is; a task that is done is ``indexed``."""

    PENDING = "pending"
    PROCESSING = "processing"
    INDEXED = "indexed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@model
class TaskError:
    """Why a task failed, and what helps."""

    message: str
    step: str
    reason: str
    suggestion: str
    retryable: bool


@model
class Task:
    """One piece of work in the background."""

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
    """What the pipeline said, and when."""

    timestamp: datetime
    level: str
    message: str


@model
class PipelineStatus:
    """What the pipeline does at the moment."""

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
    """Whether the pipeline stops."""

    status: str
    message: str


@model
class QueueMetrics:
    """How busy the pipeline is: seconds, and documents a minute; the utilization is in percent."""

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
    """Where else a job is found."""

    self_link: str
    cancel: str
    catalog: str
    v1_task: str


@model
class Job:
    """A job of a workspace."""

    job_id: str
    job_type: str
    status: TaskStatus
    tenant_id: str
    workspace_id: str
    created_at: datetime
    updated_at: datetime
    links: JobLinks
