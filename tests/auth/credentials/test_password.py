"""`PasswordGrant`: the login, the refresh, and the fallback to the login."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from asdk import TokenRefusedError, TokenUnavailableError
from asdk.auth import MemoryTokenStore, PasswordGrant
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of


async def test_a_refresh_sends_neither_password_nor_scope() -> None:
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r1"), granted("t2"), granted("t3", "r3"), granted("t4"))
    source = source_of(PasswordGrant(URL, "ada", "pass", scopes=["a"]), clock)
    for number in range(1, 5):
        assert (await source.get(endpoint.send)).value.reveal() == f"t{number}"
        await clock.sleep(101)
    assert endpoint.forms == [
        {"grant_type": "password", "username": "ada", "password": "pass", "scope": "a"},
        {"grant_type": "refresh_token", "refresh_token": "r1"},
        {"grant_type": "refresh_token", "refresh_token": "r1"},  # the response had no other
        {"grant_type": "refresh_token", "refresh_token": "r3"},
    ]


async def test_without_a_refresh_token_it_logs_in_again() -> None:
    clock, endpoint = VirtualClock(), Endpoint()
    source = source_of(PasswordGrant(URL, "ada", "pass"), clock)
    for _ in range(3):
        await source.get(endpoint.send)
        await clock.sleep(101)
    assert endpoint.grants == ["password"] * 3


@pytest.mark.parametrize("code", ["invalid_grant", "unsupported_grant_type", "invalid_request"])
async def test_a_refused_refresh_token_falls_back_to_one_login(code: str) -> None:
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r1"), refusal(code), Reply(json=granted("t2", "r2"), delay=0.1))
    source = source_of(PasswordGrant(URL, "ada", "pass"), clock)
    await source.get(endpoint.send)
    await clock.sleep(101)
    tokens = await asyncio.gather(*(source.get(endpoint.send) for _ in range(100)))
    assert {token.value.reveal() for token in tokens} == {"t2"}
    assert endpoint.grants == ["password", "refresh_token", "password"]


async def test_an_unavailable_endpoint_does_not_fall_back_to_the_login() -> None:
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r1"), Reply(503))
    source = source_of(PasswordGrant(URL, "ada", "pass"), clock)
    await source.get(endpoint.send)
    await clock.sleep(101)
    with pytest.raises(TokenUnavailableError):
        await source.get(endpoint.send, within=0.1)
    assert endpoint.grants == ["password", "refresh_token"]


async def test_invalid_grant_for_the_stored_refresh_token_discards_it() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    credential = PasswordGrant(URL, "ada", "pass")
    endpoint = Endpoint(granted("t1", "r1"), refusal("invalid_grant"), refusal("invalid_grant"))
    source = source_of(credential, clock, store)
    await source.get(endpoint.send)
    await clock.sleep(101)
    with pytest.raises(TokenRefusedError):
        await source.get(endpoint.send)
    entry = await source.read_store()
    assert entry is not None
    assert entry.token is not None
    assert entry.token.refresh_token is None
    assert entry.intent is None
    await clock.sleep(1000)
    again = Endpoint(granted("t2"))
    assert (await source_of(credential, clock, store).get(again.send)).value.reveal() == "t2"
    assert again.grants == ["password"], "the discarded token is not sent again"


@pytest.mark.parametrize("code", ["invalid_client", "invalid_request"])
async def test_other_refusals_keep_the_stored_refresh_token(code: str) -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(granted("t1", "r1"), refusal(code), refusal(code))
    source = source_of(PasswordGrant(URL, "ada", "pass"), clock, store)
    await source.get(endpoint.send)
    await clock.sleep(101)
    with pytest.raises(TokenRefusedError):
        await source.get(endpoint.send)
    entry = await source.read_store()
    assert entry is not None
    assert entry.token is not None
    assert entry.token.refresh_token is not None


async def test_a_wrong_password_is_sent_once_and_a_new_one_immediately(tmp_path: Path) -> None:
    path, clock = tmp_path / "password", VirtualClock()
    path.write_text("wrong")
    endpoint = Endpoint(refusal("invalid_grant"), granted("t1"))
    source = source_of(PasswordGrant(URL, "ada", lambda: path.read_text()), clock)
    for _ in range(20):
        with pytest.raises(TokenRefusedError):
            await source.get(endpoint.send)
        await clock.sleep(1)
    assert len(endpoint.sent) == 1
    path.write_text("right")
    await source.get(endpoint.send)
    assert [form["password"] for form in endpoint.forms] == ["wrong", "right"]


async def test_the_expiry_of_a_refresh_token_is_kept() -> None:
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r1", refresh_expires_in=1800))
    token = await source_of(PasswordGrant(URL, "ada", "pass"), clock).get(endpoint.send)
    assert token.refresh_expires_at == pytest.approx(clock.time() + 1800)


async def test_two_users_on_one_store_never_share_a_token() -> None:
    store = MemoryTokenStore()
    for name in ("ada", "bob", "ada", "bob"):
        endpoint = Endpoint(granted(f"token of {name}".replace(" ", "-")))
        token = await source_of(PasswordGrant(URL, name, "pass", client_id="app"), store=store).get(endpoint.send)
        assert token.value.reveal() == f"token-of-{name}"
