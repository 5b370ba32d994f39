"""Pytest fixtures for tests of clients. Pytest finds them itself once asdk is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from asdk.testing.clock import VirtualClock


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """Return a clock for ``clock=`` of a client, whose waits take no time."""
    from asdk.testing.clock import VirtualClock

    return VirtualClock()
