from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from asdk.sandbox import ManualClock
from asdk.sandbox.apala import ApalaServer

if TYPE_CHECKING:
    from tests.sandbox.apala.conftest import Speak

pytestmark = pytest.mark.anyio


async def exchange(speak: "Speak", key: str) -> Any:
    return await speak("POST", "/api/auth/token", {"api_key": key}, token=None)


async def refresh(speak: "Speak", token: str) -> Any:
    return await speak("POST", "/api/auth/refresh", {"refresh_token": token}, token=None)


async def test_a_key_buys_both_tokens_and_the_name_of_the_company(speak: "Speak", server: ApalaServer) -> None:
    status, body = await exchange(speak, server.credentials.api_key)
    assert status == 200
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "company_id", "company_name"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert (body["company_id"], body["company_name"]) == (server.credentials.company_id, "Sandbox Lending")


async def test_the_path_is_public_with_any_bearer_token(speak: "Speak", server: ApalaServer) -> None:
    key = {"api_key": server.credentials.api_key}
    assert (await speak("POST", "/api/auth/token", key, token="stale"))[0] == 200


@pytest.mark.parametrize("body", [{}, {"api_key": None}, {"api_key": 7}, [], "text"])
async def test_a_body_without_a_key_is_a_400(speak: "Speak", body: object) -> None:
    status, said = await speak("POST", "/api/auth/token", body, token=None)
    assert (status, said["error"]) == (400, "invalid_request")


async def test_broken_json_is_a_400(raw: aiohttp.ClientSession) -> None:
    async with raw.post("/api/auth/token", data=b'{"api_key": ') as reply:
        assert (reply.status, (await reply.json())["message"]) == (400, "the body is not JSON")


async def test_keys_are_refused_with_their_reasons(speak: "Speak", server: ApalaServer) -> None:
    assert await exchange(speak, "nobody's") == (
        401,
        {"error": "invalid_api_key", "message": "Invalid API key"},
    )
    server.revoke_api_key()
    assert (await exchange(speak, server.credentials.api_key))[1]["message"] == "API key has been revoked"
    server.forbid_api_key(server.credentials.other_api_key)
    status, body = await exchange(speak, server.credentials.other_api_key)
    assert (status, body["error"]) == (403, "forbidden")


async def test_a_refresh_brings_an_access_token_and_nothing_else(speak: "Speak", server: ApalaServer) -> None:
    _, first = await exchange(speak, server.credentials.api_key)
    for _ in range(2):
        status, body = await refresh(speak, first["refresh_token"])
        assert (status, set(body)) == (200, {"access_token", "expires_in"})
        assert (await speak("GET", "/api/paf/templates", token=body["access_token"]))[0] == 200


async def test_rotation_spends_a_refresh_token_and_a_second_use_ends_the_family(
    speak: "Speak", server: ApalaServer
) -> None:
    server.settings.rotate_refresh_tokens = True
    _, first = await exchange(speak, server.credentials.api_key)
    _, second = await refresh(speak, first["refresh_token"])
    _, third = await refresh(speak, second["refresh_token"])
    status, body = await refresh(speak, first["refresh_token"])
    assert (status, body["message"]) == (401, "Refresh token has been used already")
    assert (await refresh(speak, third["refresh_token"]))[0] == 401
    _, fresh = await exchange(speak, server.credentials.api_key)
    assert (await refresh(speak, fresh["refresh_token"]))[0] == 200


async def test_refresh_tokens_can_be_revoked_and_expire(
    speak: "Speak", server: ApalaServer, clock: ManualClock
) -> None:
    _, first = await exchange(speak, server.credentials.api_key)
    assert server.revoke_refresh_tokens() == 2
    assert (await refresh(speak, first["refresh_token"]))[1]["message"] == "Refresh token has been revoked"
    _, second = await exchange(speak, server.credentials.api_key)
    clock.advance(30 * 24 * 3600)
    assert (await refresh(speak, second["refresh_token"]))[1]["message"] == "The refresh token has expired"
    assert (await refresh(speak, "junk"))[1]["error"] == "invalid_refresh_token"


@pytest.mark.parametrize(("lifetime", "expires_in"), [(2.0, 2), (0.25, 1), (90.0, 90)])
async def test_an_access_token_lives_as_long_as_it_was_set_to(
    speak: "Speak", server: ApalaServer, clock: ManualClock, lifetime: float, expires_in: int
) -> None:
    server.settings.token_lifetime = lifetime
    _, body = await exchange(speak, server.credentials.api_key)
    assert body["expires_in"] == expires_in
    clock.advance(lifetime - 0.01)
    assert (await speak("GET", "/api/paf/templates", token=body["access_token"]))[0] == 200
    clock.advance(0.02)
    status, said = await speak("GET", "/api/paf/templates", token=body["access_token"])
    assert (status, said["error"], said["message"]) == (401, "invalid_access_token", "The access token has expired")


async def test_every_other_path_wants_a_bearer(speak: "Speak", server: ApalaServer) -> None:
    status, body = await speak("GET", "/api/paf/templates", token=None)
    assert (status, body) == (401, {"error": "unauthorized", "message": "Missing bearer token"})
    assert (await speak("GET", "/api/paf/templates", token="junk"))[0] == 401
    _, own = await exchange(speak, server.credentials.api_key)
    assert (await speak("GET", "/api/paf/templates", token=own["refresh_token"]))[0] == 401
    server.invalidate_access_tokens()
    assert (await speak("GET", "/api/paf/templates", token=own["access_token"]))[0] == 401


async def test_an_unknown_path_has_the_same_error_shape(speak: "Speak") -> None:
    assert await speak("GET", "/api/nothing") == (404, {"error": "not_found", "message": "Not Found"})
    assert (await speak("GET", "/api/feedback"))[1]["error"] == "method_not_allowed"
