"""Many calls, one token: the promises of the front page, through the whole stack."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from asdk import BaseClient, Token, TokenRefusedError
from asdk.auth import Credential, json_request, send_token_request
from asdk.http.request import Request
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler

BASE = "https://api.example.org"


class Login(Credential):
    async def fetch(self, send: Handler) -> Token:
        data = (await send_token_request(send, json_request(f"{BASE}/token", {}))).json()
        return Token(value=data["token"], lifetime=data["life"])


class Service:
    """Gives out t1, t2, ... and takes the newest token only; each answer takes a while."""

    def __init__(self, *, refuse_logins: bool = False) -> None:
        self.logins = 0
        self.refused = 0
        self.refuse_logins = refuse_logins
        self.accepts: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        if request.template == "/token":
            self.logins += 1
            if self.refuse_logins:
                return Reply(401, json={"error": "invalid_client"}, delay=0.05)
            self.accepts = {f"Bearer t{self.logins}"}
            return Reply(json={"token": f"t{self.logins}", "life": 100}, delay=0.05)
        if request.headers["Authorization"] in self.accepts:
            return Reply(json=1, delay=0.01)
        self.refused += 1
        return Reply(401, delay=self.refused / 1000)

    def client(self, clock: VirtualClock) -> BaseClient:
        return BaseClient(base_url=BASE, auth=Login(), transport=MemoryTransport(self), clock=clock)


async def all_of(client: BaseClient, calls: int) -> list[Any]:
    return await asyncio.gather(*(client.request("GET", "/x") for _ in range(calls)), return_exceptions=True)


async def test_ten_thousand_calls_on_an_expired_token_cost_one_refresh() -> None:
    asyncio.get_running_loop().set_debug(False)  # it notes where each of so many futures was made
    clock, service = VirtualClock(), Service()
    client = service.client(clock)
    await client.request("GET", "/x")
    await clock.sleep(101)
    assert await all_of(client, 10_000) == [1] * 10_000
    assert service.logins == 2
    assert service.refused == 0


async def test_the_same_with_the_leading_caller_cancelled() -> None:
    asyncio.get_running_loop().set_debug(False)  # it notes where each of so many futures was made
    clock, service = VirtualClock(), Service()
    client = service.client(clock)
    await client.request("GET", "/x")
    await clock.sleep(101)
    leader = asyncio.create_task(client.request("GET", "/x"))
    await asyncio.sleep(0)
    others = asyncio.create_task(all_of(client, 10_000))
    await asyncio.sleep(0)
    leader.cancel()
    assert await others == [1] * 10_000
    assert leader.cancelled()
    assert service.logins == 2


async def test_a_hundred_calls_rejected_over_time_cost_one_refresh() -> None:
    asyncio.get_running_loop().set_debug(False)  # it notes where each of so many futures was made
    clock, service = VirtualClock(), Service()
    client = service.client(clock)
    await client.request("GET", "/x")
    service.accepts.clear()  # revoked; the hundred answers trickle in over 100 ms
    assert await all_of(client, 100) == [1] * 100
    assert service.refused == 100
    assert service.logins == 2


async def test_a_failed_refresh_is_one_request_and_an_error_for_each_call() -> None:
    clock, service = VirtualClock(), Service(refuse_logins=True)
    errors = await all_of(service.client(clock), 1000)
    assert service.logins == 1
    assert {type(error) for error in errors} == {TokenRefusedError}
    assert len({id(error) for error in errors}) == 1000


@pytest.mark.parametrize("lead", [True, False])
async def test_every_caller_may_be_cancelled_and_the_next_call_works(lead: bool) -> None:
    clock, service = VirtualClock(), Service()
    client = service.client(clock)
    tasks = [asyncio.create_task(client.request("GET", "/x")) for _ in range(100)]
    for _ in range(3 if lead else 60):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert await client.request("GET", "/x") == 1
    assert service.logins == 1
