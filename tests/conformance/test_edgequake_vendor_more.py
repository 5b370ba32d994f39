"""The vendor's own package, unmodified, against what the sandbox serves around the documents.

Fixtures and manner are those of `test_edgequake_vendor`. Where the package cannot take the server's true shape, the
last test says so.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdk.sandbox import EdgeQuakeServer, Sandbox

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.conversations import ConversationUpdate, MessageCreate, MessageUpdate  # noqa: E402
from edgequake.types.graph import EntityCreate, EntityUpdate, RelationshipCreate  # noqa: E402

from tests.conformance.test_edgequake_vendor import settle  # noqa: E402

pytestmark = pytest.mark.anyio
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.edgequake


@pytest.fixture(params=["EdgeQuake", "AsyncEdgeQuake"])
async def client(request: pytest.FixtureRequest, server: EdgeQuakeServer) -> AsyncIterator[Any]:
    """A vendor client with the administrator's key, named in full."""
    known = server.credentials
    client = getattr(edgequake, request.param)(
        base_url=server.url,
        api_key=known.api_key,
        tenant_id=known.tenant_id,
        workspace_id=known.workspace_id,
        user_id="00000000-0000-0000-0000-000000000001",
    )
    yield client
    await settle(client.close())


async def test_batches_scans_and_lineage(client: Any, tmp_path: Path) -> None:
    paths = [tmp_path / "a.md", tmp_path / "b.md"]
    for path in paths:
        path.write_text(f"{path.name}: {TEXT}")
    batch = await settle(client.documents.upload_batch(paths))
    assert (batch.total_files, batch.processed) == (2, 2)
    assert (await settle(client.documents.scan("/srv/documents"))).files_queued == 3
    await settle(client.documents.reprocess_failed())
    await settle(client.documents.recover_stuck())
    document_id = batch.results[0]["document_id"]
    assert (await settle(client.documents.get_lineage(document_id))).document_id == document_id
    assert (await settle(client.documents.get_metadata(document_id)))["id"] == document_id
    assert b"chunks" in await settle(client.documents.export_lineage(document_id))


async def test_pdf_files(client: Any, server: EdgeQuakeServer, tmp_path: Path) -> None:
    path = tmp_path / "met.pdf"
    path.write_bytes(PDF)
    made = await settle(client.documents.pdf.upload(path, title="They met", enable_vision=True))
    assert [pdf.pdf_id for pdf in await settle(client.documents.pdf.list())] == [made.pdf_id]
    assert (await settle(client.documents.pdf.get(made.pdf_id))).pdf_id == made.pdf_id
    assert "Ada Lovelace" in (await settle(client.documents.pdf.content(made.pdf_id))).model_dump_json()
    assert (await settle(client.documents.pdf.progress(made.track_id))).status == "completed"
    if hasattr(client.documents.pdf, "download"):
        assert await settle(client.documents.pdf.download(made.pdf_id)) == PDF
    server.end_next_document("failed")
    path.write_bytes(PDF + b"more")
    lost = await settle(client.documents.pdf.upload(path))
    await settle(client.documents.pdf.retry(lost.pdf_id))
    await settle(client.documents.pdf.delete(made.pdf_id))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.documents.pdf.get(made.pdf_id))


async def test_the_graph(client: Any) -> None:
    await settle(client.documents.upload(TEXT))
    whole = await settle(client.graph.get())
    assert {node.id for node in whole.nodes} == {"SARAH_CHEN", "ACME_LABS", "OSLO"}
    assert {edge.edge_type for edge in whole.edges} == {"RELATED_TO"}
    assert (await settle(client.graph.get_node("OSLO"))).degree == 1
    found = await settle(client.graph.search_nodes("chen"))
    assert [node.id for node in found.nodes] == ["SARAH_CHEN", "ACME_LABS"], "by name and by description"
    assert (await settle(client.graph.search_labels("acme"))).labels == ["ACME_LABS"]
    assert (await settle(client.graph.popular_labels())).labels[0].label == "ACME_LABS"
    ada = EntityCreate(name="Ada Lovelace", entity_type="PERSON", description="d", source_id="manual")
    assert await settle(client.graph.entities.create(ada)) is not None
    assert (await settle(client.graph.entities.exists("ADA_LOVELACE"))).exists
    await settle(client.graph.entities.update("ADA_LOVELACE", EntityUpdate(description="e")))
    names = [entity.name for entity in await settle(client.graph.entities.list())]
    assert names == ["SARAH_CHEN", "ACME_LABS", "OSLO", "ADA_LOVELACE"]
    around = await settle(client.graph.entities.neighborhood("OSLO"))
    assert {node.label for node in around.nodes} == {"OSLO", "ACME_LABS"}
    link = RelationshipCreate(source="OSLO", target="ADA_LOVELACE", relationship_type="KNOWS")
    made = await settle(client.graph.relationships.create(link))
    assert (await settle(client.graph.relationships.get(made.id))).target == "ADA_LOVELACE"
    assert len(await settle(client.graph.relationships.list())) == 3
    await settle(client.graph.relationships.delete(made.id))
    await settle(client.graph.entities.merge("ADA_LOVELACE", "SARAH_CHEN"))
    await settle(client.graph.entities.delete("OSLO"))
    assert len(await settle(client.graph.entities.list())) == 2


