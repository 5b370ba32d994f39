"""`PartialFile`: the unfinished file of a download, next to its target. Locked while in use, kept if it can be resumed.

Used by `asdk.transfers.download`. ``.name.part`` contains bytes of exactly one version of the file, and
``.name.part.json`` (the metadata) describes that version. Doubtful data is discarded.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

import attrs

from asdk.concurrency.threads import run_in_thread
from asdk.errors import InvalidRequestError, StreamError
from asdk.transfers.representation import Representation
from asdk.transfers.targets import UnsafeTargetError, is_same, open_own, publish, resolve_target, write_own

# Windows has no such locks, and does not replace a file that is open.
_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None

T = TypeVar("T")

# The metadata of a download is smaller than this, in bytes.
_METADATA_SIZE = 64 * 1024

# How many bytes are hashed per step: a cancelled download waits for at most one step.
_HASH_SIZE = 8 * 2**20


class PartialFile:
    """The bytes of a download so far.

    Every method that accesses the disk runs in a thread. If it is cancelled, the thread finishes its step; the file is
    closed by `close` or by that thread, depending on which is last.

    Attributes:
        size: the number of bytes.
        version: the version of the file that the bytes belong to; None while it is unknown.
    """

    def __init__(self, target: Path, source: str) -> None:
        self.size: int = 0
        self.version: Representation | None = None
        self._source = source
        self._set_target(target)
        self._file: IO[bytes] | None = None
        self._step = threading.Lock()
        self._is_closing = False

    async def open(self, *, resume: bool) -> None:
        """Open the file, and resume from an earlier download of the same source.

        Raises:
            InvalidRequestError: the target cannot be written, or another download is writing it.
        """
        problem = await self._run(lambda: self._open(resume))
        if problem is not None:
            raise InvalidRequestError(problem)

    async def begin(self, version: Representation) -> None:
        """Discard the bytes and start a file of this version."""
        await self._do(lambda: self._begin(version))

    async def note(self, version: Representation) -> None:
        """Save the metadata of this version."""
        await self._do(lambda: self._note(version))

    async def write(self, data: bytes) -> None:
        """Append bytes."""
        await self._do(lambda: self._write(data))

    async def digests(self, algorithms: Iterable[str]) -> dict[str, str]:
        """Return the digests of the bytes on disk, in hex."""
        hashers = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms}
        offset = 0
        while hashers and offset < self.size:
            offset = await self._do(partial(self._hash, list(hashers.values()), offset))
        return {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}

    async def publish(self) -> None:
        """Put the complete file in the place of its target."""
        # Two steps: a download that is cancelled while a slow disk writes is not published afterwards.
        await self._do(lambda: os.fsync(self._opened.fileno()))
        await self._do(self._publish)

    def close(self) -> None:
        """Close the file. A file that cannot be resumed is removed."""
        self._is_closing = True
        if not self._step.acquire(blocking=False):
            return  # the running thread closes the file after its step
        try:
            if self._file is not None and not self._file.closed:
                if self.size == 0 or self.version is None or self.version.validator is None:
                    self._discard()
                self._file.close()
                self._file = None
        finally:
            self._step.release()

    async def reset(self) -> None:
        """Discard bytes that cannot be resumed, and keep the file open."""
        await self._do(self._reset)

    async def discard(self) -> None:
        """Remove the file and its metadata: the bytes are wrong."""
        await self._do(self._discard)

    def _set_target(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.part")
        self._metadata = target.with_name(f".{target.name}.part.json")

    # --- in a thread ------------------------------------------------------------------------------------------------

    async def _run(self, step: Callable[[], T]) -> T:
        def work() -> T:
            try:
                with self._step:
                    return step()
            finally:
                if self._is_closing:
                    self.close()

        return await run_in_thread(work, keep_frames=True)

    async def _do(self, step: Callable[[], T]) -> T:
        try:
            return await self._run(step)
        except OSError as error:
            problem = f"{type(error).__name__}: {error}"
        raise StreamError(f"the download could not be written to {self._target.name}: {problem}", cause=problem)

    def _open(self, resume: bool) -> str | None:
        try:
            self._set_target(resolve_target(self._target))
            self._file = self._open_locked()
            self._resume(self._file, self._read_metadata() if resume else None)
        except UnsafeTargetError as error:
            return str(error)
        except BlockingIOError:
            return f"{self._target} is already being downloaded"
        except OSError as error:
            self._close_file()
            return f"{self._target} cannot be written: {type(error).__name__}: {error.strerror or error}"
        except ValueError:
            return f"to must be the name of a file, got {str(self._target)!a}"
        return None

    def _open_locked(self) -> IO[bytes]:
        while True:
            file = open_own(self._path, os.O_RDWR | os.O_CREAT)
            assert file is not None
            try:
                if _fcntl is None:
                    return file
                _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
                if is_same(file, self._path):
                    if os.fstat(file.fileno()).st_nlink == 1:
                        return file
                    self._path.unlink()  # a file of this user has this second name, such as in a copy made of links
            except BaseException:
                file.close()
                raise
            file.close()  # the download that had it has just finished: this is the published file

    def _resume(self, file: IO[bytes], version: Representation | None) -> None:
        if version is None or version.validator is None:
            file.truncate(0)
            return
        size = file.seek(0, os.SEEK_END)
        if version.size is not None and size >= version.size:
            # Complete, but not published: the last byte is requested again, so that the server confirms the version.
            size = max(0, version.size - 1)
            file.truncate(size)
            file.seek(size)
        self.size, self.version = size, version

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_metadata(self) -> Representation | None:
        try:
            file = open_own(self._metadata, os.O_RDONLY)
            if file is None:
                return None
            with file:
                metadata = json.loads(file.read(_METADATA_SIZE))
            same = isinstance(metadata, dict) and metadata.pop("source", None) == self._source
        except (OSError, ValueError, RecursionError):
            return None
        return Representation.load(metadata) if same else None

    def _begin(self, version: Representation) -> None:
        # In this order, so that after an interruption the metadata never describes bytes of another version.
        self._opened.truncate(0)
        self._opened.seek(0)
        self.size = 0
        self._note(version)

    def _note(self, version: Representation) -> None:
        self.version = version
        fresh = self._metadata.with_name(f"{self._metadata.name}.new")
        try:
            write_own(fresh, json.dumps({"source": self._source, **attrs.asdict(version)}).encode())
            os.replace(fresh, self._metadata)
        except OSError:  # such as a full disk, which has room for the name alone
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._opened.write(left) :]
        self.size += len(data)

    def _hash(self, hashers: list[Any], offset: int) -> int:
        self._opened.seek(offset)
        data = self._opened.read(_HASH_SIZE)
        for hasher in hashers:
            hasher.update(data)
        if not data:
            raise OSError("the file was truncated during the download")
        return offset + len(data)

    def _publish(self) -> None:
        # Still locked, so that no other download opens it under its old name.
        publish(self._opened, self._path, self._target)
        self._close_file()
        self._metadata.unlink(missing_ok=True)

    def _reset(self) -> None:
        self._opened.truncate(0)
        self._opened.seek(0)
        self.size, self.version = 0, None

    def _discard(self) -> None:
        self._reset()
        for path in (self._metadata, self._path):
            with contextlib.suppress(OSError):
                path.unlink()

    @property
    def _opened(self) -> IO[bytes]:
        assert self._file is not None
        return self._file
