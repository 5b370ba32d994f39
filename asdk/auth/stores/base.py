"""`TokenStore`: where tokens are kept between sources, processes and machines.

Called by `TokenSource`, inside its single flight. What a user extends to keep tokens in a place of his own.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asdk.auth.tokens import Token


class TokenStore(Protocol):
    """Keeps one token under each key. A store shows no secret in its repr or its errors."""

    async def load(self, key: str) -> Token | None:
        """The token under this key, or None."""
        ...

    async def save(self, key: str, token: Token) -> None:
        """Keep this token under this key, instead of the one before."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the token under this key, if there is one."""
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Hold this key against everybody else who shares the store, while a token is renewed."""
        ...
