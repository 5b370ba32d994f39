"""`TokenSource`: owns a token and refreshes it with one request at a time, however many calls need it.

Called by the auth middleware. `asdk.auth.refresh.policy` decides what a caller does; `asdk.auth.refresh.refresh`
carries out a refresh between the store and the endpoint. A fresh token costs a caller one synchronous check: no lock,
no await.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
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
from asdk.concurrency.fork import reset_after_fork
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

#: The number of tenants whose tokens a source keeps, the most recently used ones.
TENANT_LIMIT = 1000

# The longest pause between attempts to save an unsaved token, in seconds; the first is 1 s, then it doubles.
_LONGEST_SAVE_PAUSE = 60.0


class _Slot:
    """The state of one token: of the source, or of one tenant."""

    __slots__ = ("credential", "failure", "flight", "held", "memory", "own", "saver", "tenant")

    def __init__(self, credential: Credential, tenant: Tenant | None = None) -> None:
        self.credential = credential
        self.tenant = tenant
        self.memory = Memory()
        self.own = MemoryTokenStore()
        self.saver: asyncio.AbstractEventLoop | None = None  # the loop that will save the unsaved token
        self.held: Held | None = None
        self.failure: Failure | None = None
        self.flight: SingleFlight[Held | Failure] | None = None


class _Wish(NamedTuple):
    """A caller's requirements for a token besides being valid.

    Attributes:
        other_than: the token that the caller cannot use.
        by_hand: whether that token was not rejected and a user asked for the next one.
        log_in: whether the token must come from a login even if it could be refreshed.
    """

    other_than: Token | None = None
    by_hand: bool = False
    log_in: bool = False

    def is_met_by(self, held: Held) -> bool:
        """Return whether this token meets the requirements, although another caller requested it."""
        return not self.by_hand or (held.by_login if self.log_in else held.is_new)


_ANY = _Wish()
_STORE_METHODS = ("load", "save", "delete", "lock")
_Decision: TypeAlias = tuple[Move, Held | None, SingleFlight[Held | Failure] | None, Seat[Held | Failure] | None]


class TokenSource:
    """A token shared by any number of calls, clients, tasks, threads and event loops.

    Args:
        credential: obtains the token.
        store: keeps the token and shares it with other processes; by default this source keeps it.
        clock: measures every time and wait.
        allow_insecure: allow an endpoint on another machine over plain http.

    Raises:
        ConfigurationError: the store is invalid, or the credential has no identity for it.
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
            # At its first use it would seem unavailable, and nothing would ever be shared.
            raise ConfigurationError(
                f"token_store must be a TokenStore, such as FileTokenStore(), got {describe_type(store)}"
            )
        if store is not None and type(credential).identity is Credential.identity and type(credential).storable:
            raise ConfigurationError(
                f"{type(credential).__name__} must have an `identity` so that a store can keep its token"
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
        reset_after_fork(self.forget_flights)

    # --- for callers ------------------------------------------------------------------------------------------------

    def peek(self, tenant: Tenant | None = None) -> Token | None:
        """Return the token if it is fresh; None means that `get` must be called. Synchronous."""
        held = (self._slot_of(tenant) if self.credential.per_tenant else self._slot).held
        if held is not None and self._monotonic() < held.renew_at and self._time() < held.renew_at_wall:
            return held.token
        return None

    def peek_valid(self, send: Handler, tenant: Tenant | None = None) -> Token | None:
        """Return the token if it has not expired, for callers that cannot wait; refresh it in the background if due."""
        slot = self._slot_of(tenant)
        move, held, _, _ = self._decide(slot, send, _ANY)
        return held.token if held is not None and move in (Move.USE, Move.USE_AND_RENEW) else None

    async def get(
        self, send: Handler, *, rejected: Token | None = None, tenant: Tenant | None = None, within: float | None = None
    ) -> Token:
        """Return a token to use now: the current one, or the next one.

        Args:
            send: sends a token request if one is needed; only the caller that starts the refresh uses it.
            rejected: the token that a resource just answered with 401. It may be returned again.
            tenant: the tenant, if tokens depend on it.
            within: the maximum time to wait, in seconds; None for no limit.

        Raises:
            TokenRefusedError: the endpoint refused the credential, now or recently.
            TokenUnavailableError: no token was available in time; ``retry_after`` says when to try again.
            ConfigurationError: no credential is configured.
        """
        return await self._get(self._slot_of(tenant), send, _Wish(rejected), within)

    async def refresh(
        self, send: Handler, *, log_in: bool = False, tenant: Tenant | None = None, within: float | None = None
    ) -> Token:
        """Return the next token even if the current one is still valid; concurrent callers share it.

        Args:
            send: as for `get`.
            log_in: log in instead of refreshing, if the credential can.
            tenant: as for `get`.
            within: as for `get`.

        Returns:
            A token that neither this source nor its store had at the time of the call.

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
        """Return the store's record for this source, as ``python -m asdk token`` shows it.

        Raises:
            Exception: raised by the store.
        """
        return await self._shelf(self._slot_of(tenant)).stored()

    async def forget(self, tenant: Tenant | None = None) -> None:
        """Delete the token here and in the store. The next call logs in again, if the credential can.

        Raises:
            Exception: raised by the store.
        """
        slot = self._slot_of(tenant)
        await self._shelf(slot).forget()
        with self._lock:
            slot.memory, slot.held, slot.failure = Memory(), None, None

    async def drain(self, send: Handler) -> None:
        """Finish or cancel the refreshes that use this handler; called before its connections close."""
        with self._lock:
            slots = [self._slot, *self._slots.values()]
            flights = [slot.flight for slot in slots if slot.flight is not None and slot.flight.via == send]
        await asyncio.gather(*(flight.finish() for flight in flights))
        # The timer that would save it may be lost with this loop.
        unsaved = [self._save_again(slot) for slot in slots if slot.memory.unsaved is not None]
        if unsaved:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    await asyncio.gather(*unsaved)

    def __repr__(self) -> str:
        return f"<TokenSource of {type(self.credential).__name__}>"

    # --- one step of one caller -------------------------------------------------------------------------------------

    async def _step(self, slot: _Slot, send: Handler, wish: _Wish, end: float | None) -> Token | _Wish:
        """Decide once and act on it; a returned wish means that the decision must be made again with it."""
        now = self._monotonic()
        move, held, flight, seat = self._decide(slot, send, wish, wait=True)
        if flight is not None and seat is not None:
            landed = _landed(await flight.wait(seat, None if end is None else end - now))
            if landed is None:
                return wish
            # A refresh that was already running may bring the store's token, or one that is not from a login.
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
        """Return the next move; start a flight if it says so, and join the flight for a caller that will wait."""
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
        """Evict the least recently used tenants, except those with a refresh in flight or an unsaved token.

        The lock must be held.
        """
        surplus = len(self._slots) + 1 - TENANT_LIMIT
        if surplus > 0:
            idle = (
                tenant for tenant, slot in self._slots.items() if slot.flight is None and slot.memory.unsaved is None
            )
            for tenant in list(islice(idle, surplus)):
                del self._slots[tenant]

    # --- one flight -------------------------------------------------------------------------------------------------

    async def _fly(self, slot: _Slot, flight: SingleFlight[Held | Failure], send: Handler, wish: _Wish) -> None:
        """Refresh the token and settle all waiters, also after an unexpected error."""
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
        except Exception as error:  # noqa: BLE001 - no exception of a credential may leave the waiters hanging
            outcome = self._failure(slot, _broken(slot.credential, error), lasting=True)
        finally:
            with self._lock:
                if slot.flight is flight:  # otherwise it was abandoned, and its late outcome is dropped
                    slot.flight = None
                    slot.held = held or slot.held
                    if not isinstance(outcome, Missed):
                        slot.failure = outcome if isinstance(outcome, Failure) else None
            flight.settle(outcome)
            if not isinstance(outcome, Missed):
                self._land(slot, flight, outcome, self._monotonic() - began)

    def _land(self, slot: _Slot, flight: SingleFlight[Held | Failure], outcome: Held | Failure, seconds: float) -> None:
        """Log the outcome of a flight that was not cancelled, and save an unsaved token later."""
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
            # As JSON, because the parts of a tenant may contain any separator.
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
        # A copy without the frames of this flight, which refer to the transport and so to a client that may be unused.
        error, now, refusal = error.copy(), self._monotonic(), slot.memory.refusal
        if not isinstance(error, TokenRefusedError):
            return cool_down(error, slot.failure, now, lasting=lasting)
        if refusal is None:  # refused by this process: nothing was sent
            return refused(error, refusal_pause(error, 1), 1, now)
        return refused(error, refusal.until - self._time(), refusal.count, now)

    # --- unsaved tokens ----------------------------------------------------------------------------------

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
        # In an empty context, and referenced until it is done: a loop has only weak references to its tasks.
        task = asyncio.get_running_loop().create_task(self._save(slot, attempt), context=contextvars.Context())
        self._savers.add(task)
        task.add_done_callback(self._savers.discard)

    async def _save(self, slot: _Slot, attempt: int) -> None:
        saved = False
        try:
            with suppress(TimeoutError):  # tried again later
                async with asyncio.timeout(TOKEN_TIMEOUT):
                    saved = slot.flight is None and await self._save_again(slot)
        finally:
            slot.saver = None
        if not saved:
            self._save_later(slot, attempt)

    async def _save_again(self, slot: _Slot) -> bool:
        try:
            return await self._renewal(slot, _nowhere).save_again()
        except Exception:  # noqa: BLE001 - a credential may raise anything for its identity; tried again later
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
        """Reset the state in a forked child: flights continue in the parent, which may use the tokens in memory too."""
        self._lock = threading.Lock()
        for slot in (self._slot, *self._slots.values()):
            slot.flight, slot.saver = None, None
            if isinstance(self._store, MemoryTokenStore) or slot.memory.private:
                slot.memory.inherit()


def _patience(credential: Credential) -> float:
    """Return the seconds that a flight may take to send its request, and between two requests."""
    return max(TOKEN_TIMEOUT, credential.fetch_timeout)


def _landed(outcome: Held | Failure | Missed) -> Held | None:
    """Return the token that a flight obtained; None means decide again, since the slot now has a failure."""
    if outcome is Missed.LATE:
        raise TokenUnavailableError("no token was available within the timeout of this call")
    return outcome if isinstance(outcome, Held) else None


def _failed(failure: Failure, now: float) -> AsdkError:
    error = failure.error.copy()
    error.retry_after = max(0.0, failure.until - now)
    return error


def _broken(credential: Credential, error: Exception) -> TokenUnavailableError:
    cause = f"{type(error).__name__}: {error}"
    return TokenUnavailableError(f"{type(credential).__name__} failed ({cause})", cause=cause)


async def _nowhere(request: Request) -> Response:
    raise AssertionError("reading the store sends nothing")


def _call(reference: weakref.WeakMethod[Callable[..., None]], *arguments: object) -> None:
    """Call a method of a source that a timer must not keep alive."""
    method = reference()
    if method is not None:
        method(*arguments)
