from typing import TYPE_CHECKING, Any

import pytest

from asdk.sandbox import ManualClock
from asdk.sandbox.apala import ApalaServer
from asdk.sandbox.apala.store.compliance import report

if TYPE_CHECKING:
    from tests.sandbox.apala.conftest import Speak

pytestmark = pytest.mark.anyio
TEMPLATES = "/api/paf/templates"
DRAFT = {"content": "Hi {NAME}: {SIGNING_MAGIC_LINK}", "channel": "sms"}


async def listed(speak: "Speak", query: str = "") -> list[Any]:
    return list((await speak("GET", TEMPLATES + query))[1]["templates"])


async def test_a_template_without_a_group_goes_to_all(speak: "Speak") -> None:
    status, reply = await speak("POST", TEMPLATES, DRAFT | {"label": "mine"})
    assert status == 201
    assert [entry["status"] for entry in reply["templates"]] == ["active", "active"]
    assert reply["validation"] == {"is_valid": True, "violations": []}
    assert len({entry["group_id"] for entry in reply["templates"]}) == 2
    assert len(await listed(speak, "?label=mine")) == 2


async def test_a_template_for_one_group(speak: "Speak", server: ApalaServer) -> None:
    group = (await listed(speak))[0]["group_id"]
    _, reply = await speak("POST", TEMPLATES, DRAFT | {"group_id": group})
    assert [entry["group_id"] for entry in reply["templates"]] == [group]
    server.retire_group(group)
    status, said = await speak("POST", TEMPLATES, DRAFT | {"group_id": group})
    assert (status, said["error"]) == (410, "group_retired")
    assert len((await speak("POST", TEMPLATES, DRAFT))[1]["templates"]) == 1
    assert (await speak("POST", TEMPLATES, DRAFT | {"group_id": server.credentials.company_id}))[0] == 404


async def test_a_label_is_taken_while_its_template_is_active(speak: "Speak") -> None:
    _, made = await speak("POST", TEMPLATES, DRAFT | {"label": "mine"})
    status, said = await speak("POST", TEMPLATES, DRAFT | {"label": "mine"})
    first = made["templates"][0]["template_id"]
    assert (status, said["error"], said["conflicting_template_id"]) == (422, "duplicate_label", first)
    for entry in made["templates"]:
        await speak("DELETE", f"{TEMPLATES}/{entry['template_id']}")
    assert (await speak("POST", TEMPLATES, DRAFT | {"label": "mine"}))[0] == 201


async def test_a_deleted_template_keeps_its_first_reason(
    speak: "Speak", server: ApalaServer, clock: ManualClock
) -> None:
    name = (await listed(speak))[0]["template_id"]
    replies = [await speak("DELETE", f"{TEMPLATES}/{name}")]
    clock.advance(60)
    replies.append(await speak("DELETE", f"{TEMPLATES}/{name}"))
    assert replies[0] == replies[1]
    assert replies[0][1]["rejected_reason"] == "customer_disabled"
    assert len(await listed(speak)) == 3
    assert [entry["template_id"] for entry in await listed(speak, "?status=rejected")] == [name]
    _, shown = await speak("GET", f"{TEMPLATES}/{name}")
    assert (shown["status"], shown["violations"]) == ("rejected", [])
    assert (await speak("GET", f"{TEMPLATES}/{server.credentials.company_id}"))[0] == 404
    assert (await speak("GET", f"{TEMPLATES}?status=gone"))[0] == 400


async def test_a_draft_that_breaks_rules_is_not_stored(speak: "Speak") -> None:
    before = await listed(speak, "?status=all")
    status, said = await speak("POST", TEMPLATES, DRAFT | {"content": "Hurry, cash"})
    assert (status, said["error"]) == (422, "compliance_failed")
    assert [entry["check"] for entry in said["violations"]] == ["URGENCY_LANGUAGE", "CASH_AND_DOLLAR_SYMBOL"]
    assert await listed(speak, "?status=all") == before
    assert (await speak("POST", TEMPLATES, DRAFT | {"label": "x" * 65}))[0] == 400


async def test_validation_stores_nothing_and_shows_a_preview(speak: "Speak", server: ApalaServer) -> None:
    status, reply = await speak("POST", f"{TEMPLATES}/validate", DRAFT)
    assert (status, reply["is_valid"]) == (200, True)
    assert reply["render_preview"] == "Hi Alex: https://sign.sandbox.test/abc123"
    assert len(await listed(speak)) == 4
    server.settings.paf_channels = frozenset({"email"})
    status, said = await speak("POST", f"{TEMPLATES}/validate", DRAFT)
    assert (status, said["error"]) == (422, "channel_not_allowed")
    assert (await speak("POST", f"{TEMPLATES}/validate", DRAFT | {"channel": "fax"}))[0] == 400


@pytest.mark.parametrize(
    ("content", "check"),
    [
        ("Act now!", "URGENCY_LANGUAGE"),
        ("Instant approval", "PRE_APPROVAL_VOCABULARY"),
        ("Free money", "FINANCIAL_PROMISES"),
        ("$500", "CASH_AND_DOLLAR_SYMBOL"),
        ("You won", "USER_INTENT_ANCHORING"),
        ("a" * 321, "SMS_LENGTH"),
        ("<b>hi</b>", "CHANNEL_RULES"),
        ("A payday loan", "RESTRICTED_KEYWORDS"),
        ("{{NAME}}", "PLACEHOLDER_VALIDITY"),
        ("{FIRST_NAME}", "PLACEHOLDER_VALIDITY"),
    ],
)
def test_each_rule_has_its_case(content: str, check: str) -> None:
    assert [entry["check"] for entry in report(content, "sms")["violations"]] == [check]
    assert report("Hi {NAME}", "sms")["violations"] == []
