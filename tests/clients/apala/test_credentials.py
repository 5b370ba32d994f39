"""Tests of the lifecycle of a token: the exchange of the key, the refresh, the fallback to the key, and rejections."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from asdk import AuthenticationError, ConfigurationError, TokenRefusedError, TokenSource, TokenUnavailableError
from asdk.auth import FileTokenStore
from asdk.clients.apala import Apala, ApalaKeyExchange, InvalidApiKeyError, KeyNotPermittedError
from asdk.sandbox import ServerFault
from asdk.sandbox.apala import ApalaServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.apala.conftest import MakeClient
    from tests.support.shared_clock import SharedClock

TOKEN, REFRESH, TEMPLATES = "/api/auth/token", "/api/auth/refresh", "/api/paf/templates"
HOUR = 3600.0


@pytest.fixture
def client(make_client: MakeClient, shared_clock: SharedClock) -> Apala:
    """Return a client with the clock of the server."""
    return make_client(clock=shared_clock.client)


def token_requests(server: ApalaServer) -> tuple[int, int]:
    """Return the number of key exchanges and refreshes so far."""
    return server.counters.count("POST", TOKEN), server.counters.count("POST", REFRESH)


async def call_at_once(client: Apala, times: int) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(times):
            tasks.start_soon(client.paf.templates.list)


async def test_the_key_is_exchanged_once_at_the_first_call(client: Apala, server: ApalaServer) -> None:
    assert client.access_token is None
    assert client.refresh_token is None
    assert client.token_expires_at is None
    assert token_requests(server) == (0, 0)
    for _ in range(3):
        await client.paf.templates.list()
    assert token_requests(server) == (1, 0)
    assert client.access_token is not None


async def test_a_token_is_refreshed_in_the_background_in_its_last_minute(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    await client.paf.templates.list()
    await shared_clock.advance(HOUR - 61)
    await client.paf.templates.list()
    assert token_requests(server) == (1, 0)
    await shared_clock.advance(20)
    server.faults.add(ServerFault.delay(0.1), path=REFRESH)
    await client.paf.templates.list()
    await client.aclose()  # it waits for the refresh that no call waited for
    assert token_requests(server) == (1, 1)


async def test_a_refused_refresh_falls_back_to_the_key(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    await client.paf.templates.list()
    server.revoke_refresh_tokens()
    await shared_clock.advance(HOUR + 1)
    await call_at_once(client, 20)
    assert token_requests(server) == (2, 1)


@pytest.mark.parametrize(
    "fault",
    [
        ServerFault.status(500),
        ServerFault.status(503, html="<p>busy</p>"),
        ServerFault.status(404, html="<p>no such page</p>"),
    ],
)
async def test_a_refresh_that_the_server_fails_to_do_falls_back_to_the_key(
    client: Apala, server: ApalaServer, shared_clock: SharedClock, fault: ServerFault
) -> None:
    await client.paf.templates.list()
    server.faults.add(fault, path=REFRESH)
    await shared_clock.advance(HOUR + 1)
    await call_at_once(client, 20)
    assert token_requests(server) == (2, 1)


async def test_a_premature_refresh_waits_and_causes_no_login(client: Apala, server: ApalaServer) -> None:
    await client.authenticate()
    server.faults.add(ServerFault.status(429, retry_after=120), path=REFRESH)
    with pytest.raises(TokenUnavailableError) as caught:
        await client.with_options(timeout=5).refresh_access_token()
    assert (caught.value.status, token_requests(server)) == (429, (1, 1))


async def test_rotated_refresh_tokens_are_kept(client: Apala, server: ApalaServer, shared_clock: SharedClock) -> None:
    server.settings.rotate_refresh_tokens = True
    for _ in range(4):
        await client.paf.templates.list()
        await shared_clock.advance(HOUR + 1)
    assert token_requests(server) == (1, 3)
    assert (await client.authenticate()).company_name == "Sandbox Lending"


async def test_authenticate_returns_the_company_of_the_key(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    result = await client.authenticate()
    assert result["company_name"] == result.company_name == "Sandbox Lending"
    assert result.company_id == server.credentials.company_id
    assert (result.expires_in, result.token_type) == (3600, "Bearer")
    assert result.access_token == client.access_token
    assert result.refresh_token == client.refresh_token is not None
    assert client.token_expires_at == shared_clock.client.time() + HOUR - 60
    assert result.access_token.reveal() not in repr(result)
    await shared_clock.advance(100)
    again = await client.authenticate()
    assert (again["expires_in"], token_requests(server)) == (3600, (2, 0)), "asked for by hand, it is a request"
    assert again.access_token == client.access_token != result.access_token
    with pytest.raises(KeyError):
        result["no_such_field"]


async def test_a_refresh_can_be_forced(client: Apala, server: ApalaServer, shared_clock: SharedClock) -> None:
    first = await client.authenticate()
    await shared_clock.advance(1000)
    second = await client.refresh_access_token()
    assert second["expires_in"] == 3600
    assert second.access_token == client.access_token != first.access_token
    assert (await client.optimize_message([], "hello", timezone="UTC")).message_id, "the company outlives the refresh"
    assert token_requests(server) == (1, 1)


async def test_two_refreshes_in_a_row_are_two_requests_and_two_tokens(client: Apala, server: ApalaServer) -> None:
    first = await client.authenticate()
    renewed = [await client.refresh_access_token() for _ in range(2)]
    assert token_requests(server) == (1, 2)
    assert len({token.reveal() for token in (first.access_token, *(one.access_token for one in renewed))}) == 3
    await client.paf.templates.list()
    assert token_requests(server) == (1, 2)


async def test_a_token_in_its_last_minute_can_be_refreshed_explicitly(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    first = await client.authenticate()
    await shared_clock.advance(HOUR - 30)
    assert (await client.refresh_access_token()).access_token != first.access_token
    assert token_requests(server) == (1, 1)


@pytest.mark.parametrize("by_hand", ["authenticate", "refresh_access_token"])
async def test_a_hundred_explicit_refreshes_share_one_request(client: Apala, server: ApalaServer, by_hand: str) -> None:
    await client.authenticate()
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(getattr(client, by_hand))
    assert sum(token_requests(server)) == 2


async def test_authenticate_goes_by_the_key_also_where_refresh_tokens_rotate(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    server.settings.rotate_refresh_tokens = True
    for _ in range(3):
        await client.authenticate()
        await client.refresh_access_token()
    assert token_requests(server) == (3, 3)
    await shared_clock.advance(HOUR + 1)
    await client.paf.templates.list()
    assert token_requests(server) == (3, 4)


async def test_without_a_token_a_refresh_is_the_exchange(client: Apala, server: ApalaServer) -> None:
    assert (await client.refresh_access_token()).expires_in == 3600
    assert token_requests(server) == (1, 0)


async def test_the_guides_way_to_inspect_a_token(client: Apala, shared_clock: SharedClock) -> None:
    def is_valid() -> bool:
        return bool(client.access_token and shared_clock.client.time() < (client.token_expires_at or 0))

    assert not is_valid()
    await client.authenticate()
    assert is_valid()
    await shared_clock.advance(HOUR)
    assert not is_valid()
    await client.authenticate()
    assert is_valid()


async def test_two_companies_at_once(make_client: MakeClient, server: ApalaServer) -> None:
    one, other = make_client(), make_client(api_key=server.credentials.other_api_key)
    async with anyio.create_task_group() as tasks:
        for client in (one, other):
            tasks.start_soon(client.authenticate)
    assert (await one.authenticate()).company_name == "Sandbox Lending"
    assert (await other.authenticate()).company_name == "Other Lending"


async def test_two_clients_share_one_token(make_client: MakeClient, server: ApalaServer) -> None:
    source = TokenSource(ApalaKeyExchange(server.url, server.credentials.api_key))
    one, other = (make_client(auth=source, api_key=None) for _ in range(2))
    await one.paf.templates.list()
    await other.paf.templates.list()
    assert token_requests(server) == (1, 0)


async def test_a_stored_token_keeps_its_company(make_client: MakeClient, server: ApalaServer, tmp_path: Path) -> None:
    """Check two processes that share a file: one exchange, and the second also knows the company."""
    pytest.importorskip("filelock")
    pytest.importorskip("platformdirs")
    server.settings.rotate_refresh_tokens = True
    names: list[str | None] = []
    for _ in range(2):
        store = FileTokenStore(tmp_path / "tokens")
        source = TokenSource(ApalaKeyExchange(server.url, server.credentials.api_key), store=store)
        token = await make_client(auth=source, api_key=None).get_token()
        names.append(token.claims["company_name"])
    assert names == ["Sandbox Lending"] * 2
    assert token_requests(server) == (1, 0)


# --- rejections -------------------------------------------------------------------------------------------------------


async def test_a_revoked_key_is_one_request_and_one_error_for_all(make_client: MakeClient, server: ApalaServer) -> None:
    client = make_client()
    server.revoke_api_key()
    refusals: list[InvalidApiKeyError] = []

    async def call() -> None:
        with pytest.raises(InvalidApiKeyError) as caught:
            await client.paf.templates.list()
        refusals.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
    await call()
    assert server.counters.by_route == {f"POST {TOKEN}": 1}
    error = refusals[0]
    assert (error.status, error.code, error.retryable) == (401, "invalid_api_key", False)
    assert "API key has been revoked" in str(error)
    assert "check api_key (argument), or ask Apala for a new key" in str(error)
    assert error.needed_for == f"GET {TEMPLATES}"
    assert type(pickle.loads(pickle.dumps(error))) is InvalidApiKeyError


async def test_a_wrong_key_is_not_shown(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(api_key="certainly-not-a-key")
    with pytest.raises(InvalidApiKeyError) as caught:
        await client.authenticate()
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "certainly-not-a-key" not in "".join(trace.format()) + caplog.text + repr(client) + client.config.explain()
    assert "certainly-not-a-key" not in repr(ApalaKeyExchange("https://x.example", "certainly-not-a-key"))


async def test_a_key_without_permission_has_a_hint(client: Apala, server: ApalaServer) -> None:
    server.forbid_api_key()
    with pytest.raises(KeyNotPermittedError, match="ask Apala to give the key this permission") as caught:
        await client.authenticate()
    assert caught.value.status == 403


async def test_the_key_is_exchanged_after_every_token_has_expired(
    client: Apala, server: ApalaServer, shared_clock: SharedClock
) -> None:
    await client.paf.templates.list()
    await shared_clock.advance(31 * 24 * HOUR)
    assert await client.paf.templates.list()
    assert token_requests(server) == (2, 1)
    server.revoke_api_key()
    await shared_clock.advance(31 * 24 * HOUR)
    with pytest.raises(InvalidApiKeyError):
        await client.paf.templates.list()
    assert token_requests(server) == (3, 2)


async def test_a_resource_that_always_answers_401_costs_one_refresh(client: Apala, server: ApalaServer) -> None:
    await client.authenticate()
    server.faults.add(ServerFault.status(401), path=TEMPLATES)
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await client.paf.templates.list()
    assert token_requests(server) == (1, 1)


async def test_an_endpoint_that_is_down_is_an_error_that_may_pass(client: Apala, server: ApalaServer) -> None:
    server.faults.add(ServerFault.status(503, retry_after=120), path=TOKEN)
    with pytest.raises(TokenUnavailableError) as caught:
        await client.with_options(timeout=5).authenticate()
    assert caught.value.retryable
    assert caught.value.retry_after is not None


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 7}, ["no object"]])
async def test_a_token_reply_without_a_token_is_rejected(body: object) -> None:
    transport = MemoryTransport(lambda request: Reply(json=body))
    client = Apala(api_key="key", transport=transport)
    with pytest.raises(TokenUnavailableError):
        await client.with_options(timeout=0.5).authenticate()


async def test_a_400_of_the_token_endpoint_is_a_refusal_too() -> None:
    transport = MemoryTransport([Reply(400, json={"error": "invalid_request", "message": "api_key is required"})])
    with pytest.raises(TokenRefusedError, match=r"check api_key \(argument\) and the base URL"):
        await Apala(api_key="key", transport=transport).authenticate()


async def test_without_a_key_the_error_names_every_place(tmp_path: Path) -> None:
    client = Apala()
    with pytest.raises(ConfigurationError, match=r"APALA_API_KEY in the environment and in \.env"):
        await client.paf.templates.list()
    with pytest.raises(ConfigurationError, match="auth=None"):
        await Apala(auth=None).authenticate()


@pytest.mark.parametrize("key", ["", " key", "key\n", "two words"])
async def test_a_key_that_cannot_be_one_is_refused_at_once(key: str) -> None:
    with pytest.raises(ConfigurationError):
        Apala(api_key=key)


async def test_auth_and_a_key_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="auth cannot be combined with api_key"):
        Apala(api_key="key", auth=ApalaKeyExchange("http://localhost:4000", "key"))


async def test_settings_come_from_the_environment_and_from_env_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ApalaServer
) -> None:
    known = server.credentials
    (tmp_path / ".env").write_text(f"APALA_API_KEY={known.api_key}\nAPALA_CUSTOMER_ID={known.customer_id}\n")
    monkeypatch.setenv("APALA_BASE_URL", f"{server.url}/")
    async with Apala() as client:
        assert (await client.authenticate())["company_name"] == "Sandbox Lending"
        assert (await client.optimize_message([], "hello", timezone="UTC")).optimized_message == "Hello."
        assert "********" in client.config.explain()
        assert known.api_key not in client.config.explain()
    environ = {"APALA_API_KEY": known.other_api_key, "APALA_BASE_URL": server.url}
    async with Apala.from_env(environ=environ, dotenv=None) as other:
        assert (await other.authenticate()).company_name == "Other Lending"


async def test_a_client_travels_to_another_process_without_its_key(
    monkeypatch: pytest.MonkeyPatch, server: ApalaServer
) -> None:
    known = server.credentials
    monkeypatch.setenv("APALA_API_KEY", known.api_key)
    pickled = pickle.dumps(Apala(base_url=server.url, customer_id=known.customer_id))
    assert known.api_key.encode() not in pickled
    async with pickle.loads(pickled) as client:
        assert (await client.optimize_message([], "hello", timezone="UTC")).message_id
    with pytest.raises(ConfigurationError):
        pickle.dumps(Apala(api_key="key"))


def test_the_default_address_is_the_documented_one() -> None:
    assert Apala(api_key="key").base_url == "http://localhost:4000"
