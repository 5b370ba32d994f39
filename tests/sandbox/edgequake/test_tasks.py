"""Tests of background work by a clock that stands still: cancelled, restarted and recovered."""

from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock

pytestmark = pytest.mark.anyio


async def status(session: aiohttp.ClientSession, track_id: str) -> Any:
    async with session.get(f"/api/v1/tasks/{track_id}") as reply:
        return (await reply.json())["status"]


async def send(session: aiohttp.ClientSession, path: str, body: Any = None) -> Any:
    async with session.post(f"/api/v1/{path}", json=body) as reply:
        assert reply.status < 300, await reply.text()
        return await reply.json()


async def test_a_cancelled_task_stays_cancelled_until_it_restarts(
    admin: aiohttp.ClientSession, edgequake: EdgeQuakeServer, clock: ManualClock
) -> None:
    edgequake.settings.processing_time = 10
    track = (await send(admin, "documents", {"content": "Ada met Sarah."}))["track_id"]
    clock.advance(5)
    assert await status(admin, track) == "processing"
    await send(admin, f"tasks/{track}/cancel")
    clock.advance(60)
    assert await status(admin, track) == "cancelled"
    await send(admin, f"tasks/{track}/retry")
    assert await status(admin, track) == "pending"
    clock.advance(10)
    assert await status(admin, track) == "indexed"


async def test_earlier_plans_are_dropped(
    admin: aiohttp.ClientSession, edgequake: EdgeQuakeServer, clock: ManualClock
) -> None:
    edgequake.settings.processing_time = 10
    track = (await send(admin, "documents", {"content": "Ada met Sarah."}))["track_id"]
    clock.advance(5)
    await send(admin, f"tasks/{track}/cancel")
    await send(admin, f"tasks/{track}/retry")
    clock.advance(5.5)  # the first attempt would be over now
    assert await status(admin, track) == "processing"


async def test_stuck_tasks_are_recovered(
    admin: aiohttp.ClientSession, edgequake: EdgeQuakeServer, clock: ManualClock
) -> None:
    edgequake.settings.processing_time = 10_000
    await send(admin, "documents", {"content": "Ada met Sarah."})
    clock.advance(2_000)
    assert (await send(admin, "documents/recover-stuck", {}))["stuck_found"] == 0
    clock.advance(700)
    edgequake.settings.processing_time = 1
    found = await send(admin, "documents/recover-stuck", {})
    assert found["requeued"] == 1
    clock.advance(1)
    assert await status(admin, found["track_id"]) == "indexed"
