"""Decides how to obtain the next token: `choose_step` is a pure function of `RotationState`. No clock, no lock, no I/O.

A server that receives a single-use refresh token twice treats it as stolen and revokes the whole login, for all
processes. Its use is therefore recorded in a shared store as an intent before it is sent; a process that finds an
intent follows the table below. Called by `asdk.auth.refresh.refresh`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import attrs

from asdk.auth.identity import Identity, secret_fingerprint
from asdk.auth.stores.record import CachedRefusal, RefreshIntent
from asdk.auth.token import Token
from asdk.concurrency.process import NO_PROCESS, current_process_id, is_running
from asdk.secret import Secret

# How long a process on another machine is assumed to be about to save its token, in seconds: longer than its request
# and its lock can last.
_REMOTE_SAVE_TIMEOUT: Final = 60.0

# How long after it was sent a refresh token whose reply was lost is not sent again, in seconds.
_RESEND_DELAY: Final = 10.0

# How often a refresh token is sent in all if no response arrives.
_MAX_SENDS: Final = 2


class NextStep(Enum):
    """How to obtain the next token."""

    ADOPT = "use the token in the store"
    REFRESH = "refresh the current token, by its refresh token or by itself"
    FETCH = "log in; without a login, use the first refresh token"
    WAIT = "send nothing: another process has the next token, or the current one is still valid"
    BLOCKED = "send nothing: the refresh token may have been used already, and there is no login"


def _refreshable(state: RotationState) -> Token | None:
    held = state.held
    if state.unshared or state.stored is None:
        single_use = state.rotates_refresh_tokens and held is not None and held.refresh_token is not None
        return held if state.unshared or not single_use else None
    return state.stored


@attrs.frozen(kw_only=True)
class RotationState:
    """The inputs of `choose_step`.

    Attributes:
        identity: identifies the token.
        stored: the token in the store; without a shared store, the one in memory.
        held: the token in memory.
        intent: the recorded intent to send a refresh token.
        refusal: the recorded refusal, which may have expired.
        reachable: whether the store could be read.
        unshared: whether only this process has the token in memory: it was obtained while the store was unavailable, or
            could not be saved. Otherwise other processes know it too, and may have used its refresh token.
        rejected: the token that a resource answered with 401, or that a user wants to replace.
        forced: whether a user wants to replace it, although it was not rejected.
        log_in: whether the next token must come from a login, even if one could be refreshed or adopted.
        rotates_refresh_tokens: whether refresh tokens are single-use.
        has_refresh: whether the credential's refresh differs from its login.
        can_login: whether it can log in at any time.
        resends_lost: whether a refresh token whose reply was lost may be sent once more.
        after_fork: whether this process was forked from one that may use the token in memory.
        now: in epoch seconds.
        refreshable: the token to refresh: the store's, or the one in memory if no other process can have used it.
    """

    identity: Identity
    stored: Token | None
    held: Token | None
    intent: RefreshIntent | None = None
    refusal: CachedRefusal | None = None
    reachable: bool = True
    unshared: bool = False
    rejected: Token | None = None
    forced: bool = False
    log_in: bool = False
    rotates_refresh_tokens: bool
    has_refresh: bool
    can_login: bool
    resends_lost: bool = True
    after_fork: bool = False
    now: float
    refreshable: Token | None = attrs.field(init=False, default=attrs.Factory(_refreshable, takes_self=True))

    def single_use_fingerprint(self, step: NextStep) -> str | None:
        """Return the fingerprint of the single-use refresh token that this step would send; None if it sends none."""
        if not self.rotates_refresh_tokens or (step is NextStep.FETCH and self.can_login):
            return None
        if step is NextStep.FETCH:
            return self.identity.seed or secret_fingerprint(self.identity.key, "seed")
        return refresh_token_fingerprint(self.refreshable)

    def is_usable(self, token: Token | None) -> bool:
        """Return whether calls may continue to use this token."""
        if token is None or (self.rejected is not None and token.value == self.rejected.value):
            return False
        return self.is_alive(token)

    def is_alive(self, token: Token | None) -> bool:
        """Return whether the token has not expired."""
        return token is not None and (token.expires_at is None or self.now < token.expires_at)


def choose_step(state: RotationState) -> NextStep:
    """Return the step to the next token. All rules about what may be sent are here.

    ==============================================  ============  ==================================================
    state                                           with a login  without
    ==============================================  ============  ==================================================
    a login was requested                           FETCH         as below
    the store has a usable token, not ours          ADOPT         ADOPT
    there never was a token to refresh              FETCH         FETCH, by the first refresh token
    it was void, or the store lost it               FETCH         BLOCKED
    the store is unavailable                        FETCH         BLOCKED; WAIT until the access token expires
    a reusable refresh token                        REFRESH       REFRESH
    a single-use refresh token without an intent    REFRESH       REFRESH
    ... with the intent of a running process        FETCH         WAIT
    ... of one that ended, access token valid       FETCH         WAIT; calls use the access token
    ... of one that ended, access token expired     FETCH         REFRESH: nothing is left to lose. If no response
                                                                  arrived, once and 10 s later; then BLOCKED
    ==============================================  ============  ==================================================

    A login starts a token family of its own, so it never harms the others.
    """
    if state.log_in and state.can_login:
        return NextStep.FETCH
    stored, held, refreshable = state.stored, state.held, state.refreshable
    is_other = stored is not None and (held is None or stored.value != held.value)
    if is_other and not state.unshared and state.is_usable(stored):
        return NextStep.ADOPT
    if refreshable is None or not state.has_refresh:
        if refreshable is None and not state.reachable and state.is_usable(held):
            return NextStep.WAIT
        if state.can_login:
            return NextStep.FETCH
        lost = held is not None or not state.reachable or state.after_fork
        step = NextStep.BLOCKED if state.rotates_refresh_tokens and lost else NextStep.FETCH
    elif state.rotates_refresh_tokens and not state.can_login and refreshable.refresh_token is None:
        return NextStep.BLOCKED  # it was void, or the parent of this fork has it
    else:
        step = NextStep.REFRESH
    intent = state.intent
    if intent is None or intent.refresh_token != state.single_use_fingerprint(step):
        return step
    return NextStep.FETCH if state.can_login else _after_intent(state, intent, step)


def _after_intent(state: RotationState, intent: RefreshIntent, step: NextStep) -> NextStep:
    """Return the step without a login when the refresh token may have been sent already."""
    serves = state.is_alive if state.forced else state.is_usable
    if serves(state.held) or serves(state.stored) or _may_still_save(intent, state.now):
        return NextStep.WAIT
    if intent.unanswered == 0:
        return step
    if intent.unanswered >= _MAX_SENDS or not state.resends_lost:
        return NextStep.BLOCKED
    return NextStep.WAIT if 0 <= state.now - intent.written_at < _RESEND_DELAY else step


def refresh_token_fingerprint(token: Token | None) -> str | None:
    """Return the fingerprint of a token's refresh token, as intents contain it."""
    return None if token is None or token.refresh_token is None else refresh_print(token.refresh_token)


def refresh_print(refresh_token: Secret) -> str:
    """Return the fingerprint of a refresh token, as intents and seeds contain it."""
    return secret_fingerprint(refresh_token, "refresh token")


def _may_still_save(intent: RefreshIntent, now: float) -> bool:
    """Return whether the process that wrote an intent may still save its token. The caller has the lock."""
    if intent.process in (NO_PROCESS, current_process_id()):
        return False
    running = is_running(intent.process)
    return now - intent.written_at < _REMOTE_SAVE_TIMEOUT if running is None else running
