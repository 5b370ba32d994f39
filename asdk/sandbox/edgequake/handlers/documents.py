"""Text documents: add, list, read, delete, and follow their processing."""

from typing import Any

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.costs import cost_of
from asdk.sandbox.edgequake.store.documents import Document, DocumentFilter
from asdk.sandbox.edgequake.store.state import status_counts
from asdk.sandbox.edgequake.store.tenants import EMBEDDING_MODEL, LLM_MODEL

DUPLICATE = "duplicate_processing"
_SUMMARY_LENGTH = 200


@attrs.frozen
class UploadDocumentRequest:
    content: str
    title: str | None = None
    metadata: Any = None
    async_processing: bool | None = None
    track_id: str | None = None
    enable_gleaning: bool | None = None
    max_gleaning: int | None = None
    use_llm_summarization: bool | None = None
    chunk_strategy: str | None = None
    chunk_options: Any = None


async def create(call: Call) -> web.Response:
    wanted = await call.body(UploadDocumentRequest)
    if not wanted.content.strip():
        raise ApiError("BAD_REQUEST", "content must not be empty")
    document, is_duplicate = call.state.add_document(
        call.library,
        wanted.content,
        wanted.content.encode(),
        track_id=wanted.track_id,
        source_type="text",
        mime_type="text/plain",
        title=wanted.title,
        metadata=wanted.metadata,
    )
    if is_duplicate:
        known = {"document_id": document.id, "status": DUPLICATE, "track_id": document.track_id}
        return call.reply(known | {"duplicate_of": document.id})
    return call.reply(_uploaded(document), 202)


async def list_documents(call: Call) -> web.Response:
    wanted = DocumentFilter.parse(
        status=call.query("status"),
        date_from=call.query("date_from"),
        date_to=call.query("date_to"),
        document_pattern=call.query("document_pattern"),
    )
    page, library = call.page, call.library
    documents, total = library.page(wanted, page.offset, page.size)
    body = page.envelope("documents", [summary(document) for document in documents], total)
    body["has_more"] = page.number * page.size < total
    # For the whole workspace, regardless of the filter.
    body["status_counts"] = status_counts(library.statuses)
    return call.reply(body)


async def get(call: Call) -> web.Response:
    document = call.library.get(call.part("document_id"))
    return call.reply(_detail(call, document))


async def delete(call: Call) -> web.Response:
    document = call.library.delete(call.part("document_id"))
    return call.reply(
        {
            "document_id": document.id,
            "deleted": True,
            "chunks_deleted": len(document.chunks),
            "entities_affected": len(document.entities),
            "relationships_affected": len(document.relationships),
        }
    )


async def delete_all(call: Call) -> web.Response:
    library = call.library
    entities, relationships = len(library.entities), len(library.relationships)
    deleted, skipped = library.delete_settled()
    return call.reply(
        {
            "deleted_count": len(deleted),
            "total_chunks_deleted": sum(len(document.chunks) for document in deleted),
            "total_entities_removed": entities - len(library.entities),
            "total_relationships_removed": relationships - len(library.relationships),
            "total_pdfs_deleted": sum(document.pdf_id is not None for document in deleted),
            "skipped_count": len(skipped),
            "skipped_documents": [document.id for document in skipped],
        }
    )


async def track(call: Call) -> web.Response:
    documents = call.library.tracked(call.part("track_id"))
    settled = [document for document in documents if document.is_settled]
    statuses = [document.status for document in documents]
    body = {
        "track_id": call.part("track_id"),
        "documents": [summary(document) for document in documents],
        "total_count": len(documents),
        "status_summary": status_counts({status: statuses.count(status) for status in statuses}),
        "is_complete": len(settled) == len(documents),
        "created_at": rfc3339(documents[0].created_at),
        "latest_message": f"{len(settled)} of {len(documents)} documents processed",
    }
    # The last unfinished document determines the overall status.
    status = next((document.status for document in documents if not document.is_settled), statuses[-1])
    progress = round(len(settled) / len(documents), 4)
    return call.reply(call.also(body, status=status, document_id=documents[0].id, progress=progress))


