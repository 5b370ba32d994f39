"""Fixtures: sessions with the sandbox's MGnify, anonymous and of the first account."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from asdk.sandbox import MGnifyServer


@pytest.fixture
async def visitor(mgnify: MGnifyServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"{mgnify.api_url}/") as session:
        yield session


@pytest.fixture
async def owner(mgnify: MGnifyServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {mgnify.issue_token()}"}
    async with aiohttp.ClientSession(f"{mgnify.api_url}/", headers=headers) as session:
        yield session
