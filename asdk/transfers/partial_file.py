"""The unfinished file of a download, beside its target: locked while somebody writes it, kept when it can go on later.

Used by `asdk.transfers.download`. ``.name.part`` holds bytes of one version of the file and nothing else;
``.name.part.json`` says
of which. Whatever is in doubt is thrown away.
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

import anyio.to_thread
import attrs

from asdk.errors import InvalidRequestError, StreamError
from asdk.transfers.representation import Representation

# Windows has no such locks, and refuses to replace a file that somebody has open.
_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None

T = TypeVar("T")

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends

# How much is hashed in one go, in bytes: a cancelled download waits for one such step at most.
_HASHED_AT_ONCE = 8 * 2**20


class PartialFile:
    """The bytes so far.

    Every method that touches the disk runs in a thread. One that is cancelled lets the thread finish its step: the file
    is closed by whoever is last.

    Attributes:
        size: how many bytes are there.
        version: of which version of the file they are; None before anything is known.
    """

    def __init__(self, target: Path, source: str) -> None:
        self.size = 0
        self.version: Representation | None = None
        self._target = target
        self._source = source
        self._path = target.with_name(f".{target.name}.part")
        self._notes = target.with_name(f".{target.name}.part.json")
        self._file: IO[bytes] | None = None
        self._step = threading.Lock()
        self._is_left = False

    async def open(self, *, resume: bool) -> None:
        """Take up what an earlier download left, if it was of the same source, else begin.

        Raises:
            InvalidRequestError: the target cannot be written, or is being downloaded by somebody else.
        """
        problem = await self._run(lambda: self._open(resume))
        if problem is not None:
            raise InvalidRequestError(problem)

    async def begin(self, version: Representation) -> None:
        """Throw away what is there: bytes of this version follow."""
        await self._do(lambda: self._begin(version))

    async def note(self, version: Representation) -> None:
        """Remember what more is known about this version."""
        await self._do(lambda: self._note(version))

    async def write(self, data: bytes) -> None:
        """Add bytes at the end."""
        await self._do(lambda: self._write(data))

    async def digests(self, algorithms: Iterable[str]) -> dict[str, str]:
        """The digests, in hex, of what lies on the disk."""
        hashers = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms}
        place = 0
        while hashers and place < self.size:
            place = await self._do(partial(self._hash, list(hashers.values()), place))
        return {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}

    async def publish(self) -> None:
        """Give the file its name: it is complete."""
        await self._do(self._publish)

    def close(self) -> None:
        """Leave the file. What cannot be taken up later is removed."""
        self._is_left = True
        if not self._step.acquire(blocking=False):
            return  # the thread at work does it when it has done its step
        try:
            if self._file is not None:
                if self.size == 0 or self.version is None or self.version.validator is None:
                    self._discard()
                self._file.close()
                self._file = None
        finally:
            self._step.release()

    async def reset(self) -> None:
        """Forget what is there: it cannot be continued."""
        await self._do(self._reset)

    async def discard(self) -> None:
        """Throw everything away: it is not what it should be."""
        await self._do(self._discard)

    # --- in a thread ------------------------------------------------------------------------------------------------

    async def _run(self, step: Callable[[], T]) -> T:
        def work() -> T:
            try:
                with self._step:
                    return step()
            finally:
                if self._is_left:
                    self.close()

        return await anyio.to_thread.run_sync(work)

    async def _do(self, step: Callable[[], T]) -> T:
        try:
            return await self._run(step)
        except OSError as error:
            problem = f"{type(error).__name__}: {error}"
        raise StreamError(f"the download cannot be written to {self._target.name}: {problem}", cause=problem)

    def _open(self, resume: bool) -> str | None:
        try:
            if self._target.is_dir():
                return f"{self._target} is a folder; give the name of a file"
            self._file = self._locked()
            self._take_up(self._file, self._read_notes() if resume else None)
        except BlockingIOError:
            return f"{self._target} is being downloaded already"
        except OSError as error:
            self._leave_file()
            return f"{self._target} cannot be written: {type(error).__name__}: {error.strerror or error}"
        except ValueError:
            return f"{str(self._target)!a} is no name of a file"
        return None

    def _locked(self) -> IO[bytes]:
        while True:
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666), "r+b", buffering=0)
            try:
                if _fcntl is None:
                    return file
                _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(file.fileno()), os.stat(self._path)):
                        return file
            except BaseException:
                file.close()
                raise
            file.close()  # whoever had it before has just finished: this is the published file

    def _take_up(self, file: IO[bytes], version: Representation | None) -> None:
        if version is None or version.validator is None:
            file.truncate(0)
            return
        size = file.seek(0, os.SEEK_END)
        if version.size is not None and size >= version.size:
            # Complete, or nearly: the last byte is asked for again, so that the server says whether it still is so.
            size = max(0, version.size - 1)
            file.truncate(size)
            file.seek(size)
        self.size, self.version = size, version

    def _leave_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_notes(self) -> Representation | None:
        try:
            notes = json.loads(self._notes.read_bytes())
            same = isinstance(notes, dict) and notes.pop("source", None) == self._source
        except (OSError, ValueError, RecursionError):
            return None
        return Representation.load(notes) if same else None

    def _begin(self, version: Representation) -> None:
        # In this order: whenever it is interrupted, the notes never tell of bytes of another version.
        self._opened.truncate(0)
        self._opened.seek(0)
        self.size = 0
        self._note(version)

    def _note(self, version: Representation) -> None:
        self.version = version
        fresh = self._notes.with_name(f"{self._notes.name}.new")
        try:
            fresh.write_text(json.dumps({"source": self._source, **attrs.asdict(version)}))
            os.replace(fresh, self._notes)
        except OSError:  # such as a full disk, on which the name alone finds room
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._opened.write(left) :]
        self.size += len(data)

    def _hash(self, hashers: list[Any], place: int) -> int:
        self._opened.seek(place)
        data = self._opened.read(_HASHED_AT_ONCE)
        for hasher in hashers:
            hasher.update(data)
        if not data:
            raise OSError("the file became shorter meanwhile")
        return place + len(data)

    def _publish(self) -> None:
        os.fsync(self._opened.fileno())
        if _fcntl is None:
            self._opened.close()
        # Still locked, so that nobody takes it up under its old name.
        os.replace(self._path, self._target)
        self._opened.close()
        self._file = None
        self._notes.unlink(missing_ok=True)

    def _reset(self) -> None:
        self._opened.truncate(0)
        self._opened.seek(0)
        self.size, self.version = 0, None

    def _discard(self) -> None:
        self._reset()
        for path in (self._notes, self._path):
            with contextlib.suppress(OSError):
                path.unlink()

    @property
    def _opened(self) -> IO[bytes]:
        assert self._file is not None
        return self._file
