"""The target of a download: which paths may be written, and how the complete file gets there.

Used by `PartialFile`, in its threads. A rename replaces any file of that name: it would put a regular file in the place
of a link, a pipe or a device, break hard links, and fails for a mounted file.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from asdk.errors import InvalidRequestError

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
# Without O_NONBLOCK, opening a named pipe that another user left here would block.
_PLAIN_FILE = _BINARY | _CLOSE_ON_EXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

_user: Callable[[], int] | None = getattr(os, "geteuid", None)

_COPY_SIZE = 2**20
_MAX_LINKS = 40

_KINDS = {
    stat.S_IFDIR: "directory",
    stat.S_IFIFO: "named pipe",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFSOCK: "socket",
}


class UnsafeTargetError(Exception):
    """A target that a download must not write. The message says why, and what to do."""


def resolve_target(target: Path) -> Path:
    """Return the file to write: the target, or what it links to if the user made the link.

    Raises:
        UnsafeTargetError: another user may have made the link, or the file is not a regular one.
        OSError: the target cannot be examined.
    """
    for _ in range(_MAX_LINKS):
        try:
            info = target.lstat()
        except FileNotFoundError:
            return target
        if stat.S_ISREG(info.st_mode):
            return target
        if not stat.S_ISLNK(info.st_mode):
            kind = _KINDS.get(stat.S_IFMT(info.st_mode), "special file")
            if kind == "directory":
                raise UnsafeTargetError(f"to must be the name of a file, got the directory {target}")
            raise UnsafeTargetError(
                f"to must be a regular file, got the {kind} {target}: open it in mode 'wb', and pass the open file"
            )
        if _user is not None and (info.st_uid != _user() or target.parent.stat().st_mode & stat.S_IWOTH):
            raise UnsafeTargetError(
                f"to must not be a link that another user may have made, got {target}: pass the path of the file itself"
            )
        target = target.parent / os.readlink(target)
    raise UnsafeTargetError(f"to must be the name of a file, got the link {target}, which leads to itself")


def open_own(path: Path, flags: int) -> IO[bytes] | None:
    """Open a file that this program makes beside a target; it is created if it is missing and ``flags`` say so.

    Returns:
        The file without a buffer; None if it is missing.

    Raises:
        OSError: it cannot be opened, or it is not a regular file of this user, so another user may have put it there.
    """
    is_new = bool(flags & os.O_CREAT)
    try:
        fd = os.open(path, flags | _PLAIN_FILE | (os.O_EXCL if is_new else 0), 0o666)
    except FileNotFoundError:
        if is_new:  # the folder is missing
            raise
        return None
    except FileExistsError:
        return open_own(path, flags & ~os.O_CREAT) or open_own(path, flags)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK):
            raise
        raise OSError(errno.ELOOP, f"{path.name} is a link; remove it") from None
    file = (
        os.fdopen(fd, "rb" if flags & os.O_ACCMODE == os.O_RDONLY else "r+b", buffering=0)
        if _is_own(fd, is_new=is_new)
        else None
    )
    if file is None:
        os.close(fd)
        raise PermissionError(errno.EPERM, f"{path.name} belongs to another user or is not a regular file; remove it")
    return file


def _is_own(fd: int, *, is_new: bool) -> bool:
    info = os.fstat(fd)
    # Some network file systems give a new file another owner.
    return stat.S_ISREG(info.st_mode) and (is_new or _user is None or info.st_uid == _user())


def write_own(path: Path, content: bytes) -> None:
    """Write a small file beside a target, replacing any of that name, which may be a link of another user."""
    with suppress(FileNotFoundError):
        path.unlink()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN_FILE, 0o666)
    with os.fdopen(fd, "wb") as file:
        file.write(content)


def is_same(file: IO[bytes], path: Path) -> bool:
    """Return whether a path still is the name of an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
    except FileNotFoundError:
        return False


def publish(file: IO[bytes], path: Path, target: Path) -> None:
    """Put a complete file in the place of its target. The mode and the hard links of an existing target stay.

    Args:
        file: the complete file, open.
        path: its path, which is gone afterwards.
        target: a result of `resolve_target`.

    Raises:
        OSError: it failed. The complete file is still there.
    """
    if not is_same(file, path):
        raise OSError(errno.ESTALE, f"another file was put in the place of {path.name}")
    try:
        before = target.lstat()
    except FileNotFoundError:
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EEXIST, "it no longer is a regular file")
    if before is not None and before.st_nlink > 1:
        _copy(file, path, target)
        return
    if before is not None:
        _keep_owner_and_mode(file.fileno(), before)
    if os.name == "nt":
        file.close()  # Windows cannot rename an open file
    try:
        os.replace(path, target)
    except OSError as error:
        if error.errno != errno.EBUSY or file.closed:
            raise
    else:
        return
    _copy(file, path, target)  # a mounted file, such as a volume of a container, cannot be replaced


def _keep_owner_and_mode(fd: int, before: os.stat_result) -> None:
    if not hasattr(os, "fchown"):
        return
    if (before.st_uid, before.st_gid) != (os.fstat(fd).st_uid, os.fstat(fd).st_gid):
        with suppress(OSError):  # only root may
            os.fchown(fd, before.st_uid, before.st_gid)
    os.fchmod(fd, before.st_mode & 0o777)  # without set-uid: the content is another


def _copy(file: IO[bytes], path: Path, target: Path) -> None:
    """Write a complete file into an existing target."""
    with os.fdopen(os.open(target, os.O_WRONLY | _PLAIN_FILE), "wb", buffering=0) as copy:
        if not stat.S_ISREG(os.fstat(copy.fileno()).st_mode):
            raise OSError(errno.EEXIST, "it no longer is a regular file")
        file.seek(0)
        shutil.copyfileobj(file, copy, _COPY_SIZE)
        copy.truncate()
        os.fsync(copy.fileno())
    path.unlink()


# --- names from a server ----------------------------------------------------------------------------------------------

_RESERVED = frozenset('/\\:*?"<>|')
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"})
_NUMBERED_DEVICES = ("com", "lpt")
_NUMBERS = frozenset("0123456789\u00b9\u00b2\u00b3")
# Control, format (bidirectional, invisible) and private characters, halves of pairs, and line separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LONGEST = 255


def path_in(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder, for a name that a server chose.

    Raises:
        InvalidRequestError: the name leads out of the folder, is hidden, is one of a device on any platform, contains
            characters that cannot be seen, or is a link.
    """
    problem = _problem_with(name)
    if problem is None and (folder / name).is_symlink():
        problem = "it is a link there"
    if problem is not None:
        raise InvalidRequestError(
            f"to is the folder {folder}, and the server's name for the file is not used, because {problem}: pass a "
            "full path"
        )
    return folder / name


def _problem_with(name: str) -> str | None:
    if not name or name.isspace():
        return "it is empty"
    if not _RESERVED.isdisjoint(name):
        return "it contains a character of paths or wildcards"
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        return "it contains a character that cannot be seen"
    if name[0] in ".-~ " or name[-1] in ". ":
        return "it starts with a dot, a dash, a tilde or a blank, or ends with a dot or a blank"
    stem = name.partition(".")[0].rstrip(" ").lower()
    if stem in _DEVICES or (len(stem) == 4 and stem.startswith(_NUMBERED_DEVICES) and stem[3] in _NUMBERS):
        return "it is the name of a device"
    if len(name.encode()) > _LONGEST:
        return f"it has more than {_LONGEST} bytes"
    return None
