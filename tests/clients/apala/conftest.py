"""The sandbox's Apala, clients that speak to it, and one clock for both sides, which a test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from asdk import Retry
from asdk.clients.apala import Apala
from asdk.sandbox import Sandbox
from asdk.sandbox.apala import ApalaServer
from tests.clients.days import Days


class MakeClient(Protocol):
    """Makes a client of the server with the first company's key, and closes it after the test."""

    def __call__(self, **settings: Any) -> Apala: ...


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def server(days: Days) -> Iterator[ApalaServer]:
    with Sandbox.in_thread(clock=days.server) as sandbox:
        yield sandbox.apala


@pytest.fixture
async def make_client(server: ApalaServer) -> AsyncIterator[MakeClient]:
    async with AsyncExitStack() as open_clients:

        def make(**settings: Any) -> Apala:
            known = server.credentials
            defaults = {"base_url": server.url, "api_key": known.api_key, "customer_id": known.customer_id}
            client = Apala(**{**defaults, "retry": Retry(base_delay=0.01), **settings})
            open_clients.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> Apala:
    return make_client()
