"""Tests of unusual replies: members that are missing, null or new, text with any characters, and invalid JSON."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from asdk import DecodeError, InvalidRequestError, TokenUnavailableError
from asdk.clients.apala import Apala
from asdk.clients.apala.models import MessageType
from asdk.sandbox.apala import ApalaServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.apala.conftest import MakeClient

COMPANY = "0f8fad5b-d9cb-469f-a165-70867728950e"
CUSTOMER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 3600}
WHOSE = {"company_id": COMPANY, "company_name": "Lender"}
TEMPLATE = {"template_id": CUSTOMER, "group_id": COMPANY, "content": "x", "channel": "sms", "status": "active"}


def client_of(*bodies: object) -> Apala:
    """Create a client without a token whose calls get these replies, in turn."""
    transport = MemoryTransport([Reply(json=body) for body in bodies])
    return Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)


def client_with(tokens: object) -> Apala:
    """Create a client whose token endpoint sends this reply."""
    return Apala("key", transport=MemoryTransport(lambda request: Reply(json=tokens)), customer_id=CUSTOMER)


@pytest.mark.parametrize("expires_in", [3600, "3600", 3600.0])
async def test_the_life_of_a_token_may_be_a_number_as_text(expires_in: object) -> None:
    result = await client_with({**TOKENS, **WHOSE, "expires_in": expires_in, "something_new": []}).authenticate()
    assert (result.expires_in, result.company_name) == (3600, "Lender")


@pytest.mark.parametrize("expires_in", [None, "soon", -1, 0, True, 1e99])
async def test_an_invalid_lifetime_counts_as_unknown(expires_in: object) -> None:
    client = client_with({**TOKENS, **WHOSE, "expires_in": expires_in})
    assert (await client.authenticate())["expires_in"] is None
    assert client.token_expires_at is None
    assert client.access_token


async def test_a_reply_that_does_not_say_whose_the_key_is() -> None:
    client = client_with({**TOKENS, "company_id": 7, "refresh_token": None})
    result = await client.authenticate()
    assert (result["company_id"], result["company_name"], result["refresh_token"]) == (None, None, None)
    with pytest.raises(InvalidRequestError, match="company_guid is missing"):
        await client.optimize_message([], "x", timezone="UTC")


@pytest.mark.parametrize("token", ["a\nb", "a b\r\n", "\u20ac"])
async def test_a_token_that_no_header_can_carry_is_rejected(token: str) -> None:
    client = client_with({**TOKENS, "access_token": token, "refresh_token": "the-refresh-token"})
    with pytest.raises(TokenUnavailableError, match="access_token") as caught:
        await client.with_options(timeout=0.2).authenticate()
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "the-refresh-token" not in "".join(trace.format())
    assert token not in str(caught.value)


async def test_the_least_and_the_newest_that_an_optimised_message_may_be() -> None:
    least = {"message_id": "m", "optimized_message": "", "recommended_channel": "RCS", "original_message": "x"}
    warning = {"rule": "new_rule", "detail": "d", "more": 1}
    more = {
        "warnings": [warning],
        "message_type": ["linking_chirp", "NEW"],
        "recommended_send_at": "2026-01-01T10:00:00",
    }
    one, other = client_of(least), client_of({**least, **more, "inferred_send_at": "2026-01-01T10:00:00.123456Z"})
    result = await one.optimize_message([], "x", timezone="UTC")
    assert (result.warnings, result.message_type, result.recommended_send_at) == ([], None, None)
    result = await other.optimize_message([], "x", timezone="UTC")
    assert result.recommended_send_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert result.message_type == [MessageType.LINKING_CHIRP, "NEW"]
    assert [warning.rule for warning in result.warnings] == ["new_rule"]


@pytest.mark.parametrize("score", [None, "good", "superb", 80])
async def test_feedback_as_the_server_keeps_it(score: object) -> None:
    item = {"id": "f", "message_id": "m", "customer_responded": False, "inserted_at": "2026-01-01T00:00:00Z"}
    nulls = {"actual_sent_message": None, "send_timestamp": None, "reply_timestamp": None}
    kept = await client_of({**item, **nulls, "score": score}).submit_single_feedback("m", False, timezone="UTC")
    assert (kept.score, kept.positive_rewards, kept.send_timestamp) == (score, [], None)


async def test_templates_with_little_and_with_news() -> None:
    nulls = dict.fromkeys(["group_name", "label", "n_observations", "reward_rate", "rejected_reason", "violations"])
    news = {"status": "archived", "rejected_reason": "new_reason", "channel": "rcs", "reward_rate": 1}
    [little, null, new] = await client_of(
        {"templates": [TEMPLATE, TEMPLATE | nulls, TEMPLATE | news]}
    ).paf.templates.list()
    assert little == null
    assert (new.status, new.status.is_known, new.rejected_reason, new.reward_rate) == (
        "archived",
        False,
        "new_reason",
        1.0,
    )
    assert await client_of({}).paf.templates.list() == []


async def test_any_text_comes_through_unchanged(make_client: MakeClient, server: ApalaServer) -> None:
    client = make_client()
    text = 'Zoë & "Ünal" <b> / ? # % + \\ \u202e \U0001f600'
    better = await client.optimize_message([], text, timezone="UTC")
    assert better.original_message == text
    kept = await client.submit_single_feedback(better.message_id, True, timezone="UTC", actual_sent_message=text)
    assert kept.actual_sent_message == text
    label = "a/b?c=d&e#f %2F+é"
    made = await client.paf.templates.create("Hi {NAME}", "sms", label=label)
    assert len(await client.paf.templates.list(label=label)) == len(made.templates) == 2


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"", b"{", b"null", b"[]", b'{"message_id": "m"}', b"\xff"])
async def test_an_invalid_reply_is_a_typed_error(body: bytes) -> None:
    transport = MemoryTransport(lambda request: Reply(200, content=body))
    client = Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)
    with pytest.raises(DecodeError):
        await client.optimize_message([], "x", timezone="UTC")
    with pytest.raises(DecodeError):
        await client.submit_feedback_bulk([])
    with pytest.raises(TokenUnavailableError):
        await Apala("key", transport=transport).with_options(timeout=0.2).authenticate()


async def test_a_token_of_less_than_a_minute_is_used_for_most_of_its_life(
    make_client: MakeClient, server: ApalaServer
) -> None:
    server.settings.token_lifetime = 30
    client = make_client()
    for _ in range(5):
        await client.paf.templates.list()
    assert (server.counters.count("POST", "/api/auth/token"), server.counters.count("POST", "/api/auth/refresh")) == (
        1,
        0,
    )


async def test_the_key_follows_no_redirect() -> None:
    transport = MemoryTransport(lambda request: Reply(307, headers={"Location": "https://elsewhere.example.org/"}))
    with pytest.raises(TokenUnavailableError) as caught:
        await Apala("key", transport=transport).with_options(timeout=0.2).authenticate()
    assert caught.value.status == 307
    assert {request.url for request in transport.sent} == {"http://localhost:4000/api/auth/token"}
