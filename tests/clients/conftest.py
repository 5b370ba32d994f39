"""What the tests of all clients have: one clock for a sandbox and its clients."""

from __future__ import annotations

import pytest

from tests.support.days import Days


@pytest.fixture
def days() -> Days:
    return Days()
