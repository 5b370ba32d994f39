"""Types of the client's public API, checked by the type checkers. Not run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from asdk import Paginator, Records, Retry, Tenant, Unknown
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import (
    ApiKeySummary,
    ChatContext,
    ChatDone,
    ChatResult,
    ConversationStarted,
    DocumentDetail,
    DocumentStatus,
    DocumentSummary,
    LoginResult,
    QueryContext,
    QueryDone,
    QueryResult,
    Thinking,
    TitleUpdate,
    Token,
    UploadedFile,
    User,
    Workspace,
)
from asdk.clients.edgequake.resources.api_keys import ApiKeyList


async def results(client: EdgeQuake) -> None:
    assert_type(await client.auth.login("ada", "pw"), LoginResult)
    assert_type(await client.auth.login(email="ada@example.org", password="pw"), LoginResult)
    assert_type(await client.auth.me(), User)
    assert_type(await client.documents.upload_file(Path("a.md")), UploadedFile)
    assert_type(await client.with_options(timeout=5).query.execute("why?"), QueryResult)
    assert_type(client.documents.list(), Paginator[DocumentSummary])
    assert_type(await client.documents.list(), Records[DocumentSummary])
    assert_type(await client.api_keys.list(), ApiKeyList)
    assert_type(await client.api_keys.list().collect(), Records[ApiKeySummary])
    assert_type(await client.workspaces.list("t").collect(), Records[Workspace])
    async for document in client.documents.list(status=DocumentStatus.FAILED):
        assert_type(document.status, DocumentStatus | None)


async def streams(client: EdgeQuake) -> None:
    async with client.query.stream("why?") as events:
        async for event in events:
            assert_type(event, QueryContext | Token | Thinking | QueryDone | Unknown)
    async with client.chat.stream("why?", timeout=5) as answer:
        async for part in answer:
            assert_type(part, ConversationStarted | ChatContext | Token | Thinking | ChatDone | TitleUpdate | Unknown)
    assert_type(await client.chat.complete("why?"), ChatResult)


async def options(client: EdgeQuake) -> None:
    document = await client.documents.get(
        "d", timeout=5, retry=Retry(attempts=2), tenant=Tenant("t"), headers={"X-Trace": None}, idempotency_key=True
    )
    assert_type(document, DocumentDetail)


async def refused_statuses(client: EdgeQuake) -> None:
    await client.auth.login("ada")  # type: ignore[call-overload]
    await client.auth.login("ada", "pw", email="ada@example.org")  # type: ignore[call-overload]
    await client.documents.get("d", time_out=5)  # type: ignore[call-arg]
    EdgeQuake(api_kee="eq_key")  # type: ignore[call-arg]
