"""Plain data and models to the JSON of a request body.

Called by `BaseClient.build_request` for ``json=``. Wire names, enums by value, aware datetimes as ISO 8601, secrets
opened at this last moment; a field that is `UNSET` is left out, None is ``null``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs

from asdk.errors import InvalidRequestError
from asdk.models.declaration import wire_names
from asdk.secret import Secret
from asdk.unset import UNSET


def encode_json(value: object, opened: list[Secret] | None = None) -> bytes:
    """The value as UTF-8 JSON.

    Args:
        value: a model, or plain data that may hold models.
        opened: receives each `Secret` that was opened, so that an echo of it can be kept out of errors.

    Raises:
        InvalidRequestError: it holds something without a JSON form: NaN, bytes, a naive datetime, a cycle, an object.
    """
    problem = None

    def default(item: object) -> object:
        if isinstance(item, Secret):
            if opened is not None:
                opened.append(item)
            return item.reveal()
        return to_wire(item)

    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default)
    try:
        return encoder.encode(value).encode()
    except UnicodeEncodeError:
        problem = "it holds a lone surrogate, which has no UTF-8 form"
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error) or type(error).__name__
    raise InvalidRequestError(f"json= cannot be encoded: {problem}")


def to_wire(value: Any) -> object:
    """One step towards JSON, for what the json module does not know.

    Raises:
        TypeError: the value has no JSON form.
    """
    if value is UNSET:
        raise TypeError("UNSET has no JSON form: leave the member out, or give None for null")
    if attrs.has(type(value)):
        return {
            wire: item for name, wire in wire_names(type(value)).items() if (item := getattr(value, name)) is not UNSET
        }
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a datetime without a time zone is no moment; give it one")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)  # of any kinds; in an order, so that the same set makes the same bytes
    raise TypeError(f"a {type(value).__name__} has no JSON form")
