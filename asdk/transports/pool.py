"""One resource per event loop, such as a session with its connections: opened at first use, closed when its time is
over.

A session belongs to the loop that made it, but a client outlives loops: `asyncio.run` twice, a loop per thread, a
restarted notebook kernel. So each loop gets its own, and its end comes in one of four ways: `aclose`; the end of the
loop; the collection of the client, which hands the close to the loop; a fork, after which the child must not touch it.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Loop = asyncio.AbstractEventLoop

# What a forked child inherited. Closing it would take the parent's sockets out of the epoll set that both share, so it
# is kept for ever, untouched.
_inherited: list[object] = []
_pools: weakref.WeakSet[LoopPool[Any]] = weakref.WeakSet()


class LoopPool(Generic[T]):
    """Keeps one ``T`` for each event loop.

    Attributes:
        open_ones: what each loop has. A plain dictionary, since every request looks into it.

    Args:
        close: closes one, called inside the loop that made it. It must not refer to the owner of the pool, or the owner
            would wait for the cycle collector instead of ending with its last reference.
    """

    def __init__(self, close: Callable[[T], Awaitable[None]]) -> None:
        self.open_ones: dict[Loop, T] = {}
        self._close = close
        self._keepers: dict[Loop, AsyncGenerator[None, None]] = {}
        _pools.add(self)

    async def open(self, loop: Loop, make: Callable[[Loop], T]) -> T:
        """What the running loop has, made now if need be. Does not suspend."""
        value = self.open_ones.get(loop)
        if value is None:
            for other in [other for other in list(self.open_ones) if other.is_closed()]:
                self.drop(other)
            value = make(loop)
            keeper = self._keepers[loop] = _keep(value, self._close, weakref.ref(self), loop)
            await anext(keeper)
            self.open_ones[loop] = value
        return value

    async def aclose(self) -> None:
        """Close this loop's resource, and have every other running loop close its own."""
        here = asyncio.get_running_loop()
        for loop in list(self.open_ones):
            keeper = self.drop(loop)
            if loop is here and keeper is not None:
                await keeper.aclose()
            # Elsewhere dropping it is enough: Python hands an abandoned generator to the loop it began in.

    def drop(self, loop: Loop) -> AsyncGenerator[None, None] | None:
        """Forget this loop's resource; what closes it is returned, and closes it when it is dropped too."""
        self.open_ones.pop(loop, None)
        return self._keepers.pop(loop, None)

    def forget(self) -> None:
        """After a fork, in the child: start anew and leave what was inherited alone."""
        _inherited.append((self.open_ones, self._keepers))
        self.open_ones, self._keepers = {}, {}


async def _keep(
    value: T, close: Callable[[T], Awaitable[None]], pool: weakref.ref[LoopPool[T]], loop: Loop
) -> AsyncGenerator[None, None]:
    """Parked at its yield for as long as the resource may live.

    A loop shuts its async generators down before it closes, and an abandoned one is handed back to its loop to be
    closed there. Both end in the ``finally``; no finalizer, no task of ours is needed.
    """
    try:
        yield
    finally:
        owner = pool()
        if owner is not None and owner.open_ones.get(loop) is value:
            owner.drop(loop)
        await close(value)


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
