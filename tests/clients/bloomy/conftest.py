"""Fixtures: the sandbox's Bloom Growth, its clients, a home directory without a file, and one clock for both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from asdk.clients.bloomy import Bloomy
from asdk.sandbox import Sandbox
from asdk.sandbox.bloomy import BloomyServer
from tests.support.client_factory import client_factory
from tests.support.shared_clock import SharedClock


class MakeClient(Protocol):
    """Creates a client of the server, and closes it after the test."""

    def __call__(self, **settings: Any) -> Bloomy: ...


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(shared_clock: SharedClock) -> Iterator[BloomyServer]:
    with Sandbox.in_thread(clock=shared_clock.server) as sandbox:
        yield sandbox.bloomy


@pytest.fixture
async def make_client(server: BloomyServer) -> AsyncIterator[MakeClient]:
    async with client_factory(Bloomy, base_url=server.api_url) as make:
        yield make


@pytest.fixture
def client(make_client: MakeClient, server: BloomyServer) -> Bloomy:
    """Return a client of Ada, by key."""
    return make_client(api_key=server.credentials.ada.api_key)
