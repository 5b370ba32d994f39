"""Searches in genomes: by a fragment, and by signatures, in jobs with a status and results."""

import contextlib
import io
import json
import tarfile
from typing import cast

import attrs
from aiohttp import web
from aiohttp.web_request import FileField

from asdk.sandbox.mgnify import shapes
from asdk.sandbox.mgnify.call import Call, Route
from asdk.sandbox.mgnify.errors import ApiError, unknown
from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.store.records import Genome
from asdk.sandbox.mgnify.store.searches import KMER_SIZE, Gather, Match, Signature

_BASES = frozenset("ACGTN")
_THRESHOLD = 0.4


@attrs.frozen
class FragmentQuery:
    sequence: str
    kmer_size: int
    limit: int | None
    threshold: float
    catalogues: list[str]


async def fragment(call: Call) -> web.Response:
    query = await _read_fragment(call)
    _need_backend(call)
    kept = _catalogues(call, query.catalogues) if query.catalogues else None
    genomes = call.state.library.genomes if kept is None else (one for kind in kept.values() for one in kind)
    matches = call.state.searches.fragment(
        genomes, query.sequence, kmer_size=query.kmer_size, threshold=query.threshold, limit=query.limit
    )
    found = {"query": query.sequence, "threshold": query.threshold, "results": [_match(match) for match in matches]}
    return call.reply({"data": found})


async def gather(call: Call) -> web.Response:
    if call.request.content_type != "multipart/form-data":
        raise ApiError(400, "Send the signatures as multipart/form-data")
    form = await call.request.post()
    wanted = [str(name) for name in form.getall("mag_catalogues", [])]
    uploads = [upload for upload in form.getall("file_uploaded", []) if isinstance(upload, FileField)]
    if not wanted or not uploads:
        raise ApiError(400, "Both mag_catalogues and file_uploaded are required")
    files = [(upload.filename, _hashes(upload)) for upload in uploads]
    _need_backend(call)
    job = call.state.searches.gather(files, _catalogues(call, wanted))
    data = {
        "message": "Your search was queued.",
        "job_id": job.job_id,
        "status": "QUEUED",
        "children_ids": [signature.job_id for signature in job.signatures],
        "signatures_received": [name for name, _ in files],
        "requested_catalogues": wanted,
        "status_url": _url(call, "status", job.job_id),
    }
    return call.reply({"data": data})


async def status(call: Call) -> web.Response:
    job = _job(call)
    state = job.status(call.state.clock())
    data: Json = {
        "group_id": job.job_id,
        "status": state,
        "signatures": [_signature(call, number, one, state) for number, one in enumerate(job.signatures, start=1)],
        "worker_status": "ONLINE",
    }
    if state == "SUCCESS":
        data["results_url"] = _url(call, "results", job.job_id)
    return call.reply({"data": data})


async def results(call: Call) -> web.Response:
    job, wanted = _job(call), call.part("job_id")
    if job.status(call.state.clock()) != "SUCCESS":
        raise unknown()
    if wanted == job.job_id:
        return _attachment(f"{wanted}.tgz", "application/gzip", _archive(job))
    table = next(one.csv() for one in job.signatures if one.job_id == wanted)
    return _attachment(f"{wanted}.csv", "text/csv", table.encode())


async def _read_fragment(call: Call) -> FragmentQuery:
    """Read the fragment from JSON, or from a form with the same names. Raise ApiError 400 if it is invalid."""
    if call.request.content_type == "application/json":
        data = await call.body()
    elif call.request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        data = await _form(call)
    else:
        raise ApiError(400, "Send JSON or a form")
    sequence = _sequence(data.get("sequence"))
    query = FragmentQuery(
        sequence,
        int(_number(data, "kmer_size", KMER_SIZE, least=1)),
        None if data.get("max_results") is None else int(_number(data, "max_results", 0, least=1)),
        _number(data, "threshold", _THRESHOLD, least=0),
        [str(name) for name in cast("list[object]", data.get("catalogues_filter") or [])],
    )
    if len(sequence) < query.kmer_size:
        raise ApiError(400, f"The sequence is shorter than {query.kmer_size} bases")
    return query


