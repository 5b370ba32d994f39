"""`CircuitBreaker`: leaves a service alone that fails, until one probe comes through. Stands above the limits, so that
no call waits for a place or a permit only to be turned away.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict, deque

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
from asdk.middleware.traffic.fair_queue import reset_after_fork
from asdk.transports.base import Handler

_log = logging.getLogger("asdk")

# How many origins a breaker keeps count of, the last used ones.
_MOST_ORIGINS = 256

# When a call may come again that was turned away because a probe is under way, in seconds.
_SOON = 1.0


class CircuitBreaker:
    """Turns calls away at once, with a `CircuitOpenError`, while a service fails anyway; for each origin apart.

    *Closed*, it remembers the last ``window`` requests, and *opens* for ``open_for`` seconds when ``failure_ratio`` of
    them have failed. Then it is *half-open*: one request goes through as a probe. If that succeeds the breaker closes
    and counts anew, else it opens again. A probe that was cancelled, or never sent, proves nothing: the next request is
    the probe.

    A failure is a status of 500 and above, or a `TransportError`. A `TokenError` is none, nor is a call whose time ran
    out before it was sent. Give one object to several clients, and they share what they know.

    Args:
        window: of how many requests it remembers the outcome.
        failure_ratio: which part of ``window`` must have failed, above 0 and up to 1.
        open_for: seconds.

    Raises:
        ConfigurationError: one of them cannot be used.
    """

    order = StackOrder.CIRCUIT_BREAKER

    def __init__(self, window: int = 100, failure_ratio: float = 0.5, open_for: float = 30.0) -> None:
        if not isinstance(window, int) or isinstance(window, bool) or window < 1:
            raise ConfigurationError(f"window is a whole number of requests, at least 1; it is {window!r}")
        if not _is_number(failure_ratio) or not 0 < failure_ratio <= 1:
            raise ConfigurationError(f"failure_ratio is above 0 and at most 1; it is {failure_ratio!r}")
        if not _is_number(open_for) or not 0 < open_for < math.inf:
            raise ConfigurationError(f"open_for is a number of seconds above 0; it is {open_for!r}")
        self.window, self.failure_ratio, self.open_for = window, failure_ratio, open_for
        self.begin()
        reset_after_fork(self)

    def begin(self) -> None:
        """All closed: at first, and in a forked child."""
        # Held for a few instructions, never across an await; reentrant as that of a `FairQueue`.
        self._lock = threading.RLock()
        self._circuits: OrderedDict[str, _Circuit] = OrderedDict()

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        origin = "/".join(request.url.split("/", 3)[:3])
        with self._lock:
            circuit = self._circuit_of(origin)
            wait = circuit.enter(request.clock.monotonic(), self.open_for)
            period = circuit.period
        if wait is not None:
            raise _turned_away(request, origin, wait)
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
            if len(self._circuits) > _MOST_ORIGINS:
                self._circuits.popitem(last=False)
        elif len(self._circuits) > 1:
            self._circuits.move_to_end(origin)
        return circuit

    def __repr__(self) -> str:
        return f"CircuitBreaker(window={self.window}, failure_ratio={self.failure_ratio:g}, open_for={self.open_for:g})"


class _Circuit:
    """The state of one origin.

    Attributes:
        period: counts the changes of state; an outcome of an earlier period says nothing about this one.
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
        """Open or half-open."""
        return self._open_until is not None

    def enter(self, now: float, open_for: float) -> float | None:
        """None if a request may pass, else seconds after which to come again."""
        if self._open_until is None:
            return None
        if now < self._open_until:
            return self._open_until - now
        # A probe that was given up without a word, in a loop that stands still, does not block the way for ever.
        if self._probe_since is not None and now - self._probe_since < open_for:
            return _SOON
        self._probe_since = now
        self.period += 1
        return None

    def note(self, failed: bool | None, period: int, now: float, open_for: float) -> bool:
        """Take the outcome of a request into account; None: there is none.

        Returns:
            whether the circuit opened or closed by it.
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
    """Whether the error tells of a service that fails; None if it tells nothing about the service."""
    if isinstance(error, CircuitOpenError | PoolTimeoutError):
        return None
    if isinstance(error, DeadlineExceededError) and not error.sent:
        return None
    return not isinstance(error, ResponseTooLargeError)


def _turned_away(request: Request, origin: str, wait: float) -> CircuitOpenError:
    return CircuitOpenError(
        f"{origin} failed too often, and is left alone for {wait:.3g} s more",
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
