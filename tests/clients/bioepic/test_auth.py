from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from asdk import AuthenticationError, ConfigurationError
from asdk.clients.bioepic import BioEPIC, MissingCredentialsError, requires_auth
from asdk.sandbox import BioEPICServer
from asdk.sandbox.bioepic import TokenShape
from tests.clients.bioepic.conftest import MakeClient
from tests.support.shared_clock import SharedClock


def token_requests(server: BioEPICServer) -> int:
    return server.counters.count("POST", "/token")


async def until(server: BioEPICServer, count: int) -> None:
    """Wait for a refresh that runs in the background."""
    for _ in range(100):
        if token_requests(server) == count:
            break
        await asyncio.sleep(0.01)
    assert token_requests(server) == count


@pytest.mark.parametrize("pair", ["application", "person"])
async def test_the_token_really_reaches_the_server(
    make_client: MakeClient, server: BioEPICServer, pair: str, request: pytest.FixtureRequest
) -> None:
    server.settings.require_auth = True
    client = make_client(**request.getfixturevalue(pair))
    assert token_requests(server) == 0
    assert await client.samples.list().first()
    assert (await client.samples.get("bioepic:sample-0001"))["type"] == "sample"
    assert token_requests(server) == 1
    assert all("authorization" in record.headers for record in server.counters.recent if record.method == "GET")


async def test_the_applications_pair_comes_first(
    make_client: MakeClient, application: dict[str, Any], server: BioEPICServer
) -> None:
    client = make_client(**application, username="nobody", password="nothing")
    assert await client.get_token()
    only_half = make_client(client_id="x", username=server.credentials.username, password=server.credentials.password)
    assert await only_half.get_token()


async def test_get_token_gives_the_token_that_is_held(client: BioEPIC, server: BioEPICServer) -> None:
    assert client.has_credentials()
    assert client.auth.has_credentials()
    token = await client.auth.get_token()
    assert token == (await client.get_token()).value.reveal()
    assert token.count(".") == 2
    assert token[:8] not in repr(token)
    assert token_requests(server) == 1


async def test_a_token_is_refreshed_five_minutes_before_it_expires(
    make_client: MakeClient, application: dict[str, Any], server: BioEPICServer, shared_clock: SharedClock
) -> None:
    client = make_client(**application, clock=shared_clock.client)
    first = await client.auth.get_token()
    await shared_clock.advance(3_000)
    assert await client.auth.get_token() == first
    await shared_clock.advance(590)
    assert await client.auth.get_token() == first  # it is still valid while the next one is fetched
    await until(server, 2)
    await shared_clock.advance(1)
    assert await client.auth.get_token() != first


async def test_a_short_life_does_not_mean_a_login_for_each_call(
    make_client: MakeClient, application: dict[str, Any], server: BioEPICServer, shared_clock: SharedClock
) -> None:
    server.settings.token_lifetime = 300
    client = make_client(**application, clock=shared_clock.client)
    for _ in range(10):
        await client.samples.list(page_size=1).first()
        await shared_clock.advance(20)
    assert token_requests(server) == 1


@pytest.mark.parametrize("shape", [TokenShape.TEXT, TokenShape.UNITS, TokenShape.UNSAID])
async def test_a_lifetime_is_read_in_each_form(
    make_client: MakeClient,
    application: dict[str, Any],
    server: BioEPICServer,
    shared_clock: SharedClock,
    shape: TokenShape,
) -> None:
    server.settings.token_shape = shape
    server.settings.require_auth = True
    client = make_client(**application, clock=shared_clock.client)
    for wait, count in ((0, 1), (1_800, 1), (1_900, 2)):
        await shared_clock.advance(wait)
        assert await client.samples.list(page_size=1).first()
        assert token_requests(server) == count


async def test_a_token_that_the_server_forgot_is_replaced(client: BioEPIC, server: BioEPICServer) -> None:
    server.settings.require_auth = True
    await client.samples.get("bioepic:sample-0001")
    server.invalidate_tokens()
    await client.samples.get("bioepic:sample-0001")
    assert token_requests(server) == 2


