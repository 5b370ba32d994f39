"""Tests of the login at the server's identity provider: a browser opens it and returns with a code."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from asdk import AuthenticationError, PermissionDeniedError, RedirectError, ServerError, StatusError
from asdk.clients.edgequake import AccountLockedError, EdgeQuake
from asdk.sandbox import EdgeQuakeServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient
    from tests.support.shared_clock import SharedClock


async def begin(client: EdgeQuake) -> str:
    """Start a login, and return its state."""
    return parse_qs(urlsplit(await client.auth.oidc_login()).query)["state"][0]


async def test_a_login_ends_with_tokens(visitor: EdgeQuake, make_client: MakeClient) -> None:
    address = urlsplit(await visitor.auth.oidc_login())
    asked = parse_qs(address.query)
    assert (address.hostname, asked["response_type"], asked["code_challenge_method"]) == (
        "id.sandbox.test",
        ["code"],
        ["S256"],
    )
    assert asked["redirect_uri"][0].endswith("/api/v1/auth/oidc/callback")
    login = await visitor.auth.oidc_callback("user", asked["state"][0])
    assert login.user.username == "user"
    assert (await make_client(jwt=login.access_token).auth.me()).user_id == login.user.user_id
    assert (await visitor.auth.refresh(login.refresh_token)).expires_in == login.expires_in


async def test_a_new_user_gets_an_account(visitor: EdgeQuake, server: EdgeQuakeServer) -> None:
    login = await visitor.auth.oidc_callback("grace@example.org", await begin(visitor))
    assert login.user.email == "grace@example.org"
    assert server.inspect(lambda state: state.users.named("grace@example.org")) is not None


async def test_a_state_is_good_once_and_for_ten_minutes(visitor: EdgeQuake, shared_clock: SharedClock) -> None:
    used, late = await begin(visitor), await begin(visitor)
    await visitor.auth.oidc_callback("user", used)
    shared_clock.server.advance(600)
    for state in (used, late, "made up"):
        with pytest.raises(AuthenticationError, match="not begun or has expired"):
            await visitor.auth.oidc_callback("user", state)


async def test_an_inactive_account_stays_out(visitor: EdgeQuake, admin: EdgeQuake) -> None:
    login = await visitor.auth.login("user", "sandbox-user")
    await admin.users.update(login.user.user_id, is_active=False)
    with pytest.raises(PermissionDeniedError):
        await visitor.auth.oidc_callback("user", await begin(visitor))


async def test_a_locked_account_states_the_wait() -> None:
    locked = Reply(423, json={"code": "ACCOUNT_LOCKED", "message": "Account is locked"})
    client = EdgeQuake(auth=None, transport=MemoryTransport([locked]))
    with pytest.raises(AccountLockedError, match="15 minutes"):
        await client.auth.oidc_callback("user", "state")


async def test_a_server_without_a_provider_is_an_error(visitor: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.oidc_enabled = False
    once = visitor.with_options(retry=None)
    for call in (once.auth.oidc_login(), once.auth.oidc_callback("user", "state")):
        with pytest.raises(ServerError, match="OIDC is not enabled") as caught:
            await call
        assert caught.value.status == 503


@pytest.mark.parametrize("page", ["https://app.example.org/in", "/in"])
async def test_tokens_for_another_page_are_not_fetched_from_it(
    visitor: EdgeQuake, server: EdgeQuakeServer, page: str
) -> None:
    server.settings.oidc_success_url = page if page.startswith("https:") else server.url + page
    with pytest.raises(RedirectError, match="for that page") as caught:
        await visitor.auth.oidc_callback("user", await begin(visitor))
    assert caught.value.location.endswith("/in")
    assert server.counters.recent[-1].route == "/api/v1/auth/oidc/callback"


async def test_a_code_is_sent_once() -> None:
    transport = MemoryTransport([Reply(503)])
    client = EdgeQuake(auth=None, transport=transport)
    with pytest.raises(ServerError):
        await client.auth.oidc_callback("code", "state")
    assert len(transport.sent) == 1


async def test_an_address_on_the_same_server_is_not_followed() -> None:
    transport = MemoryTransport([Reply(302, headers={"Location": "/id/authorize?state=s"})])
    client = EdgeQuake(auth=None, transport=transport)
    assert await client.auth.oidc_login() == "http://localhost:8080/id/authorize?state=s"


async def test_a_reply_without_a_redirect_is_an_error() -> None:
    client = EdgeQuake(auth=None, transport=MemoryTransport([Reply(content=b"<html>")]))
    with pytest.raises(StatusError, match="identity provider"):
        await client.auth.oidc_login()
