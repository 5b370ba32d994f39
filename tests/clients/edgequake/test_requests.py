"""What each operation puts on the wire, and what it makes of the server's reply."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, cast
from urllib.parse import quote

import attrs
import pytest

from asdk import InvalidRequestError, Secret, Tenant
from asdk.clients.edgequake import EdgeQuake, models
from asdk.clients.edgequake.models import ConversationMessage, DocumentFilter, MixWeights
from asdk.testing import MemoryTransport, Reply, VirtualClock

NOW = "2026-01-01T12:00:00+00:00"
USER = {
    "user_id": "u1",
    "username": "ada",
    "email": "ada@example.org",
    "role": "user",
    "is_active": True,
    "created_at": NOW,
    "updated_at": NOW,
}
COUNTS = {
    "pending": 0,
    "processing": 0,
    "completed": 0,
    "partial_failure": 0,
    "failed": 0,
    "cancelled": 0,
    "unknown": 0,
}
DELETED = {
    "document_id": "d1",
    "deleted": True,
    "chunks_deleted": 1,
    "entities_affected": 2,
    "relationships_affected": 3,
}
ALL_DELETED = {
    "deleted_count": 1,
    "total_chunks_deleted": 2,
    "total_entities_removed": 3,
    "total_relationships_removed": 4,
    "total_pdfs_deleted": 0,
    "skipped_count": 1,
    "skipped_documents": ["d2"],
}
TENANT = {
    "id": "t1",
    "name": "Acme",
    "slug": "acme",
    "plan": "free",
    "is_active": True,
    "max_workspaces": 100,
    "default_llm_model": "m",
    "default_llm_provider": "p",
    "default_llm_full_id": "p/m",
    "default_embedding_model": "e",
    "default_embedding_provider": "p",
    "default_embedding_dimension": 1536,
    "default_embedding_full_id": "p/e",
    "created_at": NOW,
    "updated_at": NOW,
}
WORKSPACE = {
    "id": "w1",
    "tenant_id": "t1",
    "name": "Notes",
    "slug": "notes",
    "is_active": True,
    "llm_model": "m",
    "llm_provider": "p",
    "llm_full_id": "p/m",
    "embedding_model": "e",
    "embedding_provider": "p",
    "embedding_dimension": 1536,
    "embedding_full_id": "p/e",
    "entity_types_strict": False,
    "created_at": NOW,
    "updated_at": NOW,
}
STATS = {
    "workspace_id": "w1",
    "document_count": 1,
    "entity_count": 2,
    "relationship_count": 3,
    "entity_type_count": 4,
    "chunk_count": 5,
    "embedding_count": 6,
    "storage_bytes": 7,
    "stale": False,
}
ANSWER = {
    "answer": "42",
    "mode": "mix",
    "sources": [{"source_type": "chunk", "id": "c1", "score": 0.5}],
    "stats": {
        "embedding_time_ms": 1,
        "retrieval_time_ms": 2,
        "generation_time_ms": 3,
        "total_time_ms": 6,
        "sources_retrieved": 1,
    },
}
CHATTED = {
    "conversation_id": "c1",
    "user_message_id": "m1",
    "assistant_message_id": "m2",
    "content": "42",
    "mode": "mix",
    "sources": [],
    "stats": ANSWER["stats"],
    "tokens_used": 9,
    "duration_ms": 7,
}
TOKENS = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600}
KEY = {"key_id": "k1", "prefix": "eq_12345678", "scopes": ["read"], "created_at": NOW}

Call = Callable[[EdgeQuake], Awaitable[Any]]


@attrs.frozen
class Case:
    """A call, the request that it must make, and the server's reply."""

    call: Call
    method: str
    path: str
    json: Any = None
    reply: Any = None
    status: int = 200
    is_public: bool = False


