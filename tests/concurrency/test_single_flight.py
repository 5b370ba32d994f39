"""Single flights when loops end, are blocked, or have task factories of their own. Through `TokenSource`."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, Token, TokenError, TokenSource, TokenUnavailableError
from asdk.auth import Credential, FileTokenStore, MemoryTokenStore, TokenStore, json_request
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports.base import Handler
from tests.support.families import Families, Login, endpoint
from tests.support.fleet import Server

Factory = Callable[..., "asyncio.Future[Any]"]


class Counting(Credential):
    """Gets t1, t2, ... without a request."""

    rotates_refresh_tokens = False

    def __init__(self) -> None:
        self.fetched = 0

    async def fetch(self, send: Handler) -> Token:
        self.fetched += 1
        await asyncio.sleep(0)
        return Token(value=f"t{self.fetched}", lifetime=3600.0)


async def nowhere(request: Request) -> Response:
    raise AssertionError("nothing is sent")


# --- task factories ---------------------------------------------------------------------------------------------------


def plain(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.Task(work, loop=loop)


def named(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(work, loop=loop, name="mine", **options)


class MyTask(asyncio.Task[Any]):
    pass


def subclass(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> MyTask:
    return MyTask(work, loop=loop)


def with_context(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], context: contextvars.Context | None = None
) -> asyncio.Task[Any]:
    return asyncio.Task(work, loop=loop, context=context)


FACTORIES: list[Any] = [plain, named, subclass, with_context]
if hasattr(asyncio, "eager_task_factory"):
    FACTORIES.append(asyncio.eager_task_factory)


@pytest.mark.parametrize("factory", FACTORIES)
async def test_any_task_factory_will_do(factory: Any) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    class Looking(Counting):
        async def fetch(self, send: Handler) -> Token:
            seen.append(variable.get())
            return await super().fetch(send)

    asyncio.get_running_loop().set_task_factory(factory)
    variable.set("of the first caller")
    source = TokenSource(Looking())
    tokens = await asyncio.gather(*(source.get(nowhere, within=5) for _ in range(10)))
    assert {token.value.reveal() for token in tokens} == {"t1"}
    assert seen == ["unset"]


@pytest.mark.parametrize("broken", [TypeError("no context="), RuntimeError("no more tasks"), ValueError("x")])
async def test_a_flight_that_cannot_start_fails_its_call_only(broken: Exception) -> None:
    loop, source = asyncio.get_running_loop(), TokenSource(Counting())
    refusing = [True]

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        if refusing[0] and "_run_flight" in getattr(work, "__qualname__", ""):
            raise broken
        return asyncio.Task(work, loop=loop, **options)

    loop.set_task_factory(factory)
    for _ in range(3):
        with pytest.raises(type(broken)):
            await source.get(nowhere, within=5)
    refusing[0] = False
    assert (await source.get(nowhere, within=5)).value.reveal() == "t1"


# --- loops that end ---------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that nothing was reported on stderr or by asyncio."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect()
    assert capfd.readouterr().err == ""
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def login_client(server: Server, store: TokenStore | None = None) -> BaseClient:
    return BaseClient(base_url=server.url, auth=Login(f"{server.url}/token"), token_store=store, timeout=10)


@pytest.mark.parametrize("turns", range(8))
def test_a_loop_that_ends_in_any_turn_of_a_flight_harms_nothing(turns: int, quiet: None) -> None:
    end_a_loop(turns)


def end_a_loop(turns: int) -> None:
    """End a loop some turns after a call was started, and call again in another loop."""
    with Server(life=100.0).running() as server:
        client = login_client(server)
        tasks: list[asyncio.Task[Any]] = []

        async def leave() -> None:
            tasks.append(asyncio.ensure_future(client.request("GET", "/me")))
            for _ in range(turns):
                await asyncio.sleep(0)

        asyncio.run(leave())
        asyncio.run(client.request("GET", "/me"))
        assert (server.families.replays, len(server.families.requests) <= 2) == (0, True)
        tasks.clear()


STORES: dict[str, Callable[[Path], TokenStore | None]] = {
    "no store": lambda path: None,
    "memory": lambda path: MemoryTokenStore(),
    "file": lambda path: FileTokenStore(path),
}


@pytest.mark.parametrize("make_store", STORES.values(), ids=STORES)
@pytest.mark.parametrize("end", ["asyncgens", "closed", "stopped"])
def test_a_flight_whose_loop_ended_says_nothing_about_the_credential(
    end: str, make_store: Callable[[Path], TokenStore | None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave_a_flight(end, make_store(tmp_path))
    gc.collect()  # reports the tasks of the closed loop here
    caplog.clear()


def leave_a_flight(end: str, store: TokenStore | None) -> None:
    """End a loop with a token request in flight, and call in another loop."""
    families = Families()
    server = endpoint(families, delay=0.3)  # in memory, since the sockets of a loop that is closed are never closed
    source = TokenSource(Login(), store=store)
    tasks: list[asyncio.Task[Any]] = []

    async def leave() -> None:
        tasks.append(asyncio.ensure_future(source.get(server.send)))
        await asyncio.sleep(0.1)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    if end == "asyncgens":
        loop.run_until_complete(loop.shutdown_asyncgens())
    if end != "stopped":
        loop.close()

    async def calls() -> list[Token]:
        return [await source.get(server.send, within=60) for _ in range(3)]

    assert all(families.is_good(token.value.reveal()) for token in asyncio.run(calls()))
    assert families.replays == 0
    if end == "stopped":
        loop.run_until_complete(asyncio.gather(*tasks))
        loop.close()
    tasks.clear()


# --- a blocked loop ---------------------------------------------------------------------------------------------------


class Blocking(Counting):
    """Blocks its event loop during the first fetch, after its request was sent."""

    can_login = False

    def __init__(self, rotates: bool) -> None:
        super().__init__()
        self.rotates_refresh_tokens = rotates
        self.blocked, self.free = threading.Event(), threading.Event()

    async def fetch(self, send: Handler) -> Token:
        self.fetched += 1
        number = self.fetched
        if number == 1:
            with pytest.raises(TokenError):
                await send(json_request("https://h.example/token", {}))
            self.blocked.set()
            assert self.free.wait(10)
        return Token(value=f"t{number}", lifetime=3600.0, refresh_token=f"r{number}")


@pytest.mark.parametrize("rotates", [True, False])
def test_a_blocked_flight_with_a_rotating_token_is_not_taken_over(
    rotates: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asdk.auth.token_source.TOKEN_TIMEOUT", 0.2)
    credential = Blocking(rotates)
    credential.fetch_timeout = 0.2
    source = TokenSource(credential)
    first: list[Token] = []

    async def unanswered(request: Request) -> Response:
        raise TokenUnavailableError("not answered yet")

    def lead() -> None:
        first.append(asyncio.run(source.get(unanswered)))

    leader = threading.Thread(target=lead, daemon=True)
    leader.start()
    assert credential.blocked.wait(10)
    time.sleep(0.25)  # past the flight's deadline

    async def follow() -> str:
        return (await source.get(nowhere, within=5)).value.reveal()

    if rotates:
        with pytest.raises(TokenUnavailableError, match="blocked"):
            asyncio.run(follow())
    else:
        assert asyncio.run(follow()) == "t2"
    credential.free.set()
    leader.join(10)
    assert first
    assert asyncio.run(follow()) == ("t1" if rotates else "t2")
    assert credential.fetched == (1 if rotates else 2)
