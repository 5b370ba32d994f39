"""Where a download may write: links, special files, hard links, modes, and files that others have planted."""

# ruff: noqa: ASYNC240 - a test may look at its files

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, InvalidRequestError, StreamError
from asdk.testing import MemoryTransport, Reply

NEW = b"new bytes"


def api() -> tuple[BaseClient, MemoryTransport]:
    transport = MemoryTransport(lambda request: Reply(content=NEW, headers={"ETag": '"1"'}))
    return BaseClient(base_url="https://api.example.org", transport=transport, retry=None), transport


async def test_a_link_of_the_user_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "real", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    client, _ = api()
    await client.download("/f", to=link)
    assert (link.is_symlink(), target.read_bytes()) == (True, NEW)
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link"}


async def test_a_dangling_link_of_the_user_creates_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    client, _ = api()
    await client.download("/f", to=link)
    assert (tmp_path / "real").read_bytes() == NEW


async def test_a_link_in_a_shared_folder_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (tmp_path / "mine").write_bytes(b"old")
    (shared / "link").symlink_to(tmp_path / "mine")
    client, transport = api()
    with pytest.raises(InvalidRequestError, match="link"):
        await client.download("/f", to=shared / "link")
    assert ((tmp_path / "mine").read_bytes(), transport.sent) == (b"old", [])


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "directory", "link to a pipe"])
async def test_only_a_regular_file_is_replaced(kind: str, tmp_path: Path) -> None:
    import socket

    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        if os.geteuid() == 0:  # which could replace a device of the system, if the check were broken
            try:
                os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            except OSError:
                pytest.skip("this machine does not let its administrator make devices")
        else:
            path = Path("/dev/null")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
    before = path.lstat().st_mode
    client, transport = api()
    with pytest.raises(InvalidRequestError):
        await client.download("/f", to=path)
    assert (path.lstat().st_mode, transport.sent) == (before, [])


@pytest.mark.parametrize("name", [".x.part", ".x.part.json", ".x.part.json.new"])
@pytest.mark.parametrize("kind", ["link", "hard link", "pipe"])
async def test_a_planted_file_receives_nothing(name: str, kind: str, tmp_path: Path) -> None:
    mine, planted = tmp_path / "mine", tmp_path / name
    mine.write_bytes(b"mine")
    if kind == "link":
        planted.symlink_to(mine)
    elif kind == "hard link":
        planted.hardlink_to(mine)
    else:
        os.mkfifo(planted)
    client, _ = api()
    try:
        async with asyncio.timeout(10):
            await client.download("/f", to=tmp_path / "x")
    except InvalidRequestError:
        assert name == ".x.part"
    else:
        assert (tmp_path / "x").read_bytes() == NEW
        assert not (tmp_path / "x").is_symlink()
    assert mine.read_bytes() == b"mine"


async def test_the_mode_of_an_existing_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    target.chmod(0o640)
    client, _ = api()
    await client.download("/f", to=target)
    assert (stat.S_IMODE(target.stat().st_mode), target.read_bytes()) == (0o640, NEW)


async def test_a_new_file_obeys_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        client, _ = api()
        await client.download("/f", to=tmp_path / "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


async def test_hard_links_stay(tmp_path: Path) -> None:
    target, other = tmp_path / "x", tmp_path / "other"
    target.write_bytes(b"old and longer than the new bytes")
    other.hardlink_to(target)
    client, _ = api()
    await client.download("/f", to=target)
    assert (other.read_bytes(), target.stat().st_nlink) == (NEW, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"x", "other"}


async def test_a_mounted_file_is_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, replace = tmp_path / "x", os.replace
    target.write_bytes(b"old")
    inode = target.stat().st_ino

    def busy(source: Any, destination: Any) -> None:
        if Path(destination) == target:
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, destination)

    monkeypatch.setattr(os, "replace", busy)
    client, _ = api()
    await client.download("/f", to=target)
    assert (target.read_bytes(), target.stat().st_ino) == (NEW, inode)


async def test_a_copy_in_place_that_fails_is_a_stream_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    (tmp_path / "other").hardlink_to(target)

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    transport = MemoryTransport(lambda request: Reply(content=NEW))  # without an ETag, nothing can be resumed
    client = BaseClient(base_url="https://api.example.org", transport=transport, retry=None)
    with pytest.raises(StreamError, match="No space left"):
        await client.download("/f", to=target)
    assert {path.name for path in tmp_path.iterdir()} == {"x", "other"}


async def test_a_canceled_download_waits_for_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, sync, syncing = tmp_path / "x", os.fsync, asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(descriptor: int) -> None:
        loop.call_soon_threadsafe(syncing.set)
        time.sleep(0.3)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    client, _ = api()
    first = asyncio.create_task(client.download("/f", to=target))
    await syncing.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    before = target.stat().st_ino if target.exists() else None
    await client.download("/f", to=target)  # not refused, and nothing else publishes the file later
    after = target.stat().st_ino
    assert (before != after, target.read_bytes()) == (True, NEW)


@pytest.mark.parametrize("patience", [0.0, 30.0], ids=["longer than a call waits", "short"])
async def test_a_cancelled_download_is_not_published_later(
    patience: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, sync, syncing, ended = tmp_path / "x", os.fsync, asyncio.Event(), threading.Event()
    loop, release = asyncio.get_running_loop(), threading.Event()

    def slow(descriptor: int) -> None:
        loop.call_soon_threadsafe(syncing.set)
        release.wait(10)
        sync(descriptor)
        ended.set()

    monkeypatch.setattr(os, "fsync", slow)
    monkeypatch.setattr("asdk.concurrency.threads._CANCELLED_WAIT", patience)
    client, transport = api()
    first = asyncio.create_task(client.download("/f", to=target))
    await syncing.wait()
    first.cancel()
    if patience:
        release.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    release.set()
    await asyncio.to_thread(ended.wait)
    assert not target.exists()
    async with asyncio.timeout(10):
        while True:
            try:
                await client.download("/f", to=target)
            except InvalidRequestError:  # the thread of the first has not closed the file yet
                await asyncio.sleep(0.01)
            else:
                break
    assert target.read_bytes() == NEW
    assert len(transport.sent) >= 2
