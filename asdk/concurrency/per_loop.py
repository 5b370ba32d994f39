"""`PerLoop`: one resource per event loop, such as a session with its connections, opened at first use.

Used by the aiohttp transport, `RedisTokenStore` and `RedisRateLimit`. A session belongs to the loop that made it, but a
client outlives loops: `asyncio.run` twice, a loop per thread, a restarted notebook kernel. So each loop gets a session
of its own, which is closed in one of four ways: by `aclose`; when the loop shuts down; when the client is garbage
collected, which hands the session to its loop to close; or not at all after a fork, since the child must not touch it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeAlias, TypeVar

from asdk.concurrency.fork import reset_after_fork

T = TypeVar("T")

Loop: TypeAlias = asyncio.AbstractEventLoop

#: A suspended generator that closes a resource when it is closed.
Finalizer: TypeAlias = AsyncGenerator[None, "object | None"]

# Sent to a finalizer to end it without closing the resource: the sender closes that.
_RELEASE = object()

# Resources that a forked child inherited, kept forever and never touched. Closing them would remove the parent's
# sockets from the epoll set that both processes share.
_inherited: list[object] = []

# Finalizers orphaned by loops that stopped, or that closed without shutting down their async generators.
_orphans: dict[Loop, list[Finalizer]] = {}


class PerLoop(Generic[T]):
    """One ``T`` for each event loop.

    Attributes:
        by_loop: the resource of each loop. A plain dictionary, since every request reads it.

    Args:
        close: closes a resource, and is called inside the loop that made it. It must not refer to this object's owner:
            the owner would then be freed by the cycle collector instead of with its last reference.
    """

    def __init__(self, close: Callable[[T], Awaitable[None]]) -> None:
        self.by_loop: dict[Loop, T] = {}
        self._close = close
        self._make_finalizers()
        reset_after_fork(self._reset)

    def _make_finalizers(self) -> None:
        self._finalizers: dict[Loop, Finalizer] = {}
        # Referenced from outside of this object, too. Otherwise the cycle collector would find the session together
        # with its client, and the session would complain that it was never closed.
        self._close_all = weakref.finalize(self, _close_all, self._finalizers)
        self._close_all.atexit = False

    async def open(self, loop: Loop, make: Callable[[Loop], T]) -> T:
        """Return the resource of the running loop, and make it first if necessary. Does not suspend."""
        value = self.by_loop.get(loop)
        if value is None:
            await self._sweep(loop)
            value = make(loop)
            finalizer = self._finalizers[loop] = _finalizer(value, self._close, weakref.ref(self), loop)
            await anext(finalizer)
            self.by_loop[loop] = value
        return value

    async def aclose(self) -> None:
        """Close this loop's resource, and have every other running loop close its own."""
        here = asyncio.get_running_loop()
        for loop in list(self.by_loop):
            value = self.by_loop.get(loop)
            finalizer = self.remove(loop)
            if value is None or finalizer is None:
                continue  # another caller has closed it, or that loop has closed meanwhile
            if loop is here:
                # Not by the finalizer: the loop may shut its generators down meanwhile, and a generator that is
                # already being closed cannot be closed.
                with suppress(StopAsyncIteration):
                    await finalizer.asend(_RELEASE)
                await self._close(value)
            else:
                _close_in_loop(loop, finalizer)

    async def _sweep(self, loop: Loop) -> None:
        """Drop this loop's orphans, and finalize the resources of closed loops, which does not suspend."""
        _orphans.pop(loop, None)
        for other in [other for other in [*self.by_loop, *_orphans] if other.is_closed()]:
            for finalizer in (self.remove(other), *_orphans.pop(other, ())):
                if finalizer is not None:
                    await finalizer.aclose()

    def remove(self, loop: Loop) -> Finalizer | None:
        """Remove a loop's resource and return its finalizer, which closes the resource once it is dropped."""
        self.by_loop.pop(loop, None)
        return self._finalizers.pop(loop, None)

    def _reset(self) -> None:
        """Start empty in a forked child, and leave the inherited resources alone."""
        _inherited.append((self.by_loop, self._finalizers))
        self._close_all.detach()
        self.by_loop = {}
        self._make_finalizers()


def _close_all(finalizers: dict[Loop, Finalizer]) -> None:
    """Close what a garbage-collected `PerLoop` left open."""
    while finalizers:
        _close_in_loop(*finalizers.popitem())


def _close_in_loop(loop: Loop, finalizer: Finalizer) -> None:
    """Have another loop close its resource, by dropping the last reference to the finalizer."""
    # Python hands an unreferenced generator to its loop, if that is running, to close it there. A stopped loop may
    # not run long enough for that, but it closes the generators that are still referenced when it shuts down.
    if not loop.is_running():
        _orphans.setdefault(loop, []).append(finalizer)


async def _finalizer(
    value: T, close: Callable[[T], Awaitable[None]], owner_ref: weakref.ref[PerLoop[T]], loop: Loop
) -> AsyncGenerator[None, object | None]:
    """Stay suspended for as long as the resource may live, then close it.

    A loop shuts its async generators down before it closes, and an unreferenced generator is handed to its loop to be
    closed there. Both end in the ``finally``, so neither a ``__del__`` nor a task is needed.
    """
    sent: object | None = None
    try:
        sent = yield
    finally:
        _orphans.pop(loop, None)
        owner = owner_ref()
        if owner is not None and owner.by_loop.get(loop) is value:
            owner.remove(loop)
        if sent is not _RELEASE:
            await close(value)
