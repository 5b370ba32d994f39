"""`Paginator`: a collection that is fetched page by page.

Returned by `BaseClient.paginate`. It takes a function that fetches a page and does not depend on a client. Nothing is
sent before the first ``async for``.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

import attrs

from asdk.errors import InvalidRequestError
from asdk.pagination.cursor import CursorScope, Position, check_cursor_key
from asdk.pagination.iteration import FetchPage, PageIterator
from asdk.pagination.strategies import PageStrategy
from asdk.records.records import Records
from asdk.redaction import clean_tracebacks
from asdk.secret import Secret

T = TypeVar("T")


class Paginator(Generic[T]):
    """A collection on a server. ``async for`` iterates over its items; ``await`` collects all of them.

    A page that fails raises and is never skipped; retries and waits for a 429 happen during the iteration. Each
    ``async for`` starts a new iteration. Leaving one early cancels its requests; use `contextlib.aclosing` around
    ``aiter(paginator)`` to wait for that.

    Args:
        fetch: fetches the page at a cursor.
        decode: converts the JSON data of an item.
        strategy: how the API divides the collection.
        params: the query parameters that the caller passed.
        template: the path template, for error messages.
        prefetch: how many pages to fetch ahead.
        scope: what its cursors are bound to; the template by default.
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
        scope: CursorScope | None = None,
    ) -> None:
        self._fetch = fetch
        self._decode = decode
        self._strategy = strategy
        self._params = params
        self._template = template
        self._scope = scope or CursorScope(lambda: template)
        self._prefetch = _check_prefetch(prefetch)
        self._start: Position | None = None
        self._position: Position | None = None

    # --- iteration --------------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return self._iterate_items()

    async def _iterate_items(self) -> AsyncGenerator[T, None]:
        position, iterator = self._begin()
        try:
            while (page := await iterator.next_page()) is not None:
                items = page.undelivered(position)
                if not items:
                    page.deliver(position, 0)  # nothing to yield: move on to the next page
                for item in items:
                    page.deliver(position, 1)  # before the yield: the item counts while the caller works on it
                    yield item
                    del item
                del page, items  # a failure of the next page must not show this one, in a traceback with locals
        finally:
            await iterator.aclose()

    async def pages(self) -> AsyncGenerator[Records[T], None]:
        """Iterate over the pages, each a list of items. Empty pages are left out.

        Raises:
            PaginationError: the server repeated a page, or named one on another origin.
            DecodeError: a page, or an item on it, does not match the model.
        """
        position, iterator = self._begin()
        try:
            while (page := await iterator.next_page()) is not None:
                items = page.undelivered(position)
                page.deliver(position, len(items))
                if items:
                    yield items
                del page, items
        finally:
            await iterator.aclose()

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """Return all items as one list.

        Args:
            limit: the maximum number of items.
        """
        with clean_tracebacks:
            return await self._collect(limit)

    async def _collect(self, limit: int | None) -> Records[T]:
        found: Records[T] = Records()
        position, iterator = self._begin()
        if limit is not None and limit <= 0:
            return found
        try:
            while (page := await iterator.next_page()) is not None:
                items = page.undelivered(position)
                taken = items if limit is None else items[: limit - len(found)]
                page.deliver(position, len(taken))
                found += taken
                if limit is not None and len(found) >= limit:
                    break
        finally:
            await iterator.aclose()
        return found

    async def first(self) -> T | None:
        """Return the first item, or None if there are no items. Fetches no page ahead and does not move `cursor`."""
        found = await self.prefetch(0).collect(limit=1)
        return found[0] if found else None

    def prefetch(self, pages: int) -> Self:
        """Return the same collection with pages fetched ahead of the iteration, in order.

        With page numbers and offsets, the pages are fetched concurrently. Where each page names the next, one page is
        fetched ahead while the caller works on the items of the previous one.

        Args:
            pages: the maximum number of pages ahead, such as 8; 0 to disable.

        Raises:
            InvalidRequestError: the number is negative or not an integer.
        """
        paginator = copy.copy(self)
        paginator._prefetch = _check_prefetch(pages)
        paginator._position = None
        return paginator

    def _begin(self) -> tuple[Position, PageIterator[T]]:
        """Start an iteration. `cursor` follows its position from now on."""
        position = self._position = self._first_position()
        iterator = PageIterator(
            self._fetch,
            self._decode,
            self._strategy,
            self._template,
            prefetch=self._prefetch,
            start=copy.copy(position),
            trusted=self._scope.trusted,
        )
        return position, iterator

    def _first_position(self) -> Position:
        return copy.copy(self._start) if self._start is not None else Position(self._strategy.first(self._params))

    # --- stopping and resuming --------------------------------------------------------------------------------------

    @property
    def cursor(self) -> str:
        """Return the position of the latest iteration: an opaque string for `resume`, in this process or another.

        It counts the items that were delivered, including the current item or page of an ``async for``. Before the
        first iteration it is the start of the collection; after a complete one, the end.
        """
        return self._scope.encode(self._position or self._first_position())

    def resume(self, cursor: str) -> Self:
        """Return the same collection, starting at a cursor.

        If items were added or removed on the server in the meantime, an API that counts pages or items may move some of
        them across the cursor; asdk cannot detect that.

        A cursor is not trusted, since it may come from a web page. It may set only the query parameters in ``carries``
        of the strategy, and a link in it must have the path and the other parameters of the collection. A signed cursor
        may contain all that the server sent, see `with_cursor_key`.

        Args:
            cursor: a value of `cursor` of a paginator with the same path, parameters and tenant.

        Raises:
            InvalidRequestError: the cursor is invalid, belongs to another collection, sets more than it may, or is not
                signed with the key.
        """
        paginator = copy.copy(self)
        paginator._start = self._scope.decode(cursor, getattr(self._strategy, "carries", ()))
        paginator._position = None
        return paginator

    def with_cursor_key(self, cursor_key: str | bytes | Secret) -> Self:
        """Return the same collection with signed cursors (HMAC-SHA-256). `resume` accepts no others.

        Needed where the links of an API lead to other paths or parameters than the collection has, as GitHub's and
        GitLab's do.

        Args:
            cursor_key: a secret of the application, the same wherever cursors are resumed; 32 random bytes, for
                example.

        Raises:
            InvalidRequestError: the key is empty.
        """
        paginator = copy.copy(self)
        paginator._scope = attrs.evolve(self._scope, key=check_cursor_key(cursor_key))
        return paginator

    if not TYPE_CHECKING:  # type checkers report the mistake themselves

        def __iter__(self) -> NoReturn:
            raise TypeError(f"use `async for item in ...`, or `await ... .collect()`, for {self!r}")

    def __await__(self) -> Generator[Any, None, Records[T]]:
        """Return all items, as `collect` does."""
        return self.collect().__await__()

    def __repr__(self) -> str:
        return f"<Paginator of {self._template}: use `async for item in it`, or `await it.collect()`>"


def _check_prefetch(pages: int) -> int:
    if not isinstance(pages, int) or isinstance(pages, bool) or pages < 0:
        raise InvalidRequestError(f"prefetch must be a number of pages, 0 or more, got {pages!r}")
    return pages
