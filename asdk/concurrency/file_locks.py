"""Locks between the processes of one machine, by the kernel: a killed process's locks are free at once.

Used by token stores that are local to one machine. A lock is a file that is kept open and locked (``flock``, or
``LockFileEx`` on Windows), by filelock's functions for descriptors. Its `AsyncFileLock` releases in a coroutine, which
neither a garbage collector nor the thread that takes over from a stopped event loop can await.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from asdk.concurrency.fork import delay_forks, reset_after_fork
from asdk.concurrency.heartbeat import Heartbeat
from asdk.concurrency.local_locks import LocalLocks
from asdk.concurrency.private_files import open_private_directory
from asdk.concurrency.threads import run_in_thread

# How often to try again while another process holds a lock, in seconds.
_RETRY_INTERVAL = 0.02

# How often to try again while another process writes, in seconds.
_WRITE_RETRY_INTERVAL = 0.002

# How often the event loop of a lock's holder is checked, in seconds. A stopped loop loses its lock after four checks.
_LOOP_CHECK_INTERVAL = 0.5

# How long one write may wait for others, in seconds. Each takes milliseconds.
_WRITE_TIMEOUT = 5.0


class LockFile:
    """One attempt to acquire a lock, by one holder.

    Args:
        directory: contains the file.
        name: of the file.
        lock: locks a descriptor, or returns False if it is locked already.
        unlock: unlocks a descriptor.
    """

    def __init__(self, directory: Path, name: str, lock: Callable[[int], bool], unlock: Callable[[int], None]) -> None:
        self._directory = directory
        self._name = name
        self._lock = lock
        self._unlock = unlock
        self._fd: int | None = None
        self._released = False
        self._busy = threading.Lock()
        reset_after_fork(self._reset)

    def try_lock(self) -> bool:
        """Acquire the lock if it is free. Accesses the disk, but waits for no other holder.

        Raises:
            RuntimeError: it was released meanwhile, because another caller took over.
            OSError: the file cannot be opened, or belongs to another user.
        """
        with self._busy:
            if self._released:
                raise RuntimeError("the lock was taken over, because the event loop of its holder had stopped")
            fd = self._open() if self._fd is None else self._fd
            if not self._lock(fd):
                return False
            if os.fstat(fd).st_nlink:
                return True
            self._close()  # the directory was cleared meanwhile: other processes no longer see this file
            return False

    def release(self) -> None:
        """Release the lock, if it is held, permanently. Any thread may call it, more than once."""
        with self._busy:
            self._released = True
            self._close()

    def _reset(self) -> None:
        """Close the parent's lock in a forked child, without unlocking it."""
        self._busy = threading.Lock()
        self._released = True
        if self._fd is not None:
            # Unlocking would unlock it for the parent; kept open, it would stay locked when the parent dies.
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        # No process is forked between the opening of a descriptor and its assignment.
        with open_private_directory(self._directory, make=True) as directory, delay_forks():
            fd = self._fd = directory.open(self._name, os.O_RDWR | os.O_CREAT)
        info = os.fstat(fd)
        if (hasattr(os, "geteuid") and info.st_uid != os.geteuid()) or not stat.S_ISREG(info.st_mode):
            self._close()
            raise PermissionError(
                f"the lock {self._name} in {self._directory} belongs to another user or is not a regular file"
            )
        return fd

    def _close(self) -> None:
        if self._fd is None:
            return
        with delay_forks():
            # Unlocked first: a child that was forked without Python's fork hooks may still have it open.
            with contextlib.suppress(OSError):
                self._unlock(self._fd)
            os.close(self._fd)
            self._fd = None


class FileLocks:
    """One lock per name, for the tasks, event loops, threads and processes that share one directory.

    Lock files are left in place, empty: removing one would let a second process lock a new file of the same name.
    """

    def __init__(self, directory: Path) -> None:
        # Imported here, not by the first caller that locks: a child forked while another thread imports a module can
        # never import that module.
        from filelock import lock_descriptor, unlock_descriptor

        self._native = partial(lock_descriptor, blocking=False), unlock_descriptor
        self._directory = directory
        self._local = LocalLocks()

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncGenerator[None, None]:
        """Acquire the lock of one name for the block."""
        async with self._local.lock(name) as holder:
            file = LockFile(self._directory, f"{name}.lock", *self._native)
            heartbeat = Heartbeat(_LOOP_CHECK_INTERVAL, lost=file.release)
            holder.on_lost = file.release

            def acquire() -> bool:
                acquired = file.try_lock()
                if acquired:  # in the same thread: the loop may stop before it learns that the lock was acquired
                    heartbeat.start()
                return acquired

            try:
                while not await run_in_thread(acquire):  # noqa: ASYNC110 - the kernel notifies no event loop
                    await asyncio.sleep(_RETRY_INTERVAL)
                yield
            finally:  # without an await: this must also work when the garbage collector closes a coroutine
                heartbeat.stop()
                file.release()

    @contextmanager
    def write_lock(self) -> Generator[None, None, None]:
        """Prevent other writes in the directory during the block. Waits, so call it in a worker thread.

        Raises:
            TimeoutError: another process has been writing for 5 s.
            OSError: the lock file cannot be opened.
        """
        file, deadline = LockFile(self._directory, "writing.lock", *self._native), time.monotonic() + _WRITE_TIMEOUT
        try:
            while not file.try_lock():
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"timed out after {_WRITE_TIMEOUT:g} s: another process is writing in {self._directory}"
                    )
                time.sleep(_WRITE_RETRY_INTERVAL)
            yield
        finally:
            file.release()
