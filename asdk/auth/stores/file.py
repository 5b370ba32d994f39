"""`FileTokenStore`: tokens in files of the user, shared by all processes of one machine.

For command line tools, notebooks and workers of one machine. The directory has mode 0700, and each file 0600 from its
first byte. A record is written to a temporary file that then replaces the old one, so that a reader finds one of the
two, whole, whenever a writer is killed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from asdk.auth.stores.paths import file_name, state_directory
from asdk.auth.stores.record import LARGEST, TokenRecord
from asdk.concurrency.file_locks import FileLocks
from asdk.concurrency.private_files import PrivateDirectory, UntrustedFileError, expand_home, open_private_directory
from asdk.concurrency.threads import WarnOnce, run_in_thread
from asdk.extras import require_extra


class FileTokenStore:
    """A store of one file per token, in plain JSON that only its owner can read.

    A record is ignored, with one warning, if its file is a link, belongs to another user, is writable by others, or is
    not as the store wrote it. A file that others could only read is used, and its mode repaired. The directory must
    belong to the user and must not be writable by others; otherwise every use of the store raises PermissionError.

    Processes on several machines may share the directory only if its file system supports locks between machines.

    Args:
        directory: created with its parents where it is missing. By default ``asdk/tokens`` in the platform's directory
            for the state of a user's programs, such as ``~/.local/state``.

    Raises:
        ConfigurationError: filelock or platformdirs is missing: ``pip install 'asdk[tokens]'``.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        require_extra("FileTokenStore", "tokens", "filelock", "platformdirs")
        self.directory: Path = (
            state_directory("tokens", instead=", or pass directory=")
            if directory is None
            else expand_home("directory", directory).absolute()
        )
        self._locks = FileLocks(self.directory)
        self._warnings = WarnOnce()
        self._swept = False

    async def load(self, key: str) -> TokenRecord | None:
        """Return the record of this key, or None without one that can be trusted."""
        return await run_in_thread(lambda: self._load(file_name(key)))

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Save the record if the stored one is the revision before it. Return False otherwise."""
        return await run_in_thread(lambda: self._save(file_name(key), entry))

    async def delete(self, key: str) -> None:
        """Delete the record of this key, if it exists."""
        await run_in_thread(lambda: self._delete(file_name(key)))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Lock this key for all processes that share the directory."""
        async with self._locks.lock(file_name(key)):
            yield

    def _load(self, name: str) -> TokenRecord | None:
        try:
            with open_private_directory(self.directory, make=False) as directory:
                self._sweep_once(directory)
                return self._read(directory, name)
        except FileNotFoundError:
            return None

    def _save(self, name: str, entry: TokenRecord) -> bool:
        with open_private_directory(self.directory, make=True) as directory, self._locks.write_lock():
            self._sweep(directory)
            before = self._read(directory, name)
            if (0 if before is None else before.revision) != entry.revision - 1:
                return False
            directory.write(f"{name}.json", entry.dumps())
            return True

    def _delete(self, name: str) -> None:
        with (
            suppress(FileNotFoundError),
            open_private_directory(self.directory, make=False) as directory,
            self._locks.write_lock(),
        ):
            directory.remove(f"{name}.json")

    def _read(self, directory: PrivateDirectory, name: str) -> TokenRecord | None:
        place = str(self.directory / f"{name}.json")
        try:
            text, repair = directory.read(f"{name}.json", LARGEST)
            if repair is not None:
                self._warnings.repaired(place, repair)
            return None if text is None else TokenRecord.loads(text)
        except (UntrustedFileError, ValueError) as error:
            self._warnings.ignored(place, str(error))
            return None

    def _sweep_once(self, directory: PrivateDirectory) -> None:
        """Remove the files of killed writers, once in the life of a store that only reads."""
        if self._swept:
            return
        self._swept = True
        if directory.stale_temporaries():
            with suppress(OSError), self._locks.write_lock():  # a read-only disk keeps its files
                self._sweep(directory)

    def _sweep(self, directory: PrivateDirectory) -> None:
        """Remove the files of killed writers. The write lock must be held: it proves that they are dead."""
        self._swept = True
        for name in directory.stale_temporaries():
            directory.remove(name)

    def __repr__(self) -> str:
        return f"<FileTokenStore in {self.directory}>"

    def __reduce__(self) -> tuple[type[FileTokenStore], tuple[Path]]:
        return type(self), (self.directory,)
