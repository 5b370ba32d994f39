"""Relationships of the graph: the responses of `Relationships`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model


@model
class Relationship:
    """Relationship from one entity to another; ``keywords`` are separated by commas.

    Times that the graph does not have, such as the times of relationships from documents, stay None.
    """

    id: str
    src_id: str
    tgt_id: str
    relation_type: str
    keywords: str
    weight: float
    description: str
    source_id: str
    created_at: datetime | None
    updated_at: datetime | None
    metadata: Any


@model
class CreatedRelationship:
    """Relationship created by a call."""

    status: str
    message: str
    relationship: Relationship


@model
class RelationshipEnd:
    """Entity at one end of a relationship."""

    id: str
    entity_type: str


@model
class RelationshipEnds:
    """Both entities of a relationship."""

    source: RelationshipEnd
    target: RelationshipEnd


@model
class RelationshipDetail:
    """Relationship with its entities."""

    relationship: Relationship
    entities: RelationshipEnds


@model
class RelationshipChanges:
    """Changes to a relationship."""

    fields_updated: list[str]
    previous_weight: float | None = None


@model
class UpdatedRelationship:
    """Relationship after a change."""

    status: str
    message: str
    relationship: Relationship
    changes: RelationshipChanges


@model
class DeletedRelationship:
    """Result of deleting a relationship."""

    status: str
    message: str
    deleted_relationship_id: str
    src_id: str
    tgt_id: str
