"""Every operation of Apala's API, called once through our client."""

from __future__ import annotations

from asdk.clients.apala import Apala
from asdk.clients.apala.models import Message, PafMessage
from asdk.sandbox import Sandbox
from tests.contracts.operations import OperationCoverage

TEXT = "Hi {NAME}, your papers are ready: {SIGNING_MAGIC_LINK}"


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.apala
        known = server.credentials
        async with Apala(base_url=server.url, api_key=known.api_key, customer_id=known.customer_id) as client:
            cover = OperationCoverage(server, "apala")
            assert (await cover("authenticate", client.authenticate())).company_id == known.company_id
            assert (await cover("refresh_access_token", client.refresh_access_token())).expires_in == 3600

            better = await cover("optimize_message", client.optimize_message([], "hello", timezone="UTC"))
            entry = {"message_id": better.message_id, "customer_responded": True, "timezone": "UTC"}
            await cover(
                "submit_single_feedback", client.submit_single_feedback(better.message_id, True, timezone="UTC")
            )
            assert (await cover("submit_feedback_bulk", client.submit_feedback_bulk([entry]))).count == 1

            message = await cover("paf.optimize", client.paf.optimize(known.customer_id))
            assert isinstance(message, PafMessage)
            outcome = {"customer_id": known.customer_id, "paf_message_id": message.paf_message_id, "channel": "sms"}
            await cover(
                "paf.submit_feedback",
                client.paf.submit_feedback(known.customer_id, message.paf_message_id, channel="sms", signed=False),
            )
            reports = [{**outcome, "signed": False}]
            assert (await cover("paf.submit_feedback_bulk", client.paf.submit_feedback_bulk(reports))).recorded == 1

            templates = client.paf.templates
            [first, *_] = await cover("paf.templates.list", templates.list())
            assert await cover("paf.templates.get", templates.get(first.template_id)) == first
            assert (await cover("paf.templates.validate", templates.validate(TEXT, "sms"))).is_valid
            made = await cover("paf.templates.create", templates.create(TEXT, "sms", label="mine"))
            name = made.templates[0].template_id
            assert (await cover("paf.templates.delete", templates.delete(name))).template_id == name

            draft = Message(content="hello", channel="SMS")
            await cover("message_process", client.message_process([], draft, zip_code="90210"))
            scored = [{"message_id": draft.message_id, "customer_responded": True, "score": 80}]
            assert (await cover("message_feedback", client.message_feedback(scored))).success
            assert cover.missing() == []
