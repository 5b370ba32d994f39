"""`Paginator`: a collection that is fetched page by page.

Made by `BaseClient.paginate`. It takes a function that fetches a page and knows no client. Nothing is sent before the
first ``async for``.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Generic, NoReturn, Self, TypeAlias, TypeVar

import attrs

from asdk.errors import AsdkError, DecodeError, InvalidRequestError, PaginationError
from asdk.pagination.bookmarks import Place, decode_place, encode_place
from asdk.pagination.strategies import ForeseeingStrategy, Page, PageCursor, PageStrategy
from asdk.pagination.window import Window
from asdk.records import Records
from asdk.response import Response

T = TypeVar("T")

#: Fetches the page at a cursor; raises for a bad status.
FetchPage: TypeAlias = Callable[[PageCursor], Awaitable[Response]]

# How much of a cursor an error quotes.
_QUOTED = 60


@attrs.frozen
class _Step(Generic[T]):
    """A page, and where the walk goes from it.

    Attributes:
        page: its items.
        after: the cursor of the next page; None if this is the last.
        seen: how many items came so far, this page included.
        failed: whether the page does not say where the next one is: the walk stays on it, and then raises.
    """

    page: Records[T]
    after: PageCursor | None
    seen: int
    failed: bool


class Paginator(Generic[T]):
    """A collection on a server: ``async for item in it``, or page by page, or collected.

    A failed page raises and is never skipped; retries and waits for a 429 happen inside the walk. Each ``async for``
    begins a walk of its own. What is left early gives up its requests; `contextlib.aclosing` around ``aiter(it)`` waits
    for that.
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
        self._foreseeing = strategy if isinstance(strategy, ForeseeingStrategy) else None
        self._params = params
        self._template = template
        self._collection = collection or (lambda: template)
        self._ahead = _checked_prefetch(prefetch)
        self._start: Place | None = None
        self._place: Place | None = None

    # --- walking ----------------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return self._items()

    async def _items(self) -> AsyncGenerator[T, None]:
        place = self._begin()
        async with aclosing(self._steps(place)) as steps:
            async for step in steps:
                page = _rest(step, place)
                if not page:
                    _hand_out(place, step, 0)
                for item in page:
                    _hand_out(place, step, 1)  # first: the item counts as handed out while it is worked on
                    yield item

    async def pages(self) -> AsyncGenerator[Records[T], None]:
        """The pages, one after another, each a list of items; an empty page is not given out.

        Raises:
            PaginationError: the server names a page that was already fetched, or one on another origin.
            DecodeError: a page, or an item on it, is not of the shape that the model describes.
        """
        place = self._begin()
        async with aclosing(self._steps(place)) as steps:
            async for step in steps:
                page = _rest(step, place)
                _hand_out(place, step, len(page))
                if page:
                    yield page

    def _begin(self) -> Place:
        """The place of a new walk, which `cursor` tells of from now on."""
        place = self._place = self._first_place()
        return place

    def _first_place(self) -> Place:
        return copy.copy(self._start) if self._start is not None else Place(self._strategy.first(self._params))

    async def _steps(self, start: Place) -> AsyncGenerator[_Step[T], None]:
        """Fetches page after page. Where the walk stands is the business of whoever hands the items out."""
        cursor, seen = start.cursor, start.seen
        known: set[bytes] = set()
        window = Window(self._fetch, self._ahead)
        try:
            while cursor is not None:
                self._note(cursor, known)
                response = await window.take(cursor)
                if len(known) == 1:
                    known.add(_mark(response.request.url))  # a link may lead back to where the walk began
                page = Page(response.json(), response.headers, response.request.url)
                items = self._read(page, response, seen)
                seen += len(items)
                after, failure = self._next(cursor, page, response, seen)
                if self._ahead:
                    window.fill(partial(self._cursor_after, cursor, page, seen, after))
                del response, page  # not kept while the items are handed out
                yield _Step(items, after, seen, failure is not None)
                if failure is not None:
                    try:
                        raise failure
                    finally:
                        del failure
                del items
                cursor = after
        finally:
            await window.aclose()

    def _next(
        self, cursor: PageCursor, page: Page, response: Response, seen: int
    ) -> tuple[PageCursor | None, AsdkError | None]:
        """Where the next page is, or why that is not known: to be raised once the items of this one are handed out."""
        try:
            return self._strategy.next(cursor, page, seen), None
        except AsdkError as error:
            if isinstance(error, DecodeError):
                response.place(error)
            error.template = self._template
            return None, error.with_traceback(None)

    def _cursor_after(
        self, cursor: PageCursor, page: Page, seen: int, after: PageCursor | None, steps: int
    ) -> PageCursor | None:
        if steps == 1 or after is None:
            return after
        return None if self._foreseeing is None else self._foreseeing.foresee(cursor, page, seen, steps)

    def _note(self, cursor: PageCursor, known: set[bytes]) -> None:
        mark = _mark(cursor)
        if mark in known:
            shown = cursor.partition("?")[0] if isinstance(cursor, str) else str(dict(cursor))
            shown = shown if len(shown) <= _QUOTED else shown[: _QUOTED - 1] + "…"
            raise PaginationError(f"the server names the page {shown} a second time", template=self._template)
        known.add(mark)

    def _read(self, page: Page, response: Response, seen: int) -> Records[T]:
        items: Records[T] = Records()
        place = ""
        try:
            for item in self._strategy.items(page):
                place = f"item {seen + len(items)} of the collection: "
                items.append(self._decode(item))
        except DecodeError as error:
            error.message = place + error.message
            response.place(error)
            raise
        return items

    # --- what most callers want -------------------------------------------------------------------------------------

    async def first(self) -> T | None:
        """The first item, or None if there is none. Nothing is fetched ahead, and `cursor` stays where it is."""
        found = await self.prefetch(0).collect(limit=1)
        return found[0] if found else None

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """All items as one list.

        Args:
            limit: stop after so many.
        """
        found: Records[T] = Records()
        place = self._begin()
        if limit is not None and limit <= 0:
            return found
        async with aclosing(self._steps(place)) as steps:
            async for step in steps:
                page = _rest(step, place)
                taken = page if limit is None else page[: limit - len(found)]
                _hand_out(place, step, len(taken))
                found += taken
                if limit is not None and len(found) >= limit:
                    break
        return found

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

    def __await__(self) -> NoReturn:
        raise TypeError(f"{self!r}: it is not awaited itself")

    def __repr__(self) -> str:
        return f"<Paginator of {self._template}: use `async for item in it`, or `await it.collect()`>"


def _rest(step: _Step[T], place: Place) -> Records[T]:
    """What of a page was not yet handed out."""
    return step.page if not place.skip else Records(step.page[place.skip :])


def _hand_out(place: Place, step: _Step[T], count: int) -> None:
    """So many items of a page go to the caller; after its last one the walk stands on the next page."""
    place.skip += count
    if place.skip >= len(step.page) and not step.failed:
        place.skip -= len(step.page)
        place.cursor, place.seen = step.after, step.seen


def _mark(cursor: PageCursor) -> bytes:
    """A cursor in few bytes, of which a walk over a million pages keeps as many."""
    text = cursor if isinstance(cursor, str) else json.dumps(sorted(cursor.items()), default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _checked_prefetch(pages: int) -> int:
    if not isinstance(pages, int) or isinstance(pages, bool) or pages < 0:
        raise InvalidRequestError(f"prefetch= counts pages; it is {pages!r}")
    return pages
