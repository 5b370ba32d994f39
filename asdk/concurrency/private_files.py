"""Files that only their owner can read: directories 0700, files 0600 from the first byte, written whole or not at all.

Used by token stores and caches that keep files, in their worker threads. Every operation is relative to a directory
that was opened and checked, so that no other user can replace it, or put a link in its place, in between. Platforms
without owners and such handles (Windows) use paths, and rely on the protection of the user's profile.
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

from asdk.errors import ConfigurationError
from asdk.secret import Secret

_POSIX = os.open in os.supports_dir_fd
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# Without O_NONBLOCK, opening a named pipe that another user left here would block.
_FILE = _NO_LINK | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The errors of opening a link; the second is FreeBSD's.
_IS_LINK = (errno.ELOOP, errno.EMLINK)

# The directory may contain files of other programs: only temporary files with such a name are ours.
_TEMPORARY = ".tmp"
_is_temporary = re.compile(r"[0-9a-f]{32}\.json\.tmp").fullmatch


class UntrustedFileError(Exception):
    """A file that is not as it was written, or that another user may have written. The message says why."""


class PrivateDirectory:
    """An open directory that belongs to this user, and the operations on its files."""

    def __init__(self, path: Path, fd: int | None) -> None:
        self.path = path
        self._fd = fd

    def open(self, name: str, flags: int) -> int:
        """Open a file, never through a link. A file that is created gets mode 0600, independent of the umask."""
        fd = os.open(self._at(name), flags | _FILE, 0o600, dir_fd=self._fd)
        try:
            if _POSIX and flags & os.O_CREAT and os.fstat(fd).st_uid == os.geteuid():
                os.fchmod(fd, 0o600)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def read(self, name: str, limit: int) -> tuple[Secret | None, str | None]:
        """Return a file's content, None if there is no file, and a description of its repair, if it needed one.

        Raises:
            UntrustedFileError: it is a link or not a regular file, belongs to another user, is writable by other users,
                is larger than ``limit`` bytes, or is not UTF-8 text.
            OSError: it cannot be read now.
        """
        try:
            fd = self.open(name, os.O_RDONLY)
        except FileNotFoundError:
            return None, None
        except PermissionError:
            raise UntrustedFileError("it is not readable") from None
        except OSError as error:
            if error.errno not in _IS_LINK:
                raise
            raise UntrustedFileError("it is a symbolic link") from None
        with open(fd, "rb", buffering=0) as file:
            repair = _check_file(os.fstat(fd), limit)
            if repair is not None:
                os.fchmod(fd, 0o600)
            return _read_text(file, limit), repair

    def write(self, name: str, text: Secret) -> None:
        """Write a file, replacing any before it atomically, so that no reader ever sees part of it.

        There must be only one writer in a directory at a time.
        """
        temporary = name + _TEMPORARY
        self.remove(temporary)
        with open(self.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb", buffering=0) as file:
            try:
                _write_all(file.fileno(), memoryview(text.reveal().encode()))  # a memoryview's repr shows no content
                os.fsync(file.fileno())
                if not _POSIX:
                    file.close()  # Windows cannot rename an open file
                os.replace(self._at(temporary), self._at(name), src_dir_fd=self._fd, dst_dir_fd=self._fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    self.remove(temporary)
                raise
        self._sync()

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._fd)

    def stale_temporaries(self) -> list[str]:
        """Return the temporary files in the directory. While there is no writer, their writers have died."""
        names = os.listdir(self.path if self._fd is None else self._fd)
        return [name for name in names if _is_temporary(name)]

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self.path, name)

    def _sync(self) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):  # some file systems cannot; the file itself is on disk
                os.fsync(self._fd)


@contextmanager
def open_private_directory(path: Path, *, make: bool) -> Generator[PrivateDirectory, None, None]:
    """Open a directory of this user, and create it with its missing parents if asked: each with mode 0700.

    Raises:
        FileNotFoundError: it is missing, and ``make`` is false.
        PermissionError: it is a link, belongs to another user, or is writable by other users.
        OSError: it cannot be opened or created.
    """
    if not _POSIX:
        if make:
            path.mkdir(parents=True, exist_ok=True)
        yield PrivateDirectory(path, None)
        return
    fd = _open(path, make=make)
    try:
        _check_directory(os.fstat(fd), path)
        yield PrivateDirectory(path, fd)
    finally:
        os.close(fd)


def expand_home(setting: str, path: str | os.PathLike[str]) -> Path:
    """Return a path with ``~`` and ``~user`` expanded.

    Args:
        setting: the name of the parameter, for the error message.
        path: the path that the user gave.

    Raises:
        ConfigurationError: the home directory is unknown, as for a user that is not in the list of users.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, KeyError):
        pass
    raise ConfigurationError(
        f"cannot expand {path}: the home directory is unknown; set HOME, or pass {setting}= with a full path"
    )


def _open(path: Path, *, make: bool) -> int:
    try:
        return os.open(path, _DIRECTORY | _NO_LINK)
    except FileNotFoundError:
        if not make:
            raise
    except OSError as error:
        if error.errno not in (*_IS_LINK, errno.ENOTDIR):
            raise
        raise PermissionError(f"{path} must be a directory, not a link or a file") from None
    return _make(path)


def _make(path: Path) -> int:
    """Create a directory and open it. Not by ``mkdir(parents=True)``, which leaves the parents' mode to the umask."""
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
            made = False  # another process was faster
        fd = os.open(path.name, _DIRECTORY | _NO_LINK, dir_fd=parent)
        if made:
            os.fchmod(fd, 0o700)
        return fd
    finally:
        os.close(parent)


def _check_directory(info: os.stat_result, path: Path) -> None:
    problem = None
    if info.st_uid != os.geteuid():
        problem = "belongs to another user"
    elif info.st_mode & 0o022:
        problem = "is writable by other users; make it private with chmod 700"
    if problem is not None:
        raise PermissionError(f"the directory {path} {problem}")


def _check_file(info: os.stat_result, limit: int) -> str | None:
    """Return the repair that a file needs, if any, or raise if other users may have written it."""
    problem = None
    if not stat.S_ISREG(info.st_mode):
        problem = "it is not a regular file"
    elif info.st_size > limit:
        problem = f"it is larger than {limit} bytes"
    elif _POSIX and info.st_uid != os.geteuid():
        problem = "it belongs to another user"
    elif _POSIX and info.st_mode & 0o022:
        problem = "it is writable by other users"
    if problem is not None:
        raise UntrustedFileError(problem)
    return "it was readable by other users; its mode is 0600 again" if _POSIX and info.st_mode & 0o077 else None


def _read_text(file: io.FileIO, limit: int) -> Secret:
    try:
        return Secret(_read_all(file, limit).decode())
    except UnicodeDecodeError:  # it quotes the content
        pass
    raise UntrustedFileError("it is not UTF-8 text")


def _read_all(file: io.FileIO, limit: int) -> bytes:
    parts, size = [], 0
    while size <= limit and (part := file.read(limit + 1 - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _write_all(fd: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(fd, rest) :]
