"""`PageStrategy`, how an API divides a collection into pages, and the five ways that are common.

Used by `Paginator`; hung on a resource by whoever writes a client. A strategy holds no state of a walk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

from asdk.errors import DecodeError, InvalidRequestError, PaginationError
from asdk.http.headers import Headers
from asdk.http.link_header import find_link

#: What asks for one page: query parameters, merged over those of the collection, or the whole URL that a server gave.
PageCursor: TypeAlias = Mapping[str, Any] | str


@attrs.frozen
class Page:
    """One page as it came.

    Attributes:
        data: its parsed JSON.
        headers: of the response.
        url: where it was asked for, absolute.
    """

    data: Any
    headers: Headers = attrs.field(factory=Headers)
    url: str = ""


class PageStrategy(Protocol):
    """How an API divides a collection into pages. What a user extends for a scheme of its own.

    A strategy holds no state of a walk: it is made once, on a class, and serves every walk of every client.
    """

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """The cursor of the first page, given the parameters that the caller set himself."""
        ...

    def items(self, page: Page) -> Sequence[Any]:
        """The items on a page.

        Raises:
            DecodeError: the page has no such list.
        """
        ...

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """The cursor of the page after this one, or None if this was the last.

        Args:
            cursor: of this page.
            page: what came.
            seen: how many items came so far, this page included, counted from the first page.
        """
        ...


@runtime_checkable
class PredictableStrategy(PageStrategy, Protocol):
    """A strategy whose cursors can be told before the pages come, so that several can be fetched at once."""

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """The cursor so many steps after this page, if all that follow are as long as this one; None if there is none.

        One step is what `next` says. A guess that proves wrong costs a request and no rows: what `next` says of each
        page decides.
        """
        ...


def _at(data: Any, path: str) -> Any:
    """The member at a path of names with dots between; None if there is none."""
    for part in [path] if isinstance(data, Mapping) and path in data else path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _list_at(data: Any, path: str | None) -> Sequence[Any]:
    found = data if path is None else _at(data, path)
    if not isinstance(found, list):
        raise DecodeError(f"{path or 'the body'}: a page has no list of items here", path=path or "")
    return found


def _count_at(data: Any, path: str | None) -> int | None:
    value = _at(data, path) if path else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _token_at(data: Any, path: str) -> str | int | None:
    """The cursor that a server gave; None if it gave none, which it says in more than one way."""
    token = _at(data, path)
    if token is None or token == "":
        return None
    if isinstance(token, bool) or not isinstance(token, str | int):
        raise DecodeError(f"{path}: a cursor is a string or a number", path=path)
    return token


def _number_in(params: Mapping[str, Any], name: str, default: int) -> int:
    value = params.get(name)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        pass
    raise InvalidRequestError(f"parameter {name!r} counts pages or items, so it is a number; it is {value!r}")


def _place(cursor: PageCursor, name: str) -> int:
    place = cursor.get(name) if isinstance(cursor, Mapping) else None
    if not isinstance(place, int):
        raise InvalidRequestError(f"this cursor has no number {name!r}: it is not one of this collection")
    return place


@attrs.frozen(kw_only=True)
class PageNumbers:
    """Pages numbered one by one. The end is where the total was seen, or a page came empty: the size that was asked for
    is never trusted, since a server may cut it silently.

    Attributes:
        items: the member that holds the list, such as ``"data.items"``; None if the body is the list.
        total: the member that holds the number of all items, such as ``"count"`` or ``"pagination.total"``.
        page: the name of the query parameter.
        start: the number of the first page.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    total: str | None = None
    page: str = "page"
    start: int = 1

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {self.page: _number_in(params, self.page, self.start)}

    def items(self, page: Page) -> Sequence[Any]:
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        size, total = len(self.items(page)), _count_at(page.data, self.total)
        if not size or (total is not None and seen + (steps - 1) * size >= total):
            return None
        return {self.page: _place(cursor, self.page) + steps}


@attrs.frozen(kw_only=True)
class Offset:
    """Pages by the number of items before them. The next offset is what came so far, never what was asked for.

    Attributes:
        items: the member that holds the list; None if the body is the list.
        total: the member that holds the number of all items.
        offset: the name of the query parameter.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    total: str | None = "total"
    offset: str = "offset"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {self.offset: _number_in(params, self.offset, 0)}

    def items(self, page: Page) -> Sequence[Any]:
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        size, total = len(self.items(page)), _count_at(page.data, self.total)
        after = _place(cursor, self.offset) + steps * size
        return None if not size or (total is not None and after >= total) else {self.offset: after}


@attrs.frozen(kw_only=True)
class PageToken:
    """Each page names the token of the next; the last one names none. An empty page with a token is not the last.

    Attributes:
        items: the member that holds the list; None if the body is the list.
        token: the member that holds the token of the next page.
        parameter: the name of the query parameter that takes it.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    token: str = "next_page_token"
    parameter: str = "page_token"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def items(self, page: Page) -> Sequence[Any]:
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        token = _token_at(page.data, self.token)
        return None if token is None else {self.parameter: token}


@attrs.frozen(kw_only=True)
class Cursor:
    """A position in the collection, beside a flag that says whether anything follows.

    Attributes:
        items: the member that holds the list; None if the body is the list.
        cursor: the member that holds the cursor of the next page. With ``of_last_item`` it is a member of the last
            item, such as ``"id"``, where an API continues after the item that it is given.
        parameter: the name of the query parameter that takes it.
        has_more: the member that says whether there is a next page; None if the API has none: then the page without a
            cursor, or without items, is the last.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    cursor: str = "pagination.next_cursor"
    parameter: str = "cursor"
    has_more: str | None = "pagination.has_more"
    of_last_item: bool = False

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def items(self, page: Page) -> Sequence[Any]:
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        more = None if self.has_more is None else _at(page.data, self.has_more)
        if more is False:
            return None
        token = _token_at(self._holder(page), self.cursor)
        if token is None and more is True:
            raise PaginationError(f"the server says that more follows, and names no cursor ({self.cursor})")
        return None if token is None else {self.parameter: token}

    def _holder(self, page: Page) -> Any:
        if not self.of_last_item:
            return page.data
        items = self.items(page)
        return items[-1] if items else None


@attrs.frozen(kw_only=True)
class LinkHeader:
    """Each page links to the next in its ``Link`` header (RFC 8288), and the last one does not.

    A link may be relative to its page. One to another origin, or from https to http, is refused.

    Attributes:
        items: the member that holds the list; None, as is usual with this scheme, if the body is the list.
        rel: the relation of the link.
    """

    items_at: str | None = attrs.field(default=None, alias="items")
    rel: str = "next"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {}

    def items(self, page: Page) -> Sequence[Any]:
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        return find_link(page.headers.getall("link"), self.rel, page.url)
