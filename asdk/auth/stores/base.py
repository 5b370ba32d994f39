"""`TokenStore`: where tokens are kept between sources, processes and machines.

Called by `TokenSource`, inside its single flight. What a user extends to keep tokens in a place of his own;
`asdk.testing.TokenStoreSuite` tests it.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asdk.auth.stores.record import TokenRecord


class TokenStore(Protocol):
    """Keeps one `TokenRecord` under each key. A store shows no secret in its repr, its warnings or its errors.

    Any exception of a store means that it cannot be used now: the source says so once and goes on from memory. A store
    must therefore not hang: a few seconds at most, but for the wait for a lock.
    """

    async def load(self, key: str) -> TokenRecord | None:
        """The entry under this key, or None. What is there but cannot be trusted is None too, with a warning."""
        ...

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Keep this entry under this key, if what is there is the revision before it: compare and set.

        Returns:
            Whether it was kept. False: what is there is not ``entry.revision - 1``; nothing counts as revision 0.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the entry under this key, if there is one."""
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Hold this key against everybody else who shares the store, while a token is renewed.

        A holder that died is taken over from within 5 s; one that lives is never robbed, however long it takes.
        """
        ...
