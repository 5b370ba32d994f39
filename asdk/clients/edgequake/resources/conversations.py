"""``client.conversations``: conversations and messages. Requires ``tenant_id`` and ``user_id``, both UUIDs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import BulkResult, Conversation, ConversationDetail, ImportResult, Message, Share
from asdk.pagination import Cursor, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_CURSOR = Cursor()


class Conversations(Resource["EdgeQuake"]):
    """Conversations of the caller."""

    async def create(
        self,
        *,
        title: str | None = None,
        mode: str | None = None,
        folder_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Conversation:
        """Create a conversation.

        Args:
            title: the title; by default the server chooses one.
            mode: the retrieval mode, from `QueryMode`.
            folder_id: the folder for the conversation.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the folder does not exist.

        Source: EdgeQuake API, ``POST /api/v1/conversations``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations",
            json=omit_none(title=title, mode=mode, folder_id=folder_id),
            model=Conversation,
            **options,
        )

    async def get(self, conversation_id: str, **options: Unpack[CallOptions]) -> ConversationDetail:
        """Fetch one conversation with its messages.

        Args:
            conversation_id: the id of the conversation, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the conversation.

        Source: EdgeQuake API, ``GET /api/v1/conversations/{conversation_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/conversations/{conversation_id}",
            path_params={"conversation_id": conversation_id},
            model=ConversationDetail,
            **options,
        )

    async def update(
        self,
        conversation_id: str,
        *,
        title: str | None = None,
        mode: str | None = None,
        is_pinned: bool | None = None,
        is_archived: bool | None = None,
        folder_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Conversation:
        """Update a conversation. Omitted arguments are not changed.

        Args:
            conversation_id: the id of the conversation, a UUID.
            title: the title.
            mode: the retrieval mode, from `QueryMode`.
            is_pinned: whether to list it first.
            is_archived: whether it is archived.
            folder_id: the folder for the conversation; `bulk_move` removes it from its folder.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the conversation or the folder.

        Source: EdgeQuake API, ``PATCH /api/v1/conversations/{conversation_id}``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/conversations/{conversation_id}",
            path_params={"conversation_id": conversation_id},
            json=omit_none(title=title, mode=mode, is_pinned=is_pinned, is_archived=is_archived, folder_id=folder_id),
            model=Conversation,
            **options,
        )

    async def delete(self, conversation_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a conversation and its messages.

        Args:
            conversation_id: the id of the conversation, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the conversation.

        Source: EdgeQuake API, ``DELETE /api/v1/conversations/{conversation_id}``.
        """
        await self._client.request(
            "DELETE",
            "/api/v1/conversations/{conversation_id}",
            path_params={"conversation_id": conversation_id},
            model=None,
            **options,
        )

    async def bulk_delete(self, conversation_ids: Sequence[str], **options: Unpack[CallOptions]) -> BulkResult:
        """Delete many conversations. Conversations that the caller does not have are ignored.

        Args:
            conversation_ids: the ids of the conversations.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``POST /api/v1/conversations/bulk/delete``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations/bulk/delete",
            json={"conversation_ids": conversation_ids},
            model=BulkResult,
            **options,
        )

    async def bulk_archive(
        self, conversation_ids: Sequence[str], *, archive: bool = True, **options: Unpack[CallOptions]
    ) -> BulkResult:
        """Archive or restore many conversations.

        Args:
            conversation_ids: the ids of the conversations.
            archive: False to restore them.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``POST /api/v1/conversations/bulk/archive``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations/bulk/archive",
            json={"conversation_ids": conversation_ids, "archive": archive},
            model=BulkResult,
            **options,
        )

    async def bulk_move(
        self, conversation_ids: Sequence[str], *, folder_id: str | None, **options: Unpack[CallOptions]
    ) -> BulkResult:
        """Move many conversations into a folder or out of their folders.

        Args:
            conversation_ids: the ids of the conversations.
            folder_id: the folder; None to remove them from their folders.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the folder does not exist.

        Source: EdgeQuake API, ``POST /api/v1/conversations/bulk/move``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations/bulk/move",
            json={"conversation_ids": conversation_ids, "folder_id": folder_id},
            model=BulkResult,
            **options,
        )

    async def import_conversations(
        self, conversations: Sequence[Mapping[str, object]], **options: Unpack[CallOptions]
    ) -> ImportResult:
        """Import conversations.

        Args:
            conversations: JSON objects with a ``title`` and ``messages``; each message has ``role`` and ``content``.
            options: per-call options, see `CallOptions`.

        Returns:
            The number of imported conversations, and the failures with their reasons.

        Source: EdgeQuake API, ``POST /api/v1/conversations/import``.
        """
        return await self._client.request(
            "POST", "/api/v1/conversations/import", json={"conversations": conversations}, model=ImportResult, **options
        )

    async def create_message(
        self,
        conversation_id: str,
        content: str,
        *,
        role: str = "user",
        parent_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Message:
        """Add a message to a conversation without an answer. For an answer use ``client.chat``.

        Args:
            conversation_id: the id of the conversation, a UUID.
            content: the text of the message.
            role: the role of the sender, from `MessageRole`.
            parent_id: the preceding message.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the conversation.

        Source: EdgeQuake API, ``POST /api/v1/conversations/{conversation_id}/messages``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations/{conversation_id}/messages",
            path_params={"conversation_id": conversation_id},
            json=omit_none(content=content, role=role, parent_id=parent_id),
            model=Message,
            **options,
        )

    async def update_message(
        self,
        message_id: str,
        *,
        content: str | None = None,
        tokens_used: int | None = None,
        duration_ms: int | None = None,
        thinking_time_ms: int | None = None,
        context: Mapping[str, object] | None = None,
        is_error: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Message:
        """Update a message. Omitted arguments are not changed.

        Args:
            message_id: the id of the message, a UUID.
            content: the text of the message.
            tokens_used: the number of tokens used.
            duration_ms: the duration in milliseconds.
            thinking_time_ms: the thinking time before the message, in milliseconds.
            context: any JSON object to store with the message.
            is_error: whether the message reports an error.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the message.

        Source: EdgeQuake API, ``PATCH /api/v1/messages/{message_id}``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/messages/{message_id}",
            path_params={"message_id": message_id},
            json=omit_none(
                content=content,
                tokens_used=tokens_used,
                duration_ms=duration_ms,
                thinking_time_ms=thinking_time_ms,
                context=context,
                is_error=is_error,
            ),
            model=Message,
            **options,
        )

    async def delete_message(self, message_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a message.

        Args:
            message_id: the id of the message, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the message.

        Source: EdgeQuake API, ``DELETE /api/v1/messages/{message_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/messages/{message_id}", path_params={"message_id": message_id}, model=None, **options
        )

    async def share(self, conversation_id: str, **options: Unpack[CallOptions]) -> Share:
        """Share a conversation with anyone who has the link.

        Args:
            conversation_id: the id of the conversation, a UUID.
            options: per-call options, see `CallOptions`.

        Returns:
            The link, which is the same for each call until `unshare`.

        Raises:
            NotFoundError: the caller does not have the conversation.

        Source: EdgeQuake API, ``POST /api/v1/conversations/{conversation_id}/share``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/conversations/{conversation_id}/share",
            path_params={"conversation_id": conversation_id},
            model=Share,
            **options,
        )

    async def unshare(self, conversation_id: str, **options: Unpack[CallOptions]) -> None:
        """Stop sharing a conversation.

        Args:
            conversation_id: the id of the conversation, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the conversation.

        Source: EdgeQuake API, ``DELETE /api/v1/conversations/{conversation_id}/share``.
        """
        await self._client.request(
            "DELETE",
            "/api/v1/conversations/{conversation_id}/share",
            path_params={"conversation_id": conversation_id},
            model=None,
            **options,
        )

    async def get_shared(self, share_id: str, **options: Unpack[CallOptions]) -> ConversationDetail:
        """Fetch a shared conversation. Needs no credentials.

        Args:
            share_id: the id from the `Share`.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the shared conversation does not exist.

        Source: EdgeQuake API, ``GET /api/v1/shared/{share_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/shared/{share_id}",
            path_params={"share_id": share_id},
            authenticate=False,
            model=ConversationDetail,
            **options,
        )

    def messages(
        self, conversation_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[Message]:
        """List the messages of a conversation, oldest first.

        Args:
            conversation_id: the id of the conversation, a UUID.
            limit: items per page, at most 200; the server's default is 50.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: on the first page: the caller does not have the conversation.

        Source: EdgeQuake API, ``GET /api/v1/conversations/{conversation_id}/messages``.
        """
        return self._client.paginate(
            "/api/v1/conversations/{conversation_id}/messages",
            path_params={"conversation_id": conversation_id},
            params={"limit": limit},
            model=Message,
            strategy=_CURSOR,
            **options,
        )

    def list(
        self,
        *,
        mode: str | None = None,
        archived: bool | None = None,
        pinned: bool | None = None,
        folder_id: str | None = None,
        unfiled: bool | None = None,
        search: str | None = None,
        sort: str | None = None,
        order: str | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[Conversation]:
        """List the caller's conversations, optionally filtered.

        Args:
            mode: only conversations with this `QueryMode`.
            archived: True for archived conversations only, False for the others.
            pinned: True for pinned conversations only, False for the others.
            folder_id: only conversations in this folder.
            unfiled: True for conversations without a folder.
            search: text that the titles contain.
            sort: the field to sort by: ``"updated_at"``, ``"created_at"`` or ``"title"``.
            order: ``"asc"`` or ``"desc"``.
            limit: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/conversations``.
        """
        return self._client.paginate(
            "/api/v1/conversations",
            params={
                "filter[mode]": mode,
                "filter[archived]": archived,
                "filter[pinned]": pinned,
                "filter[folder_id]": folder_id,
                "filter[unfiled]": unfiled,
                "filter[search]": search,
                "sort": sort,
                "order": order,
                "limit": limit,
            },
            model=Conversation,
            strategy=_CURSOR,
            **options,
        )
