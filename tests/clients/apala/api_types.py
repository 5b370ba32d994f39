"""Types of the client's public API, checked by the type checkers. Not run."""

from __future__ import annotations

from typing import assert_type

from asdk import Records, Secret
from asdk.clients.apala import Apala
from asdk.clients.apala.models import (
    AuthResult,
    BulkFeedbackResult,
    CreatedTemplates,
    FeedbackItem,
    Message,
    OptimizedMessage,
    PafBulkResult,
    PafControl,
    PafMessage,
    ProcessedMessage,
    Template,
)


async def results(client: Apala) -> None:
    assert_type(await client.authenticate(), AuthResult)
    assert_type(client.access_token, Secret | None)
    assert_type(await client.optimize_message([], "x", timezone="UTC"), OptimizedMessage)
    assert_type(await client.submit_single_feedback("m", True, timezone="UTC"), FeedbackItem)
    assert_type(await client.message_feedback([{"message_id": "m"}]), BulkFeedbackResult)
    assert_type((await client.message_process([], client_draft(), zip_code="1")), ProcessedMessage)
    message = await client.paf.optimize("c")
    assert_type(message, PafMessage | PafControl)
    assert_type(await client.paf.submit_feedback_bulk([]), PafBulkResult)
    assert_type(await client.paf.templates.list(), Records[Template])
    assert_type(await client.with_options(timeout=5).paf.templates.create("x", "sms"), CreatedTemplates)


def client_draft() -> Message:
    return Message(content="x", channel="SMS")
