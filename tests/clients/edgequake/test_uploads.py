"""Tests of uploads: the content of the form, retries, and rejections."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk import AuthenticationError, ConflictError, ServerError, StatusError
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, Sandbox, ServerFault
from asdk.sandbox.edgequake.settings import DEFAULT_WORKSPACE_ID
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.edgequake_schemas import sample

TEXT = b"Sarah Chen works at Acme Labs."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"
PROBLEM = {"code": "CONFLICT", "message": "Document already exists", "status": 409, "title": "Conflict"}


@attrs.frozen
class Upload:
    """Way to send files: the call, the content of its form, and whether it is retried."""

    send: Callable[..., Awaitable[Any]]
    path: str
    reply: str
    fields: dict[str, str]
    file: str = "file"
    files: int = 1
    repeats: bool = False


UPLOADS = {
    "documents.upload_file": Upload(
        lambda c, file, **options: c.documents.upload_file(file, metadata={"year": 2026}, **options),
        "/api/v1/documents/upload",
        "FileUploadResponse",
        {"metadata": '{"year":2026}'},
    ),
    "documents.upload_batch": Upload(
        lambda c, file, **options: c.documents.upload_batch([file, ("b.txt", b"other")], **options),
        "/api/v1/documents/upload/batch",
        "BatchUploadResponse",
        {},
        file="files",
        files=2,
    ),
    "pdf.upload": Upload(
        lambda c, file, **options: c.pdf.upload(
            file,
            title="T",
            enable_vision=True,
            vision_provider="p",
            vision_model="m",
            track_id="mine",
            force_reindex=True,
            **options,
        ),
        "/api/v1/documents/pdf",
        "PdfUploadResponse",
        {
            "enable_vision": "true",
            "vision_provider": "p",
            "vision_model": "m",
            "title": "T",
            "track_id": "mine",
            "force_reindex": "true",
        },
    ),
    "pdf.upload_batch": Upload(
        lambda c, file, **options: c.pdf.upload_batch([file, ("b.pdf", PDF)], enable_vision=True, **options),
        "/api/v1/documents/pdf/batch",
        "PdfBatchUploadResponse",
        {"enable_vision": "true"},
        file="files",
        files=2,
    ),
    "parse.parse": Upload(
        lambda c, file, **options: c.parse.parse(file, settings={"backend": "vision"}, **options),
        "/api/v1/parse",
        "ParseResponse",
        {"options": '{"backend":"vision"}'},
        repeats=True,
    ),
    "injections.put_file": Upload(
        lambda c, file, **options: c.injections.put_file(DEFAULT_WORKSPACE_ID, file, name="rules", **options),
        "/api/v1/workspaces/{workspace_id}/injection/file",
        "PutInjectionResponse",
        {"name": "rules"},
        repeats=True,
    ),
}
EACH = pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS)


def parts_of(headers: Any, content: bytes) -> list[tuple[str, str | None, bytes]]:
    """Return name, file name and content of each part of a form, in order."""
    message: Any = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + content)
    return [
        (
            part.get_param("name", header="Content-Disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    return {"path": path, "bytes": ("a.pdf", PDF), "stream": ("a.pdf", io.BytesIO(PDF))}


@EACH
@pytest.mark.parametrize("kind", ["path", "bytes", "stream"])
async def test_the_fields_come_first_and_the_files_last(upload: Upload, kind: str, files: dict[str, Any]) -> None:
    transport = MemoryTransport([Reply(json=sample(upload.reply))])
    await upload.send(EdgeQuake(auth=None, transport=transport), files[kind])
    (request,) = transport.sent
    assert request.template == upload.path
    fields, parts = parts_of(request.headers, request.content), upload.files
    assert {name: value.decode() for name, _, value in fields[:-parts]} == upload.fields
    assert [name for name, _, _ in fields[:-parts]] == list(upload.fields)
    assert [name for name, _, _ in fields[-parts:]] == [upload.file] * parts
    assert fields[-parts][1:] == ("a.pdf", PDF)


@EACH
async def test_an_upload_is_sent_whole_again_after_a_401(
    upload: Upload, files: dict[str, Any], admin: EdgeQuake, server: EdgeQuakeServer
) -> None:
    await admin.auth.me()
    server.invalidate_access_tokens()
    server.counters.reset()
    await upload.send(admin, files["stream"])
    asked = [record for record in server.counters.recent if record.route == upload.path]
    assert asked[0].status == 401
    assert len(asked) == 2
    assert server.counters.count("POST", "/api/v1/auth/refresh") == 1


@EACH
async def test_an_upload_is_repeated_only_where_that_does_no_harm(upload: Upload, files: dict[str, Any]) -> None:
    for options, requests in (({}, 2 if upload.repeats else 1), ({"idempotency_key": True}, 2)):
        transport = MemoryTransport([Reply(503), Reply(json=sample(upload.reply))])
        client = EdgeQuake(auth=None, transport=transport, clock=VirtualClock())
        if requests == 1:
            with pytest.raises(ServerError):
                await upload.send(client, files["path"], **options)
        else:
            await upload.send(client, files["path"], **options)
        assert len(transport.sent) == requests
        assert len({parts_of(request.headers, request.content)[-1] for request in transport.sent}) == 1


@EACH
async def test_a_busy_server_took_nothing_in_so_the_upload_is_repeated(upload: Upload, files: dict[str, Any]) -> None:
    transport = MemoryTransport([Reply(429, headers={"Retry-After": "1"}), Reply(json=sample(upload.reply))])
    await upload.send(EdgeQuake(auth=None, transport=transport, clock=VirtualClock()), files["stream"])
    first, second = [parts_of(request.headers, request.content) for request in transport.sent]
    assert first == second


async def test_a_body_that_cannot_be_read_twice_is_not_retried(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    server.invalidate_access_tokens()
    reader, writer = os.pipe()
    os.write(writer, TEXT)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe, pytest.raises(AuthenticationError, match="cannot be sent again"):
        await admin.documents.upload_file(("a.txt", pipe))
    assert server.counters.count("POST", "/api/v1/documents/upload") == 1
    assert (await admin.documents.count()).total == 0


@pytest.mark.parametrize("name", ["documents.upload_file", "pdf.upload"])
async def test_a_server_that_refuses_a_duplicate_is_a_conflict(name: str) -> None:
    headers = {"Content-Type": "application/problem+json"}
    transport = MemoryTransport([Reply(409, json=PROBLEM, headers=headers)])
    with pytest.raises(ConflictError, match="Document already exists") as caught:
        await UPLOADS[name].send(EdgeQuake(auth=None, transport=transport), b"x")
    assert (caught.value.code, caught.value.problem) == ("CONFLICT", PROBLEM)


@pytest.fixture
async def small() -> AsyncIterator[EdgeQuake]:
    """Create a client of a server with a low limit on bodies."""
    async with Sandbox(edgequake=EdgeQuakeSettings(max_upload_bytes=2000)) as sandbox:
        server = sandbox.edgequake
        async with EdgeQuake(base_url=server.url, api_key=server.credentials.api_key) as client:
            yield client


@EACH
async def test_a_body_that_is_too_large_is_a_413(upload: Upload, small: EdgeQuake) -> None:
    with pytest.raises(StatusError) as caught:
        await upload.send(small, ("large.pdf", PDF + b" " * 3000))
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (413, "PAYLOAD_TOO_LARGE", False)


async def test_a_text_that_is_too_large_is_a_413(small: EdgeQuake) -> None:
    with pytest.raises(StatusError) as caught:
        await small.documents.upload("x" * 3000)
    assert caught.value.status == 413


async def test_a_connection_that_breaks_in_an_upload_is_told_and_not_hidden(
    admin: EdgeQuake, server: EdgeQuakeServer
) -> None:
    server.faults.add(ServerFault.lose_reply(), path="/api/v1/documents/upload", times=1)
    made = await admin.documents.upload_file(("a.txt", TEXT), idempotency_key=True)
    assert made.is_duplicate, "the first request had its effect"
    assert (await admin.documents.count()).total == 1
