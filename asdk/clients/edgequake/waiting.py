"""Waiting for work in the background: one loop, whose pauses grow, by the client's own clock.

``documents.wait`` is built on it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from asdk.clock import Clock
from asdk.errors import AsdkError, DeadlineExceededError
from asdk.http.options import Timeout

T = TypeVar("T")

# Most texts are done within a second; whoever waits for minutes can wait ten seconds more.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.25, 10.0, 1.6


async def poll(
    look: Callable[[Timeout], Awaitable[T]],
    is_done: Callable[[T], bool],
    *,
    clock: Clock,
    per_call: Timeout,
    seconds: float | None,
    expired: Callable[[T | None], AsdkError],
    on_progress: Callable[[T], object] | None,
) -> T:
    """Look until it is done.

    Args:
        look: asks the server once, within the time that it is given.
        is_done: whether what it says is the end.
        clock: whose seconds count.
        per_call: what each look may take at most; the last one gets no more than what is left.
        seconds: in all; None for no limit.
        expired: the error to raise when they are over, from what was seen last.
        on_progress: called with what each look brought, the last one too.
    """
    deadline = None if seconds is None else clock.monotonic() + seconds
    pause, seen = _FIRST_PAUSE, None
    while True:
        left = None if deadline is None else max(deadline - clock.monotonic(), 0.001)
        found = await _within(look, _shorter(per_call, left), is_last=_is_shorter(left, per_call.total))
        if found is None:
            break
        seen = found
        if on_progress is not None:
            on_progress(seen)
        if is_done(seen):
            return seen
        if deadline is not None and clock.monotonic() + pause > deadline:
            # A look at the deadline itself: what ends in the last pause is not given up.
            pause = deadline - clock.monotonic()
            if pause <= 0:
                break
        await clock.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    raise expired(seen)


async def _within(look: Callable[[Timeout], Awaitable[T]], limit: Timeout, *, is_last: bool) -> T | None:
    """What a look brings; None if the wait was over before it."""
    try:
        return await look(limit)
    except DeadlineExceededError:
        if not is_last:
            raise
    return None


def _shorter(limit: Timeout, left: float | None) -> Timeout:
    return attrs.evolve(limit, total=left) if _is_shorter(left, limit.total) else limit


def _is_shorter(left: float | None, total: float | None) -> bool:
    return left is not None and (total is None or left < total)
