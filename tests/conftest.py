"""What every test has: asyncio under anyio's pytest plugin, and an environment without settings of the machine."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with other things is slow, and no test is about that. The same cases each time: who changes
# nothing finds nothing new. `nox -s soak` draws others.
settings.register_profile("asdk", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("soak", settings.get_profile("asdk"), derandomize=False)
settings.load_profile("asdk")

pytest_plugins = ["asdk.sandbox.fixtures"]

#: How the names begin under which clients look for their settings.
SETTINGS = (
    "EDGEQUAKE_",
    "APALA_",
    "BG_API_KEY",
    "BLOOMY_",
    "MGNIFY_",
    "BIOEPIC_",
)


def pytest_collection_finish() -> None:
    """The tests themselves are half a million objects: the garbage collector need not walk them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """No client finds a key, a proxy or a ``.env`` of whoever runs the tests; a test's program chooses its own mode."""
    monkeypatch.delenv("PYTHONDEVMODE", raising=False)
    for name in list(os.environ):
        if name.startswith(SETTINGS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(str(tmp_path))
