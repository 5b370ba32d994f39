"""Tests of the pre-approval flow: messages, outcomes, templates, and its own errors."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from asdk import DecodeError, InvalidRequestError, NotFoundError, ServerError, UnprocessableError
from asdk.clients.apala import (
    Apala,
    ChannelNotAllowedError,
    ComplianceError,
    DuplicateLabelError,
    GroupRetiredError,
    NotProvisionedError,
)
from asdk.clients.apala.models import (
    CustomerMetadata,
    IncomingMessage,
    PafChannel,
    PafControl,
    PafFeedback,
    PafMessage,
    RejectedReason,
    TemplateStatus,
)
from asdk.sandbox import ServerFault
from asdk.sandbox.apala import ApalaServer
from asdk.testing import MemoryTransport, Reply

TEXT = "Hi {NAME}, your papers are ready: {SIGNING_MAGIC_LINK}"
MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
BULK = "/api/paf/feedback/bulk"
CUSTOMER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
async def message(client: Apala, server: ApalaServer) -> PafMessage:
    message = await client.paf.optimize(server.credentials.customer_id)
    assert isinstance(message, PafMessage)
    return message


def outcome(message: PafMessage, server: ApalaServer, **changes: Any) -> PafFeedback:
    given: dict[str, Any] = {"paf_message_id": message.paf_message_id, "channel": PafChannel.SMS, "signed": False}
    return PafFeedback(**{"customer_id": server.credentials.customer_id, **given, **changes})


async def test_a_customer_gets_a_message_or_none(client: Apala, server: ApalaServer) -> None:
    customer = server.credentials.customer_id
    message = await client.paf.optimize(customer, CustomerMetadata(is_repeat_borrower=1))
    assert isinstance(message, PafMessage)
    assert (message.is_control, message.channel) == (False, PafChannel.SMS)
    assert "{NAME}" in message.content
    assert (await client.paf.templates.get(message.template_id)).group_name == "Repeat borrowers"
    server.hold_out(customer)
    control = await client.paf.optimize(customer, {"is_repeat_borrower": 1})
    assert isinstance(control, PafControl)
    assert control.is_control


WHOLE = {"paf_message_id": CUSTOMER, "template_id": CUSTOMER, "content": TEXT, "channel": "sms"}


@pytest.mark.parametrize(
    ("reply", "is_control"),
    [
        (WHOLE, False),
        ({**WHOLE, "control_no_message": False, "something_new": 1}, False),
        ({**WHOLE, "channel": "rcs"}, False),
        ({"control_no_message": True}, True),
        ({**dict.fromkeys(WHOLE), "control_no_message": True}, True),
        ({**WHOLE, "control_no_message": True}, True),
    ],
)
async def test_a_customer_in_the_control_group_gets_no_message(reply: object, is_control: bool) -> None:
    client = Apala(auth=None, transport=MemoryTransport([Reply(json=reply)]))
    assert (await client.paf.optimize(CUSTOMER)).is_control is is_control


@pytest.mark.parametrize(
    "reply",
    [
        {"foo": 1},
        {},
        {"control_no_message": False},
        {"control_no_message": "yes"},
        {**WHOLE, "content": None},
        [],
        None,
    ],
)
async def test_an_incomplete_message_is_rejected(reply: object) -> None:
    client = Apala(auth=None, transport=MemoryTransport([Reply(json=reply)]))
    with pytest.raises(DecodeError):
        await client.paf.optimize(CUSTOMER)


async def test_an_account_without_the_flow_gets_an_error_without_retries(client: Apala, server: ApalaServer) -> None:
    server.settings.paf_provisioned = False
    with pytest.raises(NotProvisionedError) as caught:
        await client.paf.optimize(server.credentials.customer_id)
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("not_provisioned", 503, False)
    assert server.counters.count("POST", "/api/paf/optimize") == 1


@pytest.mark.parametrize("fault", [ServerFault.status(503), ServerFault.status(503, html="<p>busy</p>")])
async def test_an_unrelated_503_is_a_server_error(client: Apala, server: ApalaServer, fault: ServerFault) -> None:
    server.faults.add(fault, path="/api/paf/optimize")
    with pytest.raises(ServerError) as caught:
        await client.paf.optimize(server.credentials.customer_id)
    assert not isinstance(caught.value, NotProvisionedError)


async def test_an_outcome_is_reported_and_may_be_repeated(
    client: Apala, server: ApalaServer, message: PafMessage
) -> None:
    server.faults.add(ServerFault.status(503, after_handler=True), path="/api/paf/feedback", times=1)
    done = await client.paf.submit_feedback(
        server.credentials.customer_id,
        message.paf_message_id,
        channel="SMS",
        signed=True,
        signed_date=MOMENT,
        incoming_messages=[
            IncomingMessage(content="Yes", timestamp=MOMENT),
            {"content": "Really", "timestamp": MOMENT, "channel": "EMAIL"},
        ],
    )
    assert done.status == "recorded"
    template = await client.paf.templates.get(message.template_id)
    assert (template.n_observations, template.reward_rate) == (1, 1.0)
    company = server.credentials.company_id
    kept = server.inspect(lambda state: state.paf.get(company, message.paf_message_id))
    assert kept is not None
    assert kept.feedback is not None
    assert [entry["channel"] for entry in kept.feedback["incoming_messages"]] == ["sms", "email"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"signed": True},
        {"paf_message_id": "17"},
        {"customer_id": "17"},
        {"no_such_field": 1},
        {"signed": None, "customer_id": None},
        {"signed": "yes"},
        {"channel": "pigeon"},
        {"channel": None},
        {"incoming_messages": [{"content": "x"}]},
        {"incoming_messages": [{"content": "x", "timestamp": MOMENT, "channel": "pigeon"}]},
        {"incoming_messages": ["x"]},
    ],
)
async def test_an_invalid_outcome_is_not_sent(wrong: dict[str, Any]) -> None:
    transport = MemoryTransport()
    client = Apala(auth=None, transport=transport)
    good = {"customer_id": CUSTOMER, "paf_message_id": CUSTOMER, "channel": "sms", "signed": False}
    with pytest.raises(InvalidRequestError):
        await client.paf.submit_feedback_bulk([good, {**good, **wrong}])
    assert transport.sent == []


async def test_the_outcome_of_an_unknown_message(client: Apala, server: ApalaServer) -> None:
    customer = server.credentials.customer_id
    with pytest.raises(NotFoundError, match="No message has the id"):
        await client.paf.submit_feedback(customer, customer, channel="sms", signed=False)


async def test_bulk_reports_rejected_outcomes_without_resending_them(
    client: Apala, server: ApalaServer, message: PafMessage
) -> None:
    known = outcome(message, server)
    unknown = outcome(message, server, paf_message_id=CUSTOMER)
    result = await client.paf.submit_feedback_bulk([known, unknown, known])
    assert result.recorded == 2
    assert [(error.index, error.error, error.paf_message_id) for error in result.errors] == [
        (1, "unknown_paf_message_id", CUSTOMER)
    ]
    assert server.counters.count("POST", BULK) == 1


async def test_bulk_goes_out_in_parts(client: Apala, server: ApalaServer, message: PafMessage) -> None:
    many = [outcome(message, server) for _ in range(1201)]
    many[1100] = outcome(message, server, paf_message_id=CUSTOMER)
    result = await client.paf.submit_feedback_bulk(iter(many))
    assert (result.recorded, [error.index for error in result.errors]) == (1200, [1100])
    assert server.counters.count("POST", BULK) == 3
    assert (await client.paf.submit_feedback_bulk([])).recorded == 0
    assert server.counters.count("POST", BULK) == 3


async def test_bulk_sends_again_what_failed_and_only_that() -> None:
    sizes: list[int] = []

    def answer(request: Any) -> Reply:
        records = json.loads(request.body)["feedback"]
        sizes.append(len(records))
        busy = [2, 4] if len(sizes) == 1 else [1]
        errors = [{"index": index, "error": "busy"} for index in busy]
        errors += [{"index": 0, "error": "unknown_paf_message_id"}] if len(sizes) == 1 else []
        return Reply(201, json={"recorded": len(records) - len(errors), "errors": errors})

    feedback = PafFeedback(customer_id=CUSTOMER, paf_message_id=CUSTOMER, channel="sms", signed=False)
    for resends, expected in ((0, [6]), (1, [6, 2])):
        sizes.clear()
        client = Apala(auth=None, transport=MemoryTransport(answer))
        result = await client.paf.submit_feedback_bulk([feedback] * 6, resends=resends)
        assert sizes == expected
        assert result.recorded + len(result.errors) == 6
    assert [(error.index, error.error) for error in result.errors] == [(0, "unknown_paf_message_id"), (4, "busy")]


async def test_templates_are_listed_made_and_put_out_of_use(client: Apala) -> None:
    templates = client.paf.templates
    assert {template.status for template in await templates.list()} == {TemplateStatus.ACTIVE}
    made = await templates.create(TEXT, "SMS", label="mine")
    assert (made.validation.is_valid, [entry.status for entry in made.templates]) == (True, ["active", "active"])
    first = made.templates[0]
    gone = await templates.delete(first.template_id)
    assert (gone.status, gone.rejected_reason) == (TemplateStatus.REJECTED, RejectedReason.CUSTOMER_DISABLED)
    assert await templates.delete(first.template_id) == gone
    assert [entry.label for entry in await templates.list(label="mine")] == ["mine"]
    assert [entry.template_id for entry in await templates.list("rejected")] == [first.template_id]
    everything = await templates.list("all", group_id=first.group_id)
    assert len(everything) == 3
    assert "<table>" in everything._repr_html_()
    with pytest.raises(NotFoundError):
        await templates.get(CUSTOMER)


async def test_a_draft_is_validated(client: Apala, server: ApalaServer) -> None:
    report = await client.paf.templates.validate("Hurry {{NAME}}", PafChannel.SMS)
    assert [violation.check for violation in report.violations] == ["URGENCY_LANGUAGE", "PLACEHOLDER_VALIDITY"]
    assert (report.is_valid, len(report.checks_run)) == (False, 9)
    server.settings.paf_channels = frozenset({"sms"})
    with pytest.raises(ChannelNotAllowedError):
        await client.paf.templates.validate(TEXT, "email")


async def test_a_noncompliant_template_lists_its_violations(client: Apala) -> None:
    with pytest.raises(ComplianceError, match="URGENCY_LANGUAGE") as caught:
        await client.paf.templates.create("Act now", "sms")
    again = pickle.loads(pickle.dumps(caught.value))
    assert [violation.check for violation in again.violations] == ["URGENCY_LANGUAGE"]


async def test_violations_without_a_code_are_a_compliance_error() -> None:
    reply = Reply(422, json={"violations": [{"check": "SMS_LENGTH", "detail": "long"}, "?"]})
    client = Apala(auth=None, transport=MemoryTransport([reply, Reply(422, json={"violations": None})]))
    with pytest.raises(ComplianceError) as caught:
        await client.paf.templates.create(TEXT, "sms")
    assert caught.value.violations[0].detail == "long"
    with pytest.raises(UnprocessableError) as other:
        await client.paf.templates.create(TEXT, "sms")
    assert not isinstance(other.value, ComplianceError)


async def test_violations_with_an_unknown_code_are_a_compliance_error() -> None:
    body = {"error": "gate_failed", "message": "no", "violations": [{"check": "SMS_LENGTH", "detail": "long"}]}
    client = Apala(auth=None, transport=MemoryTransport([Reply(422, json=body)]))
    with pytest.raises(ComplianceError) as caught:
        await client.paf.templates.create(TEXT, "sms")
    assert [(violation.check, violation.detail) for violation in caught.value.violations] == [("SMS_LENGTH", "long")]


async def test_a_label_in_use_and_a_retired_group(client: Apala, server: ApalaServer) -> None:
    templates = client.paf.templates
    made = await templates.create(TEXT, "sms", label="mine")
    with pytest.raises(DuplicateLabelError) as caught:
        await templates.create(TEXT, "sms", label="mine")
    assert caught.value.conflicting_template_id == made.templates[0].template_id
    group = made.templates[0].group_id
    server.retire_group(group)
    with pytest.raises(GroupRetiredError):
        await templates.create(TEXT, "sms", group_id=group)


async def test_an_invalid_template_is_not_sent() -> None:
    transport = MemoryTransport()
    templates = Apala(auth=None, transport=transport).paf.templates
    for call in (
        templates.create(TEXT, "sms", label="x" * 65),
        templates.create(TEXT, "sms", group_id="17"),
        templates.get("../17"),
        templates.delete("17"),
        templates.list(group_id="17"),
        templates.list("deleted"),
        templates.create(TEXT, "pigeon"),
        templates.validate(TEXT, "pigeon"),
    ):
        with pytest.raises(InvalidRequestError):
            await call
    assert transport.sent == []
