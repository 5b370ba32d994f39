"""``client.contexts``: what an answer would rest on, for programs that do the answering themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    Artifact,
    ConversationMessage,
    DocumentFilter,
    FoundContexts,
    MixWeights,
    RetrievedContext,
)
from asdk.http.options import CallOptions, omit_none
from asdk.resources import Resource

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
        """Fetch what an answer to a question would rest on.

        Args:
            query: the question.
            mode: where to look, of `QueryMode` but for ``"bypass"``; left out, the server's choice, ``"mix"``.
            max_results: how many chunks at most.
            enable_rerank: order them anew by a model made for that; the server does unless you say False.
            rerank_model: which one.
            rerank_top_k: how many to keep after it.
            include_subgraph: False to do without entities and relationships.
            include_lineage: False to do without the places where the parts were found.
            include_documents: False to do without the documents' titles.
            include_agent_hints: False to do without suggestions for the next question.
            conversation_history: what was said before, oldest first.
            document_filter: look in these documents only.
            mix_weights: for the mode ``"mix"``.
            content_granularity: of `ContentGranularity`: ``"citation"`` for 200 characters of each chunk, ``"debug"``
                for the text that a language model would get too; left out, ``"agent"``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Chunks, documents and the part of the knowledge graph; `get` fetches the same again for 15 minutes.

        Raises:
            BadRequestError: the question is empty, or a value is refused.

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
            idempotent=True,  # a question changes nothing
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
        """Look for what an answer to a question would rest on, and get it in short.

        Args:
            query: the question.
            mode: where to look, as for `retrieve`.
            max_results: how many chunks at most.
            document_filter: look in these documents only.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Title, first words and score; `get` takes the ``retrieval_id`` of a result for 15 minutes.

        Raises:
            BadRequestError: the question is empty, or a value is refused.

        Source: EdgeQuake API, ``POST /api/v1/query/context/search``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/query/context/search",
            json=omit_none(query=query, mode=mode, max_results=max_results, document_filter=document_filter),
            idempotent=True,  # a question changes nothing
            model=FoundContexts,
            **options,
        )

    async def get(
        self, retrieval_id: str, *, content_granularity: str | None = None, **options: Unpack[CallOptions]
    ) -> RetrievedContext:
        """Fetch again what was retrieved.

        Args:
            retrieval_id: as `retrieve` or `search` gave it.
            content_granularity: as for `retrieve`.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: nothing was retrieved under this id.
            GoneError: that was too long ago: retrieve it anew.

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
        """Follow a part of a context to where it came from.

        Args:
            artifact_type: of `ArtifactType`, such as ``"chunk"``.
            artifact_id: the id of the document, chunk, figure or PDF; for ``"markdown"`` that of the document.
            document_id: the document of a figure, which must be named; of a PDF it may stand for the PDF's own id.
            include_content: True to bring the text of a document or PDF along.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: there is no such type, or a figure without its document.
            NotFoundError: the workspace has no such thing.

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
