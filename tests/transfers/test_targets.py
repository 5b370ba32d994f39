"""Names that a server chose, links, and what happens to a target between the first and the last byte."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk import BaseClient, InvalidRequestError, StreamError
from asdk.testing import MemoryTransport, Reply
from asdk.transfers import path_in

NEW = b"new bytes"


def api(during: Callable[[], object] = lambda: None) -> BaseClient:
    """Return a client whose server runs a function before it answers."""

    def serve(request: object) -> Reply:
        during()
        return Reply(content=NEW, headers={"ETag": '"1"'})

    return BaseClient(base_url="https://api.example.org", transport=MemoryTransport(serve), retry=None)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(
            ".bashrc",
            "..",
            ".",
            "",
            " ",
            "-rf",
            "~root",
            " a",
            "a ",
            "a.",
            "a/b",
            "/etc/passwd",
            "a\\b",
            "..\\a",
            "c:a",
        ),
        *(
            "a:stream",
            "a*",
            "a?",
            "a|b",
            "<a",
            'a"b',
            "a\x00b",
            "a\nb",
            "a\x1b[2J",
            "a\x7f",
            "a\x85b",
            "a\u202egpj.exe",
        ),
        *("a\u2066b", "a\u061cb", "a\u200bb", "a\u00adb", "\ufeffa", "a\U000e0041b", "a\u2028b", "a\ud800", "a\udc80"),
        *(
            "con",
            "CON.txt",
            "nul.tar.gz",
            "Aux",
            "prn .txt",
            "COM1",
            "lpt9.x",
            "com\u00b9.txt",
            "CONIN$",
            "conout$.log",
        ),
        *("a" * 256, "\u00e9" * 128, "\ue000"),
    ],
)
def test_a_bad_name_of_a_server_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"^to is the folder .*: pass a full path") as caught:
        path_in(tmp_path, name)
    assert not any(ord(character) < 32 or ord(character) in (0x202E, 0x2066) for character in str(caught.value))


@pytest.mark.parametrize(
    "name",
    [
        "reads.fasta.gz",
        "a b.tsv",
        "(1) a.tsv",
        "\u00e9t\u00e9.csv",
        "\u8868.csv",
        "console.log",
        "com10",
        "a..b",
        "a'b,c",
    ],
)
def test_a_plain_name_of_a_server_is_used(name: str, tmp_path: Path) -> None:
    assert path_in(tmp_path, name) == tmp_path / name


@given(name=st.text(max_size=300))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = Path.cwd()
    try:
        path = path_in(folder, name)
    except InvalidRequestError:
        return
    assert path.parent == folder
    assert path.name == name
    assert not name.startswith(".")


@pytest.mark.parametrize("kind", ["mine", "dangling"])
def test_a_server_does_not_choose_a_link(kind: str, tmp_path: Path) -> None:
    if kind == "mine":
        (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(InvalidRequestError, match="it is a link there"):
        path_in(tmp_path, "link")


# --- links ------------------------------------------------------------------------------------------------------------


async def test_relative_links_are_followed_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "first").symlink_to("data/second")
    (tmp_path / "data" / "second").symlink_to("../real")
    done = await api().download("/f", to=tmp_path / "first")
    assert (tmp_path / "real").read_bytes() == NEW
    assert (done.path, done.path.is_symlink()) == (tmp_path / "first", True)
    assert sorted(os.listdir(tmp_path)) == ["data", "first", "real"]


async def test_a_chain_through_a_shared_folder_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (tmp_path / "mine").write_bytes(b"old")
    (shared / "second").symlink_to(tmp_path / "mine")
    (tmp_path / "first").symlink_to(shared / "second")
    with pytest.raises(InvalidRequestError, match="another user may have made"):
        await api().download("/f", to=tmp_path / "first")
    assert (tmp_path / "mine").read_bytes() == b"old"


async def test_a_link_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setattr("asdk.transfers.targets._user", lambda: os.geteuid() + 1)
    with pytest.raises(InvalidRequestError, match="another user may have made"):
        await api().download("/f", to=tmp_path / "link")


async def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InvalidRequestError, match="leads to itself"):
        await api().download("/f", to=tmp_path / "a")


async def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to("real")
    await api().download("/f", to=tmp_path / "folder" / "x")
    assert (tmp_path / "real" / "x").read_bytes() == NEW


# --- changes during the download --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
async def test_a_target_that_became_special_is_not_replaced(kind: str, tmp_path: Path) -> None:
    target, other = tmp_path / "x", tmp_path / "other"
    other.write_bytes(b"other")

    def change() -> None:
        if kind == "pipe":
            os.mkfifo(target)
        elif kind == "link":
            target.symlink_to(other)
        else:
            target.mkdir()

    with pytest.raises(StreamError):
        await api(change).download("/f", to=target)
    assert other.read_bytes() == b"other"
    assert not stat.S_ISREG(target.lstat().st_mode)


@pytest.mark.parametrize("kind", ["file", "link"])
async def test_a_partial_file_that_was_exchanged_is_not_published(kind: str, tmp_path: Path) -> None:
    target, part = tmp_path / "x", tmp_path / ".x.part"

    def change() -> None:
        part.unlink()
        if kind == "file":
            part.write_bytes(b"planted")
        else:
            part.symlink_to("/etc/passwd")

    with pytest.raises(StreamError, match="another file was put in the place"):
        await api(change).download("/f", to=target)
    assert not target.exists()


async def test_a_partial_file_with_a_second_name_is_left_alone(tmp_path: Path) -> None:
    copy = tmp_path / "backup"
    copy.write_bytes(b"backup")
    (tmp_path / ".x.part").hardlink_to(copy)
    await api().download("/f", to=tmp_path / "x")
    assert ((tmp_path / "x").read_bytes(), copy.read_bytes(), copy.stat().st_nlink) == (NEW, b"backup", 1)


async def test_a_partial_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".x.part").write_bytes(b"planted")
    monkeypatch.setattr("asdk.transfers.targets._user", lambda: os.geteuid() + 1)
    with pytest.raises(InvalidRequestError, match=r"\.x\.part belongs to another user"):
        await api().download("/f", to=tmp_path / "x")
    assert (tmp_path / ".x.part").read_bytes() == b"planted"
    await api().download("/f", to=tmp_path / "y")  # as on file systems that give new files another owner


# --- hard links, modes, mounts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [b"", b"old", b"old and longer than the new bytes"])
async def test_a_file_with_two_names_is_written_in_place(old: bytes, tmp_path: Path) -> None:
    target, other = tmp_path / "x", tmp_path / "other"
    target.write_bytes(old)
    target.chmod(0o604)
    other.hardlink_to(target)
    await api().download("/f", to=target)
    assert (other.read_bytes(), stat.S_IMODE(target.stat().st_mode), target.stat().st_nlink) == (NEW, 0o604, 2)
    assert sorted(os.listdir(tmp_path)) == ["other", "x"]


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o600), (0o664, 0o664), (0o755, 0o755), (0o4755, 0o755)])
async def test_the_mode_stays_without_set_uid(before: int, after: int, tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    target.chmod(before)
    await api().download("/f", to=target)
    assert stat.S_IMODE(target.stat().st_mode) == after


async def test_a_mounted_file_that_cannot_be_written_keeps_the_partial_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, replace = tmp_path / "x", os.replace
    target.write_bytes(b"old")

    def busy(source: Any, destination: Any) -> None:
        if Path(destination) == target:
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, destination)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(StreamError, match="No space left"):
        await api().download("/f", to=target)
    assert (tmp_path / ".x.part").read_bytes() == NEW
