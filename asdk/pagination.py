"""`Paginator`, a collection that is fetched page by page, and `PageStrategy`, how an API numbers its pages.

Made by `BaseClient.paginate`. It takes a function that fetches a page and knows no client. Nothing is sent before the
first ``async for``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar

import attrs

from asdk.errors import DecodeError, InvalidRequestError, PaginationError
from asdk.records import Records
from asdk.response import Response

T = TypeVar("T")

#: The query parameters that ask for one page: merged over those of the collection.
PageCursor: TypeAlias = Mapping[str, Any]

#: Fetches the page at a cursor; raises for a bad status.
FetchPage: TypeAlias = Callable[[PageCursor], Awaitable[Response]]


class PageStrategy(Protocol):
    """How an API divides a collection into pages. What a user extends for a scheme of its own.

    A strategy holds no state of a walk: it is made once, on a class, and serves every walk of every client.
    """

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """The cursor of the first page, given the parameters that the caller set himself."""
        ...

    def items(self, data: Any) -> Sequence[Any]:
        """The items on a page, from its parsed JSON.

        Raises:
            DecodeError: the page has no such list.
        """
        ...

    def next(self, cursor: PageCursor, data: Any, seen: int) -> PageCursor | None:
        """The cursor of the page after this one, or None if this was the last.

        Args:
            cursor: of this page.
            data: the parsed JSON of this page.
            seen: how many items came so far, this page included, counted from the first page.
        """
        ...


def _list_at(data: Any, name: str | None) -> Sequence[Any]:
    found = data if name is None else data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        raise DecodeError(f"{name or 'the body'}: a page has no list of items here", path=name or "")
    return found


def _count_at(data: Any, name: str | None) -> int | None:
    value: Any = data
    for part in (name or "").split(".") if name else ():
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number_in(params: Mapping[str, Any], name: str, default: int) -> int:
    value = params.get(name)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        pass
    raise InvalidRequestError(f"parameter {name!r} counts pages or items, so it is a number; it is {value!r}")


@attrs.frozen(kw_only=True)
class PageNumbers:
    """Pages numbered one by one. The end is where the total was seen, or a page came empty: the size that was asked for
    is never trusted, since a server may cut it silently.

    Attributes:
        items: the member that holds the list; None if the body is the list.
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

    def items(self, data: Any) -> Sequence[Any]:
        return _list_at(data, self.items_at)

    def next(self, cursor: PageCursor, data: Any, seen: int) -> PageCursor | None:
        total = _count_at(data, self.total)
        if not self.items(data) or (total is not None and seen >= total):
            return None
        return {self.page: cursor[self.page] + 1}


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

    def items(self, data: Any) -> Sequence[Any]:
        return _list_at(data, self.items_at)

    def next(self, cursor: PageCursor, data: Any, seen: int) -> PageCursor | None:
        after = cursor[self.offset] + len(self.items(data))
        total = _count_at(data, self.total)
        if after == cursor[self.offset] or (total is not None and after >= total):
            return None
        return {self.offset: after}


class Paginator(Generic[T]):
    """A collection on a server: ``async for item in it``, or page by page, or collected.

    A failed page raises and is never skipped; retries and waits for a 429 happen inside the walk.
    """

    def __init__(
        self,
        fetch: FetchPage,
        decode: Callable[[Any], T],
        strategy: PageStrategy,
        params: Mapping[str, Any],
        template: str,
    ) -> None:
        self._fetch = fetch
        self._decode = decode
        self._strategy = strategy
        self._params = params
        self._template = template

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    async def _items(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page:
                yield item

    async def pages(self) -> AsyncIterator[Records[T]]:
        """The pages, one after another, each a list of items; an empty last page is not given out.

        Raises:
            PaginationError: the server names a page that was already fetched.
            DecodeError: a page, or an item on it, is not of the shape that the model describes.
        """
        cursor: PageCursor | None = self._strategy.first(self._params)
        known: set[tuple[tuple[str, Any], ...]] = set()
        seen = 0
        while cursor is not None:
            mark = tuple(sorted(cursor.items()))
            if mark in known:
                raise PaginationError(
                    f"the server names the page {dict(cursor)} a second time", template=self._template
                )
            known.add(mark)
            response = await self._fetch(cursor)
            data = response.json()
            page = self._read(data, response, seen)
            seen += len(page)
            cursor = self._strategy.next(cursor, data, seen)
            if page:
                yield page

    def _read(self, data: Any, response: Response, seen: int) -> Records[T]:
        page: Records[T] = Records()
        place = ""
        try:
            for item in self._strategy.items(data):
                place = f"item {seen + len(page)} of the collection: "
                page.append(self._decode(item))
        except DecodeError as error:
            error.message = place + error.message
            response.place(error)
            raise
        return page

    async def first(self) -> T | None:
        """The first item, or None if there is none. Fetches one page."""
        async for page in self.pages():
            return page[0]
        return None

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """All items as one list.

        Args:
            limit: stop after so many.
        """
        found: Records[T] = Records()
        if limit is not None and limit <= 0:
            return found
        async for page in self.pages():
            found += page if limit is None else page[: limit - len(found)]
            if limit is not None and len(found) >= limit:
                break
        return found

    def __await__(self) -> NoReturn:
        raise TypeError(f"{self!r}: it is not awaited itself")

    def __repr__(self) -> str:
        return f"<Paginator of {self._template}: use `async for item in it`, or `await it.collect()`>"
