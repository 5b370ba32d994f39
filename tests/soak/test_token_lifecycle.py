"""Flights of loops that end or are blocked, at full size: 200 times each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.concurrency.test_file_locks import stop_during_acquisition
from tests.concurrency.test_single_flight import STORES, end_a_loop, leave_a_flight, quiet

pytestmark = pytest.mark.soak

__all__ = ["quiet"]  # a fixture


@pytest.mark.parametrize("turns", range(8))
def test_two_hundred_loops_that_end_in_a_turn_of_a_flight(turns: int, quiet: None) -> None:
    for _ in range(25):
        end_a_loop(turns)


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("end", ["asyncgens", "closed", "stopped"])
def test_two_hundred_flights_of_loops_that_ended(end: str, kind: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as threads:
        tests = [threads.submit(leave_a_flight, end, STORES[kind](tmp_path / str(number))) for number in range(200)]
        for test in tests:
            test.result()


@pytest.mark.parametrize("end", ["stopped", "closed"])
def test_two_hundred_locks_of_loops_that_stood_still(end: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as threads:
        tests = [
            threads.submit(stop_during_acquisition, end, 1 + number % 4, tmp_path / str(number))
            for number in range(200)
        ]
        for test in tests:
            test.result()
