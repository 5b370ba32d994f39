"""Tests of optimized messages and their feedback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import pytest

from asdk import InvalidRequestError, NotFoundError, PermissionDeniedError, RateLimitError, ServerError
from asdk.clients.apala import Apala
from asdk.clients.apala.models import (
    AgeBin,
    Channel,
    CustomerMetadata,
    Message,
    MessageFeedback,
    MessageType,
    OptimizedMessage,
    Score,
)
from asdk.sandbox import ServerFault
from asdk.sandbox.apala import ApalaServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.apala.conftest import MakeClient

COMPANY = "0f8fad5b-d9cb-469f-a165-70867728950e"
CUSTOMER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPTIMIZED = {
    "message_id": "m",
    "optimized_message": "Hello.",
    "recommended_channel": "PIGEON",
    "original_message": "hello",
    "something_new": True,
}


async def sent(**arguments: Any) -> Any:
    """Return the body of a request to the optimizer."""
    transport = MemoryTransport([Reply(json=OPTIMIZED)])
    client = Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)
    await client.optimize_message(**{"message_history": [], "candidate_message": "hello", **arguments})
    return transport.sent[0].json()


async def ask(client: Apala, **arguments: Any) -> OptimizedMessage:
    return await client.optimize_message(
        [Message(content="Hi", channel=Channel.EMAIL, reply_or_not=True)],
        "your  loan is ready",
        timezone="America/New_York",
        **arguments,
    )


async def test_a_message_is_optimised(client: Apala) -> None:
    result = await ask(client, message_type=[MessageType.LINKING_CHIRP])
    assert (result.optimized_message, result.original_message) == ("Your loan is ready.", "your  loan is ready")
    assert result.recommended_channel is Channel.EMAIL
    assert result.recommended_send_at == datetime(2026, 1, 1, 10, tzinfo=timezone(timedelta(hours=-5)))
    assert result.message_type == [MessageType.LINKING_CHIRP]
    assert result.warnings == []


async def test_the_body_has_what_the_server_wants() -> None:
    message = Message(content="Hi", channel="SMS", reply_or_not=True, message_id="m1", send_timestamp=MOMENT)
    body = await sent(
        message_history=[message],
        candidate_message=Message(content="hello", channel="SMS"),
        timezone="UTC",
        metadata=CustomerMetadata(is_repeat_borrower=0, age_bin=AgeBin.AGE_30_35),
        message_type=[MessageType.SIGNING_LOAN_AGREEMENT, "linking_chirp"],
    )
    assert body == {
        "company": COMPANY,
        "customer_id": CUSTOMER,
        "timezone": "UTC",
        "messages": [
            {
                "content": "Hi",
                "message_id": "m1",
                "channel": "SMS",
                "send_timestamp": "2026-01-01T12:00:00+00:00",
                "reply_or_not": "true",
            }
        ],
        "candidate_message": "hello",
        "message_type": ["SIGNING_LOAN_AGREEMENT", "LINKING_CHIRP"],
        "is_repeat_borrower": 0,
        "age_bin": "AGE_30_35",
    }


@pytest.mark.parametrize("one", [MessageType.LINKING_CHIRP, "linking_chirp"])
async def test_a_message_type_alone_is_not_taken_for_its_letters(one: str) -> None:
    assert (await sent(timezone="UTC", message_type=one))["message_type"] == ["LINKING_CHIRP"]


async def test_the_message_types_are_always_there_and_metadata_may_be_a_dict() -> None:
    body = await sent(timezone="UTC", metadata={"state_id": 3, "age_bin": None})
    assert (body["message_type"], body["state_id"], "age_bin" in body) == ([], 3, False)


async def test_a_message_gets_a_default_id_and_time() -> None:
    one, other = (Message(content="x", channel="SMS") for _ in range(2))
    assert len(one.message_id) == 32
    assert one.message_id != other.message_id
    assert isinstance(one.send_timestamp, datetime)
    assert one.send_timestamp.tzinfo is UTC
    body = await sent(message_history=[one], timezone="UTC")
    assert body["messages"][0]["reply_or_not"] == "false"


@pytest.mark.parametrize("spelled", [CUSTOMER.upper(), CUSTOMER.replace("-", ""), "{" + CUSTOMER + "}"])
async def test_a_uuid_goes_out_as_it_was_given(spelled: str) -> None:
    assert (await sent(customer_id=spelled, timezone="UTC"))["customer_id"] == spelled


async def test_a_uuid_may_be_one_of_pythons() -> None:
    assert (await sent(customer_id=UUID(CUSTOMER), company_guid=UUID(COMPANY), timezone="UTC"))["company"] == COMPANY


async def test_an_invalid_uuid_is_not_sent() -> None:
    transport = MemoryTransport()
    client = Apala(auth=None, transport=transport)
    with pytest.raises(InvalidRequestError, match="customer_id must be a UUID"):
        await client.optimize_message([], "x", timezone="UTC", customer_id="17", company_guid=COMPANY)
    with pytest.raises(InvalidRequestError, match="company_guid must be a UUID"):
        await client.optimize_message([], "x", timezone="UTC", customer_id=CUSTOMER, company_guid="17")
    with pytest.raises(InvalidRequestError, match="APALA_COMPANY_GUID"):
        await client.optimize_message([], "x", timezone="UTC", customer_id=CUSTOMER)
    with pytest.raises(InvalidRequestError, match="APALA_CUSTOMER_ID"):
        await client.optimize_message([], "x", timezone="UTC", company_guid=COMPANY)
    naive = Message(content="x", channel="SMS", send_timestamp=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        await client.optimize_message([naive], "x", timezone="UTC", customer_id=CUSTOMER, company_guid=COMPANY)
    assert transport.sent == []


async def test_an_unknown_channel_stays_what_it_is() -> None:
    transport = MemoryTransport([Reply(json=OPTIMIZED)])
    client = Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)
    result = await client.optimize_message([], "hello", timezone="UTC")
    assert (result.recommended_channel, result.recommended_channel.is_known) == ("PIGEON", False)
    assert (result.warnings, result.recommended_send_at, result.message_type) == ([], None, None)


async def test_the_company_is_that_of_the_key_unless_one_is_named(make_client: MakeClient, server: ApalaServer) -> None:
    other = server.credentials.other_company_id
    assert (await ask(make_client())).message_id
    with pytest.raises(PermissionDeniedError):
        await ask(make_client(), company_guid=other)
    with pytest.raises(PermissionDeniedError):
        await ask(make_client(company_guid=other))
    named = make_client(company_guid=other, api_key=server.credentials.other_api_key)
    assert (await ask(named)).message_id


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars"}, "timezone must be an IANA name such as 'America/New_York', got 'Mars'"),
        ({"timezone": "../UTC"}, "timezone must be an IANA name"),
        ({"timezone": ""}, "timezone must be an IANA name"),
        ({"timezone": None}, "timezone must be an IANA name"),
        ({"message_type": ["DANCING"]}, "message_type must be one of updating_account_number, .*, got 'DANCING'"),
        ({"message_type": [None]}, "message_type must be one of"),
        ({"message_history": [Message(content="x", channel="PIGEON")]}, "channel must be one of SMS, EMAIL, OTHER"),
        ({"message_history": [{"content": "x"}]}, "invalid fields for Message: .*channel"),
        ({"message_history": ["x"]}, "expected Message or a dict"),
        ({"metadata": {"age_bin": "AGE_0_18"}}, "age_bin must be one of AGE_18_25"),
        ({"metadata": {"age": 30}}, "metadata has unknown fields: age"),
        ({"metadata": {"is_repeat_borrower": 2}}, "is_repeat_borrower must be 0 or 1, got 2"),
        ({"metadata": CustomerMetadata(state_id=0)}, "state_id must be a positive integer, got 0"),
        ({"metadata": {"state_id": True}}, "state_id must be a positive integer"),
        ({"metadata": "AGE_18_25"}, "expected a model or a dict"),
    ],
)
async def test_an_invalid_message_is_not_sent(wrong: dict[str, Any], said: str) -> None:
    transport = MemoryTransport()
    client = Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)
    good: dict[str, Any] = {"message_history": [], "candidate_message": "x", "timezone": "UTC"}
    with pytest.raises(InvalidRequestError, match=said):
        await client.optimize_message(**{**good, **wrong})
    assert transport.sent == []


async def test_values_are_sent_in_the_case_of_the_wire() -> None:
    body = await sent(
        message_history=[{"content": "Hi", "channel": "email", "send_timestamp": "2026-01-01T12:00:00Z"}],
        timezone="Europe/Oslo",
        message_type=["Linking_Chirp", MessageType.SIGNING_LOAN_AGREEMENT],
        metadata={"credit_score_bin": "score_800_plus", "is_repeat_borrower": True, "monthly_income_bin": None},
    )
    [message] = body["messages"]
    assert (message["channel"], message["send_timestamp"]) == ("EMAIL", "2026-01-01T12:00:00Z")
    assert body["message_type"] == ["LINKING_CHIRP", "SIGNING_LOAN_AGREEMENT"]
    assert (body["credit_score_bin"], body["is_repeat_borrower"]) == ("SCORE_800_PLUS", 1)
    assert body["is_repeat_borrower"] is not True


async def test_where_no_time_zone_is_known_the_server_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a container without tzdata."""

    def nothing(key: str) -> None:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr("asdk.clients.apala.checks.ZoneInfo", nothing)
    assert (await sent(timezone="America/Denver"))["timezone"] == "America/Denver"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"score": "superb"}, "score must be one of good, bad, neutral, got 'superb'"),
        ({"positive_rewards": ["dancing"]}, "positive_rewards must be one of"),
        ({"timezone": "Mars"}, "timezone must be an IANA name"),
        ({"timezone": None}, "feedback is missing required fields: timezone"),
        ({"message_id": None}, "feedback is missing required fields: message_id"),
        ({"customer_responded": None}, "feedback is missing required fields: customer_responded"),
        ({"customer_responded": "yes"}, "customer_responded must be True or False, got 'yes'"),
        ({"positive_reward": ["linking_chirp"]}, "feedback has unknown fields: positive_reward"),
    ],
)
async def test_feedback_that_the_server_would_refuse_is_not_sent(changes: dict[str, Any], said: str) -> None:
    transport = MemoryTransport()
    client = Apala(auth=None, transport=transport)
    good: dict[str, Any] = {"message_id": "m", "customer_responded": True, "timezone": "UTC"}
    with pytest.raises(InvalidRequestError, match=said):
        await client.submit_feedback_bulk([good, {**good, **changes}])
    assert transport.sent == []


