"""`Position`, the progress of an iteration over pages, and the opaque string that stores one: `Paginator.cursor`.

The string is neither secret nor trusted: it is validated on resume, and a URL in it must be on the origin of the
collection, like any link that a server sends.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

import attrs

from asdk.errors import InvalidRequestError
from asdk.http.urls import scalar_to_text
from asdk.pagination.strategies import PageCursor

_VERSION = 1


@attrs.define
class Position:
    """The progress of an iteration: which items were delivered to the caller.

    Attributes:
        cursor: the cursor of the current page; None after the last page.
        seen: the number of items on the pages before it.
        delivered: the number of items of the current page that were delivered. It may exceed the page if the page has
            become shorter before a resume: the difference is then skipped on the pages that follow.
    """

    cursor: PageCursor | None
    seen: int = 0
    delivered: int = 0


def collection_id(collection: str) -> str:
    """Return a digest that identifies a collection without revealing its URL, which may contain a user's search."""
    return hashlib.blake2b(collection.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def encode_position(position: Position, collection: str) -> str:
    """Encode a position as a string for URLs, files and databases.

    Args:
        position: the position to encode.
        collection: identifies the collection, as for `decode_position`.
    """
    parts = [_VERSION, collection_id(collection), position.cursor, position.seen, position.delivered]
    text = json.dumps(parts, separators=(",", ":"), default=_to_json)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _to_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else scalar_to_text("the cursor", "value", value)


def decode_position(text: str, collection: str) -> Position:
    """Decode a position.

    Args:
        text: the string that `encode_position` returned.
        collection: identifies the collection.

    Raises:
        InvalidRequestError: the string is not a cursor, or belongs to another collection or tenant.
    """
    parts = _parse(text)
    if parts is None:
        raise InvalidRequestError("invalid cursor; pass a value of Paginator.cursor")
    _, found_id, cursor, seen, delivered = parts
    if found_id != collection_id(collection):
        raise InvalidRequestError(
            "this cursor belongs to another collection; use the path, parameters and tenant that it was taken with"
        )
    return Position(cursor, seen, delivered)


def _parse(text: str) -> tuple[int, str, PageCursor | None, int, int] | None:
    try:
        data: Any = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(data, list) or len(data) != 5 or data[0] != _VERSION:
        return None
    _, _, cursor, seen, delivered = data
    counts = all(type(count) is int and count >= 0 for count in (seen, delivered))
    return cast("Any", tuple(data)) if counts and isinstance(cursor, dict | str | None) else None
