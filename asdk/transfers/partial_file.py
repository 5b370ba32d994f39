"""`PartialFile`: the unfinished file of a download, next to its target. Locked while in use, kept if it can be resumed.

Used by `asdk.transfers.download`. ``.name.part`` contains bytes of exactly one version of the file, and
``.name.part.json`` (the metadata) describes that version. Doubtful data is discarded.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import json
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

import attrs

from asdk.concurrency.threads import run_in_thread
from asdk.errors import InvalidRequestError, StreamError
from asdk.transfers.representation import Representation

# Windows has no such locks, and does not replace a file that is open.
_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None

T = TypeVar("T")

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_BLOCK = getattr(os, "O_NONBLOCK", 0)
_USER: Callable[[], int] | None = getattr(os, "geteuid", None)

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
        self._target = target
        self._source = source
        self._path = target.with_name(f".{target.name}.part")
        self._metadata = target.with_name(f".{target.name}.part.json")
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
        """Rename the complete file to its target."""
        await self._do(self._publish)

    def close(self) -> None:
        """Close the file. A file that cannot be resumed is removed."""
        self._is_closing = True
        if not self._step.acquire(blocking=False):
            return  # the running thread closes the file after its step
        try:
            if self._file is not None:
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
            problem = self._resolve_target()
            if problem is not None:
                return problem
            self._file = self._open_locked()
            self._resume(self._file, self._read_metadata() if resume else None)
        except BlockingIOError:
            return f"{self._target} is already being downloaded"
        except OSError as error:
            self._close_file()
            return f"{self._target} cannot be written: {type(error).__name__}: {error.strerror or error}"
        except ValueError:
            return f"to must be the name of a file, got {str(self._target)!a}"
        return None

    def _resolve_target(self) -> str | None:
        """Follow a link that the user made; return a problem with a target that must not be written.

        A download replaces its target by a rename, which would put a regular file in the place of a link, a device or a
        pipe.
        """
        if self._target.is_symlink():
            owner, directory = self._target.lstat().st_uid, self._target.parent.stat()
            if _USER is not None and (owner != _USER() or directory.st_mode & stat.S_IWOTH):
                return f"to must not be a link that another user may have made, got {self._target}"
            self._target = Path(os.path.realpath(self._target))
            self._path = self._target.with_name(f".{self._target.name}.part")
            self._metadata = self._target.with_name(f".{self._target.name}.part.json")
        if self._target.is_dir():
            return f"to must be the name of a file, got the directory {self._target}"
        if self._target.exists() and not self._target.is_file():
            return f"to must be a regular file, got a device, pipe or socket: {self._target}"
        return None

    def _open_locked(self) -> IO[bytes]:
        while True:
            # A link of this name was made by another program, to have the bytes of a server written elsewhere.
            flags = os.O_RDWR | os.O_CREAT | _BINARY | _NO_FOLLOW
            file = os.fdopen(os.open(self._path, flags, 0o666), "r+b", buffering=0)
            try:
                info = os.fstat(file.fileno())
                if (
                    not stat.S_ISREG(info.st_mode)
                    or info.st_nlink > 1
                    or (_USER is not None and info.st_uid != _USER())
                ):
                    raise PermissionError(
                        errno.EPERM, f"{self._path.name} belongs to another user or is not a plain file"
                    )
                if _fcntl is None:
                    return file
                _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(file.fileno()), os.stat(self._path)):
                        return file
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
            with open(os.open(self._metadata, os.O_RDONLY | _BINARY | _NO_FOLLOW | _NO_BLOCK), "rb") as file:
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
        fresh = self._metadata.with_name(f"{self._metadata.name}.{secrets.token_hex(8)}")
        text = json.dumps({"source": self._source, **attrs.asdict(version)})
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666), "w") as file:
                file.write(text)
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
        os.fsync(self._opened.fileno())
        if _fcntl is None:
            self._opened.close()
        # Still locked, so that no other download opens it under its old name.
        self._replace_target()
        self._file = None
        self._metadata.unlink(missing_ok=True)

    def _replace_target(self) -> None:
        """Put the file in the place of its target, whose mode and hard links stay."""
        with contextlib.suppress(FileNotFoundError):
            before = self._target.stat()
            if before.st_nlink > 1:
                self._copy_to_target()
                return
            os.chmod(self._path, stat.S_IMODE(before.st_mode))
        try:
            os.replace(self._path, self._target)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            self._copy_to_target()  # a mounted file cannot be replaced
        else:
            self._opened.close()

    def _copy_to_target(self) -> None:
        """Write the bytes into the existing target."""
        with (
            self._path.open("rb") as source,
            open(os.open(self._target, os.O_WRONLY | os.O_TRUNC | _BINARY | _NO_FOLLOW), "wb") as target,
        ):
            shutil.copyfileobj(source, target, _HASH_SIZE)
            target.flush()
            os.fsync(target.fileno())
        self._opened.close()  # not before the copy is complete: `close` needs the file after a failure
        self._path.unlink()

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
