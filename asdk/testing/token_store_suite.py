"""`TokenStoreSuite`: tests that every `TokenStore` must pass. Subclass it to test a store of your own.

    class TestMyStore(TokenStoreSuite):
        @pytest.fixture
        def store(self, tmp_path: Path) -> MyStore:
            return MyStore(tmp_path)

        @pytest.fixture
        def same_store(self, tmp_path: Path) -> MyStore:
            return MyStore(tmp_path)

The tests run their own event loops, so they need no plugin for async tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import threading
from collections.abc import Awaitable, Callable

import pytest

from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.testing.cancelling import at_each_await

KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "f" * 32
SECRETS = ("s3cret-access-token", "s3cret-refresh-token")

# The longest time to acquire a free lock, and a lock whose holder is gone, in seconds.
_FREE_LOCK_TIMEOUT = 3.0
_TAKE_OVER_TIMEOUT = 7.0


def make_entry(revision: int = 1, value: str = SECRETS[0]) -> TokenRecord:
    """Return a record with every field set."""
    token = Token(
        value=value,
        issued_at=1_700_000_000.25,
        lifetime=3600.0,
        refresh_token=SECRETS[1],
        refresh_expires_at=1_800_000_000.0,
        claims={"company": "Müller & Söhne", "roles": ["a", "b"]},
    )
    return TokenRecord(
        origin="https://id.example.org",
        account="alice",
        seed="5eed",
        token=token,
        intent=RefreshIntent(refresh_token="f1", process="machine/1@2", written_at=1_700_000_001.5),
        refusal=CachedRefusal(
            until=1_700_000_100.0, count=2, message="wrong password", status=401, code="invalid_grant"
        ),
        revision=revision,
    )


class TokenStoreSuite:
    """The tests of a token store, for a subclass with a fixture ``store``.

    A fixture ``same_store`` may return another object for the same storage, as another process would have one. By
    default it is the same object.
    """

    @pytest.fixture
    def same_store(self, store: TokenStore) -> TokenStore:
        """Return another object for the same storage; by default the store itself."""
        return store

    # --- load, save, delete -------------------------------------------------------------------------------------------

    def test_a_new_store_is_empty(self, store: TokenStore) -> None:
        """Check that a new store is empty."""
        assert asyncio.run(store.load(KEY)) is None

    def test_a_saved_record_is_loaded(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that a saved record is loaded."""
        assert asyncio.run(store.save(KEY, make_entry()))
        for handle in (store, same_store):
            loaded = asyncio.run(handle.load(KEY))
            assert loaded is not None
            assert loaded.dumps() == make_entry().dumps()

    def test_a_record_without_a_token_is_saved(self, store: TokenStore) -> None:
        """Check that a record without a token is saved."""
        record = TokenRecord(origin="https://id.example.org")
        assert asyncio.run(store.save(KEY, record))
        assert asyncio.run(store.load(KEY)) == record

    def test_only_the_next_revision_is_saved(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that only the next revision is saved."""

        async def scenario() -> list[bool]:
            tries = [(store, 2), (store, 1), (same_store, 1), (store, 3), (same_store, 2), (store, 2), (store, 3)]
            return [await handle.save(KEY, make_entry(revision, f"v{n}")) for n, (handle, revision) in enumerate(tries)]

        assert asyncio.run(scenario()) == [False, True, False, False, True, False, True]
        assert value_of(asyncio.run(same_store.load(KEY))) == "v6"

    def test_a_deleted_record_starts_again_at_revision_1(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that the first record after a deletion is revision 1 again."""

        async def scenario() -> None:
            await store.delete(KEY)  # there is no record yet: no error
            assert await store.save(KEY, make_entry(1))
            assert await store.save(KEY, make_entry(2))
            await same_store.delete(KEY)
            assert await store.load(KEY) is None
            assert not await store.save(KEY, make_entry(3))
            assert await store.save(KEY, make_entry(1))

        asyncio.run(scenario())

    def test_keys_are_separate(self, store: TokenStore) -> None:
        """Check that keys are separate."""

        async def scenario() -> None:
            await store.save(KEY, make_entry(1, "alice's"))
            await store.save(OTHER_KEY, make_entry(1, "bob's"))
            await store.delete(OTHER_KEY)
            assert value_of(await store.load(KEY)) == "alice's"
            assert await store.load(OTHER_KEY) is None

        asyncio.run(scenario())

    def test_one_of_the_tasks_saves_each_revision(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that of concurrent tasks that save the same revision, one succeeds."""

        async def scenario() -> None:
            for revision in range(1, 6):
                values = [f"{revision}-{n}" for n in range(10)]
                saves = [
                    (store, same_store)[n % 2].save(KEY, make_entry(revision, value)) for n, value in enumerate(values)
                ]
                kept = [value for value, won in zip(values, await asyncio.gather(*saves), strict=True) if won]
                assert len(kept) == 1
                assert value_of(await store.load(KEY)) == kept[0]

        asyncio.run(scenario())

    def test_one_of_the_threads_saves_each_revision(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that of threads that save the same revision, one succeeds."""
        won: list[tuple[int, str]] = []

        def climb(number: int) -> Callable[[], None]:
            async def scenario() -> None:
                for revision in range(1, 6):
                    if await (store, same_store)[number % 2].save(KEY, make_entry(revision, f"{number}")):
                        won.append((revision, f"{number}"))

            return lambda: asyncio.run(scenario())

        run_in_threads([climb(number) for number in range(4)])
        won.sort()
        assert won, "no thread saved the first revision"
        assert [revision for revision, _ in won] == list(range(1, len(won) + 1))
        assert value_of(asyncio.run(store.load(KEY))) == won[-1][1]

    # --- the lock -----------------------------------------------------------------------------------------------------

    def test_the_lock_has_one_holder_among_tasks(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that the lock has one holder among tasks."""
        section = CriticalSection()

        async def scenario() -> None:
            await asyncio.gather(*(section.enter((store, same_store)[n % 2]) for n in range(12)))

        asyncio.run(scenario())
        assert (section.entered, section.most) == (12, 1)

    def test_the_lock_has_one_holder_among_loops_and_threads(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that the lock has one holder among event loops and threads."""
        section = CriticalSection()

        def work(handle: TokenStore) -> Callable[[], None]:
            return lambda: asyncio.run(repeat(3, lambda: section.enter(handle)))

        run_in_threads([work(handle) for handle in (store, same_store) * 2])
        assert (section.entered, section.most) == (12, 1)

    def test_the_lock_of_another_key_is_free(self, store: TokenStore) -> None:
        """Check that the lock of another key is free."""

        async def scenario() -> None:
            async with store.lock(KEY), asyncio.timeout(_FREE_LOCK_TIMEOUT), store.lock(OTHER_KEY):
                pass

        asyncio.run(scenario())

    def test_the_holder_of_the_lock_can_load_and_save(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that the holder of the lock can load and save."""

        async def scenario() -> None:
            async with store.lock(KEY):
                assert await same_store.save(KEY, make_entry(1))
                assert await store.load(KEY) is not None
                assert await store.save(KEY, make_entry(2))
                await store.delete(KEY)

        asyncio.run(scenario())

    def test_an_error_in_the_block_releases_the_lock(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that an error in the block releases the lock."""

        async def scenario() -> None:
            with pytest.raises(LookupError):
                async with store.lock(KEY):
                    raise LookupError
            await assert_free(same_store)

        asyncio.run(scenario())

    @pytest.mark.parametrize("late", [False, True])
    def test_a_cancellation_at_any_await_releases_the_lock(
        self, store: TokenStore, same_store: TokenStore, late: bool
    ) -> None:
        """Check that a cancellation at any await releases the lock."""

        async def hold() -> None:
            async with store.lock(KEY):
                await asyncio.sleep(0)

        async def scenario() -> None:
            async for _ in at_each_await(hold, late=late):
                await assert_free(same_store)

        asyncio.run(scenario())

    def test_a_cancelled_waiter_does_not_delay_the_others(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that a task that is cancelled while it waits for the lock does not delay others."""

        async def wait(handle: TokenStore) -> None:
            async with handle.lock(KEY):
                pass

        async def scenario() -> None:
            async with store.lock(KEY):
                waiting = [asyncio.create_task(wait(handle)) for handle in (store, same_store) * 3]
                await asyncio.sleep(0.03)
                for task in waiting[:4]:
                    task.cancel()
                await asyncio.wait(waiting[:4])
                assert all(task.cancelled() for task in waiting[:4])
            async with asyncio.timeout(_FREE_LOCK_TIMEOUT):
                await asyncio.gather(*waiting[4:])

        asyncio.run(scenario())

    def test_the_end_of_a_loop_releases_its_lock(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that a loop that shuts down releases its lock."""

        async def hold(held: asyncio.Event) -> None:
            async with store.lock(KEY):
                held.set()
                await asyncio.Event().wait()

        async def leave() -> asyncio.Task[None]:
            held = asyncio.Event()
            task = asyncio.create_task(hold(held))
            await held.wait()
            return task

        assert asyncio.run(leave()).cancelled()
        asyncio.run(assert_free(same_store))

    def test_the_lock_of_a_stopped_loop_is_taken_over(self, store: TokenStore, same_store: TokenStore) -> None:
        """Check that the lock of a loop that has stopped is taken over."""
        loop = asyncio.new_event_loop()
        try:
            stuck = store.lock(KEY)
            loop.run_until_complete(stuck.__aenter__())
            for handle in (store, same_store):
                asyncio.run(assert_free(handle, within=_TAKE_OVER_TIMEOUT))
            with contextlib.suppress(Exception):  # it may raise, but must not release another's lock
                loop.run_until_complete(stuck.__aexit__(None, None, None))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    # --- secrets ------------------------------------------------------------------------------------------------------

    def test_the_store_reveals_no_secret(self, store: TokenStore) -> None:
        """Check that the repr, the attributes and the pickle of a store reveal no secret."""

        async def scenario() -> str:
            await store.save(KEY, make_entry())
            await store.load(KEY)
            return seen_of(store)

        seen = asyncio.run(scenario())
        assert not [secret for secret in SECRETS if secret in seen]


def seen_of(thing: object) -> str:
    """Return all text of an object that is visible without revealing a `Secret`."""
    with contextlib.suppress(Exception):
        return f"{thing!r} {thing} {vars(thing)!r} {pickle.dumps(thing)!r}"
    return f"{thing!r} {thing} {vars(thing)!r}"


def value_of(entry: TokenRecord | None) -> str | None:
    """Return the access token in a record."""
    return None if entry is None or entry.token is None else entry.token.value.reveal()


class CriticalSection:
    """A critical section, which counts how often it was entered and by how many tasks at a time."""

    def __init__(self) -> None:
        self.inside: int = 0
        self.most: int = 0
        self.entered: int = 0

    async def enter(self, store: TokenStore) -> None:
        """Enter the section with the store's lock held."""
        async with store.lock(KEY):
            self.inside += 1
            self.entered += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0.005)
            self.inside -= 1


async def assert_free(store: TokenStore, within: float = _FREE_LOCK_TIMEOUT) -> None:
    """Fail unless the lock can be acquired in time."""
    async with asyncio.timeout(within), store.lock(KEY):
        pass


async def repeat(times: int, work: Callable[[], Awaitable[None]]) -> None:
    """Run the work several times in a row."""
    for _ in range(times):
        await work()


def run_in_threads(works: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own, all at once, and raise the first error."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - raised in the test instead
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
