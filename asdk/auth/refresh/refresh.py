"""`Refresh`: one refresh of one token that this process alone keeps: from the credential to the state, without a store.

Run by `TokenSource`, one at a time. `asdk.auth.refresh.rotation.choose_step` decides what may be sent; this file
carries it out. `asdk.auth.refresh.shared_refresh` adds the protocol of a store that other processes share.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import attrs

from asdk.auth.credentials.base import TOKEN_TIMEOUT, Credential
from asdk.auth.identity import Identity
from asdk.auth.refresh.policy import CachedToken, RefreshRequest, refusal_pause
from asdk.auth.refresh.rotation import NextStep, RotationState, choose_step
from asdk.auth.refresh.state import TokenState
from asdk.auth.stores.record import CachedRefusal, RefreshIntent
from asdk.auth.token import Token
from asdk.clock import Clock
from asdk.concurrency.process import NO_PROCESS, current_process_id
from asdk.errors import TokenError, TokenRefusedError, TokenUnavailableError, TransportError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.redaction import show
from asdk.transports.base import Handler

_log = logging.getLogger("asdk.auth")

# A refusal is never cached for longer than this, in seconds: a clock that was set back must not make it permanent.
_LONGEST_REFUSAL: Final = 3700.0


@attrs.frozen
class RefreshContext:
    """What every refresh of a `TokenSource` uses.

    Attributes:
        clock: measures times and the deadline of the request.
        send: sends the token request.
        allow_insecure: whether the credential may be sent over plain http to another machine.
        resends_lost: whether a refresh token whose reply was lost may be sent once more.
        mark_sent: called before a request is sent: from then on the refresh is worth waiting for.
    """

    clock: Clock
    send: Handler
    allow_insecure: bool = False
    resends_lost: bool = True
    mark_sent: Callable[[], None] = lambda: None


class Refresh:
    """One refresh of a token.

    Args:
        credential: obtains the token.
        identity: identifies the token.
        state: the state of the token.
        context: what every refresh of the source uses.
    """

    def __init__(self, credential: Credential, identity: Identity, state: TokenState, context: RefreshContext) -> None:
        self._credential = credential
        self._identity = identity
        self._state = state
        self._context = context
        self._clock = context.clock
        # The start of the token's life on both clocks: when the last request was sent. None if the store had the token.
        self._began: tuple[float, float] | None = None
        self._request = RefreshRequest()
        # Whether a request was sent, and whether it was a login.
        self._sent = self._logged_in = False
        # The refusal of the refresh token, after which the credential logs in.
        self._refused: TokenRefusedError | None = None
        # Whether the refresh token that was sent may have been used although no reply says so.
        self._in_doubt = False
        # Whether the last request was answered.
        self._answered = False
        state.begin(identity)
        self._before = state.token

    async def run(self, request: RefreshRequest) -> CachedToken:
        """Return the next token: a new one, or the one that a shared store has.

        Args:
            request: what the caller needs.

        Raises:
            TokenRefusedError: the endpoint refused the credential, of this process or another; ``state.refusal`` says
                until when it is not asked again.
            TokenUnavailableError: the endpoint could not be asked, or must not be.
        """
        self._request = request
        token = await self._obtain(request.replaces)
        if self._began is not None:
            age = self._clock.monotonic() - self._began[0]
        else:
            age = max(0.0, self._clock.time() - token.issued_at)
        return CachedToken.of(
            token,
            self._clock,
            self._credential.refresh_before,
            age=age,
            after_rejection=request.replaces is not None and not request.forced,
            is_new=request.forced or self._sent,
            by_login=request.log_in or self._logged_in or not self._credential.can_login,
        )

    async def _obtain(self, rejected: Token | None) -> Token:
        state = self._state
        rotation = self._rotation(state.token, state.intent, state.refusal, rejected)
        self._check_refusal()
        return await self._execute(choose_step(rotation), rotation)

    def _rotation(
        self,
        stored: Token | None,
        intent: RefreshIntent | None,
        refusal: CachedRefusal | None,
        rejected: Token | None,
        *,
        reachable: bool = True,
    ) -> RotationState:
        credential, state = self._credential, self._state
        return RotationState(
            identity=self._identity,
            stored=stored,
            held=state.token,
            intent=intent,
            refusal=refusal,
            reachable=reachable,
            unshared=state.unshared,
            rejected=rejected,
            forced=self._request.forced,
            log_in=self._request.log_in,
            rotates_refresh_tokens=credential.rotates_refresh_tokens,
            has_refresh=type(credential).refresh is not Credential.refresh,
            can_login=credential.can_login,
            resends_lost=self._context.resends_lost,
            after_fork=state.after_fork,
            now=self._clock.time(),
        )

    # --- the request ------------------------------------------------------------------------------------------------

    async def _execute(self, step: NextStep, rotation: RotationState) -> Token:
        """Obtain a new token and keep it."""
        self._check_step(step, rotation)
        refreshable = rotation.refreshable if step is NextStep.REFRESH else None
        failure: TokenError | None = None
        try:
            token = await self._request_token(refreshable)
        except (Exception, asyncio.CancelledError) as error:
            failure = await self._note_failure(error, step, rotation)
            if failure is None:
                raise
        else:
            if not token.issued_at and self._began is not None:
                token = attrs.evolve(token, issued_at=self._began[1])
            return await self._keep(token, rotation, refreshable)
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle

    def _check_step(self, step: NextStep, rotation: RotationState) -> None:
        """Raise if nothing may be sent."""
        if step is NextStep.BLOCKED:
            raise store_lost() if rotation.refusal is None else self._explained(rotation.refusal.error())
        if step is NextStep.WAIT:
            raise TokenUnavailableError(
                "the reply to a token refresh was lost, and the refresh token is not sent again yet"
            )

    async def _request_token(self, refreshable: Token | None) -> Token:
        """Return a new token. A refresh that is refused falls back, once, to the full login."""
        self._began = self._clock.monotonic(), self._clock.time()
        if refreshable is not None:
            try:
                return await self._credential.refresh(refreshable, self._send)
            except TokenRefusedError as error:
                self._in_doubt = False
                self._refused = error.copy()
                if not self._credential.can_login:
                    raise
            _log.info("refresh refused, falling back to the login: %s", self._refused)
        self._logged_in = True
        return await self._credential.fetch(self._send)

    async def _send(self, request: Request) -> Response:
        origin, _ = parse_url(request.url)
        if not origin.is_secure and not self._context.allow_insecure:
            raise TokenRefusedError(
                f"the credential was not sent to {origin}, which is neither https nor on this machine; "
                "allow_insecure_auth=True would send it"
            )
        self._began = self._clock.monotonic(), self._clock.time()
        request.clock, request.state.deadline = self._clock, self._began[0] + TOKEN_TIMEOUT
        request.state.urgent = True
        self._sent, self._in_doubt, self._answered = True, True, False
        self._context.mark_sent()
        try:
            response = await self._context.send(request)
        except TransportError as error:
            self._in_doubt = error.sent
            raise
        self._answered, self._in_doubt = True, response.status != 429
        return response

    # --- the outcome ------------------------------------------------------------------------------------------------

    async def _keep(self, token: Token, rotation: RotationState, replaced: Token | None) -> Token:
        """Make a new token the current one, and return the current one."""
        if self._is_superseded():
            return self._state.token or token
        self._state.set_new(token)
        return token

    def _is_superseded(self) -> bool:
        """Return whether a later refresh has obtained a token: this one was given up while its loop was blocked."""
        return self._state.token is not None and self._state.token is not self._before

    async def _note_failure(self, error: BaseException, step: NextStep, rotation: RotationState) -> TokenError | None:
        """Record a failure of the request, and return it in the credential's words; None if it is not a TokenError."""
        failure = self._explained(error) if isinstance(error, TokenError) else None
        # A refusal settles it, also of the first refresh token, which the login sends.
        is_refusal = isinstance(error, TokenRefusedError)
        if isinstance(error, TokenError) and isinstance(failure, TokenRefusedError) and self._sent:
            self._state.refusal = self._refusal(error, failure, self._state.refusal)
        in_doubt = self._in_doubt and self._refused is None and not is_refusal
        is_void = (
            self._refused is not None and self._refused.code == "invalid_grant" and step is NextStep.REFRESH
        ) and rotation.refreshable is rotation.stored
        await self._record_failure(step, rotation, in_doubt=in_doubt, is_void=is_void)
        return failure

    async def _record_failure(self, step: NextStep, rotation: RotationState, *, in_doubt: bool, is_void: bool) -> None:
        """Record what a failure means for the refresh token that was sent.

        Args:
            step: the step that failed.
            rotation: the inputs of that step.
            in_doubt: whether the refresh token may have been used.
            is_void: whether the endpoint rejected exactly this refresh token.
        """
        state, used = self._state, rotation.single_use_fingerprint(step)
        if used is not None:
            state.intent = self._given_up(self._new_intent(used, rotation)) if in_doubt else None
        if is_void and state.token is not None:
            state.token = attrs.evolve(state.token, refresh_token=None)

    def _new_intent(self, used: str, rotation: RotationState) -> RefreshIntent:
        before = rotation.intent
        unanswered = before.unanswered if before is not None and before.refresh_token == used else 0
        return RefreshIntent(
            refresh_token=used,
            process=current_process_id(),
            written_at=self._clock.time(),
            unanswered=unanswered + 1,
        )

    def _given_up(self, intent: RefreshIntent) -> RefreshIntent:
        """Return the intent after a failure that leaves in doubt whether the refresh token was used."""
        return attrs.evolve(intent, process=NO_PROCESS, unanswered=intent.unanswered - self._answered)

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

    def _check_refusal(self) -> None:
        """Raise the cached refusal if the endpoint has recently refused this secret."""
        refusal = self._state.refusal
        if refusal is None:
            return
        now = self._clock.time()
        if refusal.seed == self._identity.seed and now < refusal.until < now + _LONGEST_REFUSAL:
            raise self._explained(refusal.error(refusal.until - now))

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
        _log.warning("%s.map_error failed (%s)", type(self._credential).__name__, show(problem, None))
        return error


def store_lost() -> TokenUnavailableError:
    """Return the error of a credential that may send nothing and cannot log in."""
    return TokenUnavailableError(
        "no refresh token may be sent, and the credential has no login: the token store lost it or is unavailable, its "
        "reply was lost twice, or this process was forked from the one that has it"
    )
