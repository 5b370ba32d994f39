"""`MemoryTokenStore`: tokens kept in this process, the default."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from asdk.auth.entries import Entry
from asdk.auth.stores.local_locks import LocalLocks


class MemoryTokenStore:
    """Keeps tokens in this process. Given to several sources, it lets those with the same identity share a token."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._locks = LocalLocks()

    async def load(self, key: str) -> Entry | None:
        return self._entries.get(key)

    async def save(self, key: str, entry: Entry) -> bool:
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

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._entries)} tokens>"
