"""``client.conversations``: what was said, and by whom. All of it needs ``tenant_id`` and ``user_id``, both UUIDs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import BulkResult, Conversation, ConversationDetail, ImportResult, Message, Share
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import Cursor, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_CURSOR = Cursor()


class Conversations(Resource["EdgeQuake"]):
    """The conversations of the caller."""

    async def create(
        self,
        *,
        title: str | None = None,
        mode: str | None = None,
        folder_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Conversation:
        """Begin a conversation.

        Args:
            title: its title; left out, the server's.
            mode: where answers are looked for, of `QueryMode`.
            folder_id: the folder to put it into.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such folder.

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
            conversation_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such conversation.

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
        """Change a conversation; what is left out stays as it is.

        Args:
            conversation_id: its id, a UUID.
            title: its title.
            mode: where answers are looked for, of `QueryMode`.
            is_pinned: whether it comes first.
            is_archived: whether it is put away.
            folder_id: the folder to put it into; `bulk_move` takes it out of one.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such conversation, or no such folder.

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
        """Delete a conversation with its messages.

        Args:
            conversation_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such conversation.

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
        """Delete many conversations. Those that the caller does not have are passed over.

        Args:
            conversation_ids: their ids.
            options: what this call does differently, see `CallOptions`.

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
        """Put many conversations away, or take them out again.

        Args:
            conversation_ids: their ids.
            archive: False to take them out again.
            options: what this call does differently, see `CallOptions`.

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
        """Put many conversations into a folder, or take them out of theirs.

        Args:
            conversation_ids: their ids.
            folder_id: the folder; None for none.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such folder.

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
        """Take conversations in from elsewhere.

        Args:
            conversations: each a JSON object with a ``title`` and ``messages``, these with ``role`` and ``content``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            How many were taken in; which ones were not, and why.

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
        """Add a message to a conversation. Nobody answers it: that is ``client.chat``.

        Args:
            conversation_id: the conversation, a UUID.
            content: the message.
            role: who says it, of `MessageRole`.
            parent_id: the message that it follows.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such conversation.

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
        """Change a message; what is left out stays as it is.

        Args:
            message_id: its id, a UUID.
            content: what it says.
            tokens_used: what it cost.
            duration_ms: how long it took.
            thinking_time_ms: how long was thought before it.
            context: any JSON object to keep with it.
            is_error: whether it tells of an error.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such message.

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
            message_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such message.

        Source: EdgeQuake API, ``DELETE /api/v1/messages/{message_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/messages/{message_id}", path_params={"message_id": message_id}, model=None, **options
        )

    async def share(self, conversation_id: str, **options: Unpack[CallOptions]) -> Share:
        """Let everybody read a conversation who knows where.

        Args:
            conversation_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The same place each time, until `unshare`.

        Raises:
            NotFoundError: the caller has no such conversation.

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
        """Let nobody else read a conversation any more.

        Args:
            conversation_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such conversation.

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
        """Read a conversation that is shared. Needs no credentials.

        Args:
            share_id: of the `Share`.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: nothing is shared under this id.

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
        """All messages of a conversation, oldest first.

        Args:
            conversation_id: its id, a UUID.
            limit: how many to fetch at a time, 200 at most; the server's choice is 50.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            NotFoundError: at the first page: the caller has no such conversation.

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
        """All conversations of the caller, or those that fit the filters.

        Args:
            mode: of this `QueryMode`.
            archived: whether they are put away.
            pinned: whether they are pinned.
            folder_id: in this folder.
            unfiled: in no folder.
            search: with this in the title.
            sort: ``"updated_at"``, ``"created_at"`` or ``"title"``.
            order: ``"asc"`` or ``"desc"``.
            limit: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

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