async def _form(call: Call) -> Json:
    form = await call.request.post()
    data: Json = {name: form[name] for name in ("kmer_size", "max_results", "threshold") if name in form}
    upload = form.get("sequence_file")
    text = upload.file.read().decode("ascii", "replace") if isinstance(upload, FileField) else None
    data["sequence"] = text or form.get("sequence") or form.get("seq")
    data["catalogues_filter"] = form.getall("catalogues_filter", [])
    return data


def _sequence(value: object) -> str:
    """Extract the bases from plain text or FASTA."""
    lines = value.upper().split() if isinstance(value, str) and not value.startswith(">") else _fasta(value)
    sequence = "".join(lines)
    if not sequence:
        raise ApiError(400, "A sequence is required")
    if not set(sequence) <= _BASES:
        raise ApiError(400, "The sequence holds other letters than A, C, G, T and N")
    return sequence


def _fasta(value: object) -> list[str]:
    lines = value.upper().splitlines() if isinstance(value, str) else []
    return [line.strip() for line in lines if not line.startswith(">")]


def _number(data: Json, name: str, default: float, *, least: float) -> float:
    value = data.get(name)
    try:
        number = default if value is None else float(value)
    except (TypeError, ValueError):
        number = -1
    if not number >= least:
        raise ApiError(400, f"{name} must be a number of at least {least:g}")
    return number


def _catalogues(call: Call, wanted: list[str]) -> dict[str, list[Genome]]:
    known = call.state.library.catalogues
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ApiError(400, f"Unknown catalogues: {', '.join(missing)}")
    return {name: known[name].genomes for name in wanted}


def _hashes(upload: FileField) -> set[int]:
    """Return the hashes in an uploaded signature: a list of objects with ``signatures``, each with ``mins``."""
    found: set[int] = set()
    with contextlib.suppress(ValueError, TypeError, KeyError):
        for part in cast("list[dict[str, list[dict[str, list[int]]]]]", json.loads(upload.file.read())):
            for signature in part["signatures"]:
                found.update(signature["mins"])
    if not found:
        raise ApiError(400, f"{upload.filename} is not a signature")
    return found


def _need_backend(call: Call) -> None:
    if call.state.settings.search_backend == "failing":
        raise ApiError(502, "The search backend failed")
    if call.state.settings.search_backend == "down":
        raise ApiError(503, "The search backend cannot be reached")


def _match(match: Match) -> Json:
    found = {"num_kmers": match.kmers, "num_kmers_found": match.found, "percent_kmers_found": match.percent}
    return {"mgnify": shapes.genome(match.genome), "cobs": {"genome": match.genome.accession} | found}


def _signature(call: Call, position: int, signature: Signature, state: str) -> Json:
    shown: Json = {"job_id": signature.job_id, "status": state, "filename": signature.filename}
    shown["catalogue"] = signature.catalogue
    if state == "QUEUED":
        return shown | {"position_in_queue": position}
    if state != "SUCCESS":
        return shown
    if not signature.rows:
        return shown | {"result": None, "reason": "NO_RESULTS"}
    best = {"matches": len(signature.rows), "query_filename": signature.filename}
    return shown | {"result": best, "results_url": _url(call, "results", signature.job_id)}


def _job(call: Call) -> Gather:
    job = call.state.searches.find(call.part("job_id"))
    if job is None:
        raise unknown()
    return job


def _url(call: Call, kind: str, job_id: str) -> str:
    root = call.request.path.partition("/genomes-search/")[0]
    return f"{call.request.url.origin()}{root}/genomes-search/{kind}/{job_id}/"


def _archive(job: Gather) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for signature in job.signatures:
            table = signature.csv().encode()
            member = tarfile.TarInfo(f"{signature.job_id}.csv")
            member.size = len(table)
            archive.addfile(member, io.BytesIO(table))
    return packed.getvalue()


def _attachment(name: str, content_type: str, body: bytes) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=content_type, headers=headers)


ROUTES = (
    Route("POST", "/genome-search/", fragment),
    Route("POST", "/genomes-search/gather/", gather),
    Route("GET", "/genomes-search/status/{job_id}/", status),
    Route("GET", "/genomes-search/results/{job_id}/", results),
)
