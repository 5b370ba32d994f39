"""The vendor's package and ours, each against a server of its own in the same state, give equal results.

Both servers draw the same ids and secrets from the same seed, and their clocks stand still: so whatever both clients
read is equal to the last character.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import anyio
import attrs
import pytest

from asdk import Secret, StatusError, TokenRefusedError
from asdk.clients.apala import Apala, ComplianceError, DuplicateLabelError, GroupRetiredError, NotProvisionedError
from asdk.clients.apala.models import AgeBin, CustomerMetadata, Message, MessageType, PafControl
from asdk.sandbox import ManualClock, Sandbox
from asdk.sandbox.apala import ApalaServer

apala = pytest.importorskip("apala_client", reason="the vendor's package apala-api is not installed")
requests = pytest.importorskip("requests")

pytestmark = pytest.mark.anyio
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Hi {NAME}, your papers are ready: {SIGNING_MAGIC_LINK}"


@pytest.fixture
def servers() -> Iterator[tuple[ApalaServer, ApalaServer]]:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        yield one.apala, other.apala


@pytest.fixture
def theirs(servers: tuple[ApalaServer, ApalaServer]) -> Iterator[Any]:
    client = apala.ApalaClient(servers[0].credentials.api_key, base_url=servers[0].url)
    yield client
    client.close()


@pytest.fixture
async def ours(servers: tuple[ApalaServer, ApalaServer]) -> AsyncIterator[Apala]:
    known = servers[1].credentials
    async with Apala(base_url=servers[1].url, api_key=known.api_key, customer_id=known.customer_id) as client:
        yield client


def plain(value: Any) -> Any:
    """A value as JSON has it, without what is None."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if attrs.has(type(value)):
        return plain({field.name: getattr(value, field.name) for field in attrs.fields(type(value))})
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    return moment_or(value)


def moment_or(value: Any) -> Any:
    """A date and time that stayed text, in the one spelling."""
    if isinstance(value, str) and len(value) > 18 and value[4:5] == value[7:8] == "-":
        return datetime.fromisoformat(value).isoformat()
    return value


def assert_equal(one: Any, other: Any) -> None:
    assert plain(one) == plain(other)


def vendor_optimize(theirs: Any, server: ApalaServer) -> Any:
    known = server.credentials
    return theirs.optimize_message(
        [apala.Message(content="Hi", channel="EMAIL", reply_or_not=True, send_timestamp=MOMENT.isoformat())],
        apala.Message(content="your  loan is ready", channel="SMS"),
        known.customer_id,
        known.company_id,
        "UTC",
        metadata=apala.CustomerMetadata(age_bin=apala.AgeBin.AGE_30_35),
        message_type=[apala.MessageType.LINKING_CHIRP],
    )


async def our_optimize(ours: Apala) -> Any:
    return await ours.optimize_message(
        [Message(content="Hi", channel="EMAIL", reply_or_not=True, send_timestamp=MOMENT)],
        Message(content="your  loan is ready", channel="SMS"),
        timezone="UTC",
        metadata=CustomerMetadata(age_bin=AgeBin.AGE_30_35),
        message_type=[MessageType.LINKING_CHIRP],
    )


async def test_tokens(theirs: Any, ours: Apala) -> None:
    assert_equal(theirs.authenticate(), await ours.authenticate())
    assert theirs.token_expires_at == pytest.approx(ours.token_expires_at, abs=5)
    assert_equal(theirs.refresh_access_token(), await ours.refresh_access_token())


async def test_messages_and_feedback(servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala) -> None:
    one, other = vendor_optimize(theirs, servers[0]), await our_optimize(ours)
    assert_equal(one, other)
    rewards = ["linking_chirp"]
    assert_equal(
        theirs.submit_single_feedback(
            one.message_id, True, "UTC", score="good", positive_rewards=rewards, send_timestamp=MOMENT
        ),
        await ours.submit_single_feedback(
            other.message_id, True, timezone="UTC", score="good", positive_rewards=rewards, send_timestamp=MOMENT
        ),
    )
    entry = {"message_id": one.message_id, "customer_responded": False, "timezone": "UTC", "score": "bad"}
    assert_equal(theirs.submit_feedback_bulk([entry, entry]), await ours.submit_feedback_bulk([entry, entry]))


async def test_what_goes_over_the_wire(servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala) -> None:
    """The servers hold the same afterwards."""
    message, same = vendor_optimize(theirs, servers[0]), await our_optimize(ours)
    theirs.submit_single_feedback(message.message_id, True, "UTC", reply_timestamp=MOMENT)
    await ours.submit_single_feedback(same.message_id, True, timezone="UTC", reply_timestamp=MOMENT)
    kept = [server.inspect(lambda state: list(state.messages.feedback)) for server in servers]
    assert kept[0] == kept[1]


