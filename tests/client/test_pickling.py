"""A client pickles as its configuration: what it may say, what it must not, and what it says instead."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import Unpack

from asdk import BaseClient, ConfigurationError, Retry, Tenant, TenantHeaders, Timeout
from asdk.auth import ApiKey, MemoryTokenStore
from asdk.client.options import ClientOptions
from asdk.clients.edgequake import EdgeQuake
from asdk.config import Config
from asdk.sandbox import Sandbox
from asdk.secret import Secret
from asdk.testing import MemoryTransport, VirtualClock

KEY = "key-of-the-library-0815"


class Library(BaseClient):
    base_url = "https://library.example.org/v1"
    env_prefix = "LIBRARY"
    tenant_headers = TenantHeaders(tenant="X-Tenant")
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"api_key": ("LIB_KEY",)}

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        branch: str | None = None,
        shelf: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        key = config.secret("api_key", api_key)
        self.branch = config.get("branch", branch)
        self.shelf = shelf
        options.setdefault("auth", None if key is None else ApiKey(key))
        super().__init__(**options)


@pytest.fixture(autouse=True)
def key_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIBRARY_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def pickled(client: BaseClient) -> Any:
    data = pickle.dumps(client)
    assert KEY.encode() not in data
    return pickle.loads(data)


def test_settings_travel_and_the_secret_is_looked_for_again() -> None:
    client = Library(
        branch="north",
        base_url="https://other.example.org/v2",
        timeout=Timeout(total=7),
        retry=Retry(attempts=5),
        tenant=Tenant("acme"),
        headers={"X-Colour": "blue"},
        connections=7,
    )
    other = pickled(client)
    assert type(other) is Library
    assert (other.branch, other.base_url) == ("north", "https://other.example.org/v2")
    request, expected = other.build_request("GET", "/books"), client.build_request("GET", "/books")
    assert request.url == expected.url
    assert request.options == expected.options
    assert dict(request.headers.items()) == dict(expected.headers.items())
    assert other.config.origin("api_key") == "environment LIBRARY_API_KEY"


def test_a_copy_travels_with_what_it_does_differently() -> None:
    client = Library().with_options(timeout=3, tenant=Tenant("a")).with_options(headers={"X-Colour": "red"})
    request = pickled(client).build_request("GET", "/books")
    assert request.options.timeout.total == 3
    assert request.options.tenant == Tenant("a")
    assert request.headers["X-Colour"] == "red"


def test_the_file_of_settings_travels_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here.env").write_text(f"LIBRARY_API_KEY={KEY}\nLIBRARY_BRANCH=south\n")
    monkeypatch.delenv("LIBRARY_API_KEY")
    client = Library.from_env(dotenv="here.env")
    data = pickle.dumps(client)
    monkeypatch.chdir("/")
    other = pickle.loads(data)
    assert other.branch == "south"
    assert KEY.encode() not in data


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Library(KEY), "api_key= in code.*set LIBRARY_API_KEY or LIB_KEY"),
        (lambda: Library(api_key=Secret(KEY)), "api_key= in code"),
        (lambda: Library(shelf=KEY), "shelf= in code.*Config"),
        (lambda: Library(shelf=KEY.encode()), "shelf= in code.*secret"),  # type: ignore[arg-type]
        (lambda: Library(shelf=[("a", {"b": KEY})]), "shelf= in code.*secret"),  # type: ignore[arg-type]
        (lambda: Library(auth=ApiKey(KEY)), "auth= in code"),
        (lambda: Library(transport=MemoryTransport()), "transport= in code"),
        (lambda: Library(clock=VirtualClock()), "clock= in code"),
        (lambda: Library(headers={"X-Api-Key": KEY}), "headers= in code"),
        (lambda: Library().with_options(headers={"Authorization": KEY}), "headers= in code"),
        (lambda: Library(proxy=f"http://user:{KEY}@proxy.example.org:3128"), "proxy= in code"),
        (lambda: Library(token_store=MemoryTokenStore()), "MemoryTokenStore"),
        (lambda: Library(config=Config("LIBRARY", environ={"LIBRARY_API_KEY": KEY})), "environ="),
        (lambda: EdgeQuake(username="ada", password=KEY), "password= in code.*EDGEQUAKE_PASSWORD"),
    ],
)
def test_what_was_given_in_code_is_refused_with_what_to_do_instead(build: Any, words: str) -> None:
    client = build()
    with pytest.raises(ConfigurationError, match=words) as caught:
        pickle.dumps(client)
    assert KEY not in str(caught.value)


def test_a_client_shows_nothing_of_what_it_was_given() -> None:
    client = Library(KEY)
    assert KEY not in repr(vars(client))
    assert KEY not in repr(client._recipe)
    with pytest.raises(ConfigurationError):
        copy.deepcopy(client)


async def _health(client: EdgeQuake) -> str:
    async with client:
        await client.documents.upload("a text", title="a title")
        return (await client.health()).status


def _work(client: EdgeQuake, results: Any) -> None:
    import asyncio

    results.put(asyncio.run(_health(client)))


def test_four_spawned_processes_work_with_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox.in_thread() as sandbox:
        monkeypatch.setenv("EDGEQUAKE_USERNAME", "admin")
        monkeypatch.setenv("EDGEQUAKE_PASSWORD", "sandbox-admin")
        client = EdgeQuake(base_url=sandbox.edgequake.url, tenant_id="default", workspace_id="default")
        spawn = multiprocessing.get_context("spawn")
        results = spawn.Queue()
        workers = [spawn.Process(target=_work, args=(client, results)) for _ in range(4)]
        for worker in workers:
            worker.start()
        try:
            assert [results.get(timeout=30) for _ in workers] == ["healthy"] * 4
        finally:
            for worker in workers:
                worker.join(10)
                worker.kill()
