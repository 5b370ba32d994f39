"""Tests of questions against a server."""

from __future__ import annotations

import pytest

from asdk import BadRequestError
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import ConversationMessage, DocumentFilter, MixWeights, QueryMode
from asdk.sandbox import EdgeQuakeServer

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."


async def test_an_answer_names_its_sources(admin: EdgeQuake) -> None:
    made = await admin.documents.upload(TEXT, title="Sarah")
    result = await admin.query.execute("Where does Sarah work?", mode="hybrid", max_results=3, enable_rerank=True)
    assert result.answer == "Sarah Chen works at Acme Labs. [1]"
    assert (result.mode, result.reranked) == (QueryMode.HYBRID, True)
    (source,) = result.sources
    assert (source.document_id, source.file_path) == (made.document_id, "Sarah")
    assert source.rerank_score is not None
    assert result.stats.total_time_ms > 0
    assert result.stats.llm_model is not None


async def test_the_server_chooses_the_mode_by_default(admin: EdgeQuake) -> None:
    assert (await admin.query.execute("Anything?")).mode is QueryMode.MIX


async def test_a_filter_keeps_other_documents_out(admin: EdgeQuake) -> None:
    await admin.documents.upload(TEXT, title="Sarah")
    other = await admin.documents.upload("Sarah Chen lives in Bergen.", title="Private")
    result = await admin.query.execute("Sarah?", document_filter=DocumentFilter(document_ids=[other.document_id]))
    assert {source.document_id for source in result.sources} == {other.document_id}
    result = await admin.query.execute("Sarah?", document_filter=DocumentFilter(document_pattern="sarah"))
    assert other.document_id not in {source.document_id for source in result.sources}


async def test_everything_a_question_may_carry_is_understood(admin: EdgeQuake) -> None:
    await admin.documents.upload(TEXT)
    result = await admin.query.execute(
        "Sarah?",
        conversation_history=[ConversationMessage(role="assistant", content="Go on.")],
        mix_weights=MixWeights(local=0.2, global_=0.8),
        llm_provider="ollama",
        llm_model="llama",
        context_only=True,
        content_granularity="citation",
    )
    assert (result.stats.llm_provider, result.stats.llm_model) == ("ollama", "llama")
    assert result.answer == TEXT


@pytest.mark.parametrize(("query", "mode"), [("  ", None), ("why?", "telepathy")])
async def test_an_invalid_question_is_rejected(admin: EdgeQuake, query: str, mode: str | None) -> None:
    with pytest.raises(BadRequestError):
        await admin.query.execute(query, mode=mode)


async def test_a_key_that_may_only_read_may_ask(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    made = await admin.api_keys.create("reader", scopes=["read"])
    async with EdgeQuake(base_url=server.url, api_key=made.api_key) as reader:
        assert (await reader.query.execute("Anything?")).sources == []
