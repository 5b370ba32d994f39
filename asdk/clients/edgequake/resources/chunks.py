"""``client.chunks``: chunks of documents, the sources of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import Chunk, ChunkLineage

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Chunks(Resource["EdgeQuake"]):
    """Chunks of documents."""

    async def get(self, chunk_id: str, **options: Unpack[CallOptions]) -> Chunk:
        """Fetch one chunk with the entities and relationships found in it.

        Args:
            chunk_id: the ``id`` of a source of an answer.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the chunk.

        Source: EdgeQuake API, ``GET /api/v1/chunks/{chunk_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/chunks/{chunk_id}", path_params={"chunk_id": chunk_id}, model=Chunk, **options
        )

    async def lineage(self, chunk_id: str, **options: Unpack[CallOptions]) -> ChunkLineage:
        """Fetch the position of a chunk in its document.

        Args:
            chunk_id: the ``id`` of a source of an answer.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the chunk.

        Source: EdgeQuake API, ``GET /api/v1/chunks/{chunk_id}/lineage``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/chunks/{chunk_id}/lineage",
            path_params={"chunk_id": chunk_id},
            model=ChunkLineage,
            **options,
        )
