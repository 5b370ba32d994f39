"""The wording of the errors and warnings of token stores. Other tests check their facts."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from keyring.backends import null

from asdk.auth import FileTokenStore, KeyringTokenStore, MemoryTokenStore, RedisTokenStore
from asdk.auth.stores.encryption import Cipher
from asdk.concurrency.file_locks import LockFile
from asdk.errors import describe_type
from asdk.secret import Secret
from asdk.testing.token_store_suite import KEY, make_entry


class Pool(redis.asyncio.ConnectionPool):
    """A pool that cannot be copied."""


wrong: Any = redis.asyncio.Redis(connection_pool=Pool())


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda: pickle.dumps(MemoryTokenStore()),
            "a MemoryTokenStore cannot be pickled; share a FileTokenStore",
        ),
        (
            lambda: pickle.dumps(RedisTokenStore("redis://host")),
            "a RedisTokenStore cannot be pickled; make one in each process",
        ),
        (
            lambda: pickle.dumps(KeyringTokenStore(backend=null.Keyring())),  # type: ignore[no-untyped-call, unused-ignore]
            "a KeyringTokenStore with its own backend cannot be pickled; make one in each process",
        ),
        (
            lambda: RedisTokenStore("http://host"),
            "source must be a Redis URL, such as rediss://user:password@host:6379/0",
        ),
        (
            lambda: RedisTokenStore(wrong),
            f"source must be a client with a plain ConnectionPool, got {describe_type(Pool())}; pass a function that "
            "makes the client",
        ),
        (
            lambda: RedisTokenStore("redis://host", encryption_key="short"),
            "encryption_key must be 32 bytes or their URL-safe base64; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        ),
        (
            lambda: Cipher(b"k" * 32).decrypt(Cipher(b"k" * 32).encrypt(Secret("x"), "a"), "b"),
            "it was encrypted with another key, changed, or moved here from another name",
        ),
    ],
)
def test_messages(use: Callable[[], object], message: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its message is checked
        use()
    assert getattr(caught.value, "message", str(caught.value)) == message


def make_file(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda path: path.mkdir(mode=0o777, parents=True) or path.chmod(0o777),
            "the directory {path} is writable by other users; make it private with chmod 700",
        ),
        (make_file, "{path} must be a directory, not a link or a file"),
    ],
)
def test_messages_of_directories(tmp_path: Path, spoil: Any, message: str) -> None:
    path = tmp_path / "state" / "tokens"
    spoil(path)
    with pytest.raises(PermissionError) as caught:
        asyncio.run(FileTokenStore(path).load(KEY))
    assert str(caught.value) == message.format(path=path)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (0o604, "the stored token in {path}: it was readable by other users; its mode is 0600 again"),
        (0o620, "the stored token in {path} is ignored: it is writable by other users"),
    ],
)
def test_messages_of_warnings(tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, message: str) -> None:
    path = tmp_path / "tokens" / f"{KEY}.json"
    store = FileTokenStore(path.parent)
    asyncio.run(store.save(KEY, make_entry()))
    path.chmod(mode)
    asyncio.run(store.load(KEY))
    assert caplog.messages == [message.format(path=path)]


def test_the_message_of_a_lock_that_was_taken_over(tmp_path: Path) -> None:
    file = LockFile(tmp_path, "x.lock", lambda fd: True, lambda fd: None)
    file.release()
    with pytest.raises(RuntimeError) as caught:
        file.try_lock()
    assert str(caught.value) == "the lock was taken over, because the event loop of its holder had stopped"
