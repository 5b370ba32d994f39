"""`read_dotenv`: the settings in a file in dotenv format. Used by `Config`."""

from __future__ import annotations

import io
import os
import re
import selectors
import stat
from collections.abc import Mapping
from pathlib import Path

from asdk.errors import ConfigurationError

# The largest file; a device such as /dev/zero has no end.
_MAX_SIZE = 2**20

# How long a pipe may be silent, in seconds: its writer may be asking the user for permission.
_SILENCE = 10.0

_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_SINGLE_QUOTED = re.compile(r"[^=]*=[^\S\r\n]*'").match
_VARIABLE = re.compile(r"\$\{([^}:$]{1,200})(?::-([^}]{0,1000}))?\}")

# The parser takes quadratic time for blanks inside of a line.
_MANY_BLANKS = re.compile(r"[^\S\r\n]{200}").search


def read_dotenv(path: Path, *, must_exist: bool, variables: Mapping[str, str] | None) -> dict[str, str]:
    """Return the settings in a file.

    Args:
        path: a regular file, or a named pipe, as password managers provide one.
        must_exist: False to return no settings if there is no such file.
        variables: the values for ``${NAME}`` and ``${NAME:-default}`` that the file does not define before; None to
            leave these as they are. A value in single quotes is always left as it is, as in a shell.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        return _parse(_read(path).decode("utf-8-sig"), variables)  # editors on Windows may write a BOM
    except FileNotFoundError:
        problem = "no such file"
    except IsADirectoryError:
        problem = "it is a directory"
    except (OSError, ValueError) as error:
        problem, must_exist = f"{type(error).__name__}: {_without_content(error)}", True
    if not must_exist:
        return {}
    raise ConfigurationError(f"cannot read the settings file {path}: {problem}")


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise IsADirectoryError
    # Opening a pipe would otherwise block until a program writes to it, which may never happen.
    with open(os.open(path, os.O_RDONLY | _NON_BLOCKING), "rb", buffering=0) as file:
        is_pipe = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
        content = bytearray()
        while len(content) <= _MAX_SIZE:
            if is_pipe:
                _wait_for_bytes(file)
            part = file.read(2**16)
            if not part:
                return bytes(content)
            content += part
    raise ValueError(f"it must have at most {_MAX_SIZE} bytes")


def _wait_for_bytes(pipe: io.FileIO) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        if not selector.select(_SILENCE):
            raise TimeoutError(f"no program wrote to the pipe for {_SILENCE:g} s")


def _without_content(error: OSError | ValueError) -> str:
    """Return the text of an error; that of a decoder would quote the file."""
    if isinstance(error, UnicodeDecodeError):
        return f"it must be UTF-8, got an invalid byte at {error.start}"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _parse(text: str, variables: Mapping[str, str] | None) -> dict[str, str]:
    from dotenv.parser import parse_stream

    if _MANY_BLANKS(text):
        raise ValueError("it must not contain 200 blanks in a row")
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        name, value = binding.key, binding.value
        if name is None or value is None:
            continue
        if variables is not None and not _SINGLE_QUOTED(binding.original.string):
            value = _VARIABLE.sub(lambda match: _expand(match, found, variables), value)
        found[name] = value
    return found


def _expand(match: re.Match[str], found: Mapping[str, str], variables: Mapping[str, str]) -> str:
    name, default = match.groups()
    return found.get(name, variables.get(name, default or ""))
