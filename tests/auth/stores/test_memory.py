"""`MemoryTokenStore` passes the suite of every store."""

from __future__ import annotations

import pytest

from asdk.auth import MemoryTokenStore
from asdk.testing import TokenStoreSuite


class TestMemoryTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self) -> MemoryTokenStore:
        return MemoryTokenStore()
