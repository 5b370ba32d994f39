"""`RetryMiddleware`, which retries failed attempts when that is safe.

Built into every client. It sits below logging and above everything that runs once per attempt. The first attempt runs
bare: nothing for retries is built before a failure.
"""

from __future__ import annotations

import logging
from typing import TypeAlias

from asdk.errors import CircuitOpenError, TransportError
from asdk.http.rate_limit_headers import is_throttled, seconds_to_wait
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import origin_of
from asdk.middleware.chain import StackOrder
from asdk.retrying import FailedAttempt, Retry, Retrying, RetryQuota
from asdk.transports.base import Handler

_log = logging.getLogger("asdk")

#: The outcome of an attempt. A failure is a value here until it is decided what to do about it.
Outcome: TypeAlias = Response | TransportError


class RetryMiddleware:
    """Middleware that retries by the policy in ``request.options``, within the deadline and the quota of the origin.

    The first attempt sends the original request, each later one a copy that shares ``request.state``: what middlewares
    set on one retry does not reach the next.

    Attributes:
        quota: the retry budget of each origin, shared by every copy of the client.
    """

    order = StackOrder.RETRY

    def __init__(self, quota: RetryQuota | None = None) -> None:
        self.quota: RetryQuota = RetryQuota() if quota is None else quota

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request, again if that is safe and the policy says so."""
        policy = request.options.retry
        if policy is None:
            return await call_next(request)
        if request.stream:
            request.state.quota = self.quota
        started = 0.0 if policy.wait is None and policy.stop is None else request.clock.monotonic()
        outcome: Outcome
        try:
            outcome = await call_next(request)
            # `_has_failed` is called for a 403 alone: a good response costs no call.
            if outcome.status not in policy.statuses and (
                outcome.status != 403 or not _has_failed(request, outcome, policy)
            ):
                if self.quota.spent:
                    self.quota.refund_first_try(origin_of(request.url))
                return outcome
        except TransportError as error:
            outcome = error
        if is_retryable(request, outcome, policy):
            outcome = await self._retry(request, call_next, policy, outcome, started)
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            # A frame that keeps the error it raises makes a cycle, which would keep the chain and its connections.
            del outcome

    async def _retry(
        self, request: Request, call_next: Handler, policy: Retry, outcome: Outcome, started: float
    ) -> Outcome:
        """Make further attempts until one succeeds, or the policy, the deadline, the server or the quota ends them."""
        retrying, attempt = request.state.retrying, request.state.attempts
        if retrying is None:
            attempt = 1  # of this send: the same request may be sent twice
            retrying = Retrying(
                policy,
                request.clock,
                started=started,
                deadline=request.state.deadline,
                quota=self.quota,
                origin=origin_of(request.url),
            )
        try:
            while True:
                pause = await _pause_before_next(retrying, attempt, outcome, request)
                if pause is None:
                    break
                _record(request, policy, outcome, pause)
                if isinstance(outcome, Response):
                    await outcome.aclose()  # its connection is free for others while this call waits
                await request.clock.sleep(pause)
                request.state.attempts += 1
                attempt += 1
                outcome = await _attempt(request.next_attempt(), call_next)
                if isinstance(outcome, Response) and not _has_failed(request, outcome, policy):
                    retrying.succeeded()
                if not is_retryable(request, outcome, policy):
                    break
            return outcome
        finally:
            # From Python 3.13 on, the frames of the error lead back to this one and to its variables: a cycle.
            del outcome


async def _attempt(request: Request, call_next: Handler) -> Outcome:
    try:
        return await call_next(request)
    except TransportError as error:
        return error  # the error keeps this frame, and this frame does not keep the error: no cycle


async def _pause_before_next(retrying: Retrying, attempt: int, outcome: Outcome, request: Request) -> float | None:
    try:
        pause = retrying.pause_before_next(
            attempt,
            outcome,
            retry_after=_retry_after(outcome, request),
            throttled=isinstance(outcome, Response) and _is_throttled(request, outcome),
        )
    except BaseException:  # a strategy of the user raised
        if isinstance(outcome, Response):
            await outcome.aclose()
        raise
    finally:
        del outcome  # as in `RetryMiddleware`: no frame may keep an error
    if retrying.is_quota_empty:
        _log.info("%s %s: not retried, the retry quota is empty", request.method, request.template)
    return pause


def is_retryable(request: Request, outcome: Outcome, policy: Retry) -> bool:
    """Return whether another attempt may succeed and a second request can do no harm.

    A request that is not idempotent (by its method, its key or its operation) is retried only if the server certainly
    did not act on it: the connection was never made, or the server answered 429, or 403 for a spent limit. No retry is
    made against an open circuit breaker.
    """
    if not request.replayable:
        return False
    if isinstance(outcome, Response):
        return _has_failed(request, outcome, policy) and (request.idempotent or _is_throttled(request, outcome))
    if isinstance(outcome, CircuitOpenError):
        return False
    return outcome.retryable and (request.idempotent or not outcome.sent)


def _has_failed(request: Request, response: Response, policy: Retry) -> bool:
    """Return whether the policy retries this response: for its status, or as a 429 that some servers answer as 403."""
    return response.status in policy.statuses or (429 in policy.statuses and _is_throttled(request, response))


def _is_throttled(request: Request, response: Response) -> bool:
    return is_throttled(response.status, response.headers, request.clock.time())


def _retry_after(outcome: Outcome, request: Request) -> float | None:
    if isinstance(outcome, Response):
        return seconds_to_wait(outcome.status, outcome.headers, request.clock.time())
    return outcome.retry_after


def _record(request: Request, policy: Retry, outcome: Outcome, pause: float) -> None:
    """Add the failed attempt to the history, and log that another follows."""
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
        "%s %s: %s, attempt %d%s follows in %.2f s",
        request.method,
        request.template,
        reason,
        request.state.attempts + 1,
        f" of {policy.attempts}" if policy.stop is None else "",
        pause,
        extra={"asdk": facts},
    )
