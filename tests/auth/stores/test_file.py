from __future__ import annotations

from pathlib import Path

import pytest

from asdk.auth import FileTokenStore
from asdk.testing import TokenStoreSuite


class TestFileTokenStore(TokenStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FileTokenStore:
        return FileTokenStore(tmp_path / "state" / "tokens")

    @pytest.fixture
    def same_store(self, tmp_path: Path) -> FileTokenStore:
        return FileTokenStore(tmp_path / "state" / "tokens")
