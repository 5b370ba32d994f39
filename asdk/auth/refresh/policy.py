"""The states of a token and all their transitions: `next_action`, a pure function. No clock, no lock, no I/O.

`TokenSource` gathers the facts and carries out the action.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import Final, NamedTuple

import attrs

from asdk.auth.token import Token
from asdk.clock import Clock
from asdk.errors import AsdkError, TokenUnavailableError

# A token obtained because of a 401 is not refreshed for another 401 while it is younger than this, in seconds:
# otherwise a resource that always answers 401 would cost a token request per call.
_YOUNG_AGE = 30.0

# The interval, in seconds, at which the store and the source of the secret are checked again after a refusal.
_RECHECK_INTERVAL = 1.0

# How often a token endpoint that was never reached is tried before callers stop waiting for it.
_ATTEMPTS_TO_REACH: Final = 3

_NEVER: Final = float("inf")

_TRANSIENT_COOL_DOWN = (1.0, 60.0)
_REFUSED_COOL_DOWN = (60.0, 900.0)
_LONGEST_RETRY_AFTER = 3600.0


class RefreshRequest(NamedTuple):
    """A caller's requirements for a token besides being valid.

    Attributes:
        replaces: the token that the caller cannot use.
        forced: whether that token was not rejected and a user asked for the next one, regardless of its age.
        log_in: whether the token must come from a login even if it could be refreshed.
    """

    replaces: Token | None = None
    forced: bool = False
    log_in: bool = False

    def is_met_by(self, cached: CachedToken) -> bool:
        """Return whether this token meets the requirements, although another caller requested it."""
        return not self.forced or (cached.by_login if self.log_in else cached.is_new)


@attrs.frozen
class CachedToken:
    """A token with its deadlines on both clocks; a deadline has passed when either clock says so.

    Attributes:
        after_rejection: whether it was obtained because of a 401.
        is_new: whether it was requested just now; otherwise the store had it.
        by_login: whether it came from a login, or its credential has none.
    """

    token: Token
    since: float
    refresh_at: float
    refresh_at_wall: float
    expires_at: float
    expires_at_wall: float
    after_rejection: bool
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
        after_rejection: bool = False,
        is_new: bool = True,
        by_login: bool = True,
    ) -> CachedToken:
        """Return the cached form of a token that was issued ``age`` seconds ago."""
        now, wall = clock.monotonic(), clock.time()
        if token.lifetime is None:
            end = float("inf")
            return cls(token, now, end, end, end, end, after_rejection, is_new, by_login)
        left = token.lifetime - age
        # Minus a jitter, so that processes that logged in together do not refresh together.
        window = min(refresh_before, 0.1 * token.lifetime) * random.uniform(0.8, 1.0)
        deadlines = (now + left - window, wall + left - window, now + left, wall + left)
        return cls(token, now, *deadlines, after_rejection, is_new, by_login)

    def is_alive(self, now: float, wall: float, grace: float = 0.0) -> bool:
        """Return whether it has not expired, or expired less than ``grace`` seconds ago."""
        return now < self.expires_at + grace and wall < self.expires_at_wall + grace

    def is_fresh(self, now: float, wall: float) -> bool:
        """Return whether it is valid and not in its refresh window."""
        return now < self.refresh_at and wall < self.refresh_at_wall

    def is_young(self, now: float) -> bool:
        """Return whether it is too new to be refreshed for another 401."""
        life = self.token.lifetime
        return self.after_rejection and now - self.since < (_YOUNG_AGE if life is None else min(_YOUNG_AGE, life / 2))


@attrs.frozen
class RefreshFailure:
    """The reason why there is no token, and the cool-down in which the endpoint is not asked again.

    Attributes:
        error: each caller gets a copy of it.
        until: the end of the cool-down, on the monotonic clock.
        count: the number of consecutive failed refreshes.
        lasting: whether callers fail at once; otherwise they wait for the next refresh while their time allows.
        recheck_at: the time from which one caller may check, before the end of the cool-down, whether the cause of a
            refusal is gone; infinite for other failures.
    """

    error: AsdkError
    until: float
    count: int
    lasting: bool
    recheck_at: float = _NEVER

    @property
    def is_outage(self) -> bool:
        """Return whether the endpoint failed, rather than refused the credential."""
        return self.recheck_at == _NEVER and isinstance(self.error, TokenUnavailableError)


class Action(Enum):
    """What a caller does next."""

    USE = "use the cached token"
    USE_AND_REFRESH = "use it, and start a refresh in the background"
    JOIN = "wait for the refresh in flight"
    START = "start a refresh and wait for it"
    WAIT = "wait for the end of the cool-down, then decide again"
    FAIL = "raise the shared failure"


def next_action(
    cached: CachedToken | None,
    failure: RefreshFailure | None,
    request: RefreshRequest,
    *,
    in_flight: bool,
    now: float,
    wall: float,
    serve_stale: float = 0.0,
) -> Action:
    """Return the next action of a caller: the state machine of a token.

    =========================  ==============  ===========  =====================  ======================
    token                      in flight       calm         transient cool-down    refused cool-down
    =========================  ==============  ===========  =====================  ======================
    fresh                      USE             USE          USE                    USE
    in its refresh window      USE             USE_AND_...  USE                    USE
    expired, absent, rejected  JOIN            START        WAIT                   FAIL; START once a second
    =========================  ==============  ===========  =====================  ======================

    In a refused cool-down, START only checks whether the store or the secret has changed; meanwhile other callers FAIL.

    A token that the request replaces counts as absent, unless it was just obtained because of a 401: then it is used
    again, and the 401 is final. Any other token is used.

    During an outage of the endpoint, a token that expired less than ``serve_stale`` seconds ago counts as being in its
    refresh window.
    """
    outage = serve_stale > 0 and failure is not None and failure.is_outage
    if cached is not None and cached.is_alive(now, wall, serve_stale if outage else 0.0):
        if request.replaces is None or request.replaces.value != cached.token.value:
            cooling = failure is not None and now < failure.until
            return Action.USE if in_flight or cooling or cached.is_fresh(now, wall) else Action.USE_AND_REFRESH
        if cached.is_young(now) and not request.forced:
            return Action.USE
    if failure is None or now >= failure.until:
        return Action.JOIN if in_flight else Action.START
    if not failure.lasting:
        return Action.JOIN if in_flight else Action.WAIT
    return Action.START if now >= failure.recheck_at and not in_flight else Action.FAIL


def cool_down(
    error: AsdkError, before: RefreshFailure | None, now: float, *, reached: bool = True, lasting: bool = False
) -> RefreshFailure:
    """Return the failure to cache after another failed refresh that was not a refusal.

    The cool-down begins at 1 s, doubles up to 60 s, and is never shorter than the endpoint asks for. While the endpoint
    has never been reached, its URL may be wrong: callers then wait for three attempts, as other calls do.

    Args:
        error: the failure of the refresh.
        before: the failure cached until now.
        now: on the monotonic clock.
        reached: whether a token was ever obtained.
        lasting: whether callers fail at once in any case.
    """
    count = before.count + 1 if before is not None and before.recheck_at == _NEVER else 1
    if not reached and isinstance(error, TokenUnavailableError) and error.endpoint_missing:
        lasting = lasting or count >= _ATTEMPTS_TO_REACH
    return RefreshFailure(error, now + _pause(error, count, _TRANSIENT_COOL_DOWN), count, lasting)


def refused(error: AsdkError, seconds: float, count: int, now: float) -> RefreshFailure:
    """Return the failure to cache after a refusal, for this many seconds."""
    return RefreshFailure(error, now + seconds, count, lasting=True, recheck_at=now + _RECHECK_INTERVAL)


def refusal_pause(error: AsdkError, count: int) -> float:
    """Return the cool-down, in seconds, after ``count`` consecutive refusals.

    It begins at 60 s and doubles up to 15 min, so that a wrong password does not keep an account locked.
    """
    return _pause(error, count, _REFUSED_COOL_DOWN)


def _pause(error: AsdkError, count: int, limits: tuple[float, float]) -> float:
    first, longest = limits
    pause = min(longest, first * 2.0 ** min(count - 1, 60)) * random.uniform(0.8, 1.0)
    return pause if error.retry_after is None else max(pause, min(error.retry_after, _LONGEST_RETRY_AFTER))
