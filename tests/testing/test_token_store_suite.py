"""`TokenStoreSuite` detects broken stores."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from asdk.auth import MemoryTokenStore, TokenRecord
from asdk.testing import TokenStoreSuite
from asdk.testing.cancelling import at_each_await


class NeverRejects(MemoryTokenStore):
    async def save(self, key: str, entry: TokenRecord) -> bool:
        self._entries[key] = entry
        return True


class LosesRaces(MemoryTokenStore):
    async def save(self, key: str, entry: TokenRecord) -> bool:
        before = await self.load(key)
        await asyncio.sleep(0)
        if (0 if before is None else before.revision) != entry.revision - 1:
            return False
        self._entries[key] = entry
        return True


class DoesNotLock(MemoryTokenStore):
    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        yield


class LocksTasksOnly(MemoryTokenStore):
    def __init__(self) -> None:
        super().__init__()
        self.of_each_loop: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        async with self.of_each_loop.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            yield


class StaysLocked(MemoryTokenStore):
    def __init__(self) -> None:
        super().__init__()
        self.acquired: list[object] = []

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        lock = self._locks.lock(key)
        self.acquired.append(lock)
        await lock.__aenter__()
        await asyncio.sleep(0)
        yield
        await lock.__aexit__(None, None, None)


class RevealsTokens(MemoryTokenStore):
    def __repr__(self) -> str:
        return f"<{[entry.dumps().reveal() for entry in self._entries.values()]}>"


suite = TokenStoreSuite()

Case = Callable[[MemoryTokenStore, MemoryTokenStore], None]
BROKEN: dict[type[MemoryTokenStore], Case] = {
    NeverRejects: suite.test_only_the_next_revision_is_saved,
    LosesRaces: suite.test_one_of_the_tasks_saves_each_revision,
    DoesNotLock: suite.test_the_lock_has_one_holder_among_tasks,
    LocksTasksOnly: suite.test_the_lock_has_one_holder_among_loops_and_threads,
    RevealsTokens: lambda store, _: suite.test_the_store_reveals_no_secret(store),
}


@pytest.mark.parametrize(("kind", "case"), BROKEN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_store_does_not_pass(kind: type[MemoryTokenStore], case: Case) -> None:
    store = kind()
    with pytest.raises((AssertionError, RuntimeError)):
        case(store, store)


def test_a_lock_that_an_error_does_not_release_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdk.testing.token_store_suite._FREE_LOCK_TIMEOUT", 0.1)
    store = StaysLocked()
    with pytest.raises(TimeoutError):
        suite.test_an_error_in_the_block_releases_the_lock(store, store)


async def test_a_swallowed_cancellation_is_detected() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return

    with pytest.raises(AssertionError, match="cancelled at its suspension 1, and swallowed that"):
        async for _ in at_each_await(stubborn):
            pass


def test_the_test_kit_imports_pytest_for_the_suite_only() -> None:
    code = "import sys; sys.modules['pytest'] = None; import asdk.testing; print(asdk.testing.VirtualClock.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "VirtualClock"
