"""Tests of explicit sessions, for programs that keep the tokens of their own users."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from asdk import AsdkError, AuthenticationError, PermissionDeniedError
from asdk.clients.edgequake import AccountLockedError, EdgeQuake
from asdk.clients.edgequake.models import Role
from asdk.sandbox import EdgeQuakeServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient
    from tests.support.shared_clock import SharedClock


async def test_a_login_brings_both_tokens_and_the_account(visitor: EdgeQuake) -> None:
    login = await visitor.auth.login("admin", "sandbox-admin")
    assert (login.token_type, login.expires_in) == ("Bearer", 24 * 3600)
    assert (login.user.username, login.user.role) == ("admin", Role.ADMIN)
    assert login.access_token.reveal().count(".") == 2
    assert login.refresh_token.reveal() not in repr(login)
    assert login.access_token.reveal() not in repr(login)


async def test_a_login_takes_the_e_mail_address_too(visitor: EdgeQuake) -> None:
    by_keyword = await visitor.auth.login(email="user@sandbox.test", password="sandbox-user")
    by_place = await visitor.auth.login("user@sandbox.test", "sandbox-user")
    assert by_keyword.user.user_id == by_place.user.user_id


async def test_a_refresh_token_refreshes_and_ends_a_session(visitor: EdgeQuake, make_client: MakeClient) -> None:
    login = await visitor.auth.login("user", "sandbox-user")
    renewed = await visitor.auth.refresh(login.refresh_token)
    assert renewed.access_token != login.access_token
    assert renewed.refresh_token is None
    assert renewed.expires_in == 24 * 3600
    session = make_client(api_key=renewed.access_token)
    assert (await session.auth.me()).username == "user"
    await session.auth.logout(login.refresh_token)
    with pytest.raises(AuthenticationError, match="revoked"):
        await visitor.auth.refresh(login.refresh_token)


async def test_the_guide_s_way_to_refresh_ahead_of_time(
    visitor: EdgeQuake, make_client: MakeClient, shared_clock: SharedClock
) -> None:
    login = await visitor.auth.login(email="user@sandbox.test", password="sandbox-user")
    refresh_token = login.refresh_token
    expires_at = shared_clock.server() + login.expires_in
    shared_clock.server.advance(24 * 3600 - 299)
    assert shared_clock.server() > expires_at - 300
    new = await visitor.auth.refresh(refresh_token)
    refresh_token = new.refresh_token or refresh_token
    shared_clock.server.advance(3600)
    assert (await make_client(api_key=new.access_token).auth.me()).username == "user"
    with pytest.raises(AuthenticationError):
        await make_client(api_key=login.access_token).auth.me()


async def test_a_wrong_password_is_a_401_without_secrets(visitor: EdgeQuake) -> None:
    with pytest.raises(AuthenticationError) as caught:
        await visitor.auth.login("admin", "not-the-password")
    error = caught.value
    assert (error.status, error.code, error.attempts) == (401, "UNAUTHORIZED", 1)
    assert error.request_id is not None
    _, *frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    assert frames
    assert "not-the-password" not in f"{error} {error!r} {vars(error)} {[frame.locals for frame in frames]}"


async def test_an_echo_of_the_password_is_kept_out_of_the_error() -> None:
    transport = MemoryTransport([Reply(400, json={"code": "BAD_REQUEST", "message": "no: not-the-password"})])
    with pytest.raises(AsdkError) as caught:
        await EdgeQuake(auth=None, transport=transport).auth.login("admin", "not-the-password")
    assert "not-the-password" not in f"{caught.value} {vars(caught.value)}"


async def test_too_many_wrong_passwords_lock_the_account_for_a_while(
    visitor: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    for _ in range(server.settings.lockout_threshold):
        with pytest.raises(AuthenticationError):
            await visitor.auth.login("user", "nope")
    with pytest.raises(AccountLockedError) as caught:
        await visitor.auth.login("user", "sandbox-user")
    assert (caught.value.status, caught.value.code) == (423, "ACCOUNT_LOCKED")
    assert not caught.value.retryable
    shared_clock.server.advance(server.settings.lockout_duration)
    assert (await visitor.auth.login("user", "sandbox-user")).user.username == "user"


async def test_an_inactive_account_may_not_log_in(visitor: EdgeQuake, admin: EdgeQuake) -> None:
    made = await admin.users.create("ada", email="ada@sandbox.test", password="ada-password")
    await admin.users.update(made.user_id, is_active=False)
    with pytest.raises(PermissionDeniedError):
        await visitor.auth.login("ada", "ada-password")


async def test_an_unknown_session_is_not_refreshed(visitor: EdgeQuake) -> None:
    with pytest.raises(AuthenticationError, match="not found"):
        await visitor.auth.refresh("00000000-0000-4000-8000-000000000000")


async def test_a_login_leaves_the_credentials_of_its_client_alone(admin: EdgeQuake) -> None:
    await admin.auth.login("user", "sandbox-user")
    assert (await admin.auth.me()).username == "admin"
