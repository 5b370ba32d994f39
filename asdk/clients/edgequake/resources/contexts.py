"""``client.contexts``: retrieval of context for programs that generate answers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import (
    Artifact,
    ConversationMessage,
    DocumentFilter,
    FoundContexts,
    MixWeights,
    RetrievedContext,
)

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Contexts(Resource["EdgeQuake"]):
    """Retrieval without a language model."""

    async def retrieve(
        self,
        query: str,
        *,
        mode: str | None = None,
        max_results: int | None = None,
        enable_rerank: bool | None = None,
        rerank_model: str | None = None,
        rerank_top_k: int | None = None,
        include_subgraph: bool | None = None,
        include_lineage: bool | None = None,
        include_documents: bool | None = None,
        include_agent_hints: bool | None = None,
        conversation_history: Sequence[ConversationMessage] | None = None,
        document_filter: DocumentFilter | None = None,
        mix_weights: MixWeights | None = None,
        content_granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> RetrievedContext:
        """Retrieve the context for a question.

        Args:
            query: the question.
            mode: the retrieval mode, from `QueryMode` except ``"bypass"``; the server's default is ``"mix"``.
            max_results: the maximum number of chunks.
            enable_rerank: reorder the chunks with a reranking model; the server's default is True.
            rerank_model: the reranking model.
            rerank_top_k: the number of chunks to keep after reranking.
            include_subgraph: False to omit entities and relationships.
            include_lineage: False to omit the source positions of the parts.
            include_documents: False to omit the documents' titles.
            include_agent_hints: False to omit suggestions for the next question.
            conversation_history: the earlier messages, oldest first.
            document_filter: a filter for the documents to search.
            mix_weights: the weights for the mode ``"mix"``.
            content_granularity: the amount of text, from `ContentGranularity`: ``"citation"`` for 200 characters of
                each chunk, ``"debug"`` to include the text for a language model too; by default ``"agent"``.
            options: per-call options, see `CallOptions`.

        Returns:
            Chunks, documents and the part of the knowledge graph; `get` fetches the same again for 15 minutes.

        Raises:
            BadRequestError: the question is empty, or the server rejects a value.

        Source: EdgeQuake API, ``POST /api/v1/query/context``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/query/context",
            json=omit_none(
                query=query,
                mode=mode,
                max_results=max_results,
                enable_rerank=enable_rerank,
                rerank_model=rerank_model,
                rerank_top_k=rerank_top_k,
                include_subgraph=include_subgraph,
                include_lineage=include_lineage,
                include_documents=include_documents,
                include_agent_hints=include_agent_hints,
                conversation_history=conversation_history,
                document_filter=document_filter,
                mix_weights=mix_weights,
                content_granularity=content_granularity,
            ),
            idempotent=True,  # a question does not change data
            model=RetrievedContext,
            **options,
        )

    async def search(
        self,
        query: str,
        *,
        mode: str | None = None,
        max_results: int | None = None,
        document_filter: DocumentFilter | None = None,
        **options: Unpack[CallOptions],
    ) -> FoundContexts:
        """Search for the context of a question and return it in short form.

        Args:
            query: the question.
            mode: the retrieval mode, as for `retrieve`.
            max_results: the maximum number of chunks.
            document_filter: a filter for the documents to search.
            options: per-call options, see `CallOptions`.

        Returns:
            Title, first words and score; `get` accepts the ``retrieval_id`` of a result for 15 minutes.

        Raises:
            BadRequestError: the question is empty, or the server rejects a value.

        Source: EdgeQuake API, ``POST /api/v1/query/context/search``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/query/context/search",
            json=omit_none(query=query, mode=mode, max_results=max_results, document_filter=document_filter),
            idempotent=True,  # a question does not change data
            model=FoundContexts,
            **options,
        )

    async def get(
        self, retrieval_id: str, *, content_granularity: str | None = None, **options: Unpack[CallOptions]
    ) -> RetrievedContext:
        """Fetch an earlier retrieval again.

        Args:
            retrieval_id: the id from `retrieve` or `search`.
            content_granularity: the amount of text, as for `retrieve`.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the retrieval does not exist.
            GoneError: the retrieval has expired: call `retrieve` again.

        Source: EdgeQuake API, ``GET /api/v1/query/context/{retrieval_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/query/context/{retrieval_id}",
            path_params={"retrieval_id": retrieval_id},
            params={"content_granularity": content_granularity},
            model=RetrievedContext,
            **options,
        )

    async def artifact(
        self,
        artifact_type: str,
        artifact_id: str,
        *,
        document_id: str | None = None,
        include_content: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Artifact:
        """Fetch the source of a part of a context.

        Args:
            artifact_type: the type of the source, from `ArtifactType`, such as ``"chunk"``.
            artifact_id: the id of the document, chunk, figure or PDF; for ``"markdown"`` the id of the document.
            document_id: the document of a figure, required for figures. For a PDF it can replace the PDF's own id.
            include_content: True to include the text of a document or PDF.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the type is unknown, or the document of a figure is missing.
            NotFoundError: the workspace does not contain the artifact.

        Source: EdgeQuake API, ``GET /api/v1/query/context/artifacts/{artifact_type}/{artifact_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/query/context/artifacts/{artifact_type}/{artifact_id}",
            path_params={"artifact_type": artifact_type, "artifact_id": artifact_id},
            params={"document_id": document_id, "include_content": include_content},
            model=Artifact,
            **options,
        )
