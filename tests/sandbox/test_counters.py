import asyncio

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ServerFault
from asdk.sandbox.counters import UNMATCHED, mask

pytestmark = pytest.mark.anyio


async def test_requests_are_counted_by_route_template_and_status(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    for document_id in ("a", "b"):
        async with admin.get(f"/api/v1/documents/{document_id}") as reply:
            assert reply.status == 404
    async with admin.get("/health"):
        pass
    assert edgequake.counters.by_route == {"GET /api/v1/documents/{document_id}": 2, "GET /health": 1}
    assert edgequake.counters.by_status == {404: 2, 200: 1}
    assert edgequake.counters.count("GET", "/api/v1/documents/{document_id}") == 2
    assert edgequake.counters.count("GET", "/never") == 0
    assert edgequake.counters.total == 3


async def test_unknown_paths_share_one_route(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    for path in ("/one", "/two"):
        async with admin.get(path):
            pass
    assert edgequake.counters.count("GET", UNMATCHED) == 2


async def test_the_most_requests_at_once_are_remembered(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.delay(0.02))

    async def call() -> None:
        async with anonymous.get("/health"):
            pass

    await asyncio.gather(*(call() for _ in range(7)))
    assert edgequake.counters.max_in_flight == 7
    assert edgequake.counters.in_flight == 0


async def test_the_log_shows_the_last_requests_and_hides_secrets(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": "Bearer first", "X-API-Key": "eq_secret", "X-Tenant-ID": "t1"}
    async with anonymous.get("/api/v1/documents?page=2", headers=headers):
        pass
    async with anonymous.get("/health", headers={"Authorization": "Bearer second"}):
        pass
    first, second = edgequake.counters.recent
    assert (first.method, first.path, first.route) == ("GET", "/api/v1/documents?page=2", "/api/v1/documents")
    assert (first.status, second.status) == (401, 200)
    assert first.headers["x-tenant-id"] == "t1"
    assert first.headers["authorization"] == mask("Bearer first") != second.headers["authorization"]
    assert "secret" not in f"{first!r} {first.headers}"
    assert "first" not in f"{first!r} {first.headers}"


async def test_the_log_is_bounded(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    asyncio.get_running_loop().set_debug(False)  # it records where each of many futures was created
    for number in range(1005):
        async with anonymous.get(f"/health?{number}"):
            pass
    assert [record.path for record in edgequake.counters.recent[:2]] == ["/health?5", "/health?6"]
    assert edgequake.counters.total == 1005


async def test_reset_forgets(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    async with anonymous.get("/health"):
        pass
    edgequake.counters.reset()
    assert edgequake.counters.total == 0
    assert edgequake.counters.by_route == {}
    assert edgequake.counters.by_status == {}
    assert edgequake.counters.recent == []
    assert edgequake.counters.max_in_flight == 0


async def test_a_dropped_request_has_a_route_but_no_status(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.drop())
    # POST: aiohttp's client retries a dropped GET by itself.
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await anonymous.post("/api/v1/auth/login", json={})
    assert edgequake.counters.by_route == {"POST /api/v1/auth/login": 1}
    assert edgequake.counters.by_status == {}
    assert edgequake.counters.recent[0].status is None
    assert edgequake.counters.recent[0].faults == ("drop",)


def test_a_mask_keeps_the_scheme_and_tells_secrets_apart() -> None:
    assert mask("Bearer one").startswith("Bearer ***")
    assert mask("Bearer one") != mask("Bearer two")
    assert mask("key").startswith("***")
    assert mask("a=1; b=2").startswith("***")
