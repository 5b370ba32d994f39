"""The life of a client from its first call to its end: nothing is left, nothing is printed, the next call works."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import socket
import textwrap
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from asdk import AsdkError, BaseClient, Retry, Timeout, Token, TokenError
from asdk.auth import Credential, json_request, send_token_request
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.base import Handler
from tests.support.cancelling import at_each_await, live_timers
from tests.support.scripts import run_quietly
from tests.support.servers import (
    QUICK,
    RawExchange,
    RawServer,
    client_of,
    head,
    refusing_port,
    unresponsive_port,
    until,
    wait_until,
)


class Login(Credential):
    def __init__(self, url: str) -> None:
        self._url = url

    async def fetch(self, send: Handler) -> Token:
        response = await send_token_request(send, json_request(f"{self._url}/token", {}))
        return Token(value=response.json()["token"], lifetime=3600)


async def by_path(visit: RawExchange) -> None:
    """Does what the path says; without one it is good."""
    match visit.target:
        case "/away":
            await visit.answer(status=302, headers="Location: https://elsewhere.example.org/\r\n")
        case "/moved":
            await visit.answer(status=307, headers="Location: /things\r\n")
        case "/token":
            await visit.answer(b'{"token": "t1"}')
        case "/404":
            await visit.answer(status=404)
        case "/503":
            await visit.answer(status=503)
        case "/flaky":
            await visit.answer(status=503 if visit.number % 2 else 200)
        case "/no-json":
            await visit.answer(b"<html>")
        case "/cut":
            visit.writer.close()
        case "/mid":
            await visit.send(head(200, "Content-Length: 10\r\n") + b"12345")
            visit.reset()
        case "/slow":
            await visit.read_body()
            for piece in (head(200, "Content-Length: 6\r\n"), b'"ab', b'cd"'):
                await visit.send(piece)
                await asyncio.sleep(0.002)
        case "/stall":
            await visit.until_gone()
        case "/midstall":
            await visit.send(head(200, "Content-Length: 10\r\n") + b"12345")
            await visit.until_gone()
        case _:
            await visit.answer()


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(by_path) as server:
        yield server


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Turn the garbage collector off: objects must be collected with their last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# --- closing ----------------------------------------------------------------------------------------------------------


async def test_the_last_copy_to_close_closes_the_connections(server: RawServer) -> None:
    for order in itertools.permutations(range(3)):
        client = client_of(server)
        copies = [client, client.with_options(timeout=3), client.with_options(timeout=4).with_options(retry=None)]
        await copies[order[0]].request("GET", "/things")
        assert server.open == 1
        for number in order[:2]:
            await copies[number].aclose()
        await copies[order[2]].request("GET", "/things")
        assert server.open == 1
        await copies[order[2]].aclose()
        await server.until(lambda: server.open == 0)
    assert server.connections == 6


async def test_a_copy_that_is_forgotten_does_not_hold_the_connections_open(server: RawServer) -> None:
    async with client_of(server) as client:
        await client.with_options(timeout=3).request("GET", "/things")
    await server.until(lambda: server.open == 0)


async def test_the_connections_outlive_the_client_whose_copy_is_in_use(server: RawServer, no_collector: None) -> None:
    copy = client_of(server).with_options(timeout=3)
    for _ in range(2):
        await copy.request("GET", "/things")
    assert server.connections == 1
    await copy.aclose()


async def test_a_client_works_again_after_it_was_closed(server: RawServer) -> None:
    client = client_of(server)
    for number in range(3):
        async with client as same:
            assert same is client
            await client.request("GET", "/things")
        await server.until(lambda: server.open == 0)
        await client.aclose()
        assert server.connections == number + 1


async def test_a_transport_that_was_given_is_not_the_clients_to_close(server: RawServer) -> None:
    transport = AiohttpTransport()
    for _ in range(2):
        async with client_of(server, transport=transport) as client:
            await client.request("GET", "/things")
    assert (server.connections, server.open) == (1, 1)
    await transport.aclose()
    await server.until(lambda: server.open == 0)


async def test_nothing_of_a_closed_client_is_left_in_the_loop(server: RawServer) -> None:
    before = asyncio.all_tasks()
    async with client_of(server, auth=Login(server.url), retry=QUICK) as client:
        await asyncio.gather(*(client.request("GET", "/things") for _ in range(5)))
        with pytest.raises(AsdkError):
            await client.request("GET", "/stall", timeout=0.02)
    await until(lambda: asyncio.all_tasks() == before)
    assert not [timer for timer in live_timers() if "asdk" in timer or "aiohttp" in timer]


# --- forgetting -------------------------------------------------------------------------------------------------------

Life = Callable[[BaseClient], Awaitable[object]]


async def failing(client: BaseClient, path: str, **options: object) -> None:
    with pytest.raises(AsdkError):
        await client.request("GET", path, **options)  # type: ignore[call-overload]


async def failing_together(client: BaseClient, path: str, *, calls: int = 3, **options: Any) -> None:
    made = (client.request("GET", path, **options) for _ in range(calls))
    errors = await asyncio.gather(*made, return_exceptions=True)
    assert all(isinstance(error, AsdkError) for error in errors), errors


async def cancelled(client: BaseClient, path: str) -> None:
    calls = [asyncio.create_task(client.request("GET", path)) for _ in range(3)]
    await asyncio.sleep(0.02)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)


async def timed_out(client: BaseClient, path: str) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await client.request("GET", path)


async def streaming(client: BaseClient, path: str, pieces: int = 100) -> None:
    idle = 0.02 if path == "/midstall" and pieces > 1 else 60
    async with client.stream("GET", path, timeout=Timeout(idle=idle)) as response:
        async for _ in response.iter_bytes():
            pieces -= 1
            if pieces <= 0:
                break


async def failing_stream(client: BaseClient, path: str) -> None:
    with pytest.raises(AsdkError):
        await streaming(client, path)


LIVES: dict[str, Life] = {
    "a good call": lambda client: client.request("GET", "/things"),
    "a status": lambda client: failing(client, "/404"),
    "a redirect": lambda client: client.request("GET", "/moved"),
    "a redirect that is refused": lambda client: failing(client, "/away"),
    "a cut": lambda client: failing(client, "/cut"),
    "a cut in the body": lambda client: failing(client, "/mid"),
    "no JSON": lambda client: failing(client, "/no-json"),
    "a limit": lambda client: failing(client, "/stall", timeout=Timeout(attempt=0.02)),
    "a deadline": lambda client: failing(client, "/stall", timeout=0.02),
    "failed retries": lambda client: failing(client, "/cut", retry=QUICK),
    "retries of a status": lambda client: failing(client, "/503", retry=QUICK),
    "failed tasks": lambda client: failing_together(client, "/cut", timeout=None),
    "tasks cut in the body": lambda client: failing_together(client, "/mid", timeout=None),
    "late tasks": lambda client: failing_together(client, "/stall", timeout=Timeout(attempt=0.02)),
    "tasks late in the queue": lambda client: failing_together(client, "/stall", timeout=Timeout(total=0.02)),
    "cancelled tasks": lambda client: cancelled(client, "/stall"),
    "tasks cancelled in the body": lambda client: cancelled(client, "/midstall"),
    "a timeout around": lambda client: timed_out(client, "/stall"),
    "a stream": lambda client: streaming(client, "/slow"),
    "a stream left early": lambda client: streaming(client, "/midstall", 1),
    "a stream that fell silent": lambda client: failing_stream(client, "/midstall"),
    "a broken stream": lambda client: failing_stream(client, "/mid"),
}


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
@pytest.mark.parametrize("login", [False, True], ids=["open", "with a login"])
async def test_a_forgotten_client_closes_with_its_last_reference(
    server: RawServer, no_collector: None, live: Life, login: bool
) -> None:
    auth = Login(server.url) if login else None
    client = client_of(server, auth=auth, transport=AiohttpTransport(limit=2))  # of three calls, one waits
    await live(client)
    memory = weakref.ref(client)
    del client
    await until(lambda: memory() is None, patience=20)
    await until(lambda: server.open == 0)


@contextlib.contextmanager
def plain_port() -> Iterator[int]:
    """Provide a port that speaks no TLS."""
    with RawServer(on_connect=lambda visit: visit.send(b"220 ready\r\n")) as server:
        yield server.port


UNREACHABLE: dict[str, tuple[Callable[[], contextlib.AbstractContextManager[int]], str, dict[str, Any]]] = {
    "refused": (refusing_port, "http://127.0.0.1:{}", {}),
    "refused at both addresses": (refusing_port, "http://localhost:{}", {}),
    "refused over IPv6": (refusing_port, "http://[::1]:{}", {}),
    "refused by https": (refusing_port, "https://127.0.0.1:{}", {}),
    "no such name": (refusing_port, "http://name.invalid:{}", {}),
    "no TLS": (plain_port, "https://127.0.0.1:{}", {}),
    "a proxy that refuses": (refusing_port, "http://api.example.org", {"proxy": "http://127.0.0.1:{}"}),
    "a tunnel that is refused": (refusing_port, "https://api.example.org", {"proxy": "http://127.0.0.1:{}"}),
    "a port that never answers": (unresponsive_port, "http://127.0.0.1:{}", {"timeout": Timeout(connect=0.02)}),
    "an attempt that is over": (unresponsive_port, "http://127.0.0.1:{}", {"timeout": Timeout(attempt=0.02)}),
    "a deadline": (unresponsive_port, "http://localhost:{}", {"timeout": 0.02}),
    "refused three times": (refusing_port, "http://localhost:{}", {"retry": QUICK}),
}


@pytest.mark.parametrize("case", UNREACHABLE.values(), ids=UNREACHABLE)
@pytest.mark.parametrize("calls", [1, 3])
async def test_a_forgotten_client_that_never_connected_is_collected_at_once(
    case: tuple[Callable[[], contextlib.AbstractContextManager[int]], str, dict[str, Any]],
    calls: int,
    no_collector: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_port, url, options = case
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *arguments: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return resolve(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    with make_port() as port:
        filled: dict[str, Any] = {
            name: value.format(port) if isinstance(value, str) else value for name, value in options.items()
        }
        client = BaseClient(base_url=url.format(port), **{"retry": None, **filled})
        await failing_together(client, "/x", calls=calls)
        memory = weakref.ref(client)
        del client
        await until(lambda: memory() is None, patience=20)


async def test_a_forgotten_client_whose_connect_was_cancelled_is_collected_at_once(no_collector: None) -> None:
    with unresponsive_port() as port:
        client = BaseClient(base_url=f"http://127.0.0.1:{port}")
        await cancelled(client, "/x")
        memory = weakref.ref(client)
        del client
        await until(lambda: memory() is None, patience=20)


@pytest.mark.parametrize("status", [400, 503])
async def test_a_forgotten_client_whose_login_failed_is_collected(no_collector: None, status: int) -> None:
    with RawServer(lambda visit: visit.answer(b'{"error": "invalid_client"}', status=status)) as server:
        client = client_of(server, auth=Login(server.url), timeout=0.1)
        with pytest.raises(TokenError):
            await client.request("GET", "/things")
        memory = weakref.ref(client)
        del client
        await until(lambda: memory() is None, patience=20)
        await until(lambda: server.open == 0)


async def test_a_client_in_a_reference_cycle_is_closed_without_output(server: RawServer) -> None:
    class Application:
        def __init__(self) -> None:
            self.client = client_of(server)
            self.me = self

    gc.disable()
    try:
        await Application().client.request("GET", "/things")
        gc.collect()
        await server.until(lambda: server.open == 0)
    finally:
        gc.enable()


async def test_a_hundred_forgotten_clients_leave_no_connection(server: RawServer, no_collector: None) -> None:
    for _ in range(100):
        client = client_of(server)
        await client.request("GET", "/things")
    assert server.open <= 5
    del client
    await server.until(lambda: server.open == 0)


# --- cancelling -------------------------------------------------------------------------------------------------------


async def pieces() -> AsyncIterator[bytes]:
    yield b"a"
    await asyncio.sleep(0.001)
    yield b"b"


CALLS: dict[str, Life] = {
    "a call": lambda client: client.request("GET", "/things"),
    "a body in pieces": lambda client: client.request("GET", "/slow"),
    "an upload": lambda client: client.request("POST", "/slow", content=pieces),
    "a retry": lambda client: client.request("GET", "/flaky"),
    "a redirect": lambda client: client.request("GET", "/moved"),
    "a stream": lambda client: streaming(client, "/slow"),
}


@pytest.mark.parametrize("late", [False, True], ids=["while it waits", "when it is woken"])
@pytest.mark.parametrize("fresh", [False, True], ids=["kept connection", "new client"])
@pytest.mark.parametrize("make_call", CALLS.values(), ids=CALLS)
async def test_a_call_can_be_cancelled_at_each_of_its_awaits(
    server: RawServer, make_call: Life, fresh: bool, late: bool
) -> None:
    before = asyncio.all_tasks()
    transport = AiohttpTransport(limit=1)
    client = client_of(server, transport=transport, retry=QUICK)

    async def on_a_new_client() -> None:
        async with BaseClient(base_url=server.url, auth=Login(server.url), retry=QUICK) as new:
            await make_call(new)

    async def once() -> None:
        await make_call(client)

    times = 0
    async for times in at_each_await(on_a_new_client if fresh else once, late=late):  # noqa: B007
        await until(lambda: asyncio.all_tasks() == before)
        await server.until(lambda: server.open <= 1)
        assert await client.request("GET", "/things", timeout=1) == {}
    assert times >= (3 if fresh else 1)
    await transport.aclose()
    await server.until(lambda: server.open == 0)
    assert asyncio.all_tasks() == before
    assert not [timer for timer in live_timers() if "asdk" in timer or "aiohttp" in timer]


async def test_a_call_that_waits_for_its_next_attempt_can_be_cancelled(server: RawServer) -> None:
    async with client_of(server, timeout=None, retry=Retry(base_delay=1e4, max_delay=1e4)) as client:
        call = asyncio.create_task(client.request("GET", "/503"))
        await server.until(lambda: len(server.heads) == 1)
        await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        assert server.open == 1  # kept: the answer was read before the wait
        await client.request("GET", "/things")
        assert server.connections == 1


async def test_a_call_that_waits_for_the_token_is_cancelled_alone() -> None:
    waiting = asyncio.Event()

    async def slow_login(visit: RawExchange) -> None:
        if visit.target == "/token":
            await waiting.wait()
            await visit.answer(b'{"token": "t1"}')
        else:
            await visit.answer()

    with RawServer(slow_login) as server:
        async with client_of(server, auth=Login(server.url)) as client:
            calls = [asyncio.create_task(client.request("GET", "/things")) for _ in range(3)]
            await server.until(lambda: len(server.heads) == 1)
            calls[0].cancel()
            await asyncio.wait([calls[0]])
            server.run(waiting.set)
            assert await asyncio.gather(*calls[1:]) == [{}, {}]
            assert calls[0].cancelled()
        assert sum(b"/token" in request for request in server.heads) == 1


# --- loops and threads ------------------------------------------------------------------------------------------------


def test_a_client_made_before_any_loop_works_in_one_after_another(server: RawServer) -> None:
    client = client_of(server, auth=Login(server.url))
    for _ in range(5):
        assert asyncio.run(client.request("GET", "/things")) == {}
    assert sum(b"/token" in request for request in server.heads) == 1


def test_one_client_serves_four_threads_with_a_loop_each_and_one_token(server: RawServer) -> None:
    client = client_of(server, auth=Login(server.url), timeout=20)
    start, results = threading.Barrier(4), []

    async def many() -> int:
        start.wait(60)
        answers = [await asyncio.gather(*(client.request("GET", "/things") for _ in range(10))) for _ in range(5)]
        return sum(answer == {} for batch in answers for answer in batch)

    threads = [threading.Thread(target=lambda: results.append(asyncio.run(many()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [50] * 4
    assert sum(b"/token" in request for request in server.heads) == 1
    wait_until(lambda: server.open == 0)


async def test_closing_in_one_loop_closes_what_other_loops_have_open(server: RawServer) -> None:
    client = client_of(server)
    await client.request("GET", "/things")
    opened, closed = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        await client.request("GET", "/things")
        opened.set()
        await asyncio.to_thread(closed.wait, 5)
        await until(lambda: server.open == 0)

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await asyncio.to_thread(opened.wait, 5)
    assert server.open == 2
    await client.aclose()
    await server.until(lambda: server.open == 0)
    closed.set()
    await asyncio.to_thread(thread.join, 5)


async def test_two_concurrent_closes_do_not_interfere(server: RawServer) -> None:
    client = client_of(server)
    await client.request("GET", "/things")
    opened, ended = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        await client.request("GET", "/things")
        opened.set()
        await asyncio.to_thread(ended.wait, 5)

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await asyncio.to_thread(opened.wait, 5)
    await asyncio.gather(*(client.aclose() for _ in range(3)))
    await server.until(lambda: server.open == 0)
    ended.set()
    await asyncio.to_thread(thread.join, 5)


# --- whole programs ---------------------------------------------------------------------------------------------------

PROGRAMS = {
    "used by generators that the loop closes": """
        async def hold():  # like the contexts of web frameworks and fixtures of pytest
            async with make_client() as client:
                await client.request("GET", "/things")
                yield client

        async def main():
            for _ in range(5):
                held.append(hold())
                await anext(held[-1])

        held = []
        for _ in range(5):
            asyncio.run(main())
            assert sockets() == 0
    """,
    "several runs": """
        client = make_client()
        for _ in range(20):
            asyncio.run(client.request("GET", "/things"))
            assert sockets() == 0
    """,
    "closed in every way": """
        async def with_block():
            async with make_client() as client:
                await client.request("GET", "/things")

        async def by_hand():
            client = make_client()
            await client.request("GET", "/things")
            await client.aclose()
            await client.aclose()

        async def never():
            client = make_client()
            await client.request("GET", "/things")

        async def used_again():
            client = make_client()
            for _ in range(3):
                async with client:
                    await client.request("GET", "/things")
                    await client.aclose()
                await client.aclose()
            async with client:
                pass
            await client.request("GET", "/things")

        async def some_copies():
            client = make_client()
            copies = [client.with_options(timeout=n) for n in range(1, 5)]
            await asyncio.gather(*(copy.request("GET", "/things") for copy in copies))
            await copies[2].aclose()

        async def in_many_tasks():
            await asyncio.gather(*(never() for _ in range(20)))

        for main in (with_block, by_hand, never, used_again, some_copies, in_many_tasks):
            asyncio.run(main())
            assert sockets() == 0, main
    """,
    "closed in another loop than it was used in": """
        client = make_client()
        for _ in range(3):
            asyncio.run(client.request("GET", "/things"))
            asyncio.run(client.aclose())
            asyncio.run(client.__aenter__())
        assert sockets() == 0
    """,
    "stops in the middle of calls": """
        client = make_client()

        async def fails():
            await client.request("GET", "/things")
            raise LookupError

        async def leaves_calls():
            kept.extend(asyncio.create_task(client.request("GET", path)) for path in ("/stall", "/midstall", "/503"))
            await asyncio.sleep(0.05)

        async def leaves_streams():
            for path in ("/midstall", "/things"):
                stream = client.stream("GET", path)
                kept.append((stream, await stream.__aenter__()))

        async def drops_a_stream():
            request = client.build_request("GET", "/midstall")
            request.stream = True
            async for chunk in (await client.send(request)).iter_bytes():
                break

        async def leaves_an_upload():
            async def endless():
                while True:
                    yield b"x"
                    await asyncio.sleep(0.01)
            kept.append(asyncio.create_task(client.request("POST", "/things", content=endless())))
            await asyncio.sleep(0.05)

        for main in (fails, leaves_calls, leaves_streams, drops_a_stream, leaves_an_upload):
            kept = []
            try:
                asyncio.run(main())
            except LookupError:
                pass
            assert sockets() == 0, main
            asyncio.run(client.request("GET", "/things"))
    """,
    "interrupted": """
        client = make_client()

        async def main():
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
            async with asyncio.TaskGroup() as group:
                for path in ("/stall", "/midstall", "/stall"):
                    group.create_task(client.request("GET", path))

        for _ in range(2):
            try:
                asyncio.run(main())
            except KeyboardInterrupt:
                print("interrupted")
            assert sockets() == 0
            asyncio.run(client.request("GET", "/things"))
    """,
    "loops by hand": """
        for forget in (False, True):
            client = make_client()
            loop = asyncio.new_event_loop()
            for _ in range(3):
                loop.run_until_complete(client.request("GET", "/things"))
            if forget:
                del client
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            assert sockets() == 0
    """,
    "a stopped runner whose client is collected": """
        for end in ("forget", "close elsewhere"):
            with asyncio.Runner() as runner:
                client = make_client()
                for _ in range(3):
                    runner.run(client.request("GET", "/things"))
                if end == "forget":
                    del client
                else:
                    asyncio.run(client.aclose())
            assert sockets() == 0
    """,
    "a loop that is never closed": """
        client = make_client()
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.request("GET", "/things"))
    """,
    "four threads": """
        client = make_client()

        async def main():
            for _ in range(5):
                await asyncio.gather(*(client.request("GET", "/things") for _ in range(5)))

        for _ in range(2):
            threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sockets() == 0
    """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_exits_without_output_and_without_sockets(server: RawServer, program: str) -> None:
    run_quietly(program, server.url)
    assert len(server.heads) > 0


FORKS = {
    "os.fork": """
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                asyncio.run(child())
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
    """,
    "multiprocessing": """
        process = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(child()))
        process.start()
        process.join()
        assert process.exitcode == 0
    """,
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
def test_a_forked_child_opens_its_own_pool(server: RawServer, fork: str) -> None:
    program = f"""
        import multiprocessing
        client = make_client()

        async def child():
            await client.request("GET", "/child")
            await client.with_options(timeout=5).aclose()
            await client.aclose()
            gc.collect()

        def fork():
            {textwrap.indent(textwrap.dedent(fork), 12 * " ").strip()}

        async def main():
            await client.request("GET", "/things")
            fork()
            await client.request("GET", "/things")

        asyncio.run(main())
        assert sockets() == 0
    """
    run_quietly(program, server.url)
    assert [request.split()[1] for request in server.heads] == [b"/things", b"/child", b"/things"]
    assert server.connections == 2
