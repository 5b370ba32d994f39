"""Decides how to obtain the next token: `choose` is a pure function of plain facts. No clock, no lock, no I/O.

A server that receives a single-use refresh token twice treats it as stolen and revokes the whole login, for all
processes. Its use is therefore recorded in the store as an intent before it is sent; a process that finds an intent
follows the table below. Called by `asdk.auth.refresh.refresh`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import attrs

from asdk.auth.identity import secret_fingerprint
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.concurrency.process import NO_PROCESS, current_process_id, is_running
from asdk.secret import Secret

# How long a process on another machine is assumed to be about to save its token, in seconds: longer than its request
# and its lock can last.
_PATIENCE: Final = 60.0


class Way(Enum):
    """The way to obtain the next token."""

    ADOPT = "take the one that the store holds"
    REFRESH = "refresh the current token, by its refresh token or by itself"
    FETCH = "log in; without a login, use the first refresh token"
    WAIT = "send nothing: another process has the next token, or this one is still valid"
    STUCK = "send nothing: the refresh token may have been used already, and there is no login"


@attrs.frozen(kw_only=True)
class Facts:
    """The inputs of `choose`.

    Attributes:
        entry: the store's record for this identity; None without one.
        reachable: whether the store could be read.
        held: the token in memory.
        private: whether only this process has the token in memory: it was obtained while the store was unavailable, or
            could not be saved. Otherwise other processes know it too, and may have used its refresh token.
        rejected: the token that a resource answered with 401, or that a user wants to replace.
        by_hand: whether a user wants to replace it, although it was not rejected.
        rotates_refresh_tokens: whether refresh tokens are single-use.
        renews: whether the credential's refresh differs from its login.
        can_login: whether it can log in at any time.
        seed: the fingerprint of the first refresh token, if it replaces a login.
        inherited: whether this process was forked from one that may use the token in memory.
        now: in epoch seconds.
        log_in: whether the next token must come from a login, even if one could be refreshed or adopted.
    """

    entry: TokenRecord | None
    reachable: bool
    held: Token | None
    private: bool
    rejected: Token | None
    rotates_refresh_tokens: bool
    renews: bool
    can_login: bool
    seed: str
    inherited: bool
    now: float
    by_hand: bool = False
    log_in: bool = False

    @property
    def stored(self) -> Token | None:
        """Return the token in the store."""
        return None if self.entry is None else self.entry.token

    @property
    def refusal(self) -> CachedRefusal | None:
        """Return the refusal in the store, which may have expired."""
        return None if self.entry is None else self.entry.refusal

    @property
    def base(self) -> Token | None:
        """Return the token to refresh: the store's, or the one in memory if no other process can have used it."""
        held = self.held
        if self.private or self.stored is None:
            one_time = self.rotates_refresh_tokens and held is not None and held.refresh_token is not None
            return held if self.private or not one_time else None
        return self.stored

    def one_time_print(self, way: Way) -> str | None:
        """Return the fingerprint of the single-use refresh token that this way would send; None if it sends none."""
        if not self.rotates_refresh_tokens or (way is Way.FETCH and self.can_login):
            return None
        return self.seed if way is Way.FETCH else print_of(self.base)

    def is_usable(self, token: Token | None) -> bool:
        """Return whether calls may continue to use this token."""
        if token is None or (self.rejected is not None and token.value == self.rejected.value):
            return False
        return self.lives(token)

    def lives(self, token: Token | None) -> bool:
        """Return whether the token has not expired."""
        return token is not None and (token.expires_at is None or self.now < token.expires_at)


def choose(facts: Facts) -> Way:
    """Return the way to the next token. All rules about what may be sent are here.

    ==============================================  ============  ==================================================
    state                                           with a login  without
    ==============================================  ============  ==================================================
    a login was requested                           FETCH         as below
    the store has a usable token, not ours          ADOPT         ADOPT
    there never was a token to refresh              FETCH         FETCH, by the first refresh token
    it was void, or the store lost it               FETCH         STUCK
    the store is unavailable                        FETCH         STUCK; WAIT until the access token expires
    a reusable refresh token                        REFRESH       REFRESH
    a single-use refresh token without an intent    REFRESH       REFRESH
    ... with the intent of a running process        FETCH         WAIT
    ... of one that ended, access token valid       FETCH         WAIT; calls use the access token
    ... of one that ended, access token expired     FETCH         REFRESH: there is nothing left to lose
    ==============================================  ============  ==================================================

    A login starts a token family of its own, so it never harms the others.
    """
    if facts.log_in and facts.can_login:
        return Way.FETCH
    if not facts.private and facts.is_usable(facts.stored) and _differs(facts.stored, facts.held):
        return Way.ADOPT
    if facts.base is None or not facts.renews:
        if facts.base is None and not facts.reachable and facts.is_usable(facts.held):
            return Way.WAIT
        if facts.can_login:
            return Way.FETCH
        lost = facts.held is not None or not facts.reachable or facts.inherited
        way = Way.STUCK if facts.rotates_refresh_tokens and lost else Way.FETCH
    elif facts.rotates_refresh_tokens and not facts.can_login and facts.base.refresh_token is None:
        return Way.STUCK  # it was void, or the parent of this fork has it
    else:
        way = Way.REFRESH
    intent = None if facts.entry is None else facts.entry.intent
    if intent is None or intent.refresh_token != facts.one_time_print(way):
        return way
    if facts.can_login:
        return Way.FETCH
    serves = facts.lives if facts.by_hand else facts.is_usable
    usable = serves(facts.held) or serves(facts.stored)
    return Way.WAIT if usable or _may_still_save(intent, facts.now) else way


def print_of(token: Token | None) -> str | None:
    """Return the fingerprint of a token's refresh token, as intents contain it."""
    return None if token is None or token.refresh_token is None else refresh_print(token.refresh_token)


def refresh_print(refresh_token: Secret) -> str:
    """Return the fingerprint of a refresh token, as intents and seeds contain it."""
    return secret_fingerprint(refresh_token, "refresh token")


def _may_still_save(intent: RefreshIntent, now: float) -> bool:
    """Return whether the process that wrote an intent may still save its token. The caller has the lock."""
    if intent.holder in (NO_PROCESS, current_process_id()):
        return False
    alive = is_running(intent.holder)
    return now - intent.written_at < _PATIENCE if alive is None else alive


def _differs(stored: Token | None, held: Token | None) -> bool:
    return stored is not None and (held is None or stored.value != held.value)