CASES = {
    "auth.login": Case(
        lambda c: c.auth.login("ada", "pw"),
        "POST",
        "/api/v1/auth/login",
        {"username": "ada", "password": "pw"},
        TOKENS | {"refresh_token": "r", "user": USER},
        is_public=True,
    ),
    "auth.login by e-mail": Case(
        lambda c: c.auth.login(email="ada@example.org", password=Secret("pw")),
        "POST",
        "/api/v1/auth/login",
        {"username": "ada@example.org", "password": "pw"},
        TOKENS | {"refresh_token": "r", "user": USER},
        is_public=True,
    ),
    "auth.refresh": Case(
        lambda c: c.auth.refresh(Secret("r")),
        "POST",
        "/api/v1/auth/refresh",
        {"refresh_token": "r"},
        TOKENS,
        is_public=True,
    ),
    "auth.logout": Case(
        lambda c: c.auth.logout("r"), "POST", "/api/v1/auth/logout", {"refresh_token": "r"}, status=204
    ),
    "auth.me": Case(lambda c: c.auth.me(), "GET", "/api/v1/auth/me", reply={"user": USER}),
    "users.create": Case(
        lambda c: c.users.create("ada", email="ada@example.org", password="pw"),
        "POST",
        "/api/v1/users",
        {"username": "ada", "email": "ada@example.org", "password": "pw"},
        {"user": USER, "created_at": NOW},
        201,
    ),
    "users.get": Case(lambda c: c.users.get("u/1"), "GET", "/api/v1/users/u%2F1", reply=USER),
    "users.update": Case(
        lambda c: c.users.update("u1", display_name="Ada", is_active=False),
        "PATCH",
        "/api/v1/users/u1",
        {"display_name": "Ada", "is_active": False},
        {"user": USER, "updated_at": NOW},
    ),
    "users.update of nothing": Case(
        lambda c: c.users.update("u1"), "PATCH", "/api/v1/users/u1", {}, {"user": USER, "updated_at": NOW}
    ),
    "users.delete": Case(lambda c: c.users.delete("u1"), "DELETE", "/api/v1/users/u1", status=204),
    "users.list": Case(
        lambda c: c.users.list(role="admin", page_size=50).collect(),
        "GET",
        "/api/v1/users?role=admin&page_size=50&page=1",
        reply={"users": [USER], "total": 1},
    ),
    "api_keys.create": Case(
        lambda c: c.api_keys.create("laptop", scopes=["read"], expires_in_days=90),
        "POST",
        "/api/v1/api-keys",
        {"name": "laptop", "scopes": ["read"], "expires_in_days": 90},
        KEY | {"api_key": "eq_secret"},
        201,
    ),
    "api_keys.create with the server's choices": Case(
        lambda c: c.api_keys.create(), "POST", "/api/v1/api-keys", {}, KEY | {"api_key": "eq_secret"}, 201
    ),
    "api_keys.revoke": Case(
        lambda c: c.api_keys.revoke("k1"), "DELETE", "/api/v1/api-keys/k1", reply={"key_id": "k1", "message": "gone"}
    ),
    "api_keys.list": Case(
        lambda c: c.api_keys.list().collect(),
        "GET",
        "/api/v1/api-keys?page=1",
        reply={"keys": [KEY | {"is_active": True}], "total": 1},
    ),
    "documents.upload": Case(
        lambda c: c.documents.upload("text"),
        "POST",
        "/api/v1/documents",
        {"content": "text"},
        {"document_id": "d1", "status": "pending", "track_id": "upload_1"},
        202,
    ),
    "documents.upload with everything": Case(
        lambda c: c.documents.upload(
            "text",
            title="T",
            metadata={"year": 2026},
            async_processing=True,
            track_id="mine",
            enable_gleaning=False,
            max_gleaning=0,
            use_llm_summarization=True,
            chunk_strategy="s",
            chunk_options={"size": 100},
        ),
        "POST",
        "/api/v1/documents",
        {
            "content": "text",
            "title": "T",
            "metadata": {"year": 2026},
            "async_processing": True,
            "track_id": "mine",
            "enable_gleaning": False,
            "max_gleaning": 0,
            "use_llm_summarization": True,
            "chunk_strategy": "s",
            "chunk_options": {"size": 100},
        },
        {"document_id": "d1", "status": "pending", "track_id": "mine"},
        202,
    ),
    "documents.get": Case(
        lambda c: c.documents.get("../d1"),
        "GET",
        "/api/v1/documents/..%2Fd1",
        reply={"id": "d1", "status": "completed", "chunk_count": 1},
    ),
    "documents.delete": Case(lambda c: c.documents.delete("d1"), "DELETE", "/api/v1/documents/d1", reply=DELETED),
    "documents.delete_all": Case(lambda c: c.documents.delete_all(), "DELETE", "/api/v1/documents", reply=ALL_DELETED),
    "documents.track": Case(
        lambda c: c.documents.track("upload_1"),
        "GET",
        "/api/v1/documents/track/upload_1",
        reply={
            "track_id": "upload_1",
            "documents": [],
            "total_count": 0,
            "status_summary": COUNTS,
            "is_complete": True,
        },
    ),
    "documents.count": Case(
        lambda c: c.documents.count(status="failed"),
        "GET",
        "/api/v1/documents?status=failed&page_size=1",
        reply={"total": 3, "status_counts": COUNTS},
    ),
    "documents.list": Case(
        lambda c: c.documents.list(
            status="failed",
            date_from=date(2026, 1, 1),
            date_to=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            document_pattern="a&b",
            page_size=100,
        ).collect(),
        "GET",
        "/api/v1/documents?status=failed&date_from=2026-01-01&date_to=2026-01-02T03%3A04%3A00%2B00%3A00"
        "&document_pattern=a%26b&page_size=100&page=1",
        reply={"documents": [{"id": "d1", "chunk_count": 0}], "total": 1},
    ),
    "query.execute": Case(lambda c: c.query.execute("why?"), "POST", "/api/v1/query", {"query": "why?"}, ANSWER),
    "query.execute with everything": Case(
        lambda c: c.query.execute(
            "why?",
            mode=models.QueryMode.HYBRID,
            max_results=5,
            enable_rerank=True,
            rerank_model="rm",
            rerank_top_k=3,
            context_only=False,
            prompt_only=False,
            include_references=True,
            include_subgraph=True,
            conversation_history=[ConversationMessage(role="user", content="hi")],
            document_filter=DocumentFilter(date_from=date(2026, 1, 1), document_ids=["d1"]),
            llm_provider="p",
            llm_model="m",
            system_prompt="s",
            mix_weights=MixWeights(global_=0.5),
            extra_headers={"X-LLM-Key": Secret("llm-secret")},
            content_granularity="citation",
        ),
        "POST",
        "/api/v1/query",
        {
            "query": "why?",
            "mode": "hybrid",
            "max_results": 5,
            "enable_rerank": True,
            "rerank_model": "rm",
            "rerank_top_k": 3,
            "context_only": False,
            "prompt_only": False,
            "include_references": True,
            "include_subgraph": True,
            "conversation_history": [{"role": "user", "content": "hi"}],
            "document_filter": {
                "date_from": "2026-01-01",
                "date_to": None,
                "document_ids": ["d1"],
                "document_pattern": None,
            },
            "llm_provider": "p",
            "llm_model": "m",
            "system_prompt": "s",
            "mix_weights": {"local": None, "global": 0.5, "naive": None},
            "extra_headers": {"X-LLM-Key": "llm-secret"},
            "content_granularity": "citation",
        },
        ANSWER,
    ),
    "chat.complete": Case(
        lambda c: c.chat.complete("why?", conversation_id="c1", max_tokens=5, temperature=0.5),
        "POST",
        "/api/v1/chat/completions",
        {"message": "why?", "stream": False, "conversation_id": "c1", "max_tokens": 5, "temperature": 0.5},
        CHATTED,
    ),
    "tenants.create": Case(
        lambda c: c.tenants.create("Acme", plan="pro", default_embedding_dimension=768),
        "POST",
        "/api/v1/tenants",
        {"name": "Acme", "plan": "pro", "default_embedding_dimension": 768},
        TENANT,
        201,
    ),
    "tenants.get": Case(lambda c: c.tenants.get("t1"), "GET", "/api/v1/tenants/t1", reply=TENANT),
    "tenants.update": Case(
        lambda c: c.tenants.update("t1", is_active=False), "PUT", "/api/v1/tenants/t1", {"is_active": False}, TENANT
    ),
    "tenants.delete": Case(lambda c: c.tenants.delete("t1"), "DELETE", "/api/v1/tenants/t1", status=204),
    "tenants.list": Case(
        lambda c: c.tenants.list(limit=10).collect(),
        "GET",
        "/api/v1/tenants?limit=10&offset=0",
        reply={"items": [TENANT], "total": 1},
    ),
    "workspaces.create": Case(
        lambda c: c.workspaces.create("t1", "Notes", slug="notes", entity_types=["PERSON"], entity_types_strict=True),
        "POST",
        "/api/v1/tenants/t1/workspaces",
        {"name": "Notes", "slug": "notes", "entity_types": ["PERSON"], "entity_types_strict": True},
        WORKSPACE,
        201,
    ),
    "workspaces.get": Case(lambda c: c.workspaces.get("w1"), "GET", "/api/v1/workspaces/w1", reply=WORKSPACE),
    "workspaces.get_by_slug": Case(
        lambda c: c.workspaces.get_by_slug("t1", "a b"),
        "GET",
        "/api/v1/tenants/t1/workspaces/by-slug/a%20b",
        reply=WORKSPACE,
    ),
    "workspaces.update": Case(
        lambda c: c.workspaces.update("w1", max_documents=0, description=""),
        "PUT",
        "/api/v1/workspaces/w1",
        {"max_documents": 0, "description": ""},
        WORKSPACE,
    ),
    "workspaces.delete": Case(lambda c: c.workspaces.delete("w1"), "DELETE", "/api/v1/workspaces/w1", status=204),
    "workspaces.stats": Case(lambda c: c.workspaces.stats("w1"), "GET", "/api/v1/workspaces/w1/stats", reply=STATS),
    "workspaces.list": Case(
        lambda c: c.workspaces.list("t1").collect(),
        "GET",
        "/api/v1/tenants/t1/workspaces?offset=0",
        reply={"items": [WORKSPACE], "total": 1},
    ),
}


