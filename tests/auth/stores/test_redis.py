"""`RedisTokenStore`: its lock, the records it trusts, failures of Redis, and its clients."""

from __future__ import annotations

import asyncio
import logging
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator

import anyio
import pytest
import redis.asyncio
from redis.exceptions import RedisError

from asdk import ConfigurationError
from asdk.auth import RedisTokenStore
from asdk.auth.stores import redis as redis_store
from asdk.auth.stores.encryption import Cipher
from asdk.testing import TokenStoreSuite
from asdk.testing.token_store_suite import KEY, OTHER_KEY, SECRETS, assert_free, make_entry, seen_of
from tests.support.processes import Process
from tests.support.redis_server import RedisServer, running_redis
from tests.support.scripts import SLOW

NAME = f"asdk:{KEY}"
LOCK = f"asdk:lock:{KEY}"
ENCRYPTION_KEY = b"k" * 32


class TestRedisTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url)

    @pytest.fixture
    def same_store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url)


class TestEncryptedRedisTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url, encryption_key=ENCRYPTION_KEY)

    @pytest.fixture
    def same_store(self, redis_server: RedisServer) -> RedisTokenStore:
        return RedisTokenStore(redis_server.url, encryption_key=ENCRYPTION_KEY)


@pytest.fixture
def store(redis_server: RedisServer) -> RedisTokenStore:
    return RedisTokenStore(redis_server.url)


