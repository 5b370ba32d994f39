"""Sources of the parts of a context: a document, a chunk, a figure, a text, a PDF file."""

from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, present
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document

_SUMMARY_LENGTH = 200
_KINDS = {"doc": "document", "drawing": "figure", "image": "figure", "md": "markdown"}


async def artifact(call: Call) -> web.Response:
    named = call.part("artifact_type").lower()
    kind = _KINDS.get(named, named)
    read = _READERS.get(kind)
    if read is None:
        raise ApiError("BAD_REQUEST", f"Unknown artifact_type: {named}")
    artifact_id, found = read(call, call.part("artifact_id"))
    return call.reply({"artifact_type": kind, "artifact_id": artifact_id, kind: present(found)})


def _document(call: Call, document_id: str) -> tuple[str, Json]:
    document = call.library.get(document_id)
    content = document.content if call.flag("include_content") else None
    found = {
        "document_id": document.id,
        "title": document.name,
        "file_name": document.file_name,
        "mime_type": document.mime_type,
        "chunk_count": len(document.chunks),
        "multimodal_item_count": len(document.figures or ()),
        "pdf_id": document.pdf_id,
        "content_summary": None if content is None else content[:_SUMMARY_LENGTH],
        "content": content,
        "markdown": content,
        "content_source": None if content is None else _source(document),
    }
    if document.pdf_id is not None:
        download, content_path = _paths(document.pdf_id)
        found |= {"pdf_download_path": download, "pdf_content_path": content_path}
    return document_id, found


def _chunk(call: Call, chunk_id: str) -> tuple[str, Json]:
    document, chunk = call.library.chunk(chunk_id)
    return chunk_id, {
        "chunk_id": chunk_id,
        "document_id": document.id,
        "content": chunk.text,
        "chunk_index": chunk.index,
        "token_count": extraction.tokens(chunk.text),
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
    }


def _figure(call: Call, item_id: str) -> tuple[str, Json]:
    document_id = call.query("document_id")
    if document_id is None:
        raise ApiError("BAD_REQUEST", "document_id query parameter required for figure artifacts")
    document = call.library.get(document_id)
    for figure in document.figures or ():
        if figure.item_id == item_id:
            return item_id, {
                "item_id": item_id,
                "document_id": document.id,
                "modality": "image",
                "status": "success",
                "name": figure.name,
                "caption": figure.caption,
                "analyzed_text": f"A picture: {figure.caption or figure.name}",
            }
    raise not_found("Figure", item_id)


def _markdown(call: Call, document_id: str) -> tuple[str, Json]:
    document = call.library.get(document_id)
    found = {"document_id": document.id, "markdown": document.content, "source": _source(document)}
    return document_id, found | {"pdf_id": document.pdf_id}


def _pdf(call: Call, pdf_id: str) -> tuple[str, Json]:
    document_id = call.query("document_id")
    if pdf_id not in call.library.pdfs and document_id is not None:
        pdf_id = call.library.get(document_id).pdf_id or pdf_id
    pdf = call.library.pdf(pdf_id)
    download, content_path = _paths(pdf_id)
    return pdf_id, {
        "pdf_id": pdf_id,
        "document_id": pdf.document.id,
        "filename": pdf.filename,
        "file_size_bytes": len(pdf.data),
        "content_type": "application/pdf",
        "is_processed": bool(pdf.document.chunks),
        "download_path": download,
        "content_path": content_path,
        "markdown_content": pdf.document.content if call.flag("include_content") else None,
    }


def _source(document: Document) -> str:
    return "kv" if document.pdf_id is None else "pdf_storage"


def _paths(pdf_id: str) -> tuple[str, str]:
    return f"/api/v1/documents/pdf/{pdf_id}/download", f"/api/v1/documents/pdf/{pdf_id}/content"


_READERS = {"document": _document, "chunk": _chunk, "figure": _figure, "markdown": _markdown, "pdf": _pdf}
