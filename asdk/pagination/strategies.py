"""`PageStrategy`, the way an API divides a collection into pages, and the five common strategies.

Used by `Paginator`; authors of clients pass one to `BaseClient.paginate`. A strategy has no state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

from asdk.errors import DecodeError, InvalidRequestError, PaginationError
from asdk.http.headers import Headers
from asdk.http.link_header import find_link

#: Identifies one page: query parameters, merged over the ones of the collection, or a complete URL from the server.
PageCursor: TypeAlias = Mapping[str, Any] | str


@attrs.frozen
class Page:
    """A page as the server sent it.

    Attributes:
        data: the parsed JSON of the body.
        headers: the response headers.
        url: the absolute URL of the request.
    """

    data: Any
    headers: Headers = attrs.field(factory=Headers)
    url: str = ""


class PageStrategy(Protocol):
    """The way an API divides a collection into pages. Implement it for an API with a scheme of its own.

    A strategy has no state: one instance, usually a class attribute, serves every iteration of every client.
    """

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page.

        Args:
            params: the query parameters that the caller passed.
        """
        ...

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page.

        Raises:
            DecodeError: the page does not contain the list of items.
        """
        ...

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last.

        Args:
            cursor: the cursor of this page.
            page: this page.
            seen: the number of items from the first page to this one, inclusive.
        """
        ...


@runtime_checkable
class PredictableStrategy(PageStrategy, Protocol):
    """A strategy that can predict cursors, so that several pages can be fetched concurrently."""

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """Return the cursor of the page ``steps`` after this one if all pages are as long as this one, or None.

        One step is the result of `next`. A wrong prediction costs a request but loses no items, since the iteration
        follows `next`.

        Args:
            cursor: the cursor of this page.
            page: this page.
            seen: the number of items from the first page to this one, inclusive.
            steps: how many pages ahead to predict.
        """
        ...


def _at(data: Any, path: str) -> Any:
    """Return the member at a dotted path, or None."""
    for part in [path] if isinstance(data, Mapping) and path in data else path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _list_at(data: Any, path: str | None) -> Sequence[Any]:
    found = data if path is None else _at(data, path)
    if not isinstance(found, list):
        raise DecodeError(f"{path or 'the body'}: expected a list of items", path=path or "")
    return found


def _count_at(data: Any, path: str | None) -> int | None:
    value = _at(data, path) if path else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _token_at(data: Any, path: str) -> str | int | None:
    """Return the cursor that a server sent, or None if it is missing, null or empty."""
    token = _at(data, path)
    if token is None or token == "":
        return None
    if isinstance(token, bool) or not isinstance(token, str | int):
        raise DecodeError(f"{path}: expected a cursor, which is a string or an integer", path=path)
    return token


def _number_in(params: Mapping[str, Any], name: str, default: int) -> int:
    value = params.get(name)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        pass
    raise InvalidRequestError(f"query parameter {name!r} must be an integer, got {value!r}")


def _number_of(cursor: PageCursor, name: str) -> int:
    number = cursor.get(name) if isinstance(cursor, Mapping) else None
    if not isinstance(number, int):
        raise InvalidRequestError(f"invalid cursor: it must contain the integer {name!r}")
    return number


@attrs.frozen(kw_only=True)
class PageNumbers:
    """Numbered pages.

    The last page is the one that reaches the total, or the one before an empty page. The requested page size is never
    used to detect it, since servers may silently reduce the size.

    Attributes:
        items: the member that contains the list, such as ``"data.items"``; None if the body is the list.
        total: the member that contains the total number of items, such as ``"count"`` or ``"pagination.total"``.
        page: the query parameter for the page number.
        start: the number of the first page.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    total: str | None = None
    page: str = "page"
    start: int = 1

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {self.page: _number_in(params, self.page, self.start)}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """Return the cursor of the page ``steps`` after this one, or None."""
        size, total = len(self.items(page)), _count_at(page.data, self.total)
        if not size or (total is not None and seen + (steps - 1) * size >= total):
            return None
        return {self.page: _number_of(cursor, self.page) + steps}


@attrs.frozen(kw_only=True)
class Offset:
    """Pages by the number of items before them. The offset grows by the items received, not by the size requested.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        total: the member that contains the total number of items.
        offset: the query parameter for the offset.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    total: str | None = "total"
    offset: str = "offset"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {self.offset: _number_in(params, self.offset, 0)}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """Return the cursor of the page ``steps`` after this one, or None."""
        size, total = len(self.items(page)), _count_at(page.data, self.total)
        after = _number_of(cursor, self.offset) + steps * size
        return None if not size or (total is not None and after >= total) else {self.offset: after}


@attrs.frozen(kw_only=True)
class PageToken:
    """Pages that contain the token of the next page. The last page has no token; an empty page may have one.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        token: the member that contains the token of the next page.
        parameter: the query parameter for the token.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    token: str = "next_page_token"
    parameter: str = "page_token"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        token = _token_at(page.data, self.token)
        return None if token is None else {self.parameter: token}


@attrs.frozen(kw_only=True)
class Cursor:
    """Pages that contain the cursor of the next page, and a flag that says whether there is one.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        cursor: the member that contains the cursor of the next page.
        parameter: the query parameter for the cursor.
        has_more: the member that contains the flag; None if the API has no flag: then a page without a cursor is the
            last.
        of_last_item: True if ``cursor`` is a member of the last item, such as ``"id"``, for an API that continues after
            a given item.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    cursor: str = "pagination.next_cursor"
    parameter: str = "cursor"
    has_more: str | None = "pagination.has_more"
    of_last_item: bool = False

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        more = None if self.has_more is None else _at(page.data, self.has_more)
        if more is False:
            return None
        token = _token_at(self._source(page), self.cursor)
        if token is None and more is True:
            raise PaginationError(f"the server reported more pages but sent no cursor ({self.cursor})")
        return None if token is None else {self.parameter: token}

    def _source(self, page: Page) -> Any:
        if not self.of_last_item:
            return page.data
        items = self.items(page)
        return items[-1] if items else None


@attrs.frozen(kw_only=True)
class LinkHeader:
    """Pages that link to the next page in the ``Link`` header (RFC 8288). The last page has no such link.

    A link may be relative. A link to another origin, or from https to http, is rejected.

    Attributes:
        items: the member that contains the list; None if the body is the list, as is usual with this scheme.
        rel: the relation of the link to follow.
    """

    items_at: str | None = attrs.field(default=None, alias="items")
    rel: str = "next"

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return _list_at(page.data, self.items_at)

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return find_link(page.headers.getall("link"), self.rel, page.url)
