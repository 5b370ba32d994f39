"""`TokenSource`: owns a token, and sees to it that one request at a time renews it, however many calls need it.

Called by the auth middleware. What a caller does is decided in `asdk.auth.refresh.policy`; what a flight does, between
store and
endpoint, is `asdk.auth.refresh.refresh`'s. A fresh token costs a caller one synchronous look: no lock, no await.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import os
import random
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, TypeAlias

import attrs

from asdk.auth.credentials.base import TOKEN_TIMEOUT, Credential
from asdk.auth.identity import Identity
from asdk.auth.refresh.policy import Failure, Held, Move, cool_down, decide, refusal_pause, refused
from asdk.auth.refresh.refresh import Renewal
from asdk.auth.refresh.stored_token import Memory, Shelf
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.stores.record import TokenRecord
from asdk.auth.token import Token
from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.single_flight import GRACE, Missed, Seat, SingleFlight
from asdk.errors import (
    AsdkError,
    ConfigurationError,
    DecodeError,
    StatusError,
    TokenError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
    describe_type,
)
from asdk.http.options import Tenant
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports.base import Handler

_log = logging.getLogger("asdk.auth")

#: How many tenants' tokens a source keeps, the last used ones.
TENANT_LIMIT = 1000

# Between two tries to save what the store did not take, in seconds; from one, doubling.
_LONGEST_SAVE_PAUSE = 60.0


class _Slot:
    """The state of one token: of the source, or of one tenant."""

    __slots__ = ("credential", "failure", "flight", "held", "memory", "own", "saver", "tenant")

    def __init__(self, credential: Credential, tenant: Tenant | None = None) -> None:
        self.credential = credential
        self.tenant = tenant
        self.memory = Memory()
        self.own = MemoryTokenStore()
        self.saver: asyncio.AbstractEventLoop | None = None  # has a timer, or a task, that saves what is unsaved
        self.held: Held | None = None
        self.failure: Failure | None = None
        self.flight: SingleFlight[Held | Failure] | None = None


class _Wish(NamedTuple):
    """What a caller wants of a token beside that it lives.

    Attributes:
        other_than: the token that is no use to it.
        by_hand: whether nobody refused that one, and a user just wants the next.
        log_in: whether it is to come from a login, though it could be renewed.
    """

    other_than: Token | None = None
    by_hand: bool = False
    log_in: bool = False

    def is_met_by(self, held: Held) -> bool:
        """Whether this is what was wished for, though somebody else asked for it."""
        return not self.by_hand or (held.by_login if self.log_in else held.is_new)


_ANY = _Wish()
_STORE_METHODS = ("load", "save", "delete", "lock")
_Decision: TypeAlias = tuple[Move, Held | None, SingleFlight[Held | Failure] | None, Seat[Held | Failure] | None]


class TokenSource:
    """A token that any number of calls, clients, tasks, threads and event loops share.

    Args:
        credential: says how to get a token.
        store: where the token is kept, and shared with other processes; by default in this source.
        clock: for every time and wait.
        allow_insecure: lets the credential talk to an endpoint over plain http outside of this machine.

    Raises:
        ConfigurationError: the store is none, or the credential does not say whose token it is.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        store: TokenStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
        allow_insecure: bool = False,
    ) -> None:
        if store is not None and (isinstance(store, type) or not all(hasattr(store, name) for name in _STORE_METHODS)):
            # At the first use it would be a store that is away, and nothing would ever be shared.
            raise ConfigurationError(
                f"the token store is {describe_type(store)}; give a store of asdk.auth, such as FileTokenStore()"
            )
        if store is not None and type(credential).identity is Credential.identity and type(credential).storable:
            raise ConfigurationError(
                f"{type(credential).__name__} does not say whose token it is, so no store can keep it: give the class "
                "an `identity`"
            )
        self.credential = credential
        self._store = MemoryTokenStore() if store is None else store
        self._clock = clock
        self._monotonic = clock.monotonic
        self._time = clock.time
        self._allow_insecure = allow_insecure
        self._lock = threading.Lock()
        self._slot = _Slot(credential)
        self._slots: OrderedDict[Tenant | None, _Slot] = OrderedDict()
        self._savers: set[asyncio.Task[None]] = set()
        _sources.add(self)

    # --- for callers ------------------------------------------------------------------------------------------------

    def peek(self, tenant: Tenant | None = None) -> Token | None:
        """The token, if it is fresh: a synchronous look. None means: ask `get`."""
        held = (self._slot_of(tenant) if self.credential.per_tenant else self._slot).held
        if held is not None and self._monotonic() < held.renew_at and self._time() < held.renew_at_wall:
            return held.token
        return None

    def peek_valid(self, send: Handler, tenant: Tenant | None = None) -> Token | None:
        """The token, as long as it lives: for those who cannot wait. One in its refresh window is renewed meanwhile."""
        slot = self._slot_of(tenant)
        move, held, _, _ = self._decide(slot, send, _ANY)
        return held.token if held is not None and move in (Move.USE, Move.USE_AND_RENEW) else None

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
        return await self._get(self._slot_of(tenant), send, _Wish(rejected), within)

    async def refresh(
        self, send: Handler, *, log_in: bool = False, tenant: Tenant | None = None, within: float | None = None
    ) -> Token:
        """The next token, though the one at hand may still be good; whoever asks meanwhile shares it.

        Args:
            send: as for `get`.
            log_in: get it by the credential's login, though a refresh token is at hand. One without a login renews.
            tenant: as for `get`.
            within: as for `get`.

        Returns:
            A token that neither this source nor its store had when this was called.

        Raises:
            As `get`.
        """
        slot = self._slot_of(tenant)
        known = None if slot.held is None else slot.held.token
        return await self._get(slot, send, _Wish(known, by_hand=True, log_in=log_in), within)

    async def _get(self, slot: _Slot, send: Handler, wish: _Wish, within: float | None) -> Token:
        end = None if within is None else self._monotonic() + within
        while True:
            outcome = await self._step(slot, send, wish, end)
            if isinstance(outcome, Token):
                return outcome
            wish = outcome

    async def read_store(self, tenant: Tenant | None = None) -> TokenRecord | None:
        """What the store holds for this source: to look at, as ``python -m asdk token`` does.

        Raises:
            Whatever the store raises.
        """
        return await self._shelf(self._slot_of(tenant)).stored()

    async def forget(self, tenant: Tenant | None = None) -> None:
        """Forget the token, here and in the store. The next call logs in anew, where the credential can.

        Raises:
            Whatever the store raises.
        """
        slot = self._slot_of(tenant)
        await self._shelf(slot).forget()
        with self._lock:
            slot.memory, slot.held, slot.failure = Memory(), None, None

    async def drain(self, send: Handler) -> None:
        """Let the flights that go through this handler arrive, or end them; called before its connections close."""
        with self._lock:
            slots = [self._slot, *self._slots.values()]
            flights = [slot.flight for slot in slots if slot.flight is not None and slot.flight.via == send]
        await asyncio.gather(*(flight.finish() for flight in flights))
        # The timer that would save it may end with this loop.
        unsaved = [self._save_again(slot) for slot in slots if slot.memory.unsaved is not None]
        if unsaved:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await asyncio.gather(*unsaved)

    def __repr__(self) -> str:
        return f"<TokenSource of {type(self.credential).__name__}>"

    # --- one step of one caller -------------------------------------------------------------------------------------

    async def _step(self, slot: _Slot, send: Handler, wish: _Wish, end: float | None) -> Token | _Wish:
        """Decide once and carry it out. A wish: decide again, by this one."""
        now = self._monotonic()
        move, held, flight, seat = self._decide(slot, send, wish, wait=True)
        if flight is not None and seat is not None:
            landed = _landed(await flight.wait(seat, None if end is None else end - now))
            if landed is None:
                return wish
            # A flight that was under way already may bring less than a user wants: what the store had, or no login.
            is_met = move is Move.LEAD or wish.is_met_by(landed)
            return landed.token if is_met else wish._replace(other_than=landed.token)
        if held is not None and move in (Move.USE, Move.USE_AND_RENEW):
            return held.token
        failure = slot.failure
        if failure is None:
            return wish
        if move is Move.FAIL or (end is not None and failure.until >= end):
            raise _failed(failure, now)
        await self._clock.sleep(failure.until - now)
        return wish

    def _decide(self, slot: _Slot, send: Handler, wish: _Wish, *, wait: bool = False) -> _Decision:
        """The next move, with a flight started where it says so, and with a seat in the flight for who will wait."""
        with self._lock:
            if slot.flight is not None and slot.flight.is_lost():
                slot.flight = None
            held, flight = slot.held, slot.flight
            flying, now, wall = flight is not None, self._monotonic(), self._time()
            rejected, hand = wish.other_than, wish.by_hand
            move = decide(held, slot.failure, flying=flying, rejected=rejected, by_hand=hand, now=now, wall=wall)
            starts = move is Move.USE_AND_RENEW or (move is Move.LEAD and wait)
            if starts:
                flight = slot.flight = SingleFlight(self._clock, self._lock, _patience(slot.credential), send)
            seat = flight.join() if flight is not None and wait and move in (Move.LEAD, Move.JOIN) else None
        if flight is not None and starts:
            flight.start(self._fly(slot, flight, send, wish))
        return move, held, flight, seat

    def _slot_of(self, tenant: Tenant | None) -> _Slot:
        if not self.credential.per_tenant:
            return self._slot
        with self._lock:
            slot = self._slots.get(tenant)
            if slot is None:
                self._make_room()
                slot = self._slots[tenant] = _Slot(self.credential.for_tenant(tenant), tenant)
            else:
                self._slots.move_to_end(tenant)
            return slot

    def _make_room(self) -> None:
        """Drop the tenants that were not used for longest, but none with a flight, which would be forgotten by whoever
        ends the client, and none with a token that the store has yet to take. With the lock held."""
        surplus = len(self._slots) + 1 - TENANT_LIMIT
        if surplus > 0:
            idle = (
                tenant for tenant, slot in self._slots.items() if slot.flight is None and slot.memory.unsaved is None
            )
            for tenant in list(islice(idle, surplus)):
                del self._slots[tenant]

    # --- one flight -------------------------------------------------------------------------------------------------

    async def _fly(self, slot: _Slot, flight: SingleFlight[Held | Failure], send: Handler, wish: _Wish) -> None:
        """Renew the token, and tell everybody who waits, whatever happens."""
        began = self._monotonic()
        outcome: Held | Failure | Missed = Missed.LOST
        held: Held | None = None
        try:
            outcome = held = await self._obtain(slot, flight, send, wish)
        except TokenError as error:
            outcome = self._failure(slot, error)
        except ConfigurationError as error:
            outcome = self._failure(slot, error, lasting=True)
        except (TransportError, StatusError, DecodeError) as error:
            outcome = self._failure(slot, TokenUnavailableError(f"no token: {error}", cause=error.cause))
        except TimeoutError:
            patience = _patience(slot.credential)
            outcome = self._failure(slot, TokenUnavailableError(f"no token within {patience:.0f} s"))
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
            if not isinstance(outcome, Missed):
                self._land(slot, flight, outcome, self._monotonic() - began)

    def _land(self, slot: _Slot, flight: SingleFlight[Held | Failure], outcome: Held | Failure, seconds: float) -> None:
        """What is left to do after a flight that was not cut short."""
        if flight.departed or isinstance(outcome, Failure):
            self._report(slot, outcome, seconds)
        if slot.memory.unsaved is not None:
            self._save_later(slot)

    async def _obtain(self, slot: _Slot, flight: SingleFlight[Held | Failure], send: Handler, wish: _Wish) -> Held:
        patience = _patience(slot.credential)
        async with asyncio.timeout(patience) as limit:

            def depart() -> None:
                flight.depart(patience)
                limit.reschedule(flight.loop.time() + patience)

            async def refresh(credential: Credential) -> Held:
                renewal = self._renewal(slot, send, depart, credential)
                token = await renewal.run(wish.other_than, by_hand=wish.by_hand, log_in=wish.log_in)
                return Held.of(
                    token,
                    self._clock,
                    credential.refresh_before,
                    age=renewal.age,
                    after_refusal=wish.other_than is not None and not wish.by_hand,
                    is_new=wish.by_hand or renewal.asked,
                    by_login=wish.log_in or renewal.by_login,
                )

            return await slot.credential.run(refresh)

    def _shelf(self, slot: _Slot, credential: Credential | None = None) -> Shelf:
        credential = credential or slot.credential
        identity, store = credential.identity, self._store
        if identity is None:
            identity, store = Identity(url="https://localhost/", kind=type(credential).__qualname__), slot.own
        elif slot.tenant is not None:
            # As JSON, since the parts of a tenant may hold what a plain text would put between them.
            identity = attrs.evolve(identity, tenant=json.dumps(attrs.astuple(slot.tenant)))
        return Shelf(store, identity, slot.memory)

    def _renewal(
        self,
        slot: _Slot,
        send: Handler,
        depart: Callable[[], None] = lambda: None,
        credential: Credential | None = None,
    ) -> Renewal:
        credential = credential or slot.credential
        shelf, clock, insecure = self._shelf(slot, credential), self._clock, self._allow_insecure
        return Renewal(credential, shelf, clock, send, on_departure=depart, allow_insecure=insecure)

    def _failure(self, slot: _Slot, error: AsdkError, *, lasting: bool = False) -> Failure:
        # A copy, without the frames of this flight: they hold the transport, and that a client that was forgotten.
        error, now, refusal = error.copy(), self._monotonic(), slot.memory.refusal
        if not isinstance(error, TokenRefusedError):
            return cool_down(error, slot.failure, now, lasting=lasting)
        if refusal is None:  # it was refused on this side: nothing was sent
            return refused(error, refusal_pause(error, 1), 1, now)
        return refused(error, refusal.until - self._time(), refusal.count, now)

    # --- what the store did not take ----------------------------------------------------------------------------------

    def _save_later(self, slot: _Slot, attempt: int = 0) -> None:
        if attempt == 0 and slot.saver is not None and slot.saver.is_running():
            return
        slot.saver = asyncio.get_running_loop()
        delay = min(_LONGEST_SAVE_PAUSE, 2.0**attempt) * random.uniform(0.8, 1.0)
        self._clock.call_later(delay, _call, weakref.WeakMethod(self._start_saving), slot, attempt + 1)

    def _start_saving(self, slot: _Slot, attempt: int) -> None:
        if slot.memory.unsaved is None:
            slot.saver = None
            return
        # In an empty context, and kept until it is done: a loop keeps no strong reference to its tasks.
        task = asyncio.get_running_loop().create_task(self._save(slot, attempt), context=contextvars.Context())
        self._savers.add(task)
        task.add_done_callback(self._savers.discard)

    async def _save(self, slot: _Slot, attempt: int) -> None:
        saved = False
        try:
            with suppress(TimeoutError):  # later, then
                async with asyncio.timeout(TOKEN_TIMEOUT):
                    saved = slot.flight is None and await self._save_again(slot)
        finally:
            slot.saver = None
        if not saved:
            self._save_later(slot, attempt)

    async def _save_again(self, slot: _Slot) -> bool:
        try:
            return await self._renewal(slot, _nowhere).save_again()
        except Exception:  # noqa: BLE001 - whatever a credential raises when it is asked whose token it is: later, then
            return False

    def _report(self, slot: _Slot, outcome: Held | Failure, seconds: float) -> None:
        facts: dict[str, object] = {"credential": type(slot.credential).__name__, "ms": round(seconds * 1000, 1)}
        if isinstance(outcome, Failure):
            pause = outcome.until - self._monotonic()
            _log.warning("no token: %s; next try in %.1f s", outcome.error, pause, extra={"asdk": facts})
        elif _log.isEnabledFor(logging.INFO):
            facts["lifetime"] = outcome.token.lifetime
            _log.info("token of %(credential)s in %(ms)s ms, good for %(lifetime)s s", facts, extra={"asdk": facts})

    def forget_flights(self) -> None:
        """After a fork, in the child: what was in flight flies on in the parent only, and what was in memory alone may
        be used up there."""
        self._lock = threading.Lock()
        for slot in (self._slot, *self._slots.values()):
            slot.flight, slot.saver = None, None
            if isinstance(self._store, MemoryTokenStore) or slot.memory.private:
                slot.memory.inherit()


