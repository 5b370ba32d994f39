"""``client.relationships``: the relationships of the knowledge graph, read and put right by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    CreatedRelationship,
    DeletedRelationship,
    Relationship,
    RelationshipDetail,
    UpdatedRelationship,
)
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="items", total="total")


class Relationships(Resource["EdgeQuake"]):
    """The relationships of a workspace."""

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
        """Put a relationship into the graph.

        Args:
            src_id: the name of the entity that it starts from.
            tgt_id: the name of the entity that it leads to.
            keywords: what it is about, separated by commas; the first word is its type.
            description: what there is to say about it.
            source_id: where it comes from, such as ``"manual"``.
            weight: how strong it is, 0 to 1.
            metadata: any JSON object to keep with it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: one of the entities does not exist.
            ConflictError: the two are related already.

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
            relationship_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such relationship.

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
        """Change a relationship; what is left out stays as it is.

        Args:
            relationship_id: its id.
            keywords: what it is about, separated by commas.
            description: what there is to say about it.
            weight: how strong it is, 0 to 1.
            metadata: any JSON object to keep with it, instead of the one that is there.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The relationship as it is now, and what changed.

        Raises:
            NotFoundError: there is no such relationship.

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
        """Delete a relationship; its entities stay.

        Args:
            relationship_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such relationship.

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
        """All relationships of the workspace, or those of one type.

        Args:
            relationship_type: of this type only, such as ``"RELATED_TO"``.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/relationships``.
        """
        return self._client.paginate(
            "/api/v1/graph/relationships",
            params={"relationship_type": relationship_type, "page_size": page_size},
            model=Relationship,
            strategy=_PAGES,
            **options,
        )
