"""Many concurrent calls of each client: one token request, and no lost call while tokens expire and networks fail."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import anyio
import pytest

from asdk import BaseClient, Retry, Timeout
from asdk.sandbox import Sandbox, ServerFault
from asdk.sandbox.api import ApiServer
from tests.support.apis import APIS, TOKEN_PATHS, Api, token_requests
from tests.support.shared_clock import SharedClock

CALLERS = 100
# Longer than the lifetime of any access token, and shorter than that of any refresh token.
EXPIRED = 15 * 24 * 3600.0
# A hundred simultaneous connections to a thread of this process may take long.
PATIENT = Timeout(total=120, attempt=120, connect=120)
STORM_SECONDS = 1.2
STORM_TOKEN_LIFETIME = 1.0

each_api = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)


@pytest.fixture
def sandbox(shared_clock: SharedClock) -> Iterator[Sandbox]:
    with Sandbox.in_thread(clock=shared_clock.server) as running:
        yield running


async def at_once(call: Callable[[], Awaitable[object]], callers: int = CALLERS) -> None:
    replies = await asyncio.gather(*(call() for _ in range(callers)))
    assert all(replies)


@each_api
async def test_a_hundred_callers_cause_one_token_request(api: Api, sandbox: Sandbox, shared_clock: SharedClock) -> None:
    server = api.server(sandbox)
    async with api.client(sandbox, clock=shared_clock.client, timeout=PATIENT) as client:
        await at_once(lambda: api.call(client))
        assert token_requests(server) == 1, "the first callers"
        await shared_clock.advance(EXPIRED)
        server.counters.reset()
        await at_once(lambda: api.call(client))
        assert token_requests(server) == 1, "the token has expired"
        assert server.counters.by_status == {200: CALLERS + 1}


@each_api
async def test_a_hundred_callers_with_a_forgotten_token_cause_one_refresh(
    api: Api, sandbox: Sandbox, shared_clock: SharedClock
) -> None:
    server = api.server(sandbox)
    async with api.client(sandbox, clock=shared_clock.client, timeout=PATIENT) as client:
        await api.call(client)
        await shared_clock.advance(60)
        api.forget(sandbox)
        server.counters.reset()
        await at_once(lambda: api.call(client))
        # A sliding token is its own refresh token: the server rejects both, and a login follows.
        assert token_requests(server) == (2 if api.name == "mgnify" else 1)


@each_api
async def test_callers_in_two_event_loops_share_one_token_request(
    api: Api, sandbox: Sandbox, shared_clock: SharedClock
) -> None:
    server = api.server(sandbox)
    async with api.client(sandbox, clock=shared_clock.client, timeout=PATIENT) as client:
        await api.call(client)
        await shared_clock.advance(EXPIRED)
        server.counters.reset()
        server.faults.add(ServerFault.delay(0.05), path=TOKEN_PATHS[api.name][0])
        server.faults.add(ServerFault.delay(0.05), path=TOKEN_PATHS[api.name][-1])
        together = threading.Barrier(2)

        async def half() -> None:
            together.wait(10)
            await at_once(lambda: api.call(client), CALLERS // 2)

        await asyncio.gather(*(asyncio.to_thread(asyncio.run, half()) for _ in range(2)))
        assert token_requests(server) == 1
        assert server.counters.by_status == {200: CALLERS + 1}


@each_api
async def test_no_call_is_lost_while_tokens_end_and_the_network_fails(api: Api) -> None:
    with Sandbox.in_thread(token_lifetime=STORM_TOKEN_LIFETIME) as sandbox:
        sandbox.apala.settings.rotate_refresh_tokens = True
        server = api.server(sandbox)
        server.faults.add(ServerFault.status(429, retry_after=0.05), path=api.route, every=23)
        server.faults.add(ServerFault.status(503, html="<p>away</p>"), path=api.route, every=17)
        server.faults.add(ServerFault.drop(), path=api.route, every=29)
        server.faults.add(ServerFault.drop(reset=True), path=api.route, every=41)
        server.faults.add(ServerFault.cut(), path=api.route, every=37)
        began = time.monotonic()
        async with api.client(sandbox, timeout=PATIENT, retry=Retry(attempts=8, base_delay=0.01)) as client:
            done = await _storm(client, api, server)
        lives = (time.monotonic() - began) / STORM_TOKEN_LIFETIME
    assert done > CALLERS
    assert sum(rule.met for rule in server.faults.rules) > 5
    # One per lifetime, and one more if replies were late.
    assert token_requests(server) <= 2 * lives + 3
    if api.name in {"apala", "edgequake"}:
        login = TOKEN_PATHS[api.name][0]
        assert server.counters.count("POST", login) == 1, "no refresh token was lost"


async def _storm(client: BaseClient, api: Api, server: ApiServer) -> int:
    """Call with thirty workers until the time is over and a token has expired; return the number of calls."""
    done = 0
    end = time.monotonic() + STORM_SECONDS

    async def work() -> None:
        nonlocal done
        while time.monotonic() < end or done <= CALLERS or token_requests(server) < 2:
            assert await api.call(client)
            done += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(work)
    return done
