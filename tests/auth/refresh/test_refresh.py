"""One renewal between store and endpoint: a refresh token of one use is never lost and never sent twice."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest

from asdk import (
    ConfigurationError,
    ConnectError,
    Secret,
    Tenant,
    Token,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
    TransportError,
)
from asdk.auth import (
    ApiKey,
    Credential,
    Identity,
    MemoryTokenStore,
    PasswordGrant,
    TokenRecord,
    TokenStore,
    json_request,
    send_token_request,
)
from asdk.auth.refresh.rotation import refresh_token_fingerprint
from asdk.auth.stores.record import RefreshIntent
from asdk.concurrency.process import current_process_id
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.families import TOKEN_URL, Families, Login, Refresh, endpoint

LOST = Reply(error=TransportError("the connection broke off"))
NEVER_LEFT = Reply(error=ConnectError("no connection"))
KEY = Login().identity.key


class Store(MemoryTokenStore):
    """A store that can be away, in whole or in part."""

    def __init__(self, *broken: str) -> None:
        super().__init__()
        self.broken = set(broken)
        self.saves = 0

    def _check(self, what: str) -> None:
        if what in self.broken:
            raise OSError(28, "No space left on device")

    async def load(self, key: str) -> TokenRecord | None:
        self._check("load")
        return await super().load(key)

    async def save(self, key: str, entry: TokenRecord) -> bool:
        self.saves += 1
        self._check("save")
        return await super().save(key, entry)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        self._check("lock")
        async with super().lock(key):
            yield

    def empty(self) -> None:
        self._entries.clear()


class World:
    """A server, a clock, and as many processes as a test wants, each with a source of its own."""

    def __init__(self, *faults: Reply | None, store: TokenStore | None = None, delay: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.families = Families(now=self.clock.monotonic)
        self.store = Store() if store is None else store
        self.endpoint = endpoint(self.families, list(faults), delay=delay)

    def source(self, credential: Credential | None = None) -> TokenSource:
        return TokenSource(credential or Login(), store=self.store, clock=self.clock)

    async def get(self, source: TokenSource, within: float | None = 5.0, **more: Any) -> str:
        token = await source.get(self.endpoint.send, within=within, **more)
        return token.value.reveal()

    async def expire(self) -> None:
        await self.clock.sleep(101)

    @property
    def requests(self) -> list[str]:
        return self.families.requests


async def test_a_rotating_refresh_token_is_followed_through_its_rotations() -> None:
    world = World()
    source = world.source()
    for number in range(5):
        assert world.families.is_good(await world.get(source))
        await world.expire()
        assert len(world.requests) == number + 1
    assert world.requests == ["login", *["refresh"] * 4]
    assert (world.families.replays, world.families.voided) == (0, 0)


async def test_sources_on_one_store_take_turns_and_never_replay() -> None:
    world = World(delay=0.05)
    sources = [world.source() for _ in range(8)]
    for _ in range(10):
        calls = (world.get(source, within=None) for source in sources for _ in range(5))
        tokens = await asyncio.gather(*calls)
        assert len(set(tokens)) == 1
        await world.expire()
    assert world.requests == ["login", *["refresh"] * 9]
    assert world.families.replays == 0


async def test_the_use_is_announced_before_the_token_leaves_and_saved_before_anybody_has_it() -> None:
    world = World()
    source = world.source()
    await world.get(source)
    await world.expire()
    seen: list[TokenRecord | None] = []

    async def looking(request: Any) -> Any:
        seen.append(await world.store.load(KEY))
        return await world.endpoint.send(request)

    token = await source.get(looking)
    (before,) = seen
    assert before is not None
    assert before.intent is not None
    assert before.intent.refresh_token == refresh_token_fingerprint(before.token)
    assert before.intent.process == current_process_id()
    after = await world.store.load(KEY)
    assert after is not None
    assert (after.token, after.intent) == (token, None)


# --- the reply is lost ------------------------------------------------------------------------------------------------


async def test_after_a_lost_reply_the_refresh_token_is_not_sent_again_but_the_login_made_anew() -> None:
    world = World(None, LOST)
    source = world.source()
    await world.get(source)
    await world.expire()
    assert world.families.is_good(await world.get(source, within=60))
    assert world.requests == ["login", "refresh", "login"]
    assert (world.families.replays, world.families.voided) == (0, 0)


@pytest.mark.parametrize("fault", [NEVER_LEFT, Reply(429)])
async def test_what_surely_was_not_used_is_sent_again(fault: Reply) -> None:
    world = World(None, fault)
    source = world.source()
    await world.get(source)
    await world.expire()
    assert world.families.is_good(await world.get(source, within=60))
    assert world.requests == ["login", "fault", "refresh"]


async def test_a_503_leaves_it_in_doubt() -> None:
    world = World(None, Reply(503))
    source = world.source()
    await world.get(source)
    await world.expire()
    await world.get(source, within=60)
    assert world.requests == ["login", "fault", "login"]


async def test_without_a_login_the_access_token_serves_on_and_the_doubt_is_tried_at_its_end() -> None:
    world = World(None, Reply(503))
    source = world.source(Refresh(world.families.first()))
    first = await world.get(source)
    await world.clock.sleep(95)
    assert await world.get(source) == first
    await world.clock.sleep(2)
    assert await world.get(source) == first
    assert world.requests == ["refresh", "fault"]
    await world.clock.sleep(5)
    assert world.families.is_good(await world.get(source, within=60))
    assert world.requests == ["refresh", "fault", "refresh"]
    assert world.families.replays == 0


async def test_k_failures_of_a_first_refresh_cost_k_plus_one_requests() -> None:
    world = World(*[Reply(503)] * 3)
    source = world.source(Refresh(world.families.first()))
    tokens = await asyncio.gather(*(world.get(source, within=60) for _ in range(100)))
    assert len(set(tokens)) == 1
    assert world.requests == [*["fault"] * 3, "refresh"]


# --- somebody else's announcement -------------------------------------------------------------------------------------


@pytest.fixture
def neighbour() -> Any:
    """Another process that runs, as `current_process_id` would name it."""
    code = (
        "from asdk.concurrency.process import current_process_id; print(current_process_id(), flush=True)\n"
        "import time; time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.name = process.stdout.readline().strip()  # type: ignore[attr-defined]
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


async def announce(world: World, credential: Credential, holder: str) -> None:
    identity = credential.identity
    assert identity is not None
    entry = await world.store.load(identity.key)
    assert entry is not None
    intent = RefreshIntent(
        refresh_token=refresh_token_fingerprint(entry.token) or "", process=holder, written_at=world.clock.time()
    )
    assert await world.store.save(identity.key, attrs.evolve(entry, intent=intent, revision=entry.revision + 1))


async def test_while_its_announcer_lives_nobody_else_sends_it(neighbour: Any) -> None:
    world = World()
    credential = Refresh(world.families.first())
    await world.get(world.source(credential))
    await announce(world, credential, neighbour.name)
    await world.expire()
    fresh = world.source(credential)
    with pytest.raises(TokenUnavailableError, match="another process"):
        await world.get(fresh)
    assert world.requests == ["refresh"]
    neighbour.kill()
    neighbour.wait()
    assert world.families.is_good(await world.get(fresh, within=60))
    assert world.requests == ["refresh", "refresh"]


@pytest.mark.parametrize("end", ["the reply is lost", "the client ends", "the credential has a bug"])
async def test_an_announcer_that_gave_up_and_lives_on_holds_up_nobody(
    end: str, neighbour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asdk.concurrency.single_flight.SHUTDOWN_GRACE", 0.02)
    world = World(None, Reply(503))
    credential = Refresh(world.families.first())
    await world.get(world.source(credential))
    await world.expire()

    departed = asyncio.Event()

    async def hanging(request: Any) -> Any:
        departed.set()
        await asyncio.sleep(60)

    class Mistaken(Refresh):
        async def refresh(self, token: Token, send: Handler) -> Token:
            raise ZeroDivisionError

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("asdk.auth.refresh.refresh.current_process_id", lambda: neighbour.name)
        if end == "the client ends":
            source = world.source(credential)
            call = asyncio.create_task(source.get(hanging, within=60))
            await departed.wait()
            call.cancel()
            await source.drain(hanging)
        else:
            bug = Mistaken(credential.first.reveal())
            source = world.source(credential if end == "the reply is lost" else bug)
            with pytest.raises(TokenUnavailableError):
                await world.get(source, within=0.1)
    entry = await world.source(credential).read_store()
    assert entry is not None
    assert (None if entry.intent is None else entry.intent.process) == (None if "bug" in end else "")
    fresh = world.source(credential)
    if end != "the reply is lost":
        world.endpoint = endpoint(world.families)
    assert world.families.is_good(await world.get(fresh, within=30))


async def test_an_announcement_that_is_cancelled_while_it_is_written_is_taken_back() -> None:
    class Slow(Store):
        async def save(self, key: str, entry: TokenRecord) -> bool:
            taken = await super().save(key, entry)
            if entry.intent is not None:
                written.set()
                await asyncio.sleep(60)
            return taken

    written = asyncio.Event()
    world = World(store=Slow())
    source = world.source(Refresh(world.families.first()))
    call = asyncio.create_task(world.get(source))
    await written.wait()
    call.cancel()
    await source.drain(world.endpoint.send)  # nothing has left: the flight is ended
    entry = await source.read_store()
    assert entry is not None
    assert (entry.intent, world.requests) == (None, [])


async def test_a_renewal_by_hand_risks_no_refresh_token_while_the_access_token_lives() -> None:
    """It may have been used: a server that saw it twice would end the whole login, with the token that still serves."""
    world = World()
    credential = Refresh(world.families.first())
    source = world.source(credential)
    token = await world.get(source)
    await announce(world, credential, current_process_id().rpartition("@")[0] + "@1")
    with pytest.raises(TokenUnavailableError):
        await source.refresh(world.endpoint.send, within=5)
    assert (await world.get(source), world.requests) == (token, ["refresh"])
    await world.expire()
    assert world.families.is_good(await world.get(source))


async def test_whoever_can_log_in_does_not_touch_what_was_announced(neighbour: Any) -> None:
    world = World()
    await world.get(world.source())
    await announce(world, Login(), neighbour.name)
    await world.expire()
    assert world.families.is_good(await world.get(world.source()))
    assert world.requests == ["login", "login"]


async def test_a_killed_announcer_costs_a_login_not_a_replay() -> None:
    world = World()
    await world.get(world.source())
    await announce(world, Login(), current_process_id().rpartition("@")[0] + "@1")
    await world.expire()
    await world.get(world.source())
    assert world.requests == ["login", "login"]


# --- the store fails --------------------------------------------------------------------------------------------------


async def test_a_save_that_fails_costs_no_call_and_no_replay_and_is_made_up_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    store = world.store
    assert isinstance(store, Store)
    one, other = world.source(), world.source()
    await world.get(one)
    await world.expire()

    async def filling_the_disk(request: Any) -> Any:
        store.broken = {"save"}
        return await world.endpoint.send(request)

    caplog.set_level(logging.WARNING, "asdk.auth")
    token = (await one.get(filling_the_disk)).value.reveal()
    assert world.families.is_good(token)
    await world.get(other)
    assert world.requests == ["login", "refresh", "login"], "the other does not send what was spent"
    said = [record.message for record in caplog.records if "store is unavailable" in record.message]
    assert [text.partition(";")[0] for text in said] == [
        "the token store is unavailable (OSError: No space left on device)"
    ] * 2
    await world.expire()
    assert world.families.is_good(await world.get(one, within=60)), "it goes on from memory with a family of its own"
    assert world.families.replays == 0


async def test_the_save_is_tried_again_by_itself() -> None:
    world = World(store=Store("save"))
    store = world.store
    assert isinstance(store, Store)
    source = world.source()
    token = await world.get(source)
    store.broken = set()
    await world.clock.sleep(2)
    entry = await store.load(KEY)
    assert entry is not None
    assert entry.token is not None
    assert entry.token.value.reveal() == token
    saves = store.saves
    await world.clock.sleep(50)
    assert store.saves == saves, "and then no more"


async def test_two_saves_that_failed_are_made_up_for_by_the_newest() -> None:
    world = World()
    store = world.store
    assert isinstance(store, Store)
    source = world.source()
    token = await source.get(world.endpoint.send)

    async def filling_the_disk(request: Any) -> Any:
        store.broken = {"save"}
        return await world.endpoint.send(request)

    for _ in range(2):  # the first token would live on: it is the resource that refuses it
        await world.clock.sleep(31)
        token = await source.get(filling_the_disk, rejected=token)
    store.broken = set()
    await source.drain(world.endpoint.send)
    entry = await store.load(KEY)
    assert entry is not None
    assert entry.token == token, "what was spent and stored does not come back"
    await world.expire()
    await world.get(source)
    assert (world.requests, world.families.replays) == (["login", "refresh", "refresh", "refresh"], 0)


async def test_what_the_store_did_not_take_is_saved_when_the_client_ends() -> None:
    world = World(store=Store("save"))
    store = world.store
    assert isinstance(store, Store)
    source = world.source()
    token = await world.get(source)
    store.broken = set()
    await source.drain(world.endpoint.send)
    entry = await store.load(KEY)
    assert entry is not None
    assert entry.token is not None
    assert entry.token.value.reveal() == token


async def test_a_store_that_does_not_answer_holds_up_the_end_of_a_client_for_seconds_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("asdk.auth.token_source.SHUTDOWN_GRACE", 0.02)
    world = World(store=Store("save"))
    source = world.source()
    await world.get(source)
    async with asyncio.timeout(60), world.store.lock(KEY):
        await source.drain(world.endpoint.send)


async def test_what_one_loop_could_not_save_the_next_one_tries_again() -> None:
    world = World(store=Store("save"))
    store = world.store
    assert isinstance(store, Store)
    source = world.source()
    await asyncio.to_thread(lambda: asyncio.run(world.get(source)))
    await world.expire()
    token = await world.get(source)
    store.broken = set()
    await world.clock.sleep(3)
    entry = await store.load(KEY)
    assert entry is not None
    assert entry.token is not None
    assert entry.token.value.reveal() == token


async def test_a_credential_that_forgot_whose_token_it_is_fails_no_close() -> None:
    class ForkAware(Login):
        @property
        def identity(self) -> Identity:
            if self.password.reveal() == "forgotten":
                raise KeyError("USER")
            return super().identity

    world = World(store=Store("save"))
    credential = ForkAware()
    source = world.source(credential)
    await world.get(source)
    credential.password = Secret("forgotten")
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    await world.clock.sleep(5)
    await source.drain(world.endpoint.send)
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize("broken", [("load", "lock", "save"), ("lock", "save"), ("save",)])
async def test_without_its_store_a_source_goes_on_from_memory(
    broken: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    store = world.store
    assert isinstance(store, Store)
    source = world.source()
    first = await world.get(source)
    store.broken = set(broken)
    caplog.set_level(logging.WARNING, "asdk.auth")
    await world.clock.sleep(50)
    assert await world.get(source) == first
    await world.expire()
    for _ in range(3):
        assert world.families.is_good(await world.get(source, within=60))
        await world.expire()
    assert "login" in world.requests[1:]
    assert (world.families.replays, world.families.voided) == (0, 0)
    assert len([record for record in caplog.records if "store is unavailable" in record.message]) == 1
    store.broken = set()
    await world.get(source, within=60)
    entry = await store.load(KEY)
    assert entry is not None
    assert entry.token is not None
    assert world.families.is_good(entry.token.value.reveal()), "the store is used again when it is back"


async def test_without_store_and_login_a_refresh_token_that_others_know_is_not_sent() -> None:
    world = World()
    store = world.store
    assert isinstance(store, Store)
    source = world.source(Refresh(world.families.first()))
    first = await world.get(source)
    store.broken = {"load"}
    await world.clock.sleep(95)
    assert await world.get(source) == first
    await world.expire()
    with pytest.raises(TokenUnavailableError, match="no refresh token may be sent"):
        await world.get(source)
    store.broken = set()
    assert world.families.is_good(await world.get(source, within=60))
    assert world.requests == ["refresh", "refresh"]


async def test_an_emptied_store_is_filled_from_memory_if_there_is_no_login() -> None:
    world = World()
    store = world.store
    assert isinstance(store, Store)
    credential = Refresh(world.families.first())
    with_login, without = world.source(), world.source(credential)
    await world.get(with_login)
    await world.get(without)
    store.empty()
    await world.expire()
    await world.get(with_login)
    await world.get(without)
    assert world.requests == ["login", "refresh", "login", "refresh"]
    assert world.families.replays == 0


async def test_a_loser_never_wipes_what_is_newer() -> None:
    """The lock is lost while the request is under way, and another process logs in and saves meanwhile."""
    world = World()
    one = world.source()
    await world.get(one)
    await world.expire()
    newer = Token(value="newer", issued_at=world.clock.time(), lifetime=1000.0, refresh_token="r")

    async def slow(request: Any) -> Any:
        entry = await world.store.load(KEY)
        assert entry is not None
        later = attrs.evolve(entry, token=newer, intent=None, revision=entry.revision + 1)
        assert await world.store.save(KEY, later)
        return await world.endpoint.send(request)

    assert (await one.get(slow)).value == newer.value
    entry = await world.store.load(KEY)
    assert entry is not None
    assert entry.token == newer


# --- refusals ---------------------------------------------------------------------------------------------------------


class Keyed(Credential):
    """Logs in with a secret that may change."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)

    @property
    def identity(self) -> Identity:
        return Identity(url=TOKEN_URL, kind="keyed", seed=self.secrets[0])

    async def fetch(self, send: Handler) -> Token:
        data = (await send_token_request(send, json_request(TOKEN_URL, {"key": Secret(self.secrets[0])}))).json()
        return Token(value=data["token"], lifetime=100.0)


