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
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")

Loop: TypeAlias = asyncio.AbstractEventLoop
Finalizer: TypeAlias = AsyncGenerator[None, "object | None"]

# What a keeper is sent so that it ends and closes nothing: who sends it does.
_RELEASE = object()

# What a forked child inherited. Closing it would take the parent's sockets out of the epoll set that both share, so it
# is kept for ever, untouched.
_inherited: list[object] = []
_pools: weakref.WeakSet[PerLoop[Any]] = weakref.WeakSet()

# What nobody wants any more, of loops that stand still or were closed without a word to their generators.
_left_behind: dict[Loop, list[Finalizer]] = {}


class PerLoop(Generic[T]):
    """Keeps one ``T`` for each event loop.

    Attributes:
        by_loop: what each loop has. A plain dictionary, since every request looks into it.

    Args:
        close: closes one, called inside the loop that made it. It must not refer to the owner of the pool, or the owner
            would wait for the cycle collector instead of ending with its last reference.
    """

    def __init__(self, close: Callable[[T], Awaitable[None]]) -> None:
        self.by_loop: dict[Loop, T] = {}
        self._close = close
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._keepers: dict[Loop, Finalizer] = {}
        # Held from outside of the pool, too. The cycle collector, when it finds a client, would otherwise find the
        # session with it, and that complains that nobody closed it.
        self._abandon = weakref.finalize(self, _abandon, self._keepers)
        self._abandon.atexit = False

    async def open(self, loop: Loop, make: Callable[[Loop], T]) -> T:
        """What the running loop has, made now if need be. Does not suspend."""
        value = self.by_loop.get(loop)
        if value is None:
            await self._sweep(loop)
            value = make(loop)
            keeper = self._keepers[loop] = _keep(value, self._close, weakref.ref(self), loop)
            await anext(keeper)
            self.by_loop[loop] = value
        return value

    async def aclose(self) -> None:
        """Close this loop's resource, and have every other running loop close its own."""
        here = asyncio.get_running_loop()
        for loop in list(self.by_loop):
            value = self.by_loop.get(loop)
            keeper = self.drop(loop)
            if value is None or keeper is None:
                continue  # another one was faster, or that loop has ended meanwhile
            if loop is here:
                # Not by the keeper: the loop may end meanwhile and shut its generators down, and one that is being
                # closed already cannot be closed.
                with suppress(StopAsyncIteration):
                    await keeper.asend(_RELEASE)
                await self._close(value)
            else:
                _let_go(loop, keeper)

    async def _sweep(self, loop: Loop) -> None:
        """Drop what was left behind in this loop, and end what is left of closed ones: there it takes no waiting."""
        _left_behind.pop(loop, None)
        for other in [other for other in [*self.by_loop, *_left_behind] if other.is_closed()]:
            for keeper in (self.drop(other), *_left_behind.pop(other, ())):
                if keeper is not None:
                    await keeper.aclose()

    def drop(self, loop: Loop) -> Finalizer | None:
        """Forget this loop's resource; what closes it is returned, and closes it when it is dropped too."""
        self.by_loop.pop(loop, None)
        return self._keepers.pop(loop, None)

    def forget(self) -> None:
        """After a fork, in the child: start anew and leave what was inherited alone."""
        _inherited.append((self.by_loop, self._keepers))
        self._abandon.detach()
        self.by_loop = {}
        self._begin()


def _abandon(keepers: dict[Loop, Finalizer]) -> None:
    """A pool is gone, closed or not."""
    while keepers:
        _let_go(*keepers.popitem())


def _let_go(loop: Loop, keeper: Finalizer) -> None:
    """Have another loop close what is its own."""
    # To a running loop Python hands the generator that nobody holds. One that stands still may have too few turns left
    # before it ends to close it so, but when it ends, it closes those that somebody holds.
    if not loop.is_running():
        _left_behind.setdefault(loop, []).append(keeper)


async def _keep(
    value: T, close: Callable[[T], Awaitable[None]], pool: weakref.ref[PerLoop[T]], loop: Loop
) -> AsyncGenerator[None, object | None]:
    """Parked at its yield for as long as the resource may live.

    A loop shuts its async generators down before it closes, and an abandoned one is handed back to its loop to be
    closed there. Both end in the ``finally``; no finalizer, no task of ours is needed.
    """
    told: object | None = None
    try:
        told = yield
    finally:
        _left_behind.pop(loop, None)
        owner = pool()
        if owner is not None and owner.by_loop.get(loop) is value:
            owner.drop(loop)
        if told is not _RELEASE:
            await close(value)


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
