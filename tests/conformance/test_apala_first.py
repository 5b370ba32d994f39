"""The vendor's first package, which the guide was written for, against the sandbox; and beside it our client: equal
results from one state."""

from __future__ import annotations

from pathlib import Path

from asdk.clients.apala import Apala
from asdk.clients.apala.models import Message
from asdk.sandbox import ManualClock, Sandbox
from tests.conformance import vendors

SENT_AT = "2026-01-01T00:00:00+00:00"


async def test_the_guides_operations(tmp_path: Path) -> None:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        known, url = one.apala.credentials, other.apala.url
        environ = {
            "BASE_URL": one.apala.url,
            "API_KEY": known.api_key,
            "CUSTOMER_ID": known.customer_id,
            "COMPANY_GUID": known.company_id,
        }
        theirs = await vendors.run("apala-api==1.0.2", "apala_first.py", tmp_path, environ)
        async with Apala(known.api_key, base_url=url, customer_id=known.customer_id) as client:
            about = await client.authenticate()
            assert {name: about[name] for name in ("company_id", "company_name", "expires_in", "token_type")} == {
                name: value for name, value in theirs["authenticate"].items() if not name.endswith("_token")
            }
            done = await client.message_process(
                [Message(content="Hi", channel="SMS", message_id="m1", send_timestamp=SENT_AT, reply_or_not=True)],
                Message(content="hello  there", channel="EMAIL", message_id="m2", send_timestamp=SENT_AT),
                zip_code="90210",
            )
            assert (done.company, done.customer_id) == (known.company_id, known.customer_id)
            candidate = theirs["message_process"]["candidate_message"]
            assert {name: done["candidate_message"][name] for name in candidate} == candidate
            entry = {"message_id": "m2", "customer_responded": True, "score": 80, "actual_sent_message": "Hi"}
            bulk = await client.message_feedback([entry])
        [item] = theirs["message_feedback"]["feedback"]
        assert [(kept.id, kept.score, kept.actual_sent_message) for kept in bulk.feedback] == [
            (item["id"], item["score"], item["actual_sent_message"])
        ]
        assert theirs["submit_single_feedback"]["customer_responded"] is False
