"""Files added as documents."""

import json
import mimetypes
from typing import Any

from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Route
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.forms import Part, read_form
from asdk.sandbox.edgequake.handlers.documents import DUPLICATE
from asdk.sandbox.edgequake.store.documents import Document


async def upload(call: Call) -> web.Response:
    # Only these two parts are used; others, such as a title, are read and ignored.
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        raise ApiError("BAD_REQUEST", "No file in the upload")
    document, is_duplicate = take_in(call, file, metadata=_metadata(parts))
    body = {
        "document_id": document.id,
        "filename": file.filename or "upload",
        "size": len(file.data),
        "content_hash": document.content_hash,
        "status": DUPLICATE if is_duplicate else document.status,
        "chunk_count": len(document.chunks),
        "entity_count": len(document.entities),
        "relationship_count": len(document.relationships),
        "is_duplicate": is_duplicate,
        "track_id": document.track_id,
    }
    return call.reply(body, 202)


def take_in(call: Call, file: Part, *, metadata: Any) -> tuple[Document, bool]:
    """Add a file as a document, or return the one with these bytes and True. Raise ApiError without any text."""
    filename = file.filename or "upload"
    return call.state.add_document(
        call.library,
        text_of(file, filename),
        file.data,
        track_id=None,
        source_type="file",
        mime_type=mimetypes.guess_type(filename)[0] or file.content_type or "application/octet-stream",
        title=filename,
        file_name=filename,
        metadata=metadata,
    )


def text_of(file: Part, filename: str) -> str:
    """Return the text of a file. Raise ApiError BAD_REQUEST if it has none."""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ApiError("BAD_REQUEST", f"Not a text file: {filename}") from None
    if not text.strip():
        raise ApiError("BAD_REQUEST", f"The file is empty: {filename}")
    return text


def _metadata(parts: list[Part]) -> Any:
    """Read the part ``metadata``, which is one JSON string."""
    part = next((part for part in parts if part.name == "metadata"), None)
    if part is None:
        return None
    try:
        return json.loads(part.data)
    except ValueError:
        raise ApiError("BAD_REQUEST", "metadata is not JSON") from None


ROUTES = (Route("POST", "/api/v1/documents/upload", upload),)
