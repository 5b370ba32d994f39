"""`LocalLocks`: one lock per key within one process, for all of its event loops and threads.

Token stores acquire it before the lock that other processes see. An event loop that was closed or has stopped cannot
release a lock, so another caller takes the lock over.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from asdk.concurrency.fork import reset_after_fork

# How often a waiting caller tries again, in seconds.
_RETRY_INTERVAL = 0.02

# A loop that was stopped at this many checks in a row has lost its locks. `asyncio.run` stops its loop briefly too,
# before it cancels the remaining tasks.
_STOPPED_LOOP_CHECKS = 10


class Holder:
    """The event loop that has acquired a key.

    Attributes:
        on_lost: undoes what a lost holder left; set by the holder, and called by the caller that takes over.
    """

    __slots__ = ("_loop", "on_lost")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.on_lost: Callable[[], object] | None = None

    def is_lost(self, stopped_checks: int) -> bool:
        """Return True if the loop is closed, or was stopped at too many checks in a row."""
        return self._loop.is_closed() or stopped_checks >= _STOPPED_LOOP_CHECKS

    def is_stopped(self) -> bool:
        """Return True if the loop is not running now."""
        return not self._loop.is_running()


class LocalLocks:
    """One lock per key. Waits are rare and short, so callers poll: an `asyncio.Event` belongs to one loop."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._guard = threading.Lock()
        reset_after_fork(self._reset)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[Holder, None]:
        """Acquire the lock of one key for the block."""
        me, previous, stopped_checks = Holder(), None, 0
        while (holder := self._holders.setdefault(key, me)) is not me:
            stopped_checks = stopped_checks + 1 if holder is previous and holder.is_stopped() else 0
            previous = holder
            if holder.is_lost(stopped_checks):
                self._take_over(key, holder)
            else:
                await asyncio.sleep(_RETRY_INTERVAL)
        try:
            yield me
        finally:
            with self._guard:
                if self._holders.get(key) is me:
                    del self._holders[key]

    def _take_over(self, key: str, holder: Holder) -> None:
        with self._guard:  # several callers may see the lost holder at once, and the next holder is not lost
            if self._holders.get(key) is not holder:
                return
            if holder.on_lost is not None:
                holder.on_lost()
            del self._holders[key]

    def _reset(self) -> None:
        """Release every lock in a forked child: the threads that hold them are the parent's."""
        self._guard = threading.Lock()
        self._holders = {}
