"""`SharedCalls`: one call in flight per key, for all callers in all event loops. For clients that look something up."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.fork import reset_after_fork
from asdk.concurrency.single_flight import NoResult, SingleFlight, Waiter
from asdk.errors import AsdkError, DeadlineExceededError, TransportError

T = TypeVar("T")


@attrs.define(eq=False)
class _Flight(Generic[T]):
    """A call in flight, the time that its first caller had, and the number of its waiters."""

    flight: SingleFlight[T | Exception]
    timeout: float | None
    waiting: int = 0


class SharedCalls(Generic[T]):
    """Calls that concurrent callers share: while one is in flight for a key, the others wait for its result.

    The call runs in a task of its own with an empty context, so the caller that started it may be cancelled. It is
    cancelled when its last waiter leaves. Nothing is kept: a caller that comes later starts the next call.

    Args:
        clock: measures the callers' timeouts.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._flights: dict[Hashable, _Flight[T]] = {}
        self._lock = threading.Lock()
        reset_after_fork(self._reset)

    async def get(self, key: Hashable, call: Callable[[], Coroutine[Any, Any, T]], timeout: float | None) -> T:  # noqa: ASYNC109
        """Return the result of the call in flight for this key; start one otherwise.

        Args:
            key: callers with an equal key share a call.
            call: is awaited by one of them. If it fails with a `TransportError`, a caller that has more time than the
                one that started it starts it again.
            timeout: the maximum time that this caller waits, in seconds; None for no limit.

        Raises:
            DeadlineExceededError: no result arrived in time.
            Exception: raised by the call; each waiter gets a copy.
        """
        end = None if timeout is None else self._clock.monotonic() + timeout
        while True:
            shared, waiter = self._join(key, call, timeout)
            try:
                outcome = await shared.flight.wait(waiter, None if end is None else end - self._clock.monotonic())
            finally:
                self._leave(key, shared)
            if outcome is NoResult.TIMED_OUT:
                raise DeadlineExceededError(
                    "the result of a shared call did not arrive within the timeout of this call"
                )
            if isinstance(outcome, NoResult):
                continue
            if not isinstance(outcome, Exception):
                return outcome
            if isinstance(outcome, TransportError) and _is_longer(timeout, shared.timeout):
                continue
            try:
                raise outcome.copy() if isinstance(outcome, AsdkError) else copy.copy(outcome)
            finally:
                del outcome  # a frame that keeps the error it raises makes a cycle

    def _join(
        self, key: Hashable, call: Callable[[], Coroutine[Any, Any, T]], timeout: float | None
    ) -> tuple[_Flight[T], Waiter[T | Exception]]:
        with self._lock:
            shared = self._flights.get(key)
            starts = shared is None or shared.flight.is_lost()
            if shared is None or starts:
                shared = self._flights[key] = _Flight(
                    SingleFlight(self._clock, self._lock, math.inf if timeout is None else timeout, None), timeout
                )
            waiter = shared.flight.join()
            shared.waiting += 1
        if starts:
            try:
                shared.flight.start(self._run(key, shared, call))
            except BaseException:
                self._leave(key, shared)
                raise
        return shared, waiter

    async def _run(self, key: Hashable, shared: _Flight[T], call: Callable[[], Coroutine[Any, Any, T]]) -> None:
        outcome: T | Exception | NoResult = NoResult.ABANDONED
        try:
            outcome = await call()
        except Exception as error:  # noqa: BLE001 - each waiter gets it
            outcome = error.with_traceback(None)
        finally:
            self._remove(key, shared)
            shared.flight.settle(outcome)

    def _leave(self, key: Hashable, shared: _Flight[T]) -> None:
        with self._lock:
            shared.waiting -= 1
            is_last = shared.waiting == 0
        if is_last:
            self._remove(key, shared)
            shared.flight.cancel()

    def _remove(self, key: Hashable, shared: _Flight[T]) -> None:
        with self._lock:
            if self._flights.get(key) is shared:  # the next one may have replaced it
                del self._flights[key]

    def _reset(self) -> None:
        """Forget the flights in a forked child: they continue in the parent."""
        self._lock = threading.Lock()
        self._flights = {}


def _is_longer(one: float | None, other: float | None) -> bool:
    return other is not None and (one is None or one > other)
