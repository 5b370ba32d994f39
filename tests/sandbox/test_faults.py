"""Tests of each fault on the wire."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ServerFault

pytestmark = pytest.mark.anyio
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]
GET_HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def exchange(server: EdgeQuakeServer, request: bytes = GET_HEALTH) -> bytes:
    """Return all bytes received until the server closes the connection."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def upload(server: EdgeQuakeServer) -> bytes:
    return post("/api/v1/documents", b'{"content": "Oslo"}', f"X-API-Key: {server.credentials.api_key}")


def document_count(server: EdgeQuakeServer) -> int:
    known = server.credentials
    return server.inspect(lambda state: len(state.library(known.tenant_id, known.workspace_id)))


async def test_a_status_has_the_apis_own_shape(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.status(503))
    async with anonymous.get("/health") as reply:
        assert reply.status == 503
        assert reply.content_type == "application/problem+json"
        assert (await reply.json(content_type=None))["code"] == "SERVICE_UNAVAILABLE"
        assert "x-request-id" in reply.headers


async def test_a_401_and_a_429_have_the_middlewares_shapes(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.status(401), times=1)
    edgequake.faults.add(ServerFault.status(429, retry_after=3))
    async with anonymous.get("/health") as reply:
        assert (await reply.json())["error"] == "unauthorized"
    async with anonymous.get("/health") as reply:
        assert reply.headers["Retry-After"] == "3"
        assert (await reply.json())["retry_after_seconds"] == 3


async def test_retry_after_may_be_a_fraction(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.status(429, retry_after=0.2))
    async with anonymous.get("/health") as reply:
        assert reply.headers["Retry-After"] == "0.2"


async def test_retry_after_may_be_a_date_that_is_never_early(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.status(503, retry_after=2, as_date=True))
    asked = datetime.now(UTC).timestamp()
    async with anonymous.get("/health") as reply:
        until = parsedate_to_datetime(reply.headers["Retry-After"]).timestamp()
    assert 2 <= until - asked <= 3.5


async def test_a_status_may_bring_html_json_and_headers(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.status(502, html="<h1>Bad Gateway</h1>", headers={"Via": "proxy"}), times=1)
    edgequake.faults.add(ServerFault.status(418, json={"tea": True}))
    async with anonymous.get("/health") as reply:
        assert (reply.status, reply.content_type, reply.headers["Via"]) == (502, "text/html", "proxy")
        assert await reply.text() == "<h1>Bad Gateway</h1>"
    async with anonymous.get("/health") as reply:
        assert (reply.status, await reply.json()) == (418, {"tea": True})


async def test_a_status_comes_without_effect_or_after_it(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.status(502), times=1)
    edgequake.faults.add(ServerFault.status(504, after_handler=True))
    async with admin.post("/api/v1/documents", json={"content": "one"}) as reply:
        assert (reply.status, document_count(edgequake)) == (502, 0)
    async with admin.post("/api/v1/documents", json={"content": "one"}) as reply:
        assert (reply.status, document_count(edgequake)) == (504, 1)


async def test_a_delayed_request_continues(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.delay(0.03))
    started = time.perf_counter()
    async with anonymous.get("/health") as reply:
        assert reply.status == 200
    assert time.perf_counter() - started >= 0.03


@pytest.mark.parametrize(("after_handler", "expected"), [(False, 0), (True, 1)])
async def test_a_client_that_gives_up_in_a_delay_ends_the_request(
    edgequake: EdgeQuakeServer,
    admin: aiohttp.ClientSession,
    eventually: Eventually,
    after_handler: bool,
    expected: int,
) -> None:
    edgequake.faults.add(ServerFault.delay(30, after_handler=after_handler))
    with pytest.raises(TimeoutError):
        await admin.post("/api/v1/documents", json={"content": "one"}, timeout=aiohttp.ClientTimeout(total=0.03))
    await eventually(lambda: not edgequake.counters.in_flight)
    assert document_count(edgequake) == expected


