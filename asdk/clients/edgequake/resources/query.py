"""``client.query``: questions about the documents of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, EventStream, Resource, Secret, ServerSentEvent, Unknown, omit_none
from asdk.clients.edgequake.models import (
    ConversationMessage,
    DocumentFilter,
    MixWeights,
    QueryContext,
    QueryDone,
    QueryResult,
    Thinking,
    Token,
)
from asdk.clients.edgequake.models.streams import QUERY_EVENT

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Query(Resource["EdgeQuake"]):
    """Questions and answers."""

    async def execute(
        self,
        query: str,
        *,
        mode: str | None = None,
        max_results: int | None = None,
        enable_rerank: bool | None = None,
        rerank_model: str | None = None,
        rerank_top_k: int | None = None,
        context_only: bool | None = None,
        prompt_only: bool | None = None,
        include_references: bool | None = None,
        include_subgraph: bool | None = None,
        conversation_history: Sequence[ConversationMessage] | None = None,
        document_filter: DocumentFilter | None = None,
        llm_provider: str | None = None,
        llm_model: str | None = None,
        system_prompt: str | None = None,
        mix_weights: MixWeights | None = None,
        extra_headers: Mapping[str, str | Secret] | None = None,
        content_granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> QueryResult:
        """Ask a question and return the complete answer.

        Args:
            query: the question.
            mode: the retrieval mode, from `QueryMode`, such as ``"hybrid"``; the server's default is ``"mix"``.
            max_results: the maximum number of sources.
            enable_rerank: reorder the sources with a reranking model.
            rerank_model: the reranking model.
            rerank_top_k: the number of sources to keep after reranking.
            context_only: return the text of the sources, without using the language model.
            prompt_only: return the prompt for the language model instead of an answer.
            include_references: cite the sources in the answer.
            include_subgraph: include the part of the knowledge graph that was used.
            conversation_history: the earlier messages, oldest first.
            document_filter: a filter for the documents to use.
            llm_provider: the provider of the language model, instead of the workspace's.
            llm_model: the language model.
            system_prompt: a prompt that replaces the server's prompt.
            mix_weights: the weights for the mode ``"mix"``.
            extra_headers: headers of the server's request to the language model. A `Secret` is sent as plain text.
            content_granularity: the amount of source text, from `ContentGranularity`, such as ``"citation"``.
            options: per-call options, see `CallOptions`. A model can take long: set ``timeout`` accordingly.

        Returns:
            The answer, its sources and statistics.

        Raises:
            BadRequestError: the question is empty, or the server rejects a value.
            ServerError: 502, code ``LLM_ERROR``: the language model failed; or 500, code ``QUERY_ERROR``.

        Source: EdgeQuake API, ``POST /api/v1/query``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/query",
            json=omit_none(
                query=query,
                mode=mode,
                max_results=max_results,
                enable_rerank=enable_rerank,
                rerank_model=rerank_model,
                rerank_top_k=rerank_top_k,
                context_only=context_only,
                prompt_only=prompt_only,
                include_references=include_references,
                include_subgraph=include_subgraph,
                conversation_history=conversation_history,
                document_filter=document_filter,
                llm_provider=llm_provider,
                llm_model=llm_model,
                system_prompt=system_prompt,
                mix_weights=mix_weights,
                extra_headers=extra_headers,
                content_granularity=content_granularity,
            ),
            idempotent=True,  # a question does not change data
            model=QueryResult,
            **options,
        )

    def stream(
        self,
        query: str,
        *,
        mode: str | None = None,
        include_subgraph: bool | None = None,
        document_filter: DocumentFilter | None = None,
        llm_provider: str | None = None,
        llm_model: str | None = None,
        system_prompt: str | None = None,
        extra_headers: Mapping[str, str | Secret] | None = None,
        content_granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> EventStream[QueryContext | Token | Thinking | QueryDone | Unknown]:
        """Ask a question and stream the answer, in ``async with``.

        The events are one `QueryContext`, several `Token` and possibly `Thinking` events, and one `QueryDone`.
        Event types added by a newer server are decoded as `Unknown`.

        Args:
            query: the question.
            mode: the retrieval mode, from `QueryMode`; the server's default is ``"mix"``.
            include_subgraph: include the part of the knowledge graph that was used.
            document_filter: a filter for the documents to use.
            llm_provider: the provider of the language model, instead of the workspace's.
            llm_model: the language model.
            system_prompt: a prompt that replaces the server's prompt.
            extra_headers: headers of the server's request to the language model. A `Secret` is sent as plain text.
            content_granularity: the amount of source text, from `ContentGranularity`, such as ``"citation"``.
            options: per-call options, see `CallOptions`. Until the first event is yielded, a transient
                failure is retried; ``timeout.idle`` limits the time between bytes.

        Raises:
            BadRequestError: in the block: the question is empty, or a value is rejected.
            StreamError: in the block: the answer failed; ``code`` is ``EMBEDDING_PROVIDER_CONFIG_ERROR``,
                ``VECTOR_STORAGE_ERROR``, ``STREAM_ERROR`` or ``QUERY_FAILED``.

        Source: EdgeQuake API, ``POST /api/v1/query/stream``.
        """
        return self._client.events(
            "POST",
            "/api/v1/query/stream",
            json=omit_none(
                query=query,
                mode=mode,
                include_subgraph=include_subgraph,
                document_filter=document_filter,
                llm_provider=llm_provider,
                llm_model=llm_model,
                system_prompt=system_prompt,
                extra_headers=extra_headers,
                content_granularity=content_granularity,
            ),
            idempotent=True,  # a question does not change data
            model=QUERY_EVENT,
            sentinel="[DONE]",
            **options,
        )

    def stream_text(
        self,
        query: str,
        *,
        mode: str | None = None,
        document_filter: DocumentFilter | None = None,
        llm_provider: str | None = None,
        llm_model: str | None = None,
        system_prompt: str | None = None,
        extra_headers: Mapping[str, str | Secret] | None = None,
        **options: Unpack[CallOptions],
    ) -> EventStream[ServerSentEvent]:
        """Ask a question and stream the plain text of the answer, in ``async with``.

        This is the server's older format, ``v1``: each event's ``data`` is a piece of the text, without sources
        and statistics. `stream` has both.

        Args:
            query: see `stream` for this and the other arguments.
            mode: the retrieval mode.
            document_filter: a filter for the documents to use.
            llm_provider: the provider of the language model.
            llm_model: the language model.
            system_prompt: a prompt that replaces the server's prompt.
            extra_headers: headers of the server's request to the language model.
            options: per-call options, see `CallOptions`; ``timeout.idle`` bounds the time between bytes.

        Raises:
            BadRequestError: in the block: the question is empty, or a value is rejected.
            StreamError: in the block: the answer failed, which the server reports as text that starts with ``Error:``.

        Source: EdgeQuake API, ``POST /api/v1/query/stream``.
        """
        return self._client.events(
            "POST",
            "/api/v1/query/stream",
            json=omit_none(
                query=query,
                stream_format="v1",
                mode=mode,
                document_filter=document_filter,
                llm_provider=llm_provider,
                llm_model=llm_model,
                system_prompt=system_prompt,
                extra_headers=extra_headers,
            ),
            idempotent=True,  # a question does not change data
            sentinel="[DONE]",
            **options,
        )
