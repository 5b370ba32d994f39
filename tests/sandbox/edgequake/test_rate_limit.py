import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock
from asdk.sandbox.edgequake import RateLimit

pytestmark = pytest.mark.anyio


async def get(session: aiohttp.ClientSession, tenant: str | None = None) -> aiohttp.ClientResponse:
    headers = {} if tenant is None else {"X-Tenant-ID": tenant}
    async with session.get("/api/v1/documents", headers=headers) as reply:
        await reply.read()
        return reply


async def test_it_is_off_by_default(admin: aiohttp.ClientSession) -> None:
    replies = [await get(admin) for _ in range(120)]
    assert {reply.status for reply in replies} == {200}
    assert "X-RateLimit-Limit" not in replies[0].headers


async def test_a_tenant_that_uses_up_its_window_waits_for_the_next(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, clock: ManualClock
) -> None:
    edgequake.settings.rate_limit = RateLimit(requests=2, per_seconds=60)
    left = [(await get(admin, "t1")).headers["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    clock.advance(12.5)
    refused = await get(admin, "t1")
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "48"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    body = await refused.json()
    assert set(body) == {"error", "message", "retry_after_seconds"}
    assert (body["error"], body["retry_after_seconds"]) == ("rate_limit_exceeded", 48)
    clock.advance(47.5)
    allowed = await get(admin, "t1")
    assert (allowed.status, allowed.headers["X-RateLimit-Limit"]) == (200, "2")


async def test_tenants_do_not_share_a_window_but_the_nameless_do(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.settings.rate_limit = RateLimit(requests=1)
    assert [(await get(admin, tenant)).status for tenant in ("t1", "t2", "t1")] == [200, 200, 429]
    # Without credentials: the limit precedes authentication.
    assert [(await get(anonymous)).status, (await get(admin)).status] == [401, 429]
