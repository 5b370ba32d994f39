"""Tests of the pytest fixtures in a user's own project."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

PROJECT = """
import pytest
from asdk import RateLimitError
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.sandbox import ServerFault

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_apala(apala_sandbox):
    async with Apala(base_url=apala_sandbox.url, api_key=apala_sandbox.credentials.api_key) as client:
        assert len(await client.paf.templates.list()) == 4
    assert apala_sandbox.counters.by_status == {200: 2}


async def test_bioepic(bioepic_sandbox, asdk_sandbox):
    bioepic_sandbox.faults.add(ServerFault.status(429, retry_after=3), path="/api/{collection}")
    async with BioEPIC(base_url=bioepic_sandbox.url, retry=None) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.samples.list().first()
    assert caught.value.retry_after == 3
    assert bioepic_sandbox.counters.by_status == {429: 1}
    assert asdk_sandbox.apala.counters.total == 0


async def test_bloomy(bloomy_sandbox):
    ada = bloomy_sandbox.credentials.ada
    async with Bloomy(base_url=bloomy_sandbox.api_url, api_key=ada.api_key) as client:
        assert await client.get_user_id() == ada.user_id


async def test_edgequake(edgequake_sandbox, virtual_clock):
    edgequake_sandbox.faults.add(ServerFault.status(503), path="/api/v1/auth/me", times=2)
    key = edgequake_sandbox.credentials.api_key
    async with EdgeQuake(base_url=edgequake_sandbox.url, api_key=key, clock=virtual_clock) as client:
        assert await client.auth.me()
    assert len(virtual_clock.slept) == 2
    assert [rule.met for rule in edgequake_sandbox.faults.rules] == [2]


async def test_mgnify(mgnify_sandbox):
    user = mgnify_sandbox.credentials.user
    async with MGnify(base_url=mgnify_sandbox.api_url, username=user.username, password=user.password) as client:
        assert len(await client.private_studies.get()) == user.private_studies


@pytest.mark.parametrize("turn", [1, 2])
def test_state_is_fresh_in_each_test(asdk_sandbox, turn):
    assert all(server.counters.total == 0 for server in asdk_sandbox.servers)
    assert all(not server.faults.rules for server in asdk_sandbox.servers)
"""


def test_a_project_of_its_own_uses_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(PROJECT)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["asdk.sandbox.fixtures"]\n')
    # Pytest finds the plugin wherever asdk is installed.
    installed = any(entry.value == "asdk.testing.fixtures" for entry in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "asdk.testing.fixtures"]
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugin]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
