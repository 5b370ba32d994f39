"""`RedisTokenStore`: tokens in Redis, shared by the processes of all machines that can reach it.

For fleets. Each event loop has its own Redis client (`PerLoop`), which is closed with its loop and left alone after a
fork. Every step that must be atomic is one script, which Redis runs without interruption.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from asdk.auth.stores.record import LARGEST, TokenRecord
from asdk.concurrency.heartbeat import Heartbeat
from asdk.concurrency.local_locks import LocalLocks
from asdk.concurrency.per_loop import PerLoop
from asdk.concurrency.threads import WarnOnce, without_frames
from asdk.extras import require_extra
from asdk.secret import Secret

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from asdk.auth.stores.encryption import Cipher

    Source: TypeAlias = str | Secret | Redis | Callable[[], Redis]

#: How long a lock outlives its holder, in seconds, and how often the holder's heartbeat extends it.
LOCK_TTL = 5.0
LOCK_EXTEND_INTERVAL = 1.5

# The longest time of one command, in seconds, with a connection, a reconnection and everything that the client adds.
_COMMAND_TIMEOUT = 4.0

# How long a caller that has finished waits for the confirmation that its lock is released, in seconds.
_RELEASE_TIMEOUT = 1.0

# The pauses between two attempts to acquire a lock, in seconds. They grow, since other callers wait too.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25

# The start of an encrypted record, before its generation and a colon; a plain record begins with a brace.
_ENCRYPTED = b"asdk2:"

# The start of an encrypted record of earlier versions, which had no generation.
_ENCRYPTED_BEFORE = b"asdk1:"

# The maximum number of keys whose newest version is remembered; others are evicted in the order they were first seen.
_MAX_KEYS = 100_000

#: The generation of a record and its revision, which order all that was ever stored under a key. A generation begins
#: when a record is saved under a key that has none; it is the time in nanoseconds, and above those seen before.
Version: TypeAlias = tuple[int, int]
_NEVER: Version = (0, 0)

# The state of a key: the fingerprint of its value, empty for no value, "foreign" for a value that no store wrote.
_STATE = f"""
local kind, value, state = redis.call('TYPE', KEYS[1]).ok, '', 'foreign'
if kind == 'none' then state = '' end
if kind == 'string' and redis.call('STRLEN', KEYS[1]) <= {2 * LARGEST} then
  value = redis.call('GET', KEYS[1])
  state = redis.sha1hex(value)
end
"""
_LOAD = _STATE + "return {state, value}"

# The second condition is for a script that is sent again because its reply was lost.
_SAVE = f"""{_STATE}
if state == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return state == redis.sha1hex(ARGV[2]) and 1 or 0
"""
_ACQUIRE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0
"""
_EXTEND = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"


