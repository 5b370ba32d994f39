"""Optimized messages, and the feedback on them."""

import attrs

from asdk.sandbox.apala.errors import ApiError
from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json


@attrs.frozen
class Message:
    """Message that feedback can refer to."""

    message_id: str
    company_id: str
    customer_id: str
    is_processed: bool = False
    """Created by the older ``/api/message_processing``, whose callers send feedback in the older shape."""


class Messages:
    """Messages by id, and all feedback in order of arrival: several entries for a message form a history."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._messages: dict[str, Message] = {}
        self.feedback: list[Json] = []

    def add(self, company_id: str, customer_id: str, *, message_id: str | None = None, processed: bool = False) -> str:
        message_id = message_id or self._ids.uuid()
        self._messages[message_id] = Message(message_id, company_id, customer_id, processed)
        return message_id

    def get(self, message_id: str, company_id: str) -> Message:
        """Return a message. Raise ApiError 404 if it is unknown or belongs to another company."""
        message = self._messages.get(message_id)
        if message is None or message.company_id != company_id:
            raise ApiError(404, "unknown_message_id", f"No message has the id {message_id}")
        return message

    def record(self, entry: Json) -> Json:
        """Store a checked entry and return it in the shape of replies."""
        item = {"id": self._ids.uuid()} | entry | {"inserted_at": rfc3339(self._clock())}
        self.feedback.append(item)
        return item