def reply_of(case: Case) -> Reply:
    return Reply(case.status) if case.reply is None else Reply(case.status, json=case.reply)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_operation_sends_what_the_server_takes(case: Case) -> None:
    transport = MemoryTransport([reply_of(case)])
    client = EdgeQuake(api_key="eq_key", transport=transport, tenant_id="t", workspace_id="w", user_id="u")
    result = await case.call(client)
    (request,) = transport.sent
    assert (request.method, request.url) == (case.method, f"http://localhost:8080{case.path}")
    assert (request.json() if request.content else None) == case.json
    assert ("X-API-Key" in request.headers) is not case.is_public
    assert request.headers.get("Content-Type") == ("application/json" if case.json is not None else None)
    assert [request.headers[f"X-{part}-ID"] for part in ("Tenant", "Workspace", "User")] == ["t", "w", "u"]
    assert (result is None) is (case.reply is None)


@pytest.mark.parametrize(
    "operation",
    [
        "users.create",
        "users.update",
        "api_keys.create",
        "documents.upload",
        "query.execute",
        "tenants.create",
        "tenants.update",
        "workspaces.create",
        "workspaces.update",
    ],
)
async def test_each_argument_reaches_the_server_under_its_own_name(operation: str) -> None:
    transport = MemoryTransport([Reply(json=CASES[operation].reply)])
    resource, name = operation.split(".")
    method = getattr(getattr(EdgeQuake(auth=None, transport=transport), resource), name)
    arguments = {name: f"the {name}" for name in inspect.signature(method).parameters if name != "options"}
    await method(**arguments)
    (request,) = transport.sent
    in_path = {name: value for name, value in arguments.items() if f"{{{name}}}" in request.template}
    assert request.json() == {name: value for name, value in arguments.items() if name not in in_path}
    assert all(quote(value) in request.url for value in in_path.values())