def summary(document: Document) -> Json:
    """Return a document in the shape of lists and tracks."""
    cost = cost_of(document)
    body: Json = {
        "id": document.id,
        "chunk_count": len(document.chunks),
        "title": document.title,
        "file_name": document.file_name,
        "content_summary": document.content[:_SUMMARY_LENGTH],
        "content_length": len(document.content),
        "entity_count": len(document.entities),
        "status": document.status,
        "track_id": document.track_id,
        "created_at": rfc3339(document.created_at),
        "updated_at": rfc3339(document.updated_at),
        "source_type": document.source_type,
        "pdf_id": document.pdf_id,
    }
    if document.status == "processing":
        body |= {"current_stage": "extraction", "stage_message": "Extracting entities"}
    if document.chunks:
        body |= {
            "cost_usd": cost.usd,
            "input_tokens": cost.input_tokens,
            "output_tokens": cost.output_tokens,
            "total_tokens": cost.total_tokens,
            "llm_model": LLM_MODEL,
            "embedding_model": EMBEDDING_MODEL,
        }
    return present(body | _complaint(document))


def _detail(call: Call, document: Document) -> Json:
    body: Json = {
        "id": document.id,
        "status": document.status,
        "chunk_count": len(document.chunks),
        "title": document.title,
        "file_name": document.file_name,
        "content": document.content,
        "content_summary": document.content[:_SUMMARY_LENGTH],
        "content_length": len(document.content),
        "content_hash": document.content_hash,
        "entity_count": len(document.entities),
        "relationship_count": len(document.relationships),
        "source_type": document.source_type,
        "mime_type": document.mime_type,
        "file_size": document.size,
        "track_id": document.track_id,
        "tenant_id": call.tenant_id,
        "workspace_id": call.workspace_id,
        "created_at": rfc3339(document.created_at),
        "updated_at": rfc3339(document.updated_at),
        "processed_at": rfc3339(document.updated_at) if document.is_settled else None,
        "metadata": document.metadata,
        "pdf_id": document.pdf_id,
    }
    return present(body | _complaint(document) | _pictures(document))


def _uploaded(document: Document) -> Json:
    body: Json = {"document_id": document.id, "status": document.status, "track_id": document.track_id}
    if not document.is_settled:
        return body | {"task_id": document.track_id}
    cost = cost_of(document)
    return body | {
        "chunk_count": len(document.chunks),
        "entity_count": len(document.entities),
        "relationship_count": len(document.relationships),
        "cost": {
            "total_cost_usd": cost.usd,
            "formatted_cost": f"${cost.usd:.6f}",
            "input_tokens": cost.input_tokens,
            "output_tokens": cost.output_tokens,
            "total_tokens": cost.total_tokens,
            "llm_model": LLM_MODEL,
            "embedding_model": EMBEDDING_MODEL,
        },
    }


def _complaint(document: Document) -> Json:
    """Return what went wrong in processing."""
    if document.status == "failed":
        return {"error_message": document.outcome_message or "Processing failed"}
    if document.status == "partial_failure":
        return {"warning_message": document.outcome_message or "Some chunks could not be processed"}
    return {}


def _pictures(document: Document) -> Json:
    """Return the data read from its pictures, once that was requested."""
    if document.figures is None:
        return {}
    items = [{"item_id": one.item_id, "modality": "image", "status": "success"} for one in document.figures]
    return {"multimodal_items": items, "multimodal_summary": {"success": len(items), "skipped": 0, "failed": 0}}


ROUTES = (
    Route("POST", "/api/v1/documents", create),
    Route("GET", "/api/v1/documents", list_documents),
    Route("DELETE", "/api/v1/documents", delete_all),
    Route("GET", "/api/v1/documents/track/{track_id}", track),
    Route("GET", "/api/v1/documents/{document_id}", get),
    Route("DELETE", "/api/v1/documents/{document_id}", delete),
)
