"""`FileTokenStore`: its files on disk, which of them it trusts, and failures of the disk."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asdk import ConfigurationError
from asdk.auth import FileTokenStore, TokenRecord
from asdk.auth.stores.record import LARGEST
from asdk.testing import TokenStoreSuite
from asdk.testing.token_store_suite import KEY, SECRETS, make_entry, seen_of
from tests.support.processes import Process

FILE = f"{KEY}.json"
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class TestFileTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FileTokenStore:
        return FileTokenStore(tmp_path / "state" / "tokens")

    @pytest.fixture
    def same_store(self, tmp_path: Path) -> FileTokenStore:
        return FileTokenStore(tmp_path / "state" / "tokens")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens"


@pytest.fixture
def store(directory: Path) -> FileTokenStore:
    return FileTokenStore(directory)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_files_are_private_for_every_umask(tmp_path: Path, umask: int) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(umask)
    try:
        store = FileTokenStore(tmp_path / "a" / "b" / "c")
        asyncio.run(store.save(KEY, make_entry()))
        asyncio.run(save_under_lock(store, 2))
    finally:
        os.umask(before)
    made = sorted(tmp_path.rglob("*"))
    assert {path.name for path in made} == {"a", "b", "c", FILE, f"{KEY}.lock", "writing.lock"}
    assert {mode_of(path) for path in made if path.is_dir()} == {0o700}
    assert {mode_of(path) for path in made if path.is_file()} == {0o600}
    assert mode_of(tmp_path) == 0o755, "an existing directory is not changed"


def test_files_are_private_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    change = os.fchmod

    def record_first(fd: int, mode: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(fd).st_mode))
        change(fd, mode)

    monkeypatch.setattr(os, "fchmod", record_first)
    before = os.umask(0)
    try:
        asyncio.run(save_under_lock(FileTokenStore(tmp_path / "a" / "b"), 1))
    finally:
        os.umask(before)
    assert set(modes) == {0o600, 0o700}


async def save_under_lock(store: FileTokenStore, revision: int) -> None:
    async with store.lock(KEY):
        await store.save(KEY, make_entry(revision))


def test_reading_creates_no_files(tmp_path: Path, store: FileTokenStore) -> None:
    assert asyncio.run(store.load(KEY)) is None
    asyncio.run(store.delete(KEY))
    assert list(tmp_path.iterdir()) == []


def test_no_key_leads_out_of_the_directory(directory: Path, store: FileTokenStore) -> None:
    keys = ["../../outside", "/etc/passwd", "a/b", "", ".", "CON", KEY.upper(), "é\udc80", "x" * 1000]
    for key in keys:
        assert asyncio.run(store.save(key, make_entry(value=f"of {key}".encode("utf-8", "replace").decode())))
    assert len(list(directory.glob("*.json"))) == len(keys)
    assert list(directory.parent.iterdir()) == [directory]
    assert {path.name.removesuffix(".json") for path in directory.glob("*.json")}.isdisjoint({KEY})


def test_the_default_directory_is_the_platforms_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert FileTokenStore().directory.name == "tokens"
    if sys.platform == "linux":
        assert FileTokenStore().directory == tmp_path / "asdk" / "tokens"


def test_it_is_pickled_as_its_directory(store: FileTokenStore) -> None:
    asyncio.run(store.save(KEY, make_entry()))
    copy = pickle.loads(pickle.dumps(store))
    assert asyncio.run(copy.load(KEY)) == asyncio.run(store.load(KEY))


@pytest.mark.parametrize("missing", ["filelock", "platformdirs"])
def test_a_missing_package_is_named_by_its_extra(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=rf"needs {missing}: pip install 'asdk\[tokens\]'"):
        FileTokenStore()


def test_only_the_files_of_killed_writers_are_swept(directory: Path, store: FileTokenStore) -> None:
    asyncio.run(store.save(KEY, make_entry()))
    for name in (f"{FILE}.tmp", f"{'a' * 32}.json.tmp", "thesis.tmp"):
        (directory / name).write_text("x")
    assert asyncio.run(FileTokenStore(directory).load(KEY)) == make_entry()
    assert [path.name for path in directory.glob("*.tmp")] == ["thesis.tmp"]
    (directory / f"{FILE}.tmp").write_text("x")
    assert asyncio.run(store.save(KEY, make_entry(2)))
    assert [path.name for path in directory.glob("*.tmp")] == ["thesis.tmp"]


# --- trust ---------------------------------------------------------------------------------------------------


def make_link(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def rewrite(change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda path: path.write_text(change(path.read_text()))


def of_another_format(text: str) -> str:
    return json.dumps({**json.loads(text), "format": 2})


def with_a_line_break(text: str) -> str:
    return text.replace(SECRETS[0], f"{SECRETS[0]}\\r\\nX-Evil: 1")


DISTRUSTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link": (make_link, "it is a symbolic link"),
    "a pipe": (make_pipe, "it is not a regular file"),
    "another user's": (lambda path: os.chown(path, 12345, 12345), "it belongs to another user"),
    "writable by the group": (lambda path: path.chmod(0o620), "it is writable by other users"),
    "writable by all": (lambda path: path.chmod(0o606), "it is writable by other users"),
    "cut off": (rewrite(lambda text: text[:-10]), "valid JSON"),
    "empty": (rewrite(lambda text: ""), "valid JSON"),
    "foreign JSON": (
        rewrite(lambda text: '{"access_token": "s3cret-access-token"}'),
        "of a token store",
    ),
    "a list": (rewrite(lambda text: "[]"), "of a token store"),
    "deeply nested": (rewrite(lambda text: "[" * 100_000), "valid JSON"),
    "of another format": (rewrite(of_another_format), "of a token store"),
    "with a token that is not a header value": (rewrite(with_a_line_break), "of a token store"),
    "not text": (lambda path: path.write_bytes(b"\xff" + path.read_bytes()), "it is not UTF-8 text"),
    "too large": (rewrite(lambda text: text + " " * LARGEST), f"it is larger than {LARGEST} bytes"),
}


@pytest.mark.parametrize(("spoil", "problem"), DISTRUSTED.values(), ids=DISTRUSTED)
def test_an_untrusted_file_is_ignored_with_one_warning_and_replaced(
    directory: Path,
    store: FileTokenStore,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], object],
    problem: str,
) -> None:
    if problem == "it belongs to another user" and not AS_ROOT:
        pytest.skip("only root can give a file away")
    asyncio.run(store.save(KEY, make_entry()))
    spoil(directory / FILE)
    with caplog.at_level(logging.DEBUG):
        assert asyncio.run(store.load(KEY)) is None
        assert asyncio.run(store.load(KEY)) is None
    [record] = [record for record in caplog.records if record.name == "asdk.auth"]
    assert record.levelname == "WARNING"
    assert str(directory / FILE) in record.getMessage()
    assert record.getMessage().endswith(problem)
    assert not [secret for secret in SECRETS if secret in caplog.text]
    assert asyncio.run(store.save(KEY, make_entry(1, "new")))
    assert asyncio.run(store.load(KEY)) == make_entry(1, "new")
    assert (mode_of(directory / FILE), (directory / FILE).is_symlink()) == (0o600, False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o700])
def test_a_file_that_others_could_only_read_is_used_and_repaired(
    directory: Path, store: FileTokenStore, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    asyncio.run(store.save(KEY, make_entry()))
    (directory / FILE).chmod(mode)
    assert asyncio.run(store.load(KEY)) == make_entry()
    if mode & 0o077:
        assert mode_of(directory / FILE) == 0o600
        assert "0600" in caplog.text


def test_links_are_never_followed(tmp_path: Path, directory: Path, store: FileTokenStore) -> None:
    asyncio.run(store.save(KEY, make_entry()))
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in (FILE, f"{FILE}.tmp"):
        (directory / name).unlink(missing_ok=True)
        (directory / name).symlink_to(victim)
    assert asyncio.run(store.save(KEY, make_entry()))
    assert victim.read_text() == "precious"
    (directory / f"{KEY}.lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        asyncio.run(save_under_lock(store, 2))


def give_away(path: Path) -> None:
    if not AS_ROOT:
        pytest.skip("only root can give a directory away")
    os.chown(path, 12345, 12345)


def replace_by_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def replace_by_file(path: Path) -> None:
    path.rmdir()
    path.write_text("")


DIRECTORIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "another user's": (give_away, "belongs to another user"),
    "writable by the group": (lambda path: path.chmod(0o770), "is writable by other users"),
    "writable by all, as /tmp": (lambda path: path.chmod(0o1777), "is writable by other users"),
    "a link": (replace_by_link, "must be a directory"),
    "a file": (replace_by_file, "must be a directory"),
}


@pytest.mark.parametrize(("spoil", "problem"), DIRECTORIES.values(), ids=DIRECTORIES)
def test_a_directory_that_is_not_private_is_rejected(
    directory: Path, store: FileTokenStore, spoil: Callable[[Path], object], problem: str
) -> None:
    directory.mkdir(parents=True, mode=0o700)
    spoil(directory)
    uses = (store.load(KEY), store.save(KEY, make_entry()), store.delete(KEY), save_under_lock(store, 1))
    for use in uses:
        with pytest.raises(PermissionError, match=problem):
            asyncio.run(as_coroutine(use))
    assert not [path for path in directory.parent.rglob("*") if path.is_file() and path != directory]


async def as_coroutine(use: object) -> object:
    return await use  # type: ignore[misc]


# --- failures of the disk -----------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not AS_ROOT or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode:
        pytest.skip("only root can mount a small disk, and not everywhere")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def assert_no_secret_in_frames(error: BaseException) -> None:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert not [secret for secret in SECRETS if secret in "".join(shown.format())]


def test_a_full_disk_raises_and_keeps_the_old_record(small_disk: Path) -> None:
    store = FileTokenStore(small_disk / "tokens")
    asyncio.run(store.save(KEY, make_entry(1)))
    with pytest.raises(OSError, match="No space left") as caught:
        asyncio.run(store.save(KEY, make_entry(2, SECRETS[0] * 10_000)))
    assert_no_secret_in_frames(caught.value)
    assert asyncio.run(store.load(KEY)) == make_entry(1)
    assert list((small_disk / "tokens").glob("*.tmp")) == []
    assert asyncio.run(store.save(KEY, make_entry(2)))


def test_a_read_only_disk_can_be_read_and_raises_on_writes(small_disk: Path) -> None:
    store = FileTokenStore(small_disk / "tokens")
    asyncio.run(store.save(KEY, make_entry(1)))
    (small_disk / "tokens" / f"{FILE}.tmp").touch()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    store = FileTokenStore(small_disk / "tokens")
    assert asyncio.run(store.load(KEY)) == make_entry(1)
    for use in (store.save(KEY, make_entry(2)), store.delete(KEY), save_under_lock(store, 2)):
        with pytest.raises(OSError, match="Read-only"):
            asyncio.run(as_coroutine(use))


def test_a_file_size_limit_raises_and_keeps_the_old_record(directory: Path, store: FileTokenStore) -> None:
    asyncio.run(store.save(KEY, make_entry(1)))
    with Process(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            asyncio.run(FileTokenStore(sys.argv[1]).save(KEY, entry(2)))
        except OSError as error:
            say(error.strerror)
        """,
        directory,
    ) as process:
        assert process.finish() == ["File too large"]
    assert asyncio.run(store.load(KEY)) == make_entry(1)
    assert list(directory.glob("*.tmp")) == []


