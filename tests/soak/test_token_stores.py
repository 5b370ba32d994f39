"""The cases of tests/auth/stores at full size and with real times."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from asdk.auth import RedisTokenStore
from asdk.testing.token_store_suite import KEY, assert_free
from tests.auth.stores.test_file_processes import kill_writers
from tests.support.processes import Process
from tests.support.redis_server import running_redis

pytestmark = pytest.mark.soak


def test_500_killed_writers_leave_the_old_or_the_new_record(tmp_path: Path) -> None:
    kill_writers(tmp_path / "state" / "tokens", 1000, 500, within=600.0)


def test_the_redis_lock_of_a_killed_process_expires_after_5_s() -> None:
    source = """
        async def main():
            async with RedisTokenStore(sys.argv[1]).lock(KEY):
                say("held")
                await asyncio.sleep(60)

        asyncio.run(main())
        """
    with running_redis() as server, Process(source, server.url) as holder:
        store = RedisTokenStore(server.url)
        assert holder.hear() == "held"
        with pytest.raises(TimeoutError):  # although it holds the lock for longer than the TTL
            asyncio.run(assert_free(store, within=8.0))
        holder.kill()
        began = time.monotonic()
        asyncio.run(assert_free(store, within=10.0))
        assert time.monotonic() - began < 5.5


def test_a_loop_that_is_blocked_for_8_s_keeps_its_redis_lock() -> None:
    source = """
        async def main():
            async with RedisTokenStore(sys.argv[1]).lock(KEY):
                say("held")
                time.sleep(8)
                say("done")
                await asyncio.sleep(60)

        asyncio.run(main())
        """
    with running_redis() as server, Process(source, server.url) as holder:
        assert holder.hear() == "held"
        with pytest.raises(TimeoutError):
            asyncio.run(assert_free(RedisTokenStore(server.url), within=7.5))
        assert holder.hear() == "done"
        assert KEY in server.cli("KEYS", "*")
