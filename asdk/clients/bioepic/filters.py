"""Filters in MongoDB's query language, as plain data and as the JSON text that the API wants. Used by `Collection`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from asdk.errors import InvalidRequestError
from asdk.extras import require_extra
from asdk.models.encoding import encode_json

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


def parse_filter(text: str) -> dict[str, Any]:
    """A filter as somebody typed it: JSON, or YAML such as ``name: test``; empty text is the filter that all meet.

    Args:
        text: JSON needs nothing; YAML needs ``pip install 'asdk[yaml]'``.

    Raises:
        InvalidRequestError: it is neither, or no mapping.
        ConfigurationError: it is no JSON object, and PyYAML is not installed.
    """
    if not text.strip():
        return {}
    data = _json(text) if text.lstrip().startswith("{") else None
    data = _yaml(text) if data is None else data
    if not isinstance(data, dict):
        raise InvalidRequestError(
            f'a filter is JSON such as {{"type": "sample"}}, or YAML such as type: sample; this is {text[:80]!r}'
        )
    # What YAML knows and JSON does not, such as dates, as the server will see it.
    return cast("dict[str, Any]", json.loads(_encoded(cast("object", data))))


def filter_text(wanted: Filter | None) -> str:
    """A filter as the query carries it; empty if there is none.

    Raises:
        InvalidRequestError: it is text that is no JSON object, or holds what JSON cannot.
    """
    if not wanted:
        return ""
    if isinstance(wanted, Mapping):
        return _encoded(wanted)
    if not isinstance(_json(wanted), dict):
        raise InvalidRequestError(
            f'a filter is a JSON object such as {{"type": "sample"}}, parse_filter reads YAML; this is {wanted[:80]!r}'
        )
    return wanted


def filter_beyond(wanted: str, record_id: str) -> str:
    """The filter for what comes after a record, in the order of ids, of all that meets a filter.

    Args:
        wanted: the filter, as the query carries it.
        record_id: of the last record that came.
    """
    after = {"id": {"$gt": record_id}}
    return _encoded({"$and": [json.loads(wanted), after]} if wanted else after)


def _encoded(data: object) -> str:
    try:
        return encode_json(data).decode()
    except InvalidRequestError as error:
        problem = error.message
    raise InvalidRequestError(problem.replace("json=", "the filter"))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _yaml(text: str) -> object:
    require_extra("a filter in YAML", "yaml", "yaml")
    from yaml import YAMLError, safe_load

    try:
        return safe_load(text)
    except (YAMLError, ValueError, RecursionError):  # a ValueError for a date that no calendar has
        return None


def _containing(value: object) -> object:
    # Every character that could mean something in a regular expression is escaped, as the vendor's package does it.
    return {"$regex": _SPECIAL.sub(r"\\\1", value), "$options": "i"} if isinstance(value, str) else value
