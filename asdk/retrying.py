"""Retries: the policy (`Retry`), the budget per origin (`RetryQuota`), and the decision between attempts (`Retrying`).

Used by `RetryMiddleware`, by streams and by downloads. The decision is made from plain facts, so this module knows
neither requests nor responses. tenacity computes the waits; it is imported at the first failure, and its loop is not
used: the loop is a reference cycle around the request and would keep a forgotten client alive until the collector runs.
"""

from __future__ import annotations

import inspect
import math
import os
import random
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from asdk.clock import Clock
from asdk.errors import RETRYABLE_STATUSES, InvalidRequestError, describe_type

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: The tokens that an origin has while all is well.
CAPACITY: Final = 500

#: The tokens that a retry costs, and a retry after a 429: that server is alive and says when to come back.
RETRY_COST: Final = 14
THROTTLED_COST: Final = 5

#: The tokens that a call returns when it succeeds at its first attempt.
FIRST_TRY_REFUND: Final = 1

# Calls that were told the same Retry-After spread over this share of it, within these bounds in seconds.
_SPREAD, _LEAST_SPREAD, _MOST_SPREAD = 0.1, 0.05, 5.0

# The maximum number of origins that the quota remembers; older failures are evicted.
_MAX_ORIGINS = 1024

#: A wait strategy of tenacity, such as ``wait_fixed(1)``: takes the state of the call, returns seconds.
WaitStrategy: TypeAlias = Callable[["RetryCallState"], float]

#: A stop strategy of tenacity, such as ``stop_after_delay(30)``: takes the state of the call, returns True to stop.
StopStrategy: TypeAlias = Callable[["RetryCallState"], bool]


