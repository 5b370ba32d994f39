"""`Shelf`: one token's record in a store that may be unavailable. `Memory`: the state that replaces it meanwhile.

Used by `asdk.auth.refresh.refresh`. Any exception of a store means that it is unavailable: that is logged once, and
calls continue from memory. A record is used only if its own facts say that it belongs to this identity.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs

from asdk.auth.identity import Identity
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.errors import ConfigurationError

_log = logging.getLogger("asdk.auth")

# The operations of a store, in ascending order of what they require.
_LOAD, _LOCK, _SAVE = 1, 2, 3


class Memory:
    """The state of one token that a source keeps between refreshes.

    Attributes:
        token: the newest token.
        private: whether only this process has it: it was obtained while the store was unavailable, or not saved.
        seed: its account, and the fingerprint of the secret that it was obtained with.
        unsaved: the record that still has to be saved.
        replaced: the token in the store that the unsaved one replaces.
        refusal: the last permanent refusal, until a token is obtained.
        refusal_unsaved: whether the refusal could not be saved.
        store_away: the operation that the store last failed at, 0 for none; logged once.
        inherited: whether this process was forked from one that may use the token in memory.
    """

    __slots__ = (
        "inherited",
        "private",
        "refusal",
        "refusal_unsaved",
        "replaced",
        "seed",
        "store_away",
        "token",
        "unsaved",
    )

    def __init__(self) -> None:
        self.token: Token | None = None
        self.private: bool = False
        self.seed: tuple[str, str | None] | None = None
        self.unsaved: TokenRecord | None = None
        self.replaced: Token | None = None
        self.refusal: CachedRefusal | None = None
        self.refusal_unsaved: bool = False
        self.store_away: int = 0
        self.inherited: bool = False

    def begin(self, identity: Identity) -> None:
        """Prepare for a refresh: a token of another account, or of another secret, is void."""
        seed = (identity.key, identity.seed)
        if seed != self.seed:
            self.token, self.private, self.seed, self.unsaved, self.replaced = None, False, seed, None, None

    def adopt(self, token: Token) -> None:
        """Use a token that the store contains."""
        self.token, self.inherited, self.refusal, self.refusal_unsaved = token, False, None, False
        self.saved()

    def keep(self, token: Token, entry: TokenRecord, replaced: Token | None) -> None:
        """Use a new token that still has to be saved."""
        self.token, self.inherited, self.refusal, self.refusal_unsaved = token, False, None, False
        if self.unsaved is None:  # otherwise the store still has the token that the first unsaved one replaced
            self.replaced = replaced
        self.private, self.unsaved = True, entry

    def saved(self) -> None:
        """Note that the store has the newest token."""
        self.private, self.unsaved, self.replaced = False, None, None

    def inherit(self) -> None:
        """Reset the state in a forked child: a refresh token in memory is the parent's to use."""
        self.inherited, self.unsaved, self.private = True, None, False
        if self.token is not None:
            self.token = attrs.evolve(self.token, refresh_token=None)


class Shelf:
    """One token's record in a store.

    Args:
        store: contains the record.
        identity: identifies the token.
        memory: the state of the same token.
    """

    def __init__(self, store: TokenStore, identity: Identity, memory: Memory) -> None:
        self.identity = identity
        self._store = store
        self._key = identity.key
        self.memory = memory

    async def stored(self) -> TokenRecord | None:
        """Return the record in the store; raise what the store raises."""
        entry = await self._store.load(self._key)
        return None if entry is None else self._trusted(entry)

    async def forget(self) -> None:
        """Delete the record in the store; raise what the store raises."""
        async with self._store.lock(self._key):
            await self._store.delete(self._key)

    def follow(
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
        failure: str
        try:
            entry = await self._store.load(self._key)
        except Exception as error:  # noqa: BLE001 - any exception of a store means that it is unavailable
            failure = _kind(error)
        else:
            self._note_store_back(_LOAD)
            return True, None if entry is None else self._trusted(entry)
        self._note_store_away(_LOAD, failure)
        return False, None

    def _trusted(self, entry: TokenRecord) -> TokenRecord:
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
        failure: str
        try:
            taken = await self._store.save(self._key, entry)
        except Exception as error:  # noqa: BLE001 - as above
            failure = _kind(error)
        else:
            self._note_store_back(_SAVE)
            return taken
        self._note_store_away(_SAVE, failure)
        return None

    @asynccontextmanager
    async def lock(self) -> AsyncGenerator[bool, None]:
        """Hold the store's lock and yield True; yield False if the store does not grant it."""
        failure: str | None = None
        lock = self._store.lock(self._key)
        try:
            await lock.__aenter__()
        except Exception as error:  # noqa: BLE001 - as above
            failure = _kind(error)
        if failure is not None:
            self._note_store_away(_LOCK, failure)
            yield False
            return
        self._note_store_back(_LOCK)
        gone = False
        try:
            yield True
        except GeneratorExit as end:  # the loop has ended, so the release of a Redis lock could not be awaited
            gone = True
            await lock.__aexit__(GeneratorExit, end, None)
            raise
        finally:
            if not gone:
                failure = await self._unlock(lock)
            if failure is not None:
                self._note_store_away(_LOCK, failure)

    async def _unlock(self, lock: AbstractAsyncContextManager[None]) -> str | None:
        try:
            await lock.__aexit__(None, None, None)
        except Exception as error:  # noqa: BLE001 - the token was obtained, and the lock expires by itself
            return _kind(error)
        return None

    def _note_store_away(self, doing: int, failure: str) -> None:
        if not self.memory.store_away:
            _log.warning("the token store is unavailable (%s); tokens are kept in memory until it is back", failure)
        self.memory.store_away = max(doing, self.memory.store_away)

    def _note_store_back(self, doing: int) -> None:
        """Note a success: a store counts as available again once the operation that failed succeeds."""
        if 0 < self.memory.store_away <= doing:
            self.memory.store_away = 0
            _log.info("the token store can be used again")


def _kind(error: Exception) -> str:
    """Describe a store's failure without its text, which might quote a record."""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return error.message if isinstance(error, ConfigurationError) else type(error).__name__