def locksmith(good: str = "right") -> MemoryTransport:
    def answer(request: Any) -> Reply:
        return Reply(json={"token": "t"}) if good.encode() in request.body else Reply(401, json={"error": "bad_key"})

    return MemoryTransport(answer)


async def test_a_refusal_is_shared_through_the_store() -> None:
    world, door = World(), locksmith()
    sources = [world.source(Keyed("wrong")) for _ in range(8)]
    for source in sources:
        for _ in range(3):
            with pytest.raises(TokenRefusedError) as caught:
                await source.get(door.send)
            assert (caught.value.status, caught.value.code) == (401, "bad_key")
            assert caught.value.retry_after is not None
            assert 40 < caught.value.retry_after <= 60
    assert len(door.sent) == 1
    await world.clock.sleep(61)
    with pytest.raises(TokenRefusedError) as caught:
        await sources[0].get(door.send)
    assert caught.value.retry_after is not None
    assert 90 < caught.value.retry_after <= 120
    with pytest.raises(TokenRefusedError):
        await sources[1].get(door.send)
    assert len(door.sent) == 2


async def test_another_secret_ends_a_refusal_within_a_second() -> None:
    world, door = World(), locksmith()
    credential = Keyed("wrong")
    source = world.source(credential)
    with pytest.raises(TokenRefusedError):
        await source.get(door.send)
    credential.secrets[0] = "right"
    await world.clock.sleep(1)
    assert (await source.get(door.send)).value.reveal() == "t"
    other = world.source(Keyed("right"))
    assert (await other.get(door.send)).value.reveal() == "t"
    assert len(door.sent) == 2


