"""PDF files: added as documents, listed, read, downloaded."""

import asyncio

from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.forms import Part, read_form
from asdk.sandbox.edgequake.handlers.documents import DUPLICATE
from asdk.sandbox.edgequake.store import pdfs
from asdk.sandbox.edgequake.store.documents import Document
from asdk.sandbox.edgequake.store.pdfs import Pdf
from asdk.sandbox.event_stream import EventStream

_PHASES = ("upload", "pdf_conversion", "chunking", "embedding", "extraction", "graph_storage")
# Number of completed phases while a document is being processed.
_HALFWAY = 2
_LOOK_INTERVAL = 0.02


async def upload(call: Call) -> web.Response:
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        raise ApiError("BAD_REQUEST", "No file in the upload")
    texts = {part.name: part.data.decode() for part in parts if part is not file}
    pdf, is_duplicate = _take_in(call, file, texts)
    metadata = {
        "filename": pdf.filename,
        "file_size_bytes": len(pdf.data),
        "sha256_checksum": pdf.document.content_hash,
        "vision_enabled": pdf.vision_enabled,
        "page_count": pdf.page_count,
        "vision_model": pdf.vision_model,
    }
    body = {
        "pdf_id": pdf.pdf_id,
        "status": DUPLICATE if is_duplicate else pdf.document.status,
        "task_id": pdf.document.track_id,
        "message": "PDF is there already" if is_duplicate else "PDF uploaded",
        "estimated_time_seconds": int(call.state.settings.processing_time),
        "metadata": present(metadata),
        "document_id": pdf.document.id,
        "track_id": pdf.document.track_id,
        "duplicate_of": pdf.pdf_id if is_duplicate else None,
    }
    return call.reply(present(body))


async def upload_batch(call: Call) -> web.Response:
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    files = [part for part in parts if part.name == "files"]
    if not files:
        raise ApiError("BAD_REQUEST", "No files in the upload")
    texts = {part.name: part.data.decode() for part in parts if part.name != "files"}
    results = [_batch_result(call, file, texts) for file in files]
    failed = sum("error" in result for result in results)
    duplicates = sum("duplicate_of" in result for result in results)
    return call.reply(
        {
            "total_files": len(files),
            "accepted": len(files) - failed - duplicates,
            "duplicates": duplicates,
            "failed": failed,
            "results": results,
        }
    )


