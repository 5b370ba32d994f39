"""Wording of the errors that the Apala client raises itself. Other tests assert classes and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from asdk import AsdkError
from asdk.clients.apala import Apala
from asdk.testing import MemoryTransport

COMPANY = CUSTOMER = "3f1d1f0e-8a0a-4c6e-9a2d-0d2f6a3b1c11"
MESSAGE = {"content": "Hi", "channel": "SMS", "reply_or_not": True}


def client() -> Apala:
    return Apala("key", transport=MemoryTransport(), company_guid=COMPANY, customer_id=CUSTOMER)


async def optimize(**changes: object) -> object:
    arguments = {"message_history": [MESSAGE], "candidate_message": "Hello", "timezone": "UTC", **changes}
    return await client().optimize_message(**arguments)  # type: ignore[arg-type]


async def give_feedback(**changes: object) -> object:
    entry = {"message_id": "m1", "customer_responded": True, "timezone": "UTC", **changes}
    return await client().submit_feedback_bulk([{name: value for name, value in entry.items() if value is not None}])


def construct(make: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def call() -> object:
        return make()

    return call


#: A call that sends nothing, and the message of its error.
MESSAGES: list[tuple[Callable[[], Awaitable[object]], str]] = [
    (construct(lambda: Apala("key", auth=None)), "auth cannot be combined with api_key; pass one of them"),
    (
        lambda: Apala("key", transport=MemoryTransport(), company_guid=COMPANY).optimize_message(
            [], "Hi", timezone="UTC"
        ),
        "customer_id is missing: pass customer_id=, or set APALA_CUSTOMER_ID",
    ),
    (lambda: optimize(customer_id="x"), "customer_id must be a UUID, got 'x'"),
    (lambda: optimize(timezone="Mars/One"), "timezone must be an IANA name such as 'America/New_York', got 'Mars/One'"),
    (lambda: optimize(metadata={"height": 3}), "metadata has unknown fields: height"),
    (
        lambda: optimize(message_history=[{**MESSAGE, "channel": "FAX"}]),
        "channel must be one of SMS, EMAIL, OTHER, got 'FAX'",
    ),
    (lambda: optimize(metadata={"is_repeat_borrower": 2}), "is_repeat_borrower must be 0 or 1, got 2"),
    (lambda: optimize(metadata={"state_id": 0}), "state_id must be a positive integer, got 0"),
    (lambda: optimize(message_history=[3]), "expected Message or a dict of its fields, got int"),
    (
        lambda: optimize(message_history=[{"contents": "Hi"}]),
        "invalid fields for Message: Message.__init__() got an unexpected keyword argument 'contents'",
    ),
    (lambda: give_feedback(mood="good"), "feedback has unknown fields: mood"),
    (lambda: give_feedback(message_id=None), "feedback is missing required fields: message_id"),
    (lambda: give_feedback(customer_responded="yes"), "customer_responded must be True or False, got 'yes'"),
    (
        lambda: client().paf.templates.create("x", "sms", label="l" * 65),
        "label must have at most 64 characters, got 65",
    ),
    (lambda: client().paf.templates.list(status="old"), "status must be one of active, rejected, all, got 'old'"),
    (lambda: client().paf.templates.create("x", "fax"), "channel must be one of sms, email, got 'fax'"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
async def test_messages(call: Callable[[], Awaitable[object]], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        await call()
    assert str(caught.value) == message
