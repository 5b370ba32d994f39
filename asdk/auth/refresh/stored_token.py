"""`Shelf`: one token's place in a store, which may be away and may hold anything. `Memory`: what goes on without it.

Used by `asdk.auth.refresh.refresh`. Whatever a store raises means that it is away: that is said once, and calls go on
from
memory. What a store holds is believed only if it says of itself that it belongs here.
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

# What a store does, in the order of what it takes.
_LOAD, _LOCK, _SAVE = 1, 2, 3


class Memory:
    """What a source remembers of one token between renewals.

    Attributes:
        token: the newest one.
        private: whether this process alone has it: it was got while the store was away, or could not be saved.
        seed: whose it is, and the fingerprint of the secret that it was got with.
        unsaved: the entry that the store has yet to take.
        replaced: the token in the store whose place the unsaved one takes.
        refusal: the last lasting no, until a token comes.
        refusal_unsaved: whether the store did not take that.
        store_away: what the store could not do the last time, 0 for nothing; said once.
        inherited: whether this process was forked from one that may use what is in memory.
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
        self.private = False
        self.seed: tuple[str, str | None] | None = None
        self.unsaved: TokenRecord | None = None
        self.replaced: Token | None = None
        self.refusal: CachedRefusal | None = None
        self.refusal_unsaved = False
        self.store_away = 0
        self.inherited = False

    def begin(self, identity: Identity) -> None:
        """Before a renewal. Of another account, or with another secret than before, what came of the old is void."""
        seed = (identity.key, identity.seed)
        if seed != self.seed:
            self.token, self.private, self.seed, self.unsaved, self.replaced = None, False, seed, None, None

    def adopt(self, token: Token) -> None:
        """Go on with a token that the store holds."""
        self.token, self.inherited, self.refusal, self.refusal_unsaved = token, False, None, False
        self.saved()

    def keep(self, token: Token, entry: TokenRecord, replaced: Token | None) -> None:
        """Go on with a new token that the store has yet to take."""
        self.token, self.inherited, self.refusal, self.refusal_unsaved = token, False, None, False
        if self.unsaved is None:  # else the store still holds what the unsaved one before this replaced
            self.replaced = replaced
        self.private, self.unsaved = True, entry

    def saved(self) -> None:
        """The store has what there is."""
        self.private, self.unsaved, self.replaced = False, None, None

    def inherit(self) -> None:
        """After a fork, in the child: a refresh token in memory is the parent's to use."""
        self.inherited, self.unsaved, self.private = True, None, False
        if self.token is not None:
            self.token = attrs.evolve(self.token, refresh_token=None)


class Shelf:
    """One token's place in a store.

    Args:
        store: that has it.
        identity: whose token it is.
        memory: of the same token.
    """

    def __init__(self, store: TokenStore, identity: Identity, memory: Memory) -> None:
        self.identity = identity
        self._store = store
        self._key = identity.key
        self.memory = memory

    async def stored(self) -> TokenRecord | None:
        """What the store holds; raises what the store raises."""
        entry = await self._store.load(self._key)
        return None if entry is None else self._trusted(entry)

    async def forget(self) -> None:
        """Forget what the store holds; raises what the store raises."""
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
        """The entry that comes after this one."""
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
        """Whether the store could be asked, and the entry, without what in it is not to be trusted."""
        failure: str
        try:
            entry = await self._store.load(self._key)
        except Exception as error:  # noqa: BLE001 - whatever a store raises means that it is away
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
                "the token store holds a token of %s under the key of %s: it is not used", entry.origin, identity.origin
            )
            return blank
        # A login may be made anew with another secret; the notes beside the token then speak of the old one.
        return entry if entry.seed in (None, identity.seed) or identity.seed is None else blank

    async def save(self, entry: TokenRecord) -> bool | None:
        """Whether the store took the entry; None if it could not be asked."""
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
        """With the store's lock held: True; if the store does not give it, False."""
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
        except GeneratorExit as end:  # the loop is gone, and what asks Redis to free the lock could not be awaited
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
        except Exception as error:  # noqa: BLE001 - the token is there, and the lock ends by itself
            return _kind(error)
        return None

    def _note_store_away(self, doing: int, failure: str) -> None:
        if not self.memory.store_away:
            _log.warning("the token store cannot be used (%s): tokens are kept in memory meanwhile", failure)
        self.memory.store_away = max(doing, self.memory.store_away)

    def _note_store_back(self, doing: int) -> None:
        """A store that can be read but not written is away all the same: it is back when it does what it refused."""
        if 0 < self.memory.store_away <= doing:
            self.memory.store_away = 0
            _log.info("the token store can be used again")


def _kind(error: Exception) -> str:
    """What a store's failure was, without the rest of its text, which might quote an entry."""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return error.message if isinstance(error, ConfigurationError) else type(error).__name__
