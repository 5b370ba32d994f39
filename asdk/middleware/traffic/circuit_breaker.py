"""`CircuitBreaker`: rejects calls to a service that fails, until a probe succeeds.

It sits above the limits, so that a call does not wait for a slot or a permit only to be rejected.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict, deque

from asdk.concurrency.fork import reset_after_fork
from asdk.errors import (
    CircuitOpenError,
    ConfigurationError,
    DeadlineExceededError,
    PoolTimeoutError,
    ResponseTooLargeError,
    TransportError,
)
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler

_log = logging.getLogger("asdk")

# How many origins a breaker tracks: the most recently used.
_MAX_ORIGINS = 256

# The retry_after of a call that is rejected because a probe is in flight, in seconds.
_PROBE_RETRY_AFTER = 1.0


class CircuitBreaker:
    """Rejects calls at once, with a `CircuitOpenError`, while a service fails; separately for each origin.

    *Closed*, it remembers the last ``window`` requests, and *opens* for ``open_for`` seconds when ``failure_ratio`` of
    them have failed. Then it is *half-open*: one request passes as a probe. If the probe succeeds, the breaker closes
    and starts counting from zero; otherwise it opens again. A probe that was cancelled or never sent proves nothing:
    the next request is the probe.

    A failure is a status of 500 and above, or a `TransportError`. A `TokenError` does not count as a failure, and
    neither does a call that timed out before it was sent. Clients that get the same object share its state.

    Args:
        window: how many requests it remembers.
        failure_ratio: the share of ``window`` that must have failed, above 0 and up to 1.
        open_for: seconds.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    order = StackOrder.CIRCUIT_BREAKER

    def __init__(self, window: int = 100, failure_ratio: float = 0.5, open_for: float = 30.0) -> None:
        if not isinstance(window, int) or isinstance(window, bool) or window < 1:
            raise ConfigurationError(f"window must be a whole number of requests, at least 1, got {window!r}")
        if not _is_number(failure_ratio) or not 0 < failure_ratio <= 1:
            raise ConfigurationError(f"failure_ratio must be above 0 and at most 1, got {failure_ratio!r}")
        if not _is_number(open_for) or not 0 < open_for < math.inf:
            raise ConfigurationError(f"open_for must be a number of seconds above 0, got {open_for!r}")
        self.window: int = window
        self.failure_ratio: float = failure_ratio
        self.open_for: float = open_for
        self.reset()
        reset_after_fork(self.reset)

    def reset(self) -> None:
        """Close all circuits: at first, and in a forked child."""
        # Held for a few instructions, never across an await; reentrant like the lock of a `FairQueue`.
        self._lock = threading.RLock()
        self._circuits: OrderedDict[str, _Circuit] = OrderedDict()

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request unless the circuit of its origin is open."""
        origin = "/".join(request.url.split("/", 3)[:3])
        with self._lock:
            circuit = self._circuit_of(origin)
            wait = circuit.enter(request.clock.monotonic(), self.open_for)
            period = circuit.period
        if wait is not None:
            raise _rejection(request, origin, wait)
        failed: bool | None = None
        try:
            response = await call_next(request)
            failed = response.status >= 500
        except TransportError as error:
            failed = _is_failure(error)
            raise
        finally:
            with self._lock:
                turned = circuit.note(failed, period, request.clock.monotonic(), self.open_for)
            if turned:
                _report(origin, circuit, self.open_for)
        return response

    def __reduce__(self) -> tuple[object, ...]:
        return CircuitBreaker, (self.window, self.failure_ratio, self.open_for)

    def _circuit_of(self, origin: str) -> _Circuit:
        circuit = self._circuits.get(origin)
        if circuit is None:
            circuit = self._circuits[origin] = _Circuit(self.window, math.ceil(self.window * self.failure_ratio))
            if len(self._circuits) > _MAX_ORIGINS:
                self._circuits.popitem(last=False)
        elif len(self._circuits) > 1:
            self._circuits.move_to_end(origin)
        return circuit

    def __repr__(self) -> str:
        return f"CircuitBreaker(window={self.window}, failure_ratio={self.failure_ratio:g}, open_for={self.open_for:g})"


class _Circuit:
    """The state of one origin.

    Attributes:
        period: counts the changes of state; an outcome from an earlier period is ignored.
        failures: how many of the remembered requests failed.
    """

    __slots__ = ("_open_until", "_outcomes", "_probe_since", "_trips_at", "_window", "failures", "period")

    def __init__(self, window: int, trips_at: int) -> None:
        self._window = window
        self._trips_at = trips_at
        self._outcomes: deque[bool] = deque()
        self._open_until: float | None = None
        self._probe_since: float | None = None
        self.failures = 0
        self.period = 0

    @property
    def is_open(self) -> bool:
        """Return whether it is open or half-open."""
        return self._open_until is not None

    def enter(self, now: float, open_for: float) -> float | None:
        """Return None if a request may pass, else the seconds after which to try again."""
        if self._open_until is None:
            return None
        if now < self._open_until:
            return self._open_until - now
        # A probe that was abandoned, in a loop that no longer runs, blocks others for open_for seconds at most.
        if self._probe_since is not None and now - self._probe_since < open_for:
            return _PROBE_RETRY_AFTER
        self._probe_since = now
        self.period += 1
        return None

    def note(self, failed: bool | None, period: int, now: float, open_for: float) -> bool:
        """Record the outcome of a request; None if it proves nothing.

        Returns:
            Whether the circuit opened or closed because of it.
        """
        if period != self.period:
            return False
        if self._probe_since is not None:
            self._probe_since = None
            if failed is None:
                return False
        elif failed is None or not self._trips(failed):
            return False
        self._open_until = now + open_for if failed else None
        self.period += 1
        if not failed:
            self._outcomes.clear()
            self.failures = 0
        return True

    def _trips(self, failed: bool) -> bool:
        self._outcomes.append(failed)
        self.failures += failed
        if len(self._outcomes) > self._window:
            self.failures -= self._outcomes.popleft()
        return self.failures >= self._trips_at


def _is_failure(error: TransportError) -> bool | None:
    """Return whether the error means that the service fails; None if it says nothing about the service."""
    if isinstance(error, CircuitOpenError | PoolTimeoutError):
        return None
    if isinstance(error, DeadlineExceededError) and not error.sent:
        return None
    return not isinstance(error, ResponseTooLargeError)


def _rejection(request: Request, origin: str, wait: float) -> CircuitOpenError:
    return CircuitOpenError(
        f"{origin} failed too often: the circuit is open for {wait:.3g} s more",
        method=request.method,
        template=request.template,
        attempts=request.state.attempts - 1,
        retry_after=wait,
    )


def _report(origin: str, circuit: _Circuit, open_for: float) -> None:
    facts = {"origin": origin, "failures": circuit.failures}
    if circuit.is_open:
        _log.warning("%s fails: the circuit is open for %.3g s", origin, open_for, extra={"asdk": facts})
    else:
        _log.info("%s works again: the circuit is closed", origin, extra={"asdk": facts})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
