"""Equal results from equal state, as `test_edgequake_equal` has it, for what lies around the documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, ManualClock, Sandbox

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.conversations import MessageCreate  # noqa: E402
from edgequake.types.graph import EntityCreate, RelationshipCreate  # noqa: E402

from tests.conformance.test_edgequake_equal import assert_equal, error_facts  # noqa: E402

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"


@pytest.fixture
def servers() -> Iterator[tuple[EdgeQuakeServer, EdgeQuakeServer]]:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        yield one.edgequake, other.edgequake


def settings(server: EdgeQuakeServer) -> dict[str, Any]:
    """The administrator's key, and everybody named."""
    known = server.credentials
    return {
        "base_url": server.url,
        "api_key": known.api_key,
        "tenant_id": known.tenant_id,
        "workspace_id": known.workspace_id,
        "user_id": "00000000-0000-0000-0000-000000000001",
    }


@pytest.fixture
def theirs(servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> Iterator[Any]:
    with edgequake.EdgeQuake(**settings(servers[0])) as client:
        yield client


@pytest.fixture
async def ours(servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> AsyncIterator[EdgeQuake]:
    async with EdgeQuake(**settings(servers[1])) as client:
        yield client


async def test_batches_scans_and_what_a_document_is_made_of(theirs: Any, ours: EdgeQuake, tmp_path: Path) -> None:
    paths = [tmp_path / "a.md", tmp_path / "b.md"]
    for path in paths:
        path.write_text(f"{path.name}: {TEXT}")
    batch, our_batch = theirs.documents.upload_batch(paths), await ours.documents.upload_batch(paths)
    compared = assert_equal(batch, our_batch)
    assert compared >= {"total_files", "processed", "failed", "results.document_id"}
    scanned = assert_equal(theirs.documents.scan("/srv/documents"), await ours.documents.scan("/srv/documents"))
    assert scanned >= {"files_found", "files_queued", "files_skipped"}
    one = our_batch.results[0].document_id or ""
    assert assert_equal(theirs.documents.get_lineage(one), await ours.documents.lineage(one)) >= {"document_id"}
    assert theirs.documents.get_metadata(one) == await ours.documents.metadata(one)
    assert theirs.documents.export_lineage(one, format="csv") == await ours.documents.export_lineage(one, format="csv")


async def test_pdf_files(theirs: Any, ours: EdgeQuake, tmp_path: Path) -> None:
    path = tmp_path / "met.pdf"
    path.write_bytes(PDF)
    made, our_made = theirs.documents.pdf.upload(path, title="T"), await ours.pdf.upload(path, title="T")
    assert assert_equal(made, our_made) >= {"pdf_id", "status"}
    listed = assert_equal(theirs.documents.pdf.list(), await ours.pdf.list().collect())
    assert "pdf_id" in listed
    progress = theirs.documents.pdf.progress(made.track_id), await ours.pdf.progress(made.track_id)
    assert "track_id" in assert_equal(*progress)
    await ours.pdf.download(our_made.pdf_id, to=tmp_path / "back.pdf")
    assert theirs.documents.pdf.download(made.pdf_id) == (tmp_path / "back.pdf").read_bytes()
    theirs.documents.pdf.delete(made.pdf_id)
    await ours.pdf.delete(our_made.pdf_id)
    facts = await error_facts(theirs.documents.pdf.get, made.pdf_id)
    assert await error_facts(ours.pdf.get, our_made.pdf_id) == facts


async def test_the_graph(theirs: Any, ours: EdgeQuake) -> None:
    theirs.documents.upload(TEXT)
    await ours.documents.upload(TEXT)
    names = {"edge_type": "relationship_type"}
    whole = assert_equal(theirs.graph.get(), await ours.graph.get(), names=names)
    assert whole >= {"nodes.id", "nodes.degree", "edges.source", "edges.relationship_type", "total_nodes"}
    assert assert_equal(theirs.graph.get_node("OSLO"), await ours.graph.get_node("OSLO")) >= {"id", "description"}
    found = assert_equal(theirs.graph.search_nodes("chen"), await ours.graph.search_nodes("chen"))
    assert found >= {"nodes.id", "total_matches"}
    assert theirs.graph.search_labels("acme").labels == await ours.graph.search_labels("acme")
    assert "labels.degree" in assert_equal(theirs.graph.popular_labels(), await ours.graph.popular_labels())

    given: dict[str, Any] = {"entity_type": "PERSON", "description": "d", "source_id": "manual"}
    made = theirs.graph.entities.create(EntityCreate(name="Ada", **given))
    our_made = await ours.entities.create("Ada", **given)
    entity = {"name": "entity_name"}
    assert assert_equal(made, our_made.entity, names=entity) >= {"id", "entity_name", "created_at"}
    listed = assert_equal(theirs.graph.entities.list(), await ours.entities.list().collect(), names=entity)
    assert listed >= {"id", "entity_type", "description", "degree", "source_id"}
    theirs.graph.relationships.create(RelationshipCreate(source="OSLO", target="ADA", relationship_type="KNOWS"))
    await ours.relationships.create("OSLO", "ADA", keywords="KNOWS", description="", source_id="")
    ends = {"source": "src_id", "target": "tgt_id", "relationship_type": "relation_type"}
    links = assert_equal(theirs.graph.relationships.list(), await ours.relationships.list().collect(), names=ends)
    assert links >= {"id", "src_id", "tgt_id", "relation_type", "weight"}
    assert (await error_facts(theirs.graph.entities.neighborhood, "NO_PROCESS")) == await error_facts(
        ours.entities.neighborhood, "NO_PROCESS"
    )


async def test_conversations_and_folders(theirs: Any, ours: EdgeQuake) -> None:
    folder, our_folder = theirs.folders.create("F"), await ours.folders.create("F")
    assert assert_equal(folder, our_folder) >= {"id", "name"}
    made = theirs.conversations.create(title="T", folder_id=folder.id)
    our_made = await ours.conversations.create(title="T", folder_id=our_folder.id)
    assert assert_equal(made, our_made) >= {"id", "title", "folder_id"}
    said = theirs.conversations.create_message(made.id, MessageCreate(role="user", content="hi"))
    our_said = await ours.conversations.create_message(our_made.id, "hi")
    assert assert_equal(said, our_said) >= {"id", "role", "content"}
    listed = theirs.conversations.list(folder_id=folder.id).items
    assert assert_equal(listed, await ours.conversations.list(folder_id=our_folder.id).collect()) >= {"id", "title"}
    shared, our_shared = theirs.conversations.share(made.id), await ours.conversations.share(our_made.id)
    assert shared.share_id == our_shared.share_id
    theirs.conversations.bulk_delete([made.id])
    assert (await ours.conversations.bulk_delete([our_made.id])).affected == 1
    facts = await error_facts(theirs.conversations.get, made.id)
    assert await error_facts(ours.conversations.get, our_made.id) == facts


async def test_tasks_costs_and_models(theirs: Any, ours: EdgeQuake) -> None:
    made, our_made = theirs.documents.upload(TEXT), await ours.documents.upload(TEXT)
    task = assert_equal(theirs.tasks.get(made.track_id), await ours.tasks.get(our_made.track_id))
    assert task >= {"track_id", "status", "task_type"}
    names = {"total_cost_usd": "total_cost"}
    assert "total_cost" in assert_equal(theirs.costs.summary(), await ours.costs.summary(), names=names)
    names = {"cost_usd": "total_cost", "tokens": "total_tokens"}
    assert "total_cost" in assert_equal(theirs.costs.history(), list(await ours.costs.history()), names=names)
    prices = theirs.pipeline.pricing(), await ours.pipeline.pricing()
    assert "models.model" in assert_equal(*prices)
    chunk = f"{made.document_id}-chunk-0"
    assert assert_equal(theirs.chunks.get(chunk), await ours.chunks.get(chunk)) >= {"content"}
    assert theirs.effective_config.get()["priority_rule"] == (await ours.settings.effective_config()).priority_rule
