"""Conversations: the messages of a user within a tenant, in order, and the folders that contain them."""

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.ids import Ids

_TITLE_LENGTH = 50
Owner = tuple[str, str]
"""Tenant and user."""


@attrs.define(eq=False, kw_only=True)
class Message:
    id: str
    conversation_id: str
    role: str
    content: str
    created_at: float
    updated_at: float
    parent_id: str | None = None
    mode: str | None = None
    tokens_used: int | None = None
    duration_ms: int | None = None
    thinking_time_ms: int | None = None
    context: Any = None
    is_error: bool = False


@attrs.define(eq=False, kw_only=True)
class Conversation:
    id: str
    tenant_id: str
    user_id: str
    created_at: float
    updated_at: float
    title: str = ""
    mode: str = "mix"
    folder_id: str | None = None
    workspace_id: str | None = None
    is_pinned: bool = False
    is_archived: bool = False
    share_id: str | None = None
    messages: list[Message] = attrs.field(factory=list[Message])


@attrs.define(eq=False, kw_only=True)
class Folder:
    id: str
    tenant_id: str
    user_id: str
    name: str
    created_at: float
    updated_at: float
    workspace_id: str | None = None
    parent_id: str | None = None
    position: int = 0


class Conversations:
    """All conversations; a caller sees only their own."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._by_id: dict[str, Conversation] = {}
        self._folders: dict[str, Folder] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    # Conversations:

    def begin(self, tenant_id: str, user_id: str, message: str) -> Conversation:
        """Create a conversation, named after its first message."""
        return self.create((tenant_id, user_id), title=" ".join(message.split())[:_TITLE_LENGTH])

    def create(self, owner: Owner, **given: Any) -> Conversation:
        """Create a conversation. Raise ApiError NOT_FOUND if the folder is unknown."""
        self._check_folder(owner, given.get("folder_id"))
        now = self._clock()
        conversation = Conversation(
            id=self._ids.uuid(), tenant_id=owner[0], user_id=owner[1], created_at=now, updated_at=now, **given
        )
        self._by_id[conversation.id] = conversation
        return conversation

    def find(self, conversation_id: str, tenant_id: str, user_id: str) -> Conversation | None:
        found = self._by_id.get(conversation_id)
        return found if found is not None and (found.tenant_id, found.user_id) == (tenant_id, user_id) else None

    def get(self, conversation_id: str, owner: Owner) -> Conversation:
        """Return a conversation. Raise ApiError NOT_FOUND if it is unknown."""
        found = self.find(conversation_id, *owner)
        if found is None:
            raise not_found("Conversation", conversation_id)
        return found

    def of(self, owner: Owner) -> list[Conversation]:
        return [found for found in self._by_id.values() if (found.tenant_id, found.user_id) == owner]

    def change(self, conversation: Conversation, **changes: Any) -> None:
        """Set the values that are not None. Raise ApiError NOT_FOUND if the folder is unknown."""
        self._check_folder((conversation.tenant_id, conversation.user_id), changes.get("folder_id"))
        self._set(conversation, changes)

    def delete(self, conversation: Conversation) -> None:
        del self._by_id[conversation.id]

    def for_each(self, ids: Iterable[str], owner: Owner, do: Callable[[Conversation], None]) -> int:
        """Call a function for each of these conversations that the caller has; return how many there are."""
        found = [self.find(conversation_id, *owner) for conversation_id in dict.fromkeys(ids)]
        own = [conversation for conversation in found if conversation is not None]
        for conversation in own:
            do(conversation)
        return len(own)

    def move(self, ids: Iterable[str], owner: Owner, folder_id: str | None) -> int:
        """Move conversations to a folder. Raise ApiError NOT_FOUND if it is unknown."""
        self._check_folder(owner, folder_id)

        def put(conversation: Conversation) -> None:
            conversation.folder_id, conversation.updated_at = folder_id, self._clock()

        return self.for_each(ids, owner, put)

    def share(self, conversation: Conversation) -> str:
        if conversation.share_id is None:
            conversation.share_id = self._ids.uuid()
        return conversation.share_id

    def shared(self, share_id: str) -> Conversation:
        """Return a shared conversation. Raise ApiError NOT_FOUND if it is unknown."""
        for conversation in self._by_id.values():
            if conversation.share_id == share_id:
                return conversation
        raise not_found("Shared conversation", share_id)

    # Messages:

    def say(self, conversation: Conversation, role: str, content: str, parent_id: str | None = None) -> Message:
        """Add a message."""
        now = self._clock()
        message = Message(
            id=self._ids.uuid(),
            conversation_id=conversation.id,
            role=role,
            content=content,
            created_at=now,
            updated_at=now,
            parent_id=parent_id,
        )
        conversation.messages.append(message)
        conversation.updated_at = now
        return message

    def message(self, message_id: str, owner: Owner) -> tuple[Conversation, Message]:
        """Return a message. Raise ApiError NOT_FOUND if it is unknown."""
        for conversation in self.of(owner):
            for message in conversation.messages:
                if message.id == message_id:
                    return conversation, message
        raise not_found("Message", message_id)

    def change_message(self, message: Message, changes: dict[str, Any]) -> None:
        self._set(message, changes)

    # Folders:

    def create_folder(self, owner: Owner, name: str, parent_id: str | None, workspace_id: str) -> Folder:
        """Create a folder. Raise ApiError BAD_REQUEST or NOT_FOUND."""
        if not name.strip():
            raise ApiError("BAD_REQUEST", "name must not be empty")
        self._check_folder(owner, parent_id)
        now = self._clock()
        folder = Folder(
            id=self._ids.uuid(),
            tenant_id=owner[0],
            user_id=owner[1],
            name=name,
            created_at=now,
            updated_at=now,
            workspace_id=workspace_id,
            parent_id=parent_id,
            position=len([folder for folder in self.folders(owner) if folder.parent_id == parent_id]),
        )
        self._folders[folder.id] = folder
        return folder

    def folders(self, owner: Owner) -> list[Folder]:
        return [folder for folder in self._folders.values() if (folder.tenant_id, folder.user_id) == owner]

    def folder(self, folder_id: str, owner: Owner) -> Folder:
        """Return a folder. Raise ApiError NOT_FOUND if it is unknown."""
        folder = self._folders.get(folder_id)
        if folder is None or (folder.tenant_id, folder.user_id) != owner:
            raise not_found("Folder", folder_id)
        return folder

    def change_folder(self, folder: Folder, changes: dict[str, Any]) -> None:
        """Change a folder. Raise ApiError NOT_FOUND if the parent is unknown."""
        self._check_folder((folder.tenant_id, folder.user_id), changes.get("parent_id"))
        self._set(folder, changes)

    def delete_folder(self, folder: Folder) -> None:
        """Delete a folder; its conversations remain, in no folder."""
        del self._folders[folder.id]
        for conversation in self._by_id.values():
            if conversation.folder_id == folder.id:
                conversation.folder_id = None
        for other in self._folders.values():
            if other.parent_id == folder.id:
                other.parent_id = None

    def _check_folder(self, owner: Owner, folder_id: str | None) -> None:
        if folder_id is not None:
            self.folder(folder_id, owner)

    def _set(self, thing: Conversation | Message | Folder, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            if value is not None:
                setattr(thing, name, value)
        thing.updated_at = self._clock()
