"""Tests of the lifecycle of a key: bought, refreshed, rotated, rejected."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asdk import AuthenticationError, Secret, TokenUnavailableError
from asdk.clients.bloomy import AccountLockedError, APIError, Bloomy, Configuration, WrongPasswordError, config_file
from asdk.sandbox import ServerFault
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.bloomy.conftest import MakeClient
    from tests.support.shared_clock import SharedClock

WEEKS = "/api/v1/weeks/current"
TWO_WEEKS = 1_209_599.0


@pytest.fixture
def ada(make_client: MakeClient, server: BloomyServer, shared_clock: SharedClock) -> Bloomy:
    """Return a client of Ada, by password, with the clock of the server."""
    known = server.credentials.ada
    return make_client(username=known.username, password=known.password, clock=shared_clock.client)


def grants(server: BloomyServer) -> int:
    return server.counters.count("POST", "/Token")


async def call_at_once(client: Bloomy, times: int) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(times):
            tasks.start_soon(client.scorecard.current_week)


async def test_a_key_that_ends_during_a_bulk_costs_one_login_and_no_item(ada: Bloomy, server: BloomyServer) -> None:
    meeting = server.credentials.meeting_id
    await ada.get_user_id()
    items = [{"title": str(number), "meeting_id": meeting} for number in range(40)]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ada.scorecard.current_week)
        server.revoke_key()
        result = await ada.issue.create_many(items, max_concurrent=20)
    assert (len(result.successful), result.failed) == (40, [])
    assert server.counters.count("POST", "/api/v1/issues/create") >= 40
    assert grants(server) == 2


async def test_the_form_is_the_server_s_own(server: BloomyServer) -> None:
    transport = MemoryTransport([Reply(json={"access_token": "key"}), Reply(json={"Id": 1, "Name": "x"})])
    client = Bloomy(username="ada+x@sandbox.test", password="a b&c", transport=transport)
    await client.get_user_id()
    token, data = transport.sent
    assert token.url == "https://app.bloomgrowth.com/Token"
    assert token.content == b"grant_type=password&userName=ada%2Bx%40sandbox.test&password=a+b%26c"
    assert token.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in token.headers
    assert data.url == "https://app.bloomgrowth.com/api/v1/users/mine"


async def test_several_accounts_at_once(make_client: MakeClient, server: BloomyServer) -> None:
    known = server.credentials
    clients = [make_client(api_key=login.api_key) for login in (known.ada, known.ben, known.other)]
    names: list[str] = []

    async def ask(client: Bloomy) -> None:
        names.append((await client.user.details()).name)

    async with anyio.create_task_group() as tasks:
        for client in clients:
            tasks.start_soon(ask, client)
    assert sorted(names) == ["Ada Lovelace", "Ben Bitdiddle", "Zoe Zander"]
    assert [user.name for user in await clients[2].user.all()] == ["Zoe Zander"]


async def test_a_key_that_was_rotated_in_the_file_is_used_without_a_restart(
    make_client: MakeClient, server: BloomyServer
) -> None:
    known = server.credentials.ada
    config = Configuration(base_url=server.api_url)
    await config.configure_api_key(known.username, known.password, store_key=True)
    old = config.api_key
    client = make_client()
    await client.scorecard.current_week()
    await config.configure_api_key(known.username, known.password, store_key=True)
    assert old is not None
    server.revoke_key(old.reveal())
    await call_at_once(client, 50)
    assert (await client.user.details()).name == "Ada Lovelace"


async def test_a_key_that_was_rotated_in_the_environment_is_used_too(
    make_client: MakeClient, server: BloomyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BG_API_KEY", server.credentials.ada.api_key)
    client = make_client()
    assert await client.get_user_id() == server.credentials.ada.user_id
    server.revoke_key(server.credentials.ada.api_key)
    monkeypatch.setenv("BG_API_KEY", server.credentials.ben.api_key)
    await client.scorecard.current_week()
    assert await client.get_user_id() == server.credentials.ben.user_id, "another key may be another user"


# --- rejections -------------------------------------------------------------------------------------------------------


async def test_the_guide_s_way_to_meet_a_wrong_key(make_client: MakeClient, server: BloomyServer) -> None:
    client = make_client(api_key="invalid-key")
    with pytest.raises(APIError) as caught:
        await client.user.details()
    assert caught.value.status_code == caught.value.status == 401
    assert isinstance(caught.value, AuthenticationError)
    assert "invalid-key" not in str(caught.value)
    assert server.counters.total == 1, "the same key is not sent again"


async def test_a_revoked_key_that_is_still_in_the_file(
    make_client: MakeClient, server: BloomyServer, home: Any
) -> None:
    config_file.write_key(home / ".bloomy" / "config.yaml", Secret("revoked"))
    with pytest.raises(APIError) as caught:
        await make_client().scorecard.current_week()
    assert caught.value.status_code == 401


async def test_a_wrong_password_is_one_request_and_one_error_for_all(
    make_client: MakeClient, server: BloomyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(username="ada@sandbox.test", password="not-the-password")
    refusals: list[WrongPasswordError] = []

    async def call() -> None:
        with pytest.raises(WrongPasswordError) as caught:
            await client.scorecard.current_week()
        refusals.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
    await call()
    assert server.counters.by_route == {"POST /Token": 1}
    error = refusals[0]
    assert (error.status, error.code, error.retryable) == (400, "invalid_grant", False)
    assert "check the user name (ada@sandbox.test) and the password" in str(error)
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert "not-the-password" not in "".join(trace.format()) + caplog.text + repr(client) + client.config.explain()


async def test_a_password_echoed_by_the_server_is_not_shown() -> None:
    said = {"error": "invalid_grant", "error_description": "no account with not-the-password"}
    client = Bloomy(username="a", password="not-the-password", transport=MemoryTransport([Reply(400, json=said)]))
    with pytest.raises(WrongPasswordError) as caught:
        await client.scorecard.current_week()
    assert "not-the-password" not in str(caught.value)


async def test_a_locked_account_is_an_error_until_it_unlocks(
    ada: Bloomy, make_client: MakeClient, server: BloomyServer, shared_clock: SharedClock
) -> None:
    config = Configuration(base_url=server.api_url)
    for _ in range(5):
        with pytest.raises(WrongPasswordError):
            await config.configure_api_key("ada@sandbox.test", "wrong")
    with pytest.raises(AccountLockedError, match="wait, and check the password"):
        await ada.scorecard.current_week()
    await shared_clock.advance(15 * 60)
    assert (await ada.user.details()).name == "Ada Lovelace"


async def test_the_password_is_used_after_every_token_has_expired(
    ada: Bloomy, server: BloomyServer, shared_clock: SharedClock
) -> None:
    await ada.scorecard.current_week()
    await shared_clock.advance(100 * TWO_WEEKS)
    server.inspect(lambda state: setattr(state.people.of(101)[0], "password", "changed"))
    with pytest.raises(WrongPasswordError):
        await ada.scorecard.current_week()


async def test_an_endpoint_that_is_down_is_an_error_that_may_pass(ada: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.status(503, html="<p>down</p>"), path="/Token")
    with pytest.raises(TokenUnavailableError) as caught:
        await ada.with_options(timeout=0.5).scorecard.current_week()
    assert caught.value.retryable


@pytest.mark.parametrize("body", [{}, {"access_token": None}, []])
async def test_a_token_reply_without_a_key_is_rejected(body: object) -> None:
    client = Bloomy(username="a", password="b", transport=MemoryTransport(lambda request: Reply(json=body)))
    with pytest.raises(TokenUnavailableError):
        await client.with_options(timeout=0.3).scorecard.current_week()
