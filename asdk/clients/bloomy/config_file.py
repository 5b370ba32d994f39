"""``~/.bloomy/config.yaml``, which stores the API key between runs. Read by `Bloomy`, written by `Configuration`.

Only its owner can read the file, from the first byte on, and only its owner may write into its folder. It is replaced
atomically, and other settings in it are kept.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from asdk import ConfigurationError, Secret
from asdk.client import check_key, describe_type, require_extra
from asdk.concurrency import expand_home, open_private_directory

_VERSION = 1


def path_of(named: str | os.PathLike[str] | None) -> Path:
    """Return the given path, or the default path below the home directory.

    Raises:
        ConfigurationError: the home directory is unknown.
    """
    return expand_home("config_path", "~/.bloomy/config.yaml" if named is None else named)


def read_key(path: Path) -> Secret | None:
    """Return the key from the file; None without a file or a key.

    Raises:
        ConfigurationError: the file is invalid, or PyYAML is not installed.
    """
    key = _read(path).get("api_key")
    if key is None or key == "":
        return None
    if not isinstance(key, str):
        raise ConfigurationError(f"api_key in {path} must be text, got {describe_type(key)}: put it in quotes")
    return check_key(f"api_key in {path}", Secret(key))


def write_key(path: Path, key: Secret) -> None:
    """Write the key to the file, creating it if necessary.

    Raises:
        ConfigurationError: the file is invalid or cannot be written, or PyYAML is not installed.
    """
    require_extra(str(path), "yaml", "yaml")
    from yaml import safe_dump  # pyright: ignore[reportUnknownVariableType] - of some versions of its stubs

    text = safe_dump({"version": _VERSION} | _read(path) | {"api_key": key.reveal()}, allow_unicode=True)
    problem, content = None, Secret(text)
    del text
    target = Path(os.path.realpath(path))  # follows a link and replaces its target
    try:
        with open_private_directory(target.parent, make=True) as directory:
            directory.write(target.name, content)
    except OSError as error:
        problem = f"{type(error).__name__}: {error.strerror or error}"
    if problem is not None:
        raise ConfigurationError(f"cannot write {path}: {problem}")


def _read(path: Path) -> dict[str, Any]:
    """Return the settings in the file; empty if it does not exist."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        problem = type(error).__name__
    else:
        return _parse(path, text)
    raise ConfigurationError(f"cannot read {path}: {problem}")


def _parse(path: Path, text: str) -> dict[str, Any]:
    require_extra(str(path), "yaml", "yaml")
    from yaml import MarkedYAMLError, YAMLError, safe_load

    try:
        data: object = safe_load(text)
    except YAMLError as error:
        # The text of the error quotes the line, which may contain the key.
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = "is not valid YAML" if mark is None else f"is not valid YAML in line {mark.line + 1}"
    else:
        if data is None:
            return {}
        if isinstance(data, dict):
            return cast("dict[str, Any]", data)
        problem = "does not contain a mapping"
    del text
    raise ConfigurationError(f"{path} {problem}: correct it or remove it")
