"""Processing of documents: batches, scans, reprocessing, failures, and the fate of their parts."""

import csv
import io
import json
from typing import cast

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.forms import read_form
from asdk.sandbox.edgequake.handlers.documents import DUPLICATE
from asdk.sandbox.edgequake.handlers.uploads import take_in
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document, DocumentFilter, Figure
from asdk.sandbox.edgequake.store.library import Library
from asdk.sandbox.edgequake.store.state import State

_MODALITIES = frozenset("ite")
_FAILED = frozenset({"failed", "partial_failure", "cancelled"})
SERVER_FILES = {
    "/srv/documents/atlas.md": "Mount Erebus is in Antarctica. Ernest Shackleton went to Antarctica.",
    "/srv/documents/notes.txt": "Ada Lovelace wrote to Charles Babbage.",
    "/srv/documents/old/map.txt": "Roald Amundsen reached the South Pole.",
    "/srv/documents/picture.png": "",
}
"""File system of the server, as a scan sees it."""


@attrs.frozen
class ScanRequest:
    path: str
    recursive: bool | None = None
    extensions: list[str] | None = None
    max_files: int | None = None
    async_processing: bool | None = None
    track_id: str | None = None


@attrs.frozen
class ReprocessRequest:
    document_id: str | None = None
    track_id: str | None = None
    max_documents: int | None = None
    force: bool | None = None
    mode: str | None = None


@attrs.frozen
class RecoverRequest:
    document_ids: list[str] | None = None
    max_documents: int | None = None
    stuck_threshold_minutes: int | None = None


@attrs.frozen
class RetryChunksRequest:
    chunk_indices: list[int] | None = None
    force: bool | None = None
    max_retries: int | None = None


@attrs.frozen
class ReanalyzeRequest:
    process_options: str | None = None
    reindex: bool | None = None


async def upload_batch(call: Call) -> web.Response:
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    files = [part for part in parts if part.name == "files"]
    if not files:
        raise ApiError("BAD_REQUEST", "No files in the upload")
    results: list[Json] = []
    for part in files:
        name = part.filename or "upload"
        try:
            document, is_duplicate = take_in(call, part, metadata=None)
        except ApiError as refusal:
            results.append({"filename": name, "status": "failed", "error": refusal.message})
        else:
            status = DUPLICATE if is_duplicate else document.status
            results.append({"filename": name, "status": status, "document_id": document.id})
    failed = sum("error" in result for result in results)
    duplicates = sum(result["status"] == DUPLICATE for result in results)
    body = {
        "total_files": len(files),
        "processed": len(files) - failed - duplicates,
        "duplicates": duplicates,
        "failed": failed,
        "results": results,
    }
    return call.reply(body, 202)


async def search(call: Call) -> web.Response:
    wanted = (call.query("q") or "").lower()
    status, size = call.query("status"), call.page.size
    documents, _ = call.library.page(DocumentFilter.parse(status=status), 0, len(call.library))
    found = [document for document in documents if wanted in document.name.lower()]
    items = [
        {
            "id": document.id,
            "title": document.name,
            "status": document.status,
            "created_at": rfc3339(document.created_at),
        }
        for document in found[:size]
    ]
    return call.reply({"items": items, "total": len(found), "has_more": len(found) > size})


async def scan(call: Call) -> web.Response:
    wanted = await call.body(ScanRequest)
    below = wanted.path.rstrip("/") + "/"
    if not below.startswith("/srv/"):
        raise ApiError("FORBIDDEN", f"Outside of the directories that may be scanned: {wanted.path}")
    found = [path for path in SERVER_FILES if path.startswith(below)]
    if not found:
        raise ApiError("NOT_FOUND", f"Directory not found: {wanted.path}")
    if wanted.recursive is False:
        found = [path for path in found if "/" not in path.removeprefix(below)]
    track_id = wanted.track_id or call.state.track_id()
    endings = tuple(wanted.extensions or (".md", ".txt"))
    queued: list[str] = []
    skipped: list[Json] = []
    for path in found[: wanted.max_files]:
        if not path.endswith(endings):
            skipped.append({"path": path, "reason": "unsupported file type"})
            continue
        text, name = SERVER_FILES[path], path.rpartition("/")[2]
        described = {"source_type": "file", "mime_type": "text/plain", "title": name, "file_name": name}
        _, is_duplicate = call.state.add_document(call.library, text, text.encode(), track_id=track_id, **described)
        if is_duplicate:
            skipped.append({"path": path, "reason": "duplicate"})
        else:
            queued.append(path)
    return call.reply(
        {
            "track_id": track_id,
            "files_found": len(found),
            "files_queued": len(queued),
            "files_skipped": len(skipped),
            "queued_files": queued,
            "skipped_files": skipped,
        }
    )


