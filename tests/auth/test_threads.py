"""One client in many event loops, a thread each: one request an expiry, whatever becomes of the loop that leads."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from asdk import AsdkError, BaseClient, Token, TokenSource
from asdk.auth import Credential, FileTokenStore, Identity, MemoryTokenStore, RedisTokenStore, TokenStore
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.testing import MemoryTransport, Reply
from asdk.transports.base import Handler
from tests.support.families import Families, Login, Refresh
from tests.support.families import endpoint as family_endpoint
from tests.support.fleet import Server


def in_threads(count: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it in so many threads, with a loop each; all of them end."""
    threads = [threading.Thread(target=lambda: asyncio.run(work()), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def hammer(calls: int, life: float) -> None:
    with Server(life=life).running() as server:
        client = BaseClient(base_url=server.url, auth=Login(f"{server.url}/token"))
        failures: list[AsdkError] = []

        async def call() -> None:
            try:
                await client.request("GET", "/me")
            except AsdkError as error:
                failures.append(error)

        async def work() -> None:
            for _ in range(calls // 20):
                await asyncio.gather(*(call() for _ in range(20)))
                await asyncio.sleep(0.05)

        began = time.monotonic()
        in_threads(8, work)
        families = server.families
        assert failures == []
        assert (families.replays, families.voided) == (0, 0)
        assert len(families.requests) <= (time.monotonic() - began) / (0.85 * life) + 2


def test_eight_threads_on_one_token() -> None:
    hammer(calls=160, life=2.0)


@pytest.mark.soak
def test_eight_threads_with_a_thousand_calls_each_on_one_token() -> None:
    hammer(calls=1000, life=2.0)


class Slow(Credential):
    """Takes its time between the departure of the request and the reply."""

    def __init__(self) -> None:
        self.asked = 0
        self.going = threading.Event()
        self.gate = threading.Event()

    @property
    def identity(self) -> Identity:
        return Identity(url="https://login.example.org/token", kind="slow")

    async def fetch(self, send: Handler) -> Token:
        self.asked += 1
        number = self.asked
        self.going.set()
        while number == 1 and not self.gate.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.01)
        return Token(value=f"t{number}", lifetime=100.0)


async def _nowhere(request: Request) -> Response:
    return await MemoryTransport([Reply()]).send(request)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "standing still"])
def test_a_flight_whose_loop_is_gone_is_taken_over(closed: bool) -> None:
    credential = Slow()
    source = TokenSource(credential)
    leading = asyncio.new_event_loop()
    leader = leading.create_task(source.get(_nowhere))
    leading.run_until_complete(asyncio.sleep(0.05))
    assert credential.going.is_set()
    tokens: list[str] = []

    async def wait() -> None:
        tokens.append((await source.get(_nowhere, within=20)).value.reveal())

    waiting = threading.Thread(target=lambda: in_threads(3, wait))
    waiting.start()
    if closed:
        leader.cancel()
        for task in asyncio.all_tasks(leading):
            task.cancel()
        leading.close()
    waiting.join(60)
    assert tokens == ["t2"] * 3
    assert credential.asked == 2
    if not closed:
        # The loop runs on, and its flight arrives late: what came meanwhile stays.
        credential.gate.set()
        leading.run_until_complete(asyncio.sleep(0.1))
        current = source.peek()
        assert current is not None
        assert current.value.reveal() == "t2"
        leader.cancel()
        leading.run_until_complete(asyncio.gather(leader, return_exceptions=True))
        leading.close()


def test_who_joins_after_a_cancelled_waiter_of_the_same_loop_is_looked_after_too() -> None:
    credential = Slow()
    source = TokenSource(credential)
    leading = asyncio.new_event_loop()
    leader = leading.create_task(source.get(_nowhere))
    leading.run_until_complete(asyncio.sleep(0.05))
    led = threading.Thread(target=lambda: leading.run_until_complete(asyncio.sleep(0.9)))
    led.start()

    async def wait() -> str:
        first = asyncio.create_task(source.get(_nowhere))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.5)  # its loop has looked in vain, and stopped looking
        return (await source.get(_nowhere)).value.reveal()  # the leading loop stops meanwhile

    async def bounded() -> str:
        return await asyncio.wait_for(wait(), 60)

    try:
        assert asyncio.run(bounded()) == "t2"
    finally:
        led.join()
        credential.gate.set()
        leader.cancel()
        leading.run_until_complete(asyncio.gather(leader, asyncio.sleep(0.05), return_exceptions=True))
        leading.close()


@pytest.mark.parametrize("shared", ["the source", "the store"])
def test_a_refresh_that_was_taken_over_sends_nothing_later(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdk.auth.refresh.rotation._RESEND_DELAY", 0.5)
    families = Families(life=0.3)
    first, endpoint = families.first(), family_endpoint(families)
    halt = threading.Event()
    halt.set()

    class Halting(Refresh):
        async def refresh(self, token: Token, send: Handler) -> Token:
            if halt.is_set():
                halt.clear()
                await asyncio.sleep(0.3)
            return await super().refresh(token, send)

    source = TokenSource(Halting(first), store=(store := MemoryTokenStore()))
    other = source if shared == "the source" else TokenSource(Halting(first), store=store)
    leading = asyncio.new_event_loop()
    leading.run_until_complete(source.get(endpoint.send))
    time.sleep(0.35)  # the token ends
    leader = leading.create_task(source.get(endpoint.send))
    leading.run_until_complete(asyncio.sleep(0.05))  # the use is announced, and the loop stands still
    assert not halt.is_set()
    thread = threading.Thread(target=lambda: asyncio.run(other.get(endpoint.send, within=10)))
    thread.start()
    thread.join(60)
    assert families.requests == ["refresh", "refresh"]
    leading.run_until_complete(leader)
    leading.run_until_complete(asyncio.sleep(0.05))
    leading.close()
    assert (families.replays, families.voided) == (0, 0)


@pytest.mark.parametrize("kind", ["redis", "file"])
def test_a_loop_that_is_closed_in_a_flight_leaves_no_lock_and_no_noise(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: TokenStore = FileTokenStore(tmp_path / "tokens")
    if kind == "redis":
        store = RedisTokenStore(request.getfixturevalue("redis_server").url)
    raised: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: raised.append(unraisable.exc_value))
    credential = Slow()

    left: list[object] = []

    def fly_halfway() -> None:
        source, loop = TokenSource(credential, store=store), asyncio.new_event_loop()
        left.extend((source, loop, loop.create_task(source.get(_nowhere))))
        while not credential.going.is_set():
            loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    async def lock() -> None:
        left.clear()
        gc.collect()  # in a task of a loop that runs: what the flight left behind must not use this one
        async with asyncio.timeout(4), store.lock(credential.identity.key):  # a dead holder's ends after 5 s
            pass

    fly_halfway()
    asyncio.run(lock())
    assert [error for error in raised if not isinstance(error, ResourceWarning)] == []
