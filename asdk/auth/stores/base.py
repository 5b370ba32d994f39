"""`TokenStore`: the protocol of a place that keeps tokens for sources, processes and machines.

Called by `TokenSource`, inside its single flight. A user implements it to keep tokens elsewhere, and tests that with
`asdk.testing.TokenStoreSuite`.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from asdk.auth.stores.record import TokenRecord


class TokenStore(Protocol):
    """A store of one `TokenRecord` per key. Its repr, warnings and errors show no secret.

    Any exception of a store means that it is unavailable now: the source logs that once and continues from memory. So a
    store must not hang: a call takes a few seconds at most, except for the wait for a lock.
    """

    async def load(self, key: str) -> TokenRecord | None:
        """Return the record of this key, or None. A record that cannot be trusted is None too, with a warning."""
        ...

    async def save(self, key: str, entry: TokenRecord) -> bool:
        """Save the record of this key if the stored one is the revision before it: compare and set.

        Returns:
            True if it was saved. False if the stored revision is not ``entry.revision - 1``; no record is revision 0.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete the record of this key, if it exists."""
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Lock this key for everything that shares the store, while a token is refreshed.

        The lock of a holder that died is taken over within 5 s; that of a live one never is, however long it takes.
        """
        ...
