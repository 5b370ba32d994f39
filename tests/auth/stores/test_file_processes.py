"""`FileTokenStore` in several processes: killed while they write or hold a lock, forked, or many at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from asdk.auth import FileTokenStore
from asdk.testing.token_store_suite import KEY, assert_free
from tests.support.processes import Process

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here")

# Writers are forked and killed, one after another, at a random time. While one writes, no file in the directory may be
# accessible to others, at any time; afterwards, the old or the new record is there, whole.
KILL_WRITERS = """
directory, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
os.umask(0)

def write(revision, begun):
    store = FileTokenStore(directory)
    async def go_on():
        for number in range(revision, revision + 10_000):
            await store.save(KEY, entry(number, claims={"filling": "x" * 100_000}))
            os.write(begun, b".")
    asyncio.run(go_on())

def look():
    for found in [directory, *os.scandir(directory)]:
        try:
            mode = os.lstat(found).st_mode & 0o777
        except FileNotFoundError:
            continue
        assert mode == (0o700 if found is directory else 0o600), f"{found} has mode {mode:o}"

def revision_now():
    kept = asyncio.run(FileTokenStore(directory).load(KEY))
    return 0 if kept is None else kept.revision

asyncio.run(FileTokenStore(directory).save(KEY, entry(1)))
torn, left, revision = 0, 0, 1
for seed in range(first, first + count):
    heard, begun = os.pipe()
    writer = os.fork()
    if writer == 0:
        write(revision + 1, begun)
        os._exit(1)
    try:
        os.read(heard, 1)
        until = time.monotonic() + random.Random(seed).uniform(0.0, 0.01)
        while time.monotonic() < until:
            look()
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    os.close(heard)
    os.close(begun)
    left += bool(list(directory.glob("*.tmp")))
    now = revision_now()
    torn += now < revision
    assert not list(directory.glob("*.tmp")), "a temporary file is left after the next start"
    revision = now
look()
say(torn, left, revision)
"""


def kill_writers(directory: Path, first: int, count: int, within: float = 60.0) -> None:
    """Kill ``count`` writers at random times, by the seeds from ``first`` on."""
    with Process(KILL_WRITERS, directory, first, count) as process:
        [said] = process.finish(within)
    torn, left, revision = map(int, said.split())
    assert torn == 0
    assert left > 0, "no writer was killed during a write"
    assert revision > count


def test_a_killed_writer_leaves_the_old_or_the_new_record(tmp_path: Path) -> None:
    kill_writers(tmp_path / "state" / "tokens", 0, 25)


HOLD = """
async def main():
    async with FileTokenStore(sys.argv[1]).lock(KEY):
        say("held")
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    with Process(HOLD, tmp_path) as holder:
        assert holder.hear() == "held"
        with pytest.raises(TimeoutError):
            asyncio.run(assert_free(store, within=0.1))
        holder.kill()
        began = time.monotonic()
        asyncio.run(assert_free(store))
        assert time.monotonic() - began < 0.5


def test_increments_under_the_lock_are_not_lost(tmp_path: Path) -> None:
    source = """
        async def main():
            store = FileTokenStore(sys.argv[1])
            for _ in range(20):
                async with store.lock(KEY):
                    kept = await store.load(KEY)
                    revision = 0 if kept is None else kept.revision
                    await asyncio.sleep(0.001)
                    assert await store.save(KEY, entry(revision + 1))

        asyncio.run(main())
        """
    processes = [Process(source, tmp_path) for _ in range(4)]
    for process in processes:
        process.finish()
    kept = asyncio.run(FileTokenStore(tmp_path).load(KEY))
    assert kept is not None
    assert kept.revision == 80


def test_one_of_the_processes_saves_each_revision(tmp_path: Path) -> None:
    source = """
        store = FileTokenStore(sys.argv[1])
        say("ready")
        sys.stdin.readline()
        say(sum([asyncio.run(store.save(KEY, entry(revision))) for revision in range(1, 31)]))
        """
    processes = [Process(source, tmp_path) for _ in range(3)]
    for process in processes:
        assert process.hear() == "ready"
    for process in processes:
        process.tell()
    assert sum(int(process.finish()[0]) for process in processes) == revision_in(tmp_path)


def revision_in(directory: Path) -> int:
    kept = asyncio.run(FileTokenStore(directory).load(KEY))
    return 0 if kept is None else kept.revision


