"""``client.graph``: the knowledge graph of a workspace, as nodes and edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, EventStream, Records, Resource, Unknown, model
from asdk.clients.edgequake.models import (
    FoundNodes,
    GraphDone,
    GraphEdges,
    GraphMetadata,
    GraphNode,
    GraphNodes,
    KnowledgeGraph,
    NodeDegree,
    PopularLabels,
)
from asdk.clients.edgequake.models.graph import GRAPH_EVENT

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


@model
class _FoundLabels:
    labels: list[str]


@model
class _FoundDegrees:
    degrees: list[NodeDegree]


class Graph(Resource["EdgeQuake"]):
    """Knowledge graph of a workspace."""

    async def get(
        self,
        *,
        start_node: str | None = None,
        depth: int | None = None,
        max_nodes: int | None = None,
        **options: Unpack[CallOptions],
    ) -> KnowledgeGraph:
        """Fetch the graph around an entity, or its best connected part.

        Args:
            start_node: the entity to start at, such as ``"SARAH_CHEN"``.
            depth: the maximum number of steps from the entity; the server's default is 2.
            max_nodes: the maximum number of nodes; the server's default is 100.
            options: per-call options, see `CallOptions`.

        Returns:
            The nodes, and all edges between them.

        Raises:
            NotFoundError: the entity does not exist.

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
    ) -> EventStream[GraphMetadata | GraphNodes | GraphEdges | GraphDone | Unknown]:
        """Stream a large graph in batches, in ``async with``.

        The events are one `GraphMetadata`, several `GraphNodes`, one `GraphEdges` and one `GraphDone`, in this order.

        Args:
            start_node: the entity to start at, such as ``"SARAH_CHEN"``.
            max_nodes: the maximum number of nodes.
            batch_size: the number of nodes per event.
            options: per-call options, see `CallOptions`; ``timeout.idle`` bounds the time between bytes.

        Raises:
            NotFoundError: in the block: the entity does not exist.
            StreamError: in the block: the stream failed.

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
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the entity does not exist.

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
            query: the text to search for.
            limit: the maximum number of nodes; the server's default is 20.
            include_neighbors: include the neighbors of the nodes.
            neighbor_depth: the maximum number of steps to a neighbor.
            entity_type: only entities of this type, such as ``"PERSON"``.
            options: per-call options, see `CallOptions`.

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
        """Search for entity names.

        Args:
            query: text that the names contain.
            limit: the maximum number of names; the server's default is 50.
            options: per-call options, see `CallOptions`.

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
            limit: the maximum number of entities; the server's default is 20.
            min_degree: the minimum number of relationships.
            entity_type: only entities of this type, such as ``"PERSON"``.
            options: per-call options, see `CallOptions`.

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
            options: per-call options, see `CallOptions`.

        Returns:
            An entry for each existing entity, in the order of the ids.

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
