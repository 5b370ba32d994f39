"""`shared_parts`: what the unpickled copies of one client share in a process: token, limits and retry quota, no pool.

Called by `BaseClient.__init__` for a client that `asdk.client.pickling` rebuilds, as for each batch of a Dask worker.
Without it every copy would log in and have the whole rate limit for itself. Clients built by their constructor never
share. It is the one state of a module: up to 32 are kept for 15 minutes after their last use, and none in a fork.
"""

from __future__ import annotations

import secrets
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from asdk.auth.token_source import TokenSource
from asdk.concurrency.fork import reset_after_fork
from asdk.config import Config
from asdk.middleware.chain import AnyMiddleware
from asdk.retrying import RetryQuota

_KEPT = 32
_KEPT_FOR = 15 * 60.0

#: The id of the original, the class, and a digest of all settings: two environments never share.
Key: TypeAlias = tuple[str, type, bytes]

_process_key = secrets.token_bytes(32)
_original: ContextVar[str | None] = ContextVar("asdk_original", default=None)
_now = time.monotonic
_lock = threading.RLock()  # a client may be collected while it is held
_alive: weakref.WeakValueDictionary[Key, SharedParts] = weakref.WeakValueDictionary()
_recent: OrderedDict[Key, tuple[float, SharedParts]] = OrderedDict()


class SharedParts:
    """The parts of a client that its copies share."""

    def __init__(self, source: TokenSource | None, traffic: tuple[AnyMiddleware, ...]) -> None:
        self.source = source
        self.traffic = traffic
        self.quota: RetryQuota = RetryQuota()


@contextmanager
def unpickling(original: str) -> Generator[None, None, None]:
    """Have the clients that are built in the block share with the copies of the same original."""
    token = _original.set(original)
    try:
        yield
    finally:
        _original.reset(token)


def shared_parts(client: object, config: Config, parts: SharedParts) -> SharedParts:
    """Return the parts that a client shares with copies of its original; its own if it is not one of them.

    Args:
        client: is being built.
        config: its settings.
        parts: its own.
    """
    original = _original.get()
    if original is None:
        return parts
    key = (original, type(client), config.fingerprint(_process_key))
    with _lock:
        _drop_old()
        parts = _alive.setdefault(key, parts)
        _keep(key, parts)
    weakref.finalize(client, _keep, key, parts).atexit = False
    return parts


def _keep(key: Key, parts: SharedParts) -> None:
    """Keep parts from now on."""
    with _lock:
        _recent[key] = _now(), parts
        _recent.move_to_end(key)
        _drop_old()


def _drop_old() -> None:
    """Drop the parts that are too old or too many. A living copy keeps its own."""
    oldest = _now() - _KEPT_FOR
    while _recent and (len(_recent) > _KEPT or next(iter(_recent.values()))[0] < oldest):
        _recent.popitem(last=False)


def _forget() -> None:
    """Share nothing with the parent process."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.RLock()
    _alive.clear()
    _recent.clear()


reset_after_fork(_forget)
