import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asdk.sandbox.apala import ApalaServer

if TYPE_CHECKING:
    from tests.sandbox.apala.conftest import Speak

pytestmark = pytest.mark.anyio
Body = dict[str, Any]
OPTIMIZE, FEEDBACK, BULK = "/api/paf/optimize", "/api/paf/feedback", "/api/paf/feedback/bulk"


@pytest.fixture
async def outcome(speak: "Speak", server: ApalaServer) -> Body:
    customer = server.credentials.customer_id
    _, message = await speak("POST", OPTIMIZE, {"customer_id": customer})
    return {
        "customer_id": customer,
        "paf_message_id": message["paf_message_id"],
        "channel": "sms",
        "signed": False,
    }


async def test_a_customer_gets_a_template_of_his_group_in_turn(speak: "Speak", server: ApalaServer) -> None:
    body: Body = {"customer_id": server.credentials.customer_id}
    channels = [(await speak("POST", OPTIMIZE, body))[1]["channel"] for _ in range(3)]
    assert channels == ["sms", "email", "sms"]
    _, message = await speak("POST", OPTIMIZE, body | {"customer_metadata": {"is_repeat_borrower": 1}})
    assert set(message) == {"paf_message_id", "template_id", "content", "channel"}
    _, template = await speak("GET", f"/api/paf/templates/{message['template_id']}")
    assert template["group_name"] == "Repeat borrowers"


async def test_a_customer_of_the_control_group_gets_none(speak: "Speak", server: ApalaServer) -> None:
    customer = server.credentials.customer_id
    server.hold_out(customer)
    assert await speak("POST", OPTIMIZE, {"customer_id": customer}) == (200, {"control_no_message": True})


async def test_the_flow_may_be_off_or_without_templates(speak: "Speak", server: ApalaServer) -> None:
    body = {"customer_id": server.credentials.customer_id}
    server.settings.paf_provisioned = False
    status, said = await speak("POST", OPTIMIZE, body)
    assert (status, said["error"]) == (503, "not_provisioned")
    server.settings.paf_provisioned = True
    _, listed = await speak("GET", "/api/paf/templates")
    for template in listed["templates"]:
        await speak("DELETE", f"/api/paf/templates/{template['template_id']}")
    status, said = await speak("POST", OPTIMIZE, body)
    assert (status, said["error"]) == (503, "no_slots_configured")


async def test_an_outcome_replaces_the_one_before(speak: "Speak", outcome: Body, server: ApalaServer) -> None:
    assert await speak("POST", FEEDBACK, outcome) == (201, {"status": "recorded"})
    signed = outcome | {"signed": True, "signed_date": "2026-01-02T00:00:00+00:00"}
    for _ in range(2):
        assert (await speak("POST", FEEDBACK, signed))[0] == 201
    _, listed = await speak("GET", "/api/paf/templates?status=all")
    assert [entry["n_observations"] for entry in listed["templates"]] == [1, 0, 0, 0]
    assert listed["templates"][0]["reward_rate"] == 1.0
    message = server.inspect(lambda state: state.paf.get(server.credentials.company_id, outcome["paf_message_id"]))
    assert message is not None
    assert message.feedback is not None
    assert message.feedback["signed"]


async def test_a_reply_without_a_channel_has_that_of_the_record(
    speak: "Speak", outcome: Body, server: ApalaServer
) -> None:
    moment = "2026-01-01T00:00:00+00:00"
    replies = [{"content": "a", "timestamp": moment}, {"content": "b", "timestamp": moment, "channel": "email"}]
    await speak("POST", FEEDBACK, outcome | {"incoming_messages": replies})
    message = server.inspect(lambda state: state.paf.get(server.credentials.company_id, outcome["paf_message_id"]))
    assert message is not None
    assert message.feedback is not None
    assert [reply["channel"] for reply in message.feedback["incoming_messages"]] == ["sms", "email"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"paf_message_id": str(uuid.UUID(int=1))}, 404),
        ({"customer_id": str(uuid.UUID(int=1))}, 404),
        ({"channel": "SMS"}, 400),
        ({"signed": True}, 400),
        ({"signed": "yes"}, 400),
        ({"occurred_at": "now"}, 400),
        ({"incoming_messages": [{"content": "x"}]}, 400),
    ],
)
async def test_a_wrong_outcome_is_refused(speak: "Speak", outcome: Body, change: Body, status: int) -> None:
    assert (await speak("POST", FEEDBACK, outcome | change))[0] == status


async def test_bulk_names_what_it_did_not_take(speak: "Speak", outcome: Body) -> None:
    unknown = str(uuid.UUID(int=1))
    records = [outcome, outcome | {"paf_message_id": unknown}, "text", outcome | {"signed": True}]
    status, reply = await speak("POST", BULK, {"feedback": records})
    assert (status, reply["recorded"]) == (201, 1)
    assert reply["errors"] == [
        {"index": 1, "error": "unknown_paf_message_id", "paf_message_id": unknown},
        {"index": 2, "error": "the body must be an object", "paf_message_id": None},
        {
            "index": 3,
            "error": "signed_date is required where signed is true",
            "paf_message_id": outcome["paf_message_id"],
        },
    ]


async def test_bulk_takes_five_hundred(speak: "Speak", outcome: Body) -> None:
    assert (await speak("POST", BULK, {"feedback": [outcome] * 500}))[1]["recorded"] == 500
    status, reply = await speak("POST", BULK, {"feedback": [outcome] * 501})
    assert (status, reply["error"]) == (400, "too_many_records")
