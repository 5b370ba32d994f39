"""The arithmetic of rates: never more than the rate and a burst, and never less than is due."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.middleware.traffic.token_bucket import TIMER_SLACK, Bucket, ReservedPermits

RATES = st.sampled_from([0.5, 3.0, 100.0, 7777.0])


def most_in_a_span(times: list[float], span: float) -> int:
    return max((sum(start <= instant < start + span for instant in times) for start in times), default=0)


@given(RATES, st.integers(1, 20), st.lists(st.floats(0, 2), min_size=1, max_size=60), st.booleans())
def test_no_interval_exceeds_the_rate_and_a_burst(rate: float, burst: int, pauses: list[float], queued: bool) -> None:
    bucket, now = Bucket(rate, burst), 1000.0
    taken: list[float] = []
    for pause in pauses:
        now += pause / rate
        if bucket.due(now) <= now:
            bucket.take(now, queued=queued)
            taken.append(now)
    slack = TIMER_SLACK * rate if queued else 0.0
    for span in (0.5 / rate, 1.0 / rate, 5.0 / rate, 20.0 / rate):
        assert most_in_a_span(taken, span) <= span * rate + burst + slack + 1e-6


@given(RATES, st.integers(1, 20), st.lists(st.floats(0, TIMER_SLACK), min_size=30, max_size=60))
def test_late_timers_cost_nothing(rate: float, burst: int, delays: list[float]) -> None:
    bucket, began = Bucket(rate, burst), 1000.0
    now = began
    for delay in delays:
        now = max(now, bucket.due(now) + delay)
        bucket.take(now, queued=True)
    assert now - began <= len(delays) / rate + TIMER_SLACK + 1e-6


def test_permits_that_a_machine_slept_through_are_lost() -> None:
    bucket = Bucket(100, 1)
    bucket.take(0.0)
    now, at_once = 60.0, 0
    while bucket.due(now) <= now:
        bucket.take(now, queued=True)
        at_once += 1
    assert at_once <= 100 * TIMER_SLACK + 1


def test_after_a_hold_there_is_no_burst() -> None:
    bucket = Bucket(10, 5)
    bucket.hold(100.0)
    assert bucket.due(0.0) == 100.0
    bucket.take(100.0)
    assert bucket.due(100.0) == pytest.approx(100.1)


def test_a_returned_permit_is_available_but_not_during_a_hold() -> None:
    bucket = Bucket(10, 1)
    bucket.take(0.0)
    assert bucket.due(0.0) == pytest.approx(0.1)
    bucket.give_back()
    assert bucket.due(0.0) == pytest.approx(0.0)
    bucket.take(0.0)
    bucket.hold(50.0)
    bucket.give_back()
    assert bucket.due(0.0) == 50.0


def test_reserved_permits_are_issued_when_due_and_not_after_a_sleep() -> None:
    leases = ReservedPermits()
    assert leases.due(0.0) == math.inf
    leases.reserve(1.0, 0.1, 3, 0.0)
    assert leases.due(0.0) == 1.0
    leases.take(1.0)
    assert leases.due(1.0) == pytest.approx(1.1)
    leases.take(1.1)
    leases.give_back()
    assert leases.due(1.1) == pytest.approx(1.1)
    assert leases.due(1.2 + 2 * TIMER_SLACK) == math.inf


def test_an_outage_uses_the_reservations_and_then_a_share() -> None:
    leases = ReservedPermits()
    leases.reserve(1.0, 0.1, 2, 0.0)
    leases.fall_back(Bucket(5, 1), 0.5, 0.0)
    taken = []
    now = 0.5
    for _ in range(4):
        now = leases.due(now)
        leases.take(now)
        taken.append(round(now, 3))
    assert taken == [1.0, 1.1, 1.1, 1.3]
    leases.come_back(1.4)
    assert leases.due(1.31) == math.inf
    leases.reserve(1.4, 0.1, 1, 1.31)
    assert leases.due(1.31) == 1.4
    assert leases.due(1.4) == 1.4


def test_a_hold_drops_the_reservations_before_it() -> None:
    leases = ReservedPermits()
    leases.reserve(1.0, 1.0, 3, 0.0)
    leases.hold(2.5)
    assert leases.due(0.0) == 3.0
    leases.give_back()
    assert leases.due(0.0) == 3.0
