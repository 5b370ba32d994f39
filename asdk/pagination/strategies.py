"""`PageStrategy`, the way an API divides a collection into pages, and the six common strategies.

Used by `Paginator`; authors of clients pass one to `BaseClient.paginate`. A strategy has no state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import attrs

from asdk.errors import DecodeError, PaginationError
from asdk.http.headers import Headers
from asdk.http.link_header import find_link, resolve_next_link
from asdk.http.urls import Origin
from asdk.pagination.members import count_at, flag_at, list_at, number_in, number_of, token_at

#: Identifies one page: query parameters, merged over the ones of the collection, or a complete URL from the server.
PageCursor: TypeAlias = Mapping[str, Any] | str


@attrs.frozen
class Page:
    """A page as the server sent it.

    Attributes:
        data: the parsed JSON of the body.
        headers: the response headers.
        url: the absolute URL of the request.
        trusted: the origins to which a link may lead, besides that of the page.
    """

    data: Any
    headers: Headers = attrs.field(factory=Headers)
    url: str = ""
    trusted: Collection[Origin] = ()


class PageStrategy(Protocol):
    """The way an API divides a collection into pages. Implement it for an API with a scheme of its own.

    A strategy has no state: one instance, usually a class attribute, serves every iteration of every client.

    Three attributes are optional: ``carries``, the query parameters that a stored cursor may set (by default none, so
    that `Paginator.resume` needs a ``cursor_key=``); ``max_empty_pages`` (by default 100); ``allow_equal_pages`` (by
    default True). `PageNumbers` describes them.
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


#: The tokens with which servers say that there is no next page; a missing, null, false or empty one says so, too.
END_TOKENS: Final[tuple[str | int, ...]] = (0, "0", -1, "-1")

#: How many pages in a row may be empty although a next one is named.
MAX_EMPTY_PAGES: Final = 100


#: The query parameters that a stored link may set, by default.
LINK_PARAMETERS: Final = ("page", "offset", "start", "cursor", "after", "before", "page_token", "page_info")


@attrs.frozen(kw_only=True)
class _ListPages:
    """The settings that the strategies share.

    Attributes:
        items: the member that contains the list, such as ``"data.items"``; None if the body is the list.
        items_required: True if a page without its list is a `DecodeError`. By default, a list that is missing or null
            is an empty page.
        max_empty_pages: how many pages in a row may be empty although a next one is named, before a `PaginationError`;
            None for any number.
    """

    items_at: str | None = attrs.field(default="items", alias="items")
    items_required: bool = False
    max_empty_pages: int | None = MAX_EMPTY_PAGES

    def items(self, page: Page) -> Sequence[Any]:
        """Return the items of a page."""
        return list_at(page.data, self.items_at, required=self.items_required)


@attrs.frozen(kw_only=True)
class PageNumbers(_ListPages):
    """Numbered pages.

    The last page is the one that reaches the total, or the one before an empty page. The requested page size is never
    used to detect it, since servers may silently reduce the size; nor is a total that is less than what came.

    Attributes:
        items: the member that contains the list, such as ``"data.items"``; None if the body is the list.
        items_required: True if a page without its list is a `DecodeError` instead of an empty page.
        max_empty_pages: has no effect here, since an empty page is the end.
        total: the member that contains the total number of items, such as ``"count"`` or ``"pagination.total"``.
            None if the API has none, or a wrong one: then the walk ends at an empty page.
        page: the query parameter for the page number.
        start: the number of the first page.
        allow_equal_pages: False if a page with the items of the page before is a `PaginationError`: the server ignores
            the parameter.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`; by default ``page``.
    """

    total: str | None = None
    page: str = "page"
    start: int = 1
    allow_equal_pages: bool = False
    carries: Collection[str] = attrs.field(default=attrs.Factory(lambda self: (self.page,), takes_self=True))

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {self.page: number_in(params, self.page, self.start)}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """Return the cursor of the page ``steps`` after this one, or None."""
        size = len(self.items(page))
        if not size or _reaches(count_at(page.data, self.total), seen, (steps - 1) * size):
            return None
        return {self.page: number_of(cursor, self.page) + steps}


