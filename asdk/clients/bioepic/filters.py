"""Filters in MongoDB's query language, as plain data and as JSON text for the API. Used by `Collection`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from asdk import InvalidRequestError
from asdk.client import require_extra
from asdk.models import encode_json

#: A query such as ``{"type": "sample", "metadata.depth.value": {"$gt": 1}}``, or the same as JSON text.
Filter: TypeAlias = Mapping[str, object] | str

_SPECIAL = re.compile(r"(\W)")


def build_filter(attributes: Mapping[str, object], *, exact: bool = False) -> dict[str, Any]:
    """Build a filter for records with the given attributes.

    Args:
        attributes: values by field name, such as ``{"name": "O'Brien", "metadata.type": "biological"}``.
        exact: require texts to be equal. By default a field matches if it contains the text, ignoring case. Other
            values must always be equal.

    Returns:
        The filter as plain data. The client encodes it as JSON, which handles quotes, booleans and null.
    """
    return {name: value if exact else _containing(value) for name, value in attributes.items()}


def parse_filter(text: str) -> dict[str, Any]:
    """Parse a filter that a user typed, as JSON or as YAML such as ``name: test``. An empty text matches all records.

    Args:
        text: the filter. YAML requires ``pip install 'asdk[yaml]'``.

    Raises:
        InvalidRequestError: the text is neither JSON nor YAML, or not a mapping.
        ConfigurationError: the text is not a JSON object, and PyYAML is not installed.
    """
    if not text.strip():
        return {}
    data = _json(text) if text.lstrip().startswith("{") else None
    data = _yaml(text) if data is None else data
    if not isinstance(data, dict):
        raise InvalidRequestError(
            f'filter must be JSON such as {{"type": "sample"}}, or YAML such as type: sample, got {text[:80]!r}'
        )
    # Convert values that only YAML has, such as dates, to their JSON form.
    return cast("dict[str, Any]", json.loads(_encoded(cast("object", data))))


def filter_text(query: Filter | None) -> str:
    """Return a filter as text for the query string; empty without a filter.

    Raises:
        InvalidRequestError: a text is not a JSON object, or a value cannot be encoded as JSON.
    """
    if not query:
        return ""
    if isinstance(query, Mapping):
        return _encoded(query)
    if not isinstance(_json(query), dict):
        raise InvalidRequestError(
            f'filter must be a JSON object such as {{"type": "sample"}}, got {query[:80]!r}; parse_filter() reads YAML'
        )
    return query


def filter_beyond(query: str, record_id: str) -> str:
    """Restrict a filter to the records after one id, in id order.

    Args:
        query: the filter, as text of the query string.
        record_id: the id of the last record received.
    """
    after = {"id": {"$gt": record_id}}
    return _encoded({"$and": [json.loads(query), after]} if query else after)


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
    except (YAMLError, ValueError, RecursionError):  # an impossible date raises ValueError
        return None


def _containing(value: object) -> object:
    # Escape all special characters of regular expressions, like the vendor's package.
    return {"$regex": _SPECIAL.sub(r"\\\1", value), "$options": "i"} if isinstance(value, str) else value
