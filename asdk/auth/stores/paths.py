"""Directories and file names of the stores that are local to one machine."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_is_identity_key = re.compile(r"[0-9a-f]{32}").fullmatch


def file_name(key: str) -> str:
    """Return a name for this key that is valid in every file system and stays in its directory.

    An `Identity.key` is its own name; any other key is hashed.
    """
    return key if _is_identity_key(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def state_directory(purpose: str) -> Path:
    """Return the platform's directory for the state of a user's programs, such as ``~/.local/state/asdk/tokens``."""
    from platformdirs import user_state_path

    return user_state_path("asdk", appauthor=False) / purpose