class Optioned:
    """A client whose operations are all called with some options more."""

    def __init__(self, target: object, options: dict[str, Any], depth: int = 2) -> None:
        self._target, self._options, self._depth = target, options, depth

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if self._depth == 1:
            return functools.partial(found, **self._options)
        return Optioned(found, self._options, self._depth - 1)


@pytest.mark.parametrize("operation", sorted(operation for operation in CASES if " " not in operation))
async def test_each_operation_takes_the_options_of_a_call(operation: str) -> None:
    case = CASES[operation]
    transport = MemoryTransport([reply_of(case)])
    client = EdgeQuake(api_key="eq_key", transport=transport)
    options = {"headers": {"X-Trace": "1"}, "tenant": Tenant("other"), "timeout": 9, "retry": None}
    await case.call(cast("EdgeQuake", Optioned(client, options)))
    (request,) = transport.sent
    assert request.headers["X-Trace"] == "1"
    assert request.headers["X-Tenant-ID"] == "other"
    assert (request.request.options.timeout.total, request.request.options.retry) == (9, None)


async def test_an_idempotency_key_is_sent_and_makes_an_upload_safe_to_repeat() -> None:
    uploaded = {"document_id": "d1", "status": "pending", "track_id": "upload_1"}
    transport = MemoryTransport([Reply(503), Reply(202, json=uploaded)])
    client = EdgeQuake(api_key="eq_key", transport=transport, clock=VirtualClock())
    await client.documents.upload("text", idempotency_key="one")
    assert [request.headers["Idempotency-Key"] for request in transport.sent] == ["one", "one"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"password": "pw"},
        {"username": "ada", "email": "ada@example.org", "password": "pw"},
        {"username": "ada"},
    ],
)
async def test_a_login_that_cannot_be_one_is_not_sent(arguments: dict[str, str]) -> None:
    transport = MemoryTransport()
    client = EdgeQuake(auth=None, transport=transport)
    login: Any = client.auth.login
    with pytest.raises(InvalidRequestError, match="one of username and email"):
        await login(**arguments)
    assert transport.sent == []


async def test_an_unknown_option_of_a_call_is_refused() -> None:
    get: Any = EdgeQuake(auth=None, transport=MemoryTransport()).documents.get
    with pytest.raises(InvalidRequestError, match="time_out"):
        await get("d1", time_out=5)
