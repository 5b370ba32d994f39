"""Relationships of the knowledge graph: created, read, changed and deleted by hand."""

from typing import Any

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import RejectedError
from asdk.sandbox.edgequake.store.graph import Relationship


@attrs.frozen
class CreateRelationshipRequest:
    src_id: str | None = None
    tgt_id: str | None = None
    keywords: str | None = None
    description: str | None = None
    source_id: str | None = None
    weight: float | None = None
    metadata: Any = None
    # The vendor package's spelling; strict servers ignore it:
    source: str | None = None
    target: str | None = None
    relationship_type: str | None = None


@attrs.frozen
class UpdateRelationshipRequest:
    keywords: str | None = None
    description: str | None = None
    weight: float | None = None
    metadata: Any = None


async def create(call: Call) -> web.Response:
    wanted = await call.body(CreateRelationshipRequest)
    src, tgt, keywords = wanted.src_id, wanted.tgt_id, wanted.keywords
    description, source_id = wanted.description, wanted.source_id
    if not call.state.settings.strict:
        src, tgt, keywords = src or wanted.source, tgt or wanted.target, keywords or wanted.relationship_type
        description, source_id = description or "", source_id or ""
    if src is None or tgt is None or keywords is None or description is None or source_id is None:
        raise RejectedError(422, "Failed to deserialize the JSON body into the target type: missing field")
    made = call.graph.relate(
        src,
        tgt,
        keywords=keywords,
        description=description,
        source_id=source_id,
        weight=wanted.weight,
        metadata=wanted.metadata,
    )
    body: Json = {"status": "success", "message": "Relationship created", "relationship": _shape(made)}
    return call.reply(call.also(body, **_aliases(made)), 201)


async def list_relationships(call: Call) -> web.Response:
    wanted, page = call.query("relationship_type"), call.page
    found = [other for other in call.graph.relationships if wanted in (None, other.relation_type)]
    items = [call.also(_shape(other), **_aliases(other)) for other in page.of(found)]
    return call.reply(page.envelope("items", items, len(found)))


async def get(call: Call) -> web.Response:
    graph, found = call.graph, _relationship(call)
    ends = {
        end: {"id": name, "entity_type": graph.entity(name).entity_type}
        for end, name in (("source", found.src), ("target", found.tgt))
    }
    return call.reply(call.also({"relationship": _shape(found), "entities": ends}, **_aliases(found)))


async def update(call: Call) -> web.Response:
    wanted = await call.body(UpdateRelationshipRequest)
    found = _relationship(call)
    previous = found.weight
    changed = call.graph.change(found, **attrs.asdict(wanted, recurse=False))
    changes = present({"fields_updated": changed, "previous_weight": previous if "weight" in changed else None})
    body: Json = {
        "status": "success",
        "message": "Relationship updated",
        "relationship": _shape(found),
        "changes": changes,
    }
    return call.reply(call.also(body, **_aliases(found)))


async def delete(call: Call) -> web.Response:
    found = _relationship(call)
    call.graph.cut(found)
    return call.reply(
        {
            "status": "success",
            "message": "Relationship deleted",
            "deleted_relationship_id": found.id,
            "src_id": found.src,
            "tgt_id": found.tgt,
        }
    )


def _relationship(call: Call) -> Relationship:
    return call.graph.relationship(call.part("relationship_id"))


def _shape(relationship: Relationship) -> Json:
    return {
        "id": relationship.id,
        "src_id": relationship.src,
        "tgt_id": relationship.tgt,
        "relation_type": relationship.relation_type,
        "keywords": relationship.keywords,
        "weight": relationship.weight,
        "description": relationship.description,
        "source_id": relationship.source_id,
        "created_at": rfc3339(relationship.created_at),
        "updated_at": rfc3339(relationship.updated_at),
        "metadata": relationship.metadata,
    }


def _aliases(relationship: Relationship) -> Json:
    return {
        "id": relationship.id,
        "source": relationship.src,
        "target": relationship.tgt,
        "relationship_type": relationship.relation_type,
    }


ROUTES = (
    Route("GET", "/api/v1/graph/relationships", list_relationships),
    Route("POST", "/api/v1/graph/relationships", create),
    Route("GET", "/api/v1/graph/relationships/{relationship_id}", get),
    Route("PUT", "/api/v1/graph/relationships/{relationship_id}", update),
    Route("DELETE", "/api/v1/graph/relationships/{relationship_id}", delete),
)
