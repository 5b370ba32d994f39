"""What is looked at before a request leaves: ids, channels, kinds, time zones; each comes out as the wire spells it.

A value that the server would refuse is refused here, by name. Used by `bodies`, the client and its resources.
"""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from asdk.clients.apala.models.messages import MessageType
from asdk.clients.apala.models.paf import PafChannel
from asdk.errors import InvalidRequestError
from asdk.models.declaration import OpenEnum

E = TypeVar("E", bound=OpenEnum)

_ZIP_CODE = re.compile(r"[0-9]{5}").fullmatch


def checked_uuid(name: str, value: str | UUID) -> str:
    """The value as it is, if it is a UUID in any of its spellings.

    Raises:
        InvalidRequestError: it is none.
    """
    if isinstance(value, UUID):
        return str(value)
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        pass
    else:
        return value
    raise InvalidRequestError(f"{name} is not a UUID: {value!r}")


def member(name: str, kind: type[E], value: object) -> E:
    """The member of an enum that a value names, in small or capital letters.

    Raises:
        InvalidRequestError: it names none that is known.
    """
    wanted = value.lower() if isinstance(value, str) else None
    for known in kind:
        if known.value.lower() == wanted:
            return known
    raise InvalidRequestError(f"{name} is one of {', '.join(known.value for known in kind)}, not {value!r}")


def paf_channel(value: object) -> str:
    return member("channel", PafChannel, value).value


def message_type(value: object) -> str:
    """The optimiser wants the names, in capital letters; everything else has the values, in small ones."""
    return member("message_type", MessageType, value).name


def checked_timezone(value: object) -> str:
    """The name, if it is a time zone's.

    Raises:
        InvalidRequestError: there is no such time zone. Where this machine knows none at all, the server judges.
    """
    if isinstance(value, str) and (_is_zone(value) or not _is_zone("America/New_York")):
        return value
    raise InvalidRequestError(f"timezone is an IANA name such as 'America/New_York', not {value!r}")


def checked_zip_code(value: object) -> str:
    if isinstance(value, str) and _ZIP_CODE(value):
        return value
    raise InvalidRequestError(f"zip_code has five digits: {value!r}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
