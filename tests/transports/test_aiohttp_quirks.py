"""Workarounds for aiohttp that no other test of the transport covers: a body whose event loop ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

import pytest

from asdk import BaseClient, Token
from asdk.auth import ClientCredentials, Credential, PasswordGrant, RefreshToken, json_request, send_token_request
from asdk.transports.base import Handler
from tests.support.servers import RawExchange, RawServer

#: No flight waits for its grace period of 5 s.
LONG = 4.0


class JsonLogin(Credential):
    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = url, size

    async def fetch(self, send: Handler) -> Token:
        await send_token_request(send, json_request(self._url, {"user": "u" * self._size}))
        return Token(value="t", lifetime=3600)


LOGINS: dict[str, Callable[[str], Credential]] = {
    "a password": lambda url: PasswordGrant(url, "user", "password"),
    "a client's secret": lambda url: ClientCredentials(url, "client", "secret"),
    "a refresh token": lambda url: RefreshToken(url, "seed", client_id="client"),
    "JSON": lambda url: JsonLogin(url, 10),
    "much JSON": lambda url: JsonLogin(url, 50_000),
}


@pytest.fixture(params=[1, pytest.param(200, marks=pytest.mark.soak)], ids=["once", "200 times"])
def times(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_a_token_request_whose_loop_ends_has_its_whole_body(login: Callable[[str], Credential], times: int) -> None:
    whole = 0

    async def grant(visit: RawExchange) -> None:
        nonlocal whole
        await visit.read_body()
        whole += 1
        await visit.answer(json.dumps({"access_token": "t", "expires_in": 3600}).encode())

    async def use(client: BaseClient, turns: int) -> None:
        call = asyncio.ensure_future(client.request("GET", "/things"))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()

    with RawServer(grant) as server:
        for turns in [*range(1, 15)] * times:
            client = BaseClient(base_url=server.url, auth=login(f"{server.url}/token"))
            began = time.monotonic()
            asyncio.run(use(client, turns))
            assert time.monotonic() - began < LONG, turns
            assert whole == len(server.heads), turns
        assert whole > 0


async def test_a_body_that_waits_goes_on_in_its_task() -> None:
    got: list[bytes] = []

    async def keep(visit: RawExchange) -> None:
        got.append(await visit.read_body())
        await visit.answer()

    async def slowly() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b", b"c" * 1_000_000):
            await asyncio.sleep(0.001)
            yield piece

    async def at_once() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0.001)
        yield b"bc"

    with RawServer(keep) as server:
        async with BaseClient(base_url=server.url, retry=None) as client:
            for content in (slowly, at_once, b"x" * 3_000_000):
                await client.request("POST", "/things", content=content)
    assert got == [b"ab" + b"c" * 1_000_000, b"abc", b"x" * 3_000_000]


async def test_an_upload_that_is_cancelled_while_it_waits_closes_its_body() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)
        finally:
            closed.set()

    async def listen(visit: RawExchange) -> None:
        await visit.until_gone()

    with RawServer(listen) as server:
        async with BaseClient(base_url=server.url, retry=None) as client:
            call = asyncio.create_task(client.request("POST", "/things", content=endless))
            await server.until(lambda: len(server.heads) == 1)
            call.cancel()
            await asyncio.wait([call])
            await asyncio.wait_for(closed.wait(), 60)
        await server.until(lambda: server.open == 0)
