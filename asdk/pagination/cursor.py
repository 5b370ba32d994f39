"""Where a walk stands, and the opaque string in which a program may keep that: `Paginator.cursor`.

The string is not a secret and is not trusted: what it holds is checked when a walk is resumed, and a URL in it must lie
on the collection's own origin like any link that a server gives.
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
    """Where a walk stands, by what it has handed out.

    Attributes:
        cursor: of the page that is being handed out; None when the walk is over.
        seen: how many items lie on the pages before it.
        skip: how many items of this page, and perhaps of the next ones, were handed out.
    """

    cursor: PageCursor | None
    seen: int = 0
    skip: int = 0


def collection_id(collection: str) -> str:
    """What tells one collection from another, without showing it: its URL may hold what a user searched for."""
    return hashlib.blake2b(collection.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def encode_place(place: Position, collection: str) -> str:
    """The place as a string for URLs, files and databases.

    Args:
        place: to keep.
        collection: names the collection, as for `decode_place`.
    """
    facts = [_VERSION, collection_id(collection), place.cursor, place.seen, place.skip]
    text = json.dumps(facts, separators=(",", ":"), default=_spell)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _spell(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else scalar_to_text("the cursor", "value", value)


def decode_place(text: str, collection: str) -> Position:
    """The place that a string names.

    Raises:
        InvalidRequestError: it is not a cursor, or one of another collection or tenant.
    """
    facts = _facts(text)
    if facts is None:
        raise InvalidRequestError("this is no cursor of a paginator: take what its `cursor` gave")
    _, mark, cursor, seen, skip = facts
    if mark != collection_id(collection):
        raise InvalidRequestError(
            "this cursor is one of another collection: path, parameters and tenant must be those that it was taken with"
        )
    return Position(cursor, seen, skip)


def _facts(text: str) -> tuple[int, str, PageCursor | None, int, int] | None:
    try:
        data: Any = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(data, list) or len(data) != 5 or data[0] != _VERSION:
        return None
    _, _, cursor, seen, skip = data
    counts = all(type(count) is int and count >= 0 for count in (seen, skip))
    return cast("Any", tuple(data)) if counts and isinstance(cursor, dict | str | None) else None
