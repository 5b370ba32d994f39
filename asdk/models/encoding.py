"""Encoding of plain data and models to the JSON of a request body.

Called by `BaseClient.build_request` for ``json=``. Fields have their wire names, enums their values, and aware
datetimes ISO 8601 text. Secrets are revealed only here. A field that is `UNSET` is omitted; None becomes ``null``.
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
from asdk.models.declaration import Unknown, wire_names
from asdk.secret import Secret
from asdk.unset import UNSET


def encode_json(value: object, opened: list[Secret] | None = None) -> bytes:
    """Encode a value as UTF-8 JSON.

    Args:
        value: a model, or plain data that may contain models.
        opened: a list that receives each `Secret` that was revealed, so that an echo of it can be redacted in errors.

    Raises:
        InvalidRequestError: the value contains NaN, bytes, a naive datetime, a cycle, or an unsupported object.
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
        problem = "it contains a lone surrogate, which cannot be encoded in UTF-8"
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error) or type(error).__name__
    raise InvalidRequestError(f"json= cannot be encoded: {problem}")


def to_wire(value: Any) -> object:
    """Convert a value that the json module does not support to one that it does, one level deep.

    Raises:
        TypeError: the value cannot be encoded.
    """
    if value is UNSET:
        raise TypeError("UNSET is not a value; omit the member, or use None for null")
    if isinstance(value, Unknown):
        return value.data
    if attrs.has(type(value)):
        return {
            wire: item for name, wire in wire_names(type(value)).items() if (item := getattr(value, name)) is not UNSET
        }
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a datetime must have a time zone")
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
        return sorted(value, key=str)  # sorted, so that equal sets are encoded to the same bytes
    raise TypeError(f"unsupported type {type(value).__name__}")
