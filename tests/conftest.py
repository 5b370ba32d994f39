"""Fixtures of every test: asyncio in anyio's pytest plugin, and an environment without settings of the machine."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# No deadline, since a busy machine is slow. The cases are the same in each run; `nox -s soak` draws new ones.
settings.register_profile("asdk", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("soak", settings.get_profile("asdk"), derandomize=False)
settings.load_profile("asdk")

pytest_plugins = ["asdk.sandbox.fixtures"]

#: Prefixes of the settings of clients.
SETTINGS = (
    "EDGEQUAKE_",
    "APALA_",
    "BG_API_KEY",
    "BLOOMY_",
    "MGNIFY_",
    "BIOEPIC_",
    "ASDK_",
)


def pytest_collection_finish() -> None:
    """Exempt the collected tests, half a million objects, from garbage collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    """Hide keys, proxies and the ``.env`` of the machine, and check that the test restores the log level."""
    monkeypatch.delenv("PYTHONDEVMODE", raising=False)
    for name in list(os.environ):
        if name.startswith(SETTINGS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(str(tmp_path))
    yield
    logger = logging.getLogger("asdk")
    level = logger.level
    logger.setLevel(logging.NOTSET)
    assert level == logging.NOTSET, "the test left the logger at another level, for the tests after it"