async def list_pdfs(call: Call) -> web.Response:
    call.library.all()  # applies pending status changes
    status, page = call.query("status"), call.page
    found = [pdf for pdf in reversed(call.library.pdfs.values()) if status in (None, pdf.document.status)]
    body: Json = {
        "items": [_summary(pdf) for pdf in page.of(found)],
        "pagination": {
            "page": page.number,
            "page_size": page.size,
            "total_count": len(found),
            "total_pages": -(-len(found) // page.size),
        },
    }
    return call.reply(body)


async def get(call: Call) -> web.Response:
    pdf = _pdf(call)
    document = pdf.document
    metadata = {
        "filename": pdf.filename,
        "page_count": pdf.page_count,
        "extraction_method": "vision" if pdf.vision_enabled else "text",
        "vision_model": pdf.vision_model,
        "processed_at": _processed_at(document),
    }
    took = document.updated_at - document.created_at
    body = {
        "pdf_id": pdf.pdf_id,
        "status": document.status,
        "metadata": present(metadata),
        "document_id": document.id,
        "processing_duration_ms": int(1000 * took) if document.is_settled else None,
        "errors": [document.outcome_message or "Processing failed"] if document.status == "failed" else None,
    }
    return call.reply(call.also(present(body), file_name=pdf.filename, filename=pdf.filename, id=pdf.pdf_id))


async def delete(call: Call) -> web.Response:
    call.library.delete(_pdf(call).document.id)
    return call.no_content()


async def download(call: Call) -> web.Response:
    pdf = _pdf(call)
    headers = {"Content-Disposition": "attachment", "ETag": f'"{pdf.document.content_hash}"'}
    return web.Response(body=pdf.data, content_type="application/pdf", headers=headers)


async def content(call: Call) -> web.Response:
    pdf = _pdf(call)
    markdown = pdf.document.content if pdf.document.chunks else None
    body = {
        "pdf_id": pdf.pdf_id,
        "filename": pdf.filename,
        "file_size_bytes": len(pdf.data),
        "content_type": "application/pdf",
        "is_processed": markdown is not None,
        "markdown_content": markdown,
    }
    return call.reply(call.also(present(body), id=pdf.pdf_id, content=markdown, markdown=markdown))


async def progress(call: Call) -> web.Response:
    document = _tracked(call)
    body = _progress(document)
    share = round(body["overall_percentage"] / 100, 4)
    return call.reply(call.also(body, status=document.status, progress=share))


async def stream_progress(call: Call) -> web.StreamResponse:
    document = _tracked(call)
    events, told = EventStream(call.request), ""
    await events.prepare(call.request)
    while True:
        call.library.all()  # applies pending status changes
        if document.status != told:
            told = document.status
            await events.send(_progress(document))
        if document.is_settled:
            break
        await asyncio.sleep(_LOOK_INTERVAL)
    await events.write_eof()
    return events


async def retry(call: Call) -> web.Response:
    pdf = _pdf(call)
    if pdf.document.status not in ("failed", "partial_failure", "cancelled"):
        raise ApiError("CONFLICT", f"PDF has not failed: {pdf.document.status}")
    call.library.process_again(pdf.document, call.state.settings.processing_time)
    return call.reply(_operation(pdf, "PDF queued again"))


async def cancel(call: Call) -> web.Response:
    pdf = _pdf(call)
    call.library.cancel(pdf.document)
    return call.reply(_operation(pdf, "Processing cancelled"))


def _take_in(call: Call, file: Part, texts: dict[str, str]) -> tuple[Pdf, bool]:
    """Add a PDF file, or return the one with these bytes and True. Raise ApiError BAD_REQUEST for other files."""
    filename = file.filename or "upload"
    library, pdf_id = call.library, call.state.ids.uuid()
    document, is_duplicate = call.state.add_document(
        library,
        pdfs.text(file.data, filename),
        file.data,
        track_id=texts.get("track_id"),
        source_type="pdf",
        mime_type="application/pdf",
        title=texts.get("title") or filename,
        file_name=filename,
        pdf_id=pdf_id,
    )
    if is_duplicate and document.pdf_id is not None:
        if texts.get("force_reindex") == "true":
            library.process_again(document, call.state.settings.processing_time)
            return library.pdf(document.pdf_id), False
        return library.pdf(document.pdf_id), True
    pdf = Pdf(
        pdf_id=pdf_id,
        filename=filename,
        data=file.data,
        document=document,
        vision_enabled=texts.get("enable_vision") == "true",
        vision_model=texts.get("vision_model"),
    )
    document.pdf_id = pdf_id
    library.pdfs[pdf_id] = pdf
    return pdf, False


def _batch_result(call: Call, file: Part, texts: dict[str, str]) -> Json:
    name = file.filename or "upload"
    try:
        pdf, is_duplicate = _take_in(call, file, {**texts, "title": ""})
    except ApiError as refusal:
        return {"filename": name, "status": "failed", "error": refusal.message}
    return present(
        {
            "filename": name,
            "status": DUPLICATE if is_duplicate else pdf.document.status,
            "pdf_id": pdf.pdf_id,
            "task_id": pdf.document.track_id,
            "duplicate_of": pdf.pdf_id if is_duplicate else None,
        }
    )


def _pdf(call: Call) -> Pdf:
    return call.library.pdf(call.part("pdf_id"))


def _tracked(call: Call) -> Document:
    """Return the PDF of a track. Raise ApiError NOT_FOUND if it is unknown."""
    for document in call.library.tracked(call.part("track_id")):
        if document.pdf_id is not None:
            return document
    raise ApiError("NOT_FOUND", f"No PDF in the track {call.part('track_id')}")


def _summary(pdf: Pdf) -> Json:
    return present(
        {
            "pdf_id": pdf.pdf_id,
            "filename": pdf.filename,
            "status": pdf.document.status,
            "file_size_bytes": len(pdf.data),
            "created_at": rfc3339(pdf.document.created_at),
            "page_count": pdf.page_count,
            "processed_at": _processed_at(pdf.document),
        }
    )


def _operation(pdf: Pdf, message: str) -> Json:
    return {"success": True, "pdf_id": pdf.pdf_id, "message": message, "task_id": pdf.document.track_id}


def _processed_at(document: Document) -> str | None:
    return rfc3339(document.updated_at) if document.is_settled else None


def _progress(document: Document) -> Json:
    over = {"pending": 1, "processing": _HALFWAY}.get(document.status, len(_PHASES))
    has_failed = document.status in ("failed", "cancelled")
    over = _HALFWAY if has_failed else over
    phases = [_phase(name, number, over, document, has_failed) for number, name in enumerate(_PHASES)]
    body = {
        "track_id": document.track_id,
        "pdf_id": document.pdf_id,
        "filename": document.file_name,
        "phases": phases,
        "overall_percentage": round(100 * over / len(_PHASES), 2),
        "is_complete": document.is_settled and not has_failed,
        "is_failed": has_failed,
        "started_at": rfc3339(document.created_at),
        "updated_at": rfc3339(document.updated_at),
        "completed_at": _processed_at(document),
        "document_id": document.id,
    }
    return present(body)


def _phase(name: str, number: int, over: int, document: Document, has_failed: bool) -> Json:
    is_over, is_next = number < over, number == over
    status = "complete" if is_over else "failed" if is_next and has_failed else "active" if is_next else "pending"
    phase: Json = {
        "phase": name,
        "status": status,
        "current": int(is_over),
        "total": 1,
        "percentage": 100.0 if is_over else 0.0,
        "message": f"{name.replace('_', ' ')}: {status}",
    }
    if status == "failed":
        phase["error"] = {
            "message": document.outcome_message or "Processing failed",
            "code": "CANCELLED" if document.status == "cancelled" else "PROCESSING_FAILED",
            "retryable": True,
            "suggestion": "Retry the PDF",
        }
    return phase


ROUTES = (
    Route("POST", "/api/v1/documents/pdf", upload),
    Route("GET", "/api/v1/documents/pdf", list_pdfs),
    Route("POST", "/api/v1/documents/pdf/batch", upload_batch),
    Route("GET", "/api/v1/documents/pdf/progress/{track_id}", progress),
    Route("GET", "/api/v1/documents/pdf/progress/stream/{track_id}", stream_progress),
    Route("GET", "/api/v1/documents/pdf/{pdf_id}", get),
    Route("DELETE", "/api/v1/documents/pdf/{pdf_id}", delete),
    Route("GET", "/api/v1/documents/pdf/{pdf_id}/download", download),
    Route("GET", "/api/v1/documents/pdf/{pdf_id}/content", content),
    Route("POST", "/api/v1/documents/pdf/{pdf_id}/retry", retry),
    Route("DELETE", "/api/v1/documents/pdf/{pdf_id}/cancel", cancel),
)