async def test_the_pre_approval_flow(servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala) -> None:
    customer = servers[0].credentials.customer_id
    message = theirs.paf.optimize(customer, {"is_repeat_borrower": 1})
    same = await ours.paf.optimize(customer, {"is_repeat_borrower": 1})
    assert plain(message) | {"control_no_message": False} == plain(same) | {"control_no_message": False}
    assert not isinstance(same, PafControl)
    details: dict[str, Any] = {
        "channel": "sms",
        "signed": True,
        "signed_date": MOMENT,
        "incoming_messages": [{"content": "Yes", "timestamp": MOMENT}],
    }
    assert_equal(
        theirs.paf.submit_feedback(customer, message.paf_message_id, **details),
        await ours.paf.submit_feedback(customer, same.paf_message_id, **details),
    )
    records = [{"customer_id": customer, "paf_message_id": name, **details} for name in (same.paf_message_id, customer)]
    assert_equal(theirs.paf.submit_feedback_bulk(records), await ours.paf.submit_feedback_bulk(records))
    company = servers[0].credentials.company_id
    kept = [server.inspect(lambda state: state.paf.get(company, same.paf_message_id)) for server in servers]
    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[0].feedback == kept[1].feedback
    for server in servers:
        server.hold_out(customer)
    assert theirs.paf.optimize(customer).is_control
    assert (await ours.paf.optimize(customer)).is_control


async def test_templates(theirs: Any, ours: Apala) -> None:
    one, other = theirs.paf.templates, ours.paf.templates
    assert_equal(one.list(), list(await other.list()))
    assert_equal(one.validate("Hurry {{NAME}}", "sms"), await other.validate("Hurry {{NAME}}", "sms"))
    made = one.create(TEXT, "sms", label="mine")
    assert_equal(made, await other.create(TEXT, "sms", label="mine"))
    name = made.templates[0].template_id
    assert_equal(one.delete(name), await other.delete(name))
    assert_equal(one.get(name), await other.get(name))
    assert_equal(one.list("all", label="mine"), list(await other.list("all", label="mine")))


async def test_errors(servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala) -> None:
    with pytest.raises(apala.PafComplianceError) as one:
        theirs.paf.templates.create("Act now", "sms")
    with pytest.raises(ComplianceError) as other:
        await ours.paf.templates.create("Act now", "sms")
    assert_equal(one.value.violations, other.value.violations)
    theirs.paf.templates.create(TEXT, "sms", label="mine")
    await ours.paf.templates.create(TEXT, "sms", label="mine")
    with pytest.raises(apala.PafComplianceError) as one:
        theirs.paf.templates.create(TEXT, "sms", label="mine")
    with pytest.raises(DuplicateLabelError) as duplicate:
        await ours.paf.templates.create(TEXT, "sms", label="mine")
    assert one.value.conflicting_template_id == duplicate.value.conflicting_template_id
    group = theirs.paf.templates.list()[0].group_id
    for server in servers:
        server.retire_group(group)
        server.settings.paf_provisioned = False
    with pytest.raises(apala.PafGroupRetiredError):
        theirs.paf.templates.create(TEXT, "sms", group_id=group)
    with pytest.raises(GroupRetiredError):
        await ours.paf.templates.create(TEXT, "sms", group_id=group)
    with pytest.raises(apala.PafNotProvisionedError) as closed:
        theirs.paf.optimize(group)
    with pytest.raises(NotProvisionedError) as ours_closed:
        await ours.paf.optimize(group)
    assert closed.value.error_code == ours_closed.value.code


async def test_statuses(servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala) -> None:
    with pytest.raises(requests.HTTPError) as one:
        theirs.submit_single_feedback("unknown", True, "UTC")
    with pytest.raises(StatusError) as other:
        await ours.submit_single_feedback("unknown", True, timezone="UTC")
    assert one.value.response.status_code == other.value.status == 404
    for server in servers:
        server.revoke_api_key()
        server.revoke_refresh_tokens()
        server.invalidate_access_tokens()
    theirs.token_expires_at = time.time() - 1
    with pytest.raises(requests.HTTPError) as one:
        theirs.paf.templates.list()
    with pytest.raises(TokenRefusedError) as refused:
        await ours.paf.templates.list()
    assert one.value.response.status_code == refused.value.status == 401


async def test_a_hundred_callers_on_an_expired_token(
    servers: tuple[ApalaServer, ApalaServer], theirs: Any, ours: Apala
) -> None:
    """The vendor's client refreshes once a caller, ours once."""
    theirs.authenticate()
    theirs.token_expires_at = time.time() - 1
    barrier = threading.Barrier(20)

    def refresh() -> None:
        barrier.wait()
        theirs._ensure_valid_token()

    threads = [threading.Thread(target=refresh) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    await ours.authenticate()
    servers[1].invalidate_access_tokens()
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(ours.paf.templates.list)
    refreshes = [server.counters.count("POST", "/api/auth/refresh") for server in servers]
    assert refreshes[0] > 1
    assert refreshes[1] == 1
