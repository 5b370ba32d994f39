from typing import Any

import aiohttp
import pytest

from asdk.sandbox import BioEPICServer, ManualClock
from asdk.sandbox.bioepic import TokenShape


async def post(session: aiohttp.ClientSession, **form: str) -> tuple[int, dict[str, Any]]:
    async with session.post("token", data=form) as reply:
        assert ("WWW-Authenticate" in reply.headers) is (reply.status == 401)
        return reply.status, await reply.json()


async def log_in(session: aiohttp.ClientSession, bioepic: BioEPICServer) -> str:
    known = bioepic.credentials
    status, body = await post(
        session, grant_type="client_credentials", client_id=known.client_id, client_secret=known.client_secret
    )
    assert status == 200
    return str(body["access_token"])


async def read(session: aiohttp.ClientSession, token: str | None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with session.get("api/samples", headers=headers) as reply:
        return reply.status


async def test_both_grants_give_a_bearer(session: aiohttp.ClientSession, bioepic: BioEPICServer) -> None:
    known = bioepic.credentials
    forms = (
        {"grant_type": "client_credentials", "client_id": known.client_id, "client_secret": known.client_secret},
        {"grant_type": "password", "username": known.username, "password": known.password},
    )
    for form in forms:
        status, body = await post(session, **form)
        assert (status, body["token_type"], body["expires_in"]) == (200, "bearer", 3600)


@pytest.mark.parametrize(
    ("form", "status", "detail"),
    [
        ({"grant_type": "refresh_token"}, 422, "grant_type"),
        ({}, 422, "grant_type"),
        ({"grant_type": "password", "username": "a"}, 400, "password"),
        ({"grant_type": "client_credentials"}, 400, "client_id, client_secret"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 401, "Incorrect username or password"),
        (
            {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"},
            401,
            "Incorrect client_id or client_secret",
        ),
    ],
)
async def test_refusals(session: aiohttp.ClientSession, form: dict[str, str], status: int, detail: str) -> None:
    given, body = await post(session, **form)
    assert given == status
    assert detail in body["detail"]


async def test_a_body_that_is_not_a_form_is_a_422(session: aiohttp.ClientSession) -> None:
    async with session.post("token", json={"grant_type": "password"}) as reply:
        assert reply.status == 422


async def test_collections_are_open_until_they_want_a_bearer(
    session: aiohttp.ClientSession, bioepic: BioEPICServer, clock: ManualClock
) -> None:
    assert await read(session, None) == await read(session, "junk") == 200
    bioepic.settings.require_auth = True
    token = await log_in(session, bioepic)
    assert await read(session, token) == 200
    assert await read(session, None) == await read(session, "junk") == 401
    clock.advance(3600)
    assert await read(session, token) == 401
    token = await log_in(session, bioepic)
    bioepic.invalidate_tokens()
    assert await read(session, token) == 401


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (TokenShape.SECONDS, {"expires_in": 5400}),
        (TokenShape.TEXT, {"expires_in": "5400"}),
        (TokenShape.UNITS, {"expires": {"days": 0, "hours": 1, "minutes": 30}}),
        (TokenShape.UNSAID, {}),
    ],
)
async def test_a_lifetime_has_several_forms(
    session: aiohttp.ClientSession, bioepic: BioEPICServer, shape: TokenShape, said: dict[str, Any]
) -> None:
    bioepic.settings.token_lifetime = 5400
    bioepic.settings.token_shape = shape
    known = bioepic.credentials
    _, body = await post(session, grant_type="password", username=known.username, password=known.password)
    assert {name: value for name, value in body.items() if name.startswith("expires")} == said
