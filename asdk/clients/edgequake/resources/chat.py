"""``client.chat``: messages and answers that belong to a conversation, which the server keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    ChatContext,
    ChatDone,
    ChatResult,
    ConversationStarted,
    DocumentFilter,
    ImageAttachment,
    OtherEvent,
    Thinking,
    TitleUpdate,
    Token,
)
from asdk.clients.edgequake.models.streams import CHAT_EVENT
from asdk.http.options import CallOptions, omit_none
from asdk.resources import Resource
from asdk.streaming.streams import EventStream

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Chat(Resource["EdgeQuake"]):
    """Conversations with the documents. The server wants to know tenant and user, both as UUIDs."""

    async def complete(
        self,
        message: str,
        *,
        conversation_id: str | None = None,
        parent_id: str | None = None,
        mode: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        language: str | None = None,
        system_prompt: str | None = None,
        images: Sequence[ImageAttachment] | None = None,
        document_filter: DocumentFilter | None = None,
        content_granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResult:
        """Send a message and wait for the whole answer.

        Args:
            message: what to say.
            conversation_id: which conversation it belongs to; left out, the server begins one.
            parent_id: the message that it answers; left out, the last one.
            mode: where to look, of `QueryMode`.
            provider: who runs the language model, instead of the workspace's.
            model: which language model.
            max_tokens: how long the answer may be.
            temperature: how freely it is worded, from 0.
            top_k: how many sources to use at most.
            language: of the answer.
            system_prompt: instead of the server's.
            images: pictures that the message is about.
            document_filter: use these documents only.
            content_granularity: of `ContentGranularity`.
            options: what this call does differently, see `CallOptions`. A message is not repeated without an
                ``idempotency_key``: the server keeps each.

        Returns:
            The answer, and the ids under which message and answer are kept.

        Raises:
            TenantRequiredError: the call names no tenant and user.
            NotFoundError: there is no such conversation.

        Source: EdgeQuake API, ``POST /api/v1/chat/completions``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/chat/completions",
            json=_message(
                message,
                stream=False,
                conversation_id=conversation_id,
                parent_id=parent_id,
                mode=mode,
                provider=provider,
                model=model,
                max_tokens=max_tokens,
                temperature=temperature,
                top_k=top_k,
                language=language,
                system_prompt=system_prompt,
                images=images,
                document_filter=document_filter,
                content_granularity=content_granularity,
            ),
            model=ChatResult,
            **options,
        )

    def stream(
        self,
        message: str,
        *,
        conversation_id: str | None = None,
        parent_id: str | None = None,
        mode: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        language: str | None = None,
        system_prompt: str | None = None,
        images: Sequence[ImageAttachment] | None = None,
        document_filter: DocumentFilter | None = None,
        content_granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> EventStream[ConversationStarted | ChatContext | Token | Thinking | ChatDone | TitleUpdate | OtherEvent]:
        """Send a message and read the answer while it is made, in ``async with``.

        The title of a new conversation comes after `ChatDone`: read to the end. What a newer server adds is an
        `OtherEvent`.

        Args:
            message: see `complete` for this and all others.
            conversation_id: which conversation it belongs to.
            parent_id: the message that it answers.
            mode: where to look.
            provider: who runs the language model.
            model: which language model.
            max_tokens: how long the answer may be.
            temperature: how freely it is worded.
            top_k: how many sources to use at most.
            language: of the answer.
            system_prompt: instead of the server's.
            images: pictures that the message is about.
            document_filter: use these documents only.
            content_granularity: of `ContentGranularity`.
            options: what this call does differently, see `CallOptions`; ``timeout.idle`` bounds a silence.

        Raises:
            TenantRequiredError: in the block: the call names no tenant and user.
            StreamError: in the block: the answer ended in an error; ``code`` is such as ``QUERY_FAILED``,
                ``CONVERSATION_GONE`` or ``SAVE_FAILED``.

        Source: EdgeQuake API, ``POST /api/v1/chat/completions/stream``.
        """
        return self._client.events(
            "POST",
            "/api/v1/chat/completions/stream",
            json=_message(
                message,
                stream=True,
                conversation_id=conversation_id,
                parent_id=parent_id,
                mode=mode,
                provider=provider,
                model=model,
                max_tokens=max_tokens,
                temperature=temperature,
                top_k=top_k,
                language=language,
                system_prompt=system_prompt,
                images=images,
                document_filter=document_filter,
                content_granularity=content_granularity,
            ),
            model=CHAT_EVENT,
            sentinel="[DONE]",
            **options,
        )


def _message(message: str, *, stream: bool, **fields: Any) -> Mapping[str, object]:
    return {"message": message, "stream": stream, **omit_none(**fields)}
