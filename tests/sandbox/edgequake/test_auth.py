import base64
import json
import uuid
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, ManualClock, Sandbox

pytestmark = pytest.mark.anyio
Body = dict[str, Any]


async def post(
    session: aiohttp.ClientSession, path: str, body: Body | None, token: str | None = None
) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with session.post(f"/api/v1/auth/{path}", json=body, headers=headers) as reply:
        text = await reply.text()
        return reply.status, json.loads(text) if "json" in reply.content_type else text


async def log_in(session: aiohttp.ClientSession, username: str = "admin", password: str = "sandbox-admin") -> Body:
    status, body = await post(session, "login", {"username": username, "password": password})
    assert status == 200, body
    return dict(body)


async def status_of(session: aiohttp.ClientSession, **headers: str) -> int:
    async with session.get("/api/v1/auth/me", headers=headers) as reply:
        return reply.status


async def use(session: aiohttp.ClientSession, token: str) -> int:
    return await status_of(session, Authorization=f"Bearer {token}")


def claims(token: str) -> Body:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "==")))


@pytest.mark.parametrize("name", ["admin", "admin@sandbox.test", "ADMIN"])
async def test_login_takes_a_user_name_or_an_email(anonymous: aiohttp.ClientSession, name: str) -> None:
    body = await log_in(anonymous, name)
    assert body["user"]["username"] == "admin"
    assert body["token_type"] == "Bearer"
    assert uuid.UUID(body["refresh_token"]).version == 4
    assert await use(anonymous, body["access_token"]) == 200


