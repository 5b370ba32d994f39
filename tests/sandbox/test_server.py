import asyncio
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeSettings, Sandbox, ServerFault
from tests.support.scripts import SLOW

pytestmark = pytest.mark.anyio


def health(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/health") as reply:
        return json.load(reply)["status"]


async def test_it_listens_on_a_free_loopback_port() -> None:
    async with Sandbox() as one, Sandbox() as other:
        assert one.edgequake.url.startswith("http://127.0.0.1:")
        assert one.edgequake.url != other.edgequake.url


async def test_a_port_can_be_chosen_and_a_taken_one_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="address already in use"):
            await Sandbox(ports={"edgequake": port}).start()
    async with Sandbox(ports={"edgequake": port}) as sandbox:
        assert sandbox.edgequake.url == f"http://127.0.0.1:{port}"


async def test_it_listens_on_all_addresses_and_names_loopback() -> None:
    async with Sandbox(host="0.0.0.0") as sandbox:
        assert sandbox.edgequake.url.startswith("http://127.0.0.1:")
        assert await asyncio.to_thread(health, sandbox.edgequake.url) == "healthy"


async def test_a_foreign_address_is_named_once_in_the_error() -> None:
    with pytest.raises(OSError, match=r"edgequake cannot listen on 203\.0\.113\.1:0: [a-z ]+$"):
        await Sandbox(host="203.0.113.1").start()


def test_an_unknown_api_is_refused() -> None:
    with pytest.raises(ValueError, match="edgequack"):
        Sandbox(ports={"edgequack": 1})


async def test_it_can_be_started_and_closed_by_hand_and_again() -> None:
    sandbox = await Sandbox().start()
    with pytest.raises(RuntimeError, match="already running"):
        await sandbox.start()
    await sandbox.aclose()
    await sandbox.aclose()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.edgequake.url
    await sandbox.start()
    assert await asyncio.to_thread(health, sandbox.edgequake.url) == "healthy"
    await sandbox.aclose()


async def test_it_stops_quickly_under_stalled_requests_and_open_connections(
    eventually: Callable[[Callable[[], bool]], Awaitable[None]],
) -> None:
    sandbox = await Sandbox().start()
    sandbox.edgequake.faults.add(ServerFault.stall(), path="/health")
    sandbox.edgequake.faults.add(ServerFault.delay(60), path="/ready")
    async with aiohttp.ClientSession(sandbox.edgequake.url) as session:
        async with session.get("/live"):  # leaves an idle connection
            pass
        stalled = await session.get("/health")
        delayed = asyncio.create_task(session.get("/ready"))
        await eventually(lambda: sandbox.edgequake.counters.in_flight == 2)
        started = time.perf_counter()
        await sandbox.aclose()
        assert time.perf_counter() - started < 30
        with pytest.raises(aiohttp.ClientError):
            await stalled.read()
        with pytest.raises(aiohttp.ClientError):
            await delayed


async def test_the_token_lifetime_applies_to_all_apis_and_keeps_settings() -> None:
    settings = EdgeQuakeSettings(processing_time=3)
    sandbox = Sandbox(token_lifetime=2.0, edgequake=settings)
    assert sandbox.edgequake.settings.token_lifetime == 2.0
    assert sandbox.edgequake.settings.processing_time == 3
    assert settings.token_lifetime == 24 * 3600


def test_a_thread_serves_code_that_blocks() -> None:
    with Sandbox.in_thread() as sandbox:
        assert health(sandbox.edgequake.url) == "healthy"
        url = sandbox.edgequake.url
    with pytest.raises(OSError, match="refused"):
        health(url)


def test_a_thread_can_be_started_and_closed_by_hand_and_again() -> None:
    thread = Sandbox.in_thread()
    for _ in range(2):
        sandbox = thread.start()
        with pytest.raises(RuntimeError, match="already running"):
            thread.start()
        assert health(sandbox.edgequake.url) == "healthy"
        thread.close()
        thread.close()
    assert not any(other.name == "asdk-sandbox" for other in threading.enumerate())


def test_a_thread_reports_a_taken_port_and_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        thread = Sandbox.in_thread(ports={"edgequake": taken.getsockname()[1]})
        with pytest.raises(OSError, match="address already in use"):
            thread.start()
    assert not any(other.name == "asdk-sandbox" for other in threading.enumerate())


def test_a_thread_stops_quickly_under_a_stalled_request() -> None:
    thread = Sandbox.in_thread()
    server = thread.start().edgequake
    server.faults.add(ServerFault.stall())
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("GET", "/health")
    reply = connection.getresponse()
    started = time.perf_counter()
    thread.close()
    assert time.perf_counter() - started < 30
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        reply.read()
    connection.close()


def test_other_threads_can_read_and_change_the_state() -> None:
    with Sandbox.in_thread() as sandbox:
        server, home = sandbox.edgequake, threading.get_ident()
        assert server.inspect(lambda state: threading.get_ident()) != home
        assert server.inspect(lambda state: len(state.users)) == 2
        assert server.revoke_refresh_tokens() == 0
        with pytest.raises(ValueError, match="nobody"):
            server.revoke_refresh_tokens("nobody")


def test_state_is_readable_without_a_running_server() -> None:
    assert Sandbox().edgequake.inspect(lambda state: len(state.users)) == 2


async def test_several_event_loops_can_use_one_sandbox() -> None:
    async def call(url: str) -> int:
        async with aiohttp.ClientSession(url) as session, session.get("/health") as reply:
            return reply.status

    async with Sandbox() as sandbox:
        calls = (asyncio.to_thread(asyncio.run, call(sandbox.edgequake.url)) for _ in range(4))
        assert await asyncio.gather(*calls) == [200] * 4


QUIET = """
import asyncio
import aiohttp
from asdk.sandbox import ServerFault, Sandbox

async def use(sandbox):
    faults = sandbox.edgequake.faults
    async with aiohttp.ClientSession(sandbox.edgequake.url) as session:
        drop, cut = ServerFault.drop, ServerFault.cut
        for fault in (drop(), drop(reset=True), cut(), cut(reset=True), ServerFault.lose_reply()):
            faults.add(fault, method="POST", times=1)
            try:
                async with session.post("/api/v1/auth/login", json={}) as reply:
                    await reply.read()
            except aiohttp.ClientError:
                pass
        faults.add(ServerFault.stall())
        async with session.get("/health") as reply:
            reply.close()

async def main():
    async with Sandbox() as sandbox:
        await use(sandbox)
        async with aiohttp.ClientSession(sandbox.edgequake.url) as session, session.get("/health"):
            await sandbox.aclose()  # under a stalled reply

asyncio.run(main())
with Sandbox.in_thread() as sandbox:
    asyncio.run(use(sandbox))
Sandbox.in_thread().start()  # and never closed
"""


def test_nothing_is_ever_written_to_stderr() -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", QUIET]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, SLOW.sub("", run.stderr)) == (0, "")
