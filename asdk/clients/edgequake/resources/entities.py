"""``client.entities``: the entities of the knowledge graph, read and put right by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

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
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="items", total="total")


class Entities(Resource["EdgeQuake"]):
    """The entities of a workspace."""

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
        """Put an entity into the graph.

        Args:
            entity_name: its name; the graph spells it in capitals, with underscores.
            entity_type: what it is, such as ``"PERSON"``.
            description: what there is to say about it.
            source_id: where it comes from, such as ``"manual"``.
            metadata: any JSON object to keep with it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            ConflictError: there is such an entity.

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
            entity_name: such as ``"SARAH_CHEN"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such entity.

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
        """Change an entity; what is left out stays as it is.

        Args:
            entity_name: such as ``"SARAH_CHEN"``.
            entity_type: what it is, such as ``"PERSON"``.
            description: what there is to say about it.
            metadata: any JSON object to keep with it, instead of the one that is there.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The entity as it is now, and what changed.

        Raises:
            NotFoundError: there is no such entity.

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
            entity_name: such as ``"SARAH_CHEN"``.
            delete_relationships: its relationships too; False refuses an entity that has some.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such entity.
            ConflictError: it has relationships, and they shall stay.

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
        """Ask whether there is an entity of a name.

        Args:
            entity_name: such as ``"SARAH_CHEN"``.
            options: what this call does differently, see `CallOptions`.

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
        """Make one entity of two: the relationships of the first go to the second, and the first is gone.

        Args:
            source_entity: the name of the one to give up.
            target_entity: the name of the one to keep.
            merge_strategy: whose description stays; the server's names.
            metadata: any JSON object to keep with it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the two are one.
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
        """Fetch what lies around an entity.

        Args:
            entity_name: such as ``"SARAH_CHEN"``.
            depth: how many steps away; the server's choice is 1.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such entity.

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
        """Fetch everything that an entity rests on.

        Args:
            entity_name: its name, which is its id, such as ``"SARAH_CHEN"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such entity.

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
        """All entities of the workspace, or those that fit the filters.

        Args:
            entity_type: of this type only, such as ``"PERSON"``.
            search: with this in the name.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/entities``.
        """
        return self._client.paginate(
            "/api/v1/graph/entities",
            params={"entity_type": entity_type, "search": search, "page_size": page_size},
            model=Entity,
            strategy=_PAGES,
            **options,
        )
