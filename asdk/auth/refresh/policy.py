"""The state of a token and all its transitions: `decide`, a pure function of plain facts. No clock, no lock, no I/O.

`TokenSource` gathers the facts and carries out the move.
"""

from __future__ import annotations

import random
from enum import Enum

import attrs

from asdk.auth.token import Token
from asdk.clock import Clock
from asdk.errors import AsdkError

# A token obtained because of a 401 is not refreshed for another 401 while it is younger than this, in seconds:
# otherwise a resource that always answers 401 would cost a token request per call.
_YOUNG = 30.0

# The interval, in seconds, at which the store and the source of the secret are checked again after a refusal.
_LOOK = 1.0

_TRANSIENT_COOL_DOWN = (1.0, 60.0)
_REFUSED_COOL_DOWN = (60.0, 900.0)
_LONGEST_RETRY_AFTER = 3600.0


@attrs.frozen
class Held:
    """A token with its deadlines on both clocks; a deadline has passed when either clock says so.

    Attributes:
        after_refusal: whether it was obtained because of a 401.
        is_new: whether it was requested just now; otherwise the store had it.
        by_login: whether it came from a login, or its credential has none.
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
        """Return the cached form of a token that was issued ``age`` seconds ago."""
        now, wall = clock.monotonic(), clock.time()
        if token.lifetime is None:
            end = float("inf")
            return cls(token, now, end, end, end, end, after_refusal, is_new, by_login)
        left = token.lifetime - age
        # Minus a jitter, so that processes that logged in together do not refresh together.
        window = min(refresh_before, 0.1 * token.lifetime) * random.uniform(0.8, 1.0)
        moments = (now, now + left - window, wall + left - window, now + left, wall + left)
        return cls(token, *moments, after_refusal, is_new, by_login)

    def is_alive(self, now: float, wall: float) -> bool:
        """Return whether it has not expired."""
        return now < self.expires_at and wall < self.expires_at_wall

    def is_fresh(self, now: float, wall: float) -> bool:
        """Return whether it is valid and not in its refresh window."""
        return now < self.renew_at and wall < self.renew_at_wall

    def is_young(self, now: float) -> bool:
        """Return whether it is too new to be refreshed for another 401."""
        life = self.token.lifetime
        return self.after_refusal and now - self.since < (_YOUNG if life is None else min(_YOUNG, life / 2))


@attrs.frozen
class Failure:
    """The reason why there is no token, and the cool-down in which the endpoint is not asked again.

    Attributes:
        error: each caller gets a copy of it.
        until: the end of the cool-down, on the monotonic clock.
        count: the number of consecutive failed flights.
        lasting: whether callers fail at once; otherwise they wait for the next flight while their time allows.
        look_at: the time from which one caller may check, before the end of the cool-down, whether the cause is gone.
    """

    error: AsdkError
    until: float
    count: int
    lasting: bool
    look_at: float = float("inf")


class Move(Enum):
    """The next step of a caller."""

    USE = "go on with the token that is held"
    USE_AND_RENEW = "use it, and start a flight in the background"
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
    """Return the next move of a caller: the state machine of a token.

    =========================  ==============  ===========  =====================  =====================
    token                      in flight       calm         transient cool-down    refused cool-down
    =========================  ==============  ===========  =====================  =====================
    fresh                      USE             USE          USE                    USE
    in its refresh window      USE             USE_AND_...  USE                    USE
    expired, absent, rejected  JOIN            LEAD         PAUSE                  FAIL; LEAD once a second
    =========================  ==============  ===========  =====================  =====================

    In a refused cool-down, LEAD only checks whether the store or the secret has changed; meanwhile other callers FAIL.

    *rejected*: a resource answered 401 to this token. A different token is used like any other; the same token counts
    as absent, unless it was just obtained because of a 401: then it is used again, and the 401 is final.
    *by_hand*: the token was not rejected, but a user asked for the next one, regardless of its age.
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
    """Return the failure to cache after another failed flight that was not a refusal.

    The cool-down begins at 1 s, doubles up to 60 s, and is never shorter than the endpoint asks for.

    Args:
        error: the failure of the flight.
        before: the failure cached until now.
        now: on the monotonic clock.
        lasting: whether callers fail at once.
    """
    count = before.count + 1 if before is not None and before.lasting == lasting else 1
    return Failure(error, now + _pause(error, count, _TRANSIENT_COOL_DOWN), count, lasting)


def refused(error: AsdkError, seconds: float, count: int, now: float) -> Failure:
    """Return the failure to cache after a refusal, for this many seconds."""
    return Failure(error, now + seconds, count, lasting=True, look_at=now + _LOOK)


def refusal_pause(error: AsdkError, count: int) -> float:
    """Return the cool-down, in seconds, after ``count`` consecutive refusals.

    It begins at 60 s and doubles up to 15 min, so that a wrong password does not keep an account locked.
    """
    return _pause(error, count, _REFUSED_COOL_DOWN)


def _pause(error: AsdkError, count: int, limits: tuple[float, float]) -> float:
    first, longest = limits
    pause = min(longest, first * 2.0 ** min(count - 1, 60)) * random.uniform(0.8, 1.0)
    return pause if error.retry_after is None else max(pause, min(error.retry_after, _LONGEST_RETRY_AFTER))
