"""Every reply of the server against its published schema: in strict mode no key too many, none missing, each
of the right type; with aliases the same and more.
"""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeSettings, ManualClock, Sandbox
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID

pytestmark = pytest.mark.anyio

# The server's schemas in short: `name:type`, `name?` may be absent or null; s string, i integer, n number,
# b boolean, o object, any; [x] is a list of x.
SCHEMAS = """
Problem: code:s, message:s, details?:any, type?:s, title?:s, status?:i
Unauthorized: error:s, message:s
UserInfo: user_id:s, username:s, email:s, role:s, is_active:b, created_at:s, updated_at:s, last_login_at?:s,
    is_anonymous?:b
LoginResponse: access_token:s, token_type:s, expires_in:i, refresh_token:s, user:UserInfo
RefreshTokenResponse: access_token:s, token_type:s, expires_in:i
GetMeResponse: user:UserInfo
CreateUserResponse: user:UserInfo, created_at:s
UpdateUserResponse: user:UserInfo, updated_at:s
ListUsersResponse: users:[UserInfo], total:i, page:i, page_size:i, total_pages:i
CreateApiKeyResponse: key_id:s, api_key:s, prefix:s, scopes:[s], expires_at?:s, created_at:s
ApiKeySummary: key_id:s, prefix:s, name?:s, scopes:[s], is_active:b, last_used_at?:s, expires_at?:s, created_at:s
ListApiKeysResponse: keys:[ApiKeySummary], total:i, page:i, page_size:i, total_pages:i
RevokeApiKeyResponse: key_id:s, message:s
SourceReference: source_type:s, id:s, score:n, rerank_score?:n, snippet?:s, reference_id?:i, document_id?:s,
    file_path?:s, start_line?:i, end_line?:i, chunk_index?:i, entity_type?:s, degree?:i, source_chunk_ids?:[s],
    page_start?:i, page_end?:i
QueryStats: embedding_time_ms:i, retrieval_time_ms:i, generation_time_ms:i, total_time_ms:i, sources_retrieved:i,
    rerank_time_ms?:i, tokens_used?:i, tokens_per_second?:n, llm_provider?:s, llm_model?:s
ChatCompletionResponse: conversation_id:s, user_message_id:s, assistant_message_id:s, content:s, mode:s,
    sources:[SourceReference], stats:QueryStats, tokens_used:i, duration_ms:i, llm_provider?:s, llm_model?:s
ConversationEvent: type:s, conversation_id:s, user_message_id:s
ChatContextEvent: type:s, sources:[SourceReference]
ChatDoneEvent: type:s, assistant_message_id:s, tokens_used:i, duration_ms:i, llm_provider?:s, llm_model?:s
TitleUpdateEvent: type:s, conversation_id:s, title:s
QueryResponse: answer:s, mode:s, sources:[SourceReference], stats:QueryStats, conversation_id?:s, reranked?:b,
    subgraph?:o
QueryStreamStats: embedding_time_ms:i, retrieval_time_ms:i, generation_time_ms:i, total_time_ms:i, sources_retrieved:i,
    tokens_used:i, query_mode:s, tokens_per_second?:n
ContextEvent: type:s, sources:[SourceReference], query_mode:s, retrieval_time_ms:i, bundle?:o, subgraph?:o
TokenEvent: type:s, content:s
DoneEvent: type:s, stats:QueryStreamStats, llm_provider?:s, llm_model?:s
ErrorEvent: type:s, message:s, code:s
DocumentCostInfo: total_cost_usd:n, formatted_cost:s, input_tokens:i, output_tokens:i, total_tokens:i, llm_model?:s,
    embedding_model?:s
UploadDocumentResponse: document_id:s, status:s, track_id:s, task_id?:s, duplicate_of?:s, chunk_count?:i,
    entity_count?:i, relationship_count?:i, cost?:DocumentCostInfo
DocumentSummary: id:s, chunk_count:i, title?:s, file_name?:s, content_summary?:s, content_length?:i, entity_count?:i,
    status?:s, error_message?:s, warning_message?:s, track_id?:s, created_at?:s, updated_at?:s, cost_usd?:n,
    input_tokens?:i, output_tokens?:i, total_tokens?:i, llm_model?:s, embedding_model?:s, source_type?:s,
    current_stage?:s, stage_progress?:n, stage_message?:s, pdf_id?:s
StatusCounts: pending:i, processing:i, completed:i, partial_failure:i, failed:i, cancelled:i, unknown:i
ListDocumentsResponse: documents:[DocumentSummary], total:i, page:i, page_size:i, total_pages:i, has_more:b,
    status_counts:StatusCounts
DocumentDetailResponse: id:s, status:s, chunk_count:i, title?:s, file_name?:s, content?:s, content_summary?:s,
    content_length?:i, content_hash?:s, entity_count?:i, relationship_count?:i, error_message?:s, warning_message?:s,
    source_type?:s, mime_type?:s, file_size?:i, track_id?:s, tenant_id?:s, workspace_id?:s, created_at?:s,
    updated_at?:s, processed_at?:s, lineage?:o, metadata?:any, pdf_id?:s, multimodal_items?:[o], multimodal_summary?:o
DeleteDocumentResponse: document_id:s, deleted:b, chunks_deleted:i, entities_affected:i, relationships_affected:i
DeleteAllDocumentsResponse: deleted_count:i, total_chunks_deleted:i, total_entities_removed:i,
    total_relationships_removed:i, total_pdfs_deleted:i, skipped_count:i, skipped_documents:[s]
TrackStatusResponse: track_id:s, documents:[DocumentSummary], total_count:i, status_summary:StatusCounts, is_complete:b,
    created_at?:s, latest_message?:s
FileUploadResponse: document_id:s, filename:s, size:i, content_hash:s, status:s, chunk_count:i, entity_count:i,
    relationship_count:i, is_duplicate:b, task_id?:s, track_id?:s
TenantResponse: id:s, name:s, slug:s, plan:s, is_active:b, max_workspaces:i, default_llm_model:s,
    default_llm_provider:s, default_llm_full_id:s, default_embedding_model:s, default_embedding_provider:s,
    default_embedding_dimension:i, default_embedding_full_id:s, default_vision_llm_model?:s,
    default_vision_llm_provider?:s, created_at:s, updated_at:s
TenantListResponse: items:[TenantResponse], total:i, offset:i, limit:i
WorkspaceResponse: id:s, tenant_id:s, name:s, slug:s, description?:s, is_active:b, max_documents?:i, llm_model:s,
    llm_provider:s, llm_full_id:s, embedding_model:s, embedding_provider:s, embedding_dimension:i, embedding_full_id:s,
    vision_llm_model?:s, vision_llm_provider?:s, pdf_parser_backend?:s, entity_types?:[s], entity_types_strict:b,
    created_at:s, updated_at:s
WorkspaceListResponse: items:[WorkspaceResponse], total:i, offset:i, limit:i
WorkspaceStatsResponse: workspace_id:s, document_count:i, entity_count:i, relationship_count:i, entity_type_count:i,
    chunk_count:i, embedding_count:i, storage_bytes:i, stale:b
ComponentHealth: kv_storage:b, vector_storage:b, graph_storage:b, llm_provider:b
HealthResponse: status:s, version:s, storage_mode:s, workspace_id:s, components:ComponentHealth, llm_provider_name?:s,
    pdf_storage_enabled?:b, providers?:o, schema?:o, build_info?:o, capabilities?:o, operational?:o, attribution?:o
"""
FIELDS = {
    name: dict(field.split(":") for field in fields.split(", "))
    for name, fields in (line.split(": ", 1) for line in SCHEMAS.replace(",\n    ", ", ").strip().splitlines())
}
SCALARS: dict[str, tuple[type, ...]] = {"s": (str,), "i": (int,), "n": (int, float), "b": (bool,), "o": (dict,)}