async def test_feedback_goes_out_as_the_wire_has_it() -> None:
    item = {"id": "f", "message_id": "m", "customer_responded": True, "inserted_at": "2026-01-01T00:00:00"}
    transport = MemoryTransport([Reply(201, json=item)])
    done = await Apala(auth=None, transport=transport).submit_single_feedback(
        "m",
        True,
        timezone="UTC",
        score="GOOD",
        positive_rewards=["LINKING_CHIRP", MessageType.SIGNING_LOAN_AGREEMENT],
        reply_timestamp=MOMENT,
    )
    assert transport.sent[0].json() == {
        "message_id": "m",
        "customer_responded": True,
        "timezone": "UTC",
        "score": "good",
        "positive_rewards": ["linking_chirp", "signing_loan_agreement"],
        "reply_timestamp": "2026-01-01T12:00:00+00:00",
    }
    assert done.inserted_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("zip_code", ["123", "1234x", 12345, "\u0661\u0662\u0663\u0664\u0665", None])
async def test_a_zip_code_has_five_digits(zip_code: Any) -> None:
    transport = MemoryTransport()
    client = Apala(auth=None, transport=transport, company_guid=COMPANY, customer_id=CUSTOMER)
    with pytest.raises(InvalidRequestError, match="zip_code must have five digits"):
        await client.message_process([], Message(content="x", channel="SMS"), zip_code=zip_code)
    assert transport.sent == []


