"""`RedisTokenStore`: tokens in Redis, shared by the processes of all machines that reach it.

For fleets. Each event loop has a client of its own (`PerLoop`), which ends with its loop and is left alone after a
fork. Every step that must not be interrupted by others is one script, which Redis runs as a whole.
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
LOCK_BEAT = 1.5

# No command takes longer, in seconds, with a connection, a reconnection and whatever the client adds to it.
_COMMAND_TIMEOUT = 4.0

# How long whoever has done his work waits until his lock is known to be free, in seconds.
_GIVE_BACK_TIMEOUT = 1.0

# How long to wait before a lock that somebody else holds is tried again, in seconds: it grows, for others wait too.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25

# Begins what is encrypted; a plain entry begins with a brace.
_SEALED = b"asdk1:"

# What is kept under a key, as a fingerprint: empty for nothing, "foreign" for what no store put there.
_STATE = f"""
local kind, value, state = redis.call('TYPE', KEYS[1]).ok, '', 'foreign'
if kind == 'none' then state = '' end
if kind == 'string' and redis.call('STRLEN', KEYS[1]) <= {2 * LARGEST} then
  value = redis.call('GET', KEYS[1])
  state = redis.sha1hex(value)
end
"""
_LOAD = _STATE + "return {state, value}"

# The second condition is for a script that is sent again, since its reply was lost.
_SAVE = f"""{_STATE}
if state == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return state == redis.sha1hex(ARGV[2]) and 1 or 0
"""
_TAKE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0
"""
_EXTEND = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
_GIVE_BACK = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"


