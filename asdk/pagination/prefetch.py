"""`PrefetchBuffer`: the requests that an iteration sends ahead, in page order. Used by `PageIterator`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from asdk.http.response import Response
from asdk.pagination.strategies import PageCursor


class PrefetchBuffer:
    """A buffer of requests for the pages after the current one.

    A request for a wrongly predicted page is cancelled and its outcome ignored. The error of any other request is
    raised when its page is next.

    Args:
        fetch: fetches the page at a cursor.
        size: the maximum number of requests ahead.
    """

    def __init__(self, fetch: Callable[[PageCursor], Awaitable[Response]], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._pending: deque[tuple[PageCursor, asyncio.Task[Response | Exception]]] = deque()

    async def get(self, cursor: PageCursor) -> Response:
        """Return the page at a cursor, from its pending request or a new one.

        Raises:
            AsdkError: the fetch failed.
        """
        if self._pending and self._pending[0][0] != cursor:
            await self.aclose()
        if not self._pending:
            return await self._fetch(cursor)
        # The task is not kept in a local: it would keep the error, whose traceback keeps this frame.
        outcome = await self._pending.popleft()[1]
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            del outcome

    def top_up(self, cursor_after: Callable[[int], PageCursor | None]) -> None:
        """Request the next pages, up to the size of the buffer, as far as their cursors are known.

        Args:
            cursor_after: returns the cursor of the page that is a number of steps ahead, or None.
        """
        while len(self._pending) < self._size and (cursor := cursor_after(len(self._pending) + 1)) is not None:
            self._pending.append((cursor, asyncio.create_task(self._prefetch(cursor))))

    async def _prefetch(self, cursor: PageCursor) -> Response | Exception:
        try:
            return await self._fetch(cursor)
        except Exception as error:  # noqa: BLE001 - raised when its page is next
            return error

    async def aclose(self) -> None:
        """Cancel the pending requests, and wait until their connections are free."""
        tasks = [task for _, task in self._pending]
        self._pending.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