async def test_feedback_is_a_history(client: Apala, server: ApalaServer) -> None:
    message_id = (await ask(client)).message_id
    first = await client.submit_single_feedback(
        message_id,
        True,
        timezone="UTC",
        score=Score.GOOD,
        actual_sent_message="Sent",
        positive_rewards=[MessageType.LINKING_CHIRP],
        send_timestamp=MOMENT,
        reply_timestamp=MOMENT,
    )
    assert (first.message_id, first.score, first.actual_sent_message) == (message_id, "good", "Sent")
    assert (first.positive_rewards, first.reply_timestamp) == ([MessageType.LINKING_CHIRP], MOMENT)
    second = await client.submit_single_feedback(message_id, False, timezone="UTC")
    assert (second.score, second.positive_rewards) == (None, [])
    bulk = await client.submit_feedback_bulk(
        [
            MessageFeedback(message_id=message_id, customer_responded=True, timezone="UTC"),
            {"message_id": message_id, "customer_responded": False, "timezone": "UTC", "score": Score.BAD},
        ]
    )
    assert (bulk.success, bulk.count, [item.score for item in bulk.feedback]) == (True, 2, [None, "bad"])
    assert server.inspect(lambda state: len(state.messages.feedback)) == 4


async def test_feedback_on_an_unknown_message_is_not_found(client: Apala) -> None:
    with pytest.raises(NotFoundError, match="No message has the id m1"):
        await client.submit_single_feedback("m1", True, timezone="UTC")