async def test_without_credentials_collections_are_read_and_tokens_refused(
    make_client: MakeClient, server: BioEPICServer
) -> None:
    client = make_client()
    assert not client.has_credentials()
    assert await client.samples.list().first()
    with pytest.raises(MissingCredentialsError, match="BIOEPIC_CLIENT_ID, CLIENT_ID"):
        await client.get_token()
    assert token_requests(server) == 0
    server.settings.require_auth = True
    with pytest.raises(AuthenticationError, match="Not authenticated"):
        await client.samples.list().first()


async def test_settings_come_from_dotenv_by_the_vendors_names(
    server: BioEPICServer, application: dict[str, Any], tmp_path: Path
) -> None:
    lines = [f"CLIENT_ID={application['client_id']}", f"CLIENT_SECRET={application['client_secret']}", "ENV=dev"]
    (tmp_path / ".env").write_text("\n".join(lines))
    async with BioEPIC(base_url=server.url) as client:
        assert await client.get_token()
    assert BioEPIC().base_url == "https://api-dev.bioepic.example.com"
    assert application["client_secret"] not in client.config.explain()


async def test_the_login_name_of_the_system_is_not_the_user_name(
    server: BioEPICServer, person: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERNAME", "desktop")
    assert not BioEPIC().has_credentials()
    (tmp_path / ".env").write_text(f"USERNAME={person['username']}\nPASSWORD={person['password']}\n")
    async with BioEPIC(base_url=server.url) as client:
        assert await client.get_token()
        assert client.config.origin("username") == ".env USERNAME"
    monkeypatch.setenv("USERNAME", person["username"])
    monkeypatch.setenv("PASSWORD", person["password"])
    async with BioEPIC.from_env(dotenv=None, base_url=server.url) as client:
        assert await client.get_token()


def test_environments() -> None:
    assert BioEPIC().base_url == BioEPIC(env="prod").base_url == "https://api.bioepic.example.com"
    assert BioEPIC(env="dev").base_url == "https://api-dev.bioepic.example.com"
    for env in ("test", ""):
        with pytest.raises(ConfigurationError, match="env must be one of prod, dev"):
            BioEPIC(env=env)


@pytest.mark.parametrize("settings", [{"client_id": "a"}, {"client_secret": "b"}, {"username": "a"}, {"password": "b"}])
def test_half_a_pair_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="incomplete credentials"):
        BioEPIC(**settings)


def test_two_ways_at_once_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="auth="):
        BioEPIC(auth=None, client_id="a", client_secret="b")


class Lab:
    def __init__(self, auth: Any) -> None:
        self.auth = auth

    @requires_auth
    def plain(self) -> str:
        """Documented by the method."""
        return "plain"

    @requires_auth
    async def later(self) -> str:
        return await self.auth.get_token()  # type: ignore[no-any-return]

    @requires_auth
    def named(self, client_id: str | None = None, client_secret: str | None = None) -> str:
        return "named"

    @requires_auth
    def loose(self, **options: Any) -> str:
        return "loose"


async def test_requires_auth_passes_a_client_with_credentials(client: BioEPIC) -> None:
    lab = Lab(client.auth)
    assert lab.plain() == "plain"
    assert await lab.later() == await client.auth.get_token()
    assert asyncio.iscoroutinefunction(lab.later)
    assert Lab.plain.__doc__ == "Documented by the method."


async def test_requires_auth_rejects_a_client_without_credentials(
    make_client: MakeClient, server: BioEPICServer
) -> None:
    lab = Lab(make_client())
    with pytest.raises(MissingCredentialsError, match="plain needs credentials"):
        lab.plain()
    coroutine = lab.later()  # checked when it is awaited
    with pytest.raises(MissingCredentialsError, match="BIOEPIC_CLIENT_ID"):
        await coroutine
    assert server.counters.total == 0


async def test_a_call_that_brings_its_own_pair_is_not_checked(make_client: MakeClient) -> None:
    lab = Lab(make_client())
    assert lab.named("a", "b") == lab.named(client_id="a", client_secret="b") == "named"
    assert lab.loose(client_id="a", client_secret="b") == "loose"
    with pytest.raises(MissingCredentialsError):
        lab.named("a")
    with pytest.raises(MissingCredentialsError):
        lab.loose(client_id="a", client_secret=None)
