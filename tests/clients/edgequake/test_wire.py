"""Tests of each method's request: verb, path and values. `test_contract` checks the names.

The list of the contract in `tests.contracts` assigns each method to an operation.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from asdk import InvalidRequestError, Secret, Tenant
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import ConversationMessage, DocumentFilter, MixWeights, QueryMode
from asdk.models.encoding import encode_json
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.clients.edgequake.test_contract import (
    EACH,
    Operation,
    arguments_of,
    method_of,
    outcome_of,
    published_names,
    replies_of,
    sent_names,
)
from tests.contracts.operations import operations, same
from tests.support.edgequake_schemas import sample

#: Characters that end, split or change a path unless they are escaped.
ODD = "a/b?c#d%e+f&g h"
#: Methods that need no credentials.
PUBLIC = {"auth.login", "auth.refresh", "auth.oidc_login", "auth.oidc_callback", "conversations.get_shared"}
#: Values sent by default: where iteration starts, and what the client chooses for the server.
ALWAYS = {"page", "offset", "cursor", "stream", "stream_format", "format", "delete_relationships"}
LISTED: dict[str, set[str]] = {}
for _one in operations("edgequake"):
    LISTED.setdefault(_one.method, set()).add(same(str(_one)))


async def send(operation: Operation, arguments: dict[str, Any], **settings: Any) -> MemoryTransport:
    transport = MemoryTransport(replies_of(operation, operation.statuses[0]))
    client = EdgeQuake(transport=transport, **settings or {"auth": None})
    await outcome_of(method_of(client, operation.name)(**arguments))
    return transport


def given_to(operation: Operation, folder: Path, *, required: bool = False) -> dict[str, Any]:
    if operation.name == "auth.login" and required:  # one of two names, as the overloads say
        return {"email": "ada@example.org", "password": "pw"}
    return arguments_of(method_of(EdgeQuake(auth=None), operation.name), folder, required=required)


@EACH
async def test_it_is_the_operation_that_the_contract_names(operation: Operation, tmp_path: Path) -> None:
    arguments = given_to(operation, tmp_path)
    sent = (await send(operation, arguments)).sent
    assert {same(f"{request.method} {request.template}") for request in sent} == LISTED[operation.name]
    in_path = [name for name in arguments if f"{{{name}}}" in sent[0].template]
    for request in (await send(operation, arguments | dict.fromkeys(in_path, ODD))).sent:
        path = request.template
        for name in in_path:
            path = path.replace(f"{{{name}}}", quote(ODD, safe=""))
        assert request.url.partition("?")[0] == f"http://localhost:8080{path}"


def plain(value: object) -> Any:
    return json.loads(encode_json(value))


@EACH
async def test_each_value_is_sent_as_it_was_given(operation: Operation, tmp_path: Path) -> None:
    arguments = given_to(operation, tmp_path)
    request = (await send(operation, arguments)).sent[-1]
    for name, text in parse_qsl(urlsplit(request.url).query):
        value = plain(arguments.get(name, text))
        assert text == (value if isinstance(value, str) else json.dumps(value))
    body = request.json() if request.headers.get("Content-Type") == "application/json" else {}
    common = body.keys() & arguments.keys()
    assert {name: body[name] for name in common} == {name: plain(arguments[name]) for name in common}


@EACH
async def test_omitted_arguments_are_not_sent(operation: Operation, tmp_path: Path) -> None:
    transport = await send(operation, given_to(operation, tmp_path, required=True))
    required = {name for name, is_required in published_names(operation).items() if is_required}
    chosen = {"documents.count": {"page_size"}, "conversations.bulk_move": {"folder_id"}}.get(operation.name, set())
    assert sent_names(transport) - required <= ALWAYS | chosen


@EACH
async def test_it_takes_the_options_of_a_call(operation: Operation, tmp_path: Path) -> None:
    if operation.name == "documents.wait":
        return  # many calls: they use the client's settings
    options = {"headers": {"X-Trace": "1"}, "tenant": Tenant("other"), "timeout": 9, "retry": None}
    transport = await send(operation, given_to(operation, tmp_path, required=True) | options)
    for request in transport.sent:
        assert (request.headers["X-Trace"], request.headers["X-Tenant-ID"]) == ("1", "other")
        assert (request.request.options.timeout.total, request.request.options.retry) == (9, None)


@EACH
async def test_headers_name_the_client_and_the_tenant(operation: Operation, tmp_path: Path) -> None:
    arguments = given_to(operation, tmp_path)
    named = {"tenant_id": "t", "workspace_id": "w", "user_id": "u"}
    transport = await send(operation, arguments, api_key="eq_key", **named)
    # The jobs of a workspace need the same workspace in the header as in the path.
    workspace = arguments["workspace_id"] if operation.name.startswith("jobs.") else "w"
    for request in transport.sent:
        assert ("X-API-Key" in request.headers) is (operation.name not in PUBLIC)
        ids = [request.headers[f"X-{part}-ID"] for part in ("Tenant", "Workspace", "User")]
        assert ids == ["t", workspace, "u"]


# --- values with a special spelling -----------------------------------------------------------------------------------


async def body_of(reply: str, name: str, *arguments: Any, **keywords: Any) -> Any:
    transport = MemoryTransport([Reply(json=sample(reply))])
    await method_of(EdgeQuake(auth=None, transport=transport), name)(*arguments, **keywords)
    return transport.sent[0].json()


async def test_a_question_with_models_and_a_secret_in_it() -> None:
    body = await body_of(
        "QueryResponse",
        "query.execute",
        "why?",
        mode=QueryMode.HYBRID,
        conversation_history=[ConversationMessage(role="user", content="hi")],
        document_filter=DocumentFilter(date_from=date(2026, 1, 1), document_ids=["d1"]),
        mix_weights=MixWeights(global_=0.5),
        extra_headers={"X-LLM-Key": Secret("llm-secret")},
    )
    assert body == {
        "query": "why?",
        "mode": "hybrid",
        "conversation_history": [{"role": "user", "content": "hi"}],
        "document_filter": {
            "date_from": "2026-01-01",
            "date_to": None,
            "document_ids": ["d1"],
            "document_pattern": None,
        },
        "mix_weights": {"local": None, "global": 0.5, "naive": None},
        "extra_headers": {"X-LLM-Key": "llm-secret"},
    }


async def test_false_zero_and_an_empty_text_are_sent() -> None:
    body = await body_of("WorkspaceResponse", "workspaces.update", "w1", max_documents=0, description="")
    assert body == {"max_documents": 0, "description": ""}
    body = await body_of("TenantResponse", "tenants.update", "t1", is_active=False)
    assert body == {"is_active": False}


async def test_a_move_out_of_all_folders_sends_null() -> None:
    body = await body_of("BulkOperationResponse", "conversations.bulk_move", ["c"], folder_id=None)
    assert body == {"conversation_ids": ["c"], "folder_id": None}


async def test_days_and_times_in_a_query() -> None:
    transport = MemoryTransport([Reply(json={"documents": [], "total": 0})])
    await EdgeQuake(auth=None, transport=transport).documents.list(
        date_from=date(2026, 1, 1), date_to=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), document_pattern="a&b"
    )
    assert urlsplit(transport.sent[0].url).query == (
        "date_from=2026-01-01&date_to=2026-01-02T03%3A04%3A00%2B00%3A00&document_pattern=a%26b&page=1"
    )


async def test_the_metrics_of_a_workspace_end_with_an_empty_page() -> None:
    pages = [sample("MetricsHistoryResponse"), {"snapshots": []}]
    transport = MemoryTransport([Reply(json=page) for page in pages])
    history = EdgeQuake(auth=None, transport=transport).workspaces.metrics_history("w", limit=1)
    assert len(await history.collect()) == 1
    path = "http://localhost:8080/api/v1/workspaces/w/metrics-history?limit=1"
    assert [request.url for request in transport.sent] == [f"{path}&offset=0", f"{path}&offset=1"]


async def test_an_idempotency_key_is_sent_and_makes_an_upload_safe_to_repeat() -> None:
    uploaded = {"document_id": "d1", "status": "pending", "track_id": "upload_1"}
    transport = MemoryTransport([Reply(503), Reply(202, json=uploaded)])
    client = EdgeQuake(api_key="eq_key", transport=transport, clock=VirtualClock())
    await client.documents.upload("text", idempotency_key="one")
    assert [request.headers["Idempotency-Key"] for request in transport.sent] == ["one", "one"]


# --- values that are not sent -----------------------------------------------------------------------------------------


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
