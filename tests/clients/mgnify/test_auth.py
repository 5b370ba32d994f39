from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from asdk import (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    Secret,
    TokenRefusedError,
    TokenUnavailableError,
)
from asdk.auth import BearerToken, MemoryTokenStore
from asdk.clients.mgnify import MGnify, SlidingToken
from asdk.sandbox import MGnifyServer, ServerFault
from tests.clients.mgnify.conftest import MakeClient
from tests.support.shared_clock import SharedClock

LOGIN = "/metagenomics/api/v2/auth/sliding"
REFRESH = "/metagenomics/api/v2/auth/sliding/refresh"
ACCOUNT = {"username": "Webin-1001", "password": "sandbox-webin"}


def token_requests(server: MGnifyServer) -> tuple[int, int]:
    """Return the number of logins and refreshes so far."""
    return server.counters.count("POST", LOGIN), server.counters.count("POST", REFRESH)


async def test_a_login_happens_when_private_data_is_first_needed(owner: MGnify, server: MGnifyServer) -> None:
    assert token_requests(server) == (0, 0)
    assert len(await owner.private_studies.collect()) == 3
    assert (await owner.studies.get("MGYS00000231")).accession == "MGYS00000231"
    assert token_requests(server) == (1, 0)


async def test_public_lists_need_no_login_at_all(owner: MGnify, server: MGnifyServer) -> None:
    assert await owner.studies.list().count() == 230
    assert await owner.biomes.list(max_depth=1).collect()
    assert token_requests(server) == (0, 0)
    assert all("authorization" not in record.headers for record in server.counters.recent)


