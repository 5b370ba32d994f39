"""Entities of the graph: the replies of `Entities`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import model


@model
class Entity:
    """An entity: ``id`` is its name as the graph spells it, ``source_id`` tells where it comes from.

    The times are None where the graph has none, as for entities from documents.
    """

    id: str
    entity_name: str
    entity_type: str
    description: str
    source_id: str
    created_at: datetime | None
    updated_at: datetime | None
    degree: int
    metadata: Any


@model
class CreatedEntity:
    """An entity that was put into the graph by hand."""

    status: str
    message: str
    entity: Entity


@model
class EntityChanges:
    """What was changed about an entity."""

    fields_updated: list[str]
    previous_description: str | None = None


@model
class UpdatedEntity:
    """An entity after a change."""

    status: str
    message: str
    entity: Entity
    changes: EntityChanges


@model
class EntityRelationship:
    """A relationship as its entity shows it: with its ``target`` if it goes out, its ``source`` if it comes in."""

    relation_type: str
    weight: float
    source: str | None = None
    target: str | None = None


@model
class EntityRelationships:
    """The relationships of an entity."""

    outgoing: list[EntityRelationship]
    incoming: list[EntityRelationship]


@model
class EntityStatistics:
    """How much there is about an entity."""

    total_relationships: int
    outgoing_count: int
    incoming_count: int
    document_references: int


@model
class EntityDetail:
    """An entity with its relationships."""

    entity: Entity
    relationships: EntityRelationships
    statistics: EntityStatistics


@model
class DeletedEntity:
    """What went with an entity, and which entities lost a relationship."""

    status: str
    message: str
    deleted_entity_id: str
    deleted_relationships: int
    affected_entities: list[str]


@model
class EntityExistence:
    """Whether there is such an entity, and what it is."""

    exists: bool
    entity_id: str | None = None
    entity_type: str | None = None
    degree: int | None = None


@model
class MergeDetails:
    """What a merge did."""

    source_entity_id: str
    target_entity_id: str
    relationships_merged: int
    duplicate_relationships_removed: int
    description_strategy: str
    metadata_strategy: str


@model
class MergedEntities:
    """The entity that is left of two."""

    status: str
    message: str
    merged_entity: Entity
    merge_details: MergeDetails


@model
class NeighborhoodNode:
    """An entity of a neighbourhood."""

    id: str
    entity_type: str
    description: str
    degree: int


@model
class NeighborhoodEdge:
    """A relationship of a neighbourhood."""

    id: str
    source: str
    target: str
    relation_type: str
    weight: float


@model
class Neighborhood:
    """What lies around an entity, and the entity itself."""

    nodes: list[NeighborhoodNode]
    edges: list[NeighborhoodEdge]
