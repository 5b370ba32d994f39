"""``client.query``: questions to the documents of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    ConversationMessage,
    DocumentFilter,
    MixWeights,
    OtherEvent,
    QueryContext,
    QueryDone,
    QueryResult,
    Thinking,
    Token,
)
from asdk.clients.edgequake.models.streams import QUERY_EVENT
from asdk.http.options import CallOptions, omit_none
from asdk.resources import Resource
from asdk.secret import Secret
from asdk.streaming.parsers import ServerSentEvent
from asdk.streaming.streams import EventStream

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
        """Ask a question and wait for the whole answer.

        Args:
            query: the question.
            mode: where to look, of `QueryMode`, such as ``"hybrid"``; left out, the server's choice, ``"mix"``.
            max_results: how many sources to use at most.
            enable_rerank: order the sources anew by a model made for that.
            rerank_model: which one.
            rerank_top_k: how many sources to keep after it.
            context_only: answer with the sources' text, without the language model.
            prompt_only: answer with the prompt that the language model would get.
            include_references: name the sources in the answer.
            include_subgraph: bring the part of the knowledge graph along that was used.
            conversation_history: what was said before, oldest first.
            document_filter: use these documents only.
            llm_provider: who runs the language model, instead of the workspace's.
            llm_model: which language model.
            system_prompt: instead of the server's.
            mix_weights: for the mode ``"mix"``.
            extra_headers: for the server's request to the language model; a `Secret` is opened in the body.
            content_granularity: of `ContentGranularity`, such as ``"citation"``.
            options: what this call does differently, see `CallOptions`. A model may think for long: mind ``timeout``.

        Returns:
            The answer, its sources and what it took.

        Raises:
            BadRequestError: the question is empty, or a value is refused.
            ServerError: 502, code ``LLM_ERROR``: the language model failed; and 500, code ``QUERY_ERROR``.

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
            idempotent=True,  # a question changes nothing
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
    ) -> EventStream[QueryContext | Token | Thinking | QueryDone | OtherEvent]:
        """Ask a question and read the answer while it is made, in ``async with``.

        First comes a `QueryContext`, then `Token` after `Token`, perhaps `Thinking` between them, last `QueryDone`.
        What a newer server adds is an `OtherEvent`.

        Args:
            query: the question.
            mode: where to look, of `QueryMode`; left out, the server's choice, ``"mix"``.
            include_subgraph: bring the part of the knowledge graph along that was used.
            document_filter: use these documents only.
            llm_provider: who runs the language model, instead of the workspace's.
            llm_model: which language model.
            system_prompt: instead of the server's.
            extra_headers: for the server's request to the language model; a `Secret` is opened in the body.
            content_granularity: of `ContentGranularity`, such as ``"citation"``.
            options: what this call does differently, see `CallOptions`. Until the first event was handed out, a failure
                that may pass is repeated; ``timeout.idle`` bounds a silence.

        Raises:
            BadRequestError: in the block: the question is empty, or a value is refused.
            StreamError: in the block: the answer ended in an error; ``code`` is ``EMBEDDING_PROVIDER_CONFIG_ERROR``,
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
            idempotent=True,  # a question changes nothing
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
        """Ask a question and read the bare text of the answer while it is made, in ``async with``.

        This is the server's older format, ``v1``: each event's ``data`` is a piece of the text, without sources before
        it or figures after it. `stream` has both.

        Args:
            query: see `stream` for this and all others.
            mode: where to look.
            document_filter: use these documents only.
            llm_provider: who runs the language model.
            llm_model: which language model.
            system_prompt: instead of the server's.
            extra_headers: for the server's request to the language model.
            options: what this call does differently, see `CallOptions`; ``timeout.idle`` bounds a silence.

        Raises:
            BadRequestError: in the block: the question is empty, or a value is refused.
            StreamError: in the block: the answer ended in an error, which is a text that begins with ``Error:``.

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
            idempotent=True,  # a question changes nothing
            sentinel="[DONE]",
            **options,
        )
