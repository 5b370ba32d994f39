"""Filters in MongoDB's query language, as plain data and as the JSON text that the API wants. Used by `Collection`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from asdk.encoding import encode_json
from asdk.errors import InvalidRequestError

#: A query such as ``{"type": "sample", "metadata.depth.value": {"$gt": 1}}``, or the same as JSON text.
Filter: TypeAlias = Mapping[str, object] | str

_SPECIAL = re.compile(r"(\W)")


def build_filter(attributes: Mapping[str, object], *, exact: bool = False) -> dict[str, Any]:
    """A filter for records with these attributes.

    Args:
        attributes: values by the names of fields, such as ``{"name": "O'Brien", "metadata.type": "biological"}``.
        exact: texts must be equal. Else it is enough that a field contains the text, in upper or lower case; what is no
            text must be equal in either case.

    Returns:
        Plain data: the client writes it as JSON, so that quotes, booleans and null come out right.
    """
    return {name: value if exact else _containing(value) for name, value in attributes.items()}


def filter_text(wanted: Filter | None) -> str | None:
    """A filter as the query carries it; None if there is none.

    Raises:
        InvalidRequestError: it is text that is no JSON object, or holds what JSON cannot.
    """
    if not wanted:
        return None
    if isinstance(wanted, Mapping):
        return encode_json(wanted).decode()
    try:
        data: object = json.loads(wanted)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidRequestError(f'a filter is a JSON object such as {{"type": "sample"}}; this is {wanted[:80]!r}')
    return wanted


def _containing(value: object) -> object:
    # Every character that could mean something in a regular expression is escaped, as the vendor's package does it.
    return {"$regex": _SPECIAL.sub(r"\\\1", value), "$options": "i"} if isinstance(value, str) else value
