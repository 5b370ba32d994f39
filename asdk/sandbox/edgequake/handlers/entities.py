"""Entities of the knowledge graph: created, read, changed, merged and deleted by hand."""

from typing import Any

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError, RejectedError
from asdk.sandbox.edgequake.store.graph import Entity, Graph, Relationship


@attrs.frozen
class CreateEntityRequest:
    entity_name: str
    entity_type: str
    description: str | None = None
    source_id: str | None = None
    metadata: Any = None


@attrs.frozen
class UpdateEntityRequest:
    entity_type: str | None = None
    description: str | None = None
    metadata: Any = None


@attrs.frozen
class MergeRequest:
    source_entity: str | None = None
    target_entity: str | None = None
    merge_strategy: str | None = None
    metadata: Any = None
    # The vendor package's spelling; strict servers ignore it:
    source: str | None = None
    target: str | None = None
    strategy: str | None = None


async def create(call: Call) -> web.Response:
    wanted = await call.body(CreateEntityRequest)
    if call.state.settings.strict and None in (wanted.description, wanted.source_id):
        raise RejectedError(422, "Failed to deserialize the JSON body into the target type: missing field")
    entity = call.graph.create(
        wanted.entity_name, wanted.entity_type, wanted.description or "", wanted.source_id or "", wanted.metadata
    )
    body: Json = {"status": "success", "message": "Entity created", "entity": shape(call.graph, entity)}
    return call.reply(call.also(body, **shape(call.graph, entity)), 201)


async def list_entities(call: Call) -> web.Response:
    graph, page = call.graph, call.page
    wanted_type, search = call.query("entity_type"), (call.query("search") or "").lower()
    found = [
        entity
        for entity in graph.entities
        if wanted_type in (None, entity.entity_type) and search in entity.name.lower()
    ]
    return call.reply(page.envelope("items", [shape(graph, entity) for entity in page.of(found)], len(found)))


async def get(call: Call) -> web.Response:
    graph, entity = call.graph, _entity(call)
    outgoing = [other for other in graph.of(entity.name) if other.src == entity.name]
    incoming = [other for other in graph.of(entity.name) if other.tgt == entity.name]
    return call.reply(
        {
            "entity": shape(graph, entity),
            "relationships": {
                "outgoing": [_summary(other) | {"target": other.tgt} for other in outgoing],
                "incoming": [_summary(other) | {"source": other.src} for other in incoming],
            },
            "statistics": {
                "total_relationships": len(outgoing) + len(incoming),
                "outgoing_count": len(outgoing),
                "incoming_count": len(incoming),
                "document_references": len(graph.sources(entity.name)),
            },
        }
    )


async def update(call: Call) -> web.Response:
    wanted = await call.body(UpdateEntityRequest)
    graph, entity = call.graph, _entity(call)
    previous = entity.description
    changed = graph.change(entity, **attrs.asdict(wanted, recurse=False))
    changes = present(
        {"fields_updated": changed, "previous_description": previous if "description" in changed else None}
    )
    body: Json = {
        "status": "success",
        "message": "Entity updated",
        "entity": shape(graph, entity),
        "changes": changes,
    }
    return call.reply(call.also(body, **shape(graph, entity)))


async def delete(call: Call) -> web.Response:
    graph, entity = call.graph, _entity(call)
    if not call.flag("confirm"):
        raise ApiError("BAD_REQUEST", "Deletion must be confirmed: confirm=true")
    if call.flag("delete_relationships") is False and graph.of(entity.name):
        raise ApiError("CONFLICT", f"entity has relationships: {entity.name}")
    gone = graph.delete(entity)
    affected = dict.fromkeys(other.tgt if other.src == entity.name else other.src for other in gone)
    return call.reply(
        {
            "status": "success",
            "message": "Entity deleted",
            "deleted_entity_id": entity.name,
            "deleted_relationships": len(gone),
            "affected_entities": list(affected),
        }
    )


async def exists(call: Call) -> web.Response:
    name = call.query("entity_name") or (None if call.state.settings.strict else call.query("name"))
    if name is None:
        raise RejectedError(400, "Failed to deserialize query string: missing field `entity_name`")
    entity = call.graph.find(name)
    if entity is None:
        return call.reply({"exists": False})
    return call.reply(
        {
            "exists": True,
            "entity_id": entity.name,
            "entity_type": entity.entity_type,
            "degree": call.graph.degrees[entity.name],
        }
    )


async def merge(call: Call) -> web.Response:
    wanted = await call.body(MergeRequest)
    aliases = (None, None) if call.state.settings.strict else (wanted.source, wanted.target)
    source, target = wanted.source_entity or aliases[0], wanted.target_entity or aliases[1]
    if source is None or target is None:
        raise RejectedError(422, "Failed to deserialize the JSON body into the target type: missing field")
    graph = call.graph
    given_up, kept, moved, dropped = graph.merge(source, target)
    if wanted.metadata is not None:
        kept.metadata = wanted.metadata
    return call.reply(
        {
            "status": "success",
            "message": "Entities merged",
            "merged_entity": shape(graph, kept),
            "merge_details": {
                "source_entity_id": given_up.name,
                "target_entity_id": kept.name,
                "relationships_merged": moved,
                "duplicate_relationships_removed": dropped,
                "description_strategy": wanted.merge_strategy or "prefer_target",
                "metadata_strategy": "prefer_target",
            },
        }
    )


async def neighborhood(call: Call) -> web.Response:
    graph, entity = call.graph, _entity(call)
    degrees = graph.degrees
    names = graph.around(entity.name, call.number("depth", 1))
    nodes = [
        call.also(
            {
                "id": name,
                "entity_type": graph.entity(name).entity_type,
                "description": graph.entity(name).description,
                "degree": degrees[name],
            },
            label=name,
        )
        for name in names
    ]
    edges = [
        {
            "id": other.id,
            "source": other.src,
            "target": other.tgt,
            "relation_type": other.relation_type,
            "weight": other.weight,
        }
        for other in graph.between(set(names))
    ]
    return call.reply({"nodes": nodes, "edges": edges})


def shape(graph: Graph, entity: Entity) -> Json:
    return {
        "id": entity.name,
        "entity_name": entity.name,
        "entity_type": entity.entity_type,
        "description": entity.description,
        "source_id": entity.source_id,
        "created_at": rfc3339(entity.created_at),
        "updated_at": rfc3339(entity.updated_at),
        "degree": graph.degrees[entity.name],
        "metadata": entity.metadata,
    }


def _entity(call: Call) -> Entity:
    return call.graph.entity(call.part("entity_name"))


def _summary(relationship: Relationship) -> Json:
    return {"relation_type": relationship.relation_type, "weight": relationship.weight}


ROUTES = (
    Route("GET", "/api/v1/graph/entities", list_entities),
    Route("POST", "/api/v1/graph/entities", create),
    Route("GET", "/api/v1/graph/entities/exists", exists),
    Route("POST", "/api/v1/graph/entities/merge", merge),
    Route("GET", "/api/v1/graph/entities/{entity_name}", get),
    Route("PUT", "/api/v1/graph/entities/{entity_name}", update),
    Route("DELETE", "/api/v1/graph/entities/{entity_name}", delete),
    Route("GET", "/api/v1/graph/entities/{entity_name}/neighborhood", neighborhood),
)