async def reprocess(call: Call) -> web.Response:
    wanted = await call.body_or_default(ReprocessRequest)
    library = call.library
    documents = (
        [library.get(wanted.document_id)]
        if wanted.document_id is not None
        else library.all()
        if wanted.track_id is None
        else library.tracked(wanted.track_id)
    )
    found = [document for document in documents if document.status in _FAILED or (wanted.force and document.is_settled)]
    track_id = begin_again(call.state, call.library, found[: wanted.max_documents])
    again = [document.id for document in found[: wanted.max_documents]]
    return call.reply({"track_id": track_id, "failed_found": len(found), "requeued": len(again), "document_ids": again})


async def recover_stuck(call: Call) -> web.Response:
    wanted = await call.body_or_default(RecoverRequest)
    minutes = 10 if wanted.stuck_threshold_minutes is None else wanted.stuck_threshold_minutes
    before = call.state.clock() - 60.0 * minutes
    stuck = [
        document
        for document in call.library.all()
        if document.status == "processing"
        and document.updated_at <= before
        and (wanted.document_ids is None or document.id in wanted.document_ids)
    ]
    again = stuck[: wanted.max_documents]
    return call.reply(
        {
            "track_id": begin_again(call.state, call.library, again),
            "stuck_found": len(stuck),
            "requeued": len(again),
            "document_ids": [document.id for document in again],
            "document_titles": [document.name for document in again],
        }
    )


async def deletion_impact(call: Call) -> web.Response:
    library, document = call.library, call.library.get(call.part("document_id"))
    lonely = [name for name in document.entities if library.entities[name] == 1]
    cut = [pair for pair in document.relationships if library.relationships[pair] == 1]
    return call.reply(
        {
            "document_id": document.id,
            "chunks_to_delete": len(document.chunks),
            "entities_to_remove": len(lonely),
            "entities_to_update": len(document.entities) - len(lonely),
            "relationships_to_remove": len(cut),
            "relationships_to_update": len(document.relationships) - len(cut),
            "preview_only": True,
        }
    )


async def failed_chunks(call: Call) -> web.Response:
    document = call.library.get(call.part("document_id"))
    failed = _failed_chunks(document)
    body: Json = {
        "document_id": document.id,
        "failed_chunks": failed,
        "total_chunks": len(document.chunks),
        "successful_chunks": len(document.chunks) - len(failed),
    }
    return call.reply(call.also(body, chunks=failed))


async def retry_chunks(call: Call) -> web.Response:
    wanted = await call.body_or_default(RetryChunksRequest)
    document = call.library.get(call.part("document_id"))
    failed = [int(chunk["chunk_index"]) for chunk in _failed_chunks(document)]
    every = [chunk.index for chunk in document.chunks] if wanted.force else failed
    chosen = [index for index in every if wanted.chunk_indices is None or index in wanted.chunk_indices]
    if chosen:
        call.library.process_again(document, call.state.settings.processing_time)
    return call.reply(
        {
            "document_id": document.id,
            "chunks_queued": len(chosen),
            "chunk_indices": chosen,
            "message": f"{len(chosen)} chunks queued",
            "implemented": True,
        }
    )


