import json
import uuid
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ServerFault

pytestmark = pytest.mark.anyio
LOGIN = "/api/v1/auth/login"
JSON = "application/json"


async def post(
    session: aiohttp.ClientSession, path: str, data: bytes, content_type: str | None
) -> tuple[int, str, str]:
    headers = {} if content_type is None else {"Content-Type": content_type}
    skip = ["Content-Type"] if content_type is None else []
    async with session.post(path, data=data, headers=headers, skip_auto_headers=skip) as reply:
        return reply.status, reply.headers["Content-Type"], await reply.text()


async def test_a_handlers_error_is_a_problem_document(admin: aiohttp.ClientSession) -> None:
    async with admin.get("/api/v1/documents/nothing") as reply:
        assert (reply.status, reply.headers["Content-Type"]) == (404, "application/problem+json")
        assert json.loads(await reply.text()) == {
            "code": "NOT_FOUND",
            "message": "Document not found: nothing",
            "type": "https://edgequake.dev/problems/not-found",
            "title": "Not Found",
            "status": 404,
        }


@pytest.mark.parametrize(
    ("data", "content_type", "status", "text"),
    [
        (b"{}", None, 415, "Expected request with `Content-Type: application/json`"),
        (b"{}", "text/plain", 415, "Expected request"),
        (b"", None, 415, "Expected request"),
        (b"", JSON, 400, "Failed to parse the request body as JSON"),
        (b"{", JSON, 400, "Failed to parse"),
        (b'{"a": NaN}', JSON, 400, "Failed to parse"),
        (b"\xff", JSON, 400, "Failed to parse"),
        (b"[" * 100_000, JSON, 400, "Failed to parse"),
        (b"[]", JSON, 422, "invalid type: sequence, expected struct LoginRequest"),
        (b"{}", JSON, 422, "missing field `username`"),
        (b'{"username": "a"}', JSON, 422, "missing field `password`"),
        (b'{"username": null, "password": "b"}', JSON, 422, "invalid type: null, expected a string"),
        (b'{"username": "a", "password": 1}', JSON, 422, "invalid type: integer, expected a string"),
    ],
)
async def test_the_framework_refuses_bodies_in_plain_text(
    anonymous: aiohttp.ClientSession, data: bytes, content_type: str | None, status: int, text: str
) -> None:
    reply = await post(anonymous, LOGIN, data, content_type)
    assert reply[:2] == (status, "text/plain; charset=utf-8")
    assert text in reply[2]


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "application/merge-patch+json"])
async def test_every_json_content_type_is_read(anonymous: aiohttp.ClientSession, content_type: str) -> None:
    data = b'{"username": "admin", "password": "sandbox-admin", "unknown": 1}'
    assert (await post(anonymous, LOGIN, data, content_type))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": "x", "max_results": 1.5}, 422),
        ({"query": "x", "max_results": True}, 422),
        ({"query": "x", "max_results": None}, 200),
        ({"query": "x", "enable_rerank": 1}, 422),
        ({"query": "x", "document_filter": []}, 422),
        ({"query": "x", "document_filter": {"document_ids": "a"}}, 422),
        ({"query": "x", "document_filter": {"document_ids": [1]}}, 422),
        ({"query": "x", "document_filter": {"document_ids": ["a"]}}, 200),
        ({"query": "x", "conversation_history": [{"role": "user"}]}, 422),
        ({"query": "x", "conversation_history": [{"role": "user", "content": "hi"}]}, 200),
        ({"query": "x", "extra_headers": {"a": 1}}, 422),
        ({"query": "x", "extra_headers": {"a": "b"}, "mix_weights": {"local": 1}}, 200),
    ],
)
async def test_optional_and_nested_fields_are_checked(
    admin: aiohttp.ClientSession, body: dict[str, Any], status: int
) -> None:
    async with admin.post("/api/v1/query", json=body) as reply:
        assert reply.status == status


async def test_unknown_paths_and_wrong_methods_have_no_body(anonymous: aiohttp.ClientSession) -> None:
    async with anonymous.get("/api/v1/nothing") as reply:
        assert (reply.status, await reply.read()) == (404, b"")
    async with anonymous.put(LOGIN, json={}) as reply:
        assert (reply.status, await reply.read(), reply.headers["Allow"]) == (405, b"", "POST")


async def test_every_reply_has_a_request_id_of_its_own(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    seen: list[str] = []

    async def note(method: str, path: str, body: Any = None) -> None:
        async with admin.request(method, path, json=body) as reply:
            seen.append(reply.headers["x-request-id"])

    await note("GET", "/health")
    await note("GET", "/nothing")
    await note("POST", LOGIN, {})
    await note("GET", "/api/v1/documents/nothing")
    await note("POST", "/api/v1/query/stream", {"query": "x"})
    edgequake.faults.add(ServerFault.status(500), times=1)
    await note("GET", "/health")
    edgequake.faults.add(ServerFault.stall(0))
    await note("GET", "/health")
    assert all(str(uuid.UUID(text)) == text for text in seen)
    assert len(set(seen)) == len(seen) == 7


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BAD_REQUEST"),
        (403, "FORBIDDEN"),
        (409, "CONFLICT"),
        (418, "BAD_REQUEST"),
        (500, "INTERNAL_ERROR"),
        (502, "LLM_ERROR"),
        (503, "SERVICE_UNAVAILABLE"),
        (504, "INTERNAL_ERROR"),
        (599, "INTERNAL_ERROR"),
    ],
)
async def test_a_scripted_status_has_the_code_that_belongs_to_it(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, status: int, code: str
) -> None:
    edgequake.faults.add(ServerFault.status(status))
    async with anonymous.get("/health") as reply:
        body = await reply.json(content_type=None)
        assert (reply.status, body["status"], body["code"]) == (status, status, code)
