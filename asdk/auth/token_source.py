"""`TokenSource`: owns a token and refreshes it with one request at a time, however many calls need it.

Called by the auth middleware. `asdk.auth.refresh.policy` decides what a caller does; `asdk.auth.refresh.refresh`
carries out a refresh, and `asdk.auth.refresh.shared_refresh` one with a store. A fresh token costs a caller one
synchronous check: no lock, no await.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import TypeAlias

import attrs

from asdk.auth.credentials.base import TOKEN_TIMEOUT, Credential, unavailable
from asdk.auth.identity import Identity
from asdk.auth.refresh.policy import (
    Action,
    CachedToken,
    RefreshFailure,
    RefreshRequest,
    cool_down,
    next_action,
    refusal_pause,
    refused,
)
from asdk.auth.refresh.refresh import Refresh, RefreshContext
from asdk.auth.refresh.resilient_store import ResilientStore
from asdk.auth.refresh.shared_refresh import SharedRefresh
from asdk.auth.refresh.state import TokenState
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.stores.record import TokenRecord
from asdk.auth.token import Token
from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.fork import reset_after_fork
from asdk.concurrency.late_timer import call_after
from asdk.concurrency.single_flight import SHUTDOWN_GRACE, NoResult, SingleFlight, Waiter
from asdk.concurrency.tasks import create_task
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
from asdk.redaction import strip_frames
from asdk.transports.base import Handler

_log = logging.getLogger("asdk.auth")

#: The number of tenants whose tokens a source keeps, the most recently used ones.
TENANT_LIMIT = 1000

# The longest pause between attempts to save an unsaved token, in seconds; the first is 1 s, then it doubles.
_LONGEST_SAVE_PAUSE = 60.0

# The longest time for which an expired token may be used, in seconds.
_DAY = 86400.0

_STORE_METHODS = ("load", "save", "delete", "lock")
_ANY = RefreshRequest()
_Outcome: TypeAlias = CachedToken | RefreshFailure
_Decision: TypeAlias = tuple[Action, CachedToken | None, SingleFlight[_Outcome] | None, Waiter[_Outcome] | None]


class TokenSource:
    """A token shared by any number of calls, clients, tasks, threads and event loops.

    Args:
        credential: obtains the token.
        store: keeps the token and shares it with other processes; by default this source keeps it.
        clock: measures every time and wait.
        allow_insecure: allow an endpoint on another machine over plain http.
        serve_stale: during an outage of the token endpoint, calls use a token for this many seconds after it expired.
        resend_lost_refresh: if the reply to a single-use refresh token was lost and there is no login, send the token
            once more, 10 s later and not before the access token expired. With False, such a token is never sent twice,
            and the next call needs a new credential.

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
        serve_stale: float = 0.0,
        resend_lost_refresh: bool = True,
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
        if isinstance(serve_stale, bool) or not isinstance(serve_stale, int | float) or not 0 <= serve_stale <= _DAY:
            raise ConfigurationError(f"serve_stale must be from 0 to {_DAY:.0f} seconds, got {serve_stale!r}")
        self.credential = credential
        self._serve_stale = serve_stale
        self._resend_lost_refresh = resend_lost_refresh
        self._store = store
        self._clock = clock
        self._monotonic = clock.monotonic
        self._time = clock.time
        self._allow_insecure = allow_insecure
        self._lock = threading.Lock()
        self._state = TokenState(credential)
        self._states: OrderedDict[Tenant | None, TokenState] = OrderedDict()
        self._savers: set[asyncio.Task[None]] = set()
        reset_after_fork(self._reset_after_fork)

    # --- for callers ------------------------------------------------------------------------------------------------

    def peek(self, tenant: Tenant | None = None) -> Token | None:
        """Return the token if it is fresh; None means that `get` must be called. Synchronous."""
        cached = (self._state_of(tenant) if self.credential.per_tenant else self._state).cached
        if cached is not None and self._monotonic() < cached.refresh_at and self._time() < cached.refresh_at_wall:
            return cached.token
        return None

    def peek_valid(self, send: Handler, tenant: Tenant | None = None) -> Token | None:
        """Return the token if it has not expired, for callers that cannot wait; refresh it in the background if due."""
        action, cached, _, _ = self._decide(self._state_of(tenant), send, _ANY)
        return cached.token if cached is not None and action in (Action.USE, Action.USE_AND_REFRESH) else None

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
        return await self._get(self._state_of(tenant), send, RefreshRequest(rejected), within)

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
        state = self._state_of(tenant)
        known = None if state.cached is None else state.cached.token
        return await self._get(state, send, RefreshRequest(known, forced=True, log_in=log_in), within)

    async def _get(self, state: TokenState, send: Handler, request: RefreshRequest, within: float | None) -> Token:
        end = None if within is None else self._monotonic() + within
        try:
            while True:
                outcome = await self._step(state, send, request, end)
                if isinstance(outcome, Token):
                    return outcome
                request = outcome
        except BaseException as error:
            strip_frames(error)
            raise

    async def read_store(self, tenant: Tenant | None = None) -> TokenRecord | None:
        """Return the store's record for this source, as ``python -m asdk token`` shows it; None without a store.

        Raises:
            Exception: raised by the store.
        """
        state = self._state_of(tenant)
        store = self._store_of(state, state.credential)
        return None if store is None else await store.stored()

    async def forget(self, tenant: Tenant | None = None) -> None:
        """Delete the token here and in the store. The next call logs in again, if the credential can.

        Raises:
            Exception: raised by the store.
        """
        state = self._state_of(tenant)
        store = self._store_of(state, state.credential)
        if store is not None:
            await store.forget()
        with self._lock:
            state.clear()

    async def drain(self, send: Handler) -> None:
        """Finish or cancel the refreshes that use this handler; called before its connections close."""
        with self._lock:
            states = [self._state, *self._states.values()]
            flights = [state.flight for state in states if state.flight is not None and state.flight.sender == send]
        if flights:
            await asyncio.gather(*(flight.finish() for flight in flights))
        # The timer that would save it may be lost with this loop.
        unsaved = [self._save_again(state) for state in states if state.unsaved is not None]
        if unsaved:
            with suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_GRACE):
                    await asyncio.gather(*unsaved)

    def __repr__(self) -> str:
        return f"<TokenSource of {type(self.credential).__name__}>"

    # --- one step of one caller -------------------------------------------------------------------------------------

    async def _step(
        self, state: TokenState, send: Handler, request: RefreshRequest, end: float | None
    ) -> Token | RefreshRequest:
        """Decide once and act on it; a returned request means that the decision must be made again with it."""
        now = self._monotonic()
        action, cached, flight, waiter = self._decide(state, send, request, wait=True)
        if flight is not None and waiter is not None:
            outcome = await flight.wait(waiter, None if end is None else end - now)
            if outcome is NoResult.TIMED_OUT:
                raise TokenUnavailableError("no token was available within the timeout of this call")
            if not isinstance(outcome, CachedToken):
                return request  # the state has the failure now
            # A refresh that was already running may bring the store's token, or one that is not from a login.
            is_met = action is Action.START or request.is_met_by(outcome)
            return outcome.token if is_met else request._replace(replaces=outcome.token)
        if cached is not None and action in (Action.USE, Action.USE_AND_REFRESH):
            return cached.token
        failure = state.failure
        if failure is None:
            return request
        if action is Action.FAIL or (end is not None and failure.until >= end):
            raise _failed(failure, now)
        await self._clock.sleep(failure.until - now)
        return request

    def _decide(self, state: TokenState, send: Handler, request: RefreshRequest, *, wait: bool = False) -> _Decision:
        """Return the next action; start a flight if it says so, and join the flight for a caller that will wait."""
        with self._lock:
            flight, overdue = state.flight, False
            if flight is not None and flight.is_lost():
                # A second request would send the same refresh token again while the first may still be answered.
                overdue = state.credential.rotates_refresh_tokens and flight.is_overdue()
                if not overdue:
                    flight = state.flight = None
            cached, now, wall = state.cached, self._monotonic(), self._time()
            action = next_action(
                cached,
                state.failure,
                request,
                in_flight=flight is not None,
                now=now,
                wall=wall,
                serve_stale=self._serve_stale,
            )
            starts = action is Action.USE_AND_REFRESH or (action is Action.START and wait)
            if starts:
                flight = state.flight = SingleFlight(self._clock, self._lock, _time_limit(state.credential), send)
            joins = flight is not None and wait and not overdue and action in (Action.START, Action.JOIN)
            waiter = flight.join() if flight is not None and joins else None
        if overdue and wait and action is Action.JOIN:
            raise TokenUnavailableError("the token request in flight is overdue: its event loop is blocked")
        if flight is not None and starts:
            self._start(state, flight, send, request)
        return action, cached, flight, waiter

    def _start(self, state: TokenState, flight: SingleFlight[_Outcome], send: Handler, request: RefreshRequest) -> None:
        try:
            flight.start(self._run_flight(state, flight, send, request))
        except BaseException:
            with self._lock:
                if state.flight is flight:
                    state.flight = None
            flight.settle(NoResult.ABANDONED)
            raise

    def _state_of(self, tenant: Tenant | None) -> TokenState:
        if not self.credential.per_tenant:
            return self._state
        with self._lock:
            state = self._states.get(tenant)
            if state is None:
                self._make_room()
                state = self._states[tenant] = TokenState(self.credential.for_tenant(tenant), tenant)
            else:
                self._states.move_to_end(tenant)
            return state

    def _make_room(self) -> None:
        """Evict the least recently used tenants, except those with a refresh in flight or an unsaved token.

        The lock must be held.
        """
        surplus = len(self._states) + 1 - TENANT_LIMIT
        if surplus > 0:
            idle = (tenant for tenant, state in self._states.items() if state.flight is None and state.unsaved is None)
            for tenant in list(islice(idle, surplus)):
                del self._states[tenant]

    # --- one flight -------------------------------------------------------------------------------------------------

    async def _run_flight(
        self, state: TokenState, flight: SingleFlight[_Outcome], send: Handler, request: RefreshRequest
    ) -> None:
        """Refresh the token and settle all waiters, also after an unexpected error."""
        began = self._monotonic()
        outcome: _Outcome | NoResult = NoResult.ABANDONED
        try:
            outcome = await self._refresh(state, flight, send, request)
        except TokenError as error:
            outcome = self._failure(state, error)
        except ConfigurationError as error:
            outcome = self._failure(state, error, lasting=True)
        except (TransportError, StatusError, DecodeError) as error:
            outcome = self._failure(state, unavailable(f"no token: {error}", error))
        except TimeoutError:
            outcome = self._failure(
                state, TokenUnavailableError(f"no token within {_time_limit(state.credential):.0f} s")
            )
        except Exception as error:  # noqa: BLE001 - no exception of a credential may leave the waiters hanging
            if not flight.loop.is_closed():  # otherwise it says nothing about the credential
                outcome = self._failure(state, _broken(state.credential, error), lasting=True)
        finally:
            self._finish_flight(state, flight, outcome, began)

    def _finish_flight(
        self, state: TokenState, flight: SingleFlight[_Outcome], outcome: _Outcome | NoResult, began: float
    ) -> None:
        """Keep the outcome, settle the waiters, log, and save an unsaved token later."""
        with self._lock:
            is_current = state.flight is flight
            if is_current:
                state.flight = None
                if isinstance(outcome, RefreshFailure):
                    state.failure = outcome
            if isinstance(outcome, CachedToken) and (is_current or _is_newest(state, outcome.token)):
                state.cached, state.failure = outcome, None
        flight.settle(outcome)
        if isinstance(outcome, NoResult):
            return
        if flight.sent or isinstance(outcome, RefreshFailure):
            self._log_outcome(state, outcome, self._monotonic() - began)
        if state.unsaved is not None:
            self._save_later(state)

    async def _refresh(
        self, state: TokenState, flight: SingleFlight[_Outcome], send: Handler, request: RefreshRequest
    ) -> CachedToken:
        seconds = _time_limit(state.credential)
        async with asyncio.timeout(None) as limit:

            def expire() -> None:
                limit.reschedule(0.0)

            timer = call_after(SYSTEM_CLOCK, seconds, expire)

            def mark_sent() -> None:
                nonlocal timer
                flight.mark_sent(seconds)
                timer.cancel()
                timer = call_after(SYSTEM_CLOCK, seconds, expire)

            async def refresh(credential: Credential) -> CachedToken:
                return await self._refresh_with(credential, state, send, mark_sent).run(request)

            try:
                return await state.credential.run(refresh)
            finally:
                timer.cancel()

    def _refresh_with(
        self, credential: Credential, state: TokenState, send: Handler, mark_sent: Callable[[], None]
    ) -> Refresh:
        context = RefreshContext(self._clock, send, self._allow_insecure, self._resend_lost_refresh, mark_sent)
        store = self._store_of(state, credential)
        if store is not None:
            return SharedRefresh(credential, store, state, context)
        identity = credential.identity or Identity(url="https://localhost/", kind=type(credential).__qualname__)
        return Refresh(credential, identity, state, context)

    def _store_of(self, state: TokenState, credential: Credential) -> ResilientStore | None:
        """Return the record of this credential in the store; None if it is kept in memory only."""
        if self._store is None:
            return None
        identity = credential.identity
        if identity is None:
            return None
        if state.tenant is not None:
            # As JSON, because the parts of a tenant may contain any separator.
            identity = attrs.evolve(identity, tenant=json.dumps(attrs.astuple(state.tenant)))
        return ResilientStore(self._store, identity, state)

    def _failure(self, state: TokenState, error: AsdkError, *, lasting: bool = False) -> RefreshFailure:
        # A copy without the frames of this flight, which refer to the transport and so to a client that may be unused.
        error, now, refusal = error.copy(), self._monotonic(), state.refusal
        if not isinstance(error, TokenRefusedError):
            return cool_down(error, state.failure, now, reached=state.cached is not None, lasting=lasting)
        if refusal is None:  # refused by this process: nothing was sent
            return refused(error, refusal_pause(error, 1), 1, now)
        return refused(error, refusal.until - self._time(), refusal.count, now)

    # --- unsaved tokens ----------------------------------------------------------------------------------

    def _save_later(self, state: TokenState, attempt: int = 0) -> None:
        if attempt == 0 and state.saver is not None and state.saver.is_running():
            return
        state.saver = asyncio.get_running_loop()
        delay = min(_LONGEST_SAVE_PAUSE, 2.0**attempt) * random.uniform(0.8, 1.0)
        self._clock.call_later(delay, _call, weakref.WeakMethod(self._start_saving), state, attempt + 1)

    def _start_saving(self, state: TokenState, attempt: int) -> None:
        if state.unsaved is None:
            state.saver = None
            return
        task = create_task(self._save(state, attempt))
        self._savers.add(task)  # until it is done: a loop has only weak references to its tasks
        task.add_done_callback(self._savers.discard)

    async def _save(self, state: TokenState, attempt: int) -> None:
        saved = False
        try:
            with suppress(TimeoutError):  # tried again later
                async with asyncio.timeout(TOKEN_TIMEOUT):
                    saved = state.flight is None and await self._save_again(state)
        finally:
            state.saver = None
        if not saved:
            self._save_later(state, attempt)

    async def _save_again(self, state: TokenState) -> bool:
        try:
            refresh = self._refresh_with(state.credential, state, _send_nothing, lambda: None)
            return not isinstance(refresh, SharedRefresh) or await refresh.save_again()
        except Exception:  # noqa: BLE001 - a credential may raise anything for its identity; tried again later
            return False

    def _log_outcome(self, state: TokenState, outcome: _Outcome, seconds: float) -> None:
        facts: dict[str, object] = {"credential": type(state.credential).__name__, "ms": round(seconds * 1000, 1)}
        if isinstance(outcome, RefreshFailure):
            pause = outcome.until - self._monotonic()
            _log.warning("no token: %s; next try in %.1f s", outcome.error, pause, extra={"asdk": facts})
        elif _log.isEnabledFor(logging.INFO):
            facts["lifetime"] = outcome.token.lifetime
            _log.info("token of %(credential)s in %(ms)s ms, good for %(lifetime)s s", facts, extra={"asdk": facts})

    def _reset_after_fork(self) -> None:
        """Reset the state in a forked child: flights continue in the parent, which may use the tokens in memory too."""
        self._lock = threading.Lock()
        for state in (self._state, *self._states.values()):
            in_memory = self._store is None or isinstance(self._store, MemoryTokenStore)
            state.reset_after_fork(drop_refresh_token=in_memory or state.unshared)


def _time_limit(credential: Credential) -> float:
    """Return the seconds that a flight may take to send its request, and between two requests."""
    return max(TOKEN_TIMEOUT, credential.fetch_timeout)


def _is_newest(state: TokenState, token: Token) -> bool:
    """Return whether a flight that was given up brought the newest token all the same."""
    return state.token is token and (state.cached is None or state.cached.token is not token)


def _failed(failure: RefreshFailure, now: float) -> AsdkError:
    error = failure.error.copy()
    error.retry_after = max(0.0, failure.until - now)
    return error


def _broken(credential: Credential, error: Exception) -> TokenUnavailableError:
    cause = f"{type(error).__name__}: {error}"
    return TokenUnavailableError(f"{type(credential).__name__} failed ({cause})", cause=cause)


async def _send_nothing(request: Request) -> Response:
    raise AssertionError("reading the store sends nothing")


def _call(reference: weakref.WeakMethod[Callable[..., None]], *arguments: object) -> None:
    """Call a method of a source that a timer must not keep alive."""
    method = reference()
    if method is not None:
        method(*arguments)