async def test_a_token_is_refreshed_before_it_expires(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    server.settings.token_lifetime = 10_000
    client = make_client(**ACCOUNT, clock=shared_clock.client)
    await client.private_studies.get()
    await shared_clock.advance(9_990)
    await client.private_studies.get()  # continues with the old token while the next one is fetched
    for _ in range(100):
        if token_requests(server) == (1, 1):
            break
        await asyncio.sleep(0.01)
    assert token_requests(server) == (1, 1)
    await shared_clock.advance(5_000)
    await client.private_studies.get()
    assert token_requests(server) == (1, 1)
    assert server.counters.by_status == {200: 5}


async def test_an_expired_token_is_not_refreshed_but_logged_in_for(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    client = make_client(**ACCOUNT, clock=shared_clock.client)
    await client.private_studies.get()
    await shared_clock.advance(90_000)
    await client.private_studies.get()
    assert token_requests(server) == (2, 0)


async def test_at_the_end_of_the_refresh_window_comes_a_login(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    server.settings.refresh_window = 5_000
    server.settings.token_lifetime = 10_000
    client = make_client(**ACCOUNT, clock=shared_clock.client)
    await client.private_studies.get()
    await shared_clock.advance(9_990)
    await client.private_studies.get()
    for _ in range(100):
        if token_requests(server) == (2, 0):
            break
        await asyncio.sleep(0.01)
    assert token_requests(server) == (2, 0)


async def test_a_token_that_the_server_forgot_is_replaced(owner: MGnify, server: MGnifyServer) -> None:
    await owner.private_studies.get()
    server.invalidate_tokens()
    assert len(await owner.private_studies.get()) == 3
    assert token_requests(server)[0] == 2


async def test_a_ready_made_token_is_used_and_refreshed(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    client = make_client(auth_token=server.issue_token(), clock=shared_clock.client)
    assert len(await client.private_studies.get()) == 3
    assert token_requests(server) == (0, 0)
    await shared_clock.advance(86_380)
    assert len(await client.private_studies.get()) == 3
    for _ in range(100):
        if token_requests(server) == (0, 1):
            break
        await asyncio.sleep(0.01)
    await shared_clock.advance(86_000)
    assert len(await client.private_studies.get()) == 3
    await shared_clock.advance(1_000)
    with pytest.raises(TokenRefusedError, match="username= and password="):
        await client.private_studies.get()
    assert token_requests(server) == (0, 1)


async def test_a_token_saves_the_first_login_and_the_login_follows_it(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    client = make_client(auth_token=server.issue_token(), **ACCOUNT, clock=shared_clock.client)
    await client.private_studies.get()
    assert token_requests(server) == (0, 0)
    await shared_clock.advance(90_000)
    assert len(await client.private_studies.get()) == 3
    assert token_requests(server) == (1, 0)


async def test_a_token_that_the_server_does_not_know_is_not_tried_again(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    client = make_client(auth_token=server.issue_token(), **ACCOUNT, clock=shared_clock.client)
    server.invalidate_tokens()
    assert len(await client.private_studies.get()) == 3
    assert token_requests(server) == (1, 1)


async def test_a_token_that_has_expired_is_not_even_sent(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    token = server.issue_token()
    await shared_clock.advance(90_000)
    client = make_client(auth_token=token, **ACCOUNT, clock=shared_clock.client)
    assert len(await client.private_studies.get()) == 3
    assert token_requests(server) == (1, 0)


async def test_a_wrong_password_is_one_error_with_a_hint(make_client: MakeClient, server: MGnifyServer) -> None:
    client = make_client(username="Webin-1001", password="nope")
    for _ in range(3):
        with pytest.raises(TokenRefusedError, match=r"Invalid credentials.*check the Webin id") as caught:
            await client.private_studies.get()
        assert "nope" not in str(caught.value)
    assert token_requests(server) == (1, 0)
    assert caught.value.status == 401


async def test_an_unreachable_login_is_not_a_rejected_one(make_client: MakeClient, server: MGnifyServer) -> None:
    server.faults.add(ServerFault.status(503, html="<h1>Sorry</h1>"), path=LOGIN)
    client = make_client(**ACCOUNT, timeout=0.2)
    with pytest.raises(TokenUnavailableError):
        await client.private_studies.get()


@pytest.mark.parametrize("token", [None, 5, "", " ", "a\r\nX-Other: b", "é"])
async def test_a_login_that_gives_no_token_is_a_login_that_is_down(
    make_client: MakeClient, server: MGnifyServer, token: object
) -> None:
    server.faults.add(ServerFault.status(200, json={"token": token, "token_type": "sliding"}), path=LOGIN)
    with pytest.raises(TokenUnavailableError, match="no usable token"):
        await make_client(**ACCOUNT, timeout=0.2).private_studies.get()


async def test_a_hundred_first_callers_cause_one_login(owner: MGnify, server: MGnifyServer) -> None:
    await asyncio.gather(*(owner.private_studies.get() for _ in range(100)))
    assert token_requests(server) == (1, 0)


async def test_a_dead_bearer_makes_a_public_page_a_401(make_client: MakeClient, visitor: MGnify) -> None:
    client = make_client(auth=BearerToken("dead"))
    with pytest.raises(AuthenticationError, match="public data requires no token") as caught:
        await client.runs.list().get()
    assert caught.value.code == "token_not_valid"
    assert await client.studies.list().get()
    assert await visitor.runs.list().get()


async def test_a_hidden_study_may_be_anothers(owner: MGnify, visitor: MGnify) -> None:
    with pytest.raises(NotFoundError, match="private to another account"):
        await owner.studies.get("MGYS00000234")
    with pytest.raises(NotFoundError) as caught:
        await visitor.studies.get("MGYS99999999")
    assert "private" not in str(caught.value)


async def test_tokens_by_hand(
    visitor: MGnify, make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    reply = await visitor.auth.login("Webin-1001", "sandbox-webin")
    assert reply.token_type == "sliding"
    assert reply.token.reveal() not in repr(reply)
    assert await visitor.auth.verify(reply.token)
    shared_clock.server.advance(10)
    renewed = await visitor.auth.refresh(reply.token)
    assert renewed.token != reply.token
    assert len(await make_client(auth_token=renewed.token, clock=shared_clock.client).private_studies.get()) == 3
    server.invalidate_tokens()
    assert not await visitor.auth.verify(renewed.token)
    with pytest.raises(AuthenticationError, match="invalid or expired"):
        await visitor.auth.refresh(renewed.token)
    with pytest.raises(AuthenticationError, match="Invalid credentials"):
        await visitor.auth.login("Webin-1001", "nope")


@pytest.mark.parametrize("spelled", [str.upper, str.lower])
async def test_settings_come_from_dotenv_by_the_vendors_names(
    server: MGnifyServer, tmp_path: Path, spelled: Callable[[str], str]
) -> None:
    settings = {"base_url": f"{server.url}/", "mg_user": "Webin-1001", "mg_password": "sandbox-webin", "unrelated": "1"}
    (tmp_path / ".env").write_text("".join(f"{spelled(name)}={value}\n" for name, value in settings.items()))
    async with MGnify() as client:
        assert client.base_url == server.api_url
        assert len(await client.private_studies.get()) == 3
        assert "sandbox-webin" not in client.config.explain()


async def test_prefixed_names_win_and_the_environment_precedes_the_file(server: MGnifyServer, tmp_path: Path) -> None:
    (tmp_path / "mine.env").write_text("MG_USER=x\nMGNIFY_USERNAME=Webin-1002\nMGNIFY_PASSWORD=sandbox-other\n")
    async with MGnify.from_env(dotenv="mine.env", environ={"MG_USER": "Webin-1"}, base_url=server.url) as client:
        assert client.config.origin("username") == "environment MG_USER"
    async with MGnify.from_env(dotenv="mine.env", environ={}, base_url=server.url) as client:
        assert [study.accession for study in await client.private_studies.get()] == ["MGYS00000234"]


async def test_the_user_is_asked_when_private_data_is_first_needed(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["Webin-1001", "mistyped", "sandbox-webin"]
    questions: list[str] = []

    async def ask_person(question: str, *, hidden: bool) -> Secret:
        questions.append(question)
        return Secret(answers.pop(0))

    monkeypatch.setattr("asdk.auth.credentials.prompt.ask_person", ask_person)
    client = make_client(interactive=True, clock=shared_clock.client)
    assert await client.studies.list().count() == 230
    assert questions == []
    assert len(await client.private_studies.get()) == 3
    assert [question.splitlines()[-1] for question in questions] == [
        "MGnify user name (Webin): ",
        "MGnify password: ",
        "MGnify password: ",
    ]
    await shared_clock.advance(90_000)
    assert len(await client.private_studies.get()) == 3  # logs in again, with the same answers
    assert len(questions) == 3


async def test_without_a_user_the_error_names_the_settings(make_client: MakeClient) -> None:
    client = make_client(interactive=True, username="Webin-1001")
    with pytest.raises(ConfigurationError, match="MGNIFY_USERNAME and MGNIFY_PASSWORD"):
        await client.private_studies.get()


async def test_a_store_shares_the_token_among_clients(make_client: MakeClient, server: MGnifyServer) -> None:
    store = MemoryTokenStore()
    for _ in range(2):
        assert len(await make_client(**ACCOUNT, token_store=store).private_studies.get()) == 3
    assert token_requests(server) == (1, 0)
    changed = make_client(**{**ACCOUNT, "password": "nope"}, token_store=store)
    with pytest.raises(TokenRefusedError):
        await changed.private_studies.get()


async def test_a_login_in_code_wins_over_a_token_of_the_environment(
    server: MGnifyServer, shared_clock: SharedClock
) -> None:
    environ = {"AUTH_TOKEN": server.issue_token("Webin-1002")}
    settings = {"environ": environ, "dotenv": None, "base_url": server.url, "clock": shared_clock.client}
    async with MGnify.from_env(**settings) as client:  # type: ignore[arg-type]
        assert len(await client.private_studies.get()) == 1
    async with MGnify.from_env(**settings, **ACCOUNT) as client:  # type: ignore[arg-type]
        assert len(await client.private_studies.get()) == 3


@pytest.mark.parametrize(
    ("settings", "missing"),
    [({"username": "Webin-1"}, "MG_PASSWORD"), ({"password": "x"}, "MG_USER")],
)
def test_half_a_login_is_rejected_with_the_names_of_the_settings(settings: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        MGnify(**settings)  # type: ignore[arg-type]


def test_two_ways_at_once_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="auth cannot be combined"):
        MGnify(auth=None, username="Webin-1", password="x")


def test_a_base_url_with_a_path_is_taken_as_it_is() -> None:
    assert MGnify(base_url="https://mirror.test/v3").base_url == "https://mirror.test/v3"
    assert MGnify(base_url="https://mirror.test/").base_url == "https://mirror.test/metagenomics/api/v2"
    assert MGnify().base_url == "https://www.ebi.ac.uk/metagenomics/api/v2"


def test_a_credential_shows_no_secret() -> None:
    credential = SlidingToken("https://mirror.test", "Webin-1", "top secret")
    assert "secret" not in repr(credential)
