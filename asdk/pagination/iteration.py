"""One walk over the pages of a collection: what `Paginator` does for each ``async for``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from asdk.errors import AsdkError, DecodeError, PaginationError
from asdk.http.response import Response
from asdk.pagination.cursor import Position
from asdk.pagination.prefetch import Window
from asdk.pagination.strategies import Page, PageCursor, PageStrategy, PredictableStrategy
from asdk.records.records import Records

T = TypeVar("T")

#: Fetches the page at a cursor; raises for a bad status.
FetchPage: TypeAlias = Callable[[PageCursor], Awaitable[Response]]

# How much of a cursor an error quotes.
_QUOTED = 60


@attrs.frozen
class Step(Generic[T]):
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

    def rest(self, place: Position) -> Records[T]:
        """What of the page was not yet handed out."""
        return self.page if not place.skip else Records(self.page[place.skip :])

    def hand_out(self, place: Position, count: int) -> None:
        """So many of its items go to the caller; after the last one the place is the next page."""
        place.skip += count
        if place.skip >= len(self.page) and not self.failed:
            place.skip -= len(self.page)
            place.cursor, place.seen = self.after, self.seen


class PageIterator(Generic[T]):
    """Fetches page after page. How far its items are handed out is the business of whoever walks.

    Not an async generator: where one holds another, an event loop that ends closes both at once, and they collide.

    Args:
        fetch: fetches the page at a cursor.
        decode: makes an item of its JSON data.
        strategy: how the API divides the collection.
        template: the path template, for messages.
        prefetch: how many pages to fetch ahead.
        start: where to begin.
    """

    def __init__(
        self,
        fetch: FetchPage,
        decode: Callable[[Any], T],
        strategy: PageStrategy,
        template: str,
        *,
        prefetch: int,
        start: Position,
    ) -> None:
        self._decode = decode
        self._strategy = strategy
        self._foreseeing = strategy if prefetch and isinstance(strategy, PredictableStrategy) else None
        self._template = template
        self._window = Window(fetch, prefetch)
        self._cursor = start.cursor
        self._seen = start.seen
        self._known: set[bytes] = set()
        self._failure: AsdkError | None = None

    async def step(self) -> Step[T] | None:
        """The next page; None after the last."""
        self._raise_failure()
        cursor = self._cursor
        if cursor is None:
            return None
        self._note(cursor)
        response = await self._window.take(cursor)
        if len(self._known) == 1:
            self._known.add(_mark(response.request.url))  # a link may lead back to where the walk began
        page = Page(response.json(), response.headers, response.request.url)
        items = self._read(page, response)
        seen = self._seen = self._seen + len(items)
        after = self._cursor = self._next(cursor, page, response)
        self._window.fill(partial(self._cursor_after, cursor, page, seen))
        return Step(items, after, seen, self._failure is not None)

    async def aclose(self) -> None:
        """Give up what is on its way; returns when its connections are free."""
        await self._window.aclose()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure

    def _note(self, cursor: PageCursor) -> None:
        mark = _mark(cursor)
        if mark in self._known:
            shown = cursor.partition("?")[0] if isinstance(cursor, str) else str(dict(cursor))
            shown = shown if len(shown) <= _QUOTED else shown[: _QUOTED - 1] + "…"
            raise PaginationError(f"the server names the page {shown} a second time", template=self._template)
        self._known.add(mark)

    def _read(self, page: Page, response: Response) -> Records[T]:
        items: Records[T] = Records()
        place = ""
        try:
            for item in self._strategy.items(page):
                place = f"item {self._seen + len(items)} of the collection: "
                items.append(self._decode(item))
        except DecodeError as error:
            error.message = place + error.message
            response.place(error)
            raise
        return items

    def _next(self, cursor: PageCursor, page: Page, response: Response) -> PageCursor | None:
        """Where the next page is. Why that is not known is raised once the items of this one are handed out."""
        try:
            return self._strategy.next(cursor, page, self._seen)
        except AsdkError as error:
            if isinstance(error, DecodeError):
                response.place(error)
            error.template = self._template
            self._failure = error.with_traceback(None)
            return None

    def _cursor_after(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        if steps == 1 or self._cursor is None:
            return self._cursor
        return None if self._foreseeing is None else self._foreseeing.predict(cursor, page, seen, steps)


def _mark(cursor: PageCursor) -> bytes:
    """A cursor in few bytes, of which a walk over a million pages keeps as many."""
    text = cursor if isinstance(cursor, str) else json.dumps(sorted(cursor.items()), default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
