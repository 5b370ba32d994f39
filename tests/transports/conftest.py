"""Event loops in debug mode: asyncio and aiohttp then report each response, task and socket that was left open."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"debug": True}
