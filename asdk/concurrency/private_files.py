"""Files that are nobody else's business: directories 0700, files 0600 from the first byte, whole or not there at all.

Used by the stores that keep something on disk, in their worker threads. Everything is done relative to a directory that
is held open and was checked, so that nobody can put another one, or a link, in its place in between. Where the platform
has neither owners nor such handles (Windows), paths are used, and the user's profile is what protects them.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from asdk.secret import Secret

_POSIX = os.open in os.supports_dir_fd
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# Without O_NONBLOCK a named pipe that somebody left here would hold up whoever opens it.
_FILE = _NO_LINK | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# What opening a link answers: the second on FreeBSD.
_IS_LINK = (errno.ELOOP, errno.EMLINK)

# The directory may hold what is not ours: of temporary files only those with such a name are.
_TEMPORARY = ".tmp"
_IS_LEFT_OVER = re.compile(r"[0-9a-f]{32}\.json\.tmp").fullmatch


class UntrustedFileError(Exception):
    """A file is there, but it is not what we left, or somebody else may have written it. The message says why."""


class Folder:
    """A directory of ours that is open, and what may be done in it."""

    def __init__(self, path: Path, fd: int | None) -> None:
        self.path = path
        self._fd = fd

    def open(self, name: str, flags: int) -> int:
        """Open a file, never through a link; one that is made is 0600 whatever the umask."""
        fd = os.open(self._at(name), flags | _FILE, 0o600, dir_fd=self._fd)
        try:
            if _POSIX and flags & os.O_CREAT and os.fstat(fd).st_uid == os.geteuid():
                os.fchmod(fd, 0o600)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def read(self, name: str, limit: int) -> tuple[Secret | None, str | None]:
        """What is in a file, None if there is none, and what had to be mended, if something had.

        Raises:
            UntrustedFileError: it is a link or no plain file, belongs to somebody else, may be written by others, is
                larger than ``limit`` bytes, or no text.
            OSError: it cannot be read now.
        """
        try:
            fd = self.open(name, os.O_RDONLY)
        except FileNotFoundError:
            return None, None
        except PermissionError:
            raise UntrustedFileError("it may not be read") from None
        except OSError as error:
            if error.errno not in _IS_LINK:
                raise
            raise UntrustedFileError("it is a symbolic link") from None
        with open(fd, "rb", buffering=0) as file:
            mended = _check_file(os.fstat(fd), limit)
            if mended is not None:
                os.fchmod(fd, 0o600)
            return _text(file, limit), mended

    def write(self, name: str, text: Secret) -> None:
        """Put the text in a file, in the place of what was there, at once: nobody ever sees a part of it.

        Only one at a time may write in a directory.
        """
        temporary = name + _TEMPORARY
        self.remove(temporary)
        with open(self.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb", buffering=0) as file:
            try:
                _write_all(file.fileno(), memoryview(text.reveal().encode()))  # whose repr shows nothing
                os.fsync(file.fileno())
                if not _POSIX:
                    file.close()  # Windows renames no open file
                os.replace(self._at(temporary), self._at(name), src_dir_fd=self._fd, dst_dir_fd=self._fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    self.remove(temporary)
                raise
        self._sync()

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._fd)

    def stale_temporaries(self) -> list[str]:
        """The temporary files that writers left: for as long as nobody writes, those died."""
        names = os.listdir(self.path if self._fd is None else self._fd)
        return [name for name in names if _IS_LEFT_OVER(name)]

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self.path, name)

    def _sync(self) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):  # not every file system can; the file itself is on disk
                os.fsync(self._fd)


@contextmanager
def private_folder(path: Path, *, make: bool) -> Generator[Folder, None, None]:
    """Open a directory of ours, and make it, with the directories above it, where it is missing: each 0700.

    Raises:
        FileNotFoundError: it is missing, and ``make`` is false.
        PermissionError: it is a link, belongs to somebody else, or others may write in it.
        OSError: it cannot be opened or made.
    """
    if not _POSIX:
        if make:
            path.mkdir(parents=True, exist_ok=True)
        yield Folder(path, None)
        return
    fd = _open(path, make=make)
    try:
        _check_directory(os.fstat(fd), path)
        yield Folder(path, fd)
    finally:
        os.close(fd)


def _open(path: Path, *, make: bool) -> int:
    try:
        return os.open(path, _DIRECTORY | _NO_LINK)
    except FileNotFoundError:
        if not make:
            raise
    except OSError as error:
        if error.errno not in (*_IS_LINK, errno.ENOTDIR):
            raise
        raise PermissionError(f"the directory {path} is a link or no directory") from None
    return _make(path)


def _make(path: Path) -> int:
    """Make a directory and open it. Not ``mkdir(parents=True)``, which leaves the parents to the umask."""
    try:
        parent = os.open(path.parent, _DIRECTORY)
    except FileNotFoundError:
        if path.parent == path:
            raise
        parent = _make(path.parent)
    try:
        made = True
        try:
            os.mkdir(path.name, 0o700, dir_fd=parent)
        except FileExistsError:
            made = False  # by somebody else, a moment ago
        fd = os.open(path.name, _DIRECTORY | _NO_LINK, dir_fd=parent)
        if made:
            os.fchmod(fd, 0o700)
        return fd
    finally:
        os.close(parent)


def _check_directory(facts: os.stat_result, path: Path) -> None:
    problem = None
    if facts.st_uid != os.geteuid():
        problem = "belongs to another user"
    elif facts.st_mode & 0o022:
        problem = "may be written by other users; chmod 700 makes it private"
    if problem is not None:
        raise PermissionError(f"the directory {path} {problem}")


def _check_file(facts: os.stat_result, limit: int) -> str | None:
    """What has to be mended about a file; it is refused if others may have written it."""
    problem = None
    if not stat.S_ISREG(facts.st_mode):
        problem = "it is no plain file"
    elif facts.st_size > limit:
        problem = f"it is larger than {limit} bytes"
    elif _POSIX and facts.st_uid != os.geteuid():
        problem = "it belongs to another user"
    elif _POSIX and facts.st_mode & 0o022:
        problem = "other users may write it"
    if problem is not None:
        raise UntrustedFileError(problem)
    return "other users could read it; its mode is 0600 again" if _POSIX and facts.st_mode & 0o077 else None


def _text(file: io.FileIO, limit: int) -> Secret:
    try:
        return Secret(_read_all(file, limit).decode())
    except UnicodeDecodeError:  # it quotes what it could not decode
        pass
    raise UntrustedFileError("it is no text")


def _read_all(file: io.FileIO, limit: int) -> bytes:
    parts, size = [], 0
    while size <= limit and (part := file.read(limit + 1 - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _write_all(fd: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(fd, rest) :]
