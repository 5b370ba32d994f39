"""The state of a token, and every transition of it: `decide`. Plain facts in, one move out; no clock, no lock, no I/O.

`TokenSource` gathers the facts and carries the move out.
"""

from __future__ import annotations

import random
from enum import Enum

import attrs

from asdk.auth.token import Token
from asdk.clock import Clock
from asdk.errors import AsdkError

# A token that was got because of a 401 is not renewed for another 401 while it is younger than this, in seconds: a
# resource that always says 401 would cost a token request a call.
_YOUNG = 30.0

# How often the reason of a refusal is looked at again, in seconds: the store, and where the secret comes from.
_LOOK = 1.0

_TRANSIENT_COOL_DOWN = (1.0, 60.0)
_REFUSED_COOL_DOWN = (60.0, 900.0)
_LONGEST_RETRY_AFTER = 3600.0


@attrs.frozen
class Held:
    """A token with the moments that matter, on both clocks: it is past one when either says so.

    Attributes:
        after_refusal: whether it was got because of a 401.
        is_new: whether it was asked for just now; else the store had it.
        by_login: whether it came from a login, or there is none for its credential.
    """

    token: Token
    since: float
    renew_at: float
    renew_at_wall: float
    expires_at: float
    expires_at_wall: float
    after_refusal: bool
    is_new: bool = True
    by_login: bool = True

    @classmethod
    def of(
        cls,
        token: Token,
        clock: Clock,
        refresh_before: float,
        *,
        age: float,
        after_refusal: bool = False,
        is_new: bool = True,
        by_login: bool = True,
    ) -> Held:
        """A token that was issued ``age`` seconds ago."""
        now, wall = clock.monotonic(), clock.time()
        if token.lifetime is None:
            end = float("inf")
            return cls(token, now, end, end, end, end, after_refusal, is_new, by_login)
        left = token.lifetime - age
        # Less a jitter, so that processes which logged in together do not renew together.
        window = min(refresh_before, 0.1 * token.lifetime) * random.uniform(0.8, 1.0)
        moments = (now, now + left - window, wall + left - window, now + left, wall + left)
        return cls(token, *moments, after_refusal, is_new, by_login)

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
        look_at: from when on one caller may look, before the end of the cool-down, whether the reason has gone.
    """

    error: AsdkError
    until: float
    count: int
    lasting: bool
    look_at: float = float("inf")


class Move(Enum):
    """What a caller does next."""

    USE = "go on with the token that is held"
    USE_AND_RENEW = "go on with it, and start a flight that nobody waits for"
    JOIN = "wait for the flight under way"
    LEAD = "start a flight and wait for it"
    PAUSE = "wait for the end of the cool-down, then decide again"
    FAIL = "raise the shared failure"


def decide(
    held: Held | None,
    failure: Failure | None,
    *,
    flying: bool,
    rejected: Token | None,
    by_hand: bool = False,
    now: float,
    wall: float,
) -> Move:
    """The state machine of a token: every transition is here.

    =========================  ==============  ===========  =====================  =====================
    token                      in flight       calm         transient cool-down    refused cool-down
    =========================  ==============  ===========  =====================  =====================
    fresh                      USE             USE          USE                    USE
    in its refresh window      USE             USE_AND_...  USE                    USE
    expired, absent, rejected  JOIN            LEAD         PAUSE                  FAIL; LEAD once a second
    =========================  ==============  ===========  =====================  =====================

    What leads in a refused cool-down only looks, whether the store or the secret has changed; meanwhile others FAIL.

    *rejected*: a resource answered 401 to this very token. Another one in its place is used as any other is; the same
    one counts as absent, unless it was got because of a 401 a moment ago: then it is used again, and the 401 stands.
    *by_hand*: nobody refused it, but a user wants the next one, however young this one is.
    """
    if held is not None and held.is_alive(now, wall):
        if rejected is None or rejected.value != held.token.value:
            cooling = failure is not None and now < failure.until
            return Move.USE if flying or cooling or held.is_fresh(now, wall) else Move.USE_AND_RENEW
        if held.is_young(now) and not by_hand:
            return Move.USE
    if failure is None or now >= failure.until:
        return Move.JOIN if flying else Move.LEAD
    if not failure.lasting:
        return Move.JOIN if flying else Move.PAUSE
    return Move.LEAD if now >= failure.look_at and not flying else Move.FAIL


def cool_down(error: AsdkError, before: Failure | None, now: float, *, lasting: bool) -> Failure:
    """The failure to keep after one more flight that failed, for what is no refusal of the endpoint.

    It cools down from a second, doubling to a minute, and never less than the endpoint asks for.

    Args:
        error: what went wrong.
        before: the failure that was kept until now.
        now: on the monotonic clock.
        lasting: whether callers fail at once.
    """
    count = before.count + 1 if before is not None and before.lasting == lasting else 1
    return Failure(error, now + _pause(error, count, _TRANSIENT_COOL_DOWN), count, lasting)


def refused(error: AsdkError, seconds: float, count: int, now: float) -> Failure:
    """The failure to keep after a refusal, for so many seconds more."""
    return Failure(error, now + seconds, count, lasting=True, look_at=now + _LOOK)


def refusal_pause(error: AsdkError, count: int) -> float:
    """Seconds for which an endpoint is left alone after so many refusals in a row.

    From a minute, doubling to a quarter of an hour, so that a wrong password does not keep an account locked.
    """
    return _pause(error, count, _REFUSED_COOL_DOWN)


def _pause(error: AsdkError, count: int, limits: tuple[float, float]) -> float:
    first, longest = limits
    pause = min(longest, first * 2.0 ** min(count - 1, 60)) * random.uniform(0.8, 1.0)
    return pause if error.retry_after is None else max(pause, min(error.retry_after, _LONGEST_RETRY_AFTER))
