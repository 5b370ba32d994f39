"""Tests of methods that send and receive files, and of their streams, against a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from asdk import BadRequestError, ConflictError, NotFoundError, Secret, StreamError
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import (
    DocumentStatus,
    GraphDone,
    GraphEdges,
    GraphMetadata,
    GraphNodes,
    ParsedPdf,
    ParseJob,
    PdfProgress,
    PhaseStatus,
)
from asdk.http.bodies import FileTypes
from asdk.sandbox import EdgeQuakeServer, ServerFault

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"


async def test_a_batch_takes_in_what_it_can(admin: EdgeQuake, tmp_path: Path) -> None:
    path = tmp_path / "sarah.md"
    path.write_text(TEXT)
    files: list[FileTypes] = [path, ("broken.bin", b"\xff\xfe"), ("again.md", TEXT.encode())]
    batch = await admin.documents.upload_batch(files)
    assert (batch.total_files, batch.processed, batch.duplicates, batch.failed) == (3, 1, 1, 1)
    assert [file.filename for file in batch.results] == ["sarah.md", "broken.bin", "again.md"]
    assert [file.status for file in batch.results][2] is DocumentStatus.DUPLICATE
    assert batch.results[1].error == "Not a text file: broken.bin"
    with pytest.raises(BadRequestError):
        await admin.documents.upload_batch([])


async def test_a_pdf_goes_in_is_read_and_comes_back(admin: EdgeQuake, tmp_path: Path) -> None:
    made = await admin.pdf.upload(("met.pdf", PDF), title="They met", enable_vision=True, vision_model="v")
    assert (made.metadata.filename, made.metadata.vision_enabled, made.metadata.page_count) == ("met.pdf", True, 1)
    assert made.track_id is not None
    done = await admin.documents.wait(made.track_id)
    assert (done.documents[0].title, done.documents[0].pdf_id) == ("They met", made.pdf_id)
    assert (await admin.pdf.content(made.pdf_id)).markdown_content == "Ada Lovelace met Sarah Chen."
    told: list[int] = []
    got = await admin.pdf.download(
        made.pdf_id, to=tmp_path / "back.pdf", progress=lambda done, total: told.append(done)
    )
    assert got.path.read_bytes() == PDF
    assert told[-1] == len(PDF)
    assert [pdf.pdf_id for pdf in await admin.pdf.list(status="completed").collect()] == [made.pdf_id]
    again = await admin.pdf.upload(PDF)
    assert (again.status, again.duplicate_of) == (DocumentStatus.DUPLICATE, made.pdf_id)
    anew = await admin.pdf.upload(PDF, force_reindex=True)
    assert (anew.status, anew.pdf_id) == (DocumentStatus.COMPLETED, made.pdf_id)
    await admin.pdf.delete(made.pdf_id)
    with pytest.raises(NotFoundError):
        await admin.pdf.get(made.pdf_id)
    assert (await admin.documents.count()).total == 0


async def test_a_download_gets_past_a_refused_token_and_a_broken_connection(
    admin: EdgeQuake, server: EdgeQuakeServer, tmp_path: Path
) -> None:
    pdf = PDF + b" " * 100_000
    made = await admin.pdf.upload(pdf)
    path = "/api/v1/documents/pdf/{pdf_id}/download"
    server.invalidate_access_tokens()
    server.faults.add(ServerFault.cut(after=50_000), path=path, times=1, after=1)
    got = await admin.pdf.download(made.pdf_id, to=tmp_path / "back.pdf")
    assert got.path.read_bytes() == pdf
    assert server.counters.count("POST", "/api/v1/auth/refresh") == 1
    assert server.counters.count("GET", path) == 3, "refused, cut off, whole: this server knows no ranges"
    with pytest.raises(NotFoundError):
        await admin.pdf.download("nobody", to=tmp_path / "nobody.pdf")
    assert os.listdir(tmp_path) == ["back.pdf"]


async def test_an_exported_lineage_gets_past_a_refused_token(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    made = await admin.documents.upload(TEXT)
    server.invalidate_access_tokens()
    assert b'"chunks"' in await admin.documents.export_lineage(made.document_id)
    with pytest.raises(BadRequestError):
        await admin.documents.export_lineage(made.document_id, format="xml")  # type: ignore[arg-type]


async def test_pdf_batches_report_files_that_are_not_pdfs(admin: EdgeQuake) -> None:
    batch = await admin.pdf.upload_batch([("a.pdf", PDF), ("b.txt", b"text"), ("c.pdf", PDF)])
    assert (batch.accepted, batch.duplicates, batch.failed) == (1, 1, 1)
    with pytest.raises(BadRequestError):
        await admin.pdf.upload(b"text")


async def test_a_pdf_that_failed_is_processed_again(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.end_next_document("failed", message="no luck")
    made = await admin.pdf.upload(PDF)
    assert made.track_id is not None
    progress = await admin.pdf.progress(made.track_id)
    failed = next(phase for phase in progress.phases if phase.status is PhaseStatus.FAILED)
    assert progress.is_failed
    assert failed.error is not None
    assert (failed.error.message, failed.error.retryable) == ("no luck", True)
    assert (await admin.pdf.retry(made.pdf_id)).success
    assert (await admin.pdf.progress(made.track_id)).is_complete
    with pytest.raises(ConflictError):
        await admin.pdf.retry(made.pdf_id)
    with pytest.raises(ConflictError):
        await admin.pdf.cancel(made.pdf_id)


async def test_the_phases_of_a_pdf_are_followed(admin: EdgeQuake) -> None:
    made = await admin.pdf.upload(PDF)
    async with admin.pdf.stream_progress(made.track_id or "") as events:
        seen: list[PdfProgress] = [event async for event in events]
    assert seen[-1].is_complete
    assert seen[-1].overall_percentage == 100


async def test_a_pdf_is_read_at_once_or_later(admin: EdgeQuake) -> None:
    now = await admin.parse.parse(("met.pdf", PDF), settings={"backend": "vision"})
    assert isinstance(now, ParsedPdf)
    assert (now.markdown, now.backend_effective) == ("Ada Lovelace met Sarah Chen.", "vision")
    queued = await admin.parse.parse(PDF, settings={"async": True})
    assert isinstance(queued, ParseJob)
    later = await admin.parse.job(queued.job_id)
    assert later.result is not None
    assert later.result.markdown == now.markdown
    assert (await admin.parse.backends()).default_backend == "pdfium"
    assert (await admin.documents.count()).total == 0


async def test_lineage_is_exported(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT)
    assert b'"chunks"' in await admin.documents.export_lineage(made.document_id)
    table = await admin.documents.export_lineage(made.document_id, format="csv")
    assert table.splitlines()[0] == b"chunk_id,index,start_line,end_line"


async def test_a_file_is_injected(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    workspace = server.credentials.workspace_id
    made = await admin.injections.put_file(workspace, ("rules.md", b"Be kind."), name="rules")
    again = await admin.injections.put_file(workspace, ("other.md", b"Be brief."), name="rules")
    assert (again.injection_id, again.version) == (made.injection_id, 2)
    seen = await admin.injections.get(workspace, made.injection_id)
    assert (seen.content, seen.source_type) == ("Be brief.", "file")
    assert [found.name for found in await admin.injections.list(workspace).collect()] == ["rules"]


async def test_the_graph_comes_as_a_stream(admin: EdgeQuake) -> None:
    await admin.documents.upload(TEXT)
    async with admin.graph.stream(batch_size=2) as events:
        seen = [event async for event in events]
    kinds = [GraphMetadata, GraphNodes, GraphNodes, GraphEdges, GraphDone]
    assert [type(event) for event in seen] == kinds
    nodes = [node.id for event in seen if isinstance(event, GraphNodes) for node in event.nodes]
    assert sorted(nodes) == ["ACME_LABS", "OSLO", "SARAH_CHEN"]


async def test_a_broken_stream_of_the_graph_is_an_error(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.documents.upload(TEXT)
    server.break_next_stream(message="too much")
    async with admin.graph.stream(batch_size=1) as events:
        with pytest.raises(StreamError, match="too much"):
            _ = [event async for event in events]


async def test_the_graph_is_put_right_by_hand(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT)
    assert (await admin.entities.exists("sarah chen")).exists
    await admin.entities.create("S. Chen", entity_type="person", description="the same", source_id="manual")
    await admin.relationships.create(
        "S._CHEN", "OSLO", keywords="lives in, city", description="d", source_id="manual", weight=0.5
    )
    merged = await admin.entities.merge("S._CHEN", "SARAH_CHEN")
    assert merged.merge_details.relationships_merged == 1
    detail = await admin.entities.get("SARAH_CHEN")
    assert {link.target for link in detail.relationships.outgoing} == {"ACME_LABS", "OSLO"}
    assert await admin.graph.search_labels("chen") == ["SARAH_CHEN"]
    assert [(row.node_id, row.degree) for row in await admin.graph.degrees(["OSLO", "NOWHERE"])] == [("OSLO", 2)]
    with pytest.raises(ConflictError):
        await admin.entities.delete("OSLO", delete_relationships=False)
    gone = await admin.entities.delete("OSLO")
    assert sorted(gone.affected_entities) == ["ACME_LABS", "SARAH_CHEN"]
    assert [entity.id for entity in await admin.entities.list().collect()] == ["SARAH_CHEN", "ACME_LABS"]
    await admin.documents.delete(made.document_id)
    kept = await admin.entities.list().collect()
    assert [entity.id for entity in kept] == ["SARAH_CHEN"], "what was changed by hand stays"


async def test_a_connection_keeps_its_key_without_showing_it(admin: EdgeQuake) -> None:
    place: dict[str, Any] = {
        "slug": "s",
        "display_name": "S",
        "api_shape": "openai",
        "base_url": "https://llm.example.org",
    }
    made = await admin.connections.create(**place, api_key=Secret("very-secret"))
    assert made.key_configured
    assert "very-secret" not in repr(made)
    changed = await admin.connections.update(made.id, **{**place, "display_name": "T"})
    assert (changed.display_name, changed.key_fingerprint) == ("T", made.key_fingerprint)
    assert (await admin.connections.test(made.id)).ok
    assert [connection.last_test_ok for connection in await admin.connections.list()] == [True]
    await admin.connections.delete(made.id)
    assert await admin.connections.list() == []
