"""`MemoryTokenStore`: tokens kept in this process, the default of `TokenSource`."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NoReturn

import attrs

from asdk.auth.stores.record import TokenRecord
from asdk.concurrency.fork import reset_after_fork
from asdk.concurrency.local_locks import LocalLocks
from asdk.errors import ConfigurationError


class MemoryTokenStore:
    """A store in this process. Sources that are given the same store share the tokens of equal identities."""

    def __init__(self) -> None:
        self._entries: dict[str, TokenRecord] = {}
        self._lock = threading.Lock()
        self._locks = LocalLocks()
        reset_after_fork(self._drop_refresh_tokens)

    async def load(self, key: str) -> TokenRecord | None:
        """Return the record of this key, or None."""
        return self._entries.get(key)

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Save the record if the stored one is the revision before it. Return False otherwise."""
        with self._lock:
            before = self._entries.get(key)
            if (0 if before is None else before.revision) != entry.revision - 1:
                return False
            self._entries[key] = entry
            return True

    async def delete(self, key: str) -> None:
        """Delete the record of this key, if it exists."""
        self._entries.pop(key, None)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        """Lock this key for all tasks, event loops and threads of this process."""
        async with self._locks.lock(key):
            yield

    def _drop_refresh_tokens(self) -> None:
        """Drop the refresh tokens in a forked child: those in memory are the parent's to use."""
        self._lock = threading.Lock()
        for key, entry in self._entries.items():
            if entry.token is not None:
                self._entries[key] = attrs.evolve(entry, token=attrs.evolve(entry.token, refresh_token=None))

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("a MemoryTokenStore cannot be pickled; share a FileTokenStore")

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._entries)} tokens>"