async def test_an_access_token_is_a_jwt_with_the_servers_claims(
    anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    body = await log_in(anonymous)
    held = claims(body["access_token"])
    assert set(held) == {"sub", "username", "role", "exp", "iat", "jti"}
    assert (held["sub"], held["username"], held["role"]) == (body["user"]["user_id"], "admin", "admin")
    assert (held["iat"], held["exp"]) == (clock.now, clock.now + 24 * 3600)
    assert body["expires_in"] == 24 * 3600
    assert held["jti"] != claims((await log_in(anonymous))["access_token"])["jti"]


@pytest.mark.parametrize(("lifetime", "expires_in"), [(2.0, 2), (0.25, 1), (90.0, 90)])
async def test_an_access_token_lives_as_long_as_it_was_set_to(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, clock: ManualClock, lifetime: float, expires_in: int
) -> None:
    edgequake.settings.token_lifetime = lifetime
    body = await log_in(anonymous)
    assert body["expires_in"] == expires_in
    clock.advance(lifetime - 0.01)
    assert await use(anonymous, body["access_token"]) == 200
    clock.advance(0.01)
    assert await use(anonymous, body["access_token"]) == 401


async def test_a_refresh_brings_an_access_token_and_keeps_the_refresh_token(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    edgequake.settings.token_lifetime = 1
    refresh_token = (await log_in(anonymous))["refresh_token"]
    for _ in range(2):
        clock.advance(1)
        status, body = await post(anonymous, "refresh", {"refresh_token": refresh_token})
        assert status == 200
        assert set(body) == {"access_token", "token_type", "expires_in"}
        assert await use(anonymous, body["access_token"]) == 200
    assert edgequake.counters.count("POST", "/api/v1/auth/refresh") == 2


async def test_a_refresh_is_refused_with_its_reason(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, admin: aiohttp.ClientSession, clock: ManualClock
) -> None:
    async def reason(refresh_token: str) -> str:
        status, body = await post(anonymous, "refresh", {"refresh_token": refresh_token})
        assert (status, body["code"]) == (401, "UNAUTHORIZED")
        return str(body["message"])

    assert await reason(str(uuid.uuid4())) == "Refresh token not found"
    revoked = await log_in(anonymous)
    assert edgequake.revoke_refresh_tokens("admin") == 1
    assert await reason(revoked["refresh_token"]) == "Refresh token has been revoked"
    orphan = await log_in(anonymous, "user", "sandbox-user")
    async with admin.delete(f"/api/v1/users/{orphan['user']['user_id']}"):
        pass
    assert await reason(orphan["refresh_token"]) == "User not found"
    old = await log_in(anonymous)
    clock.advance(30 * 24 * 3600)
    assert await reason(old["refresh_token"]) == "Refresh token has expired"


async def test_revoking_spares_other_users(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    mine, theirs = await log_in(anonymous), await log_in(anonymous, "user", "sandbox-user")
    assert edgequake.revoke_refresh_tokens("user") == 1
    assert (await post(anonymous, "refresh", {"refresh_token": mine["refresh_token"]}))[0] == 200
    assert (await post(anonymous, "refresh", {"refresh_token": theirs["refresh_token"]}))[0] == 401
    assert edgequake.inspect(lambda state: state.sessions.active_refresh_tokens) == 1
    assert edgequake.revoke_refresh_tokens() == 1


async def test_all_access_tokens_can_be_made_invalid_at_once(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    body = await log_in(anonymous)
    edgequake.invalidate_access_tokens()
    assert await use(anonymous, body["access_token"]) == 401
    status, renewed = await post(anonymous, "refresh", {"refresh_token": body["refresh_token"]})
    assert status == 200
    assert await use(anonymous, renewed["access_token"]) == 200


async def test_logout_revokes_the_refresh_token(anonymous: aiohttp.ClientSession) -> None:
    body = await log_in(anonymous)
    given = {"refresh_token": body["refresh_token"]}
    assert await post(anonymous, "logout", given, body["access_token"]) == (204, "")
    assert (await post(anonymous, "refresh", given))[0] == 401
    # The access token is not revoked: the server does not store it.
    assert await use(anonymous, body["access_token"]) == 200


async def test_logout_leaves_another_users_token_alone(anonymous: aiohttp.ClientSession) -> None:
    mine, theirs = await log_in(anonymous), await log_in(anonymous, "user", "sandbox-user")
    given = {"refresh_token": theirs["refresh_token"]}
    assert (await post(anonymous, "logout", given, mine["access_token"]))[0] == 204
    assert (await post(anonymous, "refresh", given))[0] == 200


async def test_logout_without_a_body_is_an_alias(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    token = (await log_in(anonymous))["access_token"]
    assert await post(anonymous, "logout", None, token) == (200, {})
    edgequake.settings.strict = True
    assert (await post(anonymous, "logout", None, token))[0] == 415


async def test_logout_needs_a_login(anonymous: aiohttp.ClientSession) -> None:
    assert (await post(anonymous, "logout", {"refresh_token": "x"}))[0] == 401


async def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(
    anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    wrong, right = ({"username": "user", "password": password} for password in ("nope", "sandbox-user"))
    for _ in range(5):
        status, body = await post(anonymous, "login", wrong)
        assert (status, body["code"]) == (401, "UNAUTHORIZED")
    status, body = await post(anonymous, "login", right)
    assert (status, body["code"]) == (423, "ACCOUNT_LOCKED")
    clock.advance(15 * 60 - 1)
    assert (await post(anonymous, "login", right))[0] == 423
    clock.advance(1)
    assert (await post(anonymous, "login", right))[0] == 200


async def test_the_lock_concerns_one_account_and_its_length_can_be_set(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    edgequake.settings.lockout_threshold, edgequake.settings.lockout_duration = 1, 3.0
    assert (await post(anonymous, "login", {"username": "user", "password": "nope"}))[0] == 401
    assert (await post(anonymous, "login", {"username": "user", "password": "sandbox-user"}))[0] == 423
    await log_in(anonymous)
    clock.advance(3)
    await log_in(anonymous, "user", "sandbox-user")


async def test_a_correct_password_resets_the_count(anonymous: aiohttp.ClientSession) -> None:
    for _ in range(2):
        for _ in range(4):
            await post(anonymous, "login", {"username": "user", "password": "nope"})
        await log_in(anonymous, "user", "sandbox-user")


async def test_an_unknown_name_is_told_like_a_wrong_password(anonymous: aiohttp.ClientSession) -> None:
    _, unknown = await post(anonymous, "login", {"username": "nobody", "password": "x"})
    _, wrong = await post(anonymous, "login", {"username": "admin", "password": "x"})
    assert unknown == wrong


async def test_an_inactive_account_can_neither_log_in_nor_refresh(
    anonymous: aiohttp.ClientSession, admin: aiohttp.ClientSession
) -> None:
    body = await log_in(anonymous, "user", "sandbox-user")
    async with admin.patch(f"/api/v1/users/{body['user']['user_id']}", json={"is_active": False}) as reply:
        assert reply.status == 200
    status, refusal = await post(anonymous, "login", {"username": "user", "password": "sandbox-user"})
    assert (status, refusal["code"]) == (403, "FORBIDDEN")
    assert (await post(anonymous, "refresh", {"refresh_token": body["refresh_token"]}))[0] == 401


async def test_login_notes_the_time(anonymous: aiohttp.ClientSession, clock: ManualClock) -> None:
    assert (await log_in(anonymous))["user"]["last_login_at"] == "2026-01-01T00:00:00+00:00"
    clock.advance(60)
    assert (await log_in(anonymous))["user"]["last_login_at"] == "2026-01-01T00:01:00+00:00"


async def test_errors_of_the_middleware_have_no_code(anonymous: aiohttp.ClientSession) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer junk"}, {"X-API-Key": "eq_junk"}):
        async with anonymous.get("/api/v1/auth/me", headers=headers) as reply:
            body = await reply.json()
            assert reply.status == 401
            assert set(body) == {"error", "message"}
            assert body["error"] == "unauthorized"


async def test_the_bearer_wins_over_the_key(edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession) -> None:
    key = edgequake.credentials.api_key
    token = (await log_in(anonymous, "user", "sandbox-user"))["access_token"]
    assert await status_of(anonymous, Authorization="Bearer junk", **{"X-API-Key": key}) == 401
    headers = {"Authorization": f"Bearer {token}", "X-API-Key": key}
    async with anonymous.get("/api/v1/auth/me", headers=headers) as reply:
        assert (await reply.json())["user"]["username"] == "user"


async def test_a_stale_token_does_not_hinder_login_and_refresh(anonymous: aiohttp.ClientSession) -> None:
    status, body = await post(anonymous, "login", {"username": "admin", "password": "sandbox-admin"}, token="stale")
    assert status == 200
    assert (await post(anonymous, "refresh", {"refresh_token": body["refresh_token"]}, token="stale"))[0] == 200


async def test_a_static_key_is_good_for_everything() -> None:
    settings = EdgeQuakeSettings(static_api_key="house key")
    async with Sandbox(edgequake=settings) as sandbox, aiohttp.ClientSession(sandbox.edgequake.url) as session:
        assert await status_of(session, **{"X-API-Key": "house key"}) == 200
        assert await use(session, "house key") == 200
        assert await use(session, "house cat") == 401


async def test_without_authentication_every_caller_is_an_administrator() -> None:
    settings = EdgeQuakeSettings(auth_enabled=False)
    async with Sandbox(edgequake=settings) as sandbox, aiohttp.ClientSession(sandbox.edgequake.url) as session:
        async with session.get("/api/v1/users") as reply:
            assert reply.status == 200
        async with session.get("/api/v1/auth/me") as reply:
            assert (await reply.json())["user"]["user_id"] == "00000000-0000-0000-0000-000000000001"
