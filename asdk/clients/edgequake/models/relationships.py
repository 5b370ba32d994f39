"""Relationships of the graph: the replies of `Relationships`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import model


@model
class Relationship:
    """A relationship from one entity to another; ``keywords`` are separated by commas.

    The times are None where the graph has none, as for relationships from documents.
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
    """A relationship that was put into the graph by hand."""

    status: str
    message: str
    relationship: Relationship


@model
class RelationshipEnd:
    """An entity at an end of a relationship."""

    id: str
    entity_type: str


@model
class RelationshipEnds:
    """The two entities of a relationship."""

    source: RelationshipEnd
    target: RelationshipEnd


@model
class RelationshipDetail:
    """A relationship and its entities."""

    relationship: Relationship
    entities: RelationshipEnds


@model
class RelationshipChanges:
    """What was changed about a relationship."""

    fields_updated: list[str]
    previous_weight: float | None = None


@model
class UpdatedRelationship:
    """A relationship after a change."""

    status: str
    message: str
    relationship: Relationship
    changes: RelationshipChanges


@model
class DeletedRelationship:
    """The relationship that is gone."""

    status: str
    message: str
    deleted_relationship_id: str
    src_id: str
    tgt_id: str
