import json
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock
from asdk.sandbox.edgequake.answers import NOTHING_FOUND

pytestmark = pytest.mark.anyio
SARAH = "Sarah Chen works at Acme Labs. She likes tea."
OSLO = "Oslo lies in Norway. Acme Labs has an office in Oslo."


@pytest.fixture
async def reader(admin: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """Open a session whose workspace contains two documents."""
    for title, content in (("sarah.txt", SARAH), ("oslo.txt", OSLO)):
        async with admin.post("/api/v1/documents", json={"content": content, "title": title}) as reply:
            assert reply.status == 202
    return admin


async def ask(session: aiohttp.ClientSession, query: str, **body: Any) -> dict[str, Any]:
    async with session.post("/api/v1/query", json={"query": query} | body) as reply:
        assert reply.status == 200
        return dict(await reply.json())


async def stream(session: aiohttp.ClientSession, query: str, **body: Any) -> str:
    async with session.post("/api/v1/query/stream", json={"query": query} | body) as reply:
        assert reply.status == 200
        return await reply.text()


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(event.removeprefix("data: ")) for event in text.split("\n\n")[:-1]]


async def test_an_answer_comes_from_the_documents_that_share_most_words(reader: aiohttp.ClientSession) -> None:
    body = await ask(reader, "Where does Sarah Chen work at Acme?")
    assert body["answer"].startswith("Sarah Chen works at Acme Labs. [1]")
    assert [source["file_path"] for source in body["sources"]] == ["sarah.txt", "oslo.txt"]
    assert [source["score"] for source in body["sources"]] == [0.75, 0.25]
    assert body["sources"][0]["snippet"] == SARAH
    assert body["mode"] == "mix"
    assert body["stats"]["sources_retrieved"] == 2


async def test_the_same_question_gets_the_same_answer(reader: aiohttp.ClientSession) -> None:
    assert await ask(reader, "Acme in Oslo") == await ask(reader, "Acme in Oslo")


async def test_an_unknown_subject_has_no_sources(reader: aiohttp.ClientSession) -> None:
    body = await ask(reader, "penguins")
    assert (body["answer"], body["sources"]) == (NOTHING_FOUND, [])


async def test_results_can_be_limited_and_filtered(reader: aiohttp.ClientSession) -> None:
    assert len((await ask(reader, "Acme", max_results=1))["sources"]) == 1
    filtered = await ask(reader, "Acme", document_filter={"document_pattern": "oslo"})
    assert [source["file_path"] for source in filtered["sources"]] == ["oslo.txt"]
    one = filtered["sources"][0]["document_id"]
    assert len((await ask(reader, "Acme", document_filter={"document_ids": [one]}))["sources"]) == 1
    assert (await ask(reader, "Acme", document_filter={"date_to": "2025-01-01"}))["sources"] == []


async def test_only_processed_documents_of_the_workspace_count(
    edgequake: EdgeQuakeServer, reader: aiohttp.ClientSession, clock: ManualClock
) -> None:
    edgequake.settings.processing_time = 10
    async with reader.post("/api/v1/documents", json={"content": "A penguin lives in Bergen."}):
        pass
    assert (await ask(reader, "penguin"))["sources"] == []
    clock.advance(10)
    found = (await ask(reader, "penguin"))["sources"]
    assert len(found) == 1
    async with reader.post("/api/v1/query", json={"query": "Acme"}, headers={"X-Workspace-ID": "other"}) as reply:
        assert (await reply.json())["sources"] == []
    async with reader.delete(f"/api/v1/documents/{found[0]['document_id']}"):
        pass
    assert (await ask(reader, "penguin"))["sources"] == []


async def test_a_query_can_return_only_context_or_prompt(reader: aiohttp.ClientSession) -> None:
    assert (await ask(reader, "Sarah", context_only=True))["answer"] == SARAH
    prompt = (await ask(reader, "Sarah", prompt_only=True, system_prompt="Be brief."))["answer"]
    assert prompt == f"Be brief.\n\n{SARAH}\n\nQuestion: Sarah"


async def test_reranking_and_the_chosen_model_are_told(reader: aiohttp.ClientSession) -> None:
    body = await ask(reader, "Sarah", enable_rerank=True, llm_provider="ollama", llm_model="llama", session_id="s")
    assert body["reranked"] is True
    assert body["sources"][0]["rerank_score"] == body["sources"][0]["score"]
    assert (body["stats"]["llm_provider"], body["stats"]["llm_model"]) == ("ollama", "llama")


async def test_bypass_reads_no_documents(reader: aiohttp.ClientSession) -> None:
    body = await ask(reader, "Sarah", mode="bypass")
    assert (body["answer"], body["sources"]) == ("You asked: Sarah", [])


@pytest.mark.parametrize("body", [{"query": " "}, {"query": "x", "mode": "psychic"}])
@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/query/stream"])
async def test_an_empty_query_and_an_unknown_mode_are_refused(
    admin: aiohttp.ClientSession, path: str, body: dict[str, str]
) -> None:
    async with admin.post(path, json=body) as reply:
        assert reply.status == 400
        assert (await reply.json(content_type=None))["code"] == "BAD_REQUEST"


async def test_a_stream_brings_context_tokens_and_done(
    edgequake: EdgeQuakeServer, reader: aiohttp.ClientSession
) -> None:
    edgequake.settings.strict = True
    context, *tokens, done = events(await stream(reader, "Sarah", llm_model="llama"))
    plain = await ask(reader, "Sarah")
    assert context["type"] == "context"
    assert (context["sources"], context["query_mode"]) == (plain["sources"], "mix")
    assert all(set(token) == {"type", "content"} and token["type"] == "token" for token in tokens)
    assert "".join(token["content"] for token in tokens) == plain["answer"]
    assert set(done) == {"type", "stats", "llm_provider", "llm_model"}
    assert (done["stats"]["query_mode"], done["llm_model"]) == ("mix", "llama")


async def test_a_stream_has_alias_keys_unless_strict(reader: aiohttp.ClientSession) -> None:
    _, *tokens, done = events(await stream(reader, "Sarah"))
    assert all(token["chunk"] == token["content"] for token in tokens)
    assert done["done"] is True


async def test_a_stream_can_break_with_an_error_event(
    edgequake: EdgeQuakeServer, reader: aiohttp.ClientSession
) -> None:
    edgequake.break_next_stream(code="STREAM_ERROR", message="gone", after_tokens=2)
    *before, error = events(await stream(reader, "Sarah"))
    assert [event["type"] for event in before] == ["context", "token", "token"]
    assert error == {"type": "error", "message": "gone", "code": "STREAM_ERROR"}
    assert events(await stream(reader, "Sarah"))[-1]["type"] == "done"


async def test_the_old_format_is_text(edgequake: EdgeQuakeServer, reader: aiohttp.ClientSession) -> None:
    text = await stream(reader, "Sarah", stream_format="v1")
    assert text.startswith("data: Sarah \n\ndata: Chen \n\n")
    edgequake.break_next_stream(message="gone")
    assert (await stream(reader, "Sarah", stream_format="v1")) == "data: Sarah \n\ndata: Error: gone\n\n"