async def test_feedback_is_not_sent_twice_where_it_may_have_arrived(client: Apala, server: ApalaServer) -> None:
    message_id = (await ask(client)).message_id
    server.faults.add(ServerFault.status(503, after_handler=True), path="/api/feedback", times=1)
    with pytest.raises(ServerError):
        await client.submit_single_feedback(message_id, True, timezone="UTC")
    assert server.inspect(lambda state: len(state.messages.feedback)) == 1
    server.faults.add(ServerFault.status(429, retry_after=0.01), path="/api/feedback", times=1)
    await client.submit_single_feedback(message_id, True, timezone="UTC")
    assert server.inspect(lambda state: len(state.messages.feedback)) == 2


async def test_a_lasting_429_is_raised_with_its_wait(client: Apala, server: ApalaServer) -> None:
    server.faults.add(ServerFault.status(429, retry_after=600), path="/api/message_optimizer")
    with pytest.raises(RateLimitError) as caught:
        await ask(client)
    assert caught.value.retry_after == 600


async def test_the_guides_operation_and_its_feedback(client: Apala, server: ApalaServer) -> None:
    history = [Message(content="Hi", channel="EMAIL", reply_or_not=True)]
    draft = Message(content="hello there", channel="SMS")
    result = await client.message_process(history, draft, zip_code="90210")
    assert (result.customer_id, result.company) == (server.credentials.customer_id, server.credentials.company_id)
    candidate = result.candidate_message
    assert (candidate.content, candidate.channel, candidate.message_id) == (
        "Hello there.",
        Channel.EMAIL,
        draft.message_id,
    )
    done = await client.message_feedback(
        [{"message_id": candidate.message_id, "customer_responded": True, "score": 80, "actual_sent_message": "Hi"}]
    )
    assert [item.score for item in done.feedback] == [80]
    await client.close()
