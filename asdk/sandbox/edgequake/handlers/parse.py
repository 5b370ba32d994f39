"""Text of PDF files; only the results of background jobs are stored."""

import json
from typing import Any, cast

from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.forms import Part, read_form
from asdk.sandbox.edgequake.store import pdfs

_BACKENDS = ("pdfium", "vision")


async def parse(call: Call) -> web.Response:
    parts = await read_form(call.request, limit=call.state.settings.max_upload_bytes)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        raise ApiError("BAD_REQUEST", "No file in the upload")
    options = _options(parts)
    result = _result(call, file, options.get("backend") or _BACKENDS[0])
    if not options.get("async"):
        return call.reply(result)
    job_id = call.state.ids.uuid()
    job: Json = {"job_id": job_id, "status": "completed", "result": result, "request_id": result["request_id"]}
    call.state.parse_jobs[job_id] = job
    return call.reply({"job_id": job_id, "status": "queued", "request_id": result["request_id"]}, 202)


async def backends(call: Call) -> web.Response:
    return call.reply(
        {
            "backends": [{"name": name, "available": True} for name in _BACKENDS],
            "limits": {"max_file_bytes": call.state.settings.max_upload_bytes},
            "default_backend": _BACKENDS[0],
        }
    )


async def job(call: Call) -> web.Response:
    found = call.state.parse_jobs.get(call.part("job_id"))
    if found is None:
        raise not_found("Parse job", call.part("job_id"))
    return call.reply(found)


def _options(parts: list[Part]) -> Json:
    """Read the part ``options``, which is one JSON string."""
    part = next((part for part in parts if part.name == "options"), None)
    try:
        options: Any = {} if part is None else json.loads(part.data)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ApiError("BAD_REQUEST", "options is not a JSON object")
    settings = cast("Json", options)
    if settings.get("backend") not in (None, *_BACKENDS):
        raise ApiError("BAD_REQUEST", f"unknown backend: {settings['backend']}")
    return settings


def _result(call: Call, file: Part, backend: str) -> Json:
    markdown = pdfs.text(file.data, file.filename or "upload")
    return present(
        {
            "markdown": markdown,
            "backend": backend,
            "backend_effective": backend,
            "fallback_applied": False,
            "page_count": pdfs.pages(file.data),
            "metrics": {"total_ms": 1 + len(markdown)},
            "warnings": [],
            "request_id": call.state.ids.uuid(),
        }
    )


# Nothing is changed, so a read-only key may call it.
ROUTES = (
    Route("POST", "/api/v1/parse", parse, reads=True),
    Route("GET", "/api/v1/parse/backends", backends),
    Route("GET", "/api/v1/parse/jobs/{job_id}", job),
)
