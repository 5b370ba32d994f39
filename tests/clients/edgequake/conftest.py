"""The sandbox's EdgeQuake, clients that speak to it, and one clock for both sides.

The server's clock stands still until a test turns it. So does that of a client which is made with
``clock=days.client``; the others have the machine's, and wait for some milliseconds before they repeat a request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, Sandbox
from tests.support.days import Days
from tests.support.makers import maker


class MakeClient(Protocol):
    """Makes a client of the server, and closes it after the test."""

    def __call__(self, **settings: Any) -> EdgeQuake: ...


@pytest.fixture
def server(days: Days) -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread(clock=days.server) as sandbox:
        yield sandbox.edgequake


@pytest.fixture
async def make_client(server: EdgeQuakeServer) -> AsyncIterator[MakeClient]:
    async with maker(EdgeQuake, base_url=server.url) as make:
        yield make


@pytest.fixture
def admin(make_client: MakeClient) -> EdgeQuake:
    """Logs in as the administrator when it first has to."""
    return make_client(username="admin", password="sandbox-admin")


@pytest.fixture
def user(make_client: MakeClient) -> EdgeQuake:
    """The same as an ordinary user."""
    return make_client(username="user", password="sandbox-user")


@pytest.fixture
def visitor(make_client: MakeClient) -> EdgeQuake:
    """Has no credentials."""
    return make_client()