class RedisTokenStore:
    """A store of one Redis key per token, encrypted if an encryption key is given.

    A lock expires 5 s after its holder died. A thread extends it while the holder lives, also while a blocking call
    stops the holder's event loop. A process that is suspended for more than 5 s (a SIGSTOP, a machine that sleeps) does
    lose its lock, and so does every process when Redis restarts empty; the holder's next save is then rejected if
    another process has saved meanwhile.

    Errors of Redis are raised unchanged, without their frames. A command takes 4 s at most.

    Args:
        source: a URL such as ``rediss://user:password@host:6379/0``; or a client, whose settings are copied, since a
            client works in one event loop only; or a function that makes a client, called once in each event loop, for
            Sentinel, a cluster, or settings of your own.
        encryption_key: 32 bytes or their URL-safe base64, as ``secrets.token_urlsafe(32)`` makes it. A record that was
            encrypted with another key, moved from another name, or is older than one that this store has seen, is
            ignored, with one warning.
        prefix: prepended to each key.

    Raises:
        ConfigurationError: the URL or the key is invalid, or a package is missing: ``pip install 'asdk[redis]'`` or
            ``'asdk[crypto]'``.
    """

    def __init__(
        self, source: Source, *, encryption_key: str | bytes | Secret | None = None, prefix: str = "asdk:"
    ) -> None:
        require_extra("RedisTokenStore", "redis", "redis")
        from asdk.auth.stores.redis_clients import client_maker, close_client

        self.prefix = prefix
        self._cipher = None if encryption_key is None else _make_cipher(encryption_key)
        self._make = client_maker(source)
        self._clients: PerLoop[Redis] = PerLoop(close_client)
        self._locks = LocalLocks()
        self._warnings = WarnOnce()
        self._newest: dict[str, Version] = {}  # by key, of encrypted records

    async def load(self, key: str) -> TokenRecord | None:
        """Return the record of this key, or None without one that can be trusted."""
        return (await self._load(f"{self.prefix}{key}"))[2]

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Save the record if the stored one is the revision before it. Return False otherwise."""
        name = f"{self.prefix}{key}"
        state, generation, before = await self._load(name)
        if (0 if before is None else before.revision) != entry.revision - 1:
            return False
        if before is None:
            generation = max(time.time_ns(), self._newest.get(name, _NEVER)[0] + 1)
        saved = bool(await self._eval(_SAVE, name, state, memoryview(self._dump(name, generation, entry))))
        if saved:
            self._remember(name, (generation, entry.revision))
        return saved

    async def delete(self, key: str) -> None:
        """Delete the record of this key, if it exists."""
        await self._run("DEL", f"{self.prefix}{key}")

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Lock this key for all processes that share the Redis."""
        # The owner is chosen before anything is sent, so that the lock can be released even if the reply is lost.
        name, owner = f"{self.prefix}lock:{key}", secrets.token_hex(16)
        async with self._locks.lock(key) as holder:
            heartbeat = Heartbeat(
                LOCK_EXTEND_INTERVAL,
                beat=lambda: self._extend(name, owner),
                lost=lambda: asyncio.run(self._release(name, owner)),
            )
            holder.on_lost = heartbeat.abandon
            try:
                await self._acquire(name, owner)
                heartbeat.start()
                yield
            except GeneratorExit:  # the loop is gone, and nothing can be sent from here
                heartbeat.abandon()
                raise
            except BaseException:
                await self._finish(heartbeat, name, owner)
                raise
            await self._finish(heartbeat, name, owner)

    async def aclose(self) -> None:
        """Close the connections of all event loops. Optional: each loop closes its own when it shuts down."""
        await self._clients.aclose()

    async def _acquire(self, name: str, owner: str) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            acquired = await self._eval(_ACQUIRE, name, owner, int(LOCK_TTL * 1000))
            if acquired and time.monotonic() - began < LOCK_EXTEND_INTERVAL:
                return  # a slower reply leaves too little of the lock's lifetime until the first extension
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    async def _extend(self, name: str, owner: str) -> bool:
        return bool(await self._eval(_EXTEND, name, owner, int(LOCK_TTL * 1000)))

    async def _finish(self, heartbeat: Heartbeat, name: str, owner: str) -> None:
        """Release the lock, also while the caller is being cancelled: otherwise others would wait 5 s for it."""
        heartbeat.stop()
        try:
            await self._release(name, owner)
        except asyncio.CancelledError:
            try:
                await self._release(name, owner)  # a cancellation interrupts one command, not the next
            except asyncio.CancelledError:
                heartbeat.abandon()  # an anyio scope cancels every await, so the rest is up to another thread
            raise

    async def _release(self, name: str, owner: str) -> None:
        with suppress(Exception):  # Redis is gone: the block's work is done, and the lock expires
            async with asyncio.timeout(_RELEASE_TIMEOUT):
                await self._eval(_RELEASE, name, owner)

    async def _load(self, name: str) -> tuple[str, int, TokenRecord | None]:
        """Return the state of a key, as the scripts name it, and its generation and record if that can be trusted."""
        newest = self._newest.get(name, _NEVER)  # before the command: another task may save while its reply travels
        state, value = map(_to_bytes, await self._eval(_LOAD, name))
        return state.decode(), *self._parse(name, state, value, newest)

    def _parse(self, name: str, state: bytes, value: bytes, newest: Version) -> tuple[int, TokenRecord | None]:
        if not state:
            return 0, None
        try:
            if state == b"foreign":
                raise ValueError("it is not a record of a token store")
            is_encrypted = value.startswith((_ENCRYPTED, _ENCRYPTED_BEFORE))
            if self._cipher is None:
                if is_encrypted:
                    raise ValueError("it is encrypted, but the store has no encryption_key")
                return 0, TokenRecord.loads(value)
            if not is_encrypted:
                raise ValueError("it is not encrypted, but the store has an encryption_key")
            generation, record = _decrypt(self._cipher, name, value)
            if (generation, record.revision) < newest:
                raise ValueError("it is older than one that was seen before: replayed, or restored from a backup")
            self._remember(name, (generation, record.revision))
            return generation, record
        except ValueError as error:
            self._warnings.ignored(f"Redis under {name}", str(error))
            return 0, None

    def _dump(self, name: str, generation: int, entry: TokenRecord) -> bytes:
        text = entry.dumps()
        if self._cipher is None:
            return text.reveal().encode()
        return b"%s%d:%s" % (_ENCRYPTED, generation, self._cipher.encrypt(text, _bound_to(name, generation)))

    def _remember(self, name: str, version: Version) -> None:
        """Remember the newest version of a key, so that none before it is trusted again."""
        if self._cipher is None:
            return
        self._newest[name] = max(version, self._newest.get(name, _NEVER))
        if len(self._newest) > _MAX_KEYS:
            self._newest.pop(next(iter(self._newest)), None)

    async def _eval(self, script: str, name: str, *arguments: str | int | memoryview) -> Any:
        return await self._run("EVAL", script, 1, name, *arguments)

    async def _run(self, *command: str | int | memoryview) -> Any:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        client = self._clients.by_loop.get(loop) or self._clients.open(loop, lambda _: self._make())
        cancelling = 0 if task is None else task.cancelling()
        failure: BaseException = asyncio.CancelledError()
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT):
                reply = await client.execute_command(*command)  # type: ignore[no-untyped-call]
            if task is None or task.cancelling() <= cancelling:
                return reply
            del reply  # redis-py's `asyncio.wait_for` of Python 3.11 swallowed a cancellation
        except BaseException as error:  # noqa: BLE001 - the frames of a cancellation contain the token, too
            failure = without_frames(error)
        try:
            raise failure
        finally:
            del failure

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self.prefix!r}{'' if self._cipher is None else ', encrypted'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a RedisTokenStore cannot be pickled; make one in each process")


def _make_cipher(key: str | bytes | Secret) -> Cipher:
    require_extra("encryption_key", "crypto", "cryptography")
    from asdk.auth.stores.encryption import Cipher

    return Cipher(key)


def _decrypt(cipher: Cipher, name: str, value: bytes) -> tuple[int, TokenRecord]:
    """Return the generation and the record of an encrypted value.

    Raises:
        ValueError: it was encrypted for another name or generation or with another key, was changed, or is no record.
    """
    if value.startswith(_ENCRYPTED_BEFORE):
        return 0, TokenRecord.loads(cipher.decrypt(value.removeprefix(_ENCRYPTED_BEFORE), name))
    digits, _, encrypted = value.removeprefix(_ENCRYPTED).partition(b":")
    generation = int(digits) if digits.isdigit() and len(digits) <= 20 else 0
    return generation, TokenRecord.loads(cipher.decrypt(encrypted, _bound_to(name, generation)))


def _bound_to(name: str, generation: int) -> str:
    return f"{name}\n{generation}"


def _to_bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value  # a user's client may decode its replies
