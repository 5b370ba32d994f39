"""Where stores of one machine keep things, and under which names."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_PLAIN = re.compile(r"[0-9a-f]{32}").fullmatch


def file_name(key: str) -> str:
    """A name for this key that every file system takes, and that leads nowhere else: the key itself, if it is an
    `Identity.key`."""
    return key if _PLAIN(key) else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def state_directory(purpose: str) -> Path:
    """Where the platform keeps the state of this user's programs, such as ``~/.local/state/asdk/tokens``."""
    from platformdirs import user_state_path

    return user_state_path("asdk", appauthor=False) / purpose
