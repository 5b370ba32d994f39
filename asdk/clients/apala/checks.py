"""Validation of arguments before a request is sent: ids, channels, message types and time zones.

Each function returns the value in its wire form. A value that the server would reject raises an error here that names
the argument. Used by `bodies`, the client and its resources.
"""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from asdk import InvalidRequestError, OpenEnum
from asdk.clients.apala.models.messages import MessageType
from asdk.clients.apala.models.paf import PafChannel

E = TypeVar("E", bound=OpenEnum)

_ZIP_CODE = re.compile(r"[0-9]{5}").fullmatch


def checked_uuid(name: str, value: str | UUID) -> str:
    """Return the value as text, unchanged, if it is a UUID in any format.

    Raises:
        InvalidRequestError: the value is not a UUID.
    """
    if isinstance(value, UUID):
        return str(value)
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        pass
    else:
        return value
    raise InvalidRequestError(f"{name} must be a UUID, got {value!r}")


def member(name: str, kind: type[E], value: object) -> E:
    """Return the enum member that a value names, ignoring case.

    Raises:
        InvalidRequestError: the value does not name a known member.
    """
    wanted = value.lower() if isinstance(value, str) else None
    for known in kind:
        if known.value.lower() == wanted:
            return known
    raise InvalidRequestError(f"{name} must be one of {', '.join(known.value for known in kind)}, got {value!r}")


def paf_channel(value: object) -> str:
    """Return the wire value of a pre-approval channel."""
    return member("channel", PafChannel, value).value


def message_type(value: object) -> str:
    """Return the uppercase name of a message type, which the optimizer expects; other operations use the value."""
    return member("message_type", MessageType, value).name


def checked_timezone(value: object) -> str:
    """Return the name if it is a known time zone.

    Raises:
        InvalidRequestError: the time zone is unknown. On a machine without a time zone database every text is
            accepted, and the server decides.
    """
    if isinstance(value, str) and (_is_zone(value) or not _is_zone("America/New_York")):
        return value
    raise InvalidRequestError(f"timezone must be an IANA name such as 'America/New_York', got {value!r}")


def checked_zip_code(value: object) -> str:
    """Return the value if it consists of five digits."""
    if isinstance(value, str) and _ZIP_CODE(value):
        return value
    raise InvalidRequestError(f"zip_code must have five digits, got {value!r}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
