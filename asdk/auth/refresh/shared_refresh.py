"""`SharedRefresh`: a refresh of a token that a store shares with other processes.

Run by `TokenSource` if it was given a store, one at a time per process; the store's lock makes it one at a time among
all processes. Before a single-use refresh token is sent, the intent is recorded; before any caller sees the new token,
it is saved.
"""

from __future__ import annotations

import asyncio
from typing import Final

import attrs

from asdk.auth.credentials.base import Credential
from asdk.auth.refresh.refresh import Refresh, RefreshContext, store_lost
from asdk.auth.refresh.resilient_store import ResilientStore
from asdk.auth.refresh.rotation import NextStep, RotationState, choose_step
from asdk.auth.refresh.state import TokenState
from asdk.auth.stores.record import TokenRecord
from asdk.auth.token import Token
from asdk.concurrency.process import NO_PROCESS, current_process_id
from asdk.errors import TokenUnavailableError
from asdk.http.request import Request
from asdk.http.response import Response

# How often a decision is repeated because the record changed. The store's lock makes even one such race rare.
_MAX_RACES: Final = 5

# How long after it began to write an intent a refresh relies on it, in seconds. An event loop that was blocked for
# longer may have lost the store's lock, and with it the right to send.
_INTENT_LIFETIME: Final = 0.1


