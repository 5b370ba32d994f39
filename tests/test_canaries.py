"""Canary secrets, a hostile server that echoes them in every encoding and place, and everything that asdk shows."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, Retry, Secret, Timeout
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.pagination import LinkHeader, PageNumbers
from tests.support.canary import ENCODINGS, Canaries, Records, canary, surfaces
from tests.support.hostile import HostileServer
from tests.support.servers import RawServer

CANARIES = Canaries(
    **{name: canary(name) for name in ("key", "password", "access", "refresh", "body", "header", "proxy")}
)
KEY, PASSWORD, BODY, HEADER = (Secret(CANARIES.secrets[name]) for name in ("key", "password", "body", "header"))

#: Short limits, and retries without waits.
OPTIONS: dict[str, Any] = {
    "timeout": Timeout(total=2, attempt=0.3, idle=0.3),
    "retry": Retry(attempts=2, base_delay=0.001),
}

CLIENTS: dict[str, Callable[..., BaseClient]] = {
    "apala": lambda **options: Apala(KEY, **options),
    "bioepic": lambda **options: BioEPIC(client_id="ci", client_secret=PASSWORD, **options),
    "bloomy": lambda **options: Bloomy(username="ada", password=PASSWORD, **options),
    "edgequake": lambda **options: EdgeQuake(api_key=KEY, **options),
    "edgequake with a login": lambda **options: EdgeQuake(username="ada", password=PASSWORD, **options),
    "mgnify": lambda **options: MGnify(username="ada", password=PASSWORD, **options),
}


async def _post(client: BaseClient, _: Path) -> object:
    return await client.request("POST", "/things", json={"password": BODY}, headers={"X-Custom": HEADER})


async def _form(client: BaseClient, _: Path) -> object:
    return await client.request(
        "PUT", "/things", form={"password": [BODY]}, params={"sig": "abc"}, model=dict[str, int]
    )


async def _stream(client: BaseClient, _: Path) -> object:
    async with client.stream("GET", "/things", headers={"X-Custom": HEADER}) as response:
        return [repr(chunk) async for chunk in response.iter_bytes()]


async def _events(client: BaseClient, _: Path) -> object:
    async with client.events("GET", "/things", model=dict[str, int]) as events:
        return [event async for event in events]


async def _json_lines(client: BaseClient, _: Path) -> object:
    async with client.json_lines("POST", "/things", json={"password": BODY}, model=dict[str, int]) as lines:
        return [line async for line in lines]


async def _download(client: BaseClient, folder: Path) -> object:
    return await client.download("/file", to=folder / "file.bin")


async def _pages(client: BaseClient, _: Path) -> object:
    return await client.paginate("/things", strategy=PageNumbers(items="items"), model=dict[str, int]).collect(limit=50)


async def _links(client: BaseClient, _: Path) -> object:
    return [page async for page in client.paginate("/things", strategy=LinkHeader(items=None), model=dict[str, int])]


async def _map(client: BaseClient, _: Path) -> object:
    async def one(number: int) -> object:
        return await client.request("GET", f"/things/{number}", model=int)

    async for outcome in client.map(one, range(2)):
        outcome.result()
    return None


async def _impatient(client: BaseClient, _: Path) -> object:
    async with asyncio.timeout(0.002):
        return await client.request("GET", "/things", headers={"X-Custom": HEADER})


async def _send(client: BaseClient, _: Path) -> object:
    response = await client.send(client.build_request("POST", "/things", content=b"x", headers={"X-Custom": HEADER}))
    return response.decode(dict[str, int])


async def _token(client: BaseClient, _: Path) -> object:
    return await client.get_token(refresh=True)


async def _own(client: BaseClient, _: Path) -> object:
    """Call an operation of the API that sends or returns secrets."""
    if isinstance(client, EdgeQuake):
        await client.auth.login("ada", PASSWORD)
        return await client.api_keys.create("ci")
    if isinstance(client, MGnify):
        return await client.auth.verify()
    if isinstance(client, Apala):
        return await client.authenticate()
    if isinstance(client, Bloomy):
        return await client.user.details(1)
    return await client.request("GET", "/data/samples")


CALLS = (
    _post, _form, _stream, _events, _json_lines, _download, _pages, _links, _map, _impatient, _send, _token, _own
)  # fmt: skip


async def _find(amount: int, folder: Path, *, seed: int, rich_every: int) -> tuple[Counter[str], dict[str, str]]:
    """Make calls and return how often a secret was found on each surface, with an example."""
    found: Counter[str] = Counter()
    examples: dict[str, str] = {}
    failures = 0
    rng = random.Random(seed)

    def note(surface: str, text: str, call: str) -> None:
        for name in CANARIES.found_in(text):
            found[surface] += 1
            examples.setdefault(f"{surface}: {name}", f"{call}: {text[:20_000]}")

    hostile = HostileServer(CANARIES.secrets, seed)
    with RawServer(hostile) as server, Records() as records:
        number = 0
        while number < amount:
            kind = rng.choice(list(CLIENTS))
            proxied = rng.random() < 0.15
            where: dict[str, Any] = {"base_url": server.url}
            if proxied:
                password = CANARIES.secrets["proxy"].replace("/", "%2F").replace("<", "%3C").replace(">", "%3E")
                where = {
                    "base_url": "http://api.invalid",
                    "proxy": f"http://user:{password}@127.0.0.1:{server.port}",
                    "allow_insecure_auth": True,
                }
            async with CLIENTS[kind](**where, **OPTIONS) as client:
                for _ in range(5):
                    number += 1
                    call: Callable[[BaseClient, Path], Awaitable[object]] = rng.choice(CALLS)
                    label = f"{number} {kind}{' proxied' if proxied else ''} {call.__name__}"
                    try:
                        await call(client, folder)
                    except (Exception, asyncio.CancelledError) as error:
                        failures += 1
                        for surface, text in surfaces(error, rich=number % rich_every == 0):
                            note(surface, text, label)
                    note("repr", repr(client), label)
                    for line in records.lines:
                        note("log", line, label)
                    records.lines.clear()
    note("file names", " ".join(os.listdir(folder)), "download")
    assert failures > amount / 2
    assert hostile.echoed > amount / 4
    return found, examples


async def test_no_surface_shows_a_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found, examples = await _find(150, tmp_path, seed=1, rich_every=10)
    assert found == {}, "\n\n".join(examples)
    assert not CANARIES.found_in("".join(capfd.readouterr()))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 20))
async def test_no_surface_shows_a_secret_in_many_calls(
    seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found, examples = await _find(1000, tmp_path, seed=seed, rich_every=5)
    assert found == {}, "\n\n".join(examples)
    assert not CANARIES.found_in("".join(capfd.readouterr()))


def test_the_search_finds_every_encoding_of_a_canary() -> None:
    """The search of these tests is independent of the one in asdk."""
    for secret in CANARIES.secrets.values():
        for encode in ENCODINGS.values():
            assert CANARIES.found_in(f"xx {encode(secret)} yy")
