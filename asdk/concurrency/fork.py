"""Reset of state in forked children: `reset_after_fork`, and `delay_forks` for code that a fork must not interrupt.

Used by everything that keeps a lock, a connection or a waiting caller. A child inherits all of them from its parent,
without the threads and event loops that they belong to. The ground of the package, which cannot import this module, has
a hook of its own: `asdk.retrying`.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import MethodType
from typing import Any

# By the id of the object: a weak reference to it, and the function to call with it.
_resets: dict[int, tuple[weakref.ref[Any], Callable[[Any], None]]] = {}

_forking = threading.RLock()


def reset_after_fork(reset: Callable[[], None]) -> None:
    """Call ``reset`` in every forked child, in no particular order, for as long as its object exists.

    Args:
        reset: a method of the object to reset, or a function of a module. It runs in the child before ``os.fork``
            returns there, in its only thread. It must not raise, wait, or acquire a lock that it has not replaced:
            another thread of the parent may have held that lock.
    """
    if not isinstance(reset, MethodType):
        _resets[id(reset)] = weakref.ref(reset), lambda function: function()
        return
    owner = reset.__self__
    key, resets = id(owner), _resets
    # Not a WeakMethod: one that is collected together with its object complains at the end of the interpreter.
    resets[key] = weakref.ref(owner, lambda _: resets.pop(key, None)), reset.__func__


@contextmanager
def delay_forks() -> Generator[None, None, None]:
    """Delay forks of other threads until the end of the block, which must be short and must not fork."""
    with _forking:
        yield


def _after_fork_in_child() -> None:
    global _forking  # noqa: PLW0603 - the child inherits a lock that it has acquired
    _forking = threading.RLock()
    for reference, reset in list(_resets.values()):
        owner = reference()
        if owner is not None:
            reset(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _forking.acquire(),
        after_in_parent=lambda: _forking.release(),
        after_in_child=_after_fork_in_child,
    )
