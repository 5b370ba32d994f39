"""Fixtures: the sandbox's Apala, its clients, and one clock for both sides, which a test advances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from asdk.clients.apala import Apala
from asdk.sandbox import Sandbox
from asdk.sandbox.apala import ApalaServer
from tests.support.client_factory import client_factory
from tests.support.shared_clock import SharedClock


class MakeClient(Protocol):
    """Creates a client of the server with the first company's key, and closes it after the test."""

    def __call__(self, **settings: Any) -> Apala: ...


@pytest.fixture
def server(shared_clock: SharedClock) -> Iterator[ApalaServer]:
    with Sandbox.in_thread(clock=shared_clock.server) as sandbox:
        yield sandbox.apala


@pytest.fixture
async def make_client(server: ApalaServer) -> AsyncIterator[MakeClient]:
    known = server.credentials
    async with client_factory(Apala, base_url=server.url, api_key=known.api_key, customer_id=known.customer_id) as make:
        yield make


@pytest.fixture
def client(make_client: MakeClient) -> Apala:
    return make_client()
