"""Tests of the start and the end of streams: with a rejected token, and left early or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asdk import AuthenticationError, StreamError
from asdk.clients.edgequake import EdgeQuake
from asdk.middleware import ConcurrencyLimit
from asdk.sandbox import EdgeQuakeServer, ServerFault
from asdk.streaming.streams import EventStream
from tests.clients.edgequake.test_streams import collect
from tests.support.cancelling import at_each_await

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient

PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"
REFRESH = "/api/v1/auth/refresh"

STREAMS: dict[str, tuple[str, Callable[[EdgeQuake], EventStream[Any]]]] = {
    "query": ("/api/v1/query/stream", lambda client: client.query.stream("Sarah?")),
    "text": ("/api/v1/query/stream", lambda client: client.query.stream_text("Sarah?")),
    "chat": ("/api/v1/chat/completions/stream", lambda client: client.chat.stream("Sarah?")),
    "graph": ("/api/v1/graph/stream", lambda client: client.graph.stream()),
    "progress": (
        "/api/v1/documents/pdf/progress/stream/{track_id}",
        lambda client: client.pdf.stream_progress("mine"),
    ),
}
EACH = pytest.mark.parametrize(("path", "open_stream"), STREAMS.values(), ids=STREAMS)


@pytest.fixture
async def client(make_client: MakeClient, server: EdgeQuakeServer) -> EdgeQuake:
    """Return a client with a login, tenant and user, a PDF to follow, and at most one call at a time."""
    known = server.credentials
    client = make_client(
        username="admin",
        password="sandbox-admin",
        tenant_id=known.tenant_id,
        workspace_id=known.workspace_id,
        user_id="00000000-0000-0000-0000-000000000001",
        concurrency=ConcurrencyLimit(1),
    )
    await client.pdf.upload(PDF, track_id="mine")
    server.counters.reset()
    return client


def asked(server: EdgeQuakeServer, path: str) -> int:
    return sum(count for route, count in server.counters.by_route.items() if route.endswith(f" {path}"))


@EACH
async def test_a_rejected_token_is_refreshed_and_the_stream_opened_again(
    client: EdgeQuake, server: EdgeQuakeServer, path: str, open_stream: Callable[[EdgeQuake], EventStream[Any]]
) -> None:
    server.invalidate_access_tokens()
    assert await collect(open_stream(client))
    assert (asked(server, path), asked(server, REFRESH)) == (2, 1)
    # Not `by_status`: a stream is counted when its handler ends, which may be after its reader has left.
    assert sorted(str(record.status) for record in server.counters.recent) == ["200", "200", "401"]


@EACH
async def test_a_token_rejected_twice_is_an_error_with_a_hint(
    client: EdgeQuake, server: EdgeQuakeServer, path: str, open_stream: Callable[[EdgeQuake], EventStream[Any]]
) -> None:
    server.faults.add(ServerFault.status(401), path=path)
    with pytest.raises(AuthenticationError) as caught:
        await collect(open_stream(client))
    assert asked(server, path) <= 2
    assert caught.value.template == path
    assert caught.value.request_id is not None


@EACH
async def test_leaving_a_stream_early_frees_the_connection(
    client: EdgeQuake, server: EdgeQuakeServer, path: str, open_stream: Callable[[EdgeQuake], EventStream[Any]]
) -> None:
    await client.documents.upload("Sarah Chen works at Acme Labs.")
    server.settings.stream_interval = 0.02
    with anyio.fail_after(60):
        for _ in range(3):
            async with open_stream(client) as events:
                async for _ in events:
                    break
            assert (await client.documents.count()).total == 2, "the one call at a time is free again"
        while server.counters.in_flight:  # noqa: ASYNC110
            await anyio.sleep(0.005)


async def test_a_failed_pdf_is_told_by_its_last_event(client: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.end_next_document("failed", message="no luck")
    await client.pdf.upload(PDF + b"again", track_id="lost")
    events = await collect(client.pdf.stream_progress("lost"))
    assert (events[-1].is_failed, events[-1].is_complete) == (True, False)


async def test_a_proxy_s_page_in_place_of_a_stream_is_an_error(client: EdgeQuake, server: EdgeQuakeServer) -> None:
    path = STREAMS["graph"][0]
    server.faults.add(ServerFault.status(200, html="<html>Please log in</html>"), path=path, times=1)
    with pytest.raises(StreamError, match="text/html"):
        await collect(client.graph.stream())


CANCELLED: dict[str, Callable[[EdgeQuake], Coroutine[Any, Any, object]]] = {
    "query": lambda client: collect(client.query.stream("Sarah?")),
    "chat": lambda client: collect(client.chat.stream("Sarah?")),
    "upload": lambda client: client.documents.upload_file(("a.txt", b"Sarah Chen works at Acme Labs." * 10_000)),
    "wait": lambda client: client.documents.wait("mine"),
    "list": lambda client: client.documents.list(page_size=1).collect(),
}


@pytest.mark.parametrize("make", CANCELLED.values(), ids=CANCELLED)
async def test_a_cancelled_call_gives_its_place_back(
    client: EdgeQuake, server: EdgeQuakeServer, make: Callable[[EdgeQuake], Coroutine[Any, Any, object]]
) -> None:
    await client.documents.upload("Sarah Chen works at Acme Labs.")
    server.settings.stream_interval = 0.002
    with anyio.fail_after(120):
        async for _ in at_each_await(lambda: make(client)):
            assert await client.live(), "the one call at a time is free again"
        while server.counters.in_flight:  # noqa: ASYNC110
            await anyio.sleep(0.005)
