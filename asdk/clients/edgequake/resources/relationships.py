"""``client.relationships``: relationships of the knowledge graph, to read and edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import (
    CreatedRelationship,
    DeletedRelationship,
    Relationship,
    RelationshipDetail,
    UpdatedRelationship,
)
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="items", total="total")


class Relationships(Resource["EdgeQuake"]):
    """Relationships of a workspace."""

    async def create(
        self,
        src_id: str,
        tgt_id: str,
        *,
        keywords: str,
        description: str,
        source_id: str,
        weight: float | None = None,
        metadata: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedRelationship:
        """Create a relationship.

        Args:
            src_id: the name of the source entity.
            tgt_id: the name of the target entity.
            keywords: the keywords, separated by commas; the first one is the type.
            description: a description.
            source_id: the source, such as ``"manual"``.
            weight: the strength, from 0 to 1.
            metadata: any JSON object to store with it.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: one of the entities does not exist.
            ConflictError: the relationship already exists.

        Source: EdgeQuake API, ``POST /api/v1/graph/relationships``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/graph/relationships",
            json=omit_none(
                src_id=src_id,
                tgt_id=tgt_id,
                keywords=keywords,
                description=description,
                source_id=source_id,
                weight=weight,
                metadata=metadata,
            ),
            model=CreatedRelationship,
            **options,
        )

    async def get(self, relationship_id: str, **options: Unpack[CallOptions]) -> RelationshipDetail:
        """Fetch one relationship and its entities.

        Args:
            relationship_id: the id of the relationship.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the relationship does not exist.

        Source: EdgeQuake API, ``GET /api/v1/graph/relationships/{relationship_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/relationships/{relationship_id}",
            path_params={"relationship_id": relationship_id},
            model=RelationshipDetail,
            **options,
        )

    async def update(
        self,
        relationship_id: str,
        *,
        keywords: str | None = None,
        description: str | None = None,
        weight: float | None = None,
        metadata: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> UpdatedRelationship:
        """Update a relationship. Omitted arguments are not changed.

        Args:
            relationship_id: the id of the relationship.
            keywords: the keywords, separated by commas.
            description: a description.
            weight: the strength, from 0 to 1.
            metadata: any JSON object to store with it, which replaces the existing one.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated relationship and the changes.

        Raises:
            NotFoundError: the relationship does not exist.

        Source: EdgeQuake API, ``PUT /api/v1/graph/relationships/{relationship_id}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/graph/relationships/{relationship_id}",
            path_params={"relationship_id": relationship_id},
            json=omit_none(keywords=keywords, description=description, weight=weight, metadata=metadata),
            model=UpdatedRelationship,
            **options,
        )

    async def delete(self, relationship_id: str, **options: Unpack[CallOptions]) -> DeletedRelationship:
        """Delete a relationship but not its entities.

        Args:
            relationship_id: the id of the relationship.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the relationship does not exist.

        Source: EdgeQuake API, ``DELETE /api/v1/graph/relationships/{relationship_id}``.
        """
        return await self._client.request(
            "DELETE",
            "/api/v1/graph/relationships/{relationship_id}",
            path_params={"relationship_id": relationship_id},
            model=DeletedRelationship,
            **options,
        )

    def list(
        self, *, relationship_type: str | None = None, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[Relationship]:
        """List the workspace's relationships, optionally of one type.

        Args:
            relationship_type: only relationships of this type, such as ``"RELATED_TO"``.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/relationships``.
        """
        return self._client.paginate(
            "/api/v1/graph/relationships",
            params={"relationship_type": relationship_type, "page_size": page_size},
            model=Relationship,
            strategy=_PAGES,
            **options,
        )