async def test_another_processes_token_ends_a_refusal() -> None:
    world, door = World(), locksmith()
    source = world.source(Keyed("wrong"))
    with pytest.raises(TokenRefusedError):
        await source.get(door.send)
    await world.source(Keyed("right")).get(door.send)
    await world.clock.sleep(1)
    with pytest.raises(TokenRefusedError):
        await source.get(door.send)
    assert len(door.sent) == 3, "a token got with another secret is not ours, but neither is its store's refusal"


async def test_a_refusal_that_the_store_does_not_take_is_heeded_all_the_same() -> None:
    world, door = World(store=Store("save")), locksmith()
    source = world.source(Keyed("wrong"))
    for _ in range(30):
        with pytest.raises(TokenRefusedError):
            await source.get(door.send)
        await world.clock.sleep(1)
    assert len(door.sent) == 1


async def test_invalid_grant_discards_exactly_the_stored_token() -> None:
    world = World()
    source = world.source(Refresh(world.families.first()))
    await world.get(source)
    world.families.families[0].void = True
    await world.expire()
    with pytest.raises(TokenRefusedError, match="invalid_grant"):
        await world.get(source)
    identity = source.credential.identity
    assert identity is not None
    entry = await world.store.load(identity.key)
    assert entry is not None
    assert entry.token is not None
    assert entry.token.refresh_token is None
    assert entry.intent is None
    assert entry.refusal is not None


