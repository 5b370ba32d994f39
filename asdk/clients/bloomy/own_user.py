"""`OwnUser`: who the key belongs to, asked for once, however many calls need it at the same time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import attrs

from asdk.errors import AsdkError


@attrs.define(eq=False)
class _Asking:
    """The one request under way in an event loop, and how many wait for it."""

    task: asyncio.Task[int]
    waiting: int = 0


class OwnUser:
    """The id of the user behind the key; another key asks anew. Shared by the copies of a client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, int] | None = None
        self._asking: dict[tuple[asyncio.AbstractEventLoop, object], _Asking] = {}

    async def get(self, key: object, ask: Callable[[], Coroutine[Any, Any, int]]) -> int:
        """The id.

        Args:
            key: stands for the API key in use; never shown.
            ask: makes the request; called by the first who needs it. It is cancelled when nobody waits any more.
        """
        known = self._known
        if known is not None and known[0] == key:
            return known[1]
        place = (asyncio.get_running_loop(), key)
        with self._lock:
            asking = self._asking.get(place)
            if asking is None:
                asking = self._asking[place] = _Asking(asyncio.create_task(ask()))
            asking.waiting += 1
        failure: AsdkError | None = None
        try:
            user_id = await asyncio.shield(asking.task)
        except AsdkError as error:
            failure = error.copy()  # each who waits gets one of his own
        else:
            self._known = (key, user_id)
            return user_id
        finally:
            with self._lock:
                asking.waiting -= 1
                if asking.waiting == 0 or asking.task.done():
                    self._asking.pop(place, None)
            if asking.waiting == 0:
                asking.task.cancel()
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle
