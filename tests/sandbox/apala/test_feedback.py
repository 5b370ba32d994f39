from typing import TYPE_CHECKING, Any

import pytest

from asdk.sandbox.apala import ApalaServer

if TYPE_CHECKING:
    from tests.sandbox.apala.conftest import Speak

pytestmark = pytest.mark.anyio
Body = dict[str, Any]


@pytest.fixture
async def entry(speak: "Speak", optimizer_body: Body) -> Body:
    _, reply = await speak("POST", "/api/message_optimizer", optimizer_body)
    return {"message_id": reply["message_id"], "customer_responded": True, "timezone": "UTC"}


async def test_an_entry_comes_back_with_an_id_and_a_time(speak: "Speak", entry: Body) -> None:
    given = {"score": "good", "positive_rewards": ["linking_chirp"], "send_timestamp": "2026-01-01T00:00:00"}
    status, item = await speak("POST", "/api/feedback", entry | given)
    assert status == 201
    assert item.pop("id")
    assert item == {
        "message_id": entry["message_id"],
        "customer_responded": True,
        "score": "good",
        "actual_sent_message": None,
        "positive_rewards": ["linking_chirp"],
        "send_timestamp": "2026-01-01T00:00:00",
        "reply_timestamp": None,
        "inserted_at": "2026-01-01T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("message_id", "unknown", 404),
        ("customer_responded", "true", 400),
        ("timezone", None, 400),
        ("score", "great", 400),
        ("score", 80, 400),
        ("positive_rewards", ["LINKING_CHIRP"], 400),
        ("reply_timestamp", "soon", 400),
    ],
)
async def test_a_wrong_entry_is_refused(speak: "Speak", entry: Body, name: str, value: object, status: int) -> None:
    assert (await speak("POST", "/api/feedback", {**entry, name: value}))[0] == status


async def test_bulk_keeps_all_or_nothing(speak: "Speak", entry: Body, server: ApalaServer) -> None:
    status, reply = await speak("POST", "/api/feedback/bulk", {"feedback": [entry, entry]})
    assert (status, reply["success"], reply["count"], len(reply["feedback"])) == (201, True, 2, 2)
    status, reply = await speak("POST", "/api/feedback/bulk", {"feedback": [entry, {**entry, "timezone": "x"}]})
    assert (status, reply["message"]) == (400, "timezone is not an IANA name: x")
    assert server.inspect(lambda state: len(state.messages.feedback)) == 2


async def test_another_companys_message_is_unknown(speak: "Speak", entry: Body, server: ApalaServer) -> None:
    _, other = await speak("POST", "/api/auth/token", {"api_key": server.credentials.other_api_key}, token=None)
    assert (await speak("POST", "/api/feedback", entry, token=other["access_token"]))[0] == 404
