"""`PageIterator`: one iteration over the pages of a collection. Used by `Paginator` for each ``async for``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from asdk.errors import AsdkError, DecodeError, PaginationError
from asdk.http.response import Response
from asdk.http.urls import Origin
from asdk.pagination.cursor import Position
from asdk.pagination.prefetch import PrefetchBuffer
from asdk.pagination.strategies import MAX_EMPTY_PAGES, Page, PageCursor, PageStrategy, PredictableStrategy
from asdk.records.records import Records
from asdk.redaction import clean_tracebacks, show

T = TypeVar("T")

#: Fetches the page at a cursor; raises on an error status.
FetchPage: TypeAlias = Callable[[PageCursor], Awaitable[Response]]


@attrs.frozen
class FetchedPage(Generic[T]):
    """A page of items, with the position that follows it.

    Attributes:
        items: the decoded items.
        next_cursor: the cursor of the next page; None if this is the last page.
        seen: the number of items so far, including this page.
        failed: True if the next page could not be determined. The position then stays on this page, so that a resume
            fetches it again, and the iterator raises after its items were delivered.
    """

    items: Records[T]
    next_cursor: PageCursor | None = attrs.field(repr=False)
    seen: int
    failed: bool

    def undelivered(self, position: Position) -> Records[T]:
        """Return the items of this page that were not delivered before the position."""
        return self.items if not position.delivered else Records(self.items[position.delivered :])

    def deliver(self, position: Position, count: int) -> None:
        """Move a position behind the next ``count`` items, and to the next page after the last item of this one."""
        position.delivered += count
        if position.delivered >= len(self.items) and not self.failed:
            position.delivered -= len(self.items)
            position.cursor, position.seen = self.next_cursor, self.seen


class PageIterator(Generic[T]):
    """An iterator that fetches page after page. The caller tracks which items were delivered.

    It is not an async generator: if one async generator wraps another, an event loop that shuts down closes both at the
    same time, and they collide.

    Args:
        fetch: fetches the page at a cursor.
        decode: converts the JSON data of an item.
        strategy: how the API divides the collection.
        template: the path template, for error messages.
        prefetch: how many pages to fetch ahead.
        start: the position to start from.
        trusted: the origins to which a link may lead, besides that of its page.
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
        trusted: Collection[Origin] = (),
    ) -> None:
        self._trusted = trusted
        self._decode = decode
        self._strategy = strategy
        self._predictable = strategy if prefetch and isinstance(strategy, PredictableStrategy) else None
        self._template = template
        self._buffer = PrefetchBuffer(fetch, prefetch)
        self._cursor = start.cursor
        self._seen = start.seen
        self._visited: set[bytes] = set()
        self._refuses_equal = not getattr(strategy, "allow_equal_pages", True)
        self._items_before: Sequence[Any] = ()
        self._max_empty: int | None = getattr(strategy, "max_empty_pages", MAX_EMPTY_PAGES)
        self._empty_pages = 0
        self._failure: AsdkError | None = None

    async def next_page(self) -> FetchedPage[T] | None:
        """Return the next page, or None after the last."""
        with clean_tracebacks:
            return await self._next_page()

    async def _next_page(self) -> FetchedPage[T] | None:
        self._raise_failure()
        cursor = self._cursor
        if cursor is None:
            return None
        self._check_repeated(cursor)
        response = await self._buffer.get(cursor)
        if len(self._visited) == 1:
            self._visited.add(_digest(response.request.url))  # a link may lead back to the first page
        data = None if response.status == 204 else response.json()
        page = Page(data, response.headers, response.request.url, self._trusted)
        items = self._decode_items(cursor, page, response)
        seen = self._seen = self._seen + len(items)
        next_cursor = self._cursor = self._next_cursor(cursor, page, response)
        self._buffer.top_up(partial(self._cursor_after, cursor, page, seen))
        return FetchedPage(items, next_cursor, seen, self._failure is not None)

    async def aclose(self) -> None:
        """Cancel the requests in flight, and wait until their connections are free."""
        await self._buffer.aclose()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure

    def _check_repeated(self, cursor: PageCursor) -> None:
        digest = _digest(cursor)
        if digest in self._visited:
            raise PaginationError(f"the server repeated {_describe(cursor)}", template=self._template)
        self._visited.add(digest)

    def _decode_items(self, cursor: PageCursor, page: Page, response: Response) -> Records[T]:
        items: Records[T] = Records()
        prefix = ""
        try:
            found = self._strategy.items(page)
            self._check_progress(cursor, found)
            for item in found:
                prefix = f"item {self._seen + len(items)} of the collection: "
                items.append(self._decode(item))
        except DecodeError as error:
            error.message = prefix + error.message
            response.annotate(error)
            raise
        return items

    def _check_progress(self, cursor: PageCursor, items: Sequence[Any]) -> None:
        """Raise if a page has the items of the page before; count the empty pages."""
        self._empty_pages = 0 if items else self._empty_pages + 1
        if not self._refuses_equal:
            return
        if items and items == self._items_before:
            raise PaginationError(
                f"two pages in a row have the same items, the second at {_describe(cursor)}: the server ignores the "
                "parameter or repeats its last page; allow_equal_pages=True on the strategy accepts them",
                template=self._template,
            )
        self._items_before = items

    def _next_cursor(self, cursor: PageCursor, page: Page, response: Response) -> PageCursor | None:
        """Return the next cursor. An error is stored, and raised once the items of this page are delivered."""
        try:
            following = self._strategy.next(cursor, page, self._seen)
            if following is not None and self._max_empty is not None and self._empty_pages > self._max_empty:
                raise PaginationError(
                    f"{self._empty_pages} pages in a row have no items, and the server names a next page; set "
                    "max_empty_pages= on the strategy to allow more"
                )
            return following
        except AsdkError as error:
            if isinstance(error, DecodeError):
                response.annotate(error)
            else:  # it may quote a header, or name a host that a server chose
                error.message = show(error.message, response.request, keep_urls=True)
                error.args = (error.message,)
            error.template = self._template
            self._failure = error.with_traceback(None)
            return None

    def _cursor_after(self, cursor: PageCursor, page: Page, seen: int, steps: int) -> PageCursor | None:
        if steps == 1 or self._cursor is None:
            return self._cursor
        return None if self._predictable is None else self._predictable.predict(cursor, page, seen, steps)


def _describe(cursor: PageCursor) -> str:
    """Return what a message says of a cursor: the text of a server or of a stored cursor is not shown, a number is."""
    if isinstance(cursor, str):
        return "a link"
    members = (f"{name}={value}" if type(value) is int else name for name, value in cursor.items())
    return f"the page cursor {', '.join(members)}" if cursor else "the first page"


def _digest(cursor: PageCursor) -> bytes:
    """Return a short digest of a cursor: an iteration over a million pages keeps a million of them."""
    text = cursor if isinstance(cursor, str) else json.dumps(sorted(cursor.items()), default=repr)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