@pytest.fixture
def short_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let locks expire 0.6 s after their holder died."""
    monkeypatch.setattr(redis_store, "LOCK_TTL", 0.6)
    monkeypatch.setattr(redis_store, "LOCK_EXTEND_INTERVAL", 0.15)


# --- the lock ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("short_lock")
def test_a_lock_that_is_held_beyond_its_ttl_has_one_holder(store: RedisTokenStore, redis_server: RedisServer) -> None:
    async def scenario() -> None:
        async with store.lock(KEY):
            with pytest.raises(TimeoutError):
                await assert_free(RedisTokenStore(redis_server.url), within=1.5)
        await assert_free(store, within=0.3)

    asyncio.run(scenario())


@pytest.mark.usefixtures("short_lock")
def test_a_call_that_blocks_the_loop_does_not_lose_the_lock(store: RedisTokenStore, redis_server: RedisServer) -> None:
    async def scenario() -> None:
        async with store.lock(KEY):
            owner = redis_server.cli("GET", LOCK)
            time.sleep(1.2)  # noqa: ASYNC251 - blocks on purpose
            assert redis_server.cli("GET", LOCK) == owner != ""

    asyncio.run(scenario())


def test_the_lock_expires_after_five_seconds(store: RedisTokenStore, redis_server: RedisServer) -> None:
    async def scenario() -> None:
        async with store.lock(KEY):
            assert 4000 < int(redis_server.cli("PTTL", LOCK)) <= 5000

    asyncio.run(scenario())
    assert redis_server.cli("EXISTS", LOCK) == "0"


def test_the_lock_of_a_killed_process_is_taken_over(store: RedisTokenStore, redis_server: RedisServer) -> None:
    source = """
        redis_store.LOCK_TTL, redis_store.LOCK_EXTEND_INTERVAL = 0.6, 0.2

        async def main():
            async with RedisTokenStore(sys.argv[1]).lock(KEY):
                say("held")
                await asyncio.sleep(60)

        asyncio.run(main())
        """
    with Process(source, redis_server.url) as holder:
        assert holder.hear() == "held"
        with pytest.raises(TimeoutError):
            asyncio.run(assert_free(store, within=1.0))
        holder.kill()
        asyncio.run(assert_free(store, within=1.5))


def test_a_forked_child_does_not_hold_or_release_its_parents_lock(redis_server: RedisServer) -> None:
    source = """
        store = RedisTokenStore(sys.argv[1])

        async def main():
            async with store.lock(KEY):
                child = os.fork()
                if child == 0:
                    for own in (store, RedisTokenStore(sys.argv[1])):
                        say("child", asyncio.run(is_free(own, 0.2)), asyncio.run(own.load(KEY)))
                    os._exit(0)
                os.waitpid(child, 0)
                say("parent", await is_free(RedisTokenStore(sys.argv[1]), 0.2))
                assert await store.save(KEY, entry(1))
            say("after", await is_free(store, 1.0))

        asyncio.run(main())
        """
    with Process(source, redis_server.url) as process:
        assert process.finish() == ["child False None", "child False None", "parent False", "after True"]


def test_a_task_cancelled_at_any_time_leaves_no_lock(store: RedisTokenStore, redis_server: RedisServer) -> None:
    async def hold() -> None:
        async with store.lock(KEY):
            await asyncio.sleep(0.0005)

    async def scenario() -> None:
        pauses = random.Random(1)
        for _ in range(100):
            task = asyncio.create_task(hold())
            await asyncio.sleep(pauses.uniform(0, 0.004))
            task.cancel()
            await asyncio.wait([task])
            assert redis_server_is_free()

    client = redis.Redis(port=redis_server.port)

    def redis_server_is_free() -> bool:
        return client.get(LOCK) is None

    asyncio.run(scenario())
    client.close()


def test_a_cancelled_anyio_scope_leaves_no_lock(store: RedisTokenStore) -> None:
    async def scenario() -> None:
        for _ in range(10):
            with anyio.move_on_after(0.003):
                async with store.lock(KEY):
                    await anyio.sleep(1)
            await assert_free(store, within=1.0)

    asyncio.run(scenario())


def test_no_thread_outlives_a_lock(store: RedisTokenStore) -> None:
    async def scenario() -> None:
        async with store.lock(KEY):
            assert [thread for thread in threading.enumerate() if thread.name == "asdk-lock"]
        for _ in range(100):
            if not [thread for thread in threading.enumerate() if thread.name == "asdk-lock"]:
                return
            await asyncio.sleep(0.01)
        pytest.fail("a heartbeat outlived its lock")

    asyncio.run(scenario())


# --- trust -------------------------------------------------------------------------------------------------


def test_an_encrypted_store_reveals_no_secret_to_readers(redis_server: RedisServer) -> None:
    asyncio.run(RedisTokenStore(redis_server.url, encryption_key=ENCRYPTION_KEY).save(KEY, make_entry()))
    kept = redis_server.cli("GET", NAME)
    assert kept.startswith("asdk2:")
    assert not [word for word in (*SECRETS, "alice", "origin", "token") if word in kept]
    assert redis_server.cli("KEYS", "*") == NAME


def tamper(server: RedisServer) -> None:
    kept = server.cli("GET", NAME)
    server.cli("SET", NAME, kept[:40] + ("A" if kept[40] != "A" else "B") + kept[41:])


def move(server: RedisServer) -> None:
    asyncio.run(RedisTokenStore(server.url, encryption_key=ENCRYPTION_KEY).save(OTHER_KEY, make_entry()))
    server.cli("RENAME", f"asdk:{OTHER_KEY}", NAME)


def encrypt_with_another_key(server: RedisServer) -> None:
    server.cli("DEL", NAME)
    asyncio.run(RedisTokenStore(server.url, encryption_key=b"x" * 32).save(KEY, make_entry()))


def put_in_plain(server: RedisServer) -> None:
    server.cli("SET", NAME, make_entry().dumps().reveal())


def put_a_list(server: RedisServer) -> None:
    server.cli("DEL", NAME)
    server.cli("LPUSH", NAME, "x")


CHANGED = "another key"
NOT_A_RECORD = "of a token store"
DISTRUSTED: dict[str, tuple[bytes | None, Callable[[RedisServer], object], str]] = {
    "another key": (ENCRYPTION_KEY, encrypt_with_another_key, CHANGED),
    "tampered": (ENCRYPTION_KEY, tamper, CHANGED),
    "cut off": (ENCRYPTION_KEY, lambda server: server.cli("SET", NAME, server.cli("GET", NAME)[:-4]), CHANGED),
    "moved": (ENCRYPTION_KEY, move, CHANGED),
    "plain": (ENCRYPTION_KEY, put_in_plain, "not encrypted"),
    "no key": (None, encrypt_with_another_key, "no encryption_key"),
    "cut JSON": (None, lambda server: server.cli("SET", NAME, server.cli("GET", NAME)[:-4]), "valid JSON"),
    "empty": (None, lambda server: server.cli("SET", NAME, ""), "valid JSON"),
    "a list": (None, put_a_list, NOT_A_RECORD),
    "too large": (None, lambda server: server.cli("SETRANGE", NAME, "3000000", "x"), NOT_A_RECORD),
}


@pytest.mark.parametrize(("key", "spoil", "problem"), DISTRUSTED.values(), ids=DISTRUSTED)
def test_an_untrusted_record_is_ignored_with_one_warning_and_replaced(
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
    key: bytes | None,
    spoil: Callable[[RedisServer], object],
    problem: str,
) -> None:
    store = RedisTokenStore(redis_server.url, encryption_key=key)
    asyncio.run(store.save(KEY, make_entry()))
    spoil(redis_server)
    with caplog.at_level(logging.DEBUG):
        assert asyncio.run(store.load(KEY)) is None
        assert asyncio.run(store.load(KEY)) is None
    [record] = [record for record in caplog.records if record.name == "asdk.auth"]
    assert record.levelname == "WARNING"
    assert f"Redis under {NAME}" in record.getMessage()
    assert problem in record.getMessage()
    assert not [secret for secret in SECRETS if secret in caplog.text]
    assert asyncio.run(store.save(KEY, make_entry(1, "new")))
    assert asyncio.run(store.load(KEY)) == make_entry(1, "new")


# --- replays ---------------------------------------------------------------------------------------------------------


def encrypted_store(server: RedisServer) -> RedisTokenStore:
    return RedisTokenStore(server.url, encryption_key=ENCRYPTION_KEY)


async def older_revision(server: RedisServer, store: RedisTokenStore) -> str:
    """Return the value before the newest one, which the store has saved over it."""
    await store.save(KEY, make_entry())
    value = server.cli("GET", NAME)
    await store.save(KEY, make_entry(2, "new"))
    return value


async def seen_by_loading(server: RedisServer, store: RedisTokenStore) -> str:
    """Return the value before the newest one, which another process has saved and the store has loaded."""
    value = await older_revision(server, encrypted_store(server))
    assert await store.load(KEY) == make_entry(2, "new")
    return value


async def after_a_logout(server: RedisServer, store: RedisTokenStore) -> str:
    """Return a value whose key was deleted since."""
    value = await older_revision(server, store)
    await store.delete(KEY)
    return value


async def older_generation(server: RedisServer, store: RedisTokenStore) -> str:
    """Return a value of a higher revision from before the key was deleted and saved again."""
    other = encrypted_store(server)
    for revision in range(1, 6):
        await other.save(KEY, make_entry(revision))
    value = server.cli("GET", NAME)
    await store.load(KEY)
    server.cli("FLUSHALL")
    await other.save(KEY, make_entry(1, "new"))
    assert await store.load(KEY) == make_entry(1, "new")
    return value


async def earlier_format(server: RedisServer, store: RedisTokenStore) -> str:
    """Return a value in the format of earlier versions, which had no generation."""
    await store.save(KEY, make_entry(1, "new"))
    return "asdk1:" + Cipher(ENCRYPTION_KEY).encrypt(make_entry(9).dumps(), NAME).decode()


async def renumbered(server: RedisServer, store: RedisTokenStore) -> str:
    """Return an older value whose generation was replaced by a later one."""
    _, generation, encrypted = (await older_revision(server, store)).split(":")
    return f"asdk2:{int(generation) + 1}:{encrypted}"


REPLAYS = [older_revision, seen_by_loading, after_a_logout, older_generation, earlier_format, renumbered]


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.__name__)
def test_an_older_encrypted_record_is_ignored_and_replaced(
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
    replay: Callable[[RedisServer, RedisTokenStore], Awaitable[str]],
) -> None:
    store = encrypted_store(redis_server)

    async def scenario() -> None:
        redis_server.cli("SET", NAME, await replay(redis_server, store))
        with caplog.at_level(logging.DEBUG):
            assert await store.load(KEY) is None
            assert await store.load(KEY) is None
        assert not await store.save(KEY, make_entry(2, "next"))
        assert await store.save(KEY, make_entry(1, "next"))
        assert await store.load(KEY) == await encrypted_store(redis_server).load(KEY) == make_entry(1, "next")

    asyncio.run(scenario())
    [record] = [record for record in caplog.records if record.name == "asdk.auth"]
    assert record.levelname == "WARNING"
    assert f"Redis under {NAME}" in record.getMessage()
    assert not [secret for secret in SECRETS if secret in caplog.text]


@pytest.mark.parametrize(
    "change", ["asdk2:", "asdk2::", "asdk2:x:", "asdk2:-1:", "asdk2:" + "9" * 5000 + ":", "asdk2:0:"]
)
def test_a_record_with_an_invalid_generation_is_ignored(redis_server: RedisServer, change: str) -> None:
    async def scenario() -> None:
        store = encrypted_store(redis_server)
        await store.save(KEY, make_entry())
        redis_server.cli("SET", NAME, change + redis_server.cli("GET", NAME).rpartition(":")[2])
        assert await store.load(KEY) is None

    asyncio.run(scenario())


def test_a_record_of_an_earlier_version_is_read_and_replaced(redis_server: RedisServer) -> None:
    async def scenario() -> None:
        value = "asdk1:" + Cipher(ENCRYPTION_KEY).encrypt(make_entry(3).dumps(), NAME).decode()
        redis_server.cli("SET", NAME, value)
        store = encrypted_store(redis_server)
        assert await store.load(KEY) == make_entry(3)
        assert await store.save(KEY, make_entry(4))
        assert await encrypted_store(redis_server).load(KEY) == make_entry(4)
        assert redis_server.cli("GET", NAME).startswith("asdk2:0:")

    asyncio.run(scenario())


def test_what_two_processes_save_in_turn_is_not_a_replay(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = encrypted_store(redis_server), encrypted_store(redis_server)

    async def read() -> None:
        for _ in range(100):
            assert await first.load(KEY) is not None

    async def write() -> None:
        for revision in range(2, 40):
            assert await (first if revision % 2 else second).save(KEY, make_entry(revision))

    async def scenario() -> None:
        await first.save(KEY, make_entry())
        await asyncio.gather(read(), read(), write())

    asyncio.run(scenario())
    assert not caplog.records


def test_the_newest_versions_of_a_bounded_number_of_keys_are_kept(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "_MAX_KEYS", 3)
    store = encrypted_store(redis_server)

    async def scenario() -> None:
        for number in range(9):
            await store.save(f"{number:032}", make_entry())

    asyncio.run(scenario())
    assert len(store._newest) == 3


@pytest.mark.parametrize("key", ["short", b"x" * 31, "!" * 43, ""])
def test_an_invalid_key_is_rejected_without_being_shown(key: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match="encryption_key") as caught:
        RedisTokenStore("redis://localhost", encryption_key=key)
    assert not key or str(key) not in str(caught.value)


def test_the_key_may_be_base64(redis_server: RedisServer) -> None:
    first = RedisTokenStore(redis_server.url, encryption_key="a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s")
    second = RedisTokenStore(redis_server.url, encryption_key=ENCRYPTION_KEY)
    asyncio.run(first.save(KEY, make_entry()))
    assert asyncio.run(second.load(KEY)) == make_entry()


def test_a_repeated_save_after_a_lost_reply_succeeds(store: RedisTokenStore) -> None:
    async def scenario() -> None:
        assert await store.save(KEY, make_entry())
        state, _, _ = await store._load(NAME)
        value = make_entry(2).dumps().reveal().encode()
        arguments = (redis_store._SAVE, NAME, state, memoryview(value))
        assert [await store._eval(*arguments) for _ in range(2)] == [1, 1]

    asyncio.run(scenario())


# --- failures of Redis ---------------------------------------------------------------------------------------------


async def use_lock(store: RedisTokenStore) -> None:
    async with store.lock(KEY):
        pass


async def failures_of(store: RedisTokenStore) -> list[BaseException]:
    uses = (store.load(KEY), store.save(KEY, make_entry()), store.delete(KEY), use_lock(store))
    results = await asyncio.gather(*uses, return_exceptions=True)
    return [result for result in results if isinstance(result, BaseException)]


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    with running_redis(password="p4ssw0rd") as server:
        yield server


def test_a_killed_redis_raises_and_a_restarted_one_is_used(own_server: RedisServer) -> None:
    store = RedisTokenStore(own_server.url)

    async def scenario() -> None:
        assert await store.save(KEY, make_entry())
        own_server.kill()
        errors = await failures_of(store)
        assert [isinstance(error, RedisError) for error in errors] == [True] * 4
        assert_shows_nothing(errors)
        own_server.start()
        assert await store.load(KEY) is None
        assert await store.save(KEY, make_entry())
        await use_lock(store)

    asyncio.run(scenario())


def test_releasing_a_lock_of_a_dead_redis_raises_no_error(own_server: RedisServer) -> None:
    async def scenario() -> None:
        async with RedisTokenStore(own_server.url).lock(KEY):
            own_server.kill()

    asyncio.run(scenario())


def test_an_unresponsive_redis_raises_within_seconds(own_server: RedisServer) -> None:
    store = RedisTokenStore(own_server.url)

    async def scenario() -> None:
        await store.load(KEY)
        with own_server.frozen():
            began = time.monotonic()
            errors = await failures_of(store)
            assert len(errors) == 4
            assert time.monotonic() - began < 30  # including the release of a lock that may have been acquired
            assert_shows_nothing(errors)

    asyncio.run(scenario())


def test_a_wrong_password_is_not_shown(own_server: RedisServer) -> None:
    url = own_server.url.replace("p4ssw0rd", "wr0ng")
    errors = asyncio.run(failures_of(RedisTokenStore(url)))
    assert len(errors) == 4
    assert_shows_nothing(errors)


def assert_shows_nothing(errors: list[BaseException]) -> None:
    for error in errors:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert not [secret for secret in (*SECRETS, "p4ssw0rd", "wr0ng") if secret in shown]


def test_the_error_of_a_cancelled_save_contains_no_secret(store: RedisTokenStore) -> None:
    async def scenario() -> None:
        await store.load(KEY)
        for turns in range(12):
            task = asyncio.create_task(store.save(KEY, make_entry()))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if task.cancelled():
                with pytest.raises(asyncio.CancelledError) as caught:
                    await task
                assert_shows_nothing([caught.value])

    asyncio.run(scenario())


# --- clients ----------------------------------------------------------------------------------------------------------


def test_a_used_store_reveals_no_secret(own_server: RedisServer) -> None:
    store = RedisTokenStore(own_server.url, encryption_key=ENCRYPTION_KEY)

    async def scenario() -> None:
        async with store.lock(KEY):
            await store.save(KEY, make_entry())
            seen = seen_of(store)
            assert not [secret for secret in (*SECRETS, "p4ssw0rd", ENCRYPTION_KEY.decode()) if secret in seen]

    asyncio.run(scenario())
    with pytest.raises(TypeError, match="RedisTokenStore"):
        pickle.dumps(store)


def test_a_clients_settings_are_copied(own_server: RedisServer) -> None:
    client = redis.asyncio.Redis(port=own_server.port, password="p4ssw0rd", decode_responses=True, db=3)
    store = RedisTokenStore(client, prefix="mine:")
    assert "p4ssw0rd" not in repr(vars(store))
    for _ in range(2):  # in two event loops, although the client works in one only
        asyncio.run(store.load(KEY))
    assert asyncio.run(store.save(KEY, make_entry()))
    assert own_server.cli("-n", "3", "KEYS", "*") == f"mine:{KEY}"


@pytest.mark.parametrize("decode", [False, True])
def test_a_function_makes_a_client_for_each_loop(redis_server: RedisServer, decode: bool) -> None:
    made: list[redis.asyncio.Redis] = []

    def make() -> redis.asyncio.Redis:
        made.append(redis.asyncio.Redis(port=redis_server.port, decode_responses=decode))
        return made[-1]

    store = RedisTokenStore(make, encryption_key=ENCRYPTION_KEY)
    assert asyncio.run(store.save(KEY, make_entry()))
    assert asyncio.run(store.load(KEY)) == make_entry()
    assert len(made) == 2


@pytest.mark.parametrize("url", ["http://host", "redis://user:p4ssw0rd@host:port/0", "p4ssw0rd"])
def test_an_invalid_url_is_rejected_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="source") as caught:
        RedisTokenStore(url)
    assert "p4ssw0rd" not in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "extra"), [("redis", "redis"), ("cryptography", "crypto")], ids=["redis", "cryptography"]
)
def test_a_missing_package_is_named_by_its_extra(monkeypatch: pytest.MonkeyPatch, missing: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=rf"needs {missing}: pip install 'asdk\[{extra}\]'"):
        RedisTokenStore("redis://localhost", encryption_key=ENCRYPTION_KEY)


LIVES = """
import asyncio, gc, sys, threading
from asdk.auth import RedisTokenStore

