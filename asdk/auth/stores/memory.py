"""`MemoryTokenStore`: tokens kept in this process, the default."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NoReturn

import attrs

from asdk.auth.stores.record import TokenRecord
from asdk.concurrency.local_locks import LocalLocks
from asdk.errors import ConfigurationError


class MemoryTokenStore:
    """Keeps tokens in this process. Given to several sources, it lets those with the same identity share a token."""

    def __init__(self) -> None:
        self._entries: dict[str, TokenRecord] = {}
        self._lock = threading.Lock()
        self._locks = LocalLocks()
        _instances.add(self)

    async def load(self, key: str) -> TokenRecord | None:
        return self._entries.get(key)

    async def save(self, key: str, entry: TokenRecord) -> bool:
        with self._lock:
            before = self._entries.get(key)
            if (0 if before is None else before.revision) != entry.revision - 1:
                return False
            self._entries[key] = entry
            return True

    async def delete(self, key: str) -> None:
        self._entries.pop(key, None)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        async with self._locks.hold(key):
            yield

    def forget_refresh_tokens(self) -> None:
        """After a fork, in the child: refresh tokens in memory are the parent's to use."""
        self._lock = threading.Lock()
        for key, entry in self._entries.items():
            if entry.token is not None:
                self._entries[key] = attrs.evolve(entry, token=attrs.evolve(entry.token, refresh_token=None))

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("a MemoryTokenStore does not pickle: share a FileTokenStore")

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._entries)} tokens>"


_instances: weakref.WeakSet[MemoryTokenStore] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_instances):
        store.forget_refresh_tokens()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
