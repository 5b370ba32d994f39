"""`FileTokenStore`: tokens in files of the user, shared by all processes of a machine.

For command line tools, notebooks and workers of one machine. The directory is 0700 and each file 0600 from its first
byte; an entry is written beside the old one and then takes its place, so that a reader finds one of the two, whole,
whenever a writer is killed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from asdk.auth.stores.paths import file_name, state_directory
from asdk.auth.stores.record import LARGEST, TokenRecord
from asdk.concurrency.file_locks import FileLocks
from asdk.concurrency.private_files import Folder, UntrustedFileError, private_folder
from asdk.concurrency.threads import WarnOnce, in_thread
from asdk.extras import require_extra


class FileTokenStore:
    """Keeps each token in a file, in plain JSON that nobody but its owner can read.

    An entry is ignored, with one warning, if it is a link, belongs to another user, may be written by others, or is not
    what was left there. One that others could only read is used, and its mode mended. The directory must belong to the
    user and must not be writable by others, or every use of the store raises PermissionError.

    Processes on several machines may share the directory only where the file system passes locks on.

    Args:
        directory: made where it is missing, with those above it. By default ``asdk/tokens`` where the platform keeps
            the state of a user's programs, such as ``~/.local/state``.

    Raises:
        ConfigurationError: filelock or platformdirs is missing: ``pip install 'asdk[tokens]'``.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        require_extra("FileTokenStore", "tokens", "filelock", "platformdirs")
        self.directory = state_directory("tokens") if directory is None else Path(directory).expanduser().absolute()
        self._locks = FileLocks(self.directory)
        self._complaints = WarnOnce()
        self._swept = False

    async def load(self, key: str) -> TokenRecord | None:
        return await in_thread(lambda: self._load(file_name(key)))

    async def save(self, key: str, entry: TokenRecord) -> bool:
        return await in_thread(lambda: self._save(file_name(key), entry))

    async def delete(self, key: str) -> None:
        await in_thread(lambda: self._delete(file_name(key)))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        async with self._locks.hold(file_name(key)):
            yield

    def _load(self, name: str) -> TokenRecord | None:
        try:
            with private_folder(self.directory, make=False) as folder:
                self._sweep_once(folder)
                return self._read(folder, name)
        except FileNotFoundError:
            return None

    def _save(self, name: str, entry: TokenRecord) -> bool:
        with private_folder(self.directory, make=True) as folder, self._locks.writing():
            self._sweep(folder)
            before = self._read(folder, name)
            if (0 if before is None else before.revision) != entry.revision - 1:
                return False
            folder.write(f"{name}.json", entry.dumps())
            return True

    def _delete(self, name: str) -> None:
        with suppress(FileNotFoundError), private_folder(self.directory, make=False) as folder, self._locks.writing():
            folder.remove(f"{name}.json")

    def _read(self, folder: Folder, name: str) -> TokenRecord | None:
        place = str(self.directory / f"{name}.json")
        try:
            text, mended = folder.read(f"{name}.json", LARGEST)
            if mended is not None:
                self._complaints.mended(place, mended)
            return None if text is None else TokenRecord.loads(text)
        except (UntrustedFileError, ValueError) as error:
            self._complaints.ignored(place, str(error))
            return None

    def _sweep_once(self, folder: Folder) -> None:
        """Remove what writers that were killed left behind, once in the life of a store that only reads."""
        if self._swept:
            return
        self._swept = True
        if folder.stale_temporaries():
            with suppress(OSError), self._locks.writing():  # a read-only disk keeps what it has
                self._sweep(folder)

    def _sweep(self, folder: Folder) -> None:
        """With the right to write: whose file this is, is dead."""
        self._swept = True
        for name in folder.stale_temporaries():
            folder.remove(name)

    def __repr__(self) -> str:
        return f"<FileTokenStore in {self.directory}>"

    def __reduce__(self) -> tuple[type[FileTokenStore], tuple[Path]]:
        return type(self), (self.directory,)
