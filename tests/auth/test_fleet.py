"""Processes that share one login through a store: one request an expiry, no token sent twice, no call failed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import Server, Worker, outcome
from tests.support.redis_server import RedisServer
from tests.support.scripts import run_quietly


@pytest.fixture(params=["file", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file:{tmp_path / 'tokens'}"
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    yield server.url


def run_fleet(server: Server, workers: list[Worker]) -> None:
    """Every call of every process succeeds, and nobody sends a refresh token twice."""
    began = time.monotonic()
    running = [worker.start() for worker in workers]
    done = [outcome(process) for process in running]
    assert [failure for one in done for failure in one["failures"]] == []
    families = server.families
    assert (families.replays, families.voided) == (0, 0)
    lives = (time.monotonic() - began) / families.life
    assert len(families.requests) <= lives / 0.8 + 2, families.requests
    assert len(families.requests) >= 3, "the tokens must have ended on the way"


@pytest.mark.parametrize("login", [True, False], ids=["login", "refresh token only"])
def test_a_fleet_renews_once_an_expiry(store: str, login: bool) -> None:
    with Server(life=1.0).running() as server:
        first = None if login else server.families.first()
        run_fleet(server, [Worker(url=server.url, store=store, refresh_token=first, calls=80)] * 4)


@pytest.mark.soak
@pytest.mark.parametrize("login", [True, False], ids=["login", "refresh token only"])
def test_a_large_fleet_renews_once_an_expiry(store: str, login: bool) -> None:
    with Server(life=3.0, delay=0.2).running() as server:
        first = None if login else server.families.first()
        run_fleet(server, [Worker(url=server.url, store=store, refresh_token=first, calls=200, pause=1.0)] * 8)


def test_a_process_killed_between_rotation_and_save_costs_a_login_not_a_replay(store: str) -> None:
    with Server(life=0.5).running() as server:
        dying = Worker(url=server.url, store=store, die=True).start()
        dying.communicate(timeout=60)
        assert dying.returncode == 9
        assert server.families.requests == ["login", "refresh"]
        running = [Worker(url=server.url, store=store, calls=30).start() for _ in range(2)]
        assert [outcome(process)["failures"] for process in running] == [[], []]
        assert server.families.requests[2] == "login"
        assert (server.families.replays, server.families.voided) == (0, 0)


def test_the_end_of_a_loop_in_the_middle_of_a_rotation_loses_nothing(store: str) -> None:
    place = f"FileTokenStore({store[5:]!r})" if store.startswith("file:") else f"RedisTokenStore({store!r})"
    script = f"""
        from urllib.request import urlopen
        from asdk import TokenSource
        from asdk.auth import FileTokenStore, RedisTokenStore
        from tests.support.families import Login

        source = TokenSource(Login(url + "/token"), store={place})

        async def first():
            async with make_client(auth=source) as client:
                await client.request("GET", "/me")

        async def second():
            client = make_client(auth=source)
            waiting = asyncio.create_task(client.request("GET", "/me"))
            while await asyncio.to_thread(lambda: urlopen(url + "/asked").read()) != b"2":
                await asyncio.sleep(0.01)
            # The endpoint has rotated, and its reply is on the way.

        asyncio.run(first())
        time.sleep(1.01)
        asyncio.run(second())
        entry = asyncio.run(source.read_store())
        print(entry.token.refresh_token.reveal(), entry.intent)
    """
    with Server(life=1.0, delay=0.3).running() as server:
        said = run_quietly(script, server.url)
        assert server.families.requests == ["login", "refresh"]
        assert said.split() == [server.families.families[0].current, "None"]


@pytest.mark.soak
def test_a_redis_that_comes_back_empty_costs_logins_and_no_replay(redis_server: RedisServer) -> None:
    with Server(life=2.0).running() as server:
        workers = [Worker(url=server.url, store=redis_server.url, calls=150, pause=1.0)] * 4
        running = [worker.start() for worker in workers]
        time.sleep(5)
        redis_server.kill()
        time.sleep(4)
        redis_server.start()
        done = [outcome(process) for process in running]
        assert [failure for one in done for failure in one["failures"]] == []
        assert (server.families.replays, server.families.voided) == (0, 0)
        late = server.families.requests[-2:]
        assert late == ["refresh", "refresh"], "the store is used again, and one family for all"
