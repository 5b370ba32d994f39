"""Fixtures: a sandbox for each test, on a clock that stands still, and its sessions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock, MGnifyServer, Sandbox


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def edgequake(sandbox: Sandbox) -> EdgeQuakeServer:
    return sandbox.edgequake


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Return a function that waits for a condition in the server that has no event."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    return wait


@pytest.fixture
async def anonymous(edgequake: EdgeQuakeServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(edgequake.url) as session:
        yield session


@pytest.fixture
async def admin(edgequake: EdgeQuakeServer) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session with the seeded key of the administrator."""
    headers = {"X-API-Key": edgequake.credentials.api_key}
    async with aiohttp.ClientSession(edgequake.url, headers=headers) as session:
        yield session


@pytest.fixture
def mgnify(sandbox: Sandbox) -> MGnifyServer:
    return sandbox.mgnify