async def reanalyze(call: Call) -> web.Response:
    wanted = await call.body_or_default(ReanalyzeRequest)
    document = call.library.get(call.part("document_id"))
    if not set(wanted.process_options or "") <= _MODALITIES:
        raise ApiError("VALIDATION_ERROR", f"Multimodal analyze failed: unknown options {wanted.process_options}")
    reads_pictures = not wanted.process_options or "i" in wanted.process_options
    figures = extraction.figures(document.content)
    if reads_pictures:
        document.figures = [Figure(f"im-{document.id}-{number}", *figure) for number, figure in enumerate(figures, 1)]
    track_id = None
    if wanted.reindex is not False:
        track_id = begin_again(call.state, call.library, [document], kind="reanalyze")
    return call.reply(
        {
            "document_id": document.id,
            "track_id": track_id,
            "requeued": track_id is not None,
            "success": len(figures) if reads_pictures else 0,
            "skipped": 0 if reads_pictures else len(figures),
            "failed": 0,
        }
    )


async def lineage(call: Call) -> web.Response:
    document = call.library.get(call.part("document_id"))
    return call.reply(
        present({"document_id": document.id, "metadata": document.metadata, "lineage": _lineage(document)})
    )


async def export_lineage(call: Call) -> web.Response:
    document, wanted = call.library.get(call.part("document_id")), call.query("format") or "json"
    if wanted == "json":
        return web.Response(body=json.dumps(_lineage(document)).encode(), content_type="application/json")
    if wanted != "csv":
        raise ApiError("BAD_REQUEST", f"unknown format: {wanted}")
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["chunk_id", "index", "start_line", "end_line"])
    table.writerows([chunk.chunk_id, chunk.index, chunk.start_line, chunk.end_line] for chunk in document.chunks)
    return web.Response(body=text.getvalue().encode(), content_type="text/csv")


async def metadata(call: Call) -> web.Response:
    document = call.library.get(call.part("document_id"))
    given: object = document.metadata
    own = cast("Json", given) if isinstance(given, dict) else {}
    return call.reply(
        own
        | present(
            {
                "id": document.id,
                "title": document.title,
                "status": document.status,
                "track_id": document.track_id,
                "content_hash": document.content_hash,
                "source_type": document.source_type,
            }
        )
    )


def begin_again(state: State, library: Library, documents: list[Document], *, kind: str = "upload") -> str:
    """Process documents again, all under one new track; return it."""
    track_id = state.track_id(kind)
    for document in documents:
        library.follow_by(document, track_id)
        library.process_again(document, state.settings.processing_time)
    return track_id


def _failed_chunks(document: Document) -> list[Json]:
    """Return the failed chunks: the last one of a document that failed partially."""
    if document.status != "partial_failure" or not document.chunks:
        return []
    chunk = document.chunks[-1]
    return [
        {
            "chunk_index": chunk.index,
            "chunk_id": chunk.chunk_id,
            "error_message": document.outcome_message or "Some chunks could not be processed",
            "was_timeout": False,
            "retry_attempts": 3,
            "status": "failed",
        }
    ]


def _lineage(document: Document) -> Json:
    return {
        "document_id": document.id,
        "chunks": [
            {
                "chunk_id": chunk.chunk_id,
                "index": chunk.index,
                "start_line": chunk.start_line,
                "end_line": chunk.end_line,
            }
            for chunk in document.chunks
        ],
        "entities": document.entities,
    }


ROUTES = (
    Route("POST", "/api/v1/documents/upload/batch", upload_batch),
    Route("GET", "/api/v1/documents/search", search),
    Route("POST", "/api/v1/documents/scan", scan),
    Route("POST", "/api/v1/documents/reprocess", reprocess),
    Route("POST", "/api/v1/documents/recover-stuck", recover_stuck),
    Route("GET", "/api/v1/documents/{document_id}/deletion-impact", deletion_impact),
    Route("GET", "/api/v1/documents/{document_id}/failed-chunks", failed_chunks),
    Route("POST", "/api/v1/documents/{document_id}/retry-chunks", retry_chunks),
    Route("POST", "/api/v1/documents/{document_id}/reanalyze", reanalyze),
    Route("GET", "/api/v1/documents/{document_id}/lineage", lineage),
    Route("GET", "/api/v1/documents/{document_id}/lineage/export", export_lineage),
    Route("GET", "/api/v1/documents/{document_id}/metadata", metadata),
)
