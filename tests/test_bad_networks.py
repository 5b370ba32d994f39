"""Many calls over a faulty network: nothing is resent unsafely, leaked, or injected by a fuzzer.

Each case is a function of its size; tests/soak/test_bad_networks.py runs them at full size.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import re
from collections.abc import Awaitable, Callable

import pytest

from asdk import (
    AsdkError,
    BaseClient,
    Credential,
    InvalidRequestError,
    ProtocolError,
    Retry,
    Tenant,
    TenantHeaders,
    Timeout,
    Token,
)
from asdk.auth import json_request, send_token_request
from asdk.testing import Fault, FaultPlan, FaultProxy
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.base import Handler
from tests.support.cancelling import live_timers
from tests.support.networks import CallType, EffectCounter, outcome_of
from tests.support.servers import QUICK, RawExchange, RawServer, client_of, until

# --- lost replies -----------------------------------------------------------------------------------------------------


async def posts_whose_replies_are_lost(calls: int) -> None:
    """Send POSTs without a key: each acts once, even if its caller gets an error."""
    counter = EffectCounter()
    with RawServer(counter) as server:
        plan = FaultPlan.seeded(calls, share=0.7, faults=[Fault.LOST_REPLY, Fault.RESET_AFTER_HEAD, Fault.BAD_CHUNK])
        async with (
            FaultProxy(server.url, plan) as proxy,
            BaseClient(base_url=proxy.url, retry=QUICK, timeout=30) as client,
        ):
            post = CallType("POST", body=b"x")
            outcomes = await in_groups(lambda number: outcome_of(client, post, f"/{number}"), calls)
        assert counter.requests == calls
        assert set(counter.effects.values()) == {1}
        assert {type(outcome) for outcome in outcomes} == {bytes, ProtocolError}
        assert len(proxy.log) > calls / 2


async def posts_with_a_key_whose_replies_are_lost(calls: int) -> None:
    """Send POSTs with a key: one effect and one key per call, although there are more requests."""
    counter = EffectCounter()
    with RawServer(counter) as server:
        plan = FaultPlan.seeded(calls, share=0.3, faults=[Fault.LOST_REPLY])
        async with (
            FaultProxy(server.url, plan) as proxy,
            BaseClient(base_url=proxy.url, retry=QUICK, timeout=30) as client,
        ):
            post = CallType("POST", key=True, body=b"x")
            await in_groups(lambda number: outcome_of(client, post, f"/{number}"), calls)
        assert counter.requests > calls
        assert sum(counter.effects.values()) == calls
        assert {len(keys) for keys in counter.keys.values()} == {1}
        assert len(set().union(*counter.keys.values())) == calls


async def in_groups(call: Callable[[int], Awaitable[object]], calls: int) -> list[object]:
    """Run all calls, 50 at a time."""
    outcomes: list[object] = []
    for start in range(0, calls, 50):
        outcomes += await asyncio.gather(*(call(number) for number in range(start, min(start + 50, calls))))
    return outcomes


async def test_a_post_without_a_key_is_never_resent() -> None:
    await posts_whose_replies_are_lost(100)


async def test_a_post_with_a_key_has_one_effect() -> None:
    await posts_with_a_key_whose_replies_are_lost(100)


# --- cancelling -------------------------------------------------------------------------------------------------------


class Login(Credential):
    def __init__(self, url: str) -> None:
        self._url = url

    async def fetch(self, send: Handler) -> Token:
        response = await send_token_request(send, json_request(f"{self._url}/token", {}))
        return Token(value=response.json()["token"], lifetime=3600)


async def erratic(exchange: RawExchange) -> None:
    """Answer slowly, with an error, with a redirect, or incompletely."""
    match exchange.number % 7:
        case _ if exchange.target == "/token":
            await exchange.answer(b'{"token": "t1"}')
        case 1:
            await asyncio.sleep(0.003)
            await exchange.answer()
        case 2:
            await exchange.answer(status=503)
        case 3:
            await exchange.answer(status=307, headers="Location: /moved\r\n")
        case 4:
            exchange.writer.close()
        case 5:
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[1")
            await asyncio.sleep(0.002)
            await exchange.send(b"2]")
        case _:
            await exchange.answer()


async def cancelled_at_random(calls: int) -> None:
    """Cancel calls at random; check that no connection, task or waiter remains and that later calls work."""
    chance = random.Random(calls)
    before = asyncio.all_tasks()
    with RawServer(erratic) as server:
        transport = AiohttpTransport(limit=8)
        client = BaseClient(
            base_url=server.url, transport=transport, auth=Login(server.url), retry=QUICK, timeout=Timeout(5, 1)
        )

        async def stream() -> None:
            async with client.stream("GET", "/x") as response:
                async for _ in response.iter_bytes():
                    pass

        async def one(number: int) -> None:
            call = stream() if number % 5 == 0 else outcome(client)
            task = asyncio.create_task(call)
            await asyncio.sleep(chance.random() * 0.02)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, AsdkError):
                await task

        for _ in range(0, calls, 40):
            await asyncio.gather(*(one(number) for number in range(40)))
        await until(lambda: asyncio.all_tasks() == before)
        await server.until(lambda: server.open <= 8)
        good = client_of(server, transport=transport)
        async with asyncio.timeout(60):
            # As many concurrent calls as connections, twice: no connection is missing.
            await asyncio.gather(*(outcome(good) for _ in range(16)))
        await transport.aclose()
        await server.until(lambda: server.open == 0)
    assert asyncio.all_tasks() == before
    assert not [timer for timer in live_timers() if "asdk" in timer or "aiohttp" in timer]


async def outcome(client: BaseClient) -> None:
    with contextlib.suppress(AsdkError):
        await client.request("GET", "/x", model=None)


async def test_randomly_cancelled_calls_leave_nothing_behind() -> None:
    await cancelled_at_random(400)


# --- resources --------------------------------------------------------------------------------------------------------


def resident_megabytes() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def a_tenth_fails(calls: int) -> tuple[float, int]:
    """Return how many megabytes and descriptors calls leave behind, after a first tenth as warm-up."""

    async def behave(exchange: RawExchange) -> None:
        exchange.server.heads.clear()
        if exchange.target == "/bad":
            await exchange.answer(status=500)
        elif exchange.target == "/cut":
            exchange.writer.close()
        else:
            await exchange.answer(b'{"name": "Ada", "tags": ["a", "b"]}')

    paths = ["/x"] * 18 + ["/bad", "/cut"]
    with RawServer(behave) as server:
        async with client_of(server, retry=Retry(attempts=2, base_delay=0.0001)) as client:

            async def some(count: int) -> None:
                for start in range(0, count, 40):
                    group = (client.request("GET", paths[number % 20]) for number in range(start, start + 40))
                    await asyncio.gather(*group, return_exceptions=True)

            await some(max(calls // 10, 400))
            gc.collect()
            megabytes, descriptors = resident_megabytes(), len(os.listdir("/proc/self/fd"))
            await some(calls)
            gc.collect()
            return resident_megabytes() - megabytes, len(os.listdir("/proc/self/fd")) - descriptors


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads Linux's /proc")
async def test_failing_calls_leave_nothing_behind() -> None:
    asyncio.get_running_loop().set_debug(False)  # it records where each future was created
    megabytes, descriptors = await a_tenth_fails(1_000)
    assert megabytes <= 20
    assert descriptors <= 80  # both ends of at most 40 connections, since the server runs in this process


# --- fuzzing ----------------------------------------------------------------------------------------------------------

_PIECES = [
    "\r\n",
    "\n",
    "\r",
    "\r\nX-Evil: 1",
    "\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
    "\nX-Evil:1\n\n",
    "\u010d\u010a",
    "\u560a\u560d",
    "\x85",
    "\u2028",
    " HTTP/1.1",
    "%0d%0aX-Evil:%201",
    "\x00",
    "\t",
    " ",
    ":",
    '"',
    "\\",
    "/",
    "..",
    "%2e%2e",
    "?",
    "#",
    "&",
    "=",
    ";",
    "@",
    "\ud800",
    "é",
    "a",
    "Z9",
    "-",
]


class Fuzzed(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant")


def fuzz(client: BaseClient, where: str, text: str) -> Awaitable[object]:
    match where:
        case "header name":
            return client.request("POST", "/x", headers={text: "v"}, model=None)
        case "header value":
            return client.request("POST", "/x", headers={"X-Mine": text}, model=None)
        case "method":
            return client.request(text, "/x", model=None)
        case "path":
            return client.request("POST", "/x/{id}/y", path_params={"id": text}, model=None)
        case "query":
            return client.request("POST", "/x", params={text: text}, model=None)
        case "tenant":
            return _with_tenant(client, text)
        case "key":
            return client.request("POST", "/x", idempotency_key=text or "k", model=None)
        case "media type":
            return client.request("POST", "/x", files={"f": ("n", b"data", text)}, model=None)
        case _:
            return client.request("POST", "/x", files={text: (text, b"data")}, form={text: text}, model=None)


async def _with_tenant(client: BaseClient, text: str) -> None:
    await client.request("POST", "/x", tenant=Tenant(text), model=None)


PLACES = ["header name", "header value", "method", "path", "query", "tenant", "key", "media type", "file name"]

_KNOWN = {"host", "accept", "user-agent", "accept-encoding", "content-length", "content-type", "x-mine", "x-tenant"}
_KNOWN |= {"idempotency-key", "transfer-encoding"}


async def fuzzed(calls: int) -> int:
    """Check that each call is rejected or is one request without injected lines; return how many were sent."""
    chance = random.Random(calls)
    bodies: list[bytes] = []

    async def keep(exchange: RawExchange) -> None:
        bodies.append(await exchange.read_body())
        await exchange.answer()

    sent = 0
    with RawServer(keep) as server:
        async with Fuzzed(base_url=server.url, retry=None, timeout=5) as client:
            for number in range(calls):
                where = PLACES[number % len(PLACES)]
                text = "".join(chance.choices(_PIECES, k=chance.randint(0, 4)))
                server.heads.clear()
                bodies.clear()
                try:
                    await fuzz(client, where, text)
                except InvalidRequestError:
                    assert server.heads == []
                    continue
                sent += 1
                assert len(server.heads) == len(bodies) == 1, (where, text)
                check(server.heads[0], bodies[0], where, text)
            server.heads.clear()
            await client.request("GET", "/x")
            assert len(server.heads) == 1, "nothing was left on a connection for the next request"
    return sent


def check(head: bytes, body: bytes, where: str, text: str) -> None:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert re.fullmatch(rb"\S+ \S+ HTTP/1\.1", first), (where, text)
    assert first.count(b"/") == (4 if where == "path" else 2), (where, text)
    names = [line.partition(b":")[0].decode().lower() for line in lines]
    assert set(names) <= _KNOWN | {text.lower()}, (where, text)
    assert len(names) == len(set(names)), (where, text)
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    if where in {"file name", "media type"}:
        assert body.count(b"Content-Disposition: form-data; ") == (2 if where == "file name" else 1)
        heads = [part.partition(b"\r\n\r\n")[0] for part in body.split(body.split(b"\r\n")[0])]
        assert not re.search(rb"[\r\n]X-Evil", b"".join(heads)), (where, text)


async def test_no_argument_can_inject_a_header_or_a_request() -> None:
    assert await fuzzed(500) > 50
