"""What may be sent to come to the next token: `choose`, plain facts in, one way out. No clock, no lock, no I/O.

A server that is sent a refresh token of one use for the second time takes it for stolen and ends the whole login,
everybody's. So its use is announced in the store before it is sent, and whoever finds an announcement goes by the table
below. Called by `asdk.auth.refresh.refresh`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import attrs

from asdk.auth.identity import secret_fingerprint
from asdk.auth.stores.record import CachedRefusal, RefreshIntent, TokenRecord
from asdk.auth.token import Token
from asdk.concurrency.process import NO_PROCESS, current_process_id, is_alive
from asdk.secret import Secret

# How long a process that cannot be seen from here is believed to be about to save what it got, in seconds: longer than
# its request and its lock can last.
_PATIENCE: Final = 60.0


class Way(Enum):
    """How to come to the next token."""

    ADOPT = "take the one that the store holds"
    REFRESH = "renew the one that is at hand, by its refresh token or by itself"
    FETCH = "log in; where there is no login, use the first refresh token"
    WAIT = "send nothing: another process has the next one, or this one still serves"
    STUCK = "send nothing: what could be sent may have been used already, and there is no login"


@attrs.frozen(kw_only=True)
class Facts:
    """What `choose` goes by.

    Attributes:
        entry: what the store holds for this identity; None for nothing.
        reachable: whether the store could be asked.
        held: the token in memory.
        private: whether the token in memory is this process's alone: it was got while the store was away, or could not
            be saved. Else other processes know it too, and may have used its refresh token.
        rejected: the token that a resource answered 401 to, or than which a user wants another.
        by_hand: whether it is a user who wants another: nobody refused the one before.
        rotates_refresh_tokens: whether refresh tokens are good for one use.
        renews: whether the credential has a renewal that differs from its login.
        can_login: whether it can log in at any time.
        seed: fingerprint of the first refresh token, where that stands in for a login.
        inherited: whether this process was forked from one that may use what is in memory.
        now: in epoch seconds.
        log_in: whether the next token is to come from a login, whatever could be renewed or adopted.
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
        """The token in the store."""
        return None if self.entry is None else self.entry.token

    @property
    def refusal(self) -> CachedRefusal | None:
        """The refusal that the store holds, perhaps a past one."""
        return None if self.entry is None else self.entry.refusal

    @property
    def base(self) -> Token | None:
        """The token to renew from: the store's; the one in memory where nobody else can have used it up."""
        held = self.held
        if self.private or self.stored is None:
            one_time = self.rotates_refresh_tokens and held is not None and held.refresh_token is not None
            return held if self.private or not one_time else None
        return self.stored

    def one_time_print(self, way: Way) -> str | None:
        """The fingerprint of the refresh token of one use that this way would send; None if it sends none."""
        if not self.rotates_refresh_tokens or (way is Way.FETCH and self.can_login):
            return None
        return self.seed if way is Way.FETCH else print_of(self.base)

    def is_usable(self, token: Token | None) -> bool:
        """Whether calls may go on with this token."""
        if token is None or (self.rejected is not None and token.value == self.rejected.value):
            return False
        return self.lives(token)

    def lives(self, token: Token | None) -> bool:
        """Whether the token has not ended yet."""
        return token is not None and (token.expires_at is None or self.now < token.expires_at)


def choose(facts: Facts) -> Way:
    """The way to the next token. Every rule about what may be sent is here.

    ==============================================  ============  ==================================================
    what is known                                   with a login  without
    ==============================================  ============  ==================================================
    a login is asked for                            FETCH         as below
    the store holds a usable token, not ours        ADOPT         ADOPT
    nothing to renew from, and nothing ever was     FETCH         FETCH, by the first refresh token
    ... because it was void, or the store lost it   FETCH         STUCK
    ... because the store is away                   FETCH         STUCK (while it is away: first WAIT, to the end of
                                                                  the access token)
    what renews as often as one likes               REFRESH         REFRESH
    a refresh token of one use, untouched           REFRESH         REFRESH
    ... whose use was announced by a live process   FETCH         WAIT
    ... by one that is gone, access token usable    FETCH         WAIT: calls go on with the access token
    ... by one that is gone, access token ended     FETCH         REFRESH: there is nothing left to lose
    ==============================================  ============  ==================================================

    A login begins a family of its own, so it never harms the others.
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
        return Way.STUCK  # it was void, or a forked process keeps it
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
    """The fingerprint of a token's refresh token, as intents note it."""
    return None if token is None or token.refresh_token is None else refresh_print(token.refresh_token)


def refresh_print(refresh_token: Secret) -> str:
    """The fingerprint of a refresh token, as intents and seeds note it."""
    return secret_fingerprint(refresh_token, "refresh token")


def _may_still_save(intent: RefreshIntent, now: float) -> bool:
    """Whether whoever announced a use may have the next token and be about to save it. We hold the lock: not we."""
    if intent.holder in (NO_PROCESS, current_process_id()):
        return False
    alive = is_alive(intent.holder)
    return now - intent.written_at < _PATIENCE if alive is None else alive


def _differs(stored: Token | None, held: Token | None) -> bool:
    return stored is not None and (held is None or stored.value != held.value)