def problems(schema: str, value: Any, *, strict: bool, at: str = "") -> list[str]:
    """What is wrong with a value, or nothing."""
    if schema == "any":
        return []
    if schema.startswith("["):
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        return [
            fault
            for i, item in enumerate(value)
            for fault in problems(schema[1:-1], item, strict=strict, at=f"{at}[{i}]")
        ]
    if schema in SCALARS:
        wrong = not isinstance(value, SCALARS[schema]) or (isinstance(value, bool) and schema != "b")
        return [f"{at}: {value!r} is not {schema}"] if wrong else []
    if not isinstance(value, dict):
        return [f"{at}: not a {schema}"]
    fields = {name.removesuffix("?"): (kind, name.endswith("?")) for name, kind in FIELDS[schema].items()}
    found = [f"{at}.{name}: missing" for name, (_, optional) in fields.items() if not optional and name not in value]
    if strict:
        found += [f"{at}.{name}: not in {schema}" for name in value.keys() - fields.keys()]
    for name in value.keys() & fields.keys():
        kind, optional = fields[name]
        if value[name] is not None or not optional:
            found += problems(kind, value[name], strict=strict, at=f"{at}.{name}")
    return found


@pytest.fixture(params=[True, False], ids=["strict", "aliases"])
async def session(request: pytest.FixtureRequest) -> AsyncIterator[tuple[aiohttp.ClientSession, bool]]:
    strict = bool(request.param)
    settings = EdgeQuakeSettings(strict=strict)
    async with Sandbox(edgequake=settings, clock=ManualClock()) as sandbox:
        for status in ("failed", "partial_failure"):
            sandbox.edgequake.end_next_document(status)
        headers = {"X-API-Key": sandbox.edgequake.credentials.api_key}
        async with aiohttp.ClientSession(sandbox.edgequake.url, headers=headers) as session:
            yield session, strict


