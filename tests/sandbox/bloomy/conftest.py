"""Fixtures: a Bloom Growth server for each test, and a function that calls it with Ada's key."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import aiohttp
import pytest

from asdk.sandbox import Sandbox
from asdk.sandbox.bloomy import BloomyServer


class Speak(Protocol):
    """Sends JSON to a path below ``/api/v1`` and returns status and JSON; with Ada's key by default."""

    async def __call__(self, method: str, path: str, body: object = None, *, key: str | None = ...) -> Any: ...


class Grant(Protocol):
    """Sends a form to the token endpoint and returns status and JSON."""

    async def __call__(self, *, path: str = ..., **form: str) -> Any: ...


@pytest.fixture
def server(sandbox: Sandbox) -> BloomyServer:
    return sandbox.bloomy


@pytest.fixture
async def raw(server: BloomyServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url) as session:
        yield session


@pytest.fixture
def speak(server: BloomyServer, raw: aiohttp.ClientSession) -> Speak:
    adas = server.credentials.ada.api_key

    async def send(method: str, path: str, body: object = None, *, key: str | None = adas) -> Any:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        # The real callers name JSON as their content type even without a body.
        headers["Content-Type"] = "application/json"
        async with raw.request(method, f"/api/v1/{path}", json=body, headers=headers) as reply:
            return reply.status, await reply.json() if await reply.read() else None

    return send


@pytest.fixture
def grant(raw: aiohttp.ClientSession) -> Grant:
    async def send(*, path: str = "/Token", **form: str) -> Any:
        async with raw.post(path, data=form) as reply:
            return reply.status, await reply.json()

    return send
