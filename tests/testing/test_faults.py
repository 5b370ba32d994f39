"""Tests of the test kit's faults: repeatable plans, and a transport and a proxy that fail as planned."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import warnings
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from asdk import (
    AsdkError,
    BaseClient,
    ConnectError,
    DeadlineExceededError,
    ProtocolError,
    RequestTimeoutError,
    Retry,
    ServerError,
    Timeout,
    TLSError,
)
from asdk.testing import Fault, FaultPlan, FaultProxy, FaultyTransport, MemoryTransport, Reply, VirtualClock
from asdk.testing.cancelling import at_each_await
from asdk.testing.faults import AFTER_THE_ACT, IN_THE_BODY, SILENT, Injected
from tests.support.failures import failure_of
from tests.support.scripts import run_quietly
from tests.support.servers import RawExchange, RawServer, head, read

# --- plans ------------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_plan() -> None:
    one, two, other = (FaultPlan.seeded(seed) for seed in (7, 7, 8))
    drawn = [one.take() for _ in range(200)]
    assert drawn == [two.take() for _ in range(200)]
    assert drawn != [other.take() for _ in range(200)]
    assert 30 <= sum(fault is not None for fault in drawn) <= 90


def test_a_plan_in_order_and_what_comes_after() -> None:
    plan = FaultPlan([Fault.STALL, None], then=Fault.REFUSED)
    assert plan.peek() is plan.peek() is Fault.STALL
    assert [plan.take() for _ in range(4)] == [Fault.STALL, None, Fault.REFUSED, Fault.REFUSED]


def test_faults_that_cannot_occur_are_left_out() -> None:
    plan = FaultPlan([Fault.TLS_FAILURE, Fault.TLS_FAILURE, Fault.STALL, None])
    assert [plan.take({Fault.STALL}) for _ in range(2)] == [Fault.STALL, None]


# --- the transport ----------------------------------------------------------------------------------------------------


def faulty(plan: FaultPlan) -> tuple[BaseClient, FaultyTransport, MemoryTransport]:
    server = MemoryTransport(lambda request: Reply(json={"a": "b" * 10}))
    transport = FaultyTransport(server, plan, headers={"Retry-After": "3"})
    limits = Timeout(total=100, attempt=10, idle=20)
    client = BaseClient(
        base_url="https://api.example.org", transport=transport, clock=VirtualClock(), retry=None, timeout=limits
    )
    return client, transport, server


def describe_type(fault: Fault) -> type[AsdkError]:
    kinds: dict[Fault, type[AsdkError]] = {Fault.REFUSED: ConnectError, Fault.TLS_FAILURE: TLSError}
    return RequestTimeoutError if fault in SILENT else kinds.get(fault, ProtocolError)


@pytest.mark.parametrize("fault", Fault, ids=str)
async def test_each_fault_above_the_network(fault: Fault) -> None:
    client, transport, server = faulty(FaultPlan([fault]))
    request = client.build_request("POST", "/things", json={}, params={"q": 1})
    if fault.status is not None:
        response = await client.send(request)
        assert (response.status, response.headers["Retry-After"]) == (fault.status, "3")
    else:
        error = await failure_of(client.send(request), describe_type(fault))
        assert (error.method, error.template, error.attempts) == ("POST", "/things", 1)
        assert fault.value in error.message
    assert transport.log == [Injected(fault, "POST", "/things?q=1")]
    assert len(server.sent) == (fault in AFTER_THE_ACT), "whether the server acted"
    assert await client.request("GET", "/things") == {"a": "b" * 10}


@pytest.mark.parametrize("fault", sorted(IN_THE_BODY, key=str), ids=str)
async def test_a_stream_breaks_in_its_body(fault: Fault) -> None:
    client, _, _ = faulty(FaultPlan([fault]))
    pieces: list[bytes] = []

    async def reading() -> None:
        async with client.stream("GET", "/things") as response:
            async for piece in response.iter_bytes():
                pieces.append(piece)

    error = await failure_of(reading(), describe_type(fault))
    assert pieces == ([] if fault is Fault.RESET_AFTER_HEAD else [b'{"a":"bbb'])
    assert not isinstance(error, RequestTimeoutError) or error.limit == "idle"


async def test_silence_ends_with_whichever_limit_comes_first() -> None:
    client, _, _ = faulty(FaultPlan(then=Fault.BLACK_HOLE))
    assert (await failure_of(client.request("GET", "/x"), RequestTimeoutError)).limit == "attempt"
    await failure_of(client.request("GET", "/x", timeout=Timeout(total=3, attempt=10)), DeadlineExceededError)
    assert (await failure_of(client.request("GET", "/x", timeout=Timeout(None, 4)), RequestTimeoutError)).limit


# --- the proxy --------------------------------------------------------------------------------------------------------


async def things(visit: RawExchange) -> None:
    """Send bodies with a length, in chunks, up to the end of the connection, and none at all."""
    match visit.target:
        case "/chunked":
            await visit.read_body()
            await visit.send(
                head(200, "Transfer-Encoding: chunked\r\n") + b"3\r\n[1,\r\n2\r\n2]\r\n0\r\nX-T: 1\r\n\r\n"
            )
        case "/close":
            await visit.send(head(200) + b"[1,2]")
            visit.writer.close()
        case _ if visit.head.startswith(b"HEAD "):
            await visit.send(head(200, "Content-Length: 5\r\n"))
        case "/none":
            await visit.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        case "/continue":
            await visit.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await visit.answer(b"[1,2]")
        case "/echo":
            await visit.answer(await visit.read_body())
        case _:
            await visit.answer(b"[1,2]", headers="Connection: close\r\n" if "last" in visit.target else "")
            if "last" in visit.target:
                visit.writer.close()


@pytest.mark.parametrize("path", ["/x", "/chunked", "/close", "/continue", "/last"])
async def test_without_a_fault_all_goes_through(path: str) -> None:
    with RawServer(things) as server:
        async with FaultProxy(server.url, FaultPlan()) as proxy, client_to(proxy, timeout=5) as client:
            for _ in range(3):
                assert await client.request("GET", path) == [1, 2]
                assert (await client.send(client.build_request("HEAD", "/x"))).content == b""
                assert (await client.send(client.build_request("DELETE", "/none"))).status == 204
        assert proxy.log == []


async def test_bodies_go_through_whole() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"[" + b"1," * 100_000
        yield b"2]"

    with RawServer(things) as server:
        async with FaultProxy(server.url, FaultPlan()) as proxy, client_to(proxy, timeout=5) as client:
            assert len(await client.request("POST", "/echo", content=pieces)) == 100_001
            assert len(await client.request("POST", "/echo", json=[0] * 50_000)) == 50_000


def client_to(proxy: FaultProxy, **options: object) -> BaseClient:
    return BaseClient(base_url=proxy.url, **{"retry": None, "timeout": Timeout(30, 30, 30), **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/x", "/chunked", "/none"])
@pytest.mark.parametrize("fault", [Fault.RESET_AFTER_HEAD, Fault.CLOSED_IN_BODY, Fault.WRONG_LENGTH, Fault.BAD_CHUNK])
async def test_replies_of_every_shape_can_fail(path: str, fault: Fault) -> None:
    with RawServer(things) as server:
        async with FaultProxy(server.url, FaultPlan([fault])) as proxy, client_to(proxy) as client:
            request = client.build_request("GET", path)
            await failure_of(client.send(request), ProtocolError)
        assert [met.target for met in proxy.log] == [path]


async def test_a_slow_head_comes_in_the_end() -> None:
    with RawServer(things) as server:
        async with (
            FaultProxy(server.url, FaultPlan([Fault.SLOW_HEAD]), pace=0.0005) as proxy,
            client_to(proxy, timeout=5) as client,
        ):
            began = time.monotonic()
            assert await client.request("GET", "/x") == [1, 2]
            assert time.monotonic() - began > 0.03


async def test_a_stream_that_stalls_ends_by_its_idle_limit() -> None:
    with RawServer(things) as server:
        async with (
            FaultProxy(server.url, FaultPlan([Fault.STALL])) as proxy,
            client_to(proxy, timeout=Timeout(idle=0.05)) as client,
        ):
            error = await failure_of(read(client, streamed=True), RequestTimeoutError)
            assert error.limit == "idle"


async def test_a_refused_port_opens_again() -> None:
    with RawServer(things) as server:
        async with (
            FaultProxy(server.url, FaultPlan([Fault.REFUSED]), refused_for=0.03) as proxy,
            client_to(proxy) as client,
        ):
            await failure_of(client.request("GET", "/x"), ConnectError)
            await asyncio.sleep(0.05)
            assert await client.request("GET", "/x") == [1, 2]


async def test_it_works_between_a_client_and_its_retries() -> None:
    plan = FaultPlan([Fault.STATUS_503, Fault.LOST_REPLY, None, Fault.STATUS_500, Fault.STATUS_500, Fault.STATUS_500])
    with RawServer(things) as server:
        async with FaultProxy(server.url, plan) as proxy, client_to(proxy, retry=Retry(base_delay=0.001)) as client:
            response = await client.send(client.build_request("GET", "/x"))
            assert [failed.reason for failed in response.history] == [503, "ProtocolError"]
            await failure_of(client.request("GET", "/x"), ServerError)
        assert len(proxy.log) == 5


async def test_nothing_is_left_of_a_proxy() -> None:
    before = asyncio.all_tasks()
    with RawServer(things) as server:
        async with FaultProxy(server.url, FaultPlan([None, Fault.BLACK_HOLE])) as proxy:
            client = client_to(proxy)
            await client.request("GET", "/x")
            hanging = asyncio.create_task(client.request("GET", "/x", timeout=30))
            await asyncio.sleep(0.02)
        await failure_of(hanging, ProtocolError)
        await client.aclose()
        await server.until(lambda: server.open == 0)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_a_cancelled_proxy_closes_its_sockets(late: bool) -> None:
    async def use(url: str) -> None:
        async with FaultProxy(url, FaultPlan([Fault.BLACK_HOLE])) as proxy:
            with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                for _ in range(3):
                    await asyncio.sleep(0.002)

    with RawServer(things) as server, warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always")
        async for _ in at_each_await(lambda: use(server.url), late=late):
            await asyncio.sleep(0)  # connections close one turn of the event loop later
        gc.collect()
        assert [str(warning.message) for warning in unclosed] == []


def test_a_loop_may_end_while_a_connection_is_being_accepted() -> None:
    script = """
    import socket
    from urllib.parse import urlsplit
    from asdk.testing import FaultPlan, FaultProxy

    async def hold(proxies):
        async with FaultProxy(url, FaultPlan()) as proxy:
            proxies.put_nowait(proxy)
            await asyncio.sleep(60)

    async def main(turns):
        proxies = asyncio.Queue()
        holder = asyncio.create_task(hold(proxies))
        proxy = await proxies.get()
        with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port)):
            for _ in range(turns):
                await asyncio.sleep(0)

    for turns in range(12):
        asyncio.run(main(turns))
    gc.collect()
    print(sockets())
    """
    with RawServer(things) as server:
        assert run_quietly(script, server.url) == "0"


def test_a_url_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="http or https"):
        FaultProxy("ftp://127.0.0.1", FaultPlan())


async def test_the_server_may_be_gone() -> None:
    with RawServer() as server:
        pass
    async with FaultProxy(server.url, FaultPlan()) as proxy, client_of_url(proxy.url) as client:
        await failure_of(client.request("GET", "/x"), ProtocolError)


def client_of_url(url: str) -> BaseClient:
    return BaseClient(base_url=url, retry=None, timeout=2)
