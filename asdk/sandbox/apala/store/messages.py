"""Messages that were optimised, and the feedback on them."""

import attrs

from asdk.sandbox.apala.errors import ApiError
from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json


@attrs.frozen
class Message:
    """A message that feedback may name."""

    message_id: str
    company_id: str
    customer_id: str
    is_processed: bool = False
    """It came from the older ``/api/message_processing``, whose callers give their feedback in the older shape."""


class Messages:
    """Messages by id, and all feedback in the order in which it came: several entries for a message are a history."""

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
        """Raises ApiError, 404, also for another company's message."""
        message = self._messages.get(message_id)
        if message is None or message.company_id != company_id:
            raise ApiError(404, "unknown_message_id", f"No message has the id {message_id}")
        return message

    def record(self, entry: Json) -> Json:
        """Keep a checked entry; gives it as replies have it."""
        item = {"id": self._ids.uuid()} | entry | {"inserted_at": rfc3339(self._clock())}
        self.feedback.append(item)
        return item
