"""Locks between processes of one machine, on files, by the kernel: what a killed process held is free at once.

Used by the stores that live on one machine. A lock is a file held open and locked (``flock``, on Windows
``LockFileEx``): filelock's, at the level of descriptors. Its `AsyncFileLock` releases in a coroutine, and neither a
garbage collector nor the thread that takes over from a stopped loop can await one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from asdk.concurrency.heartbeat import Heartbeat
from asdk.concurrency.local_locks import LocalLocks
from asdk.concurrency.private_files import private_folder
from asdk.concurrency.threads import in_thread

# How often a lock that another process holds is tried again, in seconds.
_BEAT = 0.02

# How often the holder of a lock is looked at, in seconds: one whose loop stands still loses it after four looks.
_LOOK = 0.5

# How long one write may wait for another, in seconds. Each takes milliseconds.
_WRITE_TIMEOUT = 5.0

# No process is forked while a descriptor is neither closed nor known.
_forking = threading.RLock()


class LockFile:
    """One attempt to hold a lock, by one holder.

    Args:
        directory: that the file is in.
        name: of the file.
        lock: locks a descriptor, or says that somebody else has it.
        unlock: unlocks it.
    """

    def __init__(self, directory: Path, name: str, lock: Callable[[int], bool], unlock: Callable[[int], None]) -> None:
        self._directory = directory
        self._name = name
        self._lock = lock
        self._unlock = unlock
        self._fd: int | None = None
        self._released = False
        self._busy = threading.Lock()
        _lock_files.add(self)

    def try_lock(self) -> bool:
        """Take the lock if it is free. Reaches for the disk, but waits for nobody.

        Raises:
            RuntimeError: it was released in the meantime: somebody took over.
            OSError: the file cannot be opened, or is not ours.
        """
        with self._busy:
            if self._released:
                raise RuntimeError("the lock was taken over, since the event loop of its holder stood still")
            fd = self._open() if self._fd is None else self._fd
            if not self._lock(fd):
                return False
            if os.fstat(fd).st_nlink:
                return True
            self._close()  # the directory was cleared while we waited: this file locks nobody out
            return False

    def release(self) -> None:
        """Give the lock back, if it is held, for good. May be called by any thread, and again."""
        with self._busy:
            self._released = True
            self._close()

    def forget(self) -> None:
        """After a fork, in the child: let go of the parent's lock without unlocking it."""
        self._busy = threading.Lock()
        self._released = True
        if self._fd is not None:
            # Unlocking would unlock it for the parent; kept open, it would stay locked when the parent dies.
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        with private_folder(self._directory, make=True) as folder, _forking:
            fd = self._fd = folder.open(self._name, os.O_RDWR | os.O_CREAT)
        facts = os.fstat(fd)
        if (hasattr(os, "geteuid") and facts.st_uid != os.geteuid()) or not stat.S_ISREG(facts.st_mode):
            self._close()
            raise PermissionError(f"the lock {self._name} in {self._directory} belongs to another user or is no file")
        return fd

    def _close(self) -> None:
        if self._fd is None:
            return
        with _forking:
            # Unlocked first: a child that was forked without a word to Python may hold it open still.
            with contextlib.suppress(OSError):
                self._unlock(self._fd)
            os.close(self._fd)
            self._fd = None


class FileLocks:
    """A lock for each name, for the tasks, loops, threads and processes that use one directory.

    Lock files stay where they are, empty: whoever removed one would take it from under those who wait for it.
    """

    def __init__(self, directory: Path) -> None:
        # Not by whoever locks first: a child that is forked while a thread imports can never import that.
        from filelock import lock_descriptor, unlock_descriptor

        self._native = partial(lock_descriptor, blocking=False), unlock_descriptor
        self._directory = directory
        self._local = LocalLocks()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncGenerator[None, None]:
        """Hold one name, for as long as it takes."""
        async with self._local.hold(name) as holder:
            file = LockFile(self._directory, f"{name}.lock", *self._native)
            heartbeat = Heartbeat(_LOOK, lost=file.release)
            holder.on_lost = file.release
            try:
                while not await in_thread(file.try_lock):  # noqa: ASYNC110 - the kernel tells no event loop
                    await asyncio.sleep(_BEAT)
                heartbeat.start()
                yield
            finally:  # without an await: this must also be right when the garbage collector ends a coroutine
                heartbeat.stop()
                file.release()

    @contextmanager
    def writing(self) -> Generator[None, None, None]:
        """In a worker thread: keep everybody else from writing in the directory, for milliseconds.

        Raises:
            TimeoutError: somebody has been writing for 5 s.
            OSError: the lock file cannot be opened.
        """
        file, deadline = LockFile(self._directory, "writing.lock", *self._native), time.monotonic() + _WRITE_TIMEOUT
        try:
            while not file.try_lock():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"another process has been writing in {self._directory} for too long")
                time.sleep(_BEAT / 10)
            yield
        finally:
            file.release()


_lock_files: weakref.WeakSet[LockFile] = weakref.WeakSet()


def _after_fork() -> None:
    global _forking  # noqa: PLW0603 - a child needs a lock of its own: it inherits this one locked
    _forking = threading.RLock()
    for file in list(_lock_files):
        file.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _forking.acquire(), after_in_parent=lambda: _forking.release(), after_in_child=_after_fork
    )