class SharedRefresh(Refresh):
    """One refresh of a token with a record in a store.

    Args:
        credential: obtains the token.
        store: the token's record.
        state: the state of the token.
        context: what every refresh of the source uses.
    """

    def __init__(
        self, credential: Credential, store: ResilientStore, state: TokenState, context: RefreshContext
    ) -> None:
        super().__init__(credential, store.identity, state, context)
        self._store = store
        # The record that the next one follows.
        self._record: TokenRecord | None = None
        # When writing our intent to send a refresh token began, on the monotonic clock; None without an intent.
        self._intent_written: float | None = None

    async def _obtain(self, rejected: Token | None) -> Token:
        reachable, record = await self._store.load()
        if self._request.forced and record is not None and record.token is not None:
            rejected = record.token
        if reachable:
            if choose_step(self._shared_rotation(record, rejected)) is NextStep.ADOPT and not self._is_older(record):
                return self._adopt(record)
            self._load_refusal(record)
            self._check_refusal()  # before the lock: callers check a refusal again and again
            async with self._store.lock() as locked:
                if locked:
                    return await self._obtain_locked(rejected)
        self._check_refusal()
        self._record = None
        rotation = self._shared_rotation(None, rejected, reachable=False)
        return await self._execute(choose_step(rotation), rotation)

    async def save_again(self) -> bool:
        """Try to save the unsaved token again, and return whether nothing is left to save."""
        async with self._store.lock() as locked:
            if locked and self._state.unsaved is not None:
                reachable, record = await self._store.load()
                if reachable:
                    await self._save_pending(record)
        return self._state.unsaved is None

    # --- with the lock held -----------------------------------------------------------------------------------------

    async def _obtain_locked(self, rejected: Token | None) -> Token:
        for _ in range(_MAX_RACES):
            reachable, record = await self._store.load()
            if reachable and self._state.unsaved is not None:
                record = await self._save_pending(record)
            elif reachable and self._is_older(record):
                record = await self._restore(record)
            rotation = self._shared_rotation(record, rejected, reachable=reachable)
            step = choose_step(rotation)
            if step is NextStep.ADOPT:
                return self._adopt(record)
            if reachable:
                self._load_refusal(record)
            self._check_refusal()
            self._check_step(step, rotation)
            self._record, self._intent_written = record, None
            used = rotation.single_use_fingerprint(step)
            if used is None or self._state.unshared:
                return await self._execute(step, rotation)
            written = await self._write_intent(used, rotation)
            if written is None:  # without an intent it must not be sent: the next process would send it again
                if not self._credential.can_login:
                    raise store_lost()
                return await self._execute(NextStep.FETCH, rotation)
            if written:
                return await self._execute(step, rotation)
        raise TokenUnavailableError(
            "the record in the token store changed each time it was read; check that the store's lock works"
        )

    def _check_step(self, step: NextStep, rotation: RotationState) -> None:
        if step is NextStep.WAIT and not rotation.reachable:
            raise TokenUnavailableError("the token store is unavailable, and the current token is still valid")
        sent_by = NO_PROCESS if rotation.intent is None else rotation.intent.process
        if step is NextStep.WAIT and sent_by not in (NO_PROCESS, current_process_id()):
            raise TokenUnavailableError("another process has refreshed the token and has not saved the new one yet")
        super()._check_step(step, rotation)

    async def _write_intent(self, used: str, rotation: RotationState) -> bool | None:
        """Return whether the record with our intent was saved; None if the store is unavailable."""
        intent = self._new_intent(used, rotation)
        record = self._store.next_record(self._record, rotation.stored, intent=intent, refusal=rotation.refusal)
        began = self._clock.monotonic()
        try:
            saved = await self._store.save(record)
        except asyncio.CancelledError:  # withdrawn in case it was saved: nothing was sent
            await self._store.save(self._store.next_record(record, record.token, refusal=record.refusal))
            raise
        if saved:
            self._record, self._intent_written = record, began
        return saved

    async def _send(self, request: Request) -> Response:
        if self._intent_written is not None and self._refused is None:
            await self._verify_intent(self._intent_written)
        return await super()._send(request)

    async def _verify_intent(self, written: float) -> None:
        """Check that the intent is still in the store, if another process had the time to take over."""
        now = self._clock.monotonic()
        if now - written < _INTENT_LIFETIME or self._record is None:
            return
        reachable, record = await self._store.load()
        if not reachable or record is None or record.intent != self._record.intent:
            raise TokenUnavailableError("the refresh was interrupted and another process may have taken over")
        self._intent_written = now

    # --- the outcome ------------------------------------------------------------------------------------------------

    async def _keep(self, token: Token, rotation: RotationState, replaced: Token | None) -> Token:
        """Save a new token before any caller sees it. If the store fails, it is used from memory and saved later."""
        if self._is_superseded():
            return self._state.token or token
        state, record = self._state, self._store.next_record(self._record, token)
        state.set_unsaved(token, record, replaced)
        saved = await self._store.save(record)
        if saved:
            state.mark_saved(record.revision)
        elif saved is False:  # the lock was lost, or the store was emptied
            reachable, there = await self._store.load()
            if reachable:
                await self._save_pending(there)
        return state.token or token

    async def _record_failure(self, step: NextStep, rotation: RotationState, *, in_doubt: bool, is_void: bool) -> None:
        """Record a failure for the other processes."""
        state, record = self._state, self._record
        token, noted, kept = (None, None, None) if record is None else (record.token, record.intent, record.refusal)
        intent = noted
        if self._intent_written is not None and noted is not None:  # ours, and other processes need not wait for it
            intent = self._given_up(noted) if in_doubt else None
        if intent != noted or state.refusal != kept or is_void:
            if token is not None and is_void:
                token = attrs.evolve(token, refresh_token=None)
            following = self._store.next_record(record, token, intent=intent, refusal=state.refusal)
            state.refusal_unsaved = not await self._store.save(following) and state.refusal is not None

    async def _save_pending(self, record: TokenRecord | None) -> TokenRecord | None:
        """Save the unsaved token over this record unless the record is newer; return the record in the store."""
        state = self._state
        for _ in range(_MAX_RACES):
            if state.unsaved is None:
                break
            if not self._may_replace(record):
                self._adopt(record)
                break
            following = attrs.evolve(state.unsaved, revision=1 if record is None else record.revision + 1)
            saved = await self._store.save(following)
            if saved:
                state.mark_saved(following.revision)
                return following
            reachable, record = await self._store.load()
            if saved is None or not reachable:
                break
        return record

    def _may_replace(self, record: TokenRecord | None) -> bool:
        """Return whether the record is not newer than the token that the unsaved one replaced."""
        stored, replaced = None if record is None else record.token, self._state.replaced
        if stored is None or (replaced is not None and stored.value == replaced.value):
            return True
        return stored.expires_at is not None and stored.expires_at <= self._clock.time()

    # --- the record in the store ------------------------------------------------------------------------------------

    def _is_older(self, record: TokenRecord | None) -> bool:
        """Return whether the store lost the newest refresh token, which is in memory and cannot be replaced by a login.

        A store that was emptied or restored from a backup has no record, or one that is older by both its revision and
        the time at which its token was issued.
        """
        state, token = self._state, self._state.token
        if self._credential.can_login or token is None or token.refresh_token is None or state.after_fork:
            return False
        if record is None:
            return state.revision > 0
        stored_at = 0.0 if record.token is None else record.token.issued_at
        return record.revision < state.revision and stored_at < token.issued_at and record.refusal is None

    async def _restore(self, record: TokenRecord | None) -> TokenRecord | None:
        """Save the token in memory over an older record; return the record in the store."""
        following = self._store.next_record(record, self._state.token)
        if await self._store.save(following):
            self._state.mark_saved(following.revision)
            return following
        return record

    def _adopt(self, record: TokenRecord | None) -> Token:
        assert record is not None
        assert record.token is not None
        self._began = None
        self._state.adopt(record.token, record.revision)
        return record.token

    def _load_refusal(self, record: TokenRecord | None) -> None:
        """Take over the refusal that another process may have recorded."""
        if not self._state.refusal_unsaved:
            self._state.refusal = None if record is None else record.refusal

    def _shared_rotation(
        self, record: TokenRecord | None, rejected: Token | None, *, reachable: bool = True
    ) -> RotationState:
        if record is None:
            return self._rotation(None, None, None, rejected, reachable=reachable)
        return self._rotation(record.token, record.intent, record.refusal, rejected, reachable=reachable)