async def test_conversations_and_folders(client: Any) -> None:
    folder = await settle(client.folders.create("F"))
    made = await settle(client.conversations.create(title="T", folder_id=folder.id))
    said = await settle(client.conversations.create_message(made.id, MessageCreate(role="user", content="hi")))
    await settle(client.conversations.update_message(said.id, MessageUpdate(content="hello")))
    page = await settle(client.conversations.list_messages(made.id))
    assert [message.content for message in page.items] == ["hello"]
    listed = await settle(client.conversations.list(folder_id=folder.id))
    assert [found.id for found in listed.items] == [made.id]
    await settle(client.conversations.update(made.id, ConversationUpdate(title="U", is_pinned=True)))
    assert len((await settle(client.conversations.get(made.id))).messages) == 1
    shared = await settle(client.conversations.share(made.id))
    assert await settle(client.conversations.get_shared(shared.share_id)) is not None
    await settle(client.conversations.unshare(made.id))
    await settle(client.conversations.bulk_archive([made.id]))
    await settle(client.conversations.import_conversations([{"title": "I", "messages": []}]))
    assert [found.id for found in await settle(client.folders.list())] == [folder.id]
    await settle(client.folders.delete(folder.id))
    await settle(client.conversations.bulk_delete([made.id]))
    with pytest.raises(edgequake.NotFoundError):
        await settle(client.conversations.get(made.id))


async def test_tasks_costs_and_models(client: Any) -> None:
    made = await settle(client.documents.upload(TEXT))
    assert (await settle(client.tasks.get(made.track_id))).status == "indexed"
    assert len((await settle(client.tasks.list())).tasks) == 1
    assert await settle(client.pipeline.queue_metrics()) is not None
    assert (await settle(client.costs.summary())).total_cost_usd > 0
    assert len(await settle(client.costs.history())) == 1
    await settle(client.costs.budget())
    chunk = f"{made.document_id}-chunk-0"
    assert (await settle(client.chunks.get(chunk))).id == chunk
    await settle(client.chunks.get_lineage(chunk))
    await settle(client.lineage.document(made.document_id))
    await settle(client.lineage.entity("OSLO"))
    await settle(client.provenance.get("OSLO"))
    for call in (client.models.list, client.models.list_llm, client.models.health, client.effective_config.get):
        assert await settle(call()) is not None
    await settle(client.settings.provider_status())
    await settle(client.settings.providers())


async def test_connections_and_the_server(client: Any, server: EdgeQuakeServer) -> None:
    place = {"slug": "s", "display_name": "S", "api_shape": "openai", "base_url": "https://llm.example.org"}
    made = await settle(client.connections.create(**place, api_key="k"))
    assert (await settle(client.connections.test(made.id))).ok
    assert [found.id for found in await settle(client.connections.list())] == [made.id]
    await settle(client.connections.delete(made.id))
    await settle(client.admin.get_server_defaults())
    await settle(client.admin.patch_tenant_quota(server.credentials.tenant_id, 7))


async def test_what_it_cannot_take(client: Any, server: EdgeQuakeServer) -> None:
    """Types differ here, so no alias helps; when one of these starts to pass, the vendor has mended it."""
    await settle(client.documents.upload(TEXT))
    server.end_next_document("failed")
    lost = await settle(client.documents.upload("lost"))
    calls: dict[str, Callable[[], Any]] = {
        "entities.get": lambda: client.graph.entities.get("OSLO"),
        "degrees_batch": lambda: client.graph.degrees_batch(["OSLO"]),
        "a failed task": lambda: client.tasks.get(lost.track_id),
        "pipeline.status": client.pipeline.status,
    }
    for name, call in calls.items():
        with pytest.raises(ValueError):  # noqa: PT011 - pydantic's error
            pytest.fail(f"{name} gave {await settle(call())!r}")
