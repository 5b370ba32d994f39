from __future__ import annotations

import asyncio
import logging
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asdk import AsdkError, ConfigurationError, Request, Response, Secret, ServerError, TokenRefusedError
from asdk.auth import BearerToken, Credential, Identity, Token
from asdk.clients.mgnify import MGnify, PageCache, SlidingToken
from asdk.sandbox import MGnifyServer, ServerFault
from asdk.testing import VirtualClock
from asdk.transports.base import Handler
from tests.clients.mgnify.conftest import MakeClient
from tests.support.shared_clock import SharedClock

STUDIES = "/metagenomics/api/v2/studies/"
MINE = "/metagenomics/api/v2/my-data/studies/"
ACCOUNT = {"username": "Webin-1001", "password": "sandbox-webin"}
OTHER = {"username": "Webin-1002", "password": "sandbox-other"}


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def modes_in(folder: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")]


async def accessions(client: MGnify) -> list[str]:
    return await client.private_studies.ids()


async def test_a_walk_that_broke_asks_only_for_the_rest(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path
) -> None:
    rule = server.faults.add(ServerFault.status(503), path=STUDIES, after=40)
    walk = make_client(page_cache=tmp_path, retry=None).studies.list(page_size=4)
    with pytest.raises(ServerError):
        await walk.collect()
    assert server.counters.count("GET", STUDIES) == 41
    server.faults.remove(rule)
    server.counters.reset()
    again = await make_client(page_cache=tmp_path).studies.list(page_size=4).collect()  # as another process would
    assert server.counters.count("GET", STUDIES) == 58 - 40
    assert again == await make_client().studies.list().collect()


async def test_pages_outlive_the_process(server: MGnifyServer, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom asdk.clients.mgnify import MGnify\n"
        "async def main():\n    async with MGnify(base_url=sys.argv[1], page_cache=sys.argv[2]) as mgnify:\n"
        "        print(len(await mgnify.studies.list().collect()))\nasyncio.run(main())\n"
    )
    for _ in range(2):
        command = [sys.executable, "-c", program, server.url, str(tmp_path / "pages")]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == ("230\n", "")
    assert server.counters.count("GET", STUDIES) == 3


async def test_one_account_never_sees_what_another_has_fetched(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock, tmp_path: Path
) -> None:
    mine = await accessions(make_client(page_cache=tmp_path, **ACCOUNT))
    assert len(mine) == 3
    assert await accessions(make_client(page_cache=tmp_path, **OTHER)) == ["MGYS00000234"]
    assert server.counters.count("GET", MINE) == 2
    with pytest.raises(TokenRefusedError):
        await accessions(make_client(page_cache=tmp_path, **{**ACCOUNT, "password": "guess"}))
    given = {"auth_token": server.issue_token("Webin-1002"), "clock": shared_clock.client}
    assert await accessions(make_client(page_cache=tmp_path, **given)) == ["MGYS00000234"]
    # the token belongs to another account than the login
    assert await accessions(make_client(page_cache=tmp_path, **given, **ACCOUNT)) == ["MGYS00000234"]
    server.counters.reset()
    assert await accessions(make_client(page_cache=tmp_path, **ACCOUNT)) == mine
    assert server.counters.total == 0


async def test_relations_of_two_records_do_not_meet(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path
) -> None:
    client, plain = make_client(page_cache=tmp_path, **ACCOUNT), make_client(**ACCOUNT)
    for _ in range(2):
        for accession in ("MGYS00000001", "MGYS00000002", "MGYS00000231"):
            assert (
                await client.studies.analyses(accession).collect() == await plain.studies.analyses(accession).collect()
            )
        assert await client.runs.analyses("ERR3000001").collect() == await plain.runs.analyses("ERR3000001").collect()


async def test_two_servers_do_not_meet(make_client: MakeClient, server: MGnifyServer, tmp_path: Path) -> None:
    await make_client(page_cache=tmp_path).studies.list().get()
    server.counters.reset()
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    await make_client(page_cache=tmp_path, base_url=elsewhere).studies.list().get()
    assert server.counters.count("GET", STUDIES) == 1


async def test_public_pages_are_shared(make_client: MakeClient, server: MGnifyServer, tmp_path: Path) -> None:
    for settings in (ACCOUNT, OTHER, {}):
        await make_client(page_cache=tmp_path, **settings).studies.list().collect()
    assert server.counters.count("GET", STUDIES) == 3


async def test_a_page_ends(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock, tmp_path: Path
) -> None:
    client = make_client(page_cache=PageCache(tmp_path, lifetime=600), clock=shared_clock.client)
    for later, fetched in ((0, 1), (599, 1), (2, 2), (599, 2), (600, 3)):
        await shared_clock.client.advance(later)
        await client.studies.list().get()
        assert server.counters.count("GET", STUDIES) == fetched
    before = make_client(page_cache=tmp_path, clock=VirtualClock(start=shared_clock.server.now))
    await before.studies.list().get()  # by this clock the page is from the future
    assert server.counters.count("GET", STUDIES) == 4
    with pytest.raises(ConfigurationError, match="lifetime"):
        PageCache(tmp_path, lifetime=0)


@pytest.mark.parametrize(
    "fault",
    [
        ServerFault.status(503),
        ServerFault.status(429),
        ServerFault.status(200, html="<h1>Sorry</h1>"),
        ServerFault.status(503, json={"items": [], "count": 0}),
        ServerFault.status(200, json={"items": None, "count": 0}),
        ServerFault.status(200, json={"count": 0}),
        ServerFault.status(200, json=[]),
        ServerFault.status(200, json=5),
        ServerFault.status(200, json="items"),
    ],
)
async def test_a_failure_is_never_kept(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path, fault: ServerFault
) -> None:
    client = make_client(page_cache=tmp_path, retry=None)
    server.faults.add(fault, times=1)
    with pytest.raises(AsdkError):
        await client.studies.list().get()
    assert files_in(tmp_path) == []
    assert len(await client.studies.list().get()) == 100


async def test_only_pages_are_kept(make_client: MakeClient, server: MGnifyServer, tmp_path: Path) -> None:
    client = make_client(page_cache=tmp_path)
    for _ in range(2):
        assert await client.studies.list().count() == 230
        await client.studies.get("MGYS00000001")
        async with client.stream("GET", "/studies/", params={"page": 1}) as response:
            assert await response.read()
    assert files_in(tmp_path) == []


async def test_files_are_readable_by_their_owner_alone(make_client: MakeClient, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        client = make_client(page_cache=tmp_path / "a" / "b", **ACCOUNT)
        await client.private_studies.get()
    finally:
        os.umask(old)
    modes = modes_in(tmp_path)
    assert sorted(modes) == [0o600, 0o700, 0o700, 0o700]
    assert all("Webin" not in path.name and "sandbox-webin" not in path.read_text() for path in files_in(tmp_path))


@pytest.mark.parametrize("settings", [{}, {"page_cache": None}, {"page_cache": ""}])
async def test_nothing_is_written_by_default(make_client: MakeClient, tmp_path: Path, settings: dict[str, Any]) -> None:
    client = make_client(**settings)
    await client.studies.list().collect()
    assert files_in(tmp_path) == []
    assert not any("Cache" in type(step).__name__ for step in client.build_stack())


async def test_a_directory_can_be_a_setting(server: MGnifyServer, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"MGNIFY_PAGE_CACHE={tmp_path / 'kept'}\n")
    async with MGnify(base_url=server.url) as client:
        await client.studies.list().get()
    assert len(files_in(tmp_path / "kept")) == 1


async def test_a_call_can_request_a_fresh_page(make_client: MakeClient, server: MGnifyServer, tmp_path: Path) -> None:
    client = make_client(page_cache=tmp_path)
    for control, fetched in ((None, 1), (None, 1), ("no-cache", 2), (None, 2), ("no-store", 3), (None, 3)):
        await client.studies.list(headers={} if control is None else {"Cache-Control": control}).get()
        assert server.counters.count("GET", STUDIES) == fetched
    await client.studies.list(headers={"Authorization": "Bearer mine"}).get()
    assert server.counters.count("GET", STUDIES) == 4


async def test_a_credential_that_does_not_say_whose_it_is_keeps_nothing_private(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path
) -> None:
    for _ in range(2):
        client = make_client(page_cache=tmp_path, auth=BearerToken(server.issue_token()))
        assert len(await accessions(client)) == 3
        await client.studies.list().get()
    assert server.counters.count("GET", MINE) == 2
    assert server.counters.count("GET", STUDIES) == 1


async def test_private_pages_are_cached_after_a_prompted_login(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask_person(question: str, *, hidden: bool) -> Secret:
        return Secret("sandbox-webin" if hidden else "Webin-1001")

    monkeypatch.setattr("asdk.auth.credentials.prompt.ask_person", ask_person)
    client = make_client(page_cache=tmp_path, interactive=True)
    for fetched in (1, 2, 2):
        assert len(await accessions(client)) == 3
        assert server.counters.count("GET", MINE) == fetched


async def test_a_name_alone_opens_no_private_pages(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask_person(question: str, *, hidden: bool) -> Secret | None:
        return password

    monkeypatch.setattr("asdk.auth.credentials.prompt.ask_person", ask_person)
    settings = {"page_cache": tmp_path, "interactive": True, "username": "Webin-1001"}
    password: Secret | None = Secret("sandbox-webin")
    client = make_client(**settings)
    await client.get_token()
    assert len(await accessions(client)) == 3
    assert len(files_in(tmp_path)) == 1
    password = None  # there is no user
    with pytest.raises(ConfigurationError, match="MGNIFY_USERNAME"):
        await accessions(make_client(**settings))


class Changeable(Credential):
    """Credential whose account may change during a call."""

    def __init__(self, token: str) -> None:
        self.account = "a"
        self._token = token

    @property
    def identity(self) -> Identity:
        return Identity(url="https://login.test", kind="test", account=self.account)

    async def fetch(self, send: Handler) -> Token:
        return Token(value=self._token)


async def test_a_page_that_came_when_the_account_changed_is_not_kept(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path
) -> None:
    credential = Changeable(server.issue_token())

    async def change(request: Request, call_next: Handler) -> Response:
        credential.account += "b"
        return await call_next(request)

    client = make_client(page_cache=tmp_path, auth=credential, attempt_middleware=[change])
    await client.get_token()
    assert len(await accessions(client)) == 3
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("damage", ["", "x", "1.0 abc\n{}", "{}\n{}", "nan nan\n", None])
async def test_a_damaged_file_is_fetched_again(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path, damage: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(page_cache=tmp_path)
    whole = await client.studies.list().get()
    (page,) = files_in(tmp_path)
    page.write_text(page.read_text()[:-100] if damage is None else damage)
    for _ in range(2):
        assert await client.studies.list().get() == whole
    assert server.counters.count("GET", STUDIES) == 2
    assert (
        len([record for record in caplog.records if record.name == "asdk" and record.levelno >= logging.WARNING]) == 1
    )


async def test_a_disk_that_refuses_costs_nothing_but_the_pages(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mgnify-pages").write_text("a file where the folder should be")
    client = make_client(page_cache=tmp_path)
    for _ in range(2):
        assert len(await client.studies.list().collect()) == 230
    assert server.counters.count("GET", STUDIES) == 6
    assert (
        len([record for record in caplog.records if record.name == "asdk" and record.levelno >= logging.WARNING]) == 1
    )


async def test_a_link_is_not_followed(make_client: MakeClient, server: MGnifyServer, tmp_path: Path) -> None:
    client = make_client(page_cache=tmp_path / "kept")
    await client.studies.list().get()
    (page,) = files_in(tmp_path)
    elsewhere = page.rename(tmp_path / "elsewhere")
    page.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    await client.studies.list().get()
    assert server.counters.count("GET", STUDIES) == 2
    assert not page.is_symlink()
    assert elsewhere.read_bytes() == before


async def test_many_may_fetch_the_same_page_at_once(
    make_client: MakeClient, server: MGnifyServer, tmp_path: Path
) -> None:
    clients = [make_client(page_cache=tmp_path) for _ in range(4)]
    sets = [client.studies.list(page_size=50) for client in clients for _ in range(5)]
    found = await asyncio.gather(*(studies.paginate().prefetch(3).collect() for studies in sets))
    assert all(one == found[0] for one in found)
    assert len(files_in(tmp_path)) == 5
    assert not [path for path in files_in(tmp_path) if path.suffix == ".tmp"]


async def test_old_pages_are_swept_and_all_can_be_cleared(
    make_client: MakeClient, shared_clock: SharedClock, tmp_path: Path
) -> None:
    async def fetch(search: str, lifetime: float) -> None:
        cache = PageCache(tmp_path, lifetime=lifetime)
        await make_client(page_cache=cache, clock=shared_clock.client).studies.list(search=search).get()

    folder = tmp_path / "mgnify-pages"
    await fetch("lake", 60)
    await fetch("soil", 600)
    killed, writing, foreign = folder / f"{'0' * 32}.json.tmp", folder / f"{'1' * 32}.json.tmp", folder / "notes.txt"
    for path, age in ((killed, 3600), (writing, 0), (foreign, 3600)):
        path.write_text("x")
        os.utime(path, (shared_clock.client.time() - age,) * 2)
    await shared_clock.advance(100)
    await fetch("gut", 10)  # a short lifetime does not delete the pages of others
    assert (killed.exists(), writing.exists(), foreign.exists()) == (False, True, True)
    assert len(files_in(folder)) == 2 + 2
    await PageCache(tmp_path).clear()
    assert files_in(folder) == [foreign]
    await PageCache(tmp_path / "nothing there").clear()


def test_it_travels_with_a_client_to_another_process(tmp_path: Path) -> None:
    for cache in (PageCache(tmp_path, lifetime=60), str(tmp_path), tmp_path):
        client = pickle.loads(pickle.dumps(MGnify(page_cache=cache)))
        assert any("Cache" in type(step).__name__ for step in client.build_stack())
    again = pickle.loads(pickle.dumps(PageCache(tmp_path, lifetime=60)))
    assert (again.directory, again.lifetime) == (tmp_path / "mgnify-pages", 60)


def test_a_client_that_keeps_no_pages_does_not_import_what_does() -> None:
    program = (
        "import sys; from asdk.clients.mgnify import MGnify; MGnify(auth=None); print('page_cache' in str(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_an_owner_is_named_without_telling_a_secret() -> None:
    names = [
        SlidingToken("https://mirror.test", "Webin-1", "top secret").owner,
        SlidingToken("https://mirror.test", "Webin-1", "other").owner,
        SlidingToken("https://mirror.test", "Webin-2", "top secret").owner,
        SlidingToken("https://mirror.test", token="abc").owner,
        SlidingToken("https://mirror.test", "Webin-1", "top secret", token="abc").owner,
    ]
    assert len(set(names)) == 5
    assert not any("secret" in name or "abc" in name.split("-")[-1][:3] for name in names)
