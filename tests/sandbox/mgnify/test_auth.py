import aiohttp
import pytest

from asdk.sandbox import ManualClock, MGnifyServer, jwt
from asdk.sandbox.mgnify import WebinLogin

NOT_VALID = {"detail": "Token is invalid or expired", "code": "token_not_valid"}


async def post(session: aiohttp.ClientSession, path: str, **body: object) -> tuple[int, dict[str, object]]:
    async with session.post(path, json=body) as reply:
        return reply.status, await reply.json()


async def log_in(session: aiohttp.ClientSession, login: WebinLogin) -> str:
    status, body = await post(session, "auth/sliding", username=login.username, password=login.password)
    assert (status, body["token_type"]) == (200, "sliding")
    return str(body["token"])


def claims(token: str) -> dict[str, float]:
    import base64
    import json

    part = token.split(".")[1]
    found: dict[str, float] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


async def test_a_login_gives_one_token_for_everything(
    mgnify: MGnifyServer, visitor: aiohttp.ClientSession, clock: ManualClock
) -> None:
    token = await log_in(visitor, mgnify.credentials.user)
    assert claims(token)["exp"] == claims(token)["refresh_exp"] == clock.now + 86400
    assert await post(visitor, "auth/verify", token=token) == (200, {})
    async with visitor.get("my-data/studies/", headers={"Authorization": f"Bearer {token}"}) as reply:
        assert (await reply.json())["count"] == 3


async def test_a_broker_may_log_in_for_an_account(visitor: aiohttp.ClientSession) -> None:
    assert (await post(visitor, "auth/sliding", username="mg-Webin-1001", password="sandbox-webin"))[0] == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [("Webin-1001", "nope"), ("Webin-9", "sandbox-webin"), ("ada", "sandbox-webin"), ("Webin-1001x", "sandbox-webin")],
)
async def test_a_wrong_pair_is_a_401(visitor: aiohttp.ClientSession, username: str, password: str) -> None:
    outcome = await post(visitor, "auth/sliding", username=username, password=password)
    assert outcome == (401, {"detail": "Invalid credentials"})


async def test_an_unreachable_archive_looks_like_a_wrong_password(
    mgnify: MGnifyServer, visitor: aiohttp.ClientSession
) -> None:
    mgnify.settings.ena_reachable = False
    outcome = await post(visitor, "auth/sliding", username="Webin-1001", password="sandbox-webin")
    assert outcome == (401, {"detail": "Invalid credentials"})


async def test_missing_members_are_listed(visitor: aiohttp.ClientSession) -> None:
    status, body = await post(visitor, "auth/sliding")
    assert status == 422
    assert body["detail"] == [
        {"type": "missing", "loc": ["body", "payload", name], "msg": "Field required"}
        for name in ("username", "password")
    ]


async def test_a_refresh_moves_the_use_window_but_not_the_refresh_window(
    visitor: aiohttp.ClientSession, mgnify: MGnifyServer, clock: ManualClock
) -> None:
    first = await log_in(visitor, mgnify.credentials.user)
    clock.advance(3600)
    status, body = await post(visitor, "auth/sliding/refresh", token=first)
    assert status == 200
    before, after = claims(first), claims(str(body["token"]))
    assert after["exp"] == before["exp"] + 3600
    assert after["iat"] == before["iat"] + 3600
    assert after["refresh_exp"] == before["refresh_exp"]


async def test_an_expired_token_cannot_be_refreshed(
    visitor: aiohttp.ClientSession, mgnify: MGnifyServer, clock: ManualClock
) -> None:
    mgnify.settings.token_lifetime = 60
    token = await log_in(visitor, mgnify.credentials.user)
    clock.advance(61)
    assert await post(visitor, "auth/sliding/refresh", token=token) == (401, NOT_VALID)
    assert await post(visitor, "auth/verify", token=token) == (401, NOT_VALID)


async def test_a_valid_token_is_not_refreshed_after_the_refresh_window(
    visitor: aiohttp.ClientSession, mgnify: MGnifyServer, clock: ManualClock
) -> None:
    token = await log_in(visitor, mgnify.credentials.user)
    clock.advance(80_000)
    _, body = await post(visitor, "auth/sliding/refresh", token=token)
    clock.advance(7_000)
    assert await post(visitor, "auth/verify", token=body["token"]) == (200, {})
    assert await post(visitor, "auth/sliding/refresh", token=body["token"]) == (401, NOT_VALID)


async def test_empty_foreign_and_invalidated_tokens(visitor: aiohttp.ClientSession, mgnify: MGnifyServer) -> None:
    assert (await post(visitor, "auth/sliding/refresh", token=""))[0] == 400
    foreign = jwt.encode({"exp": 9e9, "refresh_exp": 9e9, "username": "Webin-1001"}, b"another secret")
    for token in ("junk", foreign):
        assert await post(visitor, "auth/verify", token=token) == (401, NOT_VALID)
    token = mgnify.issue_token()
    mgnify.invalidate_tokens()
    assert await post(visitor, "auth/sliding/refresh", token=token) == (401, NOT_VALID)


@pytest.mark.parametrize(
    ("path", "status"),
    [("runs/", 401), ("studies/MGYS00000001", 401), ("my-data/studies/", 401), ("studies/", 200), ("biomes/", 200)],
)
async def test_an_invalid_token_is_rejected_where_tokens_are_read(
    visitor: aiohttp.ClientSession, path: str, status: int
) -> None:
    async with visitor.get(path, headers={"Authorization": "Bearer dead"}) as reply:
        assert reply.status == status
        if status == 401:
            body = await reply.json()
            assert (body["code"], body["messages"][0]["token_type"]) == ("token_not_valid", "sliding")


async def test_without_a_token_private_data_is_unauthorized(visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("my-data/studies/") as reply:
        assert (reply.status, await reply.json()) == (401, {"detail": "Unauthorized"})


async def test_a_private_object_is_hidden_from_others(
    visitor: aiohttp.ClientSession, owner: aiohttp.ClientSession, mgnify: MGnifyServer
) -> None:
    async with owner.get("studies/MGYS00000231") as reply:
        assert reply.status == 200
        samples = (await reply.json())["downloads"]
        assert "expires=" in samples[0]["url"]
    stranger = {"Authorization": f"Bearer {mgnify.issue_token('Webin-1002')}"}
    for headers in ({}, stranger):
        for path in ("studies/MGYS00000231", "studies/MGYS00000231/samples/"):
            async with visitor.get(path, headers=headers) as reply:
                assert (reply.status, await reply.json()) == (404, {"detail": "Not found."})
    async with visitor.get("studies/MGYS99999999") as reply:
        assert (reply.status, await reply.json()) == (404, {"detail": "Not Found"})


async def test_lists_with_an_optional_bearer_show_the_callers_own_too(
    visitor: aiohttp.ClientSession, owner: aiohttp.ClientSession
) -> None:
    async with visitor.get("runs/") as public, owner.get("runs/") as own:
        assert (await own.json())["count"] > (await public.json())["count"]


async def test_short_lives_are_kept_to_the_fraction(mgnify: MGnifyServer, clock: ManualClock) -> None:
    mgnify.settings.token_lifetime = 0.25
    assert claims(mgnify.issue_token())["exp"] == clock.now + 0.25
