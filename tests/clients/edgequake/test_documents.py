"""Tests of documents against a server: added by text and by file, listed, followed, deleted."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from asdk import (
    BadRequestError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    Records,
    ServerError,
    StatusError,
)
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import DocumentStatus, DocumentSummary
from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, Sandbox, ServerFault
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.support.shared_clock import SharedClock

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
DOCUMENTS = "/api/v1/documents"


async def upload_many(client: EdgeQuake, count: int) -> list[str]:
    """Upload texts, one after another, and return their ids."""
    return [(await client.documents.upload(f"text {number}")).document_id for number in range(count)]


# --- text -------------------------------------------------------------------------------------------------------------


async def test_a_text_goes_in_and_comes_back(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT, title="Sarah", metadata={"year": 2026, "tags": ["a", None]})
    assert made.status is DocumentStatus.COMPLETED
    assert made.cost is not None
    assert made.cost.total_tokens > 0
    seen = await admin.documents.get(made.document_id)
    assert (seen.id, seen.content, seen.title) == (made.document_id, TEXT, "Sarah")
    assert seen.metadata == {"year": 2026, "tags": ["a", None]}
    assert seen.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert seen.chunk_count == made.chunk_count == 1


async def test_the_same_text_is_taken_in_once(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT)
    again = await admin.documents.upload(TEXT)
    assert again.status is DocumentStatus.DUPLICATE
    assert again.duplicate_of == again.document_id == made.document_id
    assert (await admin.documents.count()).total == 1


async def test_an_upload_whose_reply_is_lost_can_be_repeated(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    server.faults.add(
        ServerFault.status(503, retry_after=0, after_handler=True), path=DOCUMENTS, method="POST", times=1
    )
    made = await admin.documents.upload(TEXT, idempotency_key=True)
    first, second = [record for record in server.counters.recent if record.route == DOCUMENTS]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert (await admin.documents.count()).total == 1
    assert made.status is DocumentStatus.DUPLICATE, "the first request had its effect"


async def test_an_upload_without_a_key_is_not_repeated(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    server.faults.add(ServerFault.status(503, retry_after=0), path=DOCUMENTS, times=1)
    with pytest.raises(ServerError) as caught:
        await admin.documents.upload(TEXT)
    assert caught.value.attempts == 1
    assert server.counters.count("POST", DOCUMENTS) == 1


async def test_an_empty_text_is_refused(admin: EdgeQuake) -> None:
    with pytest.raises(BadRequestError) as caught:
        await admin.documents.upload("  ")
    assert (caught.value.code, caught.value.template) == ("BAD_REQUEST", DOCUMENTS)


async def test_a_key_that_may_only_read_uploads_nothing(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    made = await admin.api_keys.create("reader", scopes=["read"])
    async with EdgeQuake(base_url=server.url, api_key=made.api_key) as reader:
        assert await reader.documents.list().collect() == []
        with pytest.raises(PermissionDeniedError):
            await reader.documents.upload(TEXT)


# --- files ------------------------------------------------------------------------------------------------------------


async def test_a_file_goes_in_by_its_path(admin: EdgeQuake, tmp_path: Path) -> None:
    path = tmp_path / "sarah chen.md"
    path.write_text(TEXT)
    made = await admin.documents.upload_file(path, metadata={"source": "crm"})
    assert (made.filename, made.size, made.is_duplicate) == ("sarah chen.md", len(TEXT), False)
    seen = await admin.documents.get(made.document_id)
    assert (seen.content, seen.title, seen.metadata) == (TEXT, "sarah chen.md", {"source": "crm"})


async def test_a_file_goes_in_as_bytes_with_a_name(admin: EdgeQuake) -> None:
    made = await admin.documents.upload_file(("notes.md", TEXT.encode()))
    assert made.filename == "notes.md"
    nameless = await admin.documents.upload_file(b"other text")
    assert nameless.filename == "upload"


async def test_an_open_file_is_read_from_its_position(admin: EdgeQuake, tmp_path: Path) -> None:
    path = tmp_path / "sarah.md"
    path.write_bytes(b"SKIPPED" + TEXT.encode())
    with path.open("rb") as file:
        file.seek(len(b"SKIPPED"))
        made = await admin.documents.upload_file(file)
    assert (await admin.documents.get(made.document_id)).content == TEXT
    assert made.filename == "sarah.md"
    again = await admin.documents.upload_file(io.BytesIO(TEXT.encode()))
    assert again.is_duplicate
    assert again.document_id == made.document_id


async def test_a_file_is_sent_whole_again_after_a_401(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    server.invalidate_access_tokens()
    made = await admin.documents.upload_file(("sarah.md", io.BytesIO(TEXT.encode())))
    assert (await admin.documents.get(made.document_id)).content == TEXT
    assert server.counters.count("POST", "/api/v1/documents/upload") == 2


async def test_metadata_is_one_part_of_json_before_the_file(admin: EdgeQuake) -> None:
    uploaded = {
        "document_id": "d",
        "filename": "a.txt",
        "size": 1,
        "content_hash": "h",
        "status": "pending",
        "chunk_count": 0,
        "entity_count": 0,
        "relationship_count": 0,
        "is_duplicate": False,
    }
    transport = MemoryTransport([Reply(202, json=uploaded), Reply(202, json=uploaded)])
    client = EdgeQuake(auth=None, transport=transport)
    await client.documents.upload_file(("a.txt", b"x"), metadata={"name": "Zoë", "n": 1})
    await client.documents.upload_file(("a.txt", b"x"))
    with_metadata, without = transport.sent
    assert with_metadata.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert 'name="metadata"\r\n\r\n{"name":"Zoë","n":1}\r\n'.encode() in with_metadata.content
    assert with_metadata.content.index(b'name="metadata"') < with_metadata.content.index(b'name="file"')
    assert b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nx\r\n' in with_metadata.content
    assert b"metadata" not in without.content


async def test_an_invalid_file_is_not_sent(tmp_path: Path) -> None:
    client = EdgeQuake(auth=None, transport=MemoryTransport())
    for bad in (tmp_path / "missing.md", io.StringIO("text"), "a-path-as-text.md"):
        with pytest.raises(InvalidRequestError):
            await client.documents.upload_file(bad)  # type: ignore[arg-type]


async def test_a_binary_file_is_refused_by_the_server(admin: EdgeQuake) -> None:
    with pytest.raises(BadRequestError, match=r"photo\.jpg"):
        await admin.documents.upload_file(("photo.jpg", b"\xff\xd8\xff"))


async def test_a_file_that_is_too_large_is_a_413() -> None:
    async with Sandbox(edgequake=EdgeQuakeSettings(max_upload_bytes=2000)) as sandbox:
        server = sandbox.edgequake
        async with EdgeQuake(base_url=server.url, api_key=server.credentials.api_key) as client:
            with pytest.raises(StatusError) as caught:
                await client.documents.upload_file(("large.txt", b"x" * 3000))
    assert (caught.value.status, caught.value.code) == (413, "PAYLOAD_TOO_LARGE")


# --- lists ------------------------------------------------------------------------------------------------------------


async def test_more_than_a_hundred_documents_come_page_by_page(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    uploaded = await upload_many(admin, 105)
    server.counters.reset()
    assert [document.id async for document in admin.documents.list(page_size=50)] == uploaded[::-1]
    assert server.counters.count("GET", DOCUMENTS) == 3
    assert [len(page) async for page in admin.documents.list().pages()] == [20, 20, 20, 20, 20, 5]
    assert len(await admin.documents.list(page_size=1000).collect()) == 105, "the server gives no more than 100 a page"


async def test_a_list_can_be_cut_short(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    uploaded = await upload_many(admin, 5)
    server.counters.reset()
    found = await admin.documents.list(page_size=2).collect(limit=3)
    assert [document.id for document in found] == uploaded[:1:-1]
    assert isinstance(found, Records)
    assert server.counters.total == 2
    newest = await admin.documents.list().first()
    assert isinstance(newest, DocumentSummary)
    assert newest.id == uploaded[-1]


async def test_a_list_sends_nothing_before_it_is_walked(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    paginator = admin.documents.list()
    assert "documents" in repr(paginator)
    assert server.counters.total == 0
    assert await paginator.collect() == []


async def test_a_busy_server_holds_a_list_up_but_loses_no_page(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    uploaded = await upload_many(admin, 6)
    server.faults.add(ServerFault.status(429, retry_after=0), path=DOCUMENTS, method="GET", after=1, every=2)
    found = [document.id async for document in admin.documents.list(page_size=2)]
    assert found == uploaded[::-1]


async def test_lists_and_counts_take_filters(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.end_next_document("failed", message="No model")
    failed = await admin.documents.upload("one", title="Quarterly report")
    await admin.documents.upload("two", title="Minutes")
    (document,) = await admin.documents.list(status=DocumentStatus.FAILED).collect()
    assert (document.id, document.error_message) == (failed.document_id, "No model")
    assert [d.title for d in await admin.documents.list(document_pattern="minutes").collect()] == ["Minutes"]
    assert await admin.documents.list(date_from=date(2026, 1, 2)).collect() == []
    assert len(await admin.documents.list(date_to=datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)).collect()) == 2
    counts = await admin.documents.count(document_pattern="minutes")
    assert (counts.total, counts.status_counts.completed, counts.status_counts.failed) == (1, 1, 1)
    with pytest.raises(BadRequestError):
        await admin.documents.list(date_from="yesterday").first()
    with pytest.raises(InvalidRequestError, match="time zone"):
        await admin.documents.list(date_from=datetime(2026, 1, 1)).first()


# --- processing and deletion ------------------------------------------------------------------------------------------


async def test_an_upload_is_followed_until_it_is_done(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    server.settings.processing_time = 10
    made = await admin.documents.upload(TEXT, track_id="mine")
    await admin.documents.upload("another text", track_id="mine")
    assert (made.status, made.track_id, made.cost) == (DocumentStatus.PENDING, "mine", None)
    track = await admin.documents.track("mine")
    assert (track.is_complete, track.total_count, track.status_summary.pending) == (False, 2, 2)
    shared_clock.server.advance(10)
    track = await admin.documents.track("mine")
    assert (track.is_complete, track.status_summary.completed) == (True, 2)
    assert {document.status for document in track.documents} == {DocumentStatus.COMPLETED}


async def test_a_deleted_document_is_gone(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT)
    deleted = await admin.documents.delete(made.document_id)
    assert (deleted.deleted, deleted.chunks_deleted) == (True, 1)
    for call in (admin.documents.get, admin.documents.delete):
        with pytest.raises(NotFoundError) as caught:
            await call(made.document_id)
        assert caught.value.code == "NOT_FOUND"
    with pytest.raises(NotFoundError):
        await admin.documents.track(made.track_id)


async def test_deleting_all_spares_what_is_in_the_pipeline(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await upload_many(admin, 3)
    server.settings.processing_time = 10
    busy = await admin.documents.upload(TEXT)
    outcome = await admin.documents.delete_all()
    assert (outcome.deleted_count, outcome.skipped_documents) == (3, [busy.document_id])


async def test_uploads_run_side_by_side(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(admin.documents.upload, f"text {number}")
    assert (await admin.documents.count()).total == 50
    assert server.counters.count("POST", "/api/v1/auth/login") == 1
