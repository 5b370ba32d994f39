"""Background work: one task per document, and the pipeline that runs them."""

from collections import Counter

from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Page, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.documents import Document

_STATUSES = {"completed": "indexed", "partial_failure": "indexed"}
_WORKERS = 4


async def list_tasks(call: Call) -> web.Response:
    status, kind, page = call.query("status"), call.query("task_type"), call.page
    documents = call.library.all()
    found = [
        document for document in documents if status in (None, _status(document)) and kind in (None, _kind(document))
    ]
    sort, order = call.query("sort") or "created_at", call.query("order") or "desc"
    if sort not in ("created_at", "updated_at") or order not in ("asc", "desc"):
        raise ApiError("BAD_REQUEST", f"unknown order: {sort} {order}")
    found.sort(key=lambda document: getattr(document, sort), reverse=order == "desc")
    counts = Counter(_status(document) for document in documents)
    return call.reply(
        {
            "tasks": [_shape(call, document) for document in page.of(found)],
            "pagination": pagination(page, len(found)),
            "statistics": {name: counts[name] for name in ("pending", "processing", "indexed", "failed", "cancelled")},
        }
    )


async def get(call: Call) -> web.Response:
    return call.reply(_shape(call, _task(call)))


async def cancel(call: Call) -> web.Response:
    document = _task(call)
    call.library.cancel(document)
    return call.reply(_shape(call, document))


async def retry(call: Call) -> web.Response:
    document = _task(call)
    if document.status not in ("failed", "cancelled", "partial_failure"):
        raise ApiError("CONFLICT", f"task has not failed: {_status(document)}")
    call.library.process_again(document, call.state.settings.processing_time)
    return call.reply(_shape(call, document))


async def pipeline_status(call: Call) -> web.Response:
    documents = call.library.all()
    counts = Counter(_status(document) for document in documents)
    running = [document for document in documents if not document.is_settled]
    messages = [
        {
            "timestamp": rfc3339(document.updated_at),
            "level": "error" if document.status == "failed" else "info",
            "message": f"{document.title or document.id}: {document.status}",
        }
        for document in documents
    ]
    body = {
        "is_busy": bool(running),
        "job_name": "document processing" if running else None,
        "job_start": rfc3339(min(document.created_at for document in running)) if running else None,
        "total_documents": len(documents),
        "processed_documents": len(documents) - len(running),
        "current_batch": int(bool(running)),
        "total_batches": int(bool(running)),
        "latest_message": messages[-1]["message"] if messages else None,
        "history_messages": messages,
        "cancellation_requested": False,
        "pending_tasks": counts["pending"],
        "processing_tasks": counts["processing"],
        "completed_tasks": counts["indexed"],
        "failed_tasks": counts["failed"],
    }
    return call.reply(present(body))


async def cancel_pipeline(call: Call) -> web.Response:
    running = [document for document in call.library.all() if not document.is_settled]
    for document in running:
        call.library.cancel(document)
    if not running:
        return call.reply({"status": "idle", "message": "The pipeline is idle"})
    return call.reply({"status": "cancelled", "message": f"{len(running)} documents given up"})


async def queue_metrics(call: Call) -> web.Response:
    library = call.state.library(
        call.query("tenant_id") or call.tenant_id, call.query("workspace_id") or call.workspace_id
    )
    statuses, now = library.statuses, call.state.clock()
    waits = [now - document.created_at for document in library.all() if document.status == "pending"]
    pending, processing = statuses.get("pending", 0), statuses.get("processing", 0)
    active = min(processing, _WORKERS)
    done = sum(document.is_settled for document in library.all())
    return call.reply(
        {
            "pending_count": pending,
            "processing_count": processing,
            "active_workers": active,
            "max_workers": _WORKERS,
            "worker_utilization": 100 * active // _WORKERS,
            "avg_wait_time_seconds": sum(waits) / len(waits) if waits else 0.0,
            "max_wait_time_seconds": max(waits, default=0.0),
            "throughput_per_minute": float(done),
            "estimated_queue_time_seconds": call.state.settings.processing_time * pending,
            "rate_limited": False,
            "timestamp": rfc3339(now),
            "pressure": "normal",
            "pending_warn_threshold": 100,
            "pending_critical_threshold": 1000,
        }
    )


def pagination(page: Page, total: int) -> Json:
    return {"total": total, "page": page.number, "page_size": page.size, "total_pages": -(-total // page.size)}


def _task(call: Call) -> Document:
    return call.library.tracked(call.part("track_id"))[0]


def _status(document: Document) -> str:
    return _STATUSES.get(document.status, document.status)


def _kind(document: Document) -> str:
    return "pdf_processing" if document.pdf_id is not None else "upload"


def _shape(call: Call, document: Document) -> Json:
    has_begun = document.status not in ("pending", "cancelled")
    message = document.outcome_message or "Processing failed" if document.status == "failed" else None
    error = {
        "message": message,
        "step": "extraction",
        "reason": message,
        "suggestion": "Retry the task",
        "retryable": True,
    }
    body = {
        "track_id": document.track_id,
        "tenant_id": call.tenant_id,
        "workspace_id": call.workspace_id,
        "task_type": _kind(document),
        "status": _status(document),
        "created_at": rfc3339(document.created_at),
        "updated_at": rfc3339(document.updated_at),
        "started_at": rfc3339(document.processing_from) if has_begun else None,
        "completed_at": rfc3339(document.updated_at) if document.is_settled else None,
        "error_message": message,
        "error": None if message is None else error,
        "retry_count": document.attempt,
        "max_retries": 3,
        "result": {"document_id": document.id} if document.chunks else None,
        "metadata": document.metadata,
    }
    return present(body)


ROUTES = (
    Route("GET", "/api/v1/tasks", list_tasks),
    Route("GET", "/api/v1/tasks/{track_id}", get),
    Route("POST", "/api/v1/tasks/{track_id}/cancel", cancel),
    Route("POST", "/api/v1/tasks/{track_id}/retry", retry),
    Route("GET", "/api/v1/pipeline/status", pipeline_status),
    Route("POST", "/api/v1/pipeline/cancel", cancel_pipeline),
    Route("GET", "/api/v1/pipeline/queue-metrics", queue_metrics),
)
