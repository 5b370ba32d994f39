"""Tests of the errors of EdgeQuake, as a caller sees them."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable

import pytest

from asdk import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    Retry,
    ServerError,
    StatusError,
    Tenant,
    UnprocessableError,
)
from asdk.clients.edgequake import AccountLockedError, EdgeQuake, TenantRequiredError
from asdk.sandbox import EdgeQuakeServer, ServerFault
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID
from asdk.testing import MemoryTransport, Reply, VirtualClock

PROBLEM = {
    "code": "NOT_FOUND",
    "message": "Document not found: d1",
    "details": {"id": "d1"},
    "type": "https://edgequake.dev/problems/not-found",
    "title": "Not Found",
    "status": 404,
}


async def error_of(reply: Reply) -> StatusError:
    client = EdgeQuake(auth=None, transport=MemoryTransport([reply]), retry=None)
    with pytest.raises(StatusError) as caught:
        await client.documents.get("d1")
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("BAD_REQUEST", 400, BadRequestError),
        ("UNAUTHORIZED", 401, AuthenticationError),
        ("FORBIDDEN", 403, PermissionDeniedError),
        ("NOT_FOUND", 404, NotFoundError),
        ("REQUEST_TIMEOUT", 408, StatusError),
        ("CONFLICT", 409, ConflictError),
        ("VALIDATION_ERROR", 422, UnprocessableError),
        ("CONFIG_ERROR", 422, UnprocessableError),
        ("ACCOUNT_LOCKED", 423, AccountLockedError),
        ("RATE_LIMITED", 429, RateLimitError),
        ("INTERNAL_ERROR", 500, ServerError),
        ("STORAGE_ERROR", 500, ServerError),
        ("PIPELINE_ERROR", 500, ServerError),
        ("QUERY_ERROR", 500, ServerError),
        ("NOT_IMPLEMENTED", 501, ServerError),
        ("LLM_ERROR", 502, ServerError),
        ("SERVICE_UNAVAILABLE", 503, ServerError),
    ],
)
async def test_each_code_has_its_class(code: str, status: int, kind: type[StatusError]) -> None:
    error = await error_of(Reply(status, json={"code": code, "message": "no"}))
    assert type(error) is kind
    assert (error.code, error.status, error.message) == (code, status, "no")


async def test_a_problem_document_keeps_its_members() -> None:
    reply = Reply(404, json=PROBLEM, headers={"Content-Type": "application/problem+json", "x-request-id": "8f3c"})
    error = await error_of(reply)
    assert error.problem == PROBLEM
    assert (error.status, error.template, error.request_id) == (404, "/api/v1/documents/{document_id}", "8f3c")
    assert "Document not found: d1" in str(error)
    assert "with_workspace(...)" in str(error)
    assert pickle.loads(pickle.dumps(error)).problem == PROBLEM


async def test_an_older_server_s_error_has_the_same_code_and_no_problem() -> None:
    error = await error_of(Reply(404, json={"code": "NOT_FOUND", "message": "Document not found: d1"}))
    assert (type(error), error.code, error.problem) == (NotFoundError, "NOT_FOUND", None)


async def test_the_middleware_s_401_names_no_code_but_its_kind() -> None:
    error = await error_of(Reply(401, json={"error": "unauthorized", "message": "Token has expired"}))
    assert (error.code, error.message) == ("unauthorized", "Token has expired")


async def test_a_framework_s_refusal_in_plain_text_is_kept() -> None:
    text = b"Failed to parse the request body as JSON"
    error = await error_of(Reply(400, content=text, headers={"Content-Type": "text/plain"}))
    assert isinstance(error, BadRequestError)
    assert (error.code, error.body) == (None, text)


async def test_the_rate_limiter_s_seconds_are_in_the_error(server: EdgeQuakeServer, visitor: EdgeQuake) -> None:
    server.faults.add(ServerFault.status(429, retry_after=17))
    with pytest.raises(RateLimitError) as caught:
        await visitor.health(retry=None)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limit_exceeded", 17)
    assert caught.value.retryable


async def test_a_date_to_come_back_at_is_read_too(server: EdgeQuakeServer, visitor: EdgeQuake) -> None:
    server.faults.add(ServerFault.status(429, retry_after=17, as_date=True))
    with pytest.raises(RateLimitError) as caught:
        await visitor.health(retry=None)
    assert caught.value.retry_after is not None
    assert 15 <= caught.value.retry_after <= 18


async def test_a_429_is_waited_out_as_long_as_the_server_says() -> None:
    limited = Reply(429, json={"error": "rate_limit_exceeded", "message": "later"}, headers={"Retry-After": "30"})
    document = Reply(json={"id": "d1", "status": "completed", "chunk_count": 0})
    clock = VirtualClock()
    client = EdgeQuake(auth=None, transport=MemoryTransport([limited, document]), clock=clock)
    assert (await client.documents.get("d1")).id == "d1"
    assert 30 <= clock.slept[0] <= 33


async def test_every_error_of_a_server_names_its_request(visitor: EdgeQuake, admin: EdgeQuake) -> None:
    with pytest.raises(NotFoundError) as caught:
        await admin.documents.get("00000000-0000-4000-8000-000000000000")
    assert caught.value.request_id is not None
    assert caught.value.request_id in str(caught.value)
    assert caught.value.problem is not None
    with pytest.raises(NotFoundError) as unknown:
        await visitor.request("GET", "/api/v1/nothing", authenticate=False)
    assert unknown.value.request_id is not None


async def test_a_repeatable_call_survives_a_temporary_failure(server: EdgeQuakeServer, visitor: EdgeQuake) -> None:
    server.faults.add(ServerFault.status(503), path="/health", times=1)
    server.faults.add(ServerFault.drop(), path="/health", times=1)
    assert (await visitor.health(retry=Retry(attempts=3, base_delay=0.01))).status == "healthy"
    assert server.counters.count("GET", "/health") == 3


async def test_a_document_of_another_workspace_is_not_found_with_a_hint(admin: EdgeQuake) -> None:
    made = await admin.documents.upload("text")
    with pytest.raises(NotFoundError, match=r"workspace w1\b.*with_workspace") as caught:
        await admin.with_workspace("w1").documents.get(made.document_id)
    assert caught.value.message == f"Document not found: {made.document_id}", "the server's words stay as they are"
    with pytest.raises(NotFoundError) as elsewhere:
        await admin.users.get("nobody")
    assert elsewhere.value.hint is None


async def test_a_locked_account_has_a_hint(visitor: EdgeQuake, server: EdgeQuakeServer) -> None:
    for _ in range(server.settings.lockout_threshold):
        with pytest.raises(AuthenticationError):
            await visitor.auth.login("user", "nope")
    with pytest.raises(AccountLockedError, match="15 minutes"):
        await visitor.auth.login("user", "sandbox-user")


ADA = "00000000-0000-0000-0000-00000000000a"


@pytest.mark.parametrize(
    ("tenant", "is_enough"),
    [
        (None, False),
        (Tenant(DEFAULT_TENANT_ID), False),
        (Tenant(user_id=ADA), False),
        (Tenant("acme", user_id=ADA), False),
        (Tenant(DEFAULT_TENANT_ID, user_id="ada"), False),
        (Tenant(DEFAULT_TENANT_ID, user_id=ADA), True),
        (Tenant("default", user_id=ADA), True),
    ],
)
async def test_personal_resources_need_tenant_and_user(
    tenant: Tenant | None, is_enough: bool, admin: EdgeQuake
) -> None:
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: admin.chat.complete("hi", tenant=tenant),
        lambda: admin.conversations.create(title="T", tenant=tenant),
        lambda: admin.folders.list(tenant=tenant),
    ]
    for call in calls:
        if is_enough:
            await call()
            continue
        with pytest.raises(TenantRequiredError, match="tenant_id= and user_id=") as caught:
            await call()
        assert isinstance(caught.value, AuthenticationError)
        assert caught.value.status == 401
        assert pickle.loads(pickle.dumps(caught.value)).hint == caught.value.hint


@pytest.mark.parametrize("tenant", [None, Tenant(DEFAULT_TENANT_ID, user_id=ADA)])
async def test_a_rejected_key_in_chat_is_not_a_missing_tenant(tenant: Tenant | None, server: EdgeQuakeServer) -> None:
    async with EdgeQuake(base_url=server.url, api_key="eq_wrong", tenant=tenant) as client:
        with pytest.raises(AuthenticationError, match="Invalid API key; check api_key") as caught:
            await client.chat.complete("hi")
    assert type(caught.value) is AuthenticationError


async def test_a_bare_401_of_chat_is_about_the_tenant_that_is_missing() -> None:
    client = EdgeQuake(auth=None, transport=MemoryTransport([Reply(401)]))
    with pytest.raises(TenantRequiredError):
        await client.chat.complete("hi")
