"""``client.chat``: messages and answers in a conversation that the server stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk import CallOptions, EventStream, Resource, Unknown, omit_none
from asdk.clients.edgequake.models import (
    ChatContext,
    ChatDone,
    ChatResult,
    ConversationStarted,
    DocumentFilter,
    ImageAttachment,
    Thinking,
    TitleUpdate,
    Token,
)
from asdk.clients.edgequake.models.streams import CHAT_EVENT

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Chat(Resource["EdgeQuake"]):
    """Chat about the documents. The server requires tenant and user, both as UUIDs."""

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
        """Send a message and return the complete answer.

        Args:
            message: the message text.
            conversation_id: the conversation of the message; by default the server starts a new one.
            parent_id: the message to answer; by default the last one.
            mode: the retrieval mode, from `QueryMode`.
            provider: the provider of the language model, instead of the workspace's.
            model: the language model.
            max_tokens: the maximum length of the answer, in tokens.
            temperature: the sampling temperature, at least 0.
            top_k: the maximum number of sources.
            language: the language of the answer.
            system_prompt: a prompt that replaces the server's prompt.
            images: images that the message refers to.
            document_filter: a filter for the documents to use.
            content_granularity: the amount of source text to return, from `ContentGranularity`.
            options: per-call options, see `CallOptions`. A message is retried only with an
                ``idempotency_key``, because the server stores every message.

        Returns:
            The answer, with the ids of the stored message and answer.

        Raises:
            TenantRequiredError: the call does not name a tenant and a user.
            NotFoundError: the conversation does not exist.

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
    ) -> EventStream[ConversationStarted | ChatContext | Token | Thinking | ChatDone | TitleUpdate | Unknown]:
        """Send a message and stream the answer, in ``async with``.

        The title of a new conversation follows `ChatDone`, so read to the end. Event types added by a newer server are
        decoded as `Unknown`.

        Args:
            message: see `complete` for this and the other arguments.
            conversation_id: the conversation of the message.
            parent_id: the message to answer.
            mode: the retrieval mode.
            provider: the provider of the language model.
            model: the language model.
            max_tokens: the maximum length of the answer, in tokens.
            temperature: the sampling temperature.
            top_k: the maximum number of sources.
            language: the language of the answer.
            system_prompt: a prompt that replaces the server's prompt.
            images: images that the message refers to.
            document_filter: a filter for the documents to use.
            content_granularity: the amount of source text to return, from `ContentGranularity`.
            options: per-call options, see `CallOptions`; ``timeout.idle`` bounds the time between bytes.

        Raises:
            TenantRequiredError: in the block: the call does not name a tenant and a user.
            StreamError: in the block: the answer failed; ``code`` is for example ``QUERY_FAILED``,
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
