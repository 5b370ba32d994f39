"""`run_in_thread`, the one way to run blocking work; `without_frames` and `WarnOnce`, which token stores share."""

from __future__ import annotations

import asyncio

# Otherwise the first worker thread imports it, and a child forked during that import can never import it.
import concurrent.futures.thread  # noqa: F401  # pyright: ignore[reportUnusedImport]
import contextvars
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from asdk.concurrency.event_loop import running_loop

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=BaseException)

# How long a cancelled caller waits for its work, in seconds. Disk access takes milliseconds; a keyring may be asking
# the user for a password.
_CANCELLED_WAIT = 5.0

_log = logging.getLogger("asdk.auth")


async def run_in_thread(work: Callable[[], T], *, keep_frames: bool = False) -> T:
    """Run blocking work in a worker thread, and wait for it even when the caller is cancelled.

    A cancelled caller waits for up to 5 s before the cancellation continues. Otherwise the thread would keep running
    after the caller has released its lock, closed its file or started the next attempt with it.
    `anyio.to_thread.run_sync` abandons its thread when asyncio cancels the task, and so does `asyncio.to_thread`.

    The event loop's default executor runs the work, in a copy of the caller's context. Two modules start threads of
    their own instead, because nothing may wait for them: `asdk.concurrency.heartbeat`, which must not wait for a free
    worker either, and `asdk.auth.credentials.prompt`, whose thread ends only when the user presses return.

    Args:
        work: is called without arguments.
        keep_frames: raise the work's error with its traceback, for work that handles no secrets. By default the
            traceback is removed, since its frames may contain a token.
    """
    context = contextvars.copy_context()
    future = running_loop().run_in_executor(None, lambda: context.run(_call, work))
    cancellation = await _wait(future)
    if cancellation is not None:
        # Retrieve the exception, or asyncio reports it as never retrieved.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise asyncio.CancelledError(*cancellation)
    failure = future.exception()
    if failure is None:
        return future.result()
    try:
        raise failure if keep_frames else without_frames(failure)
    finally:
        del failure


def _call(work: Callable[[], T]) -> T:
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("work in a thread raised StopIteration") from error  # no future accepts a StopIteration


async def _wait(future: asyncio.Future[T]) -> tuple[object, ...] | None:
    """Wait until the future is done.

    Returns:
        The arguments of the caller's cancellation, or None if it was not cancelled. An anyio cancel scope recognizes
        its own cancellation by them.
    """
    until, cancellation = None, None
    while not future.done() and (until is None or time.monotonic() < until):
        try:
            await asyncio.wait([future], timeout=None if until is None else max(0.0, until - time.monotonic()))
        except asyncio.CancelledError as error:
            if cancellation is None:
                cancellation, until = error.args, time.monotonic() + _CANCELLED_WAIT
    return cancellation


def without_frames(error: ErrorT) -> ErrorT:
    """Remove the traceback, cause and context of an error: their frames may contain what was being written."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class WarnOnce:
    """Warnings about stored tokens, each logged once per entry and problem."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str]] = set()

    def ignored(self, place: str, problem: str) -> None:
        """Warn that an entry is not used."""
        self._warn(place, problem, "the stored token in %s is ignored: %s")

    def repaired(self, place: str, problem: str) -> None:
        """Warn that an entry is used after a repair."""
        self._warn(place, problem, "the stored token in %s: %s")

    def _warn(self, place: str, problem: str, message: str) -> None:
        if (place, problem) not in self._logged:
            self._logged.add((place, problem))
            _log.warning(message, place, problem)
