"""``client.lineage``: the source documents of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import DocumentGraph, EntitySources

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Lineage(Resource["EdgeQuake"]):
    """Lineage from the graph back to the documents."""

    async def document(self, document_id: str, **options: Unpack[CallOptions]) -> DocumentGraph:
        """Fetch the part of the graph that comes from a document.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/lineage/documents/{document_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/lineage/documents/{document_id}",
            path_params={"document_id": document_id},
            model=DocumentGraph,
            **options,
        )

    async def entity(self, entity_name: str, **options: Unpack[CallOptions]) -> EntitySources:
        """Fetch the documents that mention an entity.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.

        Source: EdgeQuake API, ``GET /api/v1/lineage/entities/{entity_name}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/lineage/entities/{entity_name}",
            path_params={"entity_name": entity_name},
            model=EntitySources,
            **options,
        )