url, key = sys.argv[1:]
store = RedisTokenStore(url)

async def use(store):
    await store.load(key)
    async with asyncio.timeout(30), store.lock(key):
        pass

async def use_and_close():
    await use(store)
    await store.aclose()

async def drop_in_its_loop():
    await use(RedisTokenStore(url))
    gc.collect()
    await asyncio.sleep(0.05)

async def drop_before_its_loop_ends():
    await use(RedisTokenStore(url))
    gc.collect()

async def leave_in_the_middle_of_a_lock():
    async def hold():
        async with store.lock(key):
            held.set()
            await asyncio.sleep(9)
    held = asyncio.Event()
    task = asyncio.create_task(hold())
    await held.wait()

asyncio.run(use(store))
asyncio.run(use(store))
threads = [threading.Thread(target=lambda: asyncio.run(use(store))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for life in (use_and_close, drop_in_its_loop, drop_before_its_loop_ends, leave_in_the_middle_of_a_lock):
    asyncio.run(life())
    gc.collect()
    asyncio.run(use(store))
"""


def test_the_end_of_a_loop_causes_no_warnings(redis_server: RedisServer) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", LIVES, redis_server.url, KEY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, SLOW.sub("", done.stderr)) == (0, "")


def test_a_suspended_process_does_not_overwrite_later_saves(redis_server: RedisServer) -> None:
    source = """
        redis_store.LOCK_TTL, redis_store.LOCK_EXTEND_INTERVAL = 0.4, 0.1

        async def main():
            store = RedisTokenStore(sys.argv[1])
            async with store.lock(KEY):
                say("held")
                sys.stdin.readline()
                say(await store.save(KEY, entry(1)))

        asyncio.run(main())
        """
    store = RedisTokenStore(redis_server.url)
    with Process(source, redis_server.url) as holder:
        assert holder.hear() == "held"
        holder.signal(signal.SIGSTOP)
        asyncio.run(assert_free(store, within=2.0))
        assert asyncio.run(store.save(KEY, make_entry()))
        holder.signal(signal.SIGCONT)
        holder.tell()
        assert holder.hear() == "False"
    assert asyncio.run(store.load(KEY)) == make_entry()
