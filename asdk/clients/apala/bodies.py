"""Arguments into the members that Apala's bodies have: what is not set is left out, enums in the spelling of the
operation. Used by the client and its resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, cast
from uuid import UUID

from asdk.clients.apala.models.customers import CustomerMetadata
from asdk.clients.apala.models.messages import Message, MessageType
from asdk.clients.apala.models.paf import IncomingMessage, PafFeedback
from asdk.errors import InvalidRequestError
from asdk.models import wire_names

T = TypeVar("T")


def checked_uuid(name: str, value: str) -> str:
    """The value as it is, if it is a UUID in any of its spellings.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        pass
    else:
        return value
    raise InvalidRequestError(f"{name} is not a UUID: {value!r}")


def message_body(message: Message) -> dict[str, object]:
    return {
        "content": message.content,
        "message_id": message.message_id,
        "channel": message.channel,
        "send_timestamp": message.send_timestamp,
        "reply_or_not": "true" if message.reply_or_not else "false",
    }


def type_names(types: Iterable[MessageType | str]) -> list[str]:
    """Requests to the optimiser want names in capital letters; everything else has small ones."""
    return [str(kind).upper() for kind in types]


def metadata_body(metadata: CustomerMetadata | Mapping[str, object] | None) -> dict[str, object]:
    return {} if metadata is None else set_members(metadata)


def paf_feedback_body(feedback: PafFeedback | Mapping[str, object]) -> dict[str, object]:
    """The members of an outcome.

    Raises:
        InvalidRequestError: a member is missing or unknown, an id is no UUID, or a signature has no date.
    """
    outcome = _built(PafFeedback, feedback)
    if outcome.signed and outcome.signed_date is None:
        raise InvalidRequestError("signed_date is needed where signed is True")
    checked_uuid("customer_id", outcome.customer_id)
    checked_uuid("paf_message_id", outcome.paf_message_id)
    body = set_members(outcome) | {"channel": outcome.channel.lower()}
    if outcome.incoming_messages:
        body["incoming_messages"] = [_incoming_body(message) for message in outcome.incoming_messages]
    return body


def set_members(value: object) -> dict[str, object]:
    """The members of a model or mapping that hold something: neither None nor an empty list."""
    if isinstance(value, Mapping):
        members = dict(cast("Mapping[str, object]", value))
    else:
        members = {wire: getattr(value, name) for name, wire in wire_names(type(value)).items()}
    return {name: item for name, item in members.items() if item is not None and not _is_empty_list(item)}


def _incoming_body(message: IncomingMessage | Mapping[str, object]) -> dict[str, object]:
    incoming = _built(IncomingMessage, message)
    body = set_members(incoming)
    return body if incoming.channel is None else body | {"channel": incoming.channel.lower()}


def _built(kind: type[T], value: T | Mapping[str, object]) -> T:
    """A model from a dict with the names of its fields; a model as it is."""
    if not isinstance(value, Mapping):
        return value
    try:
        return kind(**value)
    except TypeError as error:
        problem = str(error)
    raise InvalidRequestError(f"no {kind.__name__} can be made of this: {problem}")


def _is_empty_list(item: object) -> bool:
    return isinstance(item, Sequence) and not isinstance(item, str) and not item
