"""What the page strategies read from a page or from a cursor: a list of items, a total, a token, a flag, a number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from asdk.errors import DecodeError, InvalidRequestError
from asdk.models.paths import member_at, split_path

# The spellings of a flag, in lower case.
_FLAGS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


def list_at(data: Any, path: str | None, *, required: bool) -> Sequence[Any]:
    """Return the list at a dotted path, or the data itself if the path is None.

    Raises:
        DecodeError: there is something else; or nothing or null, although the list is required.
    """
    found = data
    for part in split_path(data, path) if path is not None else ():
        if not isinstance(found, Mapping):
            break
        found = found.get(part)
    else:
        if isinstance(found, list):
            return found
    if found is None and not required:
        return []
    raise DecodeError(f"{path or 'the body'}: expected a list of items", path=path or "")


def count_at(data: Any, path: str | None) -> int | None:
    """Return the integer at a dotted path, or None."""
    value = member_at(data, path) if path else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def token_at(data: Any, path: str, ends: Collection[str | int] = ()) -> str | int | None:
    """Return the cursor that a server sent, or None if it is missing, null, false, empty or one of the ``ends``.

    Raises:
        DecodeError: it is neither a string nor an integer.
    """
    token = member_at(data, path)
    if token is None or token is False or token == "" or token in ends:
        return None
    if isinstance(token, bool) or not isinstance(token, str | int):
        raise DecodeError(f"{path}: expected a cursor, which is a string or an integer", path=path)
    return token


def flag_at(data: Any, path: str | None) -> bool | None:
    """Return the boolean at a dotted path, which may be a 0, a 1 or text; None for anything else."""
    value = member_at(data, path) if path else None
    return _FLAGS.get(str(value).lower()) if isinstance(value, bool | int | str) else None


def number_in(params: Mapping[str, Any], name: str, default: int) -> int:
    """Return the integer that the caller passed as a parameter.

    Raises:
        InvalidRequestError: it is not an integer.
    """
    value = params.get(name)
    try:
        number = default if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    else:
        if value is None or isinstance(value, str) or number == value:
            return number
    raise InvalidRequestError(f"query parameter {name!r} must be an integer, got {value!r}")


def number_of(cursor: Mapping[str, Any] | str, name: str) -> int:
    """Return the integer that a cursor contains.

    Raises:
        InvalidRequestError: it contains none.
    """
    number = cursor.get(name) if isinstance(cursor, Mapping) else None
    if not isinstance(number, int):
        raise InvalidRequestError(f"invalid cursor: it must contain the integer {name!r}")
    return number