def clear(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_a_directory_that_was_removed_is_created_again(directory: Path, store: FileTokenStore) -> None:
    async def scenario() -> TokenRecord | None:
        async with store.lock(KEY):
            await store.save(KEY, make_entry())
            clear(directory)
            assert await store.load(KEY) is None
            await store.save(KEY, make_entry())
        await save_under_lock(store, 2)
        return await store.load(KEY)

    assert asyncio.run(scenario()) == make_entry(2)


def when_written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def test_a_cancelled_caller_waits_for_its_write(directory: Path, store: FileTokenStore) -> None:
    """Otherwise it would still be writing while the next holder has the lock."""

    async def scenario() -> None:
        for revision in range(1, 9):
            task = asyncio.create_task(store.save(KEY, make_entry(revision)))
            for _ in range(revision):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            before = when_written(directory / FILE)
            await asyncio.sleep(0.01)
            assert when_written(directory / FILE) == before
            await store.save(KEY, make_entry(revision))

    asyncio.run(scenario())


def test_no_thread_outlives_a_lock(store: FileTokenStore) -> None:
    async def scenario() -> None:
        await save_under_lock(store, 1)
        for _ in range(100):
            if not [thread for thread in threading.enumerate() if thread.name == "asdk-lock"]:
                return
            await asyncio.sleep(0.01)
        pytest.fail("a heartbeat outlived its lock")

    asyncio.run(scenario())


def test_a_used_store_reveals_no_secret(store: FileTokenStore) -> None:
    asyncio.run(save_under_lock(store, 1))
    assert not [secret for secret in SECRETS if secret in seen_of(store)]
