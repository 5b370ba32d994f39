"""Fixture: a session with the sandbox's BioEPIC."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from asdk.sandbox import BioEPICServer, Sandbox


@pytest.fixture
def bioepic(sandbox: Sandbox) -> BioEPICServer:
    return sandbox.bioepic


@pytest.fixture
async def session(bioepic: BioEPICServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"{bioepic.url}/") as session:
        yield session
