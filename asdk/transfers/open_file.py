"""`OpenFile`: the target of a download that the caller has opened, such as a pipe, a device or a buffer.

Used by `asdk.transfers.download`, in the place of a `PartialFile`. The bytes are written as they come, so what a broken
download has written stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import attrs

from asdk.concurrency.open_files import run_on_file
from asdk.errors import InvalidRequestError, StreamError, describe_type
from asdk.transfers.representation import Representation


class OpenFile:
    """The bytes of a download so far, in an open file, from its position.

    Args:
        file: open for writing bytes.
        algorithms: the digests that the caller expects.

    Attributes:
        size: the number of bytes.
        version: the version of the file that the bytes belong to; None while it is unknown.

    Raises:
        InvalidRequestError: the file does not accept bytes.
    """

    def __init__(self, file: IO[bytes], algorithms: Iterable[str]) -> None:
        problem = _problem_with(file)
        if problem is not None:
            raise InvalidRequestError(f"to must be a path or a file that is open for writing bytes, got {problem}")
        name = getattr(file, "name", None)
        self.path = Path(name) if isinstance(name, str) else Path()
        self.size: int = 0
        self.version: Representation | None = None
        self._file = file
        self._expected = frozenset(algorithms)
        self._hashers: dict[str, Any] = {}
        self._start: int | None = None

    async def open(self, *, resume: bool) -> None:
        """Find the position. There is nothing to resume: the bytes of an earlier download are not known."""
        del resume
        await self._run(self._find_start)

    async def begin(self, version: Representation) -> None:
        """Start a file of this version."""
        await self.reset()
        self.version = version
        self._hashers = {
            algorithm: hashlib.new(algorithm, usedforsecurity=False)
            for algorithm in {*self._expected, *version.digests}
        }

    async def note(self, version: Representation) -> None:
        """Take over what a part says about the file. A digest that is announced late is not checked."""
        known = {algorithm: digest for algorithm, digest in version.digests.items() if algorithm in self._hashers}
        self.version = attrs.evolve(version, digests=known)

    async def write(self, data: bytes) -> None:
        """Write bytes."""
        await self._run(lambda: self._write(data))

    async def digests(self, algorithms: Iterable[str]) -> dict[str, str]:
        """Return the digests of the bytes that were written, in hex."""
        return {algorithm: self._hashers[algorithm].hexdigest() for algorithm in algorithms}

    async def publish(self) -> None:
        """Flush the file, which stays open."""
        await self._run(self._file.flush)

    def close(self) -> None:
        """Do nothing: the caller closes the file."""

    async def reset(self) -> None:
        """Go back to the position at which the download started.

        Raises:
            StreamError: bytes were written, and the file has no positions.
        """
        if self.size:
            await self._run(self._rewind)
        self.size, self.version, self._hashers = 0, None, {}

    async def discard(self) -> None:
        """Remove the bytes, which are wrong, if the file has positions."""
        with contextlib.suppress(StreamError):
            await self.reset()

    async def _run(self, work: Callable[[], object]) -> None:
        try:
            await run_on_file(self._file, work)
        except (OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        else:
            return
        raise StreamError(f"the download could not be written to the open file: {problem}", cause=problem)

    def _find_start(self) -> None:
        if self._file.seekable():
            self._start = self._file.tell()

    def _rewind(self) -> None:
        if self._start is None:
            raise OSError("the download must start over, and the file cannot go back")
        self._file.seek(self._start)
        self._file.truncate()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            written: int | None = self._file.write(left)
            if written is None:
                raise BlockingIOError("the file must not be in non-blocking mode")
            left = left[written:]
        self.size += len(data)
        for hasher in self._hashers.values():
            hasher.update(data)


def _problem_with(file: Any) -> str | None:
    if inspect.iscoroutinefunction(file.write):
        return "an asynchronous file"
    if isinstance(file, io.TextIOBase):
        return "a file in text mode: open it with 'wb'"
    if getattr(file, "closed", False):
        return "a closed file"
    try:
        is_writable = file.writable()
    except AttributeError:
        is_writable = True
    return None if is_writable else f"{describe_type(file)}, which is open for reading"
