"""Pickling of a client as its configuration, without secrets."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import Unpack

from asdk import BaseClient, ConfigurationError, Retry, Tenant, TenantHeaders, Timeout
from asdk.auth import ApiKey, MemoryTokenStore
from asdk.client import unpickled
from asdk.client.options import ClientOptions
from asdk.clients.edgequake import EdgeQuake
from asdk.config import Config
from asdk.middleware import RateLimit
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


def test_settings_are_pickled_and_the_secret_is_read_again() -> None:
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


def test_a_copy_is_pickled_with_its_options() -> None:
    client = Library().with_options(timeout=3, tenant=Tenant("a")).with_options(headers={"X-Colour": "red"})
    request = pickled(client).build_request("GET", "/books")
    assert request.options.timeout.total == 3
    assert request.options.tenant == Tenant("a")
    assert request.headers["X-Colour"] == "red"


def test_the_settings_file_is_pickled_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        (lambda: Library(KEY), "api_key was given in code.*set LIBRARY_API_KEY or LIB_KEY"),
        (lambda: Library(api_key=Secret(KEY)), "api_key was given in code"),
        (lambda: Library(shelf=KEY), "shelf was given in code.*Config"),
        (lambda: Library(shelf=KEY.encode()), "shelf was given in code.*secret"),  # type: ignore[arg-type]
        (lambda: Library(shelf=[("a", {"b": KEY})]), "shelf was given in code.*secret"),  # type: ignore[arg-type]
        (lambda: Library(auth=ApiKey(KEY)), "auth was given in code"),
        (lambda: Library(transport=MemoryTransport()), "transport was given in code"),
        (lambda: Library(clock=VirtualClock()), "clock was given in code"),
        (lambda: Library(headers={"X-Api-Key": KEY}), "headers was given in code"),
        (lambda: Library().with_options(headers={"Authorization": KEY}), "headers was given in code"),
        (lambda: Library(proxy=f"http://user:{KEY}@proxy.example.org:3128"), "proxy was given in code"),
        (lambda: Library(token_store=MemoryTokenStore()), "MemoryTokenStore"),
        (lambda: Library(config=Config("LIBRARY", environ={"LIBRARY_API_KEY": KEY})), "environ="),
        (lambda: EdgeQuake(username="ada", password=KEY), "password was given in code.*EDGEQUAKE_PASSWORD"),
    ],
)
def test_a_secret_in_code_is_rejected_with_advice(build: Any, words: str) -> None:
    client = build()
    with pytest.raises(ConfigurationError, match=words) as caught:
        pickle.dumps(client)
    assert KEY not in str(caught.value)


def test_a_client_shows_none_of_its_arguments() -> None:
    client = Library(KEY)
    assert KEY not in repr(vars(client))
    assert KEY not in repr(client._pickled)
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


# --- copies in one process --------------------------------------------------------------------------------------------


def copies(client: BaseClient, count: int = 4) -> list[Any]:
    data = pickle.dumps(client)
    return [pickle.loads(data) for _ in range(count)]


def shared(client: BaseClient) -> Any:
    return client._parts


def test_copies_share_token_limits_and_quota_but_no_connections() -> None:
    first, *others = copies(Library(rate_limit=RateLimit(10)))
    for other in others:
        assert other.token_source is first.token_source
        assert shared(other).traffic == shared(first).traffic
        assert shared(other).quota is shared(first).quota
        assert other._session.transport is not first._session.transport


def test_a_copy_of_a_copy_and_with_options_share_with_the_original_copies() -> None:
    client = Library()
    first, second = pickled(client), pickled(client.with_options(timeout=3))
    third = pickled(pickled(second))
    assert shared(first) is shared(second) is shared(third)


def test_clients_built_by_their_constructor_never_share() -> None:
    one, other = Library(), Library()
    assert shared(one) is not shared(other)
    assert shared(pickled(one)) is not shared(pickled(other))
    assert shared(pickled(one)) is not shared(one)


@pytest.mark.parametrize(
    ("name", "value"),
    [("API_KEY", "another-key"), ("BASE_URL", "https://b.example"), ("TIMEOUT", "5"), ("BRANCH", "x")],
)
def test_copies_in_another_environment_share_nothing(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps(Library())
    first = pickle.loads(data)
    monkeypatch.setenv(f"LIBRARY_{name}", value)
    assert shared(pickle.loads(data)) is not shared(first)


def test_copies_in_many_threads_share() -> None:
    data = pickle.dumps(Library())
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(pickle.loads, [data] * 64))
    assert len({id(shared(client)) for client in made}) == 1


def test_the_parts_outlive_the_copies() -> None:
    data = pickle.dumps(Library())
    kept = id(shared(pickle.loads(data)))
    assert id(shared(pickle.loads(data))) == kept


def test_parts_expire_15_minutes_after_their_last_use(monkeypatch: pytest.MonkeyPatch) -> None:
    data, clock = pickle.dumps(Library()), [1000.0]
    unpickled._recent.clear()
    monkeypatch.setattr(unpickled, "_now", lambda: clock[0])
    kept = weakref.ref(shared(pickle.loads(data)))
    for _ in range(2):
        clock[0] += 899
        assert shared(pickle.loads(data)) is kept()
    clock[0] += 901
    pickle.loads(data)
    assert kept() is None
    unpickled._recent.clear()


def test_a_forked_child_shares_nothing_with_its_parent() -> None:
    data = pickle.dumps(Library())
    client = pickle.loads(data)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if shared(pickle.loads(data)) is not shared(client) else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_the_refusal_of_a_credential_says_how_to_make_the_client_pickle() -> None:
    with pytest.raises(ConfigurationError, match=r"Library\.__init__ read the secret .*LIBRARY_API_KEY.*ApiKey\(key\)"):
        pickle.dumps(Library(auth=ApiKey(KEY)))


def test_no_more_than_32_are_kept() -> None:
    data = [pickle.dumps(Library()) for _ in range(40)]
    for each in data:
        pickle.loads(each)
    assert len(unpickled._recent) == 32
