"""`TokenSource`: owns a token, and sees to it that one request at a time renews it, however many calls need it.

Called by the auth middleware. Everything that can happen to a token is decided in `decide`, from plain facts; the rest
of this file carries the decision out. A fresh token costs a caller one synchronous look: no lock, no await.

Transient failures cool down from 1 s, doubling to a minute; a refusal from a minute, doubling to a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import threading
import weakref
from collections import OrderedDict
from enum import Enum

import attrs

from asdk.auth.credentials.base import TOKEN_TIMEOUT, Credential
from asdk.auth.flight import Flight, Missed
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.tokens import Token
from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.errors import (
    AsdkError,
    ConfigurationError,
    DecodeError,
    StatusError,
    TokenError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
)
from asdk.options import Tenant
from asdk.request import Request
from asdk.response import Response
from asdk.transports.base import Handler
from asdk.urls import parse_url

_log = logging.getLogger("asdk.auth")

#: How many tenants' tokens a source keeps, the last used ones.
TENANT_LIMIT = 1000

# A token that was got because of a 401 is not renewed for another 401 while it is younger than this, in seconds: a
# resource that always says 401 would cost a token request a call.
_YOUNG = 30.0

_TRANSIENT_COOL_DOWN = (1.0, 60.0)
_REFUSED_COOL_DOWN = (60.0, 900.0)
_LONGEST_RETRY_AFTER = 3600.0


@attrs.frozen
class Held:
    """A token with the moments that matter, on both clocks: it is past one when either says so."""

    token: Token
    since: float
    renew_at: float
    renew_at_wall: float
    expires_at: float
    expires_at_wall: float
    after_refusal: bool

    @classmethod
    def of(cls, token: Token, clock: Clock, refresh_before: float, *, age: float, after_refusal: bool = False) -> Held:
        """A token that was issued ``age`` seconds ago."""
        now, wall = clock.monotonic(), clock.time()
        if token.lifetime is None:
            end = float("inf")
            return cls(token, now, end, end, end, end, after_refusal)
        left = token.lifetime - age
        # Less a jitter, so that processes which logged in together do not renew together.
        window = min(refresh_before, 0.1 * token.lifetime) * random.uniform(0.8, 1.0)
        return cls(token, now, now + left - window, wall + left - window, now + left, wall + left, after_refusal)

    def is_alive(self, now: float, wall: float) -> bool:
        return now < self.expires_at and wall < self.expires_at_wall

    def is_fresh(self, now: float, wall: float) -> bool:
        """Alive, and not in its refresh window."""
        return now < self.renew_at and wall < self.renew_at_wall

    def is_young(self, now: float) -> bool:
        """Whether it is too new to be renewed for one more 401."""
        life = self.token.lifetime
        return self.after_refusal and now - self.since < (_YOUNG if life is None else min(_YOUNG, life / 2))


@attrs.frozen
class Failure:
    """Why there is no token, and until when nobody asks again.

    Attributes:
        error: what each caller gets a copy of.
        until: the end of the cool-down, on the monotonic clock.
        count: how many flights failed in a row.
        lasting: whether callers fail at once; else they wait for the next flight while their time allows.
    """

    error: AsdkError
    until: float
    count: int
    lasting: bool


class Move(Enum):
    """What a caller does next."""

    USE = "go on with the token that is held"
    USE_AND_RENEW = "go on with it, and start a flight that nobody waits for"
    JOIN = "wait for the flight under way"
    LEAD = "start a flight and wait for it"
    PAUSE = "wait for the end of the cool-down, then decide again"
    FAIL = "raise the shared failure"


def decide(
    held: Held | None, failure: Failure | None, *, flying: bool, rejected: Token | None, now: float, wall: float
) -> Move:
    """The state machine of a token: every transition is here.

    =========================  ==============  ===========  =====================  =====================
    token                      in flight       calm         transient cool-down    refused cool-down
    =========================  ==============  ===========  =====================  =====================
    fresh                      USE             USE          USE                    USE
    in its refresh window      USE             USE_AND_...  USE                    USE
    expired, absent, rejected  JOIN            LEAD         PAUSE                  FAIL
    =========================  ==============  ===========  =====================  =====================

    *rejected*: a resource answered 401 to this very token. Another one in its place is used as any other is; the same
    one
    counts as absent, unless it was got because of a 401 a moment ago: then it is used again, and the 401 stands.
    """
    if held is not None and held.is_alive(now, wall):
        if rejected is None or rejected.value != held.token.value:
            cooling = failure is not None and now < failure.until
            return Move.USE if flying or cooling or held.is_fresh(now, wall) else Move.USE_AND_RENEW
        if held.is_young(now):
            return Move.USE
    if flying:
        return Move.JOIN
    if failure is None or now >= failure.until:
        return Move.LEAD
    return Move.FAIL if failure.lasting else Move.PAUSE


class _Slot:
    """The state of one token: of the source, or of one tenant."""

    __slots__ = ("credential", "failure", "flight", "held")

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.held: Held | None = None
        self.failure: Failure | None = None
        self.flight: Flight[Token | Failure] | None = None


class TokenSource:
    """A token that any number of calls, clients, tasks, threads and event loops share.

    Args:
        credential: says how to get a token.
        store: where the token is kept; by default in this source.
        clock: for every time and wait.
        allow_insecure: lets the credential talk to an endpoint over plain http outside of this machine.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        store: TokenStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
        allow_insecure: bool = False,
    ) -> None:
        self.credential = credential
        self._store = MemoryTokenStore() if store is None else store
        self._clock = clock
        self._monotonic = clock.monotonic
        self._time = clock.time
        self._allow_insecure = allow_insecure
        self._lock = threading.Lock()
        self._slot = _Slot(credential)
        self._slots: OrderedDict[Tenant | None, _Slot] = OrderedDict()
        _sources.add(self)

    # --- for callers ------------------------------------------------------------------------------------------------

    def current(self, tenant: Tenant | None = None) -> Token | None:
        """The token, if it is fresh: a synchronous look. None means: ask `get`."""
        held = (self._slot_of(tenant) if self.credential.per_tenant else self._slot).held
        if held is not None and self._monotonic() < held.renew_at and self._time() < held.renew_at_wall:
            return held.token
        return None

    async def get(
        self, send: Handler, *, rejected: Token | None = None, tenant: Tenant | None = None, within: float | None = None
    ) -> Token:
        """A token to use now: the one that is held, or the next one.

        Args:
            send: sends a token request if one is needed; used by the one caller who leads.
            rejected: the token that a resource just answered 401 to. It may come back: then nothing better is to be
                had.
            tenant: for whom, where tokens depend on it.
            within: seconds to wait at most; None for as long as it takes.

        Raises:
            TokenRefusedError: the endpoint refused the credential, now or a short while ago.
            TokenUnavailableError: no token within this time; ``retry_after`` says when to ask again.
            ConfigurationError: there is no credential to ask with.
        """
        slot = self._slot_of(tenant) if self.credential.per_tenant else self._slot
        end = None if within is None else self._monotonic() + within
        while True:
            token = await self._step(slot, send, rejected, end)
            if token is not None:
                return token

    async def finish(self, send: Handler) -> None:
        """Let the flights that go through this handler arrive, or end them; called before its connections close."""
        with self._lock:
            flights = [slot.flight for slot in (self._slot, *self._slots.values())]
        for flight in flights:
            if flight is not None and flight.via == send:
                await flight.finish()

    def __repr__(self) -> str:
        return f"<TokenSource of {type(self.credential).__name__}>"

    # --- one step of one caller -------------------------------------------------------------------------------------

    async def _step(self, slot: _Slot, send: Handler, rejected: Token | None, end: float | None) -> Token | None:
        """Decide once and carry it out. None: decide again."""
        now = self._monotonic()
        with self._lock:
            if slot.flight is not None and slot.flight.is_lost():
                slot.flight = None
            held, failure, flight = slot.held, slot.failure, slot.flight
            move = decide(held, failure, flying=flight is not None, rejected=rejected, now=now, wall=self._time())
            if move in (Move.LEAD, Move.USE_AND_RENEW):
                flight = slot.flight = Flight(self._clock, self._lock, TOKEN_TIMEOUT, send)
            seat = flight.join() if flight is not None and move in (Move.LEAD, Move.JOIN) else None
        if flight is not None and move in (Move.LEAD, Move.USE_AND_RENEW):
            flight.start(self._fly(slot, flight, send, rejected))
        if flight is not None and seat is not None:
            return _landed(await flight.wait(seat, None if end is None else end - now))
        if held is not None and move in (Move.USE, Move.USE_AND_RENEW):
            return held.token
        assert failure is not None
        if move is Move.FAIL or (end is not None and failure.until >= end):
            raise _failed(failure, now)
        await self._clock.sleep(failure.until - now)
        return None

    def _slot_of(self, tenant: Tenant | None) -> _Slot:
        with self._lock:
            slot = self._slots.get(tenant)
            if slot is None:
                slot = self._slots[tenant] = _Slot(self.credential.for_tenant(tenant))
                if len(self._slots) > TENANT_LIMIT:
                    self._slots.popitem(last=False)
            else:
                self._slots.move_to_end(tenant)
            return slot

    # --- one flight -------------------------------------------------------------------------------------------------

    async def _fly(self, slot: _Slot, flight: Flight[Token | Failure], send: Handler, rejected: Token | None) -> None:
        """Renew the token, and tell everybody who waits, whatever happens."""
        began = self._monotonic()
        outcome: Token | Failure | Missed = Missed.LOST
        held: Held | None = None
        try:
            async with asyncio.timeout(TOKEN_TIMEOUT):
                held = await self._obtain(slot, flight, send, rejected)
            outcome = held.token
        except TokenError as error:
            outcome = self._failure(slot, error)
        except ConfigurationError as error:
            outcome = self._failure(slot, error, lasting=True)
        except (TransportError, StatusError, DecodeError) as error:
            outcome = self._failure(slot, TokenUnavailableError(f"no token: {error}", cause=error.cause))
        except TimeoutError:
            outcome = self._failure(slot, TokenUnavailableError(f"no token within {TOKEN_TIMEOUT:.0f} s"))
        except Exception as error:  # noqa: BLE001 - whatever a credential raises must not leave its waiters hanging
            outcome = self._failure(slot, _broken(slot.credential, error), lasting=True)
        finally:
            with self._lock:
                if slot.flight is flight:  # else it was given up, and its late outcome is dropped
                    slot.flight = None
                    slot.held = held or slot.held
                    if not isinstance(outcome, Missed):
                        slot.failure = outcome if isinstance(outcome, Failure) else None
            flight.settle(outcome)
            self._report(slot, outcome, self._monotonic() - began)

    async def _obtain(
        self, slot: _Slot, flight: Flight[Token | Failure], send: Handler, rejected: Token | None
    ) -> Held:
        credential = slot.credential
        departed = [self._monotonic(), self._time()]

        async def send_tracked(request: Request) -> Response:
            self._check_target(request)
            departed[:] = [self._monotonic(), self._time()]
            request.clock, request.deadline = self._clock, departed[0] + TOKEN_TIMEOUT
            flight.departed = True
            return await send(request)

        async with self._store.lock(credential.key):
            known = slot.held.token if slot.held is not None else None
            stored = await self._store.load(credential.key)
            if stored is not None and stored not in (known, rejected):
                adopted = Held.of(stored, self._clock, credential.refresh_before, age=self._time() - stored.issued_at)
                if adopted.is_fresh(self._monotonic(), self._time()):
                    return adopted
            token = await _renew_or_fetch(credential, stored or known, send_tracked)
            if not token.issued_at:
                token = attrs.evolve(token, issued_at=departed[1])
            await self._store.save(credential.key, token)
        age = self._monotonic() - departed[0]
        return Held.of(token, self._clock, credential.refresh_before, age=age, after_refusal=rejected is not None)

    def _check_target(self, request: Request) -> None:
        origin, _ = parse_url(request.url)
        if not origin.is_secure and not self._allow_insecure:
            raise TokenRefusedError(
                f"the credential was not sent to {origin}, which is neither https nor on this machine; "
                "allow_insecure_auth=True would send it"
            )

    def _failure(self, slot: _Slot, error: AsdkError, *, lasting: bool | None = None) -> Failure:
        if lasting is None:
            lasting = isinstance(error, TokenRefusedError)
        before = slot.failure
        count = before.count + 1 if before is not None and before.lasting == lasting else 1
        first, longest = _REFUSED_COOL_DOWN if isinstance(error, TokenRefusedError) else _TRANSIENT_COOL_DOWN
        pause = min(longest, first * 2.0 ** (count - 1)) * random.uniform(0.8, 1.0)
        if error.retry_after is not None:
            pause = max(pause, min(error.retry_after, _LONGEST_RETRY_AFTER))
        return Failure(error, self._monotonic() + pause, count, lasting)

    def _report(self, slot: _Slot, outcome: Token | Failure | Missed, seconds: float) -> None:
        facts = {"credential": type(slot.credential).__name__, "ms": round(seconds * 1000, 1)}
        if isinstance(outcome, Failure):
            pause = outcome.until - self._monotonic()
            _log.warning("no token: %s; next try in %.1f s", outcome.error, pause, extra={"asdk": facts})
        elif isinstance(outcome, Token) and _log.isEnabledFor(logging.INFO):
            facts["lifetime"] = outcome.lifetime
            _log.info(
                "token renewed by %(credential)s in %(ms)s ms, good for %(lifetime)s s", facts, extra={"asdk": facts}
            )

    def forget_flights(self) -> None:
        """After a fork, in the child: what was in flight flies on in the parent only."""
        self._lock = threading.Lock()
        for slot in (self._slot, *self._slots.values()):
            slot.flight = None


async def _renew_or_fetch(credential: Credential, previous: Token | None, send: Handler) -> Token:
    """The next token. A renewal that is refused falls back, once, to the full login."""
    if previous is not None and type(credential).renew is not Credential.renew:
        try:
            return await credential.renew(previous, send)
        except TokenRefusedError as error:
            _log.info("renewal refused, falling back to the login: %s", error)
    return await credential.fetch(send)


def _landed(outcome: Token | Failure | Missed) -> Token | None:
    """What a waiter makes of its flight's outcome. None: decide again, since a failure is in the slot by now."""
    if outcome is Missed.LATE:
        raise TokenUnavailableError("no token came within the time of this call")
    return outcome if isinstance(outcome, Token) else None


def _failed(failure: Failure, now: float) -> AsdkError:
    error = failure.error.copy()
    error.retry_after = max(0.0, failure.until - now)
    return error


def _broken(credential: Credential, error: Exception) -> TokenUnavailableError:
    cause = f"{type(error).__name__}: {error}"
    return TokenUnavailableError(f"{type(credential).__name__} failed ({cause})", cause=cause)


_sources: weakref.WeakSet[TokenSource] = weakref.WeakSet()


def _after_fork() -> None:
    for source in list(_sources):
        source.forget_flights()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
