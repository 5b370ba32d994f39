"""``client.entities``: entities of the knowledge graph, to read and edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import (
    CreatedEntity,
    DeletedEntity,
    Entity,
    EntityDetail,
    EntityExistence,
    MergedEntities,
    Neighborhood,
    Provenance,
    UpdatedEntity,
)
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="items", total="total")


class Entities(Resource["EdgeQuake"]):
    """Entities of a workspace."""

    async def create(
        self,
        entity_name: str,
        *,
        entity_type: str,
        description: str,
        source_id: str,
        metadata: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedEntity:
        """Create an entity.

        Args:
            entity_name: the name, which the graph stores in capitals with underscores.
            entity_type: the type, such as ``"PERSON"``.
            description: a description.
            source_id: the source, such as ``"manual"``.
            metadata: any JSON object to store with it.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            ConflictError: the entity already exists.

        Source: EdgeQuake API, ``POST /api/v1/graph/entities``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/graph/entities",
            json=omit_none(
                entity_name=entity_name,
                entity_type=entity_type,
                description=description,
                source_id=source_id,
                metadata=metadata,
            ),
            model=CreatedEntity,
            **options,
        )

    async def get(self, entity_name: str, **options: Unpack[CallOptions]) -> EntityDetail:
        """Fetch one entity with its relationships.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.

        Source: EdgeQuake API, ``GET /api/v1/graph/entities/{entity_name}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/entities/{entity_name}",
            path_params={"entity_name": entity_name},
            model=EntityDetail,
            **options,
        )

    async def update(
        self,
        entity_name: str,
        *,
        entity_type: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> UpdatedEntity:
        """Update an entity. Omitted arguments are not changed.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            entity_type: the type, such as ``"PERSON"``.
            description: a description.
            metadata: any JSON object to store with it, which replaces the existing one.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated entity and the changes.

        Raises:
            NotFoundError: the entity does not exist.

        Source: EdgeQuake API, ``PUT /api/v1/graph/entities/{entity_name}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/graph/entities/{entity_name}",
            path_params={"entity_name": entity_name},
            json=omit_none(entity_type=entity_type, description=description, metadata=metadata),
            model=UpdatedEntity,
            **options,
        )

    async def delete(
        self, entity_name: str, *, delete_relationships: bool = True, **options: Unpack[CallOptions]
    ) -> DeletedEntity:
        """Delete an entity.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            delete_relationships: delete its relationships too. With False, an entity with relationships is rejected.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.
            ConflictError: the entity has relationships and ``delete_relationships`` is False.

        Source: EdgeQuake API, ``DELETE /api/v1/graph/entities/{entity_name}``.
        """
        return await self._client.request(
            "DELETE",
            "/api/v1/graph/entities/{entity_name}",
            path_params={"entity_name": entity_name},
            params={"confirm": True, "delete_relationships": delete_relationships},
            model=DeletedEntity,
            **options,
        )

    async def exists(self, entity_name: str, **options: Unpack[CallOptions]) -> EntityExistence:
        """Check whether an entity exists.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/entities/exists``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/entities/exists",
            params={"entity_name": entity_name},
            model=EntityExistence,
            **options,
        )

    async def merge(
        self,
        source_entity: str,
        target_entity: str,
        *,
        merge_strategy: str | None = None,
        metadata: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> MergedEntities:
        """Merge two entities. The second receives the relationships of the first, and the first is deleted.

        Args:
            source_entity: the name of the entity to delete.
            target_entity: the name of the entity to keep.
            merge_strategy: the rule for the merged description, by the server's names.
            metadata: any JSON object to store with it.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: both names are the same entity.
            NotFoundError: one of them does not exist.

        Source: EdgeQuake API, ``POST /api/v1/graph/entities/merge``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/graph/entities/merge",
            json=omit_none(
                source_entity=source_entity,
                target_entity=target_entity,
                merge_strategy=merge_strategy,
                metadata=metadata,
            ),
            model=MergedEntities,
            **options,
        )

    async def neighborhood(
        self, entity_name: str, *, depth: int | None = None, **options: Unpack[CallOptions]
    ) -> Neighborhood:
        """Fetch the neighborhood of an entity.

        Args:
            entity_name: the name of the entity, such as ``"SARAH_CHEN"``.
            depth: the maximum number of steps from the entity; the server's default is 1.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.

        Source: EdgeQuake API, ``GET /api/v1/graph/entities/{entity_name}/neighborhood``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/entities/{entity_name}/neighborhood",
            path_params={"entity_name": entity_name},
            params={"depth": depth},
            model=Neighborhood,
            **options,
        )

    async def provenance(self, entity_name: str, **options: Unpack[CallOptions]) -> Provenance:
        """Fetch the provenance of an entity.

        Args:
            entity_name: the name of the entity, which is its id, such as ``"SARAH_CHEN"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.

        Source: EdgeQuake API, ``GET /api/v1/entities/{entity_name}/provenance``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/entities/{entity_name}/provenance",
            path_params={"entity_name": entity_name},
            model=Provenance,
            **options,
        )

    def list(
        self,
        *,
        entity_type: str | None = None,
        search: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[Entity]:
        """List the workspace's entities, optionally filtered.

        Args:
            entity_type: only entities of this type, such as ``"PERSON"``.
            search: text that the names contain.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/entities``.
        """
        return self._client.paginate(
            "/api/v1/graph/entities",
            params={"entity_type": entity_type, "search": search, "page_size": page_size},
            model=Entity,
            strategy=_PAGES,
            **options,
        )
