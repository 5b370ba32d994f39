"""`PerLoop`: one resource per event loop, such as a session with its connections, opened at first use.

Used by the aiohttp transport, `RedisTokenStore` and `RedisRateLimit`. A session belongs to the loop that made it, but a
client outlives loops: `asyncio.run` twice, a loop per thread, a restarted notebook kernel. So each loop gets a session
of its own, which is closed in one of four ways: by `aclose`; when the loop shuts down; when the client is garbage
collected, which hands the session to its loop to close; or not at all after a fork, since the child must not touch it.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from asdk.concurrency.event_loop import running_loop
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

# Finalizers of loops that stopped, or that closed without shutting down their async generators, and of loops that were
# told to close a resource. A loop closes those that are still referenced when it shuts down. Only the thread that
# removes a finalizer may close it.
_orphans: dict[Finalizer, Loop] = {}

# Tasks that close a resource in another loop, which has only weak references to them.
_closing: set[asyncio.Task[None]] = set()

# How many times a finalizer of a closed loop may yield to that loop.
_STEPS = 100


class _Opened(NamedTuple):
    """A resource and the generator that closes it at the end of its loop."""

    value: Any
    finalizer: Finalizer


class PerLoop(Generic[T]):
    """One ``T`` for each event loop.

    Attributes:
        by_loop: the resource of each loop. A plain dictionary, since every request reads it.

    Args:
        close: closes a resource, and is called inside the loop that made it. It must not refer to this object's owner:
            the owner would then be freed by the cycle collector instead of with its last reference. Called twice, it
            does nothing.
        drain: waits until a resource is no longer in use, but not for long. Called before ``close`` by `aclose`.
    """

    def __init__(
        self, close: Callable[[T], Awaitable[None]], *, drain: Callable[[T], Awaitable[None]] | None = None
    ) -> None:
        self.by_loop: dict[Loop, T] = {}
        self._close = close
        self._drain = drain
        self._begin()
        reset_after_fork(self._reset)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[Loop, _Opened] = {}
        # Referenced from outside of this object, too. Otherwise the cycle collector would find the session together
        # with its client, and the session would complain that it was never closed.
        self._close_all = weakref.finalize(self, _close_all, self._opened)
        self._close_all.atexit = False

    def open(self, loop: Loop, make: Callable[[Loop], T]) -> T:
        """Return the resource of the running loop, and make it first if necessary.

        It is not a coroutine: if it could suspend before the resource is stored, each of many first calls would make
        one, and close those of the others.
        """
        value = self.by_loop.get(loop)
        if value is None:
            value = make(loop)
            finalizer = _finalizer(value, self._close, weakref.ref(self), loop)
            _advance(finalizer.asend(None))
            with self._lock:
                self._opened[loop] = _Opened(value, finalizer)
                self.by_loop[loop] = value
            self._sweep(loop)
        return value

    async def aclose(self) -> None:
        """Close this loop's resource, and have every other running loop close its own."""
        if not self.by_loop:
            return
        here = running_loop()
        for loop in list(self.by_loop):
            opened = None if loop is here else self._take(loop)
            if opened is not None:
                _close_elsewhere(loop, opened, self._retire)
        await self.close_here()

    async def close_here(self) -> None:
        """Close the resource of the running loop alone."""
        opened = self._take(running_loop())
        if opened is not None:
            await self._retire(opened)

    async def _retire(self, opened: _Opened) -> None:
        """Close a resource, which was taken out, when it is no longer in use; at once if this is cancelled."""
        try:
            if self._drain is not None:
                await self._drain(opened.value)
        finally:
            # Not by the finalizer: the loop may shut its generators down meanwhile, and a generator that is already
            # being closed cannot be closed.
            with suppress(StopAsyncIteration, RuntimeError):
                await opened.finalizer.asend(_RELEASE)
            await self._close(opened.value)

    def _take(self, loop: Loop) -> _Opened | None:
        """Take a loop's resource out, so that later calls open another."""
        with self._lock:
            self.by_loop.pop(loop, None)
            return self._opened.pop(loop, None)

    def forget(self, loop: Loop, value: object) -> None:
        """Take a resource out that its finalizer closes."""
        with self._lock:
            if self.by_loop.get(loop) is value:
                self.by_loop.pop(loop)
                self._opened.pop(loop, None)

    def _sweep(self, here: Loop) -> None:
        """Close the resources of closed loops, and drop those that this loop was to close when it was stopped."""
        for loop in [loop for loop in list(self.by_loop) if loop.is_closed()]:
            opened = self._take(loop)
            if opened is not None:
                _advance(opened.finalizer.aclose())
        for finalizer, loop in list(_orphans.items()):
            if (loop is here or loop.is_closed()) and _orphans.pop(finalizer, None) is not None and loop is not here:
                _advance(finalizer.aclose())

    def _reset(self) -> None:
        """Start empty in a forked child, and leave the inherited resources alone."""
        _inherited.append((self.by_loop, self._opened))
        self._close_all.detach()
        self.by_loop = {}
        self._begin()


def _close_all(opened: dict[Loop, _Opened]) -> None:
    """Close what a garbage-collected `PerLoop` left open."""
    while opened:
        loop, (_, finalizer) = opened.popitem()
        # Python hands an unreferenced generator to its loop, if that is running, to close it there. A stopped loop may
        # not run long enough for that, but it closes the generators that are still referenced when it shuts down.
        if loop.is_closed():
            _advance(finalizer.aclose())
        elif not loop.is_running():
            _orphans[finalizer] = loop


def _close_elsewhere(loop: Loop, opened: _Opened, retire: Callable[[_Opened], Any]) -> None:
    """Have another loop close a resource: at once if it is running, or else when it shuts down."""
    _orphans[opened.finalizer] = loop

    async def close() -> None:
        try:
            await retire(opened)
        finally:
            _orphans.pop(opened.finalizer, None)

    def start() -> None:
        task = loop.create_task(close())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    if loop.is_running():
        with suppress(RuntimeError):  # it has closed: the next `open` of any loop sweeps it
            loop.call_soon_threadsafe(start)


def _advance(step: Awaitable[object]) -> None:
    """Run a step of a finalizer without an event loop.

    The finalizer of a closed loop has nothing to wait for: its errors and waits are of no interest.
    """
    coroutine: Any = step.__await__()
    with suppress(Exception, asyncio.CancelledError):
        awaited = coroutine.send(None)
        for _ in range(_STEPS):
            awaited = coroutine.send(None) if awaited is None else coroutine.throw(asyncio.CancelledError())


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
        owner = owner_ref()
        if owner is not None:
            owner.forget(loop, value)
        if sent is not _RELEASE:
            await close(value)
