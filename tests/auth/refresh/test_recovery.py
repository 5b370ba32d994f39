"""Recovery from lost replies, lost stores and outages, with and without a shared store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk import (
    BaseClient,
    ConfigurationError,
    ConnectError,
    ServerError,
    TokenError,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
    TransportError,
)
from asdk.auth import FileTokenStore, MemoryTokenStore, TokenStore
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.families import Families, Login, Refresh, endpoint

LOST = Reply(error=TransportError("the connection broke off"))
NO_CONNECTION = Reply(error=ConnectError("connection refused"))


@pytest.fixture(params=["no store", "a shared store"])
def store(request: pytest.FixtureRequest) -> TokenStore | None:
    return None if request.param == "no store" else MemoryTokenStore()


class Server:
    """A token endpoint with single-use refresh tokens, a clock, and a source with a first refresh token only."""

    def __init__(self, store: TokenStore | None, *faults: Reply | None, **options: Any) -> None:
        self.clock = VirtualClock()
        self.families = Families(now=self.clock.monotonic)
        self.endpoint = endpoint(self.families, list(faults))
        self.credential = Refresh(self.families.first())
        self.store = store
        self.options = options
        self.source = self.new_source()

    def new_source(self) -> TokenSource:
        return TokenSource(self.credential, store=self.store, clock=self.clock, **self.options)

    async def get(self, within: float | None = 5.0) -> str:
        return (await self.source.get(self.endpoint.send, within=within)).value.reveal()

    async def expire(self) -> None:
        await self.clock.sleep(101)


# --- a lost reply without a login -------------------------------------------------------------------------------------


async def test_a_refresh_token_is_sent_once_more_10_s_after_a_lost_reply(store: TokenStore | None) -> None:
    server = Server(store, None, LOST)
    await server.get()
    await server.expire()
    began = server.clock.monotonic()
    with pytest.raises(TokenError):  # the families are strict: the second use is a replay
        await server.get(within=60)
    assert server.families.requests == ["refresh", "refresh", "refresh"]
    assert server.clock.monotonic() - began >= 10


async def test_a_request_that_was_lost_on_the_way_costs_no_login(store: TokenStore | None) -> None:
    server = Server(store)
    await server.get()
    await server.expire()
    sent: list[Any] = []

    async def lossy(request: Any) -> Any:
        sent.append(request)
        if len(sent) == 1:  # this server has not seen it
            raise TransportError("the connection broke off")
        return await server.endpoint.send(request)

    token = await server.source.get(lossy, within=60)
    assert server.families.is_good(token.value.reveal())
    assert (len(sent), server.families.replays) == (2, 0)


async def test_a_refresh_token_is_never_sent_three_times_without_a_response(store: TokenStore | None) -> None:
    server = Server(store, None, LOST, LOST, LOST, LOST)
    await server.get()
    await server.expire()
    for _ in range(5):
        with pytest.raises(TokenUnavailableError):
            await server.get(within=60)
        await server.clock.sleep(100)
    assert server.families.requests == ["refresh"] * 3


async def test_resend_lost_refresh_false_never_sends_it_again(store: TokenStore | None) -> None:
    server = Server(store, None, LOST, resend_lost_refresh=False)
    await server.get()
    await server.expire()
    for _ in range(5):
        with pytest.raises(TokenUnavailableError):
            await server.get(within=60)
        await server.clock.sleep(100)
    assert server.families.requests == ["refresh"] * 2


async def test_an_outage_that_answers_is_waited_out(store: TokenStore | None) -> None:
    server = Server(store, None, *[Reply(503)] * 6)
    await server.get()
    await server.expire()
    assert server.families.is_good(await server.get(within=600))
    assert server.families.requests == ["refresh", *["fault"] * 6, "refresh"]
    assert server.families.replays == 0


async def test_a_lost_reply_with_a_login_logs_in_at_once(store: TokenStore | None) -> None:
    server = Server(store, None, LOST)
    server.source = TokenSource(Login(), store=store, clock=server.clock)
    await server.get()
    await server.expire()
    began = server.clock.monotonic()
    assert server.families.is_good(await server.get(within=5))
    assert server.families.requests == ["login", "refresh", "login"]
    assert server.clock.monotonic() - began < 5


# --- a store that lost the newest token -------------------------------------------------------------------------------


async def rotate(server: Server, times: int) -> None:
    for _ in range(times):
        await server.get(within=None)  # virtual time passes while a thread reads a file
        await server.expire()


def empty(server: Server, path: Path) -> None:
    if isinstance(server.store, MemoryTokenStore):
        server.store._entries.clear()
    for file in path.glob("tokens/*"):
        file.unlink()


def corrupt(server: Server, path: Path) -> None:
    for file in path.glob("tokens/*.json"):
        file.write_bytes(file.read_bytes()[:40])


def truncate(server: Server, path: Path) -> None:
    for file in path.glob("tokens/*.json"):
        file.write_bytes(b"")


def delete_directory(server: Server, path: Path) -> None:
    empty(server, path)
    (path / "tokens").rmdir()


@pytest.mark.parametrize("lose", [empty, corrupt, truncate, delete_directory])
async def test_a_store_that_was_lost_is_filled_from_memory(
    lose: Callable[[Server, Path], None], tmp_path: Path
) -> None:
    server = Server(FileTokenStore(tmp_path / "tokens"))
    await rotate(server, 3)
    lose(server, tmp_path)
    await rotate(server, 3)
    assert server.families.requests == ["refresh"] * 6
    assert (server.families.replays, server.families.voided) == (0, 0)
    other = server.new_source()  # another process
    assert (await other.get(server.endpoint.send)).value.reveal() == await server.get(within=None)


async def test_a_store_that_was_restored_from_a_backup_does_not_win() -> None:
    store = MemoryTokenStore()
    server = Server(store)
    await rotate(server, 2)
    backup = dict(store._entries)
    await rotate(server, 3)
    store._entries = backup
    await rotate(server, 2)
    assert (server.families.replays, server.families.voided) == (0, 0)


async def test_a_backup_whose_token_is_still_valid_does_not_win() -> None:
    store = MemoryTokenStore()
    server = Server(store)
    await server.get()
    backup = dict(store._entries)
    await server.clock.sleep(10)
    await server.source.refresh(server.endpoint.send)
    await server.clock.sleep(10)
    newest = await server.source.refresh(server.endpoint.send)
    store._entries = backup
    again = await server.source.get(server.endpoint.send, rejected=newest)
    assert server.families.is_good(again.value.reveal())
    assert (server.families.replays, server.families.voided) == (0, 0)


async def test_a_new_login_of_another_process_wins_over_memory() -> None:
    store = MemoryTokenStore()
    server = Server(store)
    await rotate(server, 5)
    (record,) = store._entries.values()
    assert record.token is not None
    newer = attrs.evolve(
        record.token, value="of-a-new-login", refresh_token="new", issued_at=server.clock.time(), lifetime=100.0
    )
    store._entries = {key: attrs.evolve(record, token=newer, revision=1) for key in store._entries}
    assert await server.get() == "of-a-new-login"


async def test_the_first_process_to_notice_wins_and_the_others_adopt() -> None:
    store = MemoryTokenStore()
    server = Server(store)
    await server.get()
    others = [server.new_source() for _ in range(4)]
    for other in others:
        await other.get(server.endpoint.send)
    await server.expire()
    store._entries.clear()
    tokens = await asyncio.gather(*(one.get(server.endpoint.send, within=5) for one in [server.source, *others]))
    assert len({token.value.reveal() for token in tokens}) == 1
    assert server.families.requests == ["refresh"] * 2
    assert server.families.replays == 0


async def test_a_forgotten_token_stays_forgotten() -> None:
    server = Server(MemoryTokenStore())
    await server.get()
    await server.source.forget()
    with pytest.raises(TokenRefusedError):  # the first refresh token was used up
        await server.get()


# --- an address that is wrong, and an outage --------------------------------------------------------------------------


def other_replies(reply: Reply) -> MemoryTransport:
    return MemoryTransport(lambda request: reply)


HTML = Reply(content=b"<html>It works!</html>", headers={"Content-Type": "text/html"})
WRONG_ADDRESS = {
    "refused": NO_CONNECTION,
    "unknown name": Reply(error=ConnectError("cannot resolve login.exmaple.org")),
    "404": Reply(404),
    "405": Reply(405),
    "410": Reply(410),
    "redirect": Reply(302, headers={"Location": "https://login.example.org/"}),
    "HTML": HTML,
    "a list": Reply(json=["v1", "v2"]),
}


@pytest.mark.parametrize("reply", WRONG_ADDRESS.values(), ids=WRONG_ADDRESS)
async def test_a_wrong_address_fails_fast(reply: Reply) -> None:
    clock, nowhere = VirtualClock(), other_replies(reply)
    source = TokenSource(Login(), clock=clock)
    calls = [source.get(nowhere.send, within=60) for _ in range(20)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(error, TokenUnavailableError) for error in errors)
    assert (len(nowhere.sent), clock.monotonic() < 5) == (3, True)
    with pytest.raises(TokenUnavailableError):  # in the shared cool-down nothing is sent
        await source.get(nowhere.send, within=60)
    assert len(nowhere.sent) == 3


@pytest.mark.parametrize("reply", WRONG_ADDRESS.values(), ids=WRONG_ADDRESS)
async def test_an_endpoint_that_once_worked_is_waited_for(reply: Reply) -> None:
    clock = VirtualClock()
    families = Families(now=clock.monotonic)
    working, broken = endpoint(families), other_replies(reply)
    source = TokenSource(Login(), clock=clock)
    await source.get(working.send)
    await clock.sleep(101)
    with pytest.raises(TokenUnavailableError):
        await source.get(broken.send, within=50)
    assert len(broken.sent) > 3
    token = await source.get(working.send, within=70)
    assert families.is_good(token.value.reveal())


async def test_a_token_in_the_store_counts_as_an_endpoint_that_worked() -> None:
    server = Server(MemoryTokenStore())
    await server.get()
    server.source = server.new_source()
    await server.get()
    await server.expire()
    nowhere = other_replies(NO_CONNECTION)
    with pytest.raises(TokenUnavailableError):
        await server.source.get(nowhere.send, within=50)
    assert len(nowhere.sent) > 3


@pytest.mark.parametrize("reply", [Reply(503), Reply(429), Reply(500), Reply(error=TransportError("broken off"))])
async def test_an_endpoint_that_is_only_busy_is_waited_for(reply: Reply) -> None:
    clock, busy = VirtualClock(), other_replies(reply)
    source = TokenSource(Login(), clock=clock)
    with pytest.raises(TokenUnavailableError):
        await source.get(busy.send, within=50)
    assert len(busy.sent) > 3


# --- stale tokens -----------------------------------------------------------------------------------------------------


def api(server: Families, outage: list[bool], unauthorized: bool = False) -> MemoryTransport:
    """An API and its token endpoint, which is unavailable during an outage."""

    def serve(request: Any) -> Reply:
        if request.template != "/token":
            return Reply(401) if unauthorized and outage[0] else Reply(json={"ok": True})
        if outage[0]:
            return Reply(503)
        return Reply(json=server.answer({"password": "open sesame"})[1])

    return MemoryTransport(serve)


async def test_serve_stale_carries_calls_through_an_outage() -> None:
    clock, outage = VirtualClock(), [False]
    server = api(Families(now=clock.monotonic), outage)
    client = BaseClient(
        base_url="https://login.example.org", auth=Login(), transport=server, clock=clock, retry=None, serve_stale=300
    )
    await client.request("GET", "/x")
    outage[0] = True
    await clock.sleep(101)
    for _ in range(20):
        assert await client.request("GET", "/x", timeout=10) == {"ok": True}
        await clock.sleep(5)
    await clock.sleep(300)
    with pytest.raises(TokenUnavailableError):
        await client.request("GET", "/x", timeout=10)
    outage[0] = False
    assert await client.request("GET", "/x", timeout=90) == {"ok": True}


async def test_by_default_an_expired_token_is_not_sent() -> None:
    clock, outage = VirtualClock(), [False]
    server = api(Families(now=clock.monotonic), outage)
    client = BaseClient(base_url="https://login.example.org", auth=Login(), transport=server, clock=clock, retry=None)
    await client.request("GET", "/x")
    outage[0] = True
    await clock.sleep(101)
    sent = len(server.sent)
    with pytest.raises(TokenUnavailableError):
        await client.request("GET", "/x", timeout=10)
    assert all(request.template == "/token" for request in server.sent[sent:])


async def test_a_stale_token_that_the_api_rejects_is_not_used_again() -> None:
    clock, outage = VirtualClock(), [False]
    server = api(Families(now=clock.monotonic), outage, unauthorized=True)
    client = BaseClient(
        base_url="https://login.example.org", auth=Login(), transport=server, clock=clock, retry=None, serve_stale=300
    )
    await client.request("GET", "/x")
    outage[0] = True
    await clock.sleep(101)
    with pytest.raises((TokenError, ServerError)):
        await client.request("GET", "/x", timeout=10)


async def test_a_refusal_is_no_outage() -> None:
    clock = VirtualClock()
    families = Families(now=clock.monotonic)
    source = TokenSource(Login(), clock=clock, serve_stale=300)
    await source.get(endpoint(families).send)
    await clock.sleep(101)
    with pytest.raises(TokenRefusedError):
        await source.get(other_replies(Reply(401)).send, within=10)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 86401, "60", True])
def test_serve_stale_must_be_seconds(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="serve_stale"):
        TokenSource(Login(), serve_stale=seconds)


@pytest.mark.parametrize("option", [{"serve_stale": 5.0}, {"resend_lost_refresh": False}])
def test_options_of_a_source_are_given_to_the_source(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(option))):
        BaseClient(base_url="https://h.example", auth=TokenSource(Login()), **option)
