"""`RefreshToken`: the given token, its successors, and the lack of a fallback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from asdk import ConfigurationError, TokenRefusedError, TokenUnavailableError
from asdk.auth import MemoryTokenStore, RefreshToken, secret_fingerprint
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of


def sent_tokens(endpoint: Endpoint) -> list[str]:
    return [form["refresh_token"] for form in endpoint.forms]


async def test_each_response_provides_the_next_refresh_token() -> None:
    clock = VirtualClock()
    endpoint = Endpoint(granted("t1", "r2"), granted("t2", "r3"), granted("t3"), granted("t4"))
    source = source_of(RefreshToken(URL, "r1"), clock)
    for number in range(1, 5):
        assert (await source.get(endpoint.send)).value.reveal() == f"t{number}"
        await clock.sleep(101)
    assert sent_tokens(endpoint) == ["r1", "r2", "r3", "r3"]


async def test_the_next_process_uses_the_stored_refresh_token() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(granted("t1", "r2"), granted("t2", "r3"))
    await source_of(RefreshToken(URL, "r1"), clock, store).get(endpoint.send)
    await clock.sleep(101)
    await source_of(RefreshToken(URL, "r1"), clock, store).get(endpoint.send)
    assert sent_tokens(endpoint) == ["r1", "r2"]


async def test_another_given_token_replaces_the_stored_one() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(granted("t1", "r2"), granted("n1", "n2"))
    await source_of(RefreshToken(URL, "r1", account="ada"), clock, store).get(endpoint.send)
    await source_of(RefreshToken(URL, "n0", account="ada"), clock, store).get(endpoint.send)
    assert sent_tokens(endpoint) == ["r1", "n0"]


async def test_the_account_defaults_to_the_fingerprint_of_the_token() -> None:
    identity = RefreshToken(URL, "r1").identity
    assert identity.account == identity.seed == secret_fingerprint("r1", "refresh token")
    named = RefreshToken(URL, "r1", account="ada", client_id="app", client_secret="s3cret").identity
    assert (named.account, named.seed) == ("ada", secret_fingerprint("r1", "refresh token"))


async def test_a_refused_token_is_sent_once_and_its_intent_is_removed() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(refusal("invalid_grant"))
    source = source_of(RefreshToken(URL, "r1"), clock, store)
    for _ in range(20):
        with pytest.raises(TokenRefusedError):
            await source.get(endpoint.send)
        await clock.sleep(1)
    assert len(endpoint.sent) == 1
    entry = await source.read_store()
    assert entry is not None
    assert entry.refusal is not None
    assert entry.intent is None, "other processes would wait for a process that has no token to save"


async def test_a_token_with_a_lost_reply_keeps_its_recorded_intent() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(Reply(500))
    source = source_of(RefreshToken(URL, "r1"), clock, store)
    with pytest.raises(TokenUnavailableError):
        await source.get(endpoint.send, within=0.1)
    entry = await source.read_store()
    assert entry is not None
    assert entry.intent is not None
    assert entry.intent.refresh_token == secret_fingerprint("r1", "refresh token")


async def test_without_rotation_no_intent_is_recorded() -> None:
    clock, store = VirtualClock(), MemoryTokenStore()
    endpoint = Endpoint(Reply(500), granted("t1"), granted("t2"))
    source = source_of(RefreshToken(URL, "r1", rotates_refresh_tokens=False), clock, store)
    await source.get(endpoint.send)
    await clock.sleep(101)
    await source.get(endpoint.send)
    assert sent_tokens(endpoint) == ["r1"] * 3
    entry = await source.read_store()
    assert entry is not None
    assert (entry.intent, entry.revision) == (None, 2)


async def test_a_replaced_token_file_ends_the_cool_down(tmp_path: Path) -> None:
    path, clock = tmp_path / "refresh", VirtualClock()
    path.write_text("r1")
    endpoint = Endpoint(refusal("invalid_grant"), granted("t1", "n2"))
    source = source_of(RefreshToken(URL, lambda: path.read_text(), account="ada"), clock)
    with pytest.raises(TokenRefusedError):
        await source.get(endpoint.send)
    path.write_text("n1")
    await clock.sleep(1)
    await source.get(endpoint.send)
    assert sent_tokens(endpoint) == ["r1", "n1"]


async def test_a_missing_token_file_is_a_configuration_error() -> None:
    source, endpoint = source_of(RefreshToken(URL, lambda: Path("/nowhere").read_text())), Endpoint()
    with pytest.raises(ConfigurationError, match="refresh_token"):
        await source.get(endpoint.send)
    assert endpoint.sent == []


async def test_a_hundred_callers_send_the_token_once() -> None:
    endpoint = Endpoint(Reply(json=granted("t1", "r2"), delay=0.5))
    source = source_of(RefreshToken(URL, "r1"))
    await asyncio.gather(*(source.get(endpoint.send) for _ in range(100)))
    assert sent_tokens(endpoint) == ["r1"]
