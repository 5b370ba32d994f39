"""`member_at`: the member of JSON data at a dotted path, as page strategies and error formats name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def member_at(data: Any, path: str) -> Any:
    """Return the member at a dotted path, such as ``"error.message"`` or ``"errors.0.code"``; None if it is missing.

    Args:
        data: JSON data, of any type.
        path: names of members and positions in lists. A name that contains a dot is found as it is.
    """
    for part in split_path(data, path):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isascii() and part.isdigit() and len(part) < 10:
            data = data[int(part)] if int(part) < len(data) else None
        else:
            return None
    return data


def split_path(data: Any, path: str) -> list[str]:
    """Return the parts of a dotted path; one part if the data has a member of that name."""
    return [path] if isinstance(data, Mapping) and path in data else path.split(".")
