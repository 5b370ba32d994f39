"""Pages by POST: the cursor of a page is set in the JSON body. Called by `BaseClient.paginate`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from asdk.errors import InvalidRequestError, describe_type
from asdk.models.encoding import to_wire
from asdk.models.paths import member_at


def page_body(json: object) -> dict[str, Any]:
    """Return the body of a collection as a dictionary.

    Args:
        json: a mapping or a model.

    Raises:
        InvalidRequestError: it is something else, such as a list, in which no cursor can be set.
    """
    body = to_wire(json) if attrs.has(type(json)) else json
    if not isinstance(body, Mapping):
        raise InvalidRequestError(f"json of paginate must be a mapping or a model, got {describe_type(json)}")
    return dict(body)


def body_params(body: Mapping[str, Any], carries: Collection[str]) -> dict[str, Any]:
    """Return what a strategy reads as the parameters of the caller: the members of the body, also by dotted path."""
    inner = {path: value for path in carries if "." in path and (value := member_at(body, path)) is not None}
    return {**body, **inner}


def with_cursor(body: Mapping[str, Any], cursor: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a body with the members of a cursor, whose names may be dotted paths."""
    merged = dict(body)
    for path, value in cursor.items():
        *parents, name = [path] if path in merged else path.split(".")
        holder = merged
        for parent in parents:
            inner = holder.get(parent)
            holder[parent] = dict(inner) if isinstance(inner, Mapping) else {}
            holder = holder[parent]
        holder[name] = value
    return merged
