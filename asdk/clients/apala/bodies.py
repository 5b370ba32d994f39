"""Request bodies for Apala, built from arguments: unset values are omitted, the others are validated.

Used by the client and its resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import attrs

from asdk import InvalidRequestError, OpenEnum
from asdk.client import describe_type
from asdk.clients.apala.checks import checked_timezone, checked_uuid, member, paf_channel
from asdk.clients.apala.models.customers import (
    AgeBin,
    CreditScoreBin,
    CustomerMetadata,
    LoanAmountBin,
    MonthlyIncomeBin,
)
from asdk.clients.apala.models.messages import Channel, Message, MessageFeedback, MessageType, Score
from asdk.clients.apala.models.paf import IncomingMessage, PafFeedback
from asdk.models import wire_names

T = TypeVar("T")

_BINS: Mapping[str, type[OpenEnum]] = {
    "credit_score_bin": CreditScoreBin,
    "requested_loan_amount_bin": LoanAmountBin,
    "age_bin": AgeBin,
    "monthly_income_bin": MonthlyIncomeBin,
}


def message_body(given: Message | Mapping[str, object]) -> dict[str, object]:
    """Return the JSON members of a message in a history."""
    message = _built(Message, given)
    return {
        "content": message.content,
        "message_id": message.message_id,
        "channel": member("channel", Channel, message.channel),
        "send_timestamp": message.send_timestamp,
        "reply_or_not": "true" if message.reply_or_not else "false",
    }


def metadata_body(metadata: CustomerMetadata | Mapping[str, object] | None) -> dict[str, object]:
    """Return the metadata members that the optimizer accepts.

    Raises:
        InvalidRequestError: a member is unknown or has an invalid value.
    """
    body = {} if metadata is None else set_members(metadata)
    if unknown := body.keys() - wire_names(CustomerMetadata).keys():
        raise InvalidRequestError(f"metadata has unknown fields: {', '.join(sorted(map(str, unknown)))}")
    for name, kind in _BINS.items():
        if name in body:
            body[name] = member(name, kind, body[name])
    if "is_repeat_borrower" in body:
        if body["is_repeat_borrower"] not in (0, 1):
            raise InvalidRequestError(f"is_repeat_borrower must be 0 or 1, got {body['is_repeat_borrower']!r}")
        body["is_repeat_borrower"] = int(bool(body["is_repeat_borrower"]))  # JSON's true is not a number
    state_id = body.get("state_id", 1)
    if not isinstance(state_id, int) or isinstance(state_id, bool) or state_id < 1:
        raise InvalidRequestError(f"state_id must be a positive integer, got {state_id!r}")
    return body


def feedback_body(
    feedback: MessageFeedback | Mapping[str, object], *, needed: Sequence[str] = ("timezone",)
) -> dict[str, object]:
    """Return the members of a feedback entry.

    Args:
        feedback: the entry.
        needed: the members that are required in addition to ``message_id`` and ``customer_responded``.

    Raises:
        InvalidRequestError: a member is missing, unknown or invalid.
    """
    body = set_members(feedback)
    if unknown := body.keys() - wire_names(MessageFeedback).keys():
        raise InvalidRequestError(f"feedback has unknown fields: {', '.join(sorted(map(str, unknown)))}")
    if missing := [name for name in ("message_id", "customer_responded", *needed) if name not in body]:
        raise InvalidRequestError(f"feedback is missing required fields: {', '.join(missing)}")
    _check_flag(body, "customer_responded")
    if "timezone" in body:
        checked_timezone(body["timezone"])
    if isinstance(body.get("score"), str):  # messages of the older operation have a numeric score
        body["score"] = member("score", Score, body["score"])
    if rewards := body.get("positive_rewards"):
        body["positive_rewards"] = [
            member("positive_rewards", MessageType, reward) for reward in cast("Sequence[object]", rewards)
        ]
    return body


def paf_feedback_body(feedback: PafFeedback | Mapping[str, object]) -> dict[str, object]:
    """Return the members of a pre-approval outcome.

    Raises:
        InvalidRequestError: a member is missing or unknown, an id is not a UUID, the channel is unknown, or
            ``signed_date`` is missing for a signed loan.
    """
    outcome = _built(PafFeedback, feedback)
    body = set_members(outcome)
    _check_flag(body, "signed")
    if outcome.signed and outcome.signed_date is None:
        raise InvalidRequestError("signed_date is required when signed is True")
    body["customer_id"] = checked_uuid("customer_id", outcome.customer_id)
    body["paf_message_id"] = checked_uuid("paf_message_id", outcome.paf_message_id)
    body["channel"] = paf_channel(outcome.channel)
    if outcome.incoming_messages:
        body["incoming_messages"] = [_incoming_body(message) for message in outcome.incoming_messages]
    return body


def set_members(value: object) -> dict[str, object]:
    """Return the members of a model or mapping that are neither None nor an empty list."""
    if isinstance(value, Mapping):
        members = dict(cast("Mapping[str, object]", value))
    elif not attrs.has(type(value)):
        raise InvalidRequestError(f"expected a model or a dict, got {describe_type(value)}")
    else:
        members = {wire: getattr(value, name) for name, wire in wire_names(type(value)).items()}
    return {name: item for name, item in members.items() if item is not None and not _is_empty_list(item)}


def _incoming_body(message: IncomingMessage | Mapping[str, object]) -> dict[str, object]:
    incoming = _built(IncomingMessage, message)
    body = set_members(incoming)
    return body if incoming.channel is None else body | {"channel": paf_channel(incoming.channel)}


def _check_flag(body: Mapping[str, object], name: str) -> None:
    if not isinstance(body.get(name), bool):
        raise InvalidRequestError(f"{name} must be True or False, got {body.get(name)!r}")


def _built(kind: type[T], value: T | Mapping[str, object]) -> T:
    """Build a model from a dict of its fields; return a model unchanged.

    Raises:
        InvalidRequestError: the value is neither, or the dict does not match the model.
    """
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"expected {kind.__name__} or a dict of its fields, got {describe_type(value)}")
    try:
        return kind(**value)
    except TypeError as error:
        problem = str(error)
    raise InvalidRequestError(f"invalid fields for {kind.__name__}: {problem}")


def _is_empty_list(item: object) -> bool:
    return isinstance(item, Sequence) and not isinstance(item, str) and not item
