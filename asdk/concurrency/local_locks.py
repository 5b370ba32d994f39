"""`LocalLocks`: a lock per key within one process, for every event loop and thread in it.

Stores hold it before the lock that other processes see. An event loop that was closed or stands still cannot give a
lock back: it is taken over from.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

# How often a lock that somebody else holds is looked at again, in seconds.
_BEAT = 0.02

# After so many looks in a row at a loop that stands still, it is lost: `asyncio.run` stops its loop for a moment too,
# before it lets what is left in it come to an end.
_LOOKS = 10


class Holder:
    """Who holds a key: a loop, and what to do when that loop is gone.

    Attributes:
        on_lost: called, by whoever takes over, to undo what the lost holder left; set by the holder.
    """

    __slots__ = ("_loop", "on_lost")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.on_lost: Callable[[], object] | None = None

    def is_lost(self, looks: int) -> bool:
        """Whether its loop is gone, for somebody who has seen it stand still so many times in a row."""
        return self._loop.is_closed() or looks >= _LOOKS

    def stands_still(self) -> bool:
        return not self._loop.is_running()


class LocalLocks:
    """A lock per key. The wait is rare and short, so it looks again and again: an Event would know one loop only."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._guard = threading.Lock()
        _instances.add(self)

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncGenerator[Holder, None]:
        """Hold one key."""
        me, before, looks = Holder(), None, 0
        while (holder := self._holders.setdefault(key, me)) is not me:
            looks = looks + 1 if holder is before and holder.stands_still() else 0
            before = holder
            if holder.is_lost(looks):
                self._take_away(key, holder)
            else:
                await asyncio.sleep(_BEAT)
        try:
            yield me
        finally:
            with self._guard:
                if self._holders.get(key) is me:
                    del self._holders[key]

    def _take_away(self, key: str, holder: Holder) -> None:
        with self._guard:  # several may see it at once, and the next holder is not the lost one
            if self._holders.get(key) is not holder:
                return
            if holder.on_lost is not None:
                holder.on_lost()
            del self._holders[key]

    def forget(self) -> None:
        """After a fork, in the child: what the parent's threads hold is the parent's."""
        self._guard = threading.Lock()
        self._holders = {}


_instances: weakref.WeakSet[LocalLocks] = weakref.WeakSet()


def _after_fork() -> None:
    for locks in list(_instances):
        locks.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
