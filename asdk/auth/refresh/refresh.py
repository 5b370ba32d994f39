"""One renewal of one token: what the store says, what may be sent, and what is written down before and after.

Run by `TokenSource`, one at a time in a process; the store's lock makes that one at a time among all who share it. What
may be sent is decided by `asdk.auth.refresh.rotation.choose`; this file carries it out.
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

# How often a decision is made anew because the store changed under it. Its lock makes even one such race rare.
_RACES: Final = 5

# For so many seconds after it began to write an announcement a renewal believes that it still stands. An event loop
# that stands still for longer may lose the store's lock, and with it the right to send.
_STANDS: Final = 0.1

# A refusal is never kept longer than this, in seconds: a clock that was set back must not make it last for ever.
_LONGEST_REFUSAL: Final = 3700.0


class Renewal:
    """One renewal.

    Args:
        credential: says how to get a token.
        shelf: the token's place in a store, with what is remembered of it.
        clock: for times, and for the deadline of the request.
        send: sends the token request.
        on_departure: called when a request is about to leave: from here on the renewal is worth waiting for.
        allow_insecure: whether the credential may go over plain http to another machine.
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
        # When the token's life begins, on both clocks: when the last request was sent. None if it came from the store.
        self._began: tuple[float, float] | None = None
        self._by_hand = self._log_in = False
        # Whether a request was sent, and whether the credential was asked to log in.
        self._asked = self._logged_in = False
        # Whether the refresh token that was sent may have been used without our knowing.
        self._in_doubt = False
        # The announcement of what is about to be sent, and when it was begun, on the monotonic clock.
        self._announced: tuple[TokenRecord, float] | None = None
        self._memory.begin(self._identity)

    @property
    def age(self) -> float:
        """Seconds since the token that `run` gave was issued."""
        if self._began is not None:
            return self._clock.monotonic() - self._began[0]
        token = self._memory.token
        return 0.0 if token is None else max(0.0, self._clock.time() - token.issued_at)

    @property
    def asked(self) -> bool:
        """Whether the endpoint was asked for it."""
        return self._asked

    @property
    def by_login(self) -> bool:
        """Whether a login gave it, or the credential has none."""
        return self._logged_in or not self._credential.can_login

    async def run(self, rejected: Token | None, *, by_hand: bool = False, log_in: bool = False) -> Token:
        """The next token: the store's, or a new one.

        Args:
            rejected: the token that a resource answered 401 to.
            by_hand: a user wants the next one: neither *rejected*, which nobody refused, nor what the store has now.
            log_in: get a new one, by a login where there is one.

        Raises:
            TokenRefusedError: the endpoint said no, to this process or another; ``memory.refusal`` says until when.
            TokenUnavailableError: it could not be asked, or must not be.
        """
        self._by_hand, self._log_in = by_hand, log_in
        reachable, entry = await self._shelf.load()
        if by_hand and entry is not None and entry.token is not None:
            rejected = entry.token
        if reachable:
            if choose(self._facts(entry, rejected)) is Way.ADOPT:
                return self._adopt(entry)
            self._heed_refusal(entry, reachable=True)  # before the lock: a refusal is looked at again and again
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
        """Try once more to save what the store did not take; whether nothing is left to save."""
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
        raise TokenUnavailableError("the entry in the token store changed at every look; is the store's lock working?")

    async def _carry_out(self, way: Way, facts: Facts) -> Token | None:
        """Go this way to a new token, and save it. None: the store has changed meanwhile, decide again."""
        if way is Way.WAIT and not facts.reachable:
            raise TokenUnavailableError("the token store is away, and the token at hand still serves")
        if way is Way.WAIT:
            raise TokenUnavailableError("another process has renewed the token and has not saved the new one yet")
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
            if saved is None:  # unannounced it must not be sent: who comes next would send it again
                if not self._credential.can_login:
                    raise _store_lost()
                base, announced, intent, self._announced = None, None, None, None
        refused: list[TokenRefusedError] = []
        token: Token | None = None
        failure: TokenError | None = None
        try:
            token = await self._ask(base, refused)
        except (Exception, asyncio.CancelledError) as error:
            # A refusal settles it, also one of the first refresh token, which no renewal came before.
            said_no = isinstance(error, TokenRefusedError)
            settled = announced is not None and (bool(refused) or said_no or not self._in_doubt)
            void = bool(refused) and refused[0].code == "invalid_grant" and base is facts.stored
            left = None if facts.entry is None else facts.entry.intent
            if intent is not None:  # ours, and nothing came of it that others would have to wait for
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
        """Whether the store took the entry with our intent; None if it could not be asked."""
        self._announced = entry, self._clock.monotonic()
        try:
            return await self._shelf.save(entry)
        except asyncio.CancelledError:  # taken back, if it is there: nothing was sent
            await self._shelf.save(self._shelf.follow(entry, entry.token, refusal=entry.refusal))
            raise

    async def _ask(self, base: Token | None, refused: list[TokenRefusedError]) -> Token:
        """A new token. A renewal that is refused falls back, once, to the full login."""
        self._began = self._clock.monotonic(), self._clock.time()
        if base is not None:
            try:
                return await self._credential.refresh(base, self._send)
            except TokenRefusedError as error:
                self._in_doubt = False
                refused.append(error.copy())
                if not self._credential.can_login:
                    raise
            _log.info("renewal refused, falling back to the login: %s", refused[0])
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
        """Look again whether it is still announced, if so much time has passed that another may have taken over."""
        if self._announced is None or self._clock.monotonic() - self._announced[1] < _STANDS:
            return
        announced, now = self._announced[0], self._clock.monotonic()
        reachable, entry = await self._shelf.load()
        if not reachable or entry is None or entry.intent != announced.intent:
            raise TokenUnavailableError("the renewal came to a halt, and another one may have taken its place")
        self._announced = announced, now

    # --- the outcome ------------------------------------------------------------------------------------------------

    async def _keep(self, token: Token, entry: TokenRecord | None, base: Token | None) -> Token:
        """Save a new token before anybody sees it. If the store fails it serves from memory, and is saved later."""
        if not token.issued_at and self._began is not None:
            token = attrs.evolve(token, issued_at=self._began[1])
        memory = self._memory
        following = self._shelf.follow(entry, token)
        memory.keep(token, following, base)
        saved = await self._shelf.save(following)
        if saved:
            memory.saved()
        elif saved is False:  # the lock was lost, or the store emptied
            reachable, there = await self._shelf.load()
            if reachable:
                await self._save_pending(there)
        return memory.token or token

    async def _save_pending(self, entry: TokenRecord | None) -> TokenRecord | None:
        """Save what is still unsaved over this entry, unless that is newer; what the store then holds."""
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
        """Whether what the store holds is no newer than the token that the unsaved one replaced."""
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
        """Tell the other processes what came of it.

        Args:
            entry: what the store holds.
            error: why there is no token.
            explained: the same in the credential's words, which say whether it is a lasting no, and for how long.
            intent: what is left of it; None if the announced use of the refresh token is known to have come to nothing.
            void: whether the endpoint said that exactly the stored refresh token is no good.
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
        """The facts as the endpoint gave them: they are explained each time anew."""
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
        """Fail, if the endpoint has lately said no to this very secret."""
        memory, now = self._memory, self._clock.time()
        if reachable and not memory.refusal_unsaved:
            memory.refusal = None if entry is None else entry.refusal
        refusal = memory.refusal
        if refusal is None or refusal.seed != self._identity.seed or not now < refusal.until < now + _LONGEST_REFUSAL:
            return
        until = refusal.until - now
        raise self._explained(refusal.error(until))

    def _explained(self, error: TokenError) -> TokenError:
        """The failure in the credential's words, or as it is if the credential has a bug there: the facts count more,
        and a refusal that is not noted would be provoked again and again."""
        problem: str
        try:
            explained: object = self._credential.map_error(error.copy())
        except Exception as bug:  # noqa: BLE001 - whatever a credential raises
            problem = f"{type(bug).__name__}: {bug}"
        else:
            if isinstance(explained, TokenError):
                return explained
            problem = f"it gave no TokenError, but {type(explained).__name__}"
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
        "no refresh token may be sent, and there is no other way to log in: the token store lost it or is away, or "
        "this process was forked from the one that keeps it"
    )