def check_seconds(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    """Raise InvalidRequestError for a setting that is not a positive, finite number of seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= sys.float_info.max:
        raise InvalidRequestError(f"{attribute.name} must be a number of seconds above 0, got {value!r}")


def _check_attempts(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError(f"attempts must be an integer of at least 1 (the first one counts), got {value!r}")


def _to_statuses(value: Iterable[int]) -> frozenset[int]:
    # A function, since type checkers cannot infer the argument of the class `frozenset` as a converter.
    return frozenset(value)


# Base classes of tenacity by what they decide. All are callables of one state, so only the class tells them apart.
_STRATEGY_BASES = {"wait": "wait_base", "stop": "stop_base", "retry": "retry_base"}


def _check_strategy(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    others = set(_STRATEGY_BASES.values()) - {_STRATEGY_BASES[attribute.name]}
    is_other = any(base.__name__ in others for base in type(value).__mro__)
    if not callable(value) or isinstance(value, type) or is_other or inspect.iscoroutinefunction(value):
        example = {"wait": "wait_fixed(1)", "stop": "stop_after_delay(30)"}[attribute.name]
        raise InvalidRequestError(
            f"{attribute.name} must be a {attribute.name} strategy of tenacity, such as {example}, a function of "
            f"RetryCallState, or None, got {describe_type(value)}"
        )


@attrs.frozen
class Retry:
    """A policy that says when and how a failed attempt is retried.

    By default the wait before retry *n* (from 0) is drawn from ``uniform(0, min(max_delay, base_delay * 2**n))``
    ("full jitter"). The server's Retry-After is always a lower bound for the wait. Calls that were told the same one
    return spread over the next 10 % of it (50 ms to 5 s, within the deadline), not all at once.

    ``wait`` and ``stop`` take tenacity's strategies, also combined::

        Retry(wait=wait_fixed(1), stop=stop_after_delay(30))
        Retry(wait=wait_chain(wait_fixed(1), wait_fixed(5)) + wait_random(0, 1), stop=stop_after_attempt(5))
        Retry(stop=stop_any(stop_after_attempt(10), stop_before_delay(20)))

    A strategy, or a function of one argument, is called after a failed attempt with a `tenacity.RetryCallState`. Its
    ``outcome`` contains the error (``outcome.exception()``), or the response with a status to retry
    (``outcome.result()``). A status is not an exception, so tenacity's ``wait_exception`` does not apply to it.
    ``attempt_number`` counts from 1. ``start_time``, ``outcome_timestamp`` and ``seconds_since_start`` are measured by
    the client's clock. A stop strategy also finds the wait in ``upcoming_sleep``.

    Two policies are equal if their numbers and statuses are: strategies are not compared, since those of tenacity do
    not compare equal.

    Attributes:
        attempts: the maximum number of attempts, the first one included. Ignored if ``stop`` is given.
        base_delay: the upper bound of the first wait, in seconds. Ignored if ``wait`` is given.
        max_delay: the upper bound of every wait, in seconds. Ignored if ``wait`` is given.
        statuses: the statuses that are retried.
        max_retry_after: the longest Retry-After to wait for, in seconds; a call that is told more fails at once.
        wait: computes each wait; None for full jitter.
        stop: returns True to make no further attempt; None to stop after ``attempts``. The deadline of the call, the
            retry quota and ``max_retry_after`` still apply.

    Raises:
        InvalidRequestError: a number is out of range, or a strategy is of the wrong type.
    """

    attempts: int = attrs.field(default=3, validator=_check_attempts)
    base_delay: float = attrs.field(default=0.5, validator=check_seconds)
    max_delay: float = attrs.field(default=8.0, validator=check_seconds)
    statuses: frozenset[int] = attrs.field(default=RETRYABLE_STATUSES, converter=_to_statuses)
    max_retry_after: float = attrs.field(default=120.0, validator=check_seconds)
    wait: WaitStrategy | None = attrs.field(default=None, validator=_check_strategy, eq=False, kw_only=True)
    stop: StopStrategy | None = attrs.field(default=None, validator=_check_strategy, eq=False, kw_only=True)


@attrs.frozen
class FailedAttempt:
    """A failed attempt that was retried.

    Attributes:
        reason: the status, or the name of the error.
        wait: seconds between this attempt and the next.
    """

    reason: int | str
    wait: float


class RetryQuota:
    """Retry tokens by origin, spent by retries and returned by successes; keeps a client from flooding a dead service.

    Owned by `RetryMiddleware`: one for all event loops and threads of a client and its copies. With the defaults, 200
    calls to a dead service send 235 requests; after that each call sends one. An origin with a full quota takes no
    memory, and a client whose calls succeed only checks whether `spent` is empty.

    Attributes:
        spent: the tokens that each origin has spent; an origin that is missing has a full quota. Read without the lock.
    """

    __slots__ = ("__weakref__", "_lock", "spent")

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._lock = threading.Lock()  # held for a few instructions, never across an await
        _quotas.add(self)

    def take(self, origin: str, cost: int) -> bool:
        """Spend tokens. Return False and spend nothing if too few are left."""
        with self._lock:
            spent = self.spent.pop(origin, 0)
            enough = spent + cost <= CAPACITY
            self.spent[origin] = spent + cost if enough else spent  # moves the origin to the end of the dictionary
            if len(self.spent) > _MAX_ORIGINS:
                del self.spent[next(iter(self.spent))]
            return enough

    def give(self, origin: str, tokens: int) -> None:
        """Return tokens, up to a full quota."""
        with self._lock:
            spent = self.spent.get(origin, 0) - tokens
            if spent > 0:
                self.spent[origin] = spent
            else:
                self.spent.pop(origin, None)

    def left(self, origin: str) -> int:
        """Return the tokens that the origin has left."""
        return CAPACITY - self.spent.get(origin, 0)

    def refund_first_try(self, origin: str) -> None:
        """Return what a call earns that succeeded at its first attempt."""
        self.give(origin, FIRST_TRY_REFUND)

    def reset_after_fork(self) -> None:
        """Replace the lock in a forked child: another thread of the parent may have held it during the fork."""
        self._lock = threading.Lock()


class Retrying:
    """The retries of one call: decides after each failed attempt whether another follows, and after which wait.

    Built at the first failure. A stream or download whose body breaks passes its own on in ``request.state.retrying``,
    so that its attempts count towards one policy, whether they fail in the middleware or above it.

    Args:
        policy: the policy of the call.
        clock: the client's clock.
        started: when the first attempt began, in monotonic seconds of the clock.
        deadline: when the call must be over, in monotonic seconds; None for never.
        quota: the budget to pay retries from; None for retries that cost nothing.
        origin: the origin that the quota is for.

    Attributes:
        is_quota_empty: whether the last decision was to stop because the quota of the origin is empty.
    """

    __slots__ = ("_clock", "_deadline", "_origin", "_paid", "_policy", "_quota", "_started", "_state", "is_quota_empty")

    def __init__(
        self,
        policy: Retry,
        clock: Clock,
        *,
        started: float,
        deadline: float | None = None,
        quota: RetryQuota | None = None,
        origin: str = "",
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._started = started
        self._deadline = deadline
        self._quota = quota
        self._origin = origin
        self._paid = 0
        self._state: RetryCallState | None = None
        self.is_quota_empty: bool = False

    def pause_before_next(
        self,
        attempt: int,
        outcome: object,
        *,
        retry_after: float | None = None,
        throttled: bool = False,
        free: bool = False,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None to stop. The quota is charged if another follows.

        Args:
            attempt: the number of the attempt that failed, from 1.
            outcome: its error, or its response, for strategies that inspect it. No reference is kept.
            retry_after: the seconds that the server asked to wait.
            throttled: whether the server answered 429, which makes the retry cheaper.
            free: whether the retry costs nothing, because the failed attempt made progress.

        Raises:
            InvalidRequestError: the policy's wait strategy returned something other than a number of seconds.
        """
        self.is_quota_empty = False
        asked = retry_after or 0.0
        if asked > self._policy.max_retry_after:
            return None
        left = math.inf if self._deadline is None else self._deadline - self._clock.monotonic()
        if asked >= left:
            return None
        pause = self._run_strategies(attempt, outcome, _spread(asked, left) if asked else 0.0)
        if pause is None or pause >= left:
            return None
        if self._quota is not None and not free:
            cost = THROTTLED_COST if throttled else RETRY_COST
            if not self._quota.take(self._origin, cost):
                self.is_quota_empty = True
                return None
            self._paid = cost
        return pause

    def succeeded(self) -> None:
        """Return the cost of the last retry to the quota: it was worth it."""
        if self._quota is not None and self._paid:
            self._quota.give(self._origin, self._paid)
        self._paid = 0

    def body_broke(self) -> None:
        """Take back what the quota got for the head of a response whose body then broke."""
        if self._quota is not None:
            self._quota.take(self._origin, FIRST_TRY_REFUND)

    def restart(self) -> None:
        """Restart the time that stop strategies measure, after progress. The caller restarts the count of attempts."""
        self._started = self._clock.monotonic()

    def _run_strategies(self, attempt: int, outcome: object, asked: float) -> float | None:
        """Return the wait, at least as long as asked, or None to stop. As in tenacity, the wait is computed first."""
        state = self._state
        if state is None:
            state = self._state = _make_state(self._policy)
        strategies = state.retry_object
        state.attempt_number = attempt
        state.start_time, state.outcome_timestamp = self._started, self._clock.monotonic()
        state.outcome = _make_outcome(attempt, outcome)
        try:
            state.upcoming_sleep = 0.0
            pause = state.upcoming_sleep = max(_check_pause(strategies.wait(state)), asked)
            if strategies.stop(state):
                return None
            state.idle_for += pause
            return pause
        finally:
            # The frames of the error lead to this state: a reference to the error would make a cycle.
            state.outcome = None
            del outcome


def _spread(asked: float, left: float) -> float:
    """Return a random wait from what was asked on, so that calls that were told the same do not return together.

    Args:
        asked: the seconds that the server asked to wait.
        left: the seconds until the deadline. At most half of the time after the asked wait is spent on spreading.
    """
    return asked + random.uniform(0.0, min(max(asked * _SPREAD, _LEAST_SPREAD), _MOST_SPREAD, (left - asked) / 2))


def _make_state(policy: Retry) -> RetryCallState:
    """Return tenacity's state for a policy. Its numbers define the strategies that it leaves out."""
    from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_random_exponential

    wait = policy.wait or wait_random_exponential(multiplier=policy.base_delay, max=policy.max_delay)
    stop = policy.stop or stop_after_attempt(policy.attempts)
    return RetryCallState(AsyncRetrying(wait=wait, stop=stop), None, (), {})


def _make_outcome(attempt: int, outcome: object) -> Any:
    from tenacity import Future

    future = Future(attempt)
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future


def _check_pause(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise InvalidRequestError(f"wait must return a number of seconds, got {value!r}")
    return float(value)


# A fork hook of its own: `asdk.concurrency` is above this module and must not be imported here.
_quotas: weakref.WeakSet[RetryQuota] = weakref.WeakSet()


def _after_fork() -> None:
    for quota in list(_quotas):
        quota.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
