"""Calls outside of asyncio: one clear error, whatever the call needs first."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, ConfigurationError
from asdk.auth import ClientCredentials, FileTokenStore
from asdk.middleware import ConcurrencyLimit, RateLimit
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply

trio = pytest.importorskip("trio")

URL = "https://api.example.org"


def login(**options: Any) -> dict[str, Any]:
    return {"auth": ClientCredentials(f"{URL}/token", "client", "secret"), **options}


async def request(client: BaseClient) -> None:
    await client.request("GET", "/things")


async def post(client: BaseClient) -> None:
    await client.request("POST", "/things", json={"a": 1})


async def send(client: BaseClient) -> None:
    await client.send(client.build_request("GET", "/things"))


async def stream(client: BaseClient) -> None:
    async with client.stream("GET", "/things"):
        pass


async def events(client: BaseClient) -> None:
    async with client.events("GET", "/things", reconnect=True):
        pass


async def download(client: BaseClient) -> None:
    await client.download("/things", to="file")


async def pages(client: BaseClient) -> None:
    await client.paginate("/things", strategy=PageNumbers(), prefetch=3).collect()


async def token(client: BaseClient) -> None:
    await client.get_token()


async def many(client: BaseClient) -> None:
    async for _ in client.map(lambda each: client.request("GET", each), ["/a", "/b"]):
        pass


CASES: list[tuple[Callable[[BaseClient], Awaitable[None]], dict[str, Any]]] = [
    (request, {}),
    (request, login()),
    (request, {"rate_limit": RateLimit(1)}),
    (request, {"concurrency": ConcurrencyLimit(1)}),
    (request, {"retry": None, "timeout": None}),
    (post, {}),
    (send, {}),
    (send, login()),
    (stream, {}),
    (events, {}),
    (download, {}),
    (pages, {}),
    (token, login()),
    (many, {}),
]


@pytest.mark.parametrize(("call", "options"), CASES, ids=[f"{call.__name__} {[*kw]}" for call, kw in CASES])
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in async with"])
def test_a_call_under_trio_says_that_asyncio_is_needed(
    call: Callable[[BaseClient], Awaitable[None]], options: dict[str, Any], inside: bool
) -> None:
    client = BaseClient(base_url=URL, **options)

    async def use() -> None:
        async with client if inside else contextlib.nullcontext():
            await call(client)
        await client.aclose()

    with pytest.raises(ConfigurationError, match="needs asyncio") as caught:
        trio.run(use)
    assert caught.value.__cause__ is None
    assert not client._session.transport._sessions.by_loop  # type: ignore[attr-defined]


def test_a_token_store_under_trio_says_that_asyncio_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="needs asyncio"):
        trio.run(request, BaseClient(base_url=URL, **login(token_store=FileTokenStore(tmp_path))))


def test_a_call_without_any_event_loop_says_that_asyncio_is_needed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "asdk")
    with pytest.raises(ConfigurationError, match="needs asyncio"):
        request(BaseClient(base_url=URL)).send(None)


def test_a_transport_that_needs_no_asyncio_works_under_trio() -> None:
    client = BaseClient(base_url=URL, transport=MemoryTransport([Reply(json={"ok": True})]))

    async def use() -> Any:
        async with client:
            return await client.request("GET", "/things")

    assert trio.run(use) == {"ok": True}
