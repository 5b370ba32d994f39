from typing import TYPE_CHECKING, Any

import pytest

from asdk.sandbox.apala import ApalaServer

if TYPE_CHECKING:
    from tests.sandbox.apala.conftest import Speak

pytestmark = pytest.mark.anyio
OPTIMIZER = "/api/message_optimizer"
Body = dict[str, Any]


async def test_a_message_is_optimised(speak: "Speak", optimizer_body: Body) -> None:
    status, reply = await speak("POST", OPTIMIZER, optimizer_body)
    assert status == 200
    assert reply.pop("message_id")
    assert reply == {
        "optimized_message": "Your loan is ready.",
        "recommended_channel": "EMAIL",
        "original_message": "your  loan is ready",
        "warnings": [],
        "recommended_send_at": "2026-01-01T10:00:00-05:00",
        "inferred_send_at": "2026-01-01T13:00:00-05:00",
        "message_type": ["linking_chirp"],
    }


async def test_the_same_question_gets_the_same_answer(speak: "Speak", optimizer_body: Body) -> None:
    (_, one), (_, other) = [await speak("POST", OPTIMIZER, optimizer_body) for _ in range(2)]
    assert one.pop("message_id") != other.pop("message_id")
    assert one == other


async def test_without_a_history_it_goes_by_sms_and_no_hour_is_inferred(speak: "Speak", optimizer_body: Body) -> None:
    _, reply = await speak("POST", OPTIMIZER, {**optimizer_body, "messages": []})
    assert (reply["recommended_channel"], reply["inferred_send_at"]) == ("SMS", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message_type", None),
        ("message_type", ["linking_chirp"]),
        ("message_type", "LINKING_CHIRP"),
        ("timezone", "Mars/Olympus"),
        ("timezone", None),
        ("customer_id", "17"),
        ("candidate_message", {"content": "x"}),
        ("candidate_message", " "),
        ("messages", None),
        ("messages", [{"content": "x"}]),
        ("age_bin", "30_35"),
        ("credit_score_bin", "SCORE_400_500"),
        ("is_repeat_borrower", 2),
        ("is_repeat_borrower", True),
        ("state_id", 0),
    ],
)
async def test_a_wrong_body_is_a_400_that_names_the_member(
    speak: "Speak", optimizer_body: Body, name: str, value: object
) -> None:
    status, reply = await speak("POST", OPTIMIZER, {**optimizer_body, name: value})
    assert (status, reply["error"]) == (400, "invalid_request")
    assert reply["message"].startswith(name)


@pytest.mark.parametrize(
    ("name", "value"), [("channel", "sms"), ("reply_or_not", True), ("send_timestamp", "noon"), ("message_id", None)]
)
async def test_a_wrong_message_of_the_history_is_a_400(
    speak: "Speak", optimizer_body: Body, name: str, value: object
) -> None:
    optimizer_body["messages"][0][name] = value
    status, reply = await speak("POST", OPTIMIZER, optimizer_body)
    assert status == 400
    assert reply["message"].startswith(f"messages[0].{name}")


async def test_the_company_must_be_the_tokens_own_in_any_spelling(
    speak: "Speak", server: ApalaServer, optimizer_body: Body
) -> None:
    spelled = "{" + server.credentials.company_id.upper() + "}"
    assert (await speak("POST", OPTIMIZER, {**optimizer_body, "company": spelled}))[0] == 200
    other = server.credentials.other_company_id
    status, reply = await speak("POST", OPTIMIZER, {**optimizer_body, "company": other})
    assert (status, reply["error"]) == (403, "forbidden")


async def test_the_older_operation_keeps_the_senders_id_and_older_feedback(
    speak: "Speak", server: ApalaServer, optimizer_body: Body
) -> None:
    candidate = {"content": "hello there", "message_id": "mine", "channel": "SMS", "reply_or_not": "false"}
    body = {name: optimizer_body[name] for name in ("company", "customer_id", "messages")}
    body |= {"zip_code": "90210", "candidate_message": candidate}
    status, reply = await speak("POST", "/api/message_processing", body)
    assert status == 200
    assert reply == {
        "company": server.credentials.company_id,
        "customer_id": server.credentials.customer_id,
        "candidate_message": {"content": "Hello there.", "channel": "EMAIL", "message_id": "mine"},
    }
    older = {"message_id": "mine", "customer_responded": True, "score": 80}
    assert (await speak("POST", "/api/feedback", older))[1]["score"] == 80
    assert (await speak("POST", "/api/feedback", {**older, "score": 101}))[0] == 400
    assert (await speak("POST", "/api/message_processing", {**body, "zip_code": "9021"}))[0] == 400
