"""``client.graph``: the knowledge graph of a workspace, as nodes and edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    FoundNodes,
    GraphDone,
    GraphEdges,
    GraphMetadata,
    GraphNode,
    GraphNodes,
    KnowledgeGraph,
    NodeDegree,
    OtherEvent,
    PopularLabels,
)
from asdk.clients.edgequake.models.graph import GRAPH_EVENT
from asdk.http.options import CallOptions
from asdk.models.declaration import model
from asdk.records.records import Records
from asdk.resources import Resource
from asdk.streaming.streams import EventStream

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


@model
class _FoundLabels:
    labels: list[str]


@model
class _FoundDegrees:
    degrees: list[NodeDegree]


class Graph(Resource["EdgeQuake"]):
    """The knowledge graph."""

    async def get(
        self,
        *,
        start_node: str | None = None,
        depth: int | None = None,
        max_nodes: int | None = None,
        **options: Unpack[CallOptions],
    ) -> KnowledgeGraph:
        """Fetch the graph around an entity, or the best connected part of it.

        Args:
            start_node: the entity to begin at, such as ``"SARAH_CHEN"``.
            depth: how many steps from it; the server's choice is 2.
            max_nodes: how many nodes at most; the server's choice is 100.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The nodes, and all edges between them.

        Raises:
            NotFoundError: there is no such entity.

        Source: EdgeQuake API, ``GET /api/v1/graph``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph",
            params={"start_node": start_node, "depth": depth, "max_nodes": max_nodes},
            model=KnowledgeGraph,
            **options,
        )

    def stream(
        self,
        *,
        start_node: str | None = None,
        max_nodes: int | None = None,
        batch_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> EventStream[GraphMetadata | GraphNodes | GraphEdges | GraphDone | OtherEvent]:
        """Fetch a large graph piece by piece, in ``async with``.

        First comes a `GraphMetadata`, then `GraphNodes` after `GraphNodes`, then `GraphEdges`, last `GraphDone`.

        Args:
            start_node: the entity to begin at, such as ``"SARAH_CHEN"``.
            max_nodes: how many nodes at most.
            batch_size: how many nodes an event brings.
            options: what this call does differently, see `CallOptions`; ``timeout.idle`` bounds a silence.

        Raises:
            NotFoundError: in the block: there is no such entity.
            StreamError: in the block: the stream ended in an error.

        Source: EdgeQuake API, ``GET /api/v1/graph/stream``.
        """
        return self._client.events(
            "GET",
            "/api/v1/graph/stream",
            params={"start_node": start_node, "max_nodes": max_nodes, "batch_size": batch_size},
            model=GRAPH_EVENT,
            sentinel="[DONE]",
            **options,
        )

    async def get_node(self, node_id: str, **options: Unpack[CallOptions]) -> GraphNode:
        """Fetch one node.

        Args:
            node_id: the name of the entity, such as ``"SARAH_CHEN"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such entity.

        Source: EdgeQuake API, ``GET /api/v1/graph/nodes/{node_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/graph/nodes/{node_id}", path_params={"node_id": node_id}, model=GraphNode, **options
        )

    async def search_nodes(
        self,
        query: str,
        *,
        limit: int | None = None,
        include_neighbors: bool | None = None,
        neighbor_depth: int | None = None,
        entity_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> FoundNodes:
        """Search for nodes by their names and descriptions.

        Args:
            query: what to look for.
            limit: how many nodes at most; the server's choice is 20.
            include_neighbors: bring their neighbours along.
            neighbor_depth: how many steps away.
            entity_type: of this type only, such as ``"PERSON"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the query is empty.

        Source: EdgeQuake API, ``GET /api/v1/graph/nodes/search``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/nodes/search",
            params={
                "q": query,
                "limit": limit,
                "include_neighbors": include_neighbors,
                "neighbor_depth": neighbor_depth,
                "entity_type": entity_type,
            },
            model=FoundNodes,
            **options,
        )

    async def search_labels(self, query: str, *, limit: int | None = None, **options: Unpack[CallOptions]) -> list[str]:
        """Search for names of entities.

        Args:
            query: what the names must hold.
            limit: how many at most; the server's choice is 50.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the query is empty.

        Source: EdgeQuake API, ``GET /api/v1/graph/labels/search``.
        """
        return (
            await self._client.request(
                "GET", "/api/v1/graph/labels/search", params={"q": query, "limit": limit}, model=_FoundLabels, **options
            )
        ).labels

    async def popular_labels(
        self,
        *,
        limit: int | None = None,
        min_degree: int | None = None,
        entity_type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> PopularLabels:
        """Fetch the entities with the most relationships.

        Args:
            limit: how many at most; the server's choice is 20.
            min_degree: with so many relationships at least.
            entity_type: of this type only, such as ``"PERSON"``.
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/graph/labels/popular``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/graph/labels/popular",
            params={"limit": limit, "min_degree": min_degree, "entity_type": entity_type},
            model=PopularLabels,
            **options,
        )

    async def degrees(self, node_ids: Sequence[str], **options: Unpack[CallOptions]) -> Records[NodeDegree]:
        """Count the relationships of many entities at once.

        Args:
            node_ids: the names of the entities.
            options: what this call does differently, see `CallOptions`.

        Returns:
            An entry for each entity that there is, in the order of the question.

        Source: EdgeQuake API, ``POST /api/v1/graph/degrees/batch``.
        """
        return Records(
            (
                await self._client.request(
                    "POST",
                    "/api/v1/graph/degrees/batch",
                    json={"node_ids": node_ids},
                    idempotent=True,
                    model=_FoundDegrees,
                    **options,
                )
            ).degrees
        )
