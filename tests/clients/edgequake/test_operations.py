"""What each operation around the documents puts on the wire with all that it can be given, and that its model takes
the smallest reply of the published shape.

`test_requests` has the first ones, and the streams and files have tests of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import attrs
import pytest

from asdk import Secret
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import ConversationMessage, DocumentFilter, MixWeights
from asdk.testing import MemoryTransport, Reply
from tests.edgequake_schemas import sample


@attrs.frozen
class Case:
    """A call, the request that it must make, and the schema of the reply."""

    call: Callable[[EdgeQuake], Awaitable[Any]]
    method: str
    path: str
    json: Any = None
    reply: str | None = None


CASES = {
    "pdf.get": Case(lambda c: c.pdf.get("a/b"), "GET", "/api/v1/documents/pdf/a%2Fb", reply="PdfStatusResponse"),
    "pdf.delete": Case(lambda c: c.pdf.delete("a/b"), "DELETE", "/api/v1/documents/pdf/a%2Fb"),
    "pdf.content": Case(
        lambda c: c.pdf.content("a/b"), "GET", "/api/v1/documents/pdf/a%2Fb/content", reply="PdfContentResponse"
    ),
    "pdf.progress": Case(
        lambda c: c.pdf.progress("a/b"), "GET", "/api/v1/documents/pdf/progress/a%2Fb", reply="PdfUploadProgress"
    ),
    "pdf.retry": Case(
        lambda c: c.pdf.retry("a/b"), "POST", "/api/v1/documents/pdf/a%2Fb/retry", reply="PdfOperationResponse"
    ),
    "pdf.cancel": Case(
        lambda c: c.pdf.cancel("a/b"), "DELETE", "/api/v1/documents/pdf/a%2Fb/cancel", reply="PdfOperationResponse"
    ),
    "pdf.list": Case(
        lambda c: c.pdf.list(status="x", page_size=7).collect(),
        "GET",
        "/api/v1/documents/pdf?status=x&page_size=7&page=1",
        reply="ListPdfsResponse",
    ),
    "documents.reanalyze": Case(
        lambda c: c.documents.reanalyze("a/b", process_options="ite", reindex=False),
        "POST",
        "/api/v1/documents/a%2Fb/reanalyze",
        json={"process_options": "ite", "reindex": False},
        reply="ReanalyzeMultimodalResponse",
    ),
    "contexts.retrieve": Case(
        lambda c: c.contexts.retrieve(
            "why?",
            mode="x",
            max_results=7,
            enable_rerank=False,
            rerank_model="x",
            rerank_top_k=7,
            include_subgraph=False,
            include_lineage=False,
            include_documents=False,
            include_agent_hints=False,
            conversation_history=[ConversationMessage(role="user", content="hi")],
            document_filter=DocumentFilter(document_ids=["d"]),
            mix_weights=MixWeights(naive=0.5),
            content_granularity="debug",
        ),
        "POST",
        "/api/v1/query/context",
        json={
            "query": "why?",
            "mode": "x",
            "max_results": 7,
            "enable_rerank": False,
            "rerank_model": "x",
            "rerank_top_k": 7,
            "include_subgraph": False,
            "include_lineage": False,
            "include_documents": False,
            "include_agent_hints": False,
            "conversation_history": [{"role": "user", "content": "hi"}],
            "document_filter": {"date_from": None, "date_to": None, "document_ids": ["d"], "document_pattern": None},
            "mix_weights": {"local": None, "global": None, "naive": 0.5},
            "content_granularity": "debug",
        },
        reply="ContextRetrievalResponse",
    ),
    "contexts.search": Case(
        lambda c: c.contexts.search("why?", mode="x", max_results=7, document_filter=DocumentFilter(date_from="d")),
        "POST",
        "/api/v1/query/context/search",
        json={
            "query": "why?",
            "mode": "x",
            "max_results": 7,
            "document_filter": {
                "date_from": "d",
                "date_to": None,
                "document_ids": None,
                "document_pattern": None,
            },
        },
        reply="ContextSearchResponse",
    ),
    "contexts.get": Case(
        lambda c: c.contexts.get("a/b", content_granularity="citation"),
        "GET",
        "/api/v1/query/context/a%2Fb?content_granularity=citation",
        reply="ContextRetrievalResponse",
    ),
    "contexts.artifact": Case(
        lambda c: c.contexts.artifact("a/b", "c?d", document_id="e&f", include_content=True),
        "GET",
        "/api/v1/query/context/artifacts/a%2Fb/c%3Fd?document_id=e%26f&include_content=true",
        reply="ContextArtifactResponse",
    ),
    "parse.backends": Case(
        lambda c: c.parse.backends(), "GET", "/api/v1/parse/backends", reply="ParseBackendsResponse"
    ),
    "parse.job": Case(lambda c: c.parse.job("a/b"), "GET", "/api/v1/parse/jobs/a%2Fb", reply="ParseJobStatusResponse"),
    "graph.get": Case(
        lambda c: c.graph.get(start_node="x", depth=7, max_nodes=7),
        "GET",
        "/api/v1/graph?start_node=x&depth=7&max_nodes=7",
        reply="KnowledgeGraphResponse",
    ),
    "graph.get_node": Case(
        lambda c: c.graph.get_node("a/b"), "GET", "/api/v1/graph/nodes/a%2Fb", reply="GraphNodeResponse"
    ),
    "graph.search_nodes": Case(
        lambda c: c.graph.search_nodes(query="x", limit=7, include_neighbors=True, neighbor_depth=7, entity_type="x"),
        "GET",
        "/api/v1/graph/nodes/search?q=x&limit=7&include_neighbors=true&neighbor_depth=7&entity_type=x",
        reply="SearchNodesResponse",
    ),
    "graph.search_labels": Case(
        lambda c: c.graph.search_labels(query="x", limit=7),
        "GET",
        "/api/v1/graph/labels/search?q=x&limit=7",
        reply="SearchLabelsResponse",
    ),
    "graph.popular_labels": Case(
        lambda c: c.graph.popular_labels(limit=7, min_degree=7, entity_type="x"),
        "GET",
        "/api/v1/graph/labels/popular?limit=7&min_degree=7&entity_type=x",
        reply="PopularLabelsResponse",
    ),
    "graph.degrees": Case(
        lambda c: c.graph.degrees(node_ids=["x", "y"]),
        "POST",
        "/api/v1/graph/degrees/batch",
        json={"node_ids": ["x", "y"]},
        reply="BatchDegreeResponse",
    ),
    "entities.create": Case(
        lambda c: c.entities.create(
            entity_name="x", entity_type="x", description="x", source_id="x", metadata={"k": "v"}
        ),
        "POST",
        "/api/v1/graph/entities",
        json={"entity_name": "x", "entity_type": "x", "description": "x", "source_id": "x", "metadata": {"k": "v"}},
        reply="CreateEntityResponse",
    ),
    "entities.get": Case(
        lambda c: c.entities.get("a/b"), "GET", "/api/v1/graph/entities/a%2Fb", reply="GetEntityResponse"
    ),
    "entities.update": Case(
        lambda c: c.entities.update("a/b", entity_type="x", description="x", metadata={"k": "v"}),
        "PUT",
        "/api/v1/graph/entities/a%2Fb",
        json={"entity_type": "x", "description": "x", "metadata": {"k": "v"}},
        reply="UpdateEntityResponse",
    ),
    "entities.exists": Case(
        lambda c: c.entities.exists(entity_name="x"),
        "GET",
        "/api/v1/graph/entities/exists?entity_name=x",
        reply="EntityExistsResponse",
    ),
    "entities.merge": Case(
        lambda c: c.entities.merge(source_entity="x", target_entity="x", merge_strategy="x", metadata={"k": "v"}),
        "POST",
        "/api/v1/graph/entities/merge",
        json={"source_entity": "x", "target_entity": "x", "merge_strategy": "x", "metadata": {"k": "v"}},
        reply="MergeEntitiesResponse",
    ),
    "entities.neighborhood": Case(
        lambda c: c.entities.neighborhood("a/b", depth=7),
        "GET",
        "/api/v1/graph/entities/a%2Fb/neighborhood?depth=7",
        reply="EntityNeighborhoodResponse",
    ),
    "entities.provenance": Case(
        lambda c: c.entities.provenance("a/b"),
        "GET",
        "/api/v1/entities/a%2Fb/provenance",
        reply="EntityProvenanceResponse",
    ),
    "entities.list": Case(
        lambda c: c.entities.list(entity_type="x", search="x", page_size=7).collect(),
        "GET",
        "/api/v1/graph/entities?entity_type=x&search=x&page_size=7&page=1",
        reply="ListEntitiesResponse",
    ),
    "relationships.create": Case(
        lambda c: c.relationships.create(
            src_id="x", tgt_id="x", keywords="x", description="x", source_id="x", weight=0.5, metadata={"k": "v"}
        ),
        "POST",
        "/api/v1/graph/relationships",
        json={
            "src_id": "x",
            "tgt_id": "x",
            "keywords": "x",
            "description": "x",
            "source_id": "x",
            "weight": 0.5,
            "metadata": {"k": "v"},
        },
        reply="CreateRelationshipResponse",
    ),
    "relationships.get": Case(
        lambda c: c.relationships.get("a/b"),
        "GET",
        "/api/v1/graph/relationships/a%2Fb",
        reply="GetRelationshipResponse",
    ),
    "relationships.update": Case(
        lambda c: c.relationships.update("a/b", keywords="x", description="x", weight=0.5, metadata={"k": "v"}),
        "PUT",
        "/api/v1/graph/relationships/a%2Fb",
        json={"keywords": "x", "description": "x", "weight": 0.5, "metadata": {"k": "v"}},
        reply="UpdateRelationshipResponse",
    ),
    "relationships.delete": Case(
        lambda c: c.relationships.delete("a/b"),
        "DELETE",
        "/api/v1/graph/relationships/a%2Fb",
        reply="DeleteRelationshipResponse",
    ),
    "relationships.list": Case(
        lambda c: c.relationships.list(relationship_type="x", page_size=7).collect(),
        "GET",
        "/api/v1/graph/relationships?relationship_type=x&page_size=7&page=1",
        reply="ListRelationshipsResponse",
    ),
    "conversations.create": Case(
        lambda c: c.conversations.create(title="x", mode="x", folder_id="x"),
        "POST",
        "/api/v1/conversations",
        json={"title": "x", "mode": "x", "folder_id": "x"},
        reply="ConversationResponse",
    ),
    "conversations.get": Case(
        lambda c: c.conversations.get("a/b"),
        "GET",
        "/api/v1/conversations/a%2Fb",
        reply="ConversationWithMessagesResponse",
    ),
    "conversations.update": Case(
        lambda c: c.conversations.update("a/b", title="x", mode="x", is_pinned=True, is_archived=True, folder_id="x"),
        "PATCH",
        "/api/v1/conversations/a%2Fb",
        json={"title": "x", "mode": "x", "is_pinned": True, "is_archived": True, "folder_id": "x"},
        reply="ConversationResponse",
    ),
    "conversations.delete": Case(lambda c: c.conversations.delete("a/b"), "DELETE", "/api/v1/conversations/a%2Fb"),
    "conversations.bulk_delete": Case(
        lambda c: c.conversations.bulk_delete(conversation_ids=["x", "y"]),
        "POST",
        "/api/v1/conversations/bulk/delete",
        json={"conversation_ids": ["x", "y"]},
        reply="BulkOperationResponse",
    ),
    "conversations.bulk_archive": Case(
        lambda c: c.conversations.bulk_archive(conversation_ids=["x", "y"], archive=True),
        "POST",
        "/api/v1/conversations/bulk/archive",
        json={"conversation_ids": ["x", "y"], "archive": True},
        reply="BulkOperationResponse",
    ),
    "conversations.bulk_move": Case(
        lambda c: c.conversations.bulk_move(conversation_ids=["x", "y"], folder_id=None),
        "POST",
        "/api/v1/conversations/bulk/move",
        json={"conversation_ids": ["x", "y"], "folder_id": None},
        reply="BulkOperationResponse",
    ),
    "conversations.import_conversations": Case(
        lambda c: c.conversations.import_conversations(conversations=[{"title": "t"}]),
        "POST",
        "/api/v1/conversations/import",
        json={"conversations": [{"title": "t"}]},
        reply="ImportConversationsResponse",
    ),
    "conversations.create_message": Case(
        lambda c: c.conversations.create_message("a/b", content="x", role="x", parent_id="x"),
        "POST",
        "/api/v1/conversations/a%2Fb/messages",
        json={"content": "x", "role": "x", "parent_id": "x"},
        reply="MessageResponse",
    ),
    "conversations.update_message": Case(
        lambda c: c.conversations.update_message(
            "a/b", content="x", tokens_used=7, duration_ms=7, thinking_time_ms=7, context={"k": "v"}, is_error=True
        ),
        "PATCH",
        "/api/v1/messages/a%2Fb",
        json={
            "content": "x",
            "tokens_used": 7,
            "duration_ms": 7,
            "thinking_time_ms": 7,
            "context": {"k": "v"},
            "is_error": True,
        },
        reply="MessageResponse",
    ),
    "conversations.delete_message": Case(
        lambda c: c.conversations.delete_message("a/b"), "DELETE", "/api/v1/messages/a%2Fb"
    ),
    "conversations.share": Case(
        lambda c: c.conversations.share("a/b"), "POST", "/api/v1/conversations/a%2Fb/share", reply="ShareResponse"
    ),
    "conversations.unshare": Case(
        lambda c: c.conversations.unshare("a/b"), "DELETE", "/api/v1/conversations/a%2Fb/share"
    ),
    "conversations.get_shared": Case(
        lambda c: c.conversations.get_shared("a/b"),
        "GET",
        "/api/v1/shared/a%2Fb",
        reply="ConversationWithMessagesResponse",
    ),
    "conversations.messages": Case(
        lambda c: c.conversations.messages("a/b", limit=7).collect(),
        "GET",
        "/api/v1/conversations/a%2Fb/messages?limit=7",
        reply="PaginatedMessagesResponse",
    ),
    "conversations.list": Case(
        lambda c: c.conversations.list(
            mode="x", archived=True, pinned=True, folder_id="x", unfiled=True, search="x", sort="x", order="x", limit=7
        ).collect(),
        "GET",
        "/api/v1/conversations?filter%5Bmode%5D=x&filter%5Barchived%5D=true&filter%5Bpinned%5D=true&filter%5Bfolder_id%5D=x&filter%5Bunfiled%5D=true&filter%5Bsearch%5D=x&sort=x&order=x&limit=7",
        reply="PaginatedConversationsResponse",
    ),
    "folders.create": Case(
        lambda c: c.folders.create(name="x", parent_id="x"),
        "POST",
        "/api/v1/folders",
        json={"name": "x", "parent_id": "x"},
        reply="FolderResponse",
    ),
    "folders.update": Case(
        lambda c: c.folders.update("a/b", name="x", parent_id="x", position=7),
        "PATCH",
        "/api/v1/folders/a%2Fb",
        json={"name": "x", "parent_id": "x", "position": 7},
        reply="FolderResponse",
    ),
    "folders.delete": Case(lambda c: c.folders.delete("a/b"), "DELETE", "/api/v1/folders/a%2Fb"),
    "folders.list": Case(lambda c: c.folders.list(), "GET", "/api/v1/folders", reply="[FolderResponse]"),
    "tasks.get": Case(lambda c: c.tasks.get("a/b"), "GET", "/api/v1/tasks/a%2Fb", reply="TaskResponse"),
    "tasks.cancel": Case(lambda c: c.tasks.cancel("a/b"), "POST", "/api/v1/tasks/a%2Fb/cancel", reply="TaskResponse"),
    "tasks.retry": Case(lambda c: c.tasks.retry("a/b"), "POST", "/api/v1/tasks/a%2Fb/retry", reply="TaskResponse"),
    "tasks.list": Case(
        lambda c: c.tasks.list(status="x", task_type="x", sort="x", order="x", page_size=7).collect(),
        "GET",
        "/api/v1/tasks?status=x&task_type=x&sort=x&order=x&page_size=7&page=1",
        reply="TaskListResponse",
    ),
    "pipeline.status": Case(
        lambda c: c.pipeline.status(), "GET", "/api/v1/pipeline/status", reply="EnhancedPipelineStatusResponse"
    ),
    "pipeline.cancel": Case(
        lambda c: c.pipeline.cancel(), "POST", "/api/v1/pipeline/cancel", reply="CancelPipelineResponse"
    ),
    "pipeline.queue_metrics": Case(
        lambda c: c.pipeline.queue_metrics(tenant_id="x", workspace_id="x"),
        "GET",
        "/api/v1/pipeline/queue-metrics?tenant_id=x&workspace_id=x",
        reply="QueueMetricsResponse",
    ),
    "pipeline.pricing": Case(
        lambda c: c.pipeline.pricing(), "GET", "/api/v1/pipeline/costs/pricing", reply="AvailablePricingResponse"
    ),
    "pipeline.estimate_cost": Case(
        lambda c: c.pipeline.estimate_cost(model="x", input_tokens=7, output_tokens=7),
        "POST",
        "/api/v1/pipeline/costs/estimate",
        json={"model": "x", "input_tokens": 7, "output_tokens": 7},
        reply="EstimateCostResponse",
    ),
    "costs.summary": Case(
        lambda c: c.costs.summary(), "GET", "/api/v1/costs/summary", reply="WorkspaceCostSummaryResponse"
    ),
    "costs.history": Case(
        lambda c: c.costs.history(start_date=date(2026, 1, 2), end_date=date(2026, 1, 2), granularity="x"),
        "GET",
        "/api/v1/costs/history?start_date=2026-01-02&end_date=2026-01-02&granularity=x",
        reply="[CostHistoryPoint]",
    ),
    "costs.budget": Case(lambda c: c.costs.budget(), "GET", "/api/v1/costs/budget", reply="BudgetInfo"),
    "lineage.document": Case(
        lambda c: c.lineage.document("a/b"),
        "GET",
        "/api/v1/lineage/documents/a%2Fb",
        reply="DocumentGraphLineageResponse",
    ),
    "lineage.entity": Case(
        lambda c: c.lineage.entity("a/b"), "GET", "/api/v1/lineage/entities/a%2Fb", reply="EntityLineageResponse"
    ),
    "chunks.get": Case(lambda c: c.chunks.get("a/b"), "GET", "/api/v1/chunks/a%2Fb", reply="ChunkDetailResponse"),
    "chunks.lineage": Case(
        lambda c: c.chunks.lineage("a/b"), "GET", "/api/v1/chunks/a%2Fb/lineage", reply="ChunkLineageResponse"
    ),
    "injections.put": Case(
        lambda c: c.injections.put("a/b", name="x", content="x"),
        "PUT",
        "/api/v1/workspaces/a%2Fb/injection",
        json={"name": "x", "content": "x"},
        reply="PutInjectionResponse",
    ),
    "injections.get": Case(
        lambda c: c.injections.get("a/b", "a/b"),
        "GET",
        "/api/v1/workspaces/a%2Fb/injections/a%2Fb",
        reply="InjectionDetailResponse",
    ),
    "injections.update": Case(
        lambda c: c.injections.update("a/b", "a/b", name="x", content="x"),
        "PATCH",
        "/api/v1/workspaces/a%2Fb/injections/a%2Fb",
        json={"name": "x", "content": "x"},
        reply="PutInjectionResponse",
    ),
    "injections.delete": Case(
        lambda c: c.injections.delete("a/b", "a/b"),
        "DELETE",
        "/api/v1/workspaces/a%2Fb/injections/a%2Fb",
        reply="DeleteInjectionResponse",
    ),
    "injections.list": Case(
        lambda c: c.injections.list("a/b", limit=7).collect(),
        "GET",
        "/api/v1/workspaces/a%2Fb/injections?limit=7&offset=0",
        reply="ListInjectionsResponse",
    ),
    "jobs.create": Case(
        lambda c: c.jobs.create("a/b", job_type="x", payload={"k": "v"}),
        "POST",
        "/api/v2/workspaces/a%2Fb/jobs",
        json={"job_type": "x", "payload": {"k": "v"}},
        reply="JobResponse",
    ),
    "jobs.get": Case(
        lambda c: c.jobs.get("a/b", "a/b"), "GET", "/api/v2/workspaces/a%2Fb/jobs/a%2Fb", reply="JobResponse"
    ),
    "jobs.cancel": Case(
        lambda c: c.jobs.cancel("a/b", "a/b"), "DELETE", "/api/v2/workspaces/a%2Fb/jobs/a%2Fb", reply="JobResponse"
    ),
    "jobs.catalog": Case(lambda c: c.jobs.catalog("a/b"), "GET", "/api/v2/workspaces/a%2Fb/jobs/catalog", reply="o"),
    "jobs.list": Case(
        lambda c: c.jobs.list("a/b", status="x", page_size=7).collect(),
        "GET",
        "/api/v2/workspaces/a%2Fb/jobs?status=x&page_size=7&page=1",
        reply="JobListResponse",
    ),
    "models.list_llm": Case(lambda c: c.models.list_llm(), "GET", "/api/v1/models/llm", reply="LlmModelsResponse"),
    "models.list_embedding": Case(
        lambda c: c.models.list_embedding(), "GET", "/api/v1/models/embedding", reply="EmbeddingModelsResponse"
    ),
    "models.health": Case(lambda c: c.models.health(), "GET", "/api/v1/models/health", reply="[ProviderResponse]"),
    "models.provider": Case(
        lambda c: c.models.provider("a/b"), "GET", "/api/v1/models/a%2Fb", reply="ProviderResponse"
    ),
    "models.model": Case(
        lambda c: c.models.model("a/b", "a/b"), "GET", "/api/v1/models/a%2Fb/a%2Fb", reply="ModelResponse"
    ),
    "models.list": Case(lambda c: c.models.list(), "GET", "/api/v1/models", reply="ModelsListResponse"),
    "settings.provider_status": Case(
        lambda c: c.settings.provider_status(),
        "GET",
        "/api/v1/settings/provider/status",
        reply="ProviderStatusResponse",
    ),
    "settings.providers": Case(
        lambda c: c.settings.providers(), "GET", "/api/v1/settings/providers", reply="AvailableProvidersResponse"
    ),
    "settings.effective_config": Case(
        lambda c: c.settings.effective_config(), "GET", "/api/v1/config/effective", reply="EffectiveConfigResponse"
    ),
    "connections.delete": Case(lambda c: c.connections.delete("a/b"), "DELETE", "/api/v1/connections/a%2Fb"),
    "connections.test": Case(
        lambda c: c.connections.test("a/b"), "POST", "/api/v1/connections/a%2Fb/test", reply="ProbeResult"
    ),
    "connections.test_provider": Case(
        lambda c: c.connections.test_provider(
            shape="x",
            base_url="x",
            model="x",
            embedding_model="x",
            api_key=Secret("x"),
            auth_scheme="x",
            allow_private_network=True,
            expected_dimension=7,
        ),
        "POST",
        "/api/v1/providers/test",
        json={
            "shape": "x",
            "base_url": "x",
            "model": "x",
            "embedding_model": "x",
            "api_key": "x",
            "auth_scheme": "x",
            "allow_private_network": True,
            "expected_dimension": 7,
        },
        reply="ProbeResult",
    ),
    "connections.list": Case(lambda c: c.connections.list(), "GET", "/api/v1/connections", reply="[Connection]"),
    "admin.server_defaults": Case(
        lambda c: c.admin.server_defaults(), "GET", "/api/v1/admin/config/defaults", reply="ServerDefaultsResponse"
    ),
    "admin.update_server_defaults": Case(
        lambda c: c.admin.update_server_defaults(default_max_workspaces=7),
        "PATCH",
        "/api/v1/admin/config/defaults",
        json={"default_max_workspaces": 7},
        reply="ServerDefaultsResponse",
    ),
    "admin.update_tenant_quota": Case(
        lambda c: c.admin.update_tenant_quota("a/b", max_workspaces=7),
        "PATCH",
        "/api/v1/admin/tenants/a%2Fb/quota",
        json={"max_workspaces": 7},
        reply="UpdateTenantQuotaResponse",
    ),
    "documents.search": Case(
        lambda c: c.documents.search(query="x", page_size=7, status="x"),
        "GET",
        "/api/v1/documents/search?q=x&page_size=7&status=x",
        reply="DocumentSearchResponse",
    ),
    "documents.scan": Case(
        lambda c: c.documents.scan(
            path="x", recursive=True, extensions=["x", "y"], max_files=7, async_processing=True, track_id="x"
        ),
        "POST",
        "/api/v1/documents/scan",
        json={
            "path": "x",
            "recursive": True,
            "extensions": ["x", "y"],
            "max_files": 7,
            "async_processing": True,
            "track_id": "x",
        },
        reply="ScanDirectoryResponse",
    ),
    "documents.reprocess_failed": Case(
        lambda c: c.documents.reprocess_failed(document_id="x", track_id="x", max_documents=7, force=True, mode="x"),
        "POST",
        "/api/v1/documents/reprocess",
        json={"document_id": "x", "track_id": "x", "max_documents": 7, "force": True, "mode": "x"},
        reply="ReprocessFailedResponse",
    ),
    "documents.recover_stuck": Case(
        lambda c: c.documents.recover_stuck(document_ids=["x", "y"], max_documents=7, stuck_threshold_minutes=7),
        "POST",
        "/api/v1/documents/recover-stuck",
        json={"document_ids": ["x", "y"], "max_documents": 7, "stuck_threshold_minutes": 7},
        reply="RecoverStuckResponse",
    ),
    "documents.deletion_impact": Case(
        lambda c: c.documents.deletion_impact("a/b"),
        "GET",
        "/api/v1/documents/a%2Fb/deletion-impact",
        reply="DeletionImpactResponse",
    ),
    "documents.failed_chunks": Case(
        lambda c: c.documents.failed_chunks("a/b"),
        "GET",
        "/api/v1/documents/a%2Fb/failed-chunks",
        reply="ListFailedChunksResponse",
    ),
    "documents.retry_chunks": Case(
        lambda c: c.documents.retry_chunks("a/b", chunk_indices=[1, 2], force=True, max_retries=7),
        "POST",
        "/api/v1/documents/a%2Fb/retry-chunks",
        json={"chunk_indices": [1, 2], "force": True, "max_retries": 7},
        reply="RetryChunksResponse",
    ),
    "documents.lineage": Case(
        lambda c: c.documents.lineage("a/b"), "GET", "/api/v1/documents/a%2Fb/lineage", reply="DocumentLineage"
    ),
    "documents.metadata": Case(
        lambda c: c.documents.metadata("a/b"), "GET", "/api/v1/documents/a%2Fb/metadata", reply="o"
    ),
    "workspaces.trigger_metrics_snapshot": Case(
        lambda c: c.workspaces.trigger_metrics_snapshot("a/b"),
        "POST",
        "/api/v1/workspaces/a%2Fb/metrics-snapshot",
        reply="MetricsSnapshotDTO",
    ),
    "workspaces.rebuild_embeddings": Case(
        lambda c: c.workspaces.rebuild_embeddings(
            "a/b", embedding_model="x", embedding_provider="x", embedding_dimension=7, force=True
        ),
        "POST",
        "/api/v1/workspaces/a%2Fb/rebuild-embeddings",
        json={"embedding_model": "x", "embedding_provider": "x", "embedding_dimension": 7, "force": True},
        reply="RebuildEmbeddingsResponse",
    ),
    "workspaces.rebuild_knowledge_graph": Case(
        lambda c: c.workspaces.rebuild_knowledge_graph(
            "a/b", llm_model="x", llm_provider="x", force=True, max_documents=7, rebuild_embeddings=True
        ),
        "POST",
        "/api/v1/workspaces/a%2Fb/rebuild-knowledge-graph",
        json={"llm_model": "x", "llm_provider": "x", "force": True, "max_documents": 7, "rebuild_embeddings": True},
        reply="RebuildKnowledgeGraphResponse",
    ),
    "workspaces.reprocess_documents": Case(
        lambda c: c.workspaces.reprocess_documents("a/b", include_completed=True, max_documents=7),
        "POST",
        "/api/v1/workspaces/a%2Fb/reprocess-documents",
        json={"include_completed": True, "max_documents": 7},
        reply="ReprocessAllResponse",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_each_operation_sends_what_the_server_takes(name: str) -> None:
    case = CASES[name]
    reply = Reply(204) if case.reply is None else Reply(json=last_page(sample(case.reply)))
    transport = MemoryTransport([reply])
    client = EdgeQuake(api_key="eq_key", transport=transport, tenant_id="t", user_id="u")
    result = await case.call(client)
    (request,) = transport.sent
    assert (request.method, request.url) == (case.method, f"http://localhost:8080{case.path}")
    assert (request.json() if request.content else None) == case.json
    assert ("X-API-Key" in request.headers) is (name != "conversations.get_shared")
    assert request.headers.get("X-Workspace-ID") == ("a/b" if name.startswith("jobs.") else None)
    assert (result is None) is (case.reply is None)


def last_page(reply: Any) -> Any:
    """A collection that has no further page."""
    if isinstance(reply, dict):
        pagination = reply.get("pagination", reply)
        for total in pagination.keys() & {"total", "total_count"}:
            pagination[total] = 1
        if "has_more" in pagination:
            pagination["has_more"] = False
    return reply


async def test_what_is_left_out_is_not_sent() -> None:
    transport = MemoryTransport([Reply(json=sample("ReprocessFailedResponse"))])
    await EdgeQuake(auth=None, transport=transport).documents.reprocess_failed()
    assert [request.json() for request in transport.sent] == [{}]


async def test_the_metrics_of_a_workspace_end_with_an_empty_page() -> None:
    pages = [sample("MetricsHistoryResponse"), {"snapshots": []}]
    transport = MemoryTransport([Reply(json=page) for page in pages])
    history = EdgeQuake(auth=None, transport=transport).workspaces.metrics_history("w", limit=1)
    assert len(await history.collect()) == 1
    path = "http://localhost:8080/api/v1/workspaces/w/metrics-history?limit=1"
    assert [request.url for request in transport.sent] == [f"{path}&offset=0", f"{path}&offset=1"]


async def test_a_move_out_of_all_folders_says_so() -> None:
    transport = MemoryTransport([Reply(json={"affected": 1})])
    await EdgeQuake(auth=None, transport=transport).conversations.bulk_move(["c"], folder_id=None)
    assert transport.sent[0].json() == {"conversation_ids": ["c"], "folder_id": None}
