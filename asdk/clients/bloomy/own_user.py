"""`OwnUser`: the id of the key's owner, fetched once for all concurrent calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import attrs

from asdk.errors import AsdkError, DeadlineExceededError, TransportError

_Place: TypeAlias = tuple[asyncio.AbstractEventLoop, object]


@attrs.define(eq=False)
class _Asking:
    """The request in flight in one event loop, its time limit, and the number of its waiters."""

    task: asyncio.Task[int]
    within: float | None
    waiting: int = 0


class OwnUser:
    """The id of the key's owner, fetched again for another key. Shared by the copies of a client."""

    def __init__(self) -> None:
        self._known: tuple[object, int] | None = None
        self._asking: dict[_Place, _Asking] = {}  # no lock: each entry is used by its own loop alone

    def known(self, key: object) -> int | None:
        """Return the id if it was fetched for this key before."""
        known = self._known
        return known[1] if known is not None and known[0] == key else None

    async def get(self, key: object, ask: Callable[[], Coroutine[Any, Any, int]], within: float | None) -> int:
        """Return the id, fetching it once per key.

        Args:
            key: identifies the API key in use; never shown.
            ask: sends the request; called by the first caller, and by one that has more time than the first had. It is
                cancelled when its last waiter leaves.
            within: the maximum time that this caller waits, in seconds; None for no limit.

        Raises:
            DeadlineExceededError: the id did not arrive in time.
            AsdkError: the request failed; each waiter gets its own copy of the error.
        """
        loop = asyncio.get_running_loop()
        end = None if within is None else loop.time() + within
        failure: AsdkError
        while True:
            asking = self._join((loop, key), ask, within)
            try:
                async with asyncio.timeout_at(end):
                    user_id = await asyncio.shield(asking.task)
            except TransportError as error:
                failure = error.copy()
                if _is_longer(within, asking.within):
                    continue
            except AsdkError as error:
                failure = error.copy()
            except TimeoutError:
                late = "the id of the key's owner did not arrive within the timeout of this call"
                failure = DeadlineExceededError(late, method="GET", template="/users/mine")
            else:
                self._known = (key, user_id)
                return user_id
            finally:
                self._leave((loop, key), asking)
            break
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle

    def _join(self, place: _Place, ask: Callable[[], Coroutine[Any, Any, int]], within: float | None) -> _Asking:
        asking = self._asking.get(place)
        if asking is None:
            asking = self._asking[place] = _Asking(asyncio.create_task(ask()), within)
            asking.task.add_done_callback(_seen)
        asking.waiting += 1
        return asking

    def _leave(self, place: _Place, asking: _Asking) -> None:
        asking.waiting -= 1
        over = asking.waiting == 0 or asking.task.done()
        if over and self._asking.get(place) is asking:  # the next request may have replaced it
            del self._asking[place]
        if asking.waiting == 0:
            asking.task.cancel()


def _is_longer(one: float | None, other: float | None) -> bool:
    return other is not None and (one is None or one > other)


def _seen(task: asyncio.Task[int]) -> None:
    """Retrieve the error of a request without waiters, which asyncio would report as never retrieved."""
    if not task.cancelled():
        task.exception()
