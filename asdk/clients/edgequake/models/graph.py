"""Nodes and edges of the knowledge graph, and the events that stream them."""

from __future__ import annotations

from typing import Any, Literal

from asdk import Unknown, model, tagged


@model
class GraphNode:
    """Entity as a node; ``degree`` counts its edges."""

    id: str
    label: str
    node_type: str
    description: str
    degree: int
    properties: Any


@model
class GraphEdge:
    """Relationship as an edge, from ``source`` to ``target``."""

    source: str
    target: str
    relationship_type: str
    weight: float
    properties: Any


@model
class KnowledgeGraph:
    """Part of the graph. The totals count the workspace; ``is_truncated`` is true if the part is incomplete."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    is_truncated: bool
    total_nodes: int
    total_edges: int


@model
class FoundNodes:
    """Matching nodes, their neighbors if requested, and the edges between them."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    total_matches: int
    is_truncated: bool


@model
class PopularLabel:
    """Entity with many relationships."""

    label: str
    entity_type: str
    degree: int
    description: str


@model
class PopularLabels:
    """Entities with the most relationships, and the total number of entities."""

    labels: list[PopularLabel]
    total_entities: int


@model
class NodeDegree:
    """Number of relationships of an entity."""

    node_id: str
    degree: int


@model
class GraphMetadata:
    """First event of a graph stream, with the totals."""

    total_nodes: int
    total_edges: int
    nodes_to_stream: int
    edges_to_stream: int
    type: Literal["metadata"] = "metadata"


@model
class GraphNodes:
    """Event with a batch of nodes."""

    batch: int
    total_batches: int
    nodes: list[GraphNode]
    type: Literal["nodes"] = "nodes"


@model
class GraphEdges:
    """Event with the edges between the streamed nodes."""

    edges: list[GraphEdge]
    type: Literal["edges"] = "edges"


@model
class GraphDone:
    """Last event of a graph stream: the graph is complete."""

    nodes_count: int
    edges_count: int
    duration_ms: int
    type: Literal["done"] = "done"


#: The decoder of events of ``graph.stream``.
GRAPH_EVENT = tagged("type", GraphMetadata | GraphNodes | GraphEdges | GraphDone, rest=Unknown)
