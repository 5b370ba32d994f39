"""Directories and file names of the stores that are local to one machine."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from asdk.errors import ConfigurationError

_is_identity_key = re.compile(r"[0-9a-f]{32}").fullmatch


def file_name(key: str) -> str:
    """Return a name for this key that is valid in every file system and stays in its directory.

    An `Identity.key` is its own name; any other key is hashed.
    """
    return key if _is_identity_key(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def state_directory(purpose: str, *, instead: str = "") -> Path:
    """Return the platform's directory for the state of a user's programs, such as ``~/.local/state/asdk/tokens``.

    Args:
        purpose: the name of the last folder.
        instead: what else to do without a home directory, for the error message.

    Raises:
        ConfigurationError: the user has no home directory.
    """
    from platformdirs import user_state_path

    try:
        path = user_state_path("asdk", appauthor=False)
    except (RuntimeError, KeyError, OSError):  # no HOME, and a user that is not in the list of users
        path = None
    if path is None or not path.is_absolute():
        raise ConfigurationError(f"the home directory is unknown: set HOME or XDG_STATE_HOME{instead}")
    return path / purpose
