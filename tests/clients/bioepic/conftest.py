"""Fixtures: the sandbox's BioEPIC, its clients, and one clock for both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from asdk.clients.bioepic import BioEPIC
from asdk.sandbox import BioEPICServer, Sandbox
from tests.support.client_factory import client_factory
from tests.support.shared_clock import SharedClock


class MakeClient(Protocol):
    """Creates a client of the server, and closes it after the test."""

    def __call__(self, **settings: Any) -> BioEPIC: ...


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the settings of the machine; the vendor's names are short and may be used by other programs."""
    for name in ("ENV", "CLIENT_ID", "CLIENT_SECRET", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"BIOEPIC_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server(shared_clock: SharedClock) -> Iterator[BioEPICServer]:
    with Sandbox.in_thread(clock=shared_clock.server) as sandbox:
        yield sandbox.bioepic


@pytest.fixture
async def make_client(server: BioEPICServer) -> AsyncIterator[MakeClient]:
    async with client_factory(BioEPIC, base_url=server.url) as make:
        yield make


@pytest.fixture
def application(server: BioEPICServer) -> dict[str, Any]:
    """Return the pair of the server's application."""
    return {"client_id": server.credentials.client_id, "client_secret": server.credentials.client_secret}


@pytest.fixture
def person(server: BioEPICServer) -> dict[str, Any]:
    """Return the pair of the server's user."""
    return {"username": server.credentials.username, "password": server.credentials.password}


@pytest.fixture
def client(make_client: MakeClient, application: dict[str, Any]) -> BioEPIC:
    return make_client(**application)
