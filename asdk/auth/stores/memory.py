"""`MemoryTokenStore`: tokens kept in this process, the default."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from asdk.auth.tokens import Token

# How often a lock that another loop or thread holds is looked at again, in seconds.
_BEAT = 0.02


class MemoryTokenStore:
    """Keeps tokens in this process. Given to several sources, it lets those with the same key share a token."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._holders: dict[str, object] = {}

    async def load(self, key: str) -> Token | None:
        return self._tokens.get(key)

    async def save(self, key: str, token: Token) -> None:
        self._tokens[key] = token

    async def delete(self, key: str) -> None:
        self._tokens.pop(key, None)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncGenerator[None, None]:
        # The holder may sit in another event loop, whose primitives cannot wake this one; the wait is rare and short.
        me = object()
        while self._holders.setdefault(key, me) is not me:  # noqa: ASYNC110 - an Event knows one loop only
            await asyncio.sleep(_BEAT)
        try:
            yield
        finally:
            del self._holders[key]

    def __repr__(self) -> str:
        return f"<MemoryTokenStore of {len(self._tokens)} tokens>"