async def test_a_drop_by_fin_sends_not_a_byte(edgequake: EdgeQuakeServer) -> None:
    edgequake.faults.add(ServerFault.drop())
    assert await exchange(edgequake) == b""
    assert await exchange(edgequake, upload(edgequake)) == b""
    assert document_count(edgequake) == 0


async def test_a_drop_by_rst_resets_the_connection(edgequake: EdgeQuakeServer) -> None:
    edgequake.faults.add(ServerFault.drop(reset=True))
    with pytest.raises(ConnectionResetError):
        await exchange(edgequake)


async def test_a_lost_reply_has_its_effect(edgequake: EdgeQuakeServer) -> None:
    edgequake.faults.add(ServerFault.lose_reply())
    assert await exchange(edgequake, upload(edgequake)) == b""
    assert document_count(edgequake) == 1


async def test_a_cut_reply_is_shorter_than_its_length(edgequake: EdgeQuakeServer) -> None:
    whole = await exchange(edgequake, GET_HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    body = whole.partition(b"\r\n\r\n")[2]
    edgequake.faults.add(ServerFault.cut(after=10), times=1)
    edgequake.faults.add(ServerFault.cut())
    for sent in (10, len(body) // 2):
        head, _, part = (await exchange(edgequake)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert part == body[:sent]
    assert [record.status for record in edgequake.counters.recent] == [200, 200, 200]


async def test_a_cut_may_reset(edgequake: EdgeQuakeServer) -> None:
    edgequake.faults.add(ServerFault.cut(after=0, reset=True))
    with pytest.raises(ConnectionResetError):
        await exchange(edgequake)


async def test_a_client_notices_a_cut(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.cut())
    async with anonymous.get("/health") as reply:
        assert reply.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await reply.read()


async def test_a_stall_sends_the_head_and_then_nothing(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.stall(after=5))
    async with anonymous.get("/health", timeout=aiohttp.ClientTimeout(sock_read=0.05)) as reply:
        assert reply.status == 200
        assert await reply.content.readexactly(5) == b'{"sta'
        with pytest.raises(TimeoutError):
            await reply.read()


async def test_a_short_stall_continues(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.stall(0.03))
    started = time.perf_counter()
    async with anonymous.get("/health") as reply:
        assert (await reply.json())["status"] == "healthy"
    assert time.perf_counter() - started >= 0.03


async def test_a_client_that_leaves_a_stall_frees_the_server(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, eventually: Eventually
) -> None:
    edgequake.faults.add(ServerFault.stall())
    async with anonymous.get("/health") as reply:
        reply.close()
    await eventually(lambda: not edgequake.counters.in_flight)


async def test_a_malformed_reply_calls_itself_json(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.malformed())
    async with anonymous.get("/health") as reply:
        assert (reply.status, reply.content_type) == (200, "application/json")
        with pytest.raises(json.JSONDecodeError):
            await reply.json()


async def test_a_stream_can_be_cut_between_and_inside_events(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.cut(), times=1)
    edgequake.faults.add(ServerFault.cut(after=20))
    pieces: list[bytes] = []
    for _ in range(2):
        async with admin.post("/api/v1/query/stream", json={"query": "Oslo"}) as reply:
            pieces.append(await reply.content.readany())
            with pytest.raises(aiohttp.ClientPayloadError):
                await reply.read()
    assert pieces[0].startswith(b'data: {"type":"context"')
    assert pieces[0].endswith(b"\n\n")
    assert pieces[0].count(b"\n\n") == 1
    assert pieces[1] == pieces[0][:20]


async def test_a_stream_can_stall(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    edgequake.faults.add(ServerFault.stall(0.03, after=30))
    async with admin.post("/api/v1/query/stream", json={"query": "Oslo"}) as reply:
        assert len(await reply.content.readany()) == 30
        assert b'"done"' in await reply.read()