class RedisTokenStore:
    """Keeps each token under a key in Redis, encrypted if a key is given.

    The lock ends by itself 5 s after its holder died. A thread extends it while the holder lives, also while something
    blocks the holder's event loop. What stops the whole process for more than 5 s (a SIGSTOP, a machine that sleeps)
    does lose it; the holder's next save is refused then, if somebody else has saved in the meantime. The same goes for
    a Redis that restarts empty.

    Any error of Redis goes out as it is, without its frames; no command takes longer than 4 s.

    Args:
        source: an URL such as ``rediss://user:password@host:6379/0``; or a client, whose settings are used, not the
            client itself, since it works in one event loop only; or a function that makes a client, called once in each
            event loop, for Sentinel, a cluster, or settings of your own.
        encryption_key: 32 bytes or their base64, as ``secrets.token_urlsafe(32)`` makes it. What was encrypted with
            another key, or put under another name, is ignored, with one warning.
        prefix: begins each key.

    Raises:
        ConfigurationError: the URL or the key is none; or a package is missing: ``pip install 'asdk[redis]'`` or
            ``'asdk[crypto]'``.
    """

    def __init__(
        self, source: Source, *, encryption_key: str | bytes | Secret | None = None, prefix: str = "asdk:"
    ) -> None:
        require_extra("RedisTokenStore", "redis", "redis")
        from asdk.auth.stores.redis_clients import client_maker, close_client

        self.prefix = prefix
        self._seal = None if encryption_key is None else _make_seal(encryption_key)
        self._make = client_maker(source)
        self._clients: PerLoop[Redis] = PerLoop(close_client)
        self._locks = LocalLocks()
        self._complaints = WarnOnce()

    async def load(self, key: str) -> TokenRecord | None:
        return (await self._look(f"{self.prefix}{key}"))[1]

    async def save(self, key: str, entry: TokenRecord) -> bool:
        name = f"{self.prefix}{key}"
        state, before = await self._look(name)
        if (0 if before is None else before.revision) != entry.revision - 1:
            return False
        return bool(await self._eval(_SAVE, name, state, memoryview(self._write(name, entry))))

    async def delete(self, key: str) -> None:
        await self._run("DEL", f"{self.prefix}{key}")

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        # The mark is made before anything is sent: whatever becomes of the reply, the lock can be given back.
        name, mark = f"{self.prefix}lock:{key}", secrets.token_hex(16)
        async with self._locks.hold(key) as holder:
            heartbeat = Heartbeat(
                LOCK_BEAT,
                beat=lambda: self._extend(name, mark),
                lost=lambda: asyncio.run(self._give_back(name, mark)),
            )
            holder.on_lost = heartbeat.give_up
            try:
                await self._take(name, mark)
                heartbeat.start()
                yield
            except GeneratorExit:  # the loop is gone, and nothing can be sent from here
                heartbeat.give_up()
                raise
            except BaseException:
                await self._leave(heartbeat, name, mark)
                raise
            await self._leave(heartbeat, name, mark)

    async def aclose(self) -> None:
        """Close the connections, of this loop and of others. Not needed: each loop closes its own when it ends."""
        await self._clients.aclose()

    async def _take(self, name: str, mark: str) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            taken = await self._eval(_TAKE, name, mark, int(LOCK_TTL * 1000))
            if taken and time.monotonic() - began < LOCK_BEAT:
                return  # else its life, which began at some time in between, may be over before the first beat
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    async def _extend(self, name: str, mark: str) -> bool:
        return bool(await self._eval(_EXTEND, name, mark, int(LOCK_TTL * 1000)))

    async def _leave(self, heartbeat: Heartbeat, name: str, mark: str) -> None:
        """Free the lock, if it is still ours: also while the caller is being cancelled, or others wait 5 s for it."""
        heartbeat.stop()
        try:
            await self._give_back(name, mark)
        except asyncio.CancelledError:
            try:
                await self._give_back(name, mark)  # a cancellation breaks one command off, not the next
            except asyncio.CancelledError:
                heartbeat.give_up()  # a scope of anyio strikes at each await: what is left is for the other thread
            raise

    async def _give_back(self, name: str, mark: str) -> None:
        with suppress(Exception):  # Redis is gone: what the body did stands, and the lock ends by itself
            async with asyncio.timeout(_GIVE_BACK_TIMEOUT):
                await self._eval(_GIVE_BACK, name, mark)

    async def _look(self, name: str) -> tuple[str, TokenRecord | None]:
        """The state of what is kept there, as the scripts name it, and the entry, if it can be trusted."""
        state, value = map(_plain, await self._eval(_LOAD, name))
        return state.decode(), self._read(name, state, value)

    def _read(self, name: str, state: bytes, value: bytes) -> TokenRecord | None:
        if not state:
            return None
        try:
            if state == b"foreign":
                raise ValueError("it is no entry of a token store")
            is_sealed = value.startswith(_SEALED)
            if self._seal is None:
                if is_sealed:
                    raise ValueError("it is encrypted, and no encryption_key was given")
                return TokenRecord.loads(value)
            if not is_sealed:
                raise ValueError("it is not encrypted, but an encryption_key was given")
            return TokenRecord.loads(self._seal.open(value.removeprefix(_SEALED), name))
        except ValueError as error:
            self._complaints.ignored(f"Redis under {name}", str(error))
            return None

    def _write(self, name: str, entry: TokenRecord) -> bytes:
        text = entry.dumps()
        return text.reveal().encode() if self._seal is None else _SEALED + self._seal.close(text, name)

    async def _eval(self, script: str, name: str, *arguments: str | int | memoryview) -> Any:
        return await self._run("EVAL", script, 1, name, *arguments)

    async def _run(self, *command: str | int | memoryview) -> Any:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        client = self._clients.by_loop.get(loop) or await self._clients.open(loop, lambda _: self._make())
        cancelling = 0 if task is None else task.cancelling()
        failure: BaseException = asyncio.CancelledError()
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT):
                reply = await client.execute_command(*command)  # type: ignore[no-untyped-call]
            if task is None or task.cancelling() <= cancelling:
                return reply
            del reply  # `asyncio.wait_for` of Python 3.11, in redis-py, swallowed a cancellation
        except BaseException as error:  # noqa: BLE001 - a cancellation, too, comes through frames that hold the token
            failure = without_frames(error)
        try:
            raise failure
        finally:
            del failure

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self.prefix!r}{'' if self._seal is None else ', encrypted'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a RedisTokenStore does not pickle: make one in each process")


def _make_seal(key: str | bytes | Secret) -> Cipher:
    require_extra("encryption_key", "crypto", "cryptography")
    from asdk.auth.stores.encryption import Cipher

    return Cipher(key)


def _plain(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value  # a client of the user's may decode its replies