async def test_a_refused_refresh_falls_back_to_the_login_once() -> None:
    world = World()
    source = world.source()
    await world.get(source)
    world.families.families[0].void = True
    await world.expire()
    assert world.families.is_good(await world.get(source))
    assert world.requests == ["login", "refresh", "login"]


# --- whose it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"origin": "https://evil.example.org"}, {"account": "bob"}])
async def test_what_belongs_elsewhere_is_ignored_with_a_warning(change: Any, caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    await world.get(world.source())
    entry = await world.store.load(KEY)
    assert entry is not None
    await world.store.save(KEY, attrs.evolve(entry, revision=entry.revision + 1, **change))
    caplog.set_level(logging.WARNING, "asdk.auth")
    await world.get(world.source())
    assert world.requests == ["login", "login"]
    assert "it is not used" in caplog.text
    again = await world.store.load(KEY)
    assert again is not None
    assert (again.origin, again.account) == ("https://login.example.org", "ada")


async def test_another_first_refresh_token_wins_over_the_store() -> None:
    world = World()
    await world.get(world.source(Refresh(world.families.first())))
    await world.expire()
    token = await world.get(world.source(Refresh(world.families.first())))
    assert token == world.families.families[1].access
    assert world.families.replays == 0


async def test_two_users_of_one_application_never_get_each_others_token() -> None:
    grants: list[str] = []

    def answer(request: Any) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        grants.append(form["username"])
        return Reply(json={"access_token": f"of-{form['username']}", "expires_in": 100})

    world, transport = World(), MemoryTransport(answer)

    def source_of(name: str) -> TokenSource:
        return world.source(PasswordGrant(TOKEN_URL, name, f"password of {name}", client_id="the-app"))

    for _ in range(3):
        for name in ("alice", "bob"):
            token = await source_of(name).get(transport.send)
            assert token.value.reveal() == f"of-{name}"
    assert grants == ["alice", "bob"]


async def test_each_tenant_has_an_entry_of_its_own() -> None:
    class PerTenant(Login):
        per_tenant = True

    world = World()
    source, other = world.source(PerTenant()), world.source(PerTenant())
    tokens = {await world.get(one, tenant=Tenant(name)) for one in (source, other) for name in ("a", "b")}
    assert len(tokens) == 2
    assert world.requests == ["login", "login"]


async def test_tenants_whose_parts_look_alike_when_joined_never_share_an_entry() -> None:
    class PerTenant(Login):
        per_tenant = True

    world = World()
    source = world.source(PerTenant())
    tenants = [Tenant("a/b", "c"), Tenant("a", "b/c"), Tenant("-", "x"), Tenant(None, "x"), None, Tenant()]
    tokens = {await world.get(source, tenant=tenant) for tenant in tenants}
    assert len(tokens) == len(tenants)


async def test_a_credential_that_says_nothing_of_itself_is_refused_by_a_store() -> None:
    class Nameless(Credential):
        pass

    with pytest.raises(ConfigurationError, match="identity"):
        TokenSource(Nameless(), store=MemoryTokenStore())
    store = MemoryTokenStore()
    source = TokenSource(ApiKey("key-1234"), store=store)
    await source.get(MemoryTransport().send)
    assert repr(store) == "<MemoryTokenStore of 0 tokens>", "a key is in no store"


async def test_what_the_store_holds_can_be_seen_and_forgotten() -> None:
    world = World()
    source = world.source()
    assert await source.read_store() is None
    await world.get(source)
    entry = await source.read_store()
    assert entry is not None
    assert entry.token is not None
    await source.forget()
    assert await source.read_store() is None
    assert source.peek() is None
    await world.get(source)
    assert world.requests == ["login", "login"]


# --- fork -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_after_a_fork_what_was_in_memory_alone_is_the_parents() -> None:
    world = World(store=MemoryTokenStore())
    families = world.families
    sources = [world.source(), world.source(Refresh(families.first())), world.source(Refresh(families.first()))]
    for source in sources[:2]:
        await world.get(source)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - seen by the parent alone
        told = b""
        try:
            loop = asyncio.new_event_loop()
            told += loop.run_until_complete(world.get(sources[0])).encode() + b"\n"  # the access token is everybody's
            loop.run_until_complete(world.clock.advance(101))
            told += loop.run_until_complete(world.get(sources[0])).encode() + b"\n"
            for source in sources[1:]:
                try:
                    loop.run_until_complete(world.get(source, within=0.5))
                except (TokenUnavailableError, TokenRefusedError) as error:
                    told += type(error).__name__.encode() + b"\n"
            told += " ".join(families.requests).encode()
        finally:
            os.write(write, told)
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        lines = pipe.read().splitlines()
    os.waitpid(child, 0)  # noqa: ASYNC222 - it has ended
    assert lines[0] == "access-2-3"
    assert lines[1] != lines[0]
    assert lines[2:] == ["TokenUnavailableError", "TokenUnavailableError", "login refresh login"]
