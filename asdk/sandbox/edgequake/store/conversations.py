"""Conversations: the messages of a user within a tenant, in their order."""

import attrs

from asdk.sandbox.ids import Ids

_TITLE_LENGTH = 50


@attrs.frozen
class Message:
    id: str
    role: str
    content: str


@attrs.define
class Conversation:
    id: str
    tenant_id: str
    user_id: str
    title: str = ""
    messages: list[Message] = attrs.field(factory=list[Message])


class Conversations:
    """All of them; a caller sees his own."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Conversation] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def begin(self, tenant_id: str, user_id: str, message: str) -> Conversation:
        """A new one, called after its first message."""
        title = " ".join(message.split())[:_TITLE_LENGTH]
        conversation = Conversation(self._ids.uuid(), tenant_id, user_id, title)
        self._by_id[conversation.id] = conversation
        return conversation

    def find(self, conversation_id: str, tenant_id: str, user_id: str) -> Conversation | None:
        found = self._by_id.get(conversation_id)
        return found if found is not None and (found.tenant_id, found.user_id) == (tenant_id, user_id) else None

    def say(self, conversation: Conversation, role: str, content: str) -> Message:
        """Add a message."""
        message = Message(self._ids.uuid(), role, content)
        conversation.messages.append(message)
        return message
