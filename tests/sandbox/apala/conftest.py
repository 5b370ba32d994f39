"""Fixtures: an Apala server for each test, and a function that calls it with a token of the first company."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import aiohttp
import pytest

from asdk.sandbox import Sandbox
from asdk.sandbox.apala import ApalaServer


class Speak(Protocol):
    """Sends JSON and returns status and JSON; with the first company's token by default."""

    async def __call__(self, method: str, path: str, body: object = None, *, token: str | None = ...) -> Any: ...


@pytest.fixture
def server(sandbox: Sandbox) -> ApalaServer:
    return sandbox.apala


@pytest.fixture
async def raw(server: ApalaServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url) as session:
        yield session


@pytest.fixture
async def speak(server: ApalaServer, raw: aiohttp.ClientSession) -> Speak:
    async with raw.post("/api/auth/token", json={"api_key": server.credentials.api_key}) as reply:
        own = (await reply.json())["access_token"]

    async def send(method: str, path: str, body: object = None, *, token: str | None = own) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with raw.request(method, path, json=body, headers=headers) as reply:
            return reply.status, await reply.json()

    return send


@pytest.fixture
def optimizer_body(server: ApalaServer) -> dict[str, Any]:
    """Return a complete request to the message optimizer."""
    message = {"content": "Hello", "message_id": "m1", "channel": "EMAIL", "reply_or_not": "true"}
    return {
        "company": server.credentials.company_id,
        "customer_id": server.credentials.customer_id,
        "timezone": "America/New_York",
        "messages": [{**message, "send_timestamp": "2025-12-24T18:30:00+00:00"}],
        "candidate_message": "your  loan is ready",
        "message_type": ["LINKING_CHIRP"],
        "age_bin": "AGE_30_35",
    }
