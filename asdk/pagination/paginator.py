"""`Paginator`: a collection that is fetched page by page.

Made by `BaseClient.paginate`. It takes a function that fetches a page and knows no client. Nothing is sent before the
first ``async for``.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any, Generic, Self, TypeVar

from asdk.errors import InvalidRequestError
from asdk.pagination.cursor import Position, decode_place, encode_place
from asdk.pagination.iteration import FetchPage, PageIterator
from asdk.pagination.strategies import PageStrategy
from asdk.records.records import Records

T = TypeVar("T")


class Paginator(Generic[T]):
    """A collection on a server: ``async for item in it``, or page by page, or collected; ``await it`` collects all.

    A failed page raises and is never skipped; retries and waits for a 429 happen inside the walk. Each ``async for``
    begins a walk of its own. One that is left early gives up its requests; `contextlib.aclosing` around ``aiter(it)``
    waits for that.
    """

    def __init__(
        self,
        fetch: FetchPage,
        decode: Callable[[Any], T],
        strategy: PageStrategy,
        params: Mapping[str, Any],
        template: str,
        *,
        prefetch: int = 0,
        collection: Callable[[], str] | None = None,
    ) -> None:
        """
        Args:
            fetch: fetches the page at a cursor.
            decode: makes an item of its JSON data.
            strategy: how the API divides the collection.
            params: the query parameters that the caller set.
            template: the path template, for messages.
            prefetch: how many pages to fetch ahead.
            collection: names the collection, so that a cursor of another one is refused; the template by default.
        """
        self._fetch = fetch
        self._decode = decode
        self._strategy = strategy
        self._params = params
        self._template = template
        self._collection = collection or (lambda: template)
        self._ahead = _checked_prefetch(prefetch)
        self._start: Position | None = None
        self._place: Position | None = None

    # --- walking ----------------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return self._items()

    async def _items(self) -> AsyncGenerator[T, None]:
        place, walk = self._begin()
        try:
            while (step := await walk.step()) is not None:
                page = step.rest(place)
                if not page:
                    step.hand_out(place, 0)
                for item in page:
                    step.hand_out(place, 1)  # first: the item counts as handed out while it is worked on
                    yield item
        finally:
            await walk.aclose()

    async def pages(self) -> AsyncGenerator[Records[T], None]:
        """The pages, one after another, each a list of items; an empty page is not given out.

        Raises:
            PaginationError: the server names a page that was already fetched, or one on another origin.
            DecodeError: a page, or an item on it, is not of the shape that the model describes.
        """
        place, walk = self._begin()
        try:
            while (step := await walk.step()) is not None:
                page = step.rest(place)
                step.hand_out(place, len(page))
                if page:
                    yield page
        finally:
            await walk.aclose()

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """All items as one list.

        Args:
            limit: stop after so many.
        """
        found: Records[T] = Records()
        place, walk = self._begin()
        if limit is not None and limit <= 0:
            return found
        try:
            while (step := await walk.step()) is not None:
                page = step.rest(place)
                taken = page if limit is None else page[: limit - len(found)]
                step.hand_out(place, len(taken))
                found += taken
                if limit is not None and len(found) >= limit:
                    break
        finally:
            await walk.aclose()
        return found

    async def first(self) -> T | None:
        """The first item, or None if there is none. Nothing is fetched ahead, and `cursor` stays where it is."""
        found = await self.prefetch(0).collect(limit=1)
        return found[0] if found else None

    def prefetch(self, pages: int) -> Self:
        """The same collection, fetched ahead of who walks through it: in order, and never more than so many pages.

        Pages that are numbered, and those by offset, are then fetched side by side. Where each page names the next,
        one is fetched ahead while the items of the one before are worked on.

        Args:
            pages: how many, such as 8; 0 for none.
        """
        paginator = copy.copy(self)
        paginator._ahead = _checked_prefetch(pages)
        paginator._place = None
        return paginator

    def _begin(self) -> tuple[Position, PageIterator[T]]:
        """A new walk, and its place, which `cursor` tells of from now on."""
        place = self._place = self._first_place()
        walk = PageIterator(
            self._fetch, self._decode, self._strategy, self._template, prefetch=self._ahead, start=copy.copy(place)
        )
        return place, walk

    def _first_place(self) -> Position:
        return copy.copy(self._start) if self._start is not None else Position(self._strategy.first(self._params))

    # --- stopping and going on --------------------------------------------------------------------------------------

    @property
    def cursor(self) -> str:
        """Where the walk that was begun last stands: an opaque string for `resume`, in this process or another.

        It counts what was handed out: the item that an ``async for`` is at, or the page, is behind it. Of a paginator
        that nobody walked through yet it names the beginning; of a walk that came to its end, the end.
        """
        return encode_place(self._place or self._first_place(), self._collection())

    def resume(self, cursor: str) -> Self:
        """The same collection from where a cursor points.

        What was added or removed on the server meanwhile may move items across the cursor, where an API counts pages or
        items; that it cannot know.

        Args:
            cursor: what `cursor` of a paginator of the same path, parameters and tenant gave.

        Raises:
            InvalidRequestError: it is not such a cursor.
        """
        paginator = copy.copy(self)
        paginator._start = decode_place(cursor, self._collection())
        paginator._place = None
        return paginator

    def __await__(self) -> Generator[Any, None, Records[T]]:
        """All items, as `collect` gives them."""
        return self.collect().__await__()

    def __repr__(self) -> str:
        return f"<Paginator of {self._template}: use `async for item in it`, or `await it.collect()`>"


def _checked_prefetch(pages: int) -> int:
    if not isinstance(pages, int) or isinstance(pages, bool) or pages < 0:
        raise InvalidRequestError(f"prefetch= counts pages; it is {pages!r}")
    return pages