FORK = """
store = FileTokenStore(sys.argv[1])

def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return child

def try_it():
    # The child acquires the lock neither by the inherited store nor by one of its own.
    for own in (store, FileTokenStore(sys.argv[1])):
        say("child", asyncio.run(is_free(own, 0.1)))

async def main():
    async with store.lock(KEY):
        os.waitpid(in_child(try_it), 0)
        lingering = in_child(lambda: time.sleep(60))
        say("lingering", lingering)
        sys.stdin.readline()
    sys.stdin.readline()

asyncio.run(main())
"""


def test_a_forked_child_does_not_hold_or_release_its_parents_lock(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    with Process(FORK, tmp_path) as parent:
        assert [parent.hear() for _ in range(2)] == ["child False", "child False"]
        lingering = int(parent.hear().split()[1])
        try:
            with pytest.raises(TimeoutError):  # a child exited without releasing the lock
                asyncio.run(assert_free(store, within=0.1))
            parent.kill()
            asyncio.run(assert_free(store, within=0.5))  # although another child still runs
            os.kill(lingering, 0)
        finally:
            os.kill(lingering, 9)


def test_a_released_lock_is_free_while_a_child_runs(tmp_path: Path) -> None:
    with Process(FORK, tmp_path) as parent:
        lingering = int([parent.hear() for _ in range(3)][2].split()[1])
        try:
            parent.tell()
            asyncio.run(assert_free(FileTokenStore(tmp_path), within=1.0))
        finally:
            os.kill(lingering, 9)


@pytest.mark.skipif(sys.platform != "linux", reason="forks by the C library, without Python's hooks")
def test_a_released_lock_is_free_while_a_child_of_the_c_library_runs(tmp_path: Path) -> None:
    source = """
        import ctypes
        libc = ctypes.PyDLL(None)

        async def main():
            async with FileTokenStore(sys.argv[1]).lock(KEY):
                child = libc.fork()
                if child == 0:
                    libc.sleep(60)
                    libc._exit(0)
            say(child)
            sys.stdin.readline()

        asyncio.run(main())
        """
    with Process(source, tmp_path) as parent:
        child = int(parent.hear())
        try:
            asyncio.run(assert_free(FileTokenStore(tmp_path), within=1.0))
        finally:
            os.kill(child, 9)


def test_a_fork_while_threads_lock_and_write_does_not_hang(tmp_path: Path) -> None:
    source = """
        import threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork among threads, from Python 3.12 on
        store = FileTokenStore(sys.argv[1])
        done = threading.Event()

        def work(key):
            async def main():
                while not done.is_set():
                    async with store.lock(key):
                        kept = await store.load(key)
                        await store.save(key, entry(1 if kept is None else kept.revision + 1))
            asyncio.run(main())

        threads = [threading.Thread(target=work, args=(letter * 32,)) for letter in "abcd"]
        for thread in threads:
            thread.start()
        for _ in range(15):
            child = os.fork()
            if child == 0:
                asyncio.run(store.load("a" * 32))
                os._exit(0 if all(asyncio.run(is_free(store, 20.0)) for _ in range(3)) else 1)
            time.sleep(0.01)
            say(os.waitpid(child, 0)[1])
        done.set()
        for thread in threads:
            thread.join()
        """
    if sys.version_info >= (3, 12):
        source = "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n" + source.replace(
            "\n        ", "\n"
        )
    with Process(source, tmp_path) as process:
        assert process.finish() == ["0"] * 15


def test_another_process_takes_over_from_a_stopped_loop(tmp_path: Path) -> None:
    """The process still runs, so the kernel keeps the lock until the heartbeat releases it."""
    with Process(
        """
        lock = FileTokenStore(sys.argv[1]).lock(KEY)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(lock.__aenter__())
        say("held")
        sys.stdin.readline()
        """,
        tmp_path,
    ) as process:
        assert process.hear() == "held"
        began = time.monotonic()
        asyncio.run(assert_free(FileTokenStore(tmp_path), within=5.0))
        assert time.monotonic() - began > 0.5, "but not after the first check"


def test_a_stopped_process_keeps_its_lock(tmp_path: Path) -> None:
    with Process(HOLD, tmp_path) as holder:
        assert holder.hear() == "held"
        holder.signal(signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            asyncio.run(assert_free(FileTokenStore(tmp_path), within=0.3))
        holder.signal(signal.SIGCONT)
