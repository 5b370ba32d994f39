"""`Renewal`: one refresh of one token, with the records that are written to the store before and after it.

Run by `TokenSource`, one at a time per process; the store's lock makes it one at a time among all processes that share
the store. `asdk.auth.refresh.rotation.choose` decides what may be sent; this file carries it out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import attrs

from asdk.auth.credentials.base import TOKEN_TIMEOUT, Credential
from asdk.auth.identity import secret_fingerprint
from asdk.auth.refresh.policy import refusal_pause
from asdk.auth.refresh.rotation import Facts, Way, choose
from asdk.auth.refresh.stored_token import Shelf
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.clock import Clock
from asdk.concurrency.process import NO_PROCESS, current_process_id
from asdk.errors import TokenError, TokenRefusedError, TokenUnavailableError, TransportError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.transports.base import Handler

_log = logging.getLogger("asdk.auth")

# How often a decision is repeated because the record changed. The store's lock makes even one such race rare.
_RACES: Final = 5

# How long after it began to write an intent a refresh relies on it, in seconds. An event loop that was blocked for
# longer may have lost the store's lock, and with it the right to send.
_STANDS: Final = 0.1

# A refusal is never cached for longer than this, in seconds: a clock that was set back must not make it permanent.
_LONGEST_REFUSAL: Final = 3700.0


class Renewal:
    """One refresh of a token.

    Args:
        credential: obtains the token.
        shelf: the token's record in a store, and its state in memory.
        clock: measures times and the deadline of the request.
        send: sends the token request.
        on_departure: called before a request is sent: from then on the refresh is worth waiting for.
        allow_insecure: whether the credential may be sent over plain http to another machine.
    """

    def __init__(
        self,
        credential: Credential,
        shelf: Shelf,
        clock: Clock,
        send: Handler,
        *,
        on_departure: Callable[[], None] = lambda: None,
        allow_insecure: bool = False,
    ) -> None:
        self._credential = credential
        self._shelf = shelf
        self._identity = shelf.identity
        self._memory = shelf.memory
        self._clock = clock
        self._below = send
        self._on_departure = on_departure
        self._allow_insecure = allow_insecure
        # The start of the token's life on both clocks: when the last request was sent. None if the store had the token.
        self._began: tuple[float, float] | None = None
        self._by_hand = self._log_in = False
        # Whether a request was sent, and whether it was a login.
        self._asked = self._logged_in = False
        # Whether the refresh token that was sent may have been used although no reply says so.
        self._in_doubt = False
        # The intent to send a refresh token, and when writing it began, on the monotonic clock.
        self._announced: tuple[TokenRecord, float] | None = None
        self._memory.begin(self._identity)

    @property
    def age(self) -> float:
        """Return the seconds since the token that `run` returned was issued."""
        if self._began is not None:
            return self._clock.monotonic() - self._began[0]
        token = self._memory.token
        return 0.0 if token is None else max(0.0, self._clock.time() - token.issued_at)

    @property
    def asked(self) -> bool:
        """Return whether the endpoint was asked for the token."""
        return self._asked

    @property
    def by_login(self) -> bool:
        """Return whether a login returned the token, or the credential has none."""
        return self._logged_in or not self._credential.can_login

    async def run(self, rejected: Token | None, *, by_hand: bool = False, log_in: bool = False) -> Token:
        """Return the next token: the store's, or a new one.

        Args:
            rejected: the token that a resource answered with 401.
            by_hand: a user wants the next token: neither *rejected*, although it was not refused, nor the store's.
            log_in: obtain a new token by a login, if there is one.

        Raises:
            TokenRefusedError: the endpoint refused the credential, of this process or another; ``memory.refusal`` says
                until when it is not asked again.
            TokenUnavailableError: the endpoint could not be asked, or must not be.
        """
        self._by_hand, self._log_in = by_hand, log_in
        reachable, entry = await self._shelf.load()
        if by_hand and entry is not None and entry.token is not None:
            rejected = entry.token
        if reachable:
            if choose(self._facts(entry, rejected)) is Way.ADOPT:
                return self._adopt(entry)
            self._heed_refusal(entry, reachable=True)  # before the lock: callers check a refusal again and again
            async with self._shelf.lock() as locked:
                if locked:
                    return await self._run_locked(rejected)
        self._heed_refusal(None, reachable=False)
        facts = self._facts(None, rejected, reachable=False)
        token = await self._carry_out(choose(facts), facts)
        if token is None:
            raise _store_lost()
        return token

    async def save_again(self) -> bool:
        """Try to save the unsaved token again, and return whether nothing is left to save."""
        async with self._shelf.lock() as locked:
            if locked and self._memory.unsaved is not None:
                reachable, entry = await self._shelf.load()
                if reachable:
                    await self._save_pending(entry)
        return self._memory.unsaved is None

    # --- with the lock held -----------------------------------------------------------------------------------------

    async def _run_locked(self, rejected: Token | None) -> Token:
        for _ in range(_RACES):
            reachable, entry = await self._shelf.load()
            if reachable and self._memory.unsaved is not None:
                entry = await self._save_pending(entry)
            facts = self._facts(entry, rejected, reachable=reachable)
            way = choose(facts)
            if way is Way.ADOPT:
                return self._adopt(entry)
            self._heed_refusal(entry, reachable=reachable)
            token = await self._carry_out(way, facts)
            if token is not None:
                return token
        raise TokenUnavailableError(
            "the record in the token store changed each time it was read; check that the store's lock works"
        )

    async def _carry_out(self, way: Way, facts: Facts) -> Token | None:
        """Obtain a new token and save it; return None if the record changed and a new decision is needed."""
        if way is Way.WAIT and not facts.reachable:
            raise TokenUnavailableError("the token store is unavailable, and the current token is still valid")
        if way is Way.WAIT:
            raise TokenUnavailableError("another process has refreshed the token and has not saved the new one yet")
        if way is Way.STUCK:
            if facts.refusal is not None:
                raise self._explained(facts.refusal.error())
            raise _store_lost()
        base = facts.base if way is Way.REFRESH else None
        used = facts.one_time_print(way)
        announced: TokenRecord | None = None
        intent: RefreshIntent | None = None
        self._announced = None
        if used is not None and not self._memory.private:
            intent = RefreshIntent(refresh_token=used, holder=current_process_id(), written_at=self._clock.time())
            announced = self._shelf.follow(facts.entry, facts.stored, intent=intent, refusal=facts.refusal)
            saved = await self._announce(announced)
            if saved is False:
                return None
            if saved is None:  # without an intent it must not be sent: the next process would send it again
                if not self._credential.can_login:
                    raise _store_lost()
                base, announced, intent, self._announced = None, None, None, None
        refused: list[TokenRefusedError] = []
        token: Token | None = None
        failure: TokenError | None = None
        try:
            token = await self._ask(base, refused)
        except (Exception, asyncio.CancelledError) as error:
            # A refusal settles it, also of the first refresh token, which the login sends.
            said_no = isinstance(error, TokenRefusedError)
            settled = announced is not None and (bool(refused) or said_no or not self._in_doubt)
            void = bool(refused) and refused[0].code == "invalid_grant" and base is facts.stored
            left = None if facts.entry is None else facts.entry.intent
            if intent is not None:  # ours, and other processes need not wait for it
                left = None if settled else attrs.evolve(intent, holder=NO_PROCESS)
            failure = self._explained(error) if isinstance(error, TokenError) else None
            await self._note_failure(announced or facts.entry, error, failure, intent=left, void=void)
            if failure is None:
                raise
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle
        assert token is not None
        return await self._keep(token, announced or facts.entry, base)

    async def _announce(self, entry: TokenRecord) -> bool | None:
        """Return whether the record with our intent was saved; None if the store is unavailable."""
        self._announced = entry, self._clock.monotonic()
        try:
            return await self._shelf.save(entry)
        except asyncio.CancelledError:  # withdrawn in case it was saved: nothing was sent
            await self._shelf.save(self._shelf.follow(entry, entry.token, refusal=entry.refusal))
            raise

    async def _ask(self, base: Token | None, refused: list[TokenRefusedError]) -> Token:
        """Return a new token. A refresh that is refused falls back, once, to the full login."""
        self._began = self._clock.monotonic(), self._clock.time()
        if base is not None:
            try:
                return await self._credential.refresh(base, self._send)
            except TokenRefusedError as error:
                self._in_doubt = False
                refused.append(error.copy())
                if not self._credential.can_login:
                    raise
            _log.info("refresh refused, falling back to the login: %s", refused[0])
            self._announced = None
        self._logged_in = True
        return await self._credential.fetch(self._send)

    async def _send(self, request: Request) -> Response:
        origin, _ = parse_url(request.url)
        if not origin.is_secure and not self._allow_insecure:
            raise TokenRefusedError(
                f"the credential was not sent to {origin}, which is neither https nor on this machine; "
                "allow_insecure_auth=True would send it"
            )
        await self._make_sure()
        self._began = self._clock.monotonic(), self._clock.time()
        request.clock, request.state.deadline = self._clock, self._began[0] + TOKEN_TIMEOUT
        request.state.urgent = True
        self._asked = self._in_doubt = True
        self._on_departure()
        try:
            response = await self._below(request)
        except TransportError as error:
            self._in_doubt = error.sent
            raise
        self._in_doubt = response.status != 429
        return response

    async def _make_sure(self) -> None:
        """Check that the intent is still in the store, if another process had the time to take over."""
        if self._announced is None or self._clock.monotonic() - self._announced[1] < _STANDS:
            return
        announced, now = self._announced[0], self._clock.monotonic()
        reachable, entry = await self._shelf.load()
        if not reachable or entry is None or entry.intent != announced.intent:
            raise TokenUnavailableError("the refresh was interrupted and another process may have taken over")
        self._announced = announced, now

    # --- the outcome ------------------------------------------------------------------------------------------------

    async def _keep(self, token: Token, entry: TokenRecord | None, base: Token | None) -> Token:
        """Save a new token before any caller sees it. If the store fails, it is used from memory and saved later."""
        if not token.issued_at and self._began is not None:
            token = attrs.evolve(token, issued_at=self._began[1])
        memory = self._memory
        following = self._shelf.follow(entry, token)
        memory.keep(token, following, base)
        saved = await self._shelf.save(following)
        if saved:
            memory.saved()
        elif saved is False:  # the lock was lost, or the store was emptied
            reachable, there = await self._shelf.load()
            if reachable:
                await self._save_pending(there)
        return memory.token or token

    async def _save_pending(self, entry: TokenRecord | None) -> TokenRecord | None:
        """Save the unsaved token over this record unless the record is newer; return the record in the store."""
        memory = self._memory
        for _ in range(_RACES):
            if memory.unsaved is None:
                break
            if not self._is_ours_to_replace(entry):
                self._adopt(entry)
                break
            following = attrs.evolve(memory.unsaved, revision=1 if entry is None else entry.revision + 1)
            saved = await self._shelf.save(following)
            if saved:
                memory.saved()
                return following
            reachable, entry = await self._shelf.load()
            if saved is None or not reachable:
                break
        return entry

    def _is_ours_to_replace(self, entry: TokenRecord | None) -> bool:
        """Return whether the record is not newer than the token that the unsaved one replaced."""
        stored, replaced = None if entry is None else entry.token, self._memory.replaced
        if stored is None or (replaced is not None and stored.value == replaced.value):
            return True
        return stored.expires_at is not None and stored.expires_at <= self._clock.time()

    async def _note_failure(
        self,
        entry: TokenRecord | None,
        error: BaseException,
        explained: TokenError | None,
        *,
        intent: RefreshIntent | None,
        void: bool,
    ) -> None:
        """Record a failure for the other processes.

        Args:
            entry: the record in the store.
            error: the failure.
            explained: the failure in the credential's words, which say whether it is permanent, and for how long.
            intent: the remaining intent; None if the refresh token was certainly not used.
            void: whether the endpoint rejected exactly the stored refresh token.
        """
        memory = self._memory
        token, noted, kept = (None, None, None) if entry is None else (entry.token, entry.intent, entry.refusal)
        refusal = memory.refusal
        if isinstance(error, TokenError) and isinstance(explained, TokenRefusedError) and self._asked:
            refusal = memory.refusal = self._refusal(error, explained, refusal)
        if intent != noted or refusal != kept or void:
            if token is not None and void:
                token = attrs.evolve(token, refresh_token=None)
            following = self._shelf.follow(entry, token, intent=intent, refusal=refusal)
            memory.refusal_unsaved = not await self._shelf.save(following) and refusal is not None

    def _refusal(self, error: TokenError, explained: TokenRefusedError, before: CachedRefusal | None) -> CachedRefusal:
        """Return the endpoint's facts to cache; `Credential.map_error` is applied each time they are raised."""
        count = before.count + 1 if before is not None and before.seed == self._identity.seed else 1
        return CachedRefusal(
            until=self._clock.time() + refusal_pause(explained, count),
            count=count,
            message=error.message,
            status=error.status,
            code=error.code,
            method=error.method,
            template=error.template,
            request_id=error.request_id,
            seed=self._identity.seed,
        )

    def _heed_refusal(self, entry: TokenRecord | None, *, reachable: bool) -> None:
        """Raise the cached refusal if the endpoint has recently refused this secret."""
        memory, now = self._memory, self._clock.time()
        if reachable and not memory.refusal_unsaved:
            memory.refusal = None if entry is None else entry.refusal
        refusal = memory.refusal
        if refusal is None or refusal.seed != self._identity.seed or not now < refusal.until < now + _LONGEST_REFUSAL:
            return
        until = refusal.until - now
        raise self._explained(refusal.error(until))

    def _explained(self, error: TokenError) -> TokenError:
        """Return the failure in the credential's words, or unchanged if `Credential.map_error` has a bug.

        The facts matter more: a refusal that is not recorded would be provoked again and again.
        """
        problem: str
        try:
            explained: object = self._credential.map_error(error.copy())
        except Exception as bug:  # noqa: BLE001 - any exception of a credential
            problem = f"{type(bug).__name__}: {bug}"
        else:
            if isinstance(explained, TokenError):
                return explained
            problem = f"it returned {type(explained).__name__}, not a TokenError"
        _log.warning("%s.explain failed (%s)", type(self._credential).__name__, problem)
        return error

    def _adopt(self, entry: TokenRecord | None) -> Token:
        assert entry is not None
        assert entry.token is not None
        self._began = None
        self._memory.adopt(entry.token)
        return entry.token

    def _facts(self, entry: TokenRecord | None, rejected: Token | None, *, reachable: bool = True) -> Facts:
        return Facts(
            entry=entry,
            reachable=reachable,
            held=self._memory.token,
            private=self._memory.private,
            rejected=rejected,
            rotates_refresh_tokens=self._credential.rotates_refresh_tokens,
            renews=type(self._credential).refresh is not Credential.refresh,
            can_login=self._credential.can_login,
            seed=self._identity.seed or secret_fingerprint(self._identity.key, "seed"),
            inherited=self._memory.inherited,
            by_hand=self._by_hand,
            log_in=self._log_in,
            now=self._clock.time(),
        )


def _store_lost() -> TokenUnavailableError:
    return TokenUnavailableError(
        "no refresh token may be sent, and the credential has no login: the token store lost it or is unavailable, or "
        "this process was forked from the one that has it"
    )
