"""Tests of the lookup of the key's user: once for all calls that need the id, even if the first caller is cancelled."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asdk import ConnectError, DeadlineExceededError, DecodeError, Timeout
from asdk.clients.bloomy import APIError, Bloomy
from asdk.sandbox import ServerFault
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.bloomy.conftest import MakeClient

MINE = "/api/v1/users/mine"


def asked(server: BloomyServer) -> int:
    return server.counters.count("GET", MINE)


async def test_the_user_s_id_is_fetched_once_for_many_calls(client: Bloomy, server: BloomyServer) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(34):
            tasks.start_soon(client.todo.list)
            tasks.start_soon(client.with_options(timeout=9).goal.list)
            tasks.start_soon(client.meeting.list)
    assert asked(server) == 1
    assert await client.headline.list() == []
    assert asked(server) == 1


async def test_a_cancelled_caller_does_not_cancel_the_others(client: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.delay(0.05), path=MINE)
    ids: list[int] = []

    async def ask() -> None:
        ids.append(await client.get_user_id())

    async with anyio.create_task_group() as tasks:
        with anyio.move_on_after(0.01):
            tasks.start_soon(ask)
            await client.get_user_id()
        tasks.start_soon(ask)
    assert ids == [server.credentials.ada.user_id] * 2
    assert asked(server) == 1


async def test_the_request_ends_with_its_last_waiter(client: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.delay(60), path=MINE, times=1)
    with anyio.move_on_after(0.02):
        await client.get_user_id()
    with anyio.fail_after(60):
        while server.counters.in_flight:  # noqa: ASYNC110
            await anyio.sleep(0.001)
    assert await client.get_user_id() == server.credentials.ada.user_id


async def test_a_failure_reaches_all_waiters_and_the_next_call_retries(client: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.status(403), path=MINE, times=1)
    failures: list[APIError] = []

    async def ask() -> None:
        with pytest.raises(APIError) as caught:
            await client.get_user_id()
        failures.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
    assert [failure.status_code for failure in failures] == [403] * 5
    assert len({id(failure) for failure in failures}) == 5
    assert await client.get_user_id() == server.credentials.ada.user_id


async def test_calls_after_a_failure_share_one_request(client: Bloomy, server: BloomyServer) -> None:
    """Check that late waiters of the failure do not replace the next request."""
    server.faults.add(ServerFault.status(403), path=MINE, times=1)
    server.faults.add(ServerFault.delay(0.03), path=MINE)
    ids: list[int] = []

    async def insist() -> None:
        try:
            ids.append(await client.get_user_id())
        except APIError:
            ids.append(await client.get_user_id())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(insist)
    assert ids == [server.credentials.ada.user_id] * 20
    assert asked(server) == 2


async def test_two_accounts_do_not_mix_their_ids(make_client: MakeClient, server: BloomyServer) -> None:
    known = server.credentials
    clients = [make_client(api_key=login.api_key) for login in (known.ada, known.ben)]
    found: dict[int, set[int]] = {0: set(), 1: set()}

    async def ask(number: int) -> None:
        found[number].add(await clients[number].get_user_id())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(ask, 0)
            tasks.start_soon(ask, 1)
    assert found == {0: {known.ada.user_id}, 1: {known.ben.user_id}}
    assert asked(server) == 2


async def test_a_joining_call_keeps_its_own_deadline(client: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.delay(0.15), path=MINE, times=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.todo.list)
        await anyio.sleep(0.005)
        with pytest.raises(DeadlineExceededError, match="did not arrive within the timeout of this call"):
            await client.todo.list(timeout=0.02)
    assert asked(server) == 1


async def test_a_call_with_a_later_deadline_tries_again(client: Bloomy, server: BloomyServer) -> None:
    server.faults.add(ServerFault.delay(0.6), path=MINE, times=1)
    ids: list[int] = []

    async def ask() -> None:
        ids.append(await client.get_user_id())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hurry, client)
        while not asked(server):  # noqa: ASYNC110 - the server has a thread of its own
            await anyio.sleep(0.005)
        for _ in range(20):
            tasks.start_soon(ask)
    assert ids == [server.credentials.ada.user_id] * 20
    assert asked(server) == 2


async def hurry(client: Bloomy) -> None:
    with pytest.raises(DeadlineExceededError):
        await client.get_user_id(timeout=0.2)


async def test_waiters_of_an_unreachable_server_share_one_request() -> None:
    transport = MemoryTransport(lambda request: Reply(error=ConnectError("no connection")))
    client = Bloomy("key", transport=transport, retry=None)
    failures: list[ConnectError] = []

    async def ask() -> None:
        with pytest.raises(ConnectError) as caught:
            await client.get_user_id()
        failures.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert len(failures) == 20
    assert len(transport.sent) == 1


async def test_the_options_of_a_call_apply_to_the_id() -> None:
    transport = MemoryTransport([Reply(json={"Id": 7}), Reply(json=[])])
    client = Bloomy("key", transport=transport)
    await client.todo.list(headers={"X-Trace": "t1"}, timeout=Timeout(attempt=7))
    assert [request.headers["X-Trace"] for request in transport.sent] == ["t1", "t1"]
    assert [request.template for request in transport.sent] == ["/users/mine", "/todo/user/{id}"]


def test_all_loops_get_the_same_id(server: BloomyServer) -> None:
    client = Bloomy(server.credentials.ada.api_key, base_url=server.api_url)
    server.faults.add(ServerFault.delay(0.02), path=MINE)
    ids: list[int] = []

    async def ask() -> None:
        ids.extend(await asyncio.gather(*(client.get_user_id() for _ in range(10))))

    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids == [server.credentials.ada.user_id] * 30
    assert asked(server) <= 3
    asyncio.run(ask())
    assert asked(server) <= 3


@pytest.mark.parametrize("reply", [{}, {"Id": None}, {"Id": "x"}, []])
async def test_a_reply_without_an_id_is_an_error_that_names_it(reply: Any) -> None:
    client = Bloomy("key", transport=MemoryTransport(lambda request: Reply(json=reply)))
    with pytest.raises(DecodeError):
        await client.todo.list()
