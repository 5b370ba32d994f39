"""`Entries`: who is inside ``async with`` on one client, in any task, thread and event loop.

Kept by `BaseClient`, which closes its connections at the last exit. A count would not do: after `BaseClient.aclose` the
blocks that are still open must not close what a later one opened.
"""

from __future__ import annotations

import asyncio
import weakref
from enum import Enum, auto
from typing import Any

from asdk.concurrency.event_loop import current_loop


class Exit(Enum):
    """What an exit means for the connections."""

    INNER = auto()  # another block of this event loop is open, or the client was closed meanwhile
    LAST_OF_LOOP = auto()
    LAST = auto()


class _Entry:
    """One open block: its event loop and task, and whether the client was closed since it began."""

    __slots__ = ("is_over", "loop", "task")

    def __init__(self) -> None:
        self.loop = current_loop()
        self.task = _current_task()
        self.is_over = False


class Entries:
    """The open blocks of one client. Safe to use from any thread."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: list[_Entry] = []

    def __bool__(self) -> bool:
        """Return whether a block is open that keeps the connections open."""
        return any(self._living())

    def enter(self) -> None:
        """Note the beginning of a block."""
        self._open.append(_Entry())

    def end(self) -> None:
        """End all blocks that are open now: their exits do nothing."""
        for entry in list(self._open):
            entry.is_over = True

    def leave(self) -> Exit:
        """Note the end of a block, and return what it means for the connections."""
        entry = self._find()
        if entry is None or entry.is_over:
            return Exit.INNER
        living = self._living()
        if any(other.loop is entry.loop for other in living):
            return Exit.INNER
        return Exit.LAST_OF_LOOP if living else Exit.LAST

    def _find(self) -> _Entry | None:
        """Remove the block that ends now: the newest of this task, or else the likeliest.

        A block may begin in one task and end in another, as in a fixture. Of those, one that is over comes first: to
        close too late does no harm.
        """
        loop, task = current_loop(), _current_task()
        here = None if task is None else task()

        def likelihood(numbered: tuple[int, _Entry]) -> tuple[bool, bool, bool, int]:
            number, entry = numbered
            began_here = here is not None and entry.task is not None and entry.task() is here
            return began_here, entry.loop is loop, entry.is_over, number

        while candidates := list(enumerate(self._open)):
            _, entry = max(candidates, key=likelihood)
            try:
                self._open.remove(entry)
            except ValueError:  # another thread was faster
                continue
            return entry
        return None

    def _living(self) -> list[_Entry]:
        """Return the open blocks of event loops that have not closed."""
        return [
            entry
            for entry in list(self._open)
            if not entry.is_over and (entry.loop is None or not entry.loop.is_closed())
        ]


def _current_task() -> weakref.ref[asyncio.Task[Any]] | None:
    task = None if current_loop() is None else asyncio.current_task()
    return None if task is None else weakref.ref(task)
