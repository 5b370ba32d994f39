"""``~/.bloomy/config.yaml``: where the key lies between two runs. Read and written by `Bloomy` and `Configuration`.

Nobody but its owner can read it, from the first byte on; it is replaced whole or not at all; other keys in it are kept.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, cast

from asdk.config import check_key
from asdk.errors import ConfigurationError
from asdk.extras import require_extra
from asdk.secret import Secret

_VERSION = 1


def path_of(named: str | os.PathLike[str] | None) -> Path:
    """The file that is named, else the one below the home directory of whoever runs this.

    Raises:
        ConfigurationError: there is no such home directory.
    """
    path = Path("~/.bloomy/config.yaml" if named is None else named)
    try:
        return path.expanduser()
    except RuntimeError:
        pass
    raise ConfigurationError(f"{path} cannot be found: there is no home directory; set HOME, or pass config_path=")


def read_key(path: Path) -> Secret | None:
    """The key in the file; None if there is no file, or no key in it.

    Raises:
        ConfigurationError: the file is there and cannot be understood, or PyYAML is not installed.
    """
    key = _read(path).get("api_key")
    if key is None or key == "":
        return None
    if not isinstance(key, str):
        raise ConfigurationError(f"api_key in {path} is a {type(key).__name__}, not text: put it in quotes")
    return check_key(f"api_key in {path}", Secret(key))


def write_key(path: Path, key: Secret) -> None:
    """Put the key into the file, which is made if it is not there.

    Raises:
        ConfigurationError: the file is there and cannot be understood, or cannot be written, or PyYAML is missing.
    """
    require_extra(str(path), "yaml", "yaml")
    from yaml import safe_dump

    text = safe_dump({"version": _VERSION} | _read(path) | {"api_key": key.reveal()}, allow_unicode=True)
    problem = None
    try:
        _replace(Path(os.path.realpath(path)), text.encode())  # a link stays one, and its target changes
    except OSError as error:
        problem = f"{type(error).__name__}: {error.strerror}"
    if problem is not None:
        del text
        raise ConfigurationError(f"{path} cannot be written: {problem}")


def _read(path: Path) -> dict[str, Any]:
    """The whole file; empty if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        problem = type(error).__name__
    else:
        return _parse(path, text)
    raise ConfigurationError(f"{path} cannot be read: {problem}")


def _parse(path: Path, text: str) -> dict[str, Any]:
    require_extra(str(path), "yaml", "yaml")
    from yaml import MarkedYAMLError, YAMLError, safe_load

    try:
        data: object = safe_load(text)
    except YAMLError as error:
        # Its own text quotes the line, and in that line may stand the key.
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = "is no YAML" if mark is None else f"is no YAML in line {mark.line + 1}"
    else:
        if data is None:
            return {}
        if isinstance(data, dict):
            return cast("dict[str, Any]", data)
        problem = "holds no mapping"
    del text
    raise ConfigurationError(f"{path} {problem}: correct it or remove it")


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