def _patience(credential: Credential) -> float:
    """Seconds for a flight to send its request, and from one request to the next."""
    return max(TOKEN_TIMEOUT, credential.fetch_timeout)


def _landed(outcome: Held | Failure | Missed) -> Held | None:
    """What a waiter makes of its flight's outcome. None: decide again, since a failure is in the slot by now."""
    if outcome is Missed.LATE:
        raise TokenUnavailableError("no token came within the time of this call")
    return outcome if isinstance(outcome, Held) else None


def _failed(failure: Failure, now: float) -> AsdkError:
    error = failure.error.copy()
    error.retry_after = max(0.0, failure.until - now)
    return error


def _broken(credential: Credential, error: Exception) -> TokenUnavailableError:
    cause = f"{type(error).__name__}: {error}"
    return TokenUnavailableError(f"{type(credential).__name__} failed ({cause})", cause=cause)


async def _nowhere(request: Request) -> Response:
    raise AssertionError("a look at the store sends nothing")


def _call(reference: weakref.WeakMethod[Callable[..., None]], *arguments: object) -> None:
    """What a timer does: it keeps no source alive."""
    method = reference()
    if method is not None:
        method(*arguments)


_sources: weakref.WeakSet[TokenSource] = weakref.WeakSet()


def _after_fork() -> None:
    for source in list(_sources):
        source.forget_flights()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
