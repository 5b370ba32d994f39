"""Tests of the lifecycle of a token: login, refresh, and rejections."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from typing import TYPE_CHECKING

import anyio
import pytest

from asdk import AsdkError, AuthenticationError, TokenRefusedError, TokenSource
from asdk.clients.edgequake import EdgeQuake, EdgeQuakeLogin, LoginLockedError, WrongPasswordError
from asdk.sandbox import EdgeQuakeServer, ServerFault

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient
    from tests.support.shared_clock import SharedClock

LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/auth/me"
DAY = 24 * 3600.0


@pytest.fixture
def admin(make_client: MakeClient, shared_clock: SharedClock) -> EdgeQuake:
    """Return a client of the administrator with the clock of the server."""
    return make_client(username="admin", password="sandbox-admin", clock=shared_clock.client)


def token_requests(server: EdgeQuakeServer) -> tuple[int, int]:
    """Return the number of logins and refreshes so far."""
    return server.counters.count("POST", LOGIN), server.counters.count("POST", REFRESH)


async def refreshed(server: EdgeQuakeServer, times: int) -> None:
    """Wait for a refresh in the background."""
    with anyio.fail_after(60):
        while token_requests(server)[1] < times:  # noqa: ASYNC110
            await anyio.sleep(0.001)


async def test_an_api_key_is_sent_in_its_own_header(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(api_key=server.credentials.api_key)
    assert (await client.auth.me()).username == "admin"
    headers = server.counters.recent[-1].headers
    assert "x-api-key" in headers
    assert "authorization" not in headers


async def test_an_api_key_can_be_sent_as_a_bearer_token(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(api_key=server.credentials.api_key, api_key_as_bearer=True)
    assert (await client.auth.me()).username == "admin"
    headers = server.counters.recent[-1].headers
    assert headers["authorization"].startswith("Bearer ")
    assert "x-api-key" not in headers


async def test_the_token_of_a_login_makes_a_client(make_client: MakeClient, visitor: EdgeQuake) -> None:
    login = await visitor.auth.login("user", "sandbox-user")
    for client in (
        make_client(api_key=login.access_token),
        make_client(api_key=login.access_token.reveal()),
        make_client(jwt=login.access_token),
    ):
        assert (await client.auth.me()).username == "user"


async def test_a_client_logs_in_when_it_first_has_to_and_once(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    assert token_requests(server) == (0, 0)
    await admin.health()
    assert token_requests(server) == (0, 0)
    for _ in range(3):
        await admin.auth.me()
    assert token_requests(server) == (1, 0)


async def a_hundred(client: EdgeQuake) -> list[AsdkError | str]:
    """Return the results of a hundred concurrent callers: a name, or a separate error each."""
    got: list[AsdkError | str] = []

    async def call() -> None:
        try:
            got.append((await client.auth.me()).username)
        except AsdkError as error:
            got.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(call)
    assert len({id(outcome) for outcome in got if isinstance(outcome, AsdkError)}) in (0, 100)
    return got


@pytest.mark.parametrize("later", [DAY + 1, 31 * DAY], ids=["refresh token revoked", "everything expired"])
async def test_a_hundred_callers_whose_session_is_over_log_in_once(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock, later: float
) -> None:
    await admin.auth.me()
    if later < 30 * DAY:
        server.revoke_refresh_tokens("admin")
    await shared_clock.advance(later)
    assert await a_hundred(admin) == ["admin"] * 100
    assert token_requests(server) == (2, 1)


async def test_a_hundred_callers_of_a_locked_account_cause_one_login(
    admin: EdgeQuake, visitor: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    for _ in range(server.settings.lockout_threshold):
        with pytest.raises(AuthenticationError):
            await visitor.auth.login("admin", "nope")
    server.counters.reset()
    errors = await a_hundred(admin)
    assert {type(error) for error in errors} == {LoginLockedError}
    assert server.counters.by_route == {f"POST {LOGIN}": 1}
    assert [error.retry_after for error in errors if isinstance(error, AsdkError)] == [pytest.approx(900)] * 100
    await shared_clock.advance(600)
    again = await a_hundred(admin)
    assert [error.retry_after for error in again if isinstance(error, AsdkError)] == [pytest.approx(300)] * 100
    assert server.counters.total == 1
    await shared_clock.advance(300)
    assert await a_hundred(admin) == ["admin"] * 100
    assert token_requests(server) == (2, 0)


async def test_a_hundred_callers_of_a_closed_account_try_each_login_once(
    admin: EdgeQuake, make_client: MakeClient, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    made = await admin.users.create("ada", email="ada@sandbox.test", password="first")
    client = make_client(username="ada", password="first", clock=shared_clock.client)
    await client.auth.me()
    await admin.users.update(made.user_id, is_active=False)
    server.revoke_refresh_tokens("ada")
    await shared_clock.advance(DAY + 1)
    server.counters.reset()
    errors = await a_hundred(client)
    assert {type(error) for error in errors} == {TokenRefusedError}
    assert "activate the account ada" in str(errors[0])
    assert token_requests(server) == (1, 1)
    assert server.counters.total == 2


async def test_a_revoked_key_is_an_error_for_each_of_a_hundred_callers(
    make_client: MakeClient, admin: EdgeQuake, server: EdgeQuakeServer
) -> None:
    made = await admin.api_keys.create("short-lived")
    await admin.api_keys.revoke(made.key_id)
    server.counters.reset()
    errors = await a_hundred(make_client(api_key=made.api_key))
    assert {type(error) for error in errors} == {AuthenticationError}
    assert "API key has been revoked; check api_key (argument)" in str(errors[0])
    assert server.counters.by_route == {f"GET {ME}": 100}


async def test_an_expired_jwt_is_an_error_for_each_of_a_hundred_callers(
    make_client: MakeClient, visitor: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    jwt = (await visitor.auth.login("admin", "sandbox-admin")).access_token
    await shared_clock.advance(DAY + 1)
    server.counters.reset()
    errors = await a_hundred(make_client(jwt=jwt, clock=shared_clock.client))
    assert all(isinstance(error, AuthenticationError | TokenRefusedError) for error in errors)
    assert "jwt" in str(errors[0])
    assert token_requests(server) == (0, 0)


def test_a_hundred_threads_with_an_expired_token_refresh_once(
    server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    source = TokenSource(EdgeQuakeLogin(server.url, "admin", "sandbox-admin"), clock=shared_clock.client)
    names: list[str] = []

    async def call() -> None:
        async with EdgeQuake(base_url=server.url, auth=source) as client:
            names.append((await client.auth.me()).username)

    asyncio.run(call())
    shared_clock.server.advance(DAY + 1)
    asyncio.run(shared_clock.client.advance(DAY + 1))
    threads = [threading.Thread(target=lambda: asyncio.run(call())) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert names == ["admin"] * 101
    assert token_requests(server) == (1, 1)


async def test_a_refresh_costs_no_retry(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(username="admin", password="sandbox-admin", retry=None)
    await client.auth.me()
    server.invalidate_access_tokens()
    assert (await client.auth.me()).username == "admin"
    server.faults.add(ServerFault.status(401), path=ME)
    with pytest.raises(AuthenticationError) as caught:
        await client.auth.me()
    assert caught.value.attempts == 1


async def test_a_token_is_refreshed_in_the_background_in_its_last_minutes(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    await admin.auth.me()
    await shared_clock.advance(DAY - 200)
    server.faults.add(ServerFault.delay(0.1), path=REFRESH)
    await admin.auth.me()
    await refreshed(server, 1)
    assert server.counters.in_flight == 1, "the call did not wait for the refresh"
    await admin.aclose()  # that does
    async with admin:
        await admin.auth.me()
    first, second, third = [record.headers["authorization"] for record in server.counters.recent if record.route == ME]
    assert first == second != third
    assert token_requests(server) == (1, 1)


async def test_no_token_is_refreshed_before_its_last_minutes(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    await admin.auth.me()
    await shared_clock.advance(DAY - 301)
    await admin.auth.me()
    await admin.aclose()
    assert token_requests(server) == (1, 0)


async def test_one_refresh_token_is_used_many_times(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    for _ in range(4):
        await admin.auth.me()
        await shared_clock.advance(DAY + 1)
    assert token_requests(server) == (1, 3)


async def test_a_revoked_refresh_token_falls_back_to_the_login(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    await admin.auth.me()
    server.revoke_refresh_tokens("admin")
    await shared_clock.advance(DAY + 1)
    assert (await admin.auth.me()).username == "admin"
    assert token_requests(server) == (2, 1)


async def test_a_refresh_token_older_than_30_days_falls_back_to_the_login(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    await admin.auth.me()
    await shared_clock.advance(31 * DAY)
    assert (await admin.auth.me()).username == "admin"
    assert token_requests(server) == (2, 1)


async def test_a_password_may_hold_blanks(admin: EdgeQuake, make_client: MakeClient) -> None:
    password = " correct horse battery staple "
    await admin.users.create("ada", email="ada@sandbox.test", password=password)
    assert (await make_client(username="ada", password=password).auth.me()).username == "ada"


async def test_a_wrong_password_is_tried_once_by_all_callers(make_client: MakeClient, server: EdgeQuakeServer) -> None:
    client = make_client(username="admin", password="not-the-password")
    refusals: list[TokenRefusedError] = []

    async def call() -> None:
        with pytest.raises(TokenRefusedError) as caught:
            await client.documents.get("any")
        refusals.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(call)
    await call()
    assert server.counters.by_route == {f"POST {LOGIN}": 1}
    assert {refusal.status for refusal in refusals} == {401}
    assert len({id(refusal) for refusal in refusals}) == 21
    assert not refusals[0].retryable
    assert type(refusals[0]) is WrongPasswordError
    assert "check the user name (admin) and the password" in str(refusals[0])


async def test_a_wrong_password_is_not_shown(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(username="admin", password="not-the-password")
    with pytest.raises(TokenRefusedError) as caught:
        await client.auth.me()
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "not-the-password" not in "".join(trace.format()) + caplog.text + repr(client) + client.config.explain()
    assert caplog.text


async def test_a_locked_account_is_an_error_until_it_unlocks(
    admin: EdgeQuake, visitor: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    for _ in range(server.settings.lockout_threshold):
        with pytest.raises(AuthenticationError):
            await visitor.auth.login("admin", "nope")
    with pytest.raises(LoginLockedError, match="15 minutes") as caught:
        await admin.auth.me()
    assert (caught.value.status, caught.value.code) == (423, "ACCOUNT_LOCKED")
    await shared_clock.advance(server.settings.lockout_duration)
    assert (await admin.auth.me()).username == "admin"


async def test_a_revoked_key_is_an_error_of_one_request(
    make_client: MakeClient, admin: EdgeQuake, server: EdgeQuakeServer
) -> None:
    made = await admin.api_keys.create("short-lived")
    program = make_client(api_key=made.api_key)
    await program.auth.me()
    await admin.api_keys.revoke(made.key_id)
    server.counters.reset()
    with pytest.raises(AuthenticationError) as caught:
        await program.auth.me()
    assert "revoked" in caught.value.message
    assert server.counters.total == 1


async def test_a_login_that_fails_once_is_retried(
    admin: EdgeQuake, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    server.faults.add(ServerFault.status(503), path=LOGIN, times=1)
    names: list[str] = []

    async def call() -> None:
        names.append((await admin.auth.me()).username)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(call)
        with anyio.fail_after(60):
            while not server.counters.by_status.get(503):  # noqa: ASYNC110
                await anyio.sleep(0.001)
            while len(names) < 10:
                await shared_clock.advance(1)
                await anyio.sleep(0.005)
    assert names == ["admin"] * 10
    assert token_requests(server) == (2, 0)


async def test_two_clients_share_one_login(
    make_client: MakeClient, server: EdgeQuakeServer, shared_clock: SharedClock
) -> None:
    source = TokenSource(EdgeQuakeLogin(server.url, "admin", "sandbox-admin"), clock=shared_clock.client)
    one, other = make_client(auth=source), make_client(auth=source)
    await one.auth.me()
    await other.documents.count()
    assert token_requests(server) == (1, 0)


async def test_copies_of_a_client_share_its_token(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    await admin.auth.me()
    await admin.with_options(timeout=5).auth.me()
    assert token_requests(server) == (1, 0)


def test_a_login_shows_url_and_user_but_no_password() -> None:
    assert repr(EdgeQuakeLogin("http://localhost:8080/", "ada", "hunter22")) == (
        "EdgeQuakeLogin('http://localhost:8080', 'ada')"
    )
