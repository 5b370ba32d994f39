import time

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer

pytestmark = pytest.mark.anyio


async def test_an_event_is_one_data_line_and_a_blank_one(admin: aiohttp.ClientSession) -> None:
    async with admin.post("/api/v1/query/stream", json={"query": "Oslo"}) as reply:
        assert reply.headers["Content-Type"] == "text/event-stream"
        text = await reply.text()
    *events, rest = text.split("\n\n")
    assert rest == ""
    assert len(events) > 2
    assert all(event.startswith("data: {") and "\n" not in event for event in events)


async def test_a_slow_stream_is_kept_alive_by_comments(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    edgequake.settings.stream_interval = 0.01
    edgequake.settings.keep_alive_interval = 0.004
    async with admin.post("/api/v1/query/stream", json={"query": "Oslo", "mode": "bypass"}) as reply:
        text = await reply.text()
    assert text.count(": keep-alive\n\n") == 2 * text.count('"type":"token"')


async def test_tokens_come_one_by_one(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    edgequake.settings.stream_interval = 0.01
    async with admin.post("/api/v1/query/stream", json={"query": "Oslo", "mode": "bypass"}) as reply:
        assert b"context" in await reply.content.readline()
        first = time.perf_counter()
        await reply.read()
    assert time.perf_counter() - first >= 0.02  # between three tokens