@attrs.frozen(kw_only=True)
class Offset(_ListPages):
    """Pages by the number of items before them. The offset grows by the items received, not by the size requested.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        items_required: as for `PageNumbers`.
        max_empty_pages: as for `PageNumbers`.
        total: the member that contains the total number of items; None as for `PageNumbers`.
        offset: the query parameter for the offset.
        allow_equal_pages: as for `PageNumbers`.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`; by default ``offset``.
    """

    total: str | None = "total"
    offset: str = "offset"
    allow_equal_pages: bool = False
    carries: Collection[str] = attrs.field(default=attrs.Factory(lambda self: (self.offset,), takes_self=True))

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {self.offset: number_in(params, self.offset, 0)}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return self.predict(cursor, page, seen, 1)

    def predict(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        """Return the cursor of the page ``steps`` after this one, or None."""
        size, offset = len(self.items(page)), number_of(cursor, self.offset)
        if not size or _reaches(count_at(page.data, self.total), offset + size, (steps - 1) * size):
            return None
        return {self.offset: offset + steps * size}


def _reaches(total: int | None, seen: int, more: int) -> bool:
    """Return whether ``more`` items after those seen reach the total. It is a hint: one below the seen is ignored."""
    return total is not None and seen <= total <= seen + more


@attrs.frozen(kw_only=True)
class PageToken(_ListPages):
    """Pages that contain the token of the next page. The last page has no token; an empty page may have one.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        items_required: True if a page without its list is a `DecodeError` instead of an empty page.
        max_empty_pages: how many pages in a row may be empty, before a `PaginationError`; None for any number.
        token: the member that contains the token of the next page.
        parameter: the query parameter for the token.
        end_tokens: the tokens that mean that there is no next page.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`; by default ``parameter``.
    """

    token: str = "next_page_token"
    parameter: str = "page_token"
    end_tokens: Collection[str | int] = END_TOKENS
    carries: Collection[str] = attrs.field(default=attrs.Factory(lambda self: (self.parameter,), takes_self=True))

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        token = token_at(page.data, self.token, self.end_tokens)
        return None if token is None else {self.parameter: token}


@attrs.frozen(kw_only=True)
class Cursor(_ListPages):
    """Pages that contain the cursor of the next page, and a flag that says whether there is one.

    Attributes:
        items: the member that contains the list; None if the body is the list.
        items_required: as for `PageToken`.
        max_empty_pages: as for `PageToken`.
        cursor: the member that contains the cursor of the next page.
        parameter: the query parameter for the cursor.
        has_more: the member that contains the flag; None if the API has no flag: then a page without a cursor is the
            last.
        of_last_item: True if ``cursor`` is a member of the last item, such as ``"id"``, for an API that continues after
            a given item.
        end_tokens: the cursors that mean that there is no next page. They have no meaning in the last item, or if the
            flag says that there are more pages.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`; by default ``parameter``.
    """

    cursor: str = "pagination.next_cursor"
    parameter: str = "cursor"
    has_more: str | None = "pagination.has_more"
    of_last_item: bool = False
    end_tokens: Collection[str | int] = END_TOKENS
    carries: Collection[str] = attrs.field(default=attrs.Factory(lambda self: (self.parameter,), takes_self=True))

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        given = params.get(self.parameter)
        return {} if given is None else {self.parameter: given}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        more = flag_at(page.data, self.has_more)
        if more is False:
            return None
        token = token_at(self._source(page), self.cursor, () if more or self.of_last_item else self.end_tokens)
        if token is None and more:
            raise PaginationError(f"the server reported more pages but sent no cursor ({self.cursor})")
        return None if token is None else {self.parameter: token}

    def _source(self, page: Page) -> Any:
        if not self.of_last_item:
            return page.data
        items = self.items(page)
        return items[-1] if items else None


@attrs.frozen(kw_only=True)
class LinkHeader(_ListPages):
    """Pages that link to the next page in the ``Link`` header (RFC 8288). The last page has no such link.

    A link may be relative. A link to another origin, or from https to http, is rejected.

    Attributes:
        items: the member that contains the list; None if the body is the list, as is usual with this scheme.
        items_required: as for `PageToken`.
        max_empty_pages: as for `PageToken`.
        rel: the relation of the link to follow.
        end_param: the name and value of the link parameter that marks a link to an empty page, which is not followed:
            Sentry always names a next page, the last time with ``results="false"``. None to follow such a link.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`.
    """

    items_at: str | None = attrs.field(default=None, alias="items")
    rel: str = "next"
    end_param: tuple[str, str] | None = ("results", "false")
    carries: Collection[str] = LINK_PARAMETERS

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        return find_link(
            page.headers.getall("link"), self.rel, page.url, end_param=self.end_param, trusted=page.trusted
        )


@attrs.frozen
class NextLink(_ListPages):
    """Pages that contain the URL of the next page. The last page has none.

    The URL may be relative. One on another origin, or from https to http, is rejected.

    Attributes:
        link: the member that contains the URL, such as ``"links.next"``, or ``"links.next.href"``.
        items: the member that contains the list; None if the body is the list.
        items_required: as for `PageToken`.
        max_empty_pages: as for `PageToken`.
        carries: the query parameters that a stored cursor may set, see `Paginator.resume`.
    """

    link: str = "next"
    carries: Collection[str] = attrs.field(default=LINK_PARAMETERS, kw_only=True)

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        return {}

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        link = token_at(page.data, self.link)
        if link is None:
            return None
        if not isinstance(link, str):
            raise DecodeError(f"{self.link}: expected the URL of the next page", path=self.link)
        return resolve_next_link(link, page.url, page.trusted)
