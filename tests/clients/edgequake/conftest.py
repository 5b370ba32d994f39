"""Fixtures for the tests of EdgeQuake: the server of the sandbox, clients of it, and one clock for both sides.

The clock of the server stands still until a test advances it. So does the clock of a client created with
``clock=shared_clock.client``. Other clients use the clock of the machine, and wait some milliseconds before a retry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, Sandbox
from tests.support.client_factory import client_factory
from tests.support.shared_clock import SharedClock


class MakeClient(Protocol):
    """Creates a client of the server, and closes it after the test."""

    def __call__(self, **settings: Any) -> EdgeQuake: ...


@pytest.fixture
def server(shared_clock: SharedClock) -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread(clock=shared_clock.server) as sandbox:
        yield sandbox.edgequake


@pytest.fixture
async def make_client(server: EdgeQuakeServer) -> AsyncIterator[MakeClient]:
    async with client_factory(EdgeQuake, base_url=server.url) as make:
        yield make


@pytest.fixture
def admin(make_client: MakeClient) -> EdgeQuake:
    """Return a client that logs in as the administrator on demand."""
    return make_client(username="admin", password="sandbox-admin")


@pytest.fixture
def user(make_client: MakeClient) -> EdgeQuake:
    """Return a client that logs in as an ordinary user on demand."""
    return make_client(username="user", password="sandbox-user")


@pytest.fixture
def visitor(make_client: MakeClient) -> EdgeQuake:
    """Return a client without credentials."""
    return make_client()
