"""File host: the target of links in replies. It is not part of the API: no bearer token, no JSON, range requests."""

import hashlib
import re

from aiohttp import web

from asdk.sandbox.mgnify.call import Call, Route
from asdk.sandbox.mgnify.errors import html_page
from asdk.sandbox.mgnify.store import files
from asdk.sandbox.mgnify.store.links import ROOT
from asdk.sandbox.mgnify.store.records import File, Record

_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)").fullmatch


async def file(call: Call) -> web.Response:
    found = _find(call, call.part("parent"), call.part("alias"))
    if found is None:
        return html_page(404)
    path, query = call.request.path, call.request.query
    if found.owner is not None and not call.state.links.admits(path, query.get("expires"), query.get("token")):
        return html_page(403)
    return _send(call, files.content(call.part("alias")), files.content_type(call.part("alias")))


def _send(call: Call, body: bytes, content_type: str) -> web.Response:
    """Send the whole file or the requested range (RFC 9110, section 14). HEAD sends only the head."""
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"', "Content-Type": content_type}
    if not call.state.settings.accept_ranges:
        return web.Response(body=body, headers=headers)
    headers["Accept-Ranges"] = "bytes"
    wanted = _RANGE(call.request.headers.get("Range", ""))
    unchanged = call.request.headers.get("If-Range") in (None, headers["ETag"])
    if wanted is None or not unchanged or call.request.method != "GET":
        return web.Response(body=body, headers=headers)
    first, last = int(wanted[1][:18]), min(int(wanted[2][:18] or len(body)), len(body) - 1)
    if first >= len(body) or last < first:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return web.Response(status=206, body=body[first : last + 1], headers=headers)


def _find(call: Call, parent: str, alias: str) -> Record | None:
    """Return the record that a file belongs to; None if the file does not exist."""
    library = call.state.library
    genomes = {genome.accession: genome for genome in library.genomes} if parent.startswith("MGYG") else {}
    holders = (library.studies, library.analyses, library.catalogues, genomes)
    record = next((known[parent] for known in holders if parent in known), None)
    if record is None or alias not in _aliases(record.files):
        return None
    return record


def _aliases(held: list[File]) -> set[str | None]:
    return {file.alias for file in held} | {files.index_alias(file) for file in held}


ROUTES = (Route("GET", f"{ROOT}/{{parent}}/{{alias}}", file),)
