"""Tests of the replies of BioEPIC's token endpoint."""

from __future__ import annotations

import pickle
from typing import Any
from urllib.parse import parse_qsl

import pytest

from asdk import AsdkError, TokenRefusedError, TokenUnavailableError
from asdk.auth import FileTokenStore
from asdk.clients.bioepic import (
    BioEPIC,
    BioEPICLogin,
    LoginRefusedError,
    LoginUnavailableError,
    WrongCredentialsError,
)
from asdk.clock import SYSTEM_CLOCK
from asdk.testing import MemoryTransport, Reply, VirtualClock

HTML = Reply(content=b"<html>Log in to the network</html>", headers={"Content-Type": "text/html"})


def make_client(reply: Reply, **settings: Any) -> BioEPIC:
    pair = {} if "username" in settings else {"client_id": "lab", "client_secret": "s3cret-of-the-lab"}
    return BioEPIC(
        **{**pair, "transport": MemoryTransport(lambda _: reply), "clock": VirtualClock(), "timeout": 0.5, **settings}
    )


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (
            {"client_id": "lab", "client_secret": "a+b&c"},
            [("grant_type", "client_credentials"), ("client_id", "lab"), ("client_secret", "a+b&c")],
        ),
        (
            {"username": "ada", "password": " pass word "},
            [("grant_type", "password"), ("username", "ada"), ("password", " pass word ")],
        ),
    ],
)
async def test_the_form_has_the_fields_of_its_grant_in_their_order(
    settings: dict[str, Any], fields: list[tuple[str, str]]
) -> None:
    transport = MemoryTransport([Reply(json={"access_token": "t"})])
    await BioEPIC(**settings, transport=transport).auth.get_token()
    (sent,) = transport.sent
    assert (sent.method, sent.url) == ("POST", "https://api.bioepic.example.com/token")
    assert parse_qsl(sent.content.decode()) == fields
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in sent.headers


@pytest.mark.parametrize(
    ("data", "lifetime"),
    [
        ({}, 3600),
        ({"expires_in": 60}, 60),
        ({"expires_in": "7200"}, 7200),
        ({"expires_in": None}, 3600),
        ({"expires_in": -5}, 3600),
        ({"expires_in": True}, 3600),
        ({"expires": {"days": 1, "hours": 2, "minutes": 3}}, 93_780),
        ({"expires": {"days": 0, "hours": 0, "minutes": 0}}, 3600),
        ({"expires_in": 60, "expires": {"days": 1}}, 60),
        ({"token_type": "access", "refresh_token": "r", "more": [1]}, 3600),
    ],
)
async def test_the_life_of_a_token(data: dict[str, Any], lifetime: float) -> None:
    token = await make_client(Reply(json={"access_token": "t", **data})).get_token()
    assert (token.lifetime, token.scheme, token.refresh_token) == (lifetime, "Bearer", None)
    assert token.value.reveal() == "t"


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (Reply(401, json={"detail": "Incorrect client_id or client_secret"}), WrongCredentialsError, "(lab)"),
        (Reply(400, json={"error": "invalid_client"}), WrongCredentialsError, "BIOEPIC_CLIENT_SECRET"),
        (Reply(200, json={"error": "invalid_grant"}), WrongCredentialsError, "BIOEPIC_CLIENT_SECRET"),
        (Reply(400, json={"detail": "Missing"}), LoginRefusedError, "Missing"),
        (Reply(403, json={"detail": "Blocked"}), LoginRefusedError, "ask the operator of the server"),
        (Reply(404, json={"detail": "Not Found"}), LoginRefusedError, "BIOEPIC_BASE_URL"),
        (Reply(405, json={"detail": "Not allowed"}), LoginRefusedError, "BIOEPIC_BASE_URL"),
        (Reply(422, json={"detail": "no such grant_type"}), LoginRefusedError, "no such grant_type"),
    ],
)
async def test_a_rejected_login_is_raised_without_another_request(
    reply: Reply, kind: type[AsdkError], says: str
) -> None:
    transport = MemoryTransport(lambda _: reply)
    client = make_client(reply, transport=transport)
    for ask in (client.get_token, client.auth.get_token, client.samples.list().first):
        with pytest.raises(TokenRefusedError, match=r"^\d+ POST /token: ") as caught:
            await ask()
        error = caught.value
        assert type(error) is kind
        assert isinstance(error, RuntimeError)
        assert says in str(error)
        assert "s3cret" not in str(error)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (kind, str(error))
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, headers={"Retry-After": "9"}),
        Reply(500),
        Reply(503, json={"detail": "later"}),
        Reply(301, headers={"Location": "https://elsewhere.example.org/token"}),
        Reply(json={"token": "t"}),
        Reply(json={"access_token": 5}),
        Reply(json={"access_token": "two\nlines"}),
        Reply(json=["t"]),
        Reply(json=None),
        Reply(204),
        HTML,
    ],
)
async def test_a_temporary_failure_is_the_guide_s_runtime_error(reply: Reply) -> None:
    with pytest.raises(TokenUnavailableError) as caught:
        await make_client(reply).auth.get_token()
    assert type(caught.value) is LoginUnavailableError
    assert isinstance(caught.value, RuntimeError)
    assert caught.value.__cause__ is caught.value.__context__ is None


async def test_a_timeout_is_the_guide_s_runtime_error() -> None:
    with pytest.raises(LoginUnavailableError, match="within the time"):
        await make_client(Reply(json={"access_token": "t"}, delay=5)).auth.get_token()


async def test_a_stored_token_is_of_one_pair_and_one_environment(tmp_path: Any) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    seen: set[str] = set()
    for number, settings in enumerate(
        [
            {"client_id": "lab"},
            {"client_id": "lab", "env": "dev"},
            {"client_id": "other"},
            {"username": "lab", "password": "s3cret-of-the-lab"},
        ]
    ):
        for _ in range(2):  # the second client finds the token that the first one stored
            real = {"clock": SYSTEM_CLOCK, "timeout": 30, "token_store": store}  # files are slow
            client = make_client(Reply(json={"access_token": f"t{number}"}), **real, **settings)
            seen.add(str(await client.auth.get_token()))
    assert seen == {"t0", "t1", "t2", "t3"}


def test_a_login_shows_no_secret() -> None:
    login = BioEPICLogin("https://api.bioepic.example.com/", "password", "ada", "s3cret-of-ada")
    assert "s3cret" not in f"{login!r} {login.identity}"
    assert login.identity.url == "https://api.bioepic.example.com/token"
