"""What stores share: work in threads that ends before its caller does, errors without frames, complaints made once."""

from __future__ import annotations

import asyncio

# Else the first worker imports it, and a child that is forked in that moment can never do so.
import concurrent.futures.thread  # noqa: F401  # pyright: ignore[reportUnusedImport]
import logging
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=BaseException)

# How long a cancelled caller waits for its work, in seconds. On disk it takes milliseconds; a keyring may be asking
# somebody for a password.
_PATIENCE = 5.0

_log = logging.getLogger("asdk.auth")


async def in_thread(work: Callable[[], T]) -> T:
    """Do what blocks in a worker thread, and wait for its end, also when cancelled.

    A caller that is cancelled waits too, up to 5 s, and the cancellation goes on after that: else the work would go on
    behind the back of somebody who believes that it has given its lock back. `anyio.to_thread` leaves its thread behind
    when asyncio cancels, and so does `asyncio.to_thread`.

    What the work raises comes without its frames, since those may hold a token.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work)
    if await _is_cancelled_before(future):
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # or asyncio says: never retrieved
        raise asyncio.CancelledError
    failure = future.exception()
    if failure is None:
        return future.result()
    try:
        raise without_frames(failure)
    finally:
        del failure


async def _is_cancelled_before(future: asyncio.Future[T]) -> bool:
    """Wait until it is done; whether the caller was cancelled in the meantime."""
    until, cancelled = None, False
    while not future.done() and (until is None or time.monotonic() < until):
        try:
            await asyncio.wait([future], timeout=None if until is None else max(0.0, until - time.monotonic()))
        except asyncio.CancelledError:
            if not cancelled:
                cancelled, until = True, time.monotonic() + _PATIENCE
    return cancelled


def without_frames(error: ErrorT) -> ErrorT:
    """The error alone: the frames that it came through hold what was written, and so do those of what it hides."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class WarnOnce:
    """Says what is wrong with an entry, once for each entry and each thing that is wrong with it."""

    def __init__(self) -> None:
        self._made: set[tuple[str, str]] = set()

    def ignored(self, place: str, problem: str) -> None:
        """This entry is not used."""
        self._say(place, problem, "the stored token in %s is ignored: %s")

    def mended(self, place: str, problem: str) -> None:
        """This entry is used, after something was put right."""
        self._say(place, problem, "the stored token in %s: %s")

    def _say(self, place: str, problem: str, line: str) -> None:
        if (place, problem) not in self._made:
            self._made.add((place, problem))
            _log.warning(line, place, problem)
