"""Pages on their way: the requests that a `Paginator` sends ahead, in the order of their pages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from asdk.http.response import Response
from asdk.pagination.strategies import PageCursor


class Window:
    """At most so many requests ahead of the page that is wanted.

    A guess that proves wrong is cancelled; whether it failed nobody asks. A failure is raised when its page is due.
    """

    def __init__(self, fetch: Callable[[PageCursor], Awaitable[Response]], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._ahead: deque[tuple[PageCursor, asyncio.Task[Response | Exception]]] = deque()

    async def take(self, cursor: PageCursor) -> Response:
        """The page at this cursor, which was asked for already or is now.

        Raises:
            AsdkError: as the fetch.
        """
        if self._ahead and self._ahead[0][0] != cursor:
            await self.aclose()
        if not self._ahead:
            return await self._fetch(cursor)
        # The task stands in no local: it would keep the failure, whose traceback keeps this frame.
        outcome = await self._ahead.popleft()[1]
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            del outcome

    def fill(self, cursor_after: Callable[[int], PageCursor | None]) -> None:
        """Ask for the pages that come next, as far as their cursors are known.

        Args:
            cursor_after: the cursor of the page so many steps ahead, or None.
        """
        while len(self._ahead) < self._size and (cursor := cursor_after(len(self._ahead) + 1)) is not None:
            self._ahead.append((cursor, asyncio.create_task(self._attempt(cursor))))

    async def _attempt(self, cursor: PageCursor) -> Response | Exception:
        try:
            return await self._fetch(cursor)
        except Exception as error:  # noqa: BLE001 - kept until its page is due
            return error

    async def aclose(self) -> None:
        """Give up what is on its way; returns when its connections are free."""
        tasks = [task for _, task in self._ahead]
        self._ahead.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
