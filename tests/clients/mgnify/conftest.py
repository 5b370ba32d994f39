"""Fixtures: the sandbox's MGnify, its clients, and one clock for both sides.

The server's clock stands still until a test advances it. So does the clock of a client created with
``clock=shared_clock.client``; others use the clock of the machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from asdk.clients.mgnify import MGnify
from asdk.sandbox import MGnifyServer, Sandbox
from tests.support.client_factory import client_factory
from tests.support.shared_clock import SharedClock


class MakeClient(Protocol):
    """Creates a client of the server, and closes it after the test."""

    def __call__(self, **settings: Any) -> MGnify: ...


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Remove the settings of the machine; the vendor's names are short and may be used by other programs."""
    for name in ("BASE_URL", "MG_USER", "MG_PASSWORD", "AUTH_TOKEN", "MGNIFY_USERNAME", "MGNIFY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server(shared_clock: SharedClock) -> Iterator[MGnifyServer]:
    with Sandbox.in_thread(clock=shared_clock.server) as sandbox:
        yield sandbox.mgnify


@pytest.fixture
async def make_client(server: MGnifyServer) -> AsyncIterator[MakeClient]:
    async with client_factory(MGnify, base_url=server.url) as make:
        yield make


@pytest.fixture
def visitor(make_client: MakeClient) -> MGnify:
    """Return a client without an account."""
    return make_client()


@pytest.fixture
def owner(make_client: MakeClient) -> MGnify:
    """Return a client that logs in to the first account on demand."""
    return make_client(username="Webin-1001", password="sandbox-webin")
