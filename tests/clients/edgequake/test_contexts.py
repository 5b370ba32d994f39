"""Tests of retrieval without an answer: the context of a question, the sources of its parts, and incomplete replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asdk import BadRequestError, GoneError, NotFoundError
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import ContextBundle, QueryMode
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.support.shared_clock import SharedClock

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo. ![The office](office.png)"


async def test_a_context_leads_back_to_the_document(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT, title="Notes")
    context = await admin.contexts.retrieve("Where is Acme Labs?", content_granularity="debug")
    assert context.mode is QueryMode.MIX
    assert context.bundle.context_string == f"[1] {TEXT}"
    (chunk,) = context.bundle.chunks
    assert chunk.lineage is not None
    assert chunk.lineage.document_id == made.document_id
    assert [document.title for document in context.bundle.documents or ()] == ["Notes"]
    assert context.bundle.subgraph is not None
    assert {entity.name for entity in context.bundle.subgraph.entities} >= {"SARAH_CHEN", "ACME_LABS", "OSLO"}
    assert (await admin.contexts.artifact("chunk", chunk.id)).chunk is not None
    whole = (await admin.contexts.artifact("document", made.document_id, include_content=True)).document
    assert whole is not None
    assert whole.content == TEXT
    without = (await admin.contexts.artifact("document", made.document_id)).document
    assert without is not None
    assert without.content is None


async def test_a_citation_is_cut(admin: EdgeQuake) -> None:
    await admin.documents.upload("Oslo " * 100)
    cited = await admin.contexts.retrieve("Oslo", content_granularity="citation", include_subgraph=False)
    assert [len(chunk.content) for chunk in cited.bundle.chunks] == [200]
    assert cited.bundle.subgraph is not None
    assert cited.bundle.subgraph.entities == []


async def test_a_retrieval_can_be_fetched_again_for_15_minutes(admin: EdgeQuake, shared_clock: SharedClock) -> None:
    await admin.documents.upload(TEXT)
    (found,) = (await admin.contexts.search("Acme Labs")).results
    again = await admin.contexts.get(found.retrieval_id)
    assert (again.cached, again.query) == (True, "Acme Labs")
    with pytest.raises(NotFoundError, match="with_workspace"):
        await admin.with_workspace("00000000-0000-0000-0000-0000000000ff").contexts.get(found.retrieval_id)
    shared_clock.server.advance(15 * 60)
    with pytest.raises(GoneError):
        await admin.contexts.get(found.retrieval_id)


async def test_retrieval_asks_no_language_model(admin: EdgeQuake) -> None:
    with pytest.raises(BadRequestError, match="bypass"):
        await admin.contexts.retrieve("Acme Labs", mode="bypass")


async def test_a_picture_is_there_once_it_was_read(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT)
    read = await admin.documents.reanalyze(made.document_id, process_options="i")
    assert (read.success, read.requeued) == (1, True)
    assert read.track_id is not None
    await admin.documents.wait(read.track_id)
    items = (await admin.documents.get(made.document_id)).multimodal_items
    assert items is not None
    item_id = items[0]["item_id"]
    figure = (await admin.contexts.artifact("figure", item_id, document_id=made.document_id)).figure
    assert figure is not None
    assert figure.caption == "The office"
    with pytest.raises(BadRequestError, match="document_id"):
        await admin.contexts.artifact("figure", item_id)


@pytest.mark.parametrize(
    "bundle", [{}, {"chunks": [{"id": "c", "content": "text", "score": 1, "lineage": None}], "subgraph": None}]
)
async def test_members_without_a_published_shape_are_optional(bundle: dict[str, Any]) -> None:
    replies = [{"retrieval_id": "ret_1"}, {"retrieval_id": "ret_1", "bundle": bundle}, {}, {}]
    transport = MemoryTransport([Reply(json=reply) for reply in replies])
    client = EdgeQuake(auth=None, transport=transport)
    assert (await client.contexts.retrieve("why?")).bundle == ContextBundle()
    assert (await client.contexts.get("ret_1")).bundle.documents is None
    assert (await client.contexts.artifact("chunk", "c")).chunk is None
    assert (await client.documents.reanalyze("d")).track_id is None
