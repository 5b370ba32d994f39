"""The vendor's own package, unmodified, sync and async, against the sandbox.

What both clients can do is written once: what the sync one returns at once, the async one returns to be awaited. The
sandbox has a thread of its own, because the sync client blocks.
"""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from asdk.sandbox import Sandbox, ServerFault
from asdk.sandbox.apala import ApalaServer
from tests.conformance.vendors import settle

apala = pytest.importorskip("apala_client", reason="the vendor's package apala-api is not installed")
requests = pytest.importorskip("requests")
httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.anyio
TOKEN, REFRESH = "/api/auth/token", "/api/auth/refresh"
TEXT = "Hi {NAME}, your papers are ready: {SIGNING_MAGIC_LINK}"


@pytest.fixture
def server() -> Iterator[ApalaServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.apala


@pytest.fixture
def sync(server: ApalaServer) -> Iterator[Any]:
    client = apala.ApalaClient(server.credentials.api_key, base_url=server.url)
    yield client
    client.close()


@pytest.fixture(params=["sync", "async"])
async def client(request: pytest.FixtureRequest, server: ApalaServer) -> AsyncIterator[Any]:
    if request.param == "sync":
        blocking = apala.ApalaClient(server.credentials.api_key, base_url=server.url)
        yield blocking
        blocking.close()
    else:
        async with apala.AsyncApalaClient(server.credentials.api_key, base_url=server.url) as client:
            yield client


def tokens(server: ApalaServer) -> tuple[int, int]:
    """Key exchanges and refreshes so far."""
    return server.counters.count("POST", TOKEN), server.counters.count("POST", REFRESH)


def ask(client: Any, server: ApalaServer, text: str = "your  loan is ready") -> Any:
    history = [apala.Message(content="Hello", channel="EMAIL", reply_or_not=True)]
    known = server.credentials
    return client.optimize_message(
        history,
        apala.Message(content=text, channel="SMS", reply_or_not=False),
        known.customer_id,
        known.company_id,
        "America/New_York",
        metadata=apala.CustomerMetadata(is_repeat_borrower=1, age_bin=apala.AgeBin.AGE_30_35),
        message_type=[apala.MessageType.LINKING_CHIRP],
    )


async def test_the_key_buys_tokens_and_says_whose_they_are(client: Any, server: ApalaServer) -> None:
    auth = await settle(client.authenticate())
    assert (auth.company_name, auth.expires_in) == ("Sandbox Lending", 3600)
    assert auth.company_id == server.credentials.company_id
    assert client.token_expires_at == pytest.approx(time.time() + 3540, abs=5)
    renewed = await settle(client.refresh_access_token())
    assert renewed.expires_in == 3600
    assert client.access_token == renewed.access_token != auth.access_token
    assert tokens(server) == (1, 1)


async def test_login_is_lazy_and_an_expired_token_is_renewed(client: Any, server: ApalaServer) -> None:
    await settle(client.paf.templates.list())
    assert tokens(server) == (1, 0)
    client.token_expires_at = time.time() - 1
    await settle(client.paf.templates.list())
    assert tokens(server) == (1, 1)


def test_a_refused_refresh_falls_back_to_the_key(sync: Any, server: ApalaServer) -> None:
    sync.authenticate()
    assert server.revoke_refresh_tokens() == 1
    sync.token_expires_at = time.time() - 1
    ask(sync, server)
    assert tokens(server) == (2, 1)


def test_a_rotated_refresh_token_is_lost_and_the_key_helps_out(sync: Any, server: ApalaServer) -> None:
    server.settings.rotate_refresh_tokens = True
    sync.authenticate()
    for _ in range(2):
        sync.token_expires_at = time.time() - 1
        ask(sync, server)
    assert tokens(server) == (2, 2)


async def test_a_bad_key_is_401_and_one_without_permission_403(client: Any, server: ApalaServer) -> None:
    server.revoke_api_key()
    with pytest.raises((requests.HTTPError, httpx.HTTPStatusError)) as caught:
        await settle(client.paf.templates.list())
    assert caught.value.response.status_code == 401
    assert caught.value.response.json()["error"] == "invalid_api_key"
    client.api_key = server.credentials.other_api_key
    server.forbid_api_key(client.api_key)
    with pytest.raises((requests.HTTPError, httpx.HTTPStatusError)) as caught:
        await settle(client.paf.templates.list())
    assert caught.value.response.status_code == 403


async def test_a_dead_access_token_is_a_401(client: Any, server: ApalaServer) -> None:
    await settle(client.authenticate())
    server.invalidate_access_tokens()
    with pytest.raises((requests.HTTPError, httpx.HTTPStatusError)) as caught:
        await settle(client.paf.templates.list())
    assert caught.value.response.status_code == 401


def test_a_message_is_optimised_and_takes_feedback(sync: Any, server: ApalaServer) -> None:
    result = ask(sync, server)
    assert result.original_message == "your  loan is ready"
    assert result.optimized_message == "Your loan is ready."
    assert (result.recommended_channel, result.warnings) == ("EMAIL", [])
    assert result.message_type == ["linking_chirp"]
    assert result.recommended_send_at.tzinfo is not None
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    reply = sync.submit_single_feedback(
        result.message_id,
        True,
        "UTC",
        score="good",
        actual_sent_message="Sent",
        positive_rewards=[apala.PositiveReward.LINKING_CHIRP],
        send_timestamp=moment,
        reply_timestamp=moment,
    )
    assert (reply.message_id, reply.score) == (result.message_id, "good")
    assert reply.positive_rewards == ["linking_chirp"]
    again = {"message_id": result.message_id, "customer_responded": False, "timezone": "UTC"}
    bulk = sync.submit_feedback_bulk([again, again])
    assert (bulk.success, bulk.count, len(bulk.feedback)) == (True, 2, 2)
    assert server.inspect(lambda state: len(state.messages.feedback)) == 3


def test_a_long_sms_is_warned_of(sync: Any, server: ApalaServer) -> None:
    known = server.credentials
    draft = apala.Message(content="a" * 200, channel="SMS", reply_or_not=False)
    result = sync.optimize_message([], draft, known.customer_id, known.company_id, "UTC")
    assert [warning.rule for warning in result.warnings] == ["sms_length"]


def test_another_company_is_403_and_an_unknown_message_404(sync: Any, server: ApalaServer) -> None:
    known = server.credentials
    draft = apala.Message(content="Hello", channel="SMS", reply_or_not=False)
    with pytest.raises(requests.HTTPError) as caught:
        sync.optimize_message([], draft, known.customer_id, known.other_company_id, "UTC")
    assert caught.value.response.status_code == 403
    with pytest.raises(requests.HTTPError) as caught:
        sync.submit_single_feedback("no-such-message", True, "UTC")
    assert caught.value.response.status_code == 404


async def test_a_pre_approval_message_and_its_outcome(client: Any, server: ApalaServer) -> None:
    customer = server.credentials.customer_id
    message = await settle(client.paf.optimize(customer, {"is_repeat_borrower": 1}))
    assert not message.is_control
    assert "{SIGNING_MAGIC_LINK}" in message.content
    done = await settle(
        client.paf.submit_feedback(
            customer,
            message.paf_message_id,
            message.channel,
            True,
            signed_date=datetime(2026, 1, 2, tzinfo=UTC),
            incoming_messages=[{"content": "Yes", "timestamp": datetime(2026, 1, 1, tzinfo=UTC)}],
        )
    )
    assert done.status == "recorded"
    template = await settle(client.paf.templates.get(message.template_id))
    assert (template.n_observations, template.reward_rate) == (1, 1.0)
    server.hold_out(customer)
    assert (await settle(client.paf.optimize(customer))).is_control


async def test_bulk_outcomes_fail_one_by_one(client: Any, server: ApalaServer) -> None:
    customer = server.credentials.customer_id
    message = await settle(client.paf.optimize(customer))
    known = {"customer_id": customer, "paf_message_id": message.paf_message_id, "channel": "SMS", "signed": False}
    unknown = {**known, "paf_message_id": customer}
    result = await settle(client.paf.submit_feedback_bulk([known, unknown, known]))
    assert result.recorded == 2
    assert [(error.index, error.error) for error in result.errors] == [(1, "unknown_paf_message_id")]


async def test_an_account_without_the_flow_is_told_so(client: Any, server: ApalaServer) -> None:
    server.settings.paf_provisioned = False
    with pytest.raises(apala.PafNotProvisionedError) as caught:
        await settle(client.paf.optimize(server.credentials.customer_id))
    assert caught.value.error_code == "not_provisioned"


async def test_templates_are_listed_made_and_disabled(client: Any) -> None:
    before = await settle(client.paf.templates.list())
    made = await settle(client.paf.templates.create(TEXT, "sms", label="mine"))
    assert [entry.status for entry in made.templates] == ["active", "active"]
    mine = await settle(client.paf.templates.list(label="mine"))
    assert len(mine) == 2
    gone = await settle(client.paf.templates.delete(mine[0].template_id))
    again = await settle(client.paf.templates.delete(mine[0].template_id))
    assert (gone.status, gone.rejected_reason) == ("rejected", "customer_disabled")
    assert again.rejected_at == gone.rejected_at
    assert len(await settle(client.paf.templates.list())) == len(before) + 1
    assert len(await settle(client.paf.templates.list(status="rejected"))) == 1
    assert len(await settle(client.paf.templates.list(status="all", group_id=mine[0].group_id))) == 3


async def test_a_template_goes_through_the_gate(client: Any, server: ApalaServer) -> None:
    report = await settle(client.paf.templates.validate("Hurry {{NAME}}, cash for you", "sms"))
    assert not report.is_valid
    found = [violation.check for violation in report.violations]
    assert found == ["URGENCY_LANGUAGE", "CASH_AND_DOLLAR_SYMBOL", "PLACEHOLDER_VALIDITY"]
    assert len(report.checks_run) == 9
    with pytest.raises(apala.PafComplianceError) as caught:
        await settle(client.paf.templates.create("Act now {NAME}", "sms"))
    assert [violation.check for violation in caught.value.violations] == ["URGENCY_LANGUAGE"]
    await settle(client.paf.templates.create(TEXT, "sms", label="mine"))
    with pytest.raises(apala.PafComplianceError) as caught:
        await settle(client.paf.templates.create(TEXT, "sms", label="mine"))
    assert caught.value.error_code == "duplicate_label"
    assert caught.value.conflicting_template_id
    group = (await settle(client.paf.templates.list()))[0].group_id
    server.retire_group(group)
    with pytest.raises(apala.PafGroupRetiredError):
        await settle(client.paf.templates.create(TEXT, "sms", group_id=group))
    server.settings.paf_channels = frozenset({"sms"})
    with pytest.raises(apala.PafChannelNotAllowedError):
        await settle(client.paf.templates.validate(TEXT, "email"))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (ServerFault.status(429, retry_after=1), 429),
        (ServerFault.status(503, html="<p>down</p>"), 503),
        (ServerFault.status(500), 500),
    ],
)
def test_faults_reach_the_vendor_as_they_are(sync: Any, server: ApalaServer, fault: ServerFault, status: int) -> None:
    server.faults.add(fault, path="/api/message_optimizer", times=1)
    with pytest.raises(requests.HTTPError) as caught:
        ask(sync, server)
    assert caught.value.response.status_code == status
    assert ask(sync, server).message_id


def test_a_lost_connection_and_half_a_reply_reach_the_vendor(sync: Any, server: ApalaServer) -> None:
    server.faults.add(ServerFault.drop(reset=True), path="/api/message_optimizer", times=1)
    with pytest.raises(requests.RequestException):
        ask(sync, server)
    server.faults.add(ServerFault.malformed(), path="/api/message_optimizer", times=1)
    with pytest.raises(requests.RequestException):
        ask(sync, server)
