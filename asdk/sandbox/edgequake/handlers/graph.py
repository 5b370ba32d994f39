"""Knowledge graph as nodes and edges, at once or as a stream."""

from collections.abc import Iterable

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.graph import Entity, Graph, Relationship
from asdk.sandbox.event_stream import EventStream

_MAX_NODES, _DEPTH, _BATCH = 100, 2, 50


@attrs.frozen
class DegreesRequest:
    node_ids: list[str]


async def get(call: Call) -> web.Response:
    graph = call.graph
    nodes = _part(call, graph, depth=call.number("depth", _DEPTH))
    shown = nodes[: call.number("max_nodes", _MAX_NODES)]
    edges = graph.between({entity.name for entity in shown})
    return call.reply(
        {
            "nodes": _nodes(graph, shown),
            "edges": [_edge(call, relationship) for relationship in edges],
            "is_truncated": len(shown) < len(nodes),
            "total_nodes": len(graph.entities),
            "total_edges": len(graph.relationships),
        }
    )


async def stream(call: Call) -> web.StreamResponse:
    graph, settings = call.graph, call.state.settings
    shown = _part(call, graph, depth=_DEPTH)[: call.number("max_nodes", _MAX_NODES)]
    edges = graph.between({entity.name for entity in shown})
    nodes, size = _nodes(graph, shown), max(call.number("batch_size", _BATCH), 1)
    batches = [nodes[start : start + size] for start in range(0, len(nodes), size)]
    planned = call.state.stream_errors.popleft() if call.state.stream_errors else None
    events = EventStream(call.request)
    await events.prepare(call.request)
    await events.send(
        {
            "type": "metadata",
            "total_nodes": len(graph.entities),
            "total_edges": len(graph.relationships),
            "nodes_to_stream": len(nodes),
            "edges_to_stream": len(edges),
        }
    )
    for number, batch in enumerate(batches):
        if planned is not None and number >= planned.after_tokens:
            break
        await events.pause(settings.stream_interval, keep_alive=settings.keep_alive_interval)
        await events.send({"type": "nodes", "batch": number + 1, "total_batches": len(batches), "nodes": batch})
    if planned is not None:
        await events.send({"type": "error", "message": planned.message, "reason": planned.code})
    else:
        await events.send({"type": "edges", "edges": [_edge(call, relationship) for relationship in edges]})
        done = {"type": "done", "nodes_count": len(nodes), "edges_count": len(edges), "duration_ms": 1 + len(nodes)}
        await events.send(done)
    await events.write_eof()
    return events


async def get_node(call: Call) -> web.Response:
    graph = call.graph
    return call.reply(_nodes(graph, [graph.entity(call.part("node_id"))])[0])


async def search_nodes(call: Call) -> web.Response:
    graph, words = call.graph, _wanted(call)
    wanted_type = call.query("entity_type")
    found = [
        entity
        for entity in graph.entities
        if wanted_type in (None, entity.entity_type)
        and all(word in f"{entity.name} {entity.description}".lower() for word in words)
    ]
    shown = {entity.name: entity for entity in found[: call.number("limit", 20)]}
    if call.flag("include_neighbors"):
        for name in list(shown):
            around = graph.around(name, call.number("neighbor_depth", 1))
            shown |= {other: graph.entity(other) for other in around if other not in shown}
    edges = graph.between(set(shown))
    return call.reply(
        {
            "nodes": _nodes(graph, shown.values()),
            "edges": [_edge(call, relationship) for relationship in edges],
            "total_matches": len(found),
            "is_truncated": len(found) > call.number("limit", 20),
        }
    )


async def search_labels(call: Call) -> web.Response:
    words = _wanted(call)
    labels = [entity.name for entity in call.graph.entities if all(word in entity.name.lower() for word in words)]
    return call.reply({"labels": labels[: call.number("limit", 50)]})


async def popular_labels(call: Call) -> web.Response:
    graph, degrees = call.graph, call.graph.degrees
    least, wanted_type = call.number("min_degree", 0), call.query("entity_type")
    entities = [
        entity
        for entity in graph.entities
        if degrees[entity.name] >= least and wanted_type in (None, entity.entity_type)
    ]
    entities.sort(key=lambda entity: -degrees[entity.name])
    labels = [
        {
            "label": entity.name,
            "entity_type": entity.entity_type,
            "degree": degrees[entity.name],
            "description": entity.description,
        }
        for entity in entities[: call.number("limit", 20)]
    ]
    return call.reply({"labels": labels, "total_entities": len(graph.entities)})


async def degrees_batch(call: Call) -> web.Response:
    wanted = await call.body(DegreesRequest)
    graph, degrees = call.graph, call.graph.degrees
    found = [graph.find(name) for name in wanted.node_ids]
    rows = [{"node_id": entity.name, "degree": degrees[entity.name]} for entity in found if entity is not None]
    return call.reply({"degrees": rows, "count": len(rows)})


def _part(call: Call, graph: Graph, *, depth: int) -> list[Entity]:
    """Return the entities around the named one, nearest first; without a name all, the best connected first."""
    start = call.query("start_node")
    if start is not None:
        return [graph.entity(name) for name in graph.around(graph.entity(start).name, depth)]
    degrees = graph.degrees
    return sorted(graph.entities, key=lambda entity: -degrees[entity.name])


def _wanted(call: Call) -> list[str]:
    """Return the words of ``q``, or of the vendor package's ``query``. Raise ApiError BAD_REQUEST without either."""
    text = call.query("q") or (None if call.state.settings.strict else call.query("query")) or ""
    if not text.strip():
        raise ApiError("BAD_REQUEST", "q must not be empty")
    return text.lower().split()


def _nodes(graph: Graph, entities: Iterable[Entity]) -> list[Json]:
    degrees = graph.degrees
    return [
        {
            "id": entity.name,
            "label": entity.name,
            "node_type": entity.entity_type,
            "description": entity.description,
            "degree": degrees[entity.name],
            "properties": entity.metadata,
        }
        for entity in entities
    ]


def _edge(call: Call, relationship: Relationship) -> Json:
    kind = relationship.relation_type
    edge: Json = {
        "source": relationship.src,
        "target": relationship.tgt,
        "relationship_type": kind,
        "weight": relationship.weight,
        "properties": relationship.metadata,
    }
    return call.also(edge, edge_type=kind)


ROUTES = (
    Route("GET", "/api/v1/graph", get),
    Route("GET", "/api/v1/graph/stream", stream),
    Route("GET", "/api/v1/graph/nodes/search", search_nodes),
    Route("GET", "/api/v1/graph/nodes/{node_id}", get_node),
    Route("GET", "/api/v1/graph/labels/search", search_labels),
    Route("GET", "/api/v1/graph/labels/popular", popular_labels),
    Route("POST", "/api/v1/graph/degrees/batch", degrees_batch, reads=True),
)
