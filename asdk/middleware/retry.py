"""Repeats an attempt that failed, when that is safe and worth it. Stands below logging, above all that an attempt
needs.

The first try runs bare. tenacity is built, and imported, at the first failure: around a try that works it would cost
more than all the rest of the call.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

from asdk.errors import TransportError
from asdk.headers import retry_after
from asdk.middleware.chain import Place
from asdk.options import Retry
from asdk.request import Request
from asdk.response import Response
from asdk.transports.base import Handler

if TYPE_CHECKING:
    from tenacity import RetryCallState

_log = logging.getLogger("asdk")

#: What an attempt comes to, here where a failure is a value until it is decided what to do about it.
Outcome: TypeAlias = Response | TransportError


class RetryMiddleware:
    """Repeats by the `Retry` policy in ``request.options``, within the deadline of the call."""

    place = Place.RETRY

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        policy = request.options.retry
        if policy is None:
            return await call_next(request)
        outcome: Outcome
        try:
            outcome = await call_next(request)
            if outcome.status not in policy.statuses:
                return outcome
        except TransportError as error:
            outcome = error
        if policy.attempts > 1 and is_worth_repeating(request, outcome, policy):
            outcome = await _repeat(request, call_next, policy, outcome)
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            # A frame that keeps the error it raises makes a cycle, and that would keep the chain and its connections.
            del outcome


def is_worth_repeating(request: Request, outcome: Outcome, policy: Retry) -> bool:
    """Whether the outcome may be better next time, and a second request can do no harm.

    A request that is not idempotent, by its method, its key or its operation, is repeated only if the server surely did
    not act on it: the connection was never made, or it answered 429.
    """
    if not request.replayable:
        return False
    if isinstance(outcome, Response):
        return outcome.status in policy.statuses and (request.idempotent or outcome.status == 429)
    return outcome.retryable and (request.idempotent or not outcome.sent)


async def _repeat(request: Request, call_next: Handler, policy: Retry, first: Outcome) -> Outcome:
    """Attempts after the first, until one is good, or the policy, the deadline or the server says stop."""
    from tenacity import AsyncRetrying, retry_if_result, wait_random_exponential

    jitter = wait_random_exponential(multiplier=policy.base_delay, max=policy.max_delay)
    earlier: list[Outcome] = [first]

    async def attempt() -> Outcome:
        if earlier:
            return earlier.pop()  # the bare first try: tenacity only has to wait after it
        request.attempts += 1
        try:
            return await call_next(request)
        except TransportError as error:
            return error

    def wait(state: RetryCallState) -> float:
        return max(float(jitter(state)), _asked(_outcome(state), request) or 0.0)

    def stop(state: RetryCallState) -> bool:
        left = request.remaining()
        pause: float = state.upcoming_sleep
        too_late = left is not None and pause >= left
        too_long = (_asked(_outcome(state), request) or 0.0) > policy.max_retry_after
        return state.attempt_number >= policy.attempts or too_late or too_long

    async def before_sleep(state: RetryCallState) -> None:
        outcome = _outcome(state)
        _report(request, policy, outcome, state.upcoming_sleep)
        if isinstance(outcome, Response):
            await outcome.aclose()  # its connection is free for others while this call waits

    retrying = AsyncRetrying(
        sleep=request.clock.sleep,
        wait=wait,
        stop=stop,
        retry=retry_if_result(lambda outcome: is_worth_repeating(request, outcome, policy)),
        before_sleep=before_sleep,
        retry_error_callback=_outcome,
    )
    return await retrying(attempt)


def _outcome(state: RetryCallState) -> Outcome:
    assert state.outcome is not None
    outcome: Outcome = state.outcome.result()
    return outcome


def _asked(outcome: Outcome, request: Request) -> float | None:
    """Seconds that the server wants to be left alone, if it said so."""
    if isinstance(outcome, Response):
        return retry_after(outcome.headers, request.clock.time())
    return outcome.retry_after


def _report(request: Request, policy: Retry, outcome: Outcome, pause: float) -> None:
    if not _log.isEnabledFor(logging.INFO):
        return
    reason = outcome.status if isinstance(outcome, Response) else type(outcome).__name__
    facts = {
        "id": request.id,
        "method": request.method,
        "template": request.template,
        "attempt": request.attempts,
        "reason": reason,
        "wait_ms": round(pause * 1000, 1),
    }
    _log.info(
        "%s %s: %s, attempt %d of %d follows in %.2f s",
        request.method,
        request.template,
        reason,
        request.attempts + 1,
        policy.attempts,
        pause,
        extra={"asdk": facts},
    )
