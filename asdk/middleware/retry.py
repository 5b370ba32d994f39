"""Repeats an attempt that failed, when that is safe and worth it. Stands below logging, above all that an attempt
needs.

The first try runs bare. What tenacity brings, the waits, is built and imported at the first failure. Its loop is not
used: that is a reference cycle around the request, and would keep a forgotten client until the collector runs.
"""

from __future__ import annotations

import logging
from typing import TypeAlias

from asdk.errors import CircuitOpenError, TransportError
from asdk.http.headers import retry_after
from asdk.http.options import Retry
from asdk.http.request import FailedAttempt, Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.middleware.chain import StackOrder
from asdk.retrying import FIRST_TRY_REFUND, RETRY_COST, THROTTLED_COST, RetryQuota
from asdk.transports.base import Handler

_log = logging.getLogger("asdk")

#: What an attempt comes to, here where a failure is a value until it is decided what to do about it.
Outcome: TypeAlias = Response | TransportError


class RetryMiddleware:
    """Repeats by the `Retry` policy in ``request.options``, within the deadline of the call and the quota of its
    origin.

    Attributes:
        quota: what each origin may still be sent in retries; shared by every copy of the client.
    """

    order = StackOrder.RETRY

    def __init__(self) -> None:
        self.quota = RetryQuota()

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        policy = request.options.retry
        if policy is None:
            return await call_next(request)
        if request.stream:
            request.state.quota = self.quota
        outcome: Outcome
        try:
            outcome = await call_next(request)
            if outcome.status not in policy.statuses:
                if self.quota.spent:
                    self.quota.give(origin_of(request.url), FIRST_TRY_REFUND)
                return outcome
        except TransportError as error:
            outcome = error
        if policy.attempts > 1 and is_worth_repeating(request, outcome, policy):
            outcome = await self._repeat(request, call_next, policy, outcome)
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            # A frame that keeps the error it raises makes a cycle, and that would keep the chain and its connections.
            del outcome

    async def _repeat(self, request: Request, call_next: Handler, policy: Retry, outcome: Outcome) -> Outcome:
        """Attempts after the first, until one is good, or the policy, the deadline, the server or the quota says
        stop."""
        waits, origin = _Waits(policy), origin_of(request.url)
        for number in range(1, policy.attempts):
            asked = _asked(outcome, request)
            pause = max(waits.after(number), asked)
            left = request.remaining()
            if asked > policy.max_retry_after or (left is not None and pause >= left):
                break
            cost = _cost(outcome)
            if not self.quota.take(origin, cost):
                _log.info("%s %s: no attempt follows, the retry quota is empty", request.method, request.template)
                break
            _note(request, policy, outcome, pause)
            if isinstance(outcome, Response):
                await outcome.aclose()  # its connection is free for others while this call waits
            await request.clock.sleep(pause)
            request.state.attempts += 1
            outcome = await _attempt(request, call_next)
            if isinstance(outcome, Response) and outcome.status not in policy.statuses:
                self.quota.give(origin, cost)
            if not is_worth_repeating(request, outcome, policy):
                break
        try:
            return outcome
        finally:
            # From Python 3.13 on the frames of the error lead back to this one, with what it still holds: a cycle.
            del outcome


async def _attempt(request: Request, call_next: Handler) -> Outcome:
    try:
        return await call_next(request)
    except TransportError as error:
        return error  # this frame, which the error keeps, does not keep the error: no cycle


def is_worth_repeating(request: Request, outcome: Outcome, policy: Retry) -> bool:
    """Whether the outcome may be better next time, and a second request can do no harm.

    A request that is not idempotent, by its method, its key or its operation, is repeated only if the server surely did
    not act on it: the connection was never made, or it answered 429. An open circuit breaker says not to ask.
    """
    if not request.replayable:
        return False
    if isinstance(outcome, Response):
        return outcome.status in policy.statuses and (request.idempotent or outcome.status == 429)
    if isinstance(outcome, CircuitOpenError):
        return False
    return outcome.retryable and (request.idempotent or not outcome.sent)


class _Waits:
    """tenacity's full jitter, without its loop."""

    __slots__ = ("_draw", "_state")

    def __init__(self, policy: Retry) -> None:
        from tenacity import AsyncRetrying, RetryCallState, wait_random_exponential

        self._draw = wait_random_exponential(multiplier=policy.base_delay, max=policy.max_delay)
        self._state = RetryCallState(AsyncRetrying(wait=self._draw), None, (), {})

    def after(self, attempts: int) -> float:
        """Seconds to wait after so many attempts."""
        self._state.attempt_number = attempts
        return float(self._draw(self._state))


def _asked(outcome: Outcome, request: Request) -> float:
    """Seconds that the server wants to be left alone; 0 if it did not say."""
    if isinstance(outcome, Response):
        return retry_after(outcome.headers, request.clock.time()) or 0.0
    return outcome.retry_after or 0.0


def _cost(outcome: Outcome) -> int:
    return THROTTLED_COST if isinstance(outcome, Response) and outcome.status == 429 else RETRY_COST


def _note(request: Request, policy: Retry, outcome: Outcome, pause: float) -> None:
    """Remember the attempt that failed, and log that another follows."""
    reason = outcome.status if isinstance(outcome, Response) else type(outcome).__name__
    request.state.history = (*request.state.history, FailedAttempt(reason, round(pause, 4)))
    if not _log.isEnabledFor(logging.INFO):
        return
    facts = {
        "id": request.id,
        "method": request.method,
        "template": request.template,
        "attempt": request.state.attempts,
        "reason": reason,
        "wait_ms": round(pause * 1000, 1),
    }
    _log.info(
        "%s %s: %s, attempt %d of %d follows in %.2f s",
        request.method,
        request.template,
        reason,
        request.state.attempts + 1,
        policy.attempts,
        pause,
        extra={"asdk": facts},
    )
