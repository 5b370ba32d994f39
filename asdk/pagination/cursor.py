"""`Position`, the progress of an iteration over pages, and the opaque string that stores one: `Paginator.cursor`.

Users may pass a stored cursor through a web page, so it is not trusted: unless it is signed, it may set only what the
strategy allows, and a URL in it must be that of the collection. Links that a server sends during an iteration may
lead to any path of the origin.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

import attrs

from asdk.errors import InvalidRequestError, describe_type
from asdk.http.urls import Origin, parse_url, resolve_reference, scalar_to_text
from asdk.pagination.strategies import PageCursor
from asdk.secret import Secret

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

    cursor: PageCursor | None = attrs.field(repr=False)  # the text of a server
    seen: int = 0
    delivered: int = 0


def collection_id(collection: str) -> str:
    """Return a digest that identifies a collection without revealing its URL, which may contain a user's search."""
    return hashlib.blake2b(collection.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@attrs.frozen
class CursorScope:
    """What the cursors of a collection are bound to.

    Attributes:
        url: returns the URL of the collection, with its own parameters. Of a collection without one, such as that of
            a `Paginator` without a scope, cursors that are links are not checked: its ``fetch`` has to.
        tenant: the tenant of the requests.
        key: signs cursors; None if they are not signed.
        trusted: the origins to which a link of a page may lead, besides that of the page.
        body: the body of the collection's requests, for pages by POST.
    """

    url: Callable[[], str]
    tenant: object = None
    key: Secret | None = None
    trusted: Collection[Origin] = ()
    body: bytes = attrs.field(default=b"", repr=False)

    def encode(self, position: Position) -> str:
        """Return a position as a cursor of this collection."""
        return encode_position(position, self._collection(), self.key)

    def decode(self, text: str, carries: Collection[str]) -> Position:
        """Return the position of a cursor.

        Args:
            text: the cursor.
            carries: the query parameters that it may set if it is not signed.

        Raises:
            InvalidRequestError: it is not a cursor of this collection, is not signed with the key, or sets more than it
                may.
        """
        position = decode_position(text, self._collection(), self.key)
        if self.key is None:
            names = frozenset([carries] if isinstance(carries, str) else carries)
            if not isinstance(position.cursor, str):
                _check_parameters(position.cursor or {}, names)
            elif (url := self.url()).startswith(("http://", "https://")):
                _check_link(position.cursor, names, url, self.trusted)
        return position

    def _collection(self) -> str:
        content = f" {hashlib.sha256(self.body).hexdigest()}" if self.body else ""
        return f"{self.url()} {self.tenant}{content}"


def check_cursor_key(key: str | bytes | Secret | None) -> Secret | None:
    """Return the key that signs cursors.

    Raises:
        InvalidRequestError: it is empty or of another type.
    """
    if key is None:
        return None
    text = key.decode("latin-1") if isinstance(key, bytes) else key
    if not isinstance(text, str | Secret) or not text:
        raise InvalidRequestError(
            f"cursor_key must be a str, bytes or Secret that is not empty, got {describe_type(key)}"
        )
    return Secret(text)


def encode_position(position: Position, collection: str, key: Secret | None = None) -> str:
    """Encode a position as a string for URLs, files and databases.

    Args:
        position: the position to encode.
        collection: identifies the collection, as for `decode_position`.
        key: signs the string.
    """
    parts = [_VERSION, collection_id(collection), position.cursor, position.seen, position.delivered]
    text = json.dumps(parts, separators=(",", ":"), default=_to_json)
    payload = _base64(text.encode())
    return payload if key is None else f"{payload}.{_signature(payload, key)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(payload: str, key: Secret) -> str:
    # The prefix keeps a signature apart from those that an application makes with the same key.
    message = f"asdk page cursor {payload}".encode("utf-8", "surrogatepass")
    return _base64(hmac.digest(key.reveal().encode("utf-8", "surrogatepass"), message, "sha256"))


def _to_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else scalar_to_text("the cursor", "value", value)


def decode_position(text: str, collection: str, key: Secret | None = None) -> Position:
    """Decode a position. What its cursor contains is not checked.

    Args:
        text: the string that `encode_position` returned.
        collection: identifies the collection.
        key: the key that signed the string. Without it, a signature is ignored.

    Raises:
        InvalidRequestError: the string is not a cursor, is not signed with the key, or belongs to another collection or
            tenant.
    """
    payload, _, signature = text.partition(".") if isinstance(text, str) else ("", "", "")
    parts = _parse(payload)
    if parts is None:
        raise InvalidRequestError("invalid cursor; pass a value of Paginator.cursor")
    if key is not None:
        found = signature.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(found, _signature(payload, key).encode()):
            raise InvalidRequestError(
                "this cursor is not signed with cursor_key=; pass a value of Paginator.cursor taken with the key"
            )
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


# --- what a cursor without a signature may contain ------------------------------------------------------------------


def _check_parameters(cursor: Mapping[str, object], carries: frozenset[str]) -> None:
    """Raise if a cursor sets a parameter that the strategy does not carry."""
    for name, value in cursor.items():
        if name not in carries:
            raise InvalidRequestError(
                f"this cursor sets the parameter {_shorten(name)}, which its strategy does not carry; add it to "
                "carries= of the strategy, or sign cursors with cursor_key="
            )
        if not isinstance(value, str | int | float | None):
            raise InvalidRequestError("invalid cursor; pass a value of Paginator.cursor")


def _check_link(link: str, carries: frozenset[str], url: str, trusted: Collection[Origin]) -> None:
    """Raise unless a link is the URL of the collection with other values of the parameters that may be carried.

    A link to a foreign origin is refused when it is fetched, as any link of a page.
    """
    found = resolve_reference(url, link)
    home = parse_url(url)
    if isinstance(found, str) or (found[0] != home[0] and found[0] not in trusted):
        return
    path, own = _place(home, carries)
    linked_path, linked = _place(found, carries)
    # Some servers read a semicolon as an ampersand.
    if found[0] != home[0] or path != linked_path or own != linked or ";" in found[1].partition("?")[2]:
        raise InvalidRequestError(
            "this cursor is a link with another path or other parameters than the collection; add the parameters to "
            "carries= of the strategy, or sign cursors with cursor_key="
        )


def _place(url: tuple[Origin, str], carries: frozenset[str]) -> tuple[str, list[tuple[str, str]]]:
    """Return the path and the parameters that a cursor must not change, in a comparable form."""
    path, _, query = url[1].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return _ESCAPE.sub(lambda escape: escape[0].upper(), path), sorted(pair for pair in pairs if pair[0] not in carries)


_ESCAPE = re.compile("%[0-9a-fA-F]{2}")


def _shorten(name: str) -> str:
    return ascii(name if len(name) <= 40 else f"{name[:40]}...")
