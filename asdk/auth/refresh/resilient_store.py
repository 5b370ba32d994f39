"""`ResilientStore`: one token's record in a store that may be unavailable.

Used by `asdk.auth.refresh.shared_refresh`. Any exception of a store means that it is unavailable: that is logged once,
and calls continue from memory. A record is used only if its own facts say that it belongs to this identity.
"""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from asdk.auth.identity import Identity
from asdk.auth.refresh.state import TokenState
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.errors import ConfigurationError

_log = logging.getLogger("asdk.auth")

# The operations of a store, in ascending order of what they require.
_LOAD, _LOCK, _SAVE = 1, 2, 3


class ResilientStore:
    """One token's record in a store.

    Args:
        store: contains the record.
        identity: identifies the token.
        state: the state of the same token, which replaces the record while the store is unavailable.
    """

    def __init__(self, store: TokenStore, identity: Identity, state: TokenState) -> None:
        self.identity = identity
        self._store = store
        self._key = identity.key
        self._state = state

    async def stored(self) -> TokenRecord | None:
        """Return the record in the store; raise what the store raises."""
        entry = await self._store.load(self._key)
        return None if entry is None else self._validate(entry)

    async def forget(self) -> None:
        """Delete the record in the store; raise what the store raises."""
        async with self._store.lock(self._key):
            await self._store.delete(self._key)

    def next_record(
        self,
        entry: TokenRecord | None,
        token: Token | None,
        *,
        intent: RefreshIntent | None = None,
        refusal: CachedRefusal | None = None,
    ) -> TokenRecord:
        """Return the record that follows this one."""
        return TokenRecord(
            origin=self.identity.origin,
            account=self.identity.account,
            seed=self.identity.seed,
            token=token,
            intent=intent,
            refusal=refusal,
            revision=1 if entry is None else entry.revision + 1,
        )

    async def load(self) -> tuple[bool, TokenRecord | None]:
        """Return whether the store could be read, and the record without untrusted parts."""
        try:
            entry = await self._store.load(self._key)
        except Exception as error:  # noqa: BLE001 - any exception of a store means that it is unavailable
            self.mark_unavailable(_LOAD, error)
            return False, None
        self.mark_available(_LOAD)
        return True, None if entry is None else self._validate(entry)

    def _validate(self, entry: TokenRecord) -> TokenRecord:
        identity = self.identity
        blank = TokenRecord(origin=identity.origin, account=identity.account, revision=entry.revision)
        if (entry.origin, entry.account) != (identity.origin, identity.account):
            _log.warning(
                "the token store has a token of %s under the key of %s; it is not used", entry.origin, identity.origin
            )
            return blank
        # A login may use another secret; the intent and refusal next to the token are then about the old one.
        return entry if entry.seed in (None, identity.seed) or identity.seed is None else blank

    async def save(self, entry: TokenRecord) -> bool | None:
        """Return whether the record was saved; None if the store is unavailable."""
        try:
            saved = await self._store.save(self._key, entry)
        except Exception as error:  # noqa: BLE001 - as above
            self.mark_unavailable(_SAVE, error)
            return None
        self.mark_available(_SAVE)
        return saved

    def lock(self) -> _StoreLock:
        """Acquire the store's lock for the block; the value of the block is whether the store granted it."""
        return _StoreLock(self, self._store.lock(self._key))

    def mark_unavailable(self, doing: int, error: Exception) -> None:
        """Note a failure of the store, and log the first."""
        if not self._state.store_failure:
            _log.warning(
                "the token store is unavailable (%s); tokens are kept in memory until it is back", _describe(error)
            )
        self._state.store_failure = max(doing, self._state.store_failure)

    def mark_available(self, doing: int) -> None:
        """Note a success: a store counts as available again once the operation that failed succeeds."""
        if 0 < self._state.store_failure <= doing:
            self._state.store_failure = 0
            _log.info("the token store can be used again")


class _StoreLock:
    """The lock of a store, or the fact that the store did not grant it.

    A class, not a generator: a loop that ends closes its generators, also those of a refresh that is still in flight.
    """

    def __init__(self, store: ResilientStore, lock: AbstractAsyncContextManager[None]) -> None:
        self._store = store
        self._lock = lock
        self._granted = False

    async def __aenter__(self) -> bool:
        try:
            await self._lock.__aenter__()
        except Exception as error:  # noqa: BLE001 - any exception of a store means that it is unavailable
            self._store.mark_unavailable(_LOCK, error)
        else:
            self._granted = True
            self._store.mark_available(_LOCK)
        return self._granted

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        if not self._granted:
            return
        # After GeneratorExit the loop has ended: the lock must not await anything, and may have been closed with it.
        ended = isinstance(error, GeneratorExit)
        try:
            await self._lock.__aexit__(GeneratorExit if ended else None, error if ended else None, None)
        except Exception as failure:  # noqa: BLE001 - the token was obtained, and the lock expires by itself
            self._store.mark_unavailable(_LOCK, failure)


def _describe(error: Exception) -> str:
    """Describe a store's failure without its text, which might quote a record."""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return error.message if isinstance(error, ConfigurationError) else type(error).__name__
