"""Fixtures for the tests of all clients."""

from __future__ import annotations

import pytest

from tests.support.shared_clock import SharedClock


@pytest.fixture
def shared_clock() -> SharedClock:
    return SharedClock()