async def test_every_reply_has_the_published_shape(session: tuple[aiohttp.ClientSession, bool]) -> None:
    client, strict = session
    known: dict[str, str] = {"tenant": "00000000-0000-0000-0000-000000000002"}

    async def check(schema: str, status: int, method: str, path: str, body: Any = None, **options: Any) -> Any:
        path = path.format(**known)
        async with client.request(method, path, json=body, **options) as reply:
            assert reply.status == status, (method, path, await reply.text())
            if schema == "":
                assert await reply.read() == b""
                return None
            value = json.loads(await reply.text())
        assert problems(schema, value, strict=strict) == [], (method, path)
        return value

    api = "/api/v1"
    await check("HealthResponse", 200, "GET", "/health")
    login = await check(
        "LoginResponse", 200, "POST", f"{api}/auth/login", {"username": "admin", "password": "sandbox-admin"}
    )
    refresh = {"refresh_token": login["refresh_token"]}
    await check("RefreshTokenResponse", 200, "POST", f"{api}/auth/refresh", refresh)
    await check("GetMeResponse", 200, "GET", f"{api}/auth/me")
    await check("", 204, "POST", f"{api}/auth/logout", refresh)
    await check("Problem", 401, "POST", f"{api}/auth/refresh", refresh)
    await check("Unauthorized", 401, "GET", f"{api}/auth/me", headers={"X-API-Key": "eq_wrong"})

    made = await check(
        "CreateUserResponse", 201, "POST", f"{api}/users", {"username": "a", "email": "a@b", "password": "c"}
    )
    known["user"] = made["user"]["user_id"]
    await check("ListUsersResponse", 200, "GET", f"{api}/users")
    await check("UserInfo", 200, "GET", f"{api}/users/{{user}}")
    await check("UpdateUserResponse", 200, "PATCH", f"{api}/users/{{user}}", {"role": "admin"})
    await check("", 204, "DELETE", f"{api}/users/{{user}}")
    await check("Problem", 404, "DELETE", f"{api}/users/{{user}}")

    key = await check("CreateApiKeyResponse", 201, "POST", f"{api}/api-keys", {"name": "k", "expires_in_days": 1})
    known["key"] = key["key_id"]
    await check("CreateApiKeyResponse", 201, "POST", f"{api}/api-keys", {})
    await check("ListApiKeysResponse", 200, "GET", f"{api}/api-keys")
    await check("RevokeApiKeyResponse", 200, "DELETE", f"{api}/api-keys/{{key}}")

    for number in range(3):  # a failed one, a half failed one, and a good one
        text = {"content": f"Sarah met Ada {number}.", "title": "t", "metadata": {"n": number}}
        made = await check("UploadDocumentResponse", 202, "POST", f"{api}/documents", text)
    known |= {"document": made["document_id"], "track": made["track_id"]}
    await check("UploadDocumentResponse", 200, "POST", f"{api}/documents", text)
    form = aiohttp.FormData({"metadata": "{}"})
    form.add_field("file", b"text", filename="a.txt")
    await check("FileUploadResponse", 202, "POST", f"{api}/documents/upload", data=form)
    listed = await check("ListDocumentsResponse", 200, "GET", f"{api}/documents")
    for document in listed["documents"]:
        await check("DocumentDetailResponse", 200, "GET", f"{api}/documents/{document['id']}")
    await check("TrackStatusResponse", 200, "GET", f"{api}/documents/track/{{track}}")

    await check("QueryResponse", 200, "POST", f"{api}/query", {"query": "Ada", "enable_rerank": True})
    async with client.post(f"{api}/query/stream", json={"query": "Ada"}) as reply:
        events = [json.loads(data) for data in re.findall("data: (.*)", await reply.text())]
    kinds = {"context": "ContextEvent", "token": "TokenEvent", "done": "DoneEvent"}
    assert [found for event in events for found in problems(kinds[event["type"]], event, strict=strict)] == []
    assert {event["type"] for event in events} == set(kinds)

    identity = {"X-Tenant-ID": DEFAULT_TENANT_ID, "X-User-ID": DEFAULT_TENANT_ID}
    client.headers.update(identity)
    await check("ChatCompletionResponse", 200, "POST", f"{api}/chat/completions", {"message": "Ada"})
    async with client.post(f"{api}/chat/completions/stream", json={"message": "Ada"}) as reply:
        events = [json.loads(data) for data in re.findall("data: (.*)", await reply.text())]
    kinds = {"conversation": "ConversationEvent", "context": "ChatContextEvent", "token": "TokenEvent"}
    kinds |= {"done": "ChatDoneEvent", "title_update": "TitleUpdateEvent"}
    assert [found for event in events for found in problems(kinds[event["type"]], event, strict=strict)] == []
    assert {event["type"] for event in events} == set(kinds)

    await check("DeleteDocumentResponse", 200, "DELETE", f"{api}/documents/{{document}}")
    await check("DeleteAllDocumentsResponse", 200, "DELETE", f"{api}/documents")

    made = await check(
        "TenantResponse",
        201,
        "POST",
        f"{api}/tenants",
        {"name": "T", "description": "d", "default_vision_llm_model": "v"},
    )
    known["tenant"] = made["id"]
    await check("TenantListResponse", 200, "GET", f"{api}/tenants")
    await check("TenantResponse", 200, "GET", f"{api}/tenants/{{tenant}}")
    await check("TenantResponse", 200, "PUT", f"{api}/tenants/{{tenant}}", {"description": "e"})
    everything = {"name": "W", "description": "d", "max_documents": 1, "entity_types": ["A"], "pdf_parser_backend": "p"}
    made = await check("WorkspaceResponse", 201, "POST", f"{api}/tenants/{{tenant}}/workspaces", everything)
    known["workspace"] = made["id"]
    await check("WorkspaceListResponse", 200, "GET", f"{api}/tenants/{{tenant}}/workspaces")
    await check("WorkspaceResponse", 200, "GET", f"{api}/tenants/{{tenant}}/workspaces/by-slug/w")
    await check("WorkspaceResponse", 200, "GET", f"{api}/workspaces/{{workspace}}")
    await check("WorkspaceResponse", 200, "PUT", f"{api}/workspaces/{{workspace}}", {"is_active": False})
    await check("WorkspaceStatsResponse", 200, "GET", f"{api}/workspaces/{{workspace}}/stats")
    await check("", 204, "DELETE", f"{api}/workspaces/{{workspace}}")
    await check("", 204, "DELETE", f"{api}/tenants/{{tenant}}")


def test_the_check_itself_notices_each_kind_of_difference() -> None:
    def found(value: Any, *, strict: bool = True) -> list[str]:
        return problems("ListUsersResponse", value, strict=strict)

    good: dict[str, Any] = {"users": [], "total": 0, "page": 1, "page_size": 20, "total_pages": 0}
    assert found(good) == []
    assert found(good | {"extra": 1}) == [".extra: not in ListUsersResponse"]
    assert found(good | {"extra": 1}, strict=False) == []
    assert found(good | {"total": True}) == [".total: True is not i"]
    assert found(good | {"users": [3]}) == [".users[0]: not a UserInfo"]
    assert found({}) == [f".{name}: missing" for name in good]
