"""Conversations with their messages and folders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model
from asdk.clients.edgequake.models.queries import MessageRole, QueryMode


@model
class Conversation:
    """Conversation of the caller; ``share_id`` is set while it is shared."""

    id: str
    tenant_id: str
    title: str
    mode: QueryMode
    is_pinned: bool
    is_archived: bool
    created_at: datetime
    updated_at: datetime
    workspace_id: str | None = None
    folder_id: str | None = None
    share_id: str | None = None
    message_count: int | None = None
    last_message_preview: str | None = None


@model
class Message:
    """Message of a conversation; durations are in milliseconds."""

    id: str
    conversation_id: str
    role: MessageRole
    content: str
    is_error: bool
    created_at: datetime
    updated_at: datetime
    parent_id: str | None = None
    mode: QueryMode | None = None
    tokens_used: int | None = None
    duration_ms: int | None = None
    thinking_time_ms: int | None = None
    context: Any = None


@model
class ConversationDetail:
    """Conversation with its messages, oldest first."""

    conversation: Conversation
    messages: list[Message]


@model
class BulkResult:
    """Number of conversations affected by an operation."""

    affected: int


@model
class ImportFailure:
    """Conversation that could not be imported."""

    id: str
    error: str


@model
class ImportResult:
    """Number of imported conversations, with the failures."""

    imported: int
    failed: int
    errors: list[ImportFailure]


@model
class Share:
    """Public link to a conversation."""

    share_id: str
    share_url: str


@model
class Folder:
    """Folder for conversations; ``position`` orders the folders of one parent."""

    id: str
    tenant_id: str
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    workspace_id: str | None = None
    parent_id: str | None = None
