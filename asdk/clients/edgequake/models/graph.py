"""The knowledge graph: its nodes, its edges, and how a stream brings them."""

from __future__ import annotations

from typing import Any, Literal

from asdk.clients.edgequake.models.streams import OtherEvent
from asdk.models.declaration import model, tagged


@model
class GraphNode:
    """An entity as a node; ``degree`` counts its edges."""

    id: str
    label: str
    node_type: str
    description: str
    degree: int
    properties: Any


@model
class GraphEdge:
    """A relationship as an edge, from ``source`` to ``target``."""

    source: str
    target: str
    relationship_type: str
    weight: float
    properties: Any


@model
class KnowledgeGraph:
    """A part of the graph. The totals are of the workspace; ``is_truncated`` says that more belongs to the part."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    is_truncated: bool
    total_nodes: int
    total_edges: int


@model
class FoundNodes:
    """The nodes that fit, their neighbours if asked for, and the edges between them."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    total_matches: int
    is_truncated: bool


@model
class PopularLabel:
    """An entity with many relationships."""

    label: str
    entity_type: str
    degree: int
    description: str


@model
class PopularLabels:
    """The entities with the most relationships, and how many entities there are."""

    labels: list[PopularLabel]
    total_entities: int


@model
class NodeDegree:
    """How many relationships an entity has."""

    node_id: str
    degree: int


@model
class GraphMetadata:
    """How much a stream of the graph will bring; comes first."""

    total_nodes: int
    total_edges: int
    nodes_to_stream: int
    edges_to_stream: int
    type: Literal["metadata"] = "metadata"


@model
class GraphNodes:
    """Some of the nodes."""

    batch: int
    total_batches: int
    nodes: list[GraphNode]
    type: Literal["nodes"] = "nodes"


@model
class GraphEdges:
    """The edges between the nodes that came."""

    edges: list[GraphEdge]
    type: Literal["edges"] = "edges"


@model
class GraphDone:
    """The graph is complete."""

    nodes_count: int
    edges_count: int
    duration_ms: int
    type: Literal["done"] = "done"


#: An event of ``graph.stream``.
GRAPH_EVENT = tagged("type", GraphMetadata, GraphNodes, GraphEdges, GraphDone, OtherEvent)
