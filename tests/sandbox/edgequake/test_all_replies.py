"""Tests of the replies about documents against their published schemas, as in `test_replies`."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, ManualClock, Sandbox
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID, DEFAULT_USER_ID, DEFAULT_WORKSPACE_ID
from tests.support.edgequake_schemas import problems

pytestmark = pytest.mark.anyio

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"
HEADERS = {"X-Tenant-ID": DEFAULT_TENANT_ID, "X-Workspace-ID": DEFAULT_WORKSPACE_ID, "X-User-ID": DEFAULT_USER_ID}
WORKSPACE = f"workspaces/{DEFAULT_WORKSPACE_ID}"


class Checker:
    """Sends requests and checks each reply against a schema."""

    def __init__(self, session: aiohttp.ClientSession, server: EdgeQuakeServer) -> None:
        self._session = session
        self.server = server

    async def __call__(
        self, schema: str, method: str, path: str, body: Any = None, *, status: int = 200, files: Any = None
    ) -> Any:
        path = path if path.startswith("/") else f"/api/v1/{path}"
        data = None
        if files is not None:
            data = aiohttp.FormData()
            for name, filename, content in files:
                data.add_field(name, content, filename=filename)
        async with self._session.request(method, path, json=body, data=data) as reply:
            text = await reply.text()
            assert reply.status == status, (method, path, text)
        if schema == "":
            return text
        value = json.loads(text)
        assert problems(schema, value, strict=self.server.settings.strict) == [], (method, path)
        return value

    async def events(self, path: str) -> list[Any]:
        async with self._session.get(f"/api/v1/{path}") as reply:
            assert reply.status == 200
            return [json.loads(data) for data in re.findall("data: (.*)", await reply.text())]


@pytest.fixture(params=[True, False], ids=["strict", "aliases"])
async def check(request: pytest.FixtureRequest) -> AsyncIterator[Checker]:
    settings = EdgeQuakeSettings(strict=bool(request.param))
    async with Sandbox(edgequake=settings, clock=ManualClock()) as sandbox:
        server = sandbox.edgequake
        headers = HEADERS | {"X-API-Key": server.credentials.api_key}
        async with aiohttp.ClientSession(server.url, headers=headers) as session:
            yield Checker(session, server)


async def test_documents(check: Checker) -> None:
    made = await check("UploadDocumentResponse", "POST", "documents", {"content": TEXT}, status=202)
    one, chunk = f"documents/{made['document_id']}", f"{made['document_id']}-chunk-0"
    files = [("files", "a.txt", b"Ada"), ("files", "b.bin", b"\xff"), ("files", "a.txt", b"Ada")]
    batch = await check("BatchUploadResponse", "POST", "documents/upload/batch", files=files, status=202)
    assert [batch[key] for key in ("processed", "duplicates", "failed")] == [1, 1, 1]
    await check("DocumentSearchResponse", "GET", "documents/search?q=a.txt")
    scanned = await check("ScanDirectoryResponse", "POST", "documents/scan", {"path": "/srv/documents"})
    assert (scanned["files_found"], scanned["files_queued"]) == (4, 3)
    check.server.end_next_document("failed", message="no luck")
    await check("UploadDocumentResponse", "POST", "documents", {"content": "lost"}, status=202)
    await check("TaskListResponse", "GET", "tasks?status=failed")
    again = await check("ReprocessFailedResponse", "POST", "documents/reprocess", {})
    assert (again["failed_found"], again["requeued"]) == (1, 1)
    await check("TrackStatusResponse", "GET", f"documents/track/{again['track_id']}")
    await check("RecoverStuckResponse", "POST", "documents/recover-stuck", {})
    await check("DeletionImpactResponse", "GET", f"{one}/deletion-impact")
    check.server.end_next_document("partial_failure")
    half = await check("UploadDocumentResponse", "POST", "documents", {"content": "half of it"}, status=202)
    failed = await check("ListFailedChunksResponse", "GET", f"documents/{half['document_id']}/failed-chunks")
    assert len(failed["failed_chunks"]) == 1
    await check("RetryChunksResponse", "POST", f"documents/{half['document_id']}/retry-chunks", {})
    await check("DocumentLineage", "GET", f"{one}/lineage")
    await check("o", "GET", f"{one}/lineage/export")
    assert "chunk_id,index" in await check("", "GET", f"{one}/lineage/export?format=csv")
    await check("Problem", "GET", f"{one}/lineage/export?format=xml", status=400)
    await check("o", "GET", f"{one}/metadata")
    await check("ChunkDetailResponse", "GET", f"chunks/{chunk}")
    await check("ChunkLineageResponse", "GET", f"chunks/{chunk}/lineage")
    await check("Problem", "GET", "chunks/none-chunk-7", status=404)
    await check("DocumentGraphLineageResponse", "GET", f"lineage/{one}")
    await check("EntityLineageResponse", "GET", "lineage/entities/SARAH_CHEN")
    await check("EntityProvenanceResponse", "GET", "entities/SARAH_CHEN/provenance")


async def test_pdf_files(check: Checker) -> None:
    made = await check("PdfUploadResponse", "POST", "documents/pdf", files=[("file", "a.pdf", PDF)])
    same = await check("PdfUploadResponse", "POST", "documents/pdf", files=[("file", "b.pdf", PDF)])
    assert same["duplicate_of"] == made["pdf_id"]
    await check("Problem", "POST", "documents/pdf", files=[("file", "a.txt", b"text")], status=400)
    files = [("files", "a.pdf", PDF), ("files", "c.pdf", PDF + b"c"), ("files", "d.txt", b"text")]
    batch = await check("PdfBatchUploadResponse", "POST", "documents/pdf/batch", files=files)
    assert [batch[key] for key in ("accepted", "duplicates", "failed")] == [1, 1, 1]
    one = f"documents/pdf/{made['pdf_id']}"
    await check("ListPdfsResponse", "GET", "documents/pdf?page_size=1")
    await check("PdfStatusResponse", "GET", one)
    content = await check("PdfContentResponse", "GET", f"{one}/content")
    assert content["markdown_content"] == "Ada Lovelace met Sarah Chen."
    await check("PdfUploadProgress", "GET", f"documents/pdf/progress/{made['track_id']}")
    events = await check.events(f"documents/pdf/progress/stream/{made['track_id']}")
    assert [problems("PdfUploadProgress", event, strict=True) for event in events] == [[]]
    await check("Problem", "POST", f"{one}/retry", status=409)
    await check("Problem", "DELETE", f"{one}/cancel", status=409)
    check.server.end_next_document("failed")
    lost = await check("PdfUploadResponse", "POST", "documents/pdf", files=[("file", "e.pdf", PDF + b"e")])
    await check("PdfStatusResponse", "GET", f"documents/pdf/{lost['pdf_id']}")
    await check("PdfUploadProgress", "GET", f"documents/pdf/progress/{lost['track_id']}")
    await check("PdfOperationResponse", "POST", f"documents/pdf/{lost['pdf_id']}/retry")
    assert await check("", "DELETE", one, status=204) == ""
    await check("Problem", "GET", one, status=404)
    await check("Problem", "GET", f"documents/{made['document_id']}", status=404)
    await check("ParseResponse", "POST", "parse", files=[("file", "a.pdf", PDF)])
    options = ("options", None, '{"async": true}')
    queued = await check("o", "POST", "parse", files=[options, ("file", "a.pdf", PDF)], status=202)
    await check("ParseJobStatusResponse", "GET", f"parse/jobs/{queued['job_id']}")
    await check("ParseBackendsResponse", "GET", "parse/backends")


async def test_the_graph(check: Checker) -> None:
    await check("UploadDocumentResponse", "POST", "documents", {"content": TEXT}, status=202)
    whole = await check("KnowledgeGraphResponse", "GET", "graph?max_nodes=2")
    assert (len(whole["nodes"]), whole["total_nodes"], whole["is_truncated"]) == (2, 3, True)
    await check("KnowledgeGraphResponse", "GET", "graph?start_node=OSLO&depth=1")
    kinds = {"metadata": "GraphMetadataEvent", "nodes": "GraphNodesEvent", "edges": "GraphEdgesEvent"}
    events = await check.events("graph/stream?batch_size=2")
    kinds |= {"done": "GraphDoneEvent"}
    strict = check.server.settings.strict
    assert [fault for event in events for fault in problems(kinds[event["type"]], event, strict=strict)] == []
    assert [event["type"] for event in events] == ["metadata", "nodes", "nodes", "edges", "done"]
    await check("GraphNodeResponse", "GET", "graph/nodes/OSLO")
    await check("SearchNodesResponse", "GET", "graph/nodes/search?q=sarah&include_neighbors=true")
    await check("SearchLabelsResponse", "GET", "graph/labels/search?q=acme")
    await check("PopularLabelsResponse", "GET", "graph/labels/popular")
    await check("BatchDegreeResponse", "POST", "graph/degrees/batch", {"node_ids": ["OSLO", "NOWHERE"]})
    ada = {"entity_name": "Ada Lovelace", "entity_type": "person", "description": "d", "source_id": "manual"}
    await check("CreateEntityResponse", "POST", "graph/entities", ada, status=201)
    await check("Problem", "POST", "graph/entities", ada, status=409)
    await check("ListEntitiesResponse", "GET", "graph/entities")
    await check("GetEntityResponse", "GET", "graph/entities/ACME_LABS")
    await check("UpdateEntityResponse", "PUT", "graph/entities/OSLO", {"description": "A city"})
    await check("EntityExistsResponse", "GET", "graph/entities/exists?entity_name=oslo")
    await check("EntityNeighborhoodResponse", "GET", "graph/entities/OSLO/neighborhood")
    link = {"src_id": "OSLO", "tgt_id": "ADA_LOVELACE", "keywords": "knows", "description": "d", "source_id": "manual"}
    made = await check("CreateRelationshipResponse", "POST", "graph/relationships", link, status=201)
    one = f"graph/relationships/{made['relationship']['id']}"
    await check("ListRelationshipsResponse", "GET", "graph/relationships")
    await check("GetRelationshipResponse", "GET", one)
    await check("UpdateRelationshipResponse", "PUT", one, {"weight": 0.5})
    await check("DeleteRelationshipResponse", "DELETE", one)
    merge = {"source_entity": "SARAH_CHEN", "target_entity": "ADA_LOVELACE"}
    await check("MergeEntitiesResponse", "POST", "graph/entities/merge", merge)
    await check("Problem", "DELETE", "graph/entities/OSLO", status=400)
    await check("DeleteEntityResponse", "DELETE", "graph/entities/OSLO?confirm=true")
    await check("Problem", "GET", "graph/entities/OSLO", status=404)


async def test_contexts(check: Checker) -> None:
    asked = {"query": "Where is Acme Labs?", "content_granularity": "debug", "max_results": 5}
    empty = await check("ContextRetrievalResponse", "POST", "query/context", asked)
    assert empty["retrieval_quality"]["empty_context"] is True
    made = await check("UploadDocumentResponse", "POST", "documents", {"content": TEXT, "title": "T"}, status=202)
    whole = await check("ContextRetrievalResponse", "POST", "query/context", asked)
    assert "Acme Labs is in Oslo" in whole["bundle"]["context_string"]
    assert {one["name"] for one in whole["bundle"]["subgraph"]["entities"]} == {"SARAH_CHEN", "ACME_LABS", "OSLO"}
    again = await check("ContextRetrievalResponse", "GET", f"query/context/{whole['retrieval_id']}")
    assert again == whole | {"cached": True}
    assert again["retrieval_fingerprint"] == empty["retrieval_fingerprint"]
    await check("Problem", "GET", "query/context/ret_unknown", status=404)
    await check("Problem", "GET", "query/context/unknown", status=400)
    await check("Problem", "POST", "query/context", {"query": "q", "mode": "bypass"}, status=400)
    short = await check("ContextSearchResponse", "POST", "query/context/search", {"query": "Acme Labs"})
    assert short["results"][0]["title"] == TEXT[:80]
    kept = await check("ContextRetrievalResponse", "GET", f"query/context/{short['results'][0]['retrieval_id']}")
    for artifact in (f"document/{made['document_id']}", f"chunk/{kept['bundle']['chunks'][0]['id']}"):
        await check("ContextArtifactResponse", "GET", f"query/context/artifacts/{artifact}?include_content=true")
    await check("ContextArtifactResponse", "GET", f"query/context/artifacts/markdown/{made['document_id']}")
    pdf = await check("PdfUploadResponse", "POST", "documents/pdf", files=[("file", "a.pdf", PDF)])
    await check("ContextArtifactResponse", "GET", f"query/context/artifacts/pdf/{pdf['pdf_id']}")
    await check("ContextArtifactResponse", "GET", f"query/context/artifacts/document/{pdf['document_id']}")
    await check("Problem", "GET", "query/context/artifacts/pdf/none", status=404)
    await check("Problem", "GET", "query/context/artifacts/song/none", status=400)
    answered = await check("QueryResponse", "POST", "query", {"query": "Oslo", "include_subgraph": True})
    assert answered["subgraph"]["relationships"][0]["lineage"]["source_document_id"] == made["document_id"]


async def test_pictures(check: Checker) -> None:
    content = {"content": f"{TEXT} ![The office](office.png)"}
    made = await check("UploadDocumentResponse", "POST", "documents", content, status=202)
    one = f"documents/{made['document_id']}"
    skipped = await check("ReanalyzeMultimodalResponse", "POST", f"{one}/reanalyze", {"process_options": "t"})
    assert (skipped["success"], skipped["skipped"], skipped["requeued"]) == (0, 1, True)
    await check("TrackStatusResponse", "GET", f"documents/track/{skipped['track_id']}")
    read = await check("ReanalyzeMultimodalResponse", "POST", f"{one}/reanalyze", {"reindex": False})
    assert (read["success"], read["track_id"], read["requeued"]) == (1, None, False)
    item = (await check("DocumentDetailResponse", "GET", one))["multimodal_items"][0]["item_id"]
    place = f"query/context/artifacts/figure/{item}"
    found = await check("ContextArtifactResponse", "GET", f"{place}?document_id={made['document_id']}")
    assert found["figure"]["caption"] == "The office"
    await check("Problem", "GET", place, status=400)
    await check("Problem", "GET", f"{place}x?document_id={made['document_id']}", status=404)
    await check("Problem", "POST", f"{one}/reanalyze", {"process_options": "x"}, status=422)
    await check("Problem", "POST", "documents/none/reanalyze", {}, status=404)


async def test_conversations(check: Checker) -> None:
    folder = await check("FolderResponse", "POST", "folders", {"name": "F"}, status=201)
    await check("[FolderResponse]", "GET", "folders")
    await check("FolderResponse", "PATCH", f"folders/{folder['id']}", {"name": "G", "position": 2})
    made = await check("ConversationResponse", "POST", "conversations", {"folder_id": folder["id"]}, status=201)
    one = f"conversations/{made['id']}"
    message = {"role": "user", "content": "hi"}
    said = await check("MessageResponse", "POST", f"{one}/messages", message, status=201)
    await check("MessageResponse", "PATCH", f"messages/{said['id']}", {"content": "hello"})
    await check("PaginatedMessagesResponse", "GET", f"{one}/messages?limit=1")
    await check("ConversationWithMessagesResponse", "GET", one)
    await check("ConversationResponse", "PATCH", one, {"title": "T", "is_pinned": True})
    shared = await check("ShareResponse", "POST", f"{one}/share")
    await check("ConversationWithMessagesResponse", "GET", f"shared/{shared['share_id']}")
    await check("", "DELETE", f"{one}/share", status=204)
    await check("Problem", "GET", f"shared/{shared['share_id']}", status=404)
    given = [{"title": "I", "messages": [message]}, {"messages": [{"role": "ghost", "content": "boo"}]}]
    imported = await check("ImportConversationsResponse", "POST", "conversations/import", {"conversations": given})
    assert (imported["imported"], imported["failed"]) == (1, 1)
    page = await check("PaginatedConversationsResponse", "GET", "conversations?limit=1")
    cursor = page["pagination"]["next_cursor"]
    await check("PaginatedConversationsResponse", "GET", f"conversations?limit=1&cursor={cursor}")
    await check("Problem", "GET", "conversations?cursor=nonsense", status=400)
    ids = {"conversation_ids": [made["id"], "nobody's"]}
    await check("BulkOperationResponse", "POST", "conversations/bulk/move", ids | {"folder_id": None})
    await check("BulkOperationResponse", "POST", "conversations/bulk/archive", ids | {"archive": True})
    await check("", "DELETE", f"messages/{said['id']}", status=204)
    await check("", "DELETE", f"folders/{folder['id']}", status=204)
    affected = await check("BulkOperationResponse", "POST", "conversations/bulk/delete", ids)
    assert affected == {"affected": 1}


async def test_tasks_and_costs(check: Checker) -> None:
    check.server.settings.processing_time = 10
    made = await check("UploadDocumentResponse", "POST", "documents", {"content": TEXT}, status=202)
    await check("TaskListResponse", "GET", "tasks")
    await check("EnhancedPipelineStatusResponse", "GET", "pipeline/status")
    await check("QueueMetricsResponse", "GET", "pipeline/queue-metrics")
    await check("TaskResponse", "POST", f"tasks/{made['track_id']}/cancel")
    await check("TaskResponse", "POST", f"tasks/{made['track_id']}/retry")
    await check("CancelPipelineResponse", "POST", "pipeline/cancel")
    await check("Problem", "POST", f"tasks/{made['track_id']}/cancel", status=409)
    check.server.settings.processing_time = 0
    await check("TaskResponse", "POST", f"tasks/{made['track_id']}/retry")
    check.server.end_next_document("failed")
    lost = await check("UploadDocumentResponse", "POST", "documents", {"content": "lost"}, status=202)
    task = await check("TaskResponse", "GET", f"tasks/{lost['track_id']}")
    assert task["error"]["retryable"] is True
    await check("EnhancedPipelineStatusResponse", "GET", "pipeline/status")
    await check("AvailablePricingResponse", "GET", "pipeline/costs/pricing")
    wanted = {"model": "gpt-4.1-nano", "input_tokens": 1000, "output_tokens": 10}
    await check("EstimateCostResponse", "POST", "pipeline/costs/estimate", wanted)
    summary = await check("WorkspaceCostSummaryResponse", "GET", "costs/summary")
    assert summary["total_cost"] > 0
    assert len(await check("[CostHistoryPoint]", "GET", "costs/history?granularity=month")) == 1
    budget = await check("BudgetInfo", "GET", "costs/budget")
    over = await check("BudgetInfo", "PATCH", "costs/budget", budget | {"monthly_budget_usd": 0})
    assert over["is_over_budget"] is True


async def test_workspaces_and_the_server(check: Checker) -> None:
    await check("UploadDocumentResponse", "POST", "documents", {"content": TEXT}, status=202)
    await check("MetricsSnapshotDTO", "POST", f"{WORKSPACE}/metrics-snapshot", status=201)
    history = await check("MetricsHistoryResponse", "GET", f"{WORKSPACE}/metrics-history")
    assert [snapshot["entity_count"] for snapshot in history["snapshots"]] == [3]
    await check("RebuildEmbeddingsResponse", "POST", f"{WORKSPACE}/rebuild-embeddings", {"embedding_dimension": 768})
    rebuilt = await check("RebuildKnowledgeGraphResponse", "POST", f"{WORKSPACE}/rebuild-knowledge-graph", {})
    assert (rebuilt["nodes_cleared"], rebuilt["edges_cleared"]) == (3, 2)
    assert len((await check("ListEntitiesResponse", "GET", "graph/entities"))["items"]) == 3
    await check("ReprocessAllResponse", "POST", f"{WORKSPACE}/reprocess-documents", {"include_completed": True})
    text = {"name": "rules", "content": "Oslo is a city."}
    made = await check("PutInjectionResponse", "PUT", f"{WORKSPACE}/injection", text, status=202)
    again = await check("PutInjectionResponse", "PUT", f"{WORKSPACE}/injection", text, status=202)
    assert (again["injection_id"], again["version"]) == (made["injection_id"], 2)
    files = [("file", "more.md", b"More.")]
    await check("PutInjectionResponse", "PUT", f"{WORKSPACE}/injection/file", files=files, status=202)
    await check("ListInjectionsResponse", "GET", f"{WORKSPACE}/injections?limit=1")
    one = f"{WORKSPACE}/injections/{made['injection_id']}"
    await check("InjectionDetailResponse", "GET", one)
    await check("PutInjectionResponse", "PATCH", one, {"content": "New."})
    await check("DeleteInjectionResponse", "DELETE", one)
    jobs = f"/api/v2/{WORKSPACE}/jobs"
    await check("o", "GET", f"{jobs}/catalog")
    job = await check("JobResponse", "POST", jobs, {"job_type": "rebuild_embeddings"}, status=202)
    await check("JobListResponse", "GET", jobs)
    await check("JobResponse", "GET", f"{jobs}/{job['job_id']}")
    await check("JobResponse", "DELETE", f"{jobs}/{job['job_id']}")
    await check("Problem", "DELETE", f"{jobs}/{job['job_id']}", status=409)
    await check("Problem", "GET", "/api/v2/workspaces/other/jobs", status=400)
    await check("ModelsListResponse", "GET", "models")
    await check("LlmModelsResponse", "GET", "models/llm")
    await check("EmbeddingModelsResponse", "GET", "models/embedding")
    await check("[ProviderResponse]", "GET", "models/health")
    await check("ProviderResponse", "GET", "models/openai")
    await check("ModelResponse", "GET", "models/openai/gpt-4.1-nano")
    await check("Problem", "GET", "models/nobody", status=404)
    await check("ProviderStatusResponse", "GET", "settings/provider/status")
    await check("AvailableProvidersResponse", "GET", "settings/providers")
    await check("EffectiveConfigResponse", "GET", "config/effective")
    await check("ServerDefaultsResponse", "GET", "admin/config/defaults")
    await check("ServerDefaultsResponse", "PATCH", "admin/config/defaults", {"default_max_workspaces": 5})
    quota = f"admin/tenants/{DEFAULT_TENANT_ID}/quota"
    await check("UpdateTenantQuotaResponse", "PATCH", quota, {"max_workspaces": 1})
    await check("Problem", "PATCH", quota, {"max_workspaces": 0}, status=400)
    place = {"slug": "s", "display_name": "S", "api_shape": "openai", "base_url": "https://llm.example.org"}
    connection = await check("Connection", "POST", "connections", place, status=201)
    await check("Problem", "POST", "connections", place, status=409)
    one = f"connections/{connection['id']}"
    assert (await check("ProbeResult", "POST", f"{one}/test"))["ok"] is False
    assert (await check("Connection", "PUT", one, place | {"api_key": "k"}))["key_configured"] is True
    assert (await check("Connection", "PUT", one, place))["key_configured"] is True
    await check("[Connection]", "GET", "connections")
    await check("ProbeResult", "POST", "providers/test", {"shape": "openai", "api_key": "k"})
    await check("", "DELETE", one, status=204)
