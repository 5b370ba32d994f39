from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, ManualClock, Sandbox

pytestmark = pytest.mark.anyio
PATH = "/api/v1/users"
ADA = {"username": "ada", "email": "ada@sandbox.test", "password": "pw"}


async def call(
    session: aiohttp.ClientSession, method: str, path: str = PATH, body: Any = None, token: str | None = None
) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with session.request(method, path, json=body, headers=headers) as reply:
        return reply.status, await reply.json(content_type=None) if "json" in reply.content_type else None


async def token_of(session: aiohttp.ClientSession, username: str, password: str) -> str:
    status, body = await call(session, "POST", "/api/v1/auth/login", {"username": username, "password": password})
    assert status == 200
    return str(body["access_token"])


async def user_id_of(session: aiohttp.ClientSession, token: str) -> str:
    _, body = await call(session, "GET", "/api/v1/auth/me", token=token)
    return str(body["user"]["user_id"])


async def test_a_new_user_can_log_in(admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession) -> None:
    status, body = await call(admin, "POST", body=ADA)
    assert status == 201
    assert (body["user"]["role"], body["user"]["is_active"]) == ("user", True)
    assert await token_of(anonymous, "ada", "pw")
    status, seen = await call(admin, "GET", f"{PATH}/{body['user']['user_id']}")
    assert status == 200
    assert seen["username"] == "ada"


@pytest.mark.parametrize("again", [{"username": "Ada"}, {"email": "ADA@sandbox.test"}])
async def test_a_name_and_an_email_are_taken_once(admin: aiohttp.ClientSession, again: dict[str, str]) -> None:
    await call(admin, "POST", body=ADA)
    status, body = await call(
        admin, "POST", body={"username": "other", "email": "other@sandbox.test", "password": "pw"} | again
    )
    assert (status, body["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("part", [{"username": " "}, {"password": ""}, {"email": "no address"}])
async def test_a_user_without_name_password_or_address_is_refused(
    admin: aiohttp.ClientSession, part: dict[str, str]
) -> None:
    status, body = await call(admin, "POST", body=ADA | part)
    assert (status, body["code"]) == (400, "BAD_REQUEST")


async def test_an_email_is_required(admin: aiohttp.ClientSession) -> None:
    assert await call(admin, "POST", body={"username": "ada", "password": "pw"}) == (422, None)


async def test_lists_have_pages_and_can_be_cut_to_a_role(admin: aiohttp.ClientSession) -> None:
    await call(admin, "POST", body=ADA)
    _, page = await call(admin, "GET", f"{PATH}?page=2&page_size=2")
    assert [user["username"] for user in page["users"]] == ["ada"]
    assert (page["total"], page["total_pages"]) == (3, 2)
    _, admins = await call(admin, "GET", f"{PATH}?role=admin")
    assert [user["username"] for user in admins["users"]] == ["admin"]


async def test_a_user_is_changed(
    admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession, clock: ManualClock
) -> None:
    _, made = await call(admin, "POST", body=ADA)
    clock.advance(1)
    changes = {"email": "new@sandbox.test", "role": "admin", "display_name": "Ada L."}
    status, body = await call(admin, "PATCH", f"{PATH}/{made['user']['user_id']}", changes)
    assert status == 200
    assert body["updated_at"] == body["user"]["updated_at"] == "2026-01-01T00:00:01+00:00"
    assert (body["user"]["email"], body["user"]["role"]) == ("new@sandbox.test", "admin")
    assert await token_of(anonymous, "new@sandbox.test", "pw")
    status, _ = await call(anonymous, "POST", "/api/v1/auth/login", {"username": ADA["email"], "password": "pw"})
    assert status == 401


async def test_a_taken_email_is_refused_in_a_change(admin: aiohttp.ClientSession) -> None:
    _, made = await call(admin, "POST", body=ADA)
    path = f"{PATH}/{made['user']['user_id']}"
    assert (await call(admin, "PATCH", path, {"email": "user@sandbox.test"}))[0] == 409
    assert (await call(admin, "PATCH", path, {"email": ADA["email"]}))[0] == 200


async def test_a_deleted_user_is_gone(admin: aiohttp.ClientSession, anonymous: aiohttp.ClientSession) -> None:
    _, made = await call(admin, "POST", body=ADA)
    token = await token_of(anonymous, "ada", "pw")
    path = f"{PATH}/{made['user']['user_id']}"
    assert await call(admin, "DELETE", path) == (204, None)
    for method in ("GET", "DELETE"):
        status, body = await call(admin, method, path)
        assert (status, body["code"]) == (404, "NOT_FOUND")
    status, body = await call(anonymous, "GET", "/api/v1/auth/me", token=token)
    assert (status, body["code"]) == (401, "UNAUTHORIZED")
    assert (await call(admin, "POST", body=ADA))[0] == 201


async def test_ordinary_users_may_only_touch_themselves(anonymous: aiohttp.ClientSession) -> None:
    token = await token_of(anonymous, "user", "sandbox-user")
    mine = await user_id_of(anonymous, token)
    other = "00000000-0000-0000-0000-000000000001"
    assert (await call(anonymous, "GET", token=token))[0] == 403
    assert (await call(anonymous, "POST", body=ADA, token=token))[0] == 403
    assert (await call(anonymous, "GET", f"{PATH}/{other}", token=token))[0] == 403
    assert (await call(anonymous, "DELETE", f"{PATH}/{mine}", token=token))[0] == 403
    assert (await call(anonymous, "PATCH", f"{PATH}/{mine}", {"role": "admin"}, token=token))[0] == 403
    assert (await call(anonymous, "GET", f"{PATH}/{mine}", token=token))[0] == 200
    assert (await call(anonymous, "PATCH", f"{PATH}/{mine}", {"display_name": "U."}, token=token))[0] == 200


async def test_a_server_may_let_people_register() -> None:
    settings = EdgeQuakeSettings(allow_registration=True)
    async with Sandbox(edgequake=settings) as sandbox, aiohttp.ClientSession(sandbox.edgequake.url) as session:
        status, body = await call(session, "POST", body=ADA | {"role": "admin"})
        assert (status, body["user"]["role"]) == (201, "user")


async def test_without_registration_a_login_is_needed(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    assert (await call(anonymous, "POST", body=ADA))[0] == 401
    assert edgequake.inspect(lambda state: len(state.users)) == 2
