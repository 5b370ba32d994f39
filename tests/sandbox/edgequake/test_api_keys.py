import re
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock

pytestmark = pytest.mark.anyio
PATH = "/api/v1/api-keys"


async def create(session: aiohttp.ClientSession, **body: Any) -> dict[str, Any]:
    async with session.post(PATH, json=body) as reply:
        assert reply.status == 201
        return dict(await reply.json())


async def listed(session: aiohttp.ClientSession, **params: str) -> dict[str, Any]:
    async with session.get(PATH, params=params) as reply:
        return dict(await reply.json())


async def status_with(
    session: aiohttp.ClientSession, key: str, method: str = "GET", path: str = "/api/v1/auth/me", body: Any = None
) -> int:
    async with session.request(method, path, json=body, headers={"X-API-Key": key}) as reply:
        return reply.status


async def test_a_key_is_shown_once_and_known_by_its_prefix(admin: aiohttp.ClientSession) -> None:
    made = await create(admin, name="laptop")
    assert re.fullmatch(r"eq_[A-Za-z0-9]{32}", made["api_key"])
    assert made["prefix"] == made["api_key"][:11]
    assert made["scopes"] == ["read", "write"]
    text = str(await listed(admin))
    assert made["api_key"] not in text
    assert made["prefix"] in text


async def test_a_key_is_kept_as_a_hash(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    made = await create(admin)
    assert made["api_key"] not in edgequake.inspect(lambda state: repr(vars(state.api_keys)))


async def test_a_key_speaks_for_its_owner_in_both_headers(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    key = (await create(admin))["api_key"]
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        async with anonymous.get("/api/v1/auth/me", headers=headers) as reply:
            assert (await reply.json())["user"]["username"] == "admin"


async def test_a_revoked_key_is_refused_at_once_and_stays_in_the_list(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    made = await create(admin)
    assert await status_with(anonymous, made["api_key"]) == 200
    async with admin.delete(f"{PATH}/{made['key_id']}") as reply:
        assert (reply.status, (await reply.json())["key_id"]) == (200, made["key_id"])
    assert await status_with(anonymous, made["api_key"]) == 401
    assert [key["is_active"] for key in (await listed(admin))["keys"]] == [True, False]
    async with admin.delete(f"{PATH}/{made['key_id']}") as reply:
        assert reply.status == 404


async def test_a_key_expires(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    made = await create(admin, expires_in_days=1)
    assert made["expires_at"] == "2026-01-02T00:00:00+00:00"
    clock.advance(24 * 3600 - 1)
    assert await status_with(anonymous, made["api_key"]) == 200
    clock.advance(1)
    assert await status_with(anonymous, made["api_key"]) == 401


async def test_the_vendors_spelling_of_the_expiry_counts_unless_strict(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    assert (await create(admin, expires_in=60))["expires_at"] == "2026-01-01T00:01:00+00:00"
    edgequake.settings.strict = True
    assert "expires_at" not in await create(admin, expires_in=60)


async def test_a_key_that_may_only_read_is_refused_writing(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    key = (await create(admin, scopes=["read"]))["api_key"]
    assert await status_with(anonymous, key, path="/api/v1/documents") == 200
    assert await status_with(anonymous, key, "POST", "/api/v1/query", {"query": "Oslo"}) == 200
    async with anonymous.post("/api/v1/documents", json={"content": "x"}, headers={"X-API-Key": key}) as reply:
        assert reply.status == 403
        assert (await reply.json(content_type="application/problem+json"))["code"] == "FORBIDDEN"
    assert await status_with(anonymous, key, "DELETE", "/api/v1/documents") == 403


async def test_the_scopes_write_and_admin_stand_for_themselves_and_for_all(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    write = (await create(admin, scopes=["write"]))["api_key"]
    everything = (await create(admin, scopes=["admin"]))["api_key"]
    assert await status_with(anonymous, write, "DELETE", "/api/v1/documents") == 200
    assert await status_with(anonymous, write) == 403
    assert await status_with(anonymous, everything, "DELETE", "/api/v1/documents") == 200
    assert await status_with(anonymous, everything) == 200


async def test_a_key_has_at_most_the_permissions_of_its_owner(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    key, user_id = await user_key(edgequake, anonymous)
    assert await status_with(anonymous, key, path="/api/v1/users") == 403
    async with admin.patch(f"/api/v1/users/{user_id}", json={"is_active": False}):
        pass
    assert await status_with(anonymous, key) == 401


async def test_people_see_and_revoke_their_own_keys(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession
) -> None:
    key, _ = await user_key(edgequake, anonymous)
    admins = await create(admin)
    async with anonymous.get(PATH, headers={"X-API-Key": key}) as reply:
        assert [item["prefix"] for item in (await reply.json())["keys"]] == [key[:11]]
    assert await status_with(anonymous, key, "DELETE", f"{PATH}/{admins['key_id']}") == 404


async def test_the_list_has_pages_and_the_time_of_last_use(admin: aiohttp.ClientSession, clock: ManualClock) -> None:
    for number in range(3):
        await create(admin, name=str(number))
    clock.advance(5)
    page = await listed(admin, page="2", page_size="3")
    assert [key["name"] for key in page["keys"]] == ["2"]
    assert (page["total"], page["page"], page["page_size"], page["total_pages"]) == (4, 2, 3, 2)
    used = (await listed(admin))["keys"][0]
    assert used["last_used_at"] == "2026-01-01T00:00:05+00:00"
    assert "last_used_at" not in page["keys"][0]


async def test_an_expiry_in_the_past_is_refused(admin: aiohttp.ClientSession) -> None:
    async with admin.post(PATH, json={"expires_in_days": 0}) as reply:
        assert reply.status == 400


async def user_key(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> tuple[str, str]:
    """Create a key of the ordinary user; return it with the user's id."""
    user = edgequake.credentials.user
    login = {"username": user.username, "password": user.password}
    async with anonymous.post("/api/v1/auth/login", json=login) as reply:
        body = await reply.json()
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    async with anonymous.post(PATH, json={}, headers=headers) as reply:
        return (await reply.json())["api_key"], body["user"]["user_id"]
