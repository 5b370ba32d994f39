"""Entities of the graph: the responses of `Entities`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model


@model
class Entity:
    """Entity: ``id`` is its name as the graph spells it, ``source_id`` is its source.

    Times that the graph does not have, such as the times of entities from documents, stay None.
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
    """Entity created by a call."""

    status: str
    message: str
    entity: Entity


@model
class EntityChanges:
    """Changes to an entity."""

    fields_updated: list[str]
    previous_description: str | None = None


@model
class UpdatedEntity:
    """Entity after a change."""

    status: str
    message: str
    entity: Entity
    changes: EntityChanges


@model
class EntityRelationship:
    """Relationship of an entity: an outgoing one has its ``target``, an incoming one its ``source``."""

    relation_type: str
    weight: float
    source: str | None = None
    target: str | None = None


@model
class EntityRelationships:
    """Relationships of an entity."""

    outgoing: list[EntityRelationship]
    incoming: list[EntityRelationship]


@model
class EntityStatistics:
    """Statistics of an entity."""

    total_relationships: int
    outgoing_count: int
    incoming_count: int
    document_references: int


@model
class EntityDetail:
    """Entity with its relationships."""

    entity: Entity
    relationships: EntityRelationships
    statistics: EntityStatistics


@model
class DeletedEntity:
    """Result of deleting an entity, with the entities that lost a relationship."""

    status: str
    message: str
    deleted_entity_id: str
    deleted_relationships: int
    affected_entities: list[str]


@model
class EntityExistence:
    """Existence of an entity, with its type."""

    exists: bool
    entity_id: str | None = None
    entity_type: str | None = None
    degree: int | None = None


@model
class MergeDetails:
    """Details of a merge."""

    source_entity_id: str
    target_entity_id: str
    relationships_merged: int
    duplicate_relationships_removed: int
    description_strategy: str
    metadata_strategy: str


@model
class MergedEntities:
    """Result of merging two entities."""

    status: str
    message: str
    merged_entity: Entity
    merge_details: MergeDetails


@model
class NeighborhoodNode:
    """Entity of a neighborhood."""

    id: str
    entity_type: str
    description: str
    degree: int


@model
class NeighborhoodEdge:
    """Relationship of a neighborhood."""

    id: str
    source: str
    target: str
    relation_type: str
    weight: float


@model
class Neighborhood:
    """Neighborhood of an entity, including the entity itself."""

    nodes: list[NeighborhoodNode]
    edges: list[NeighborhoodEdge]
