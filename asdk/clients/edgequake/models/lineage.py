"""Lineage of the graph: chunks and the documents of entities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import model


@model
class CharRange:
    """Range of characters of a document."""

    start: int
    end: int


@model
class ExtractedEntity:
    """Entity extracted from a chunk."""

    id: str
    name: str
    entity_type: str
    description: str | None = None


@model
class ExtractedRelationship:
    """Relationship extracted from a chunk."""

    source_name: str
    target_name: str
    relation_type: str
    description: str | None = None


@model
class ExtractionMetadata:
    """Metadata of the extraction from a chunk."""

    model: str
    gleaning_iterations: int
    duration_ms: int
    input_tokens: int
    output_tokens: int
    cached: bool


@model
class Chunk:
    """Chunk of a document, with the entities and relationships found in it."""

    chunk_id: str
    document_id: str
    content: str
    index: int
    char_range: CharRange
    token_count: int
    entities: list[ExtractedEntity]
    relationships: list[ExtractedRelationship]
    document_name: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    page_start: int | None = None
    page_end: int | None = None
    extraction_metadata: ExtractionMetadata | None = None


@model
class ChunkLineage:
    """Position of a chunk in its document, with a summary of the extraction."""

    chunk_id: str
    document_id: str
    index: int
    token_count: int
    content_preview: str
    entity_count: int
    relationship_count: int
    entity_names: list[str]
    document_name: str | None = None
    document_type: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    start_offset: int | None = None
    end_offset: int | None = None
    document_metadata: Any = None


@model
class LineageEntity:
    """Entity of a document; ``is_shared`` is true if other documents mention it too."""

    name: str
    entity_type: str
    source_chunks: list[str]
    is_shared: bool


@model
class LineageRelationship:
    """Relationship of a document."""

    source: str
    target: str
    keywords: str
    source_chunks: list[str]


@model
class ExtractionStats:
    """Statistics of the extraction from a document."""

    total_entities: int
    unique_entities: int
    total_relationships: int
    unique_relationships: int
    processing_time_ms: int | None = None


@model
class DocumentGraph:
    """Part of the graph that comes from a document."""

    document_id: str
    chunk_count: int
    entities: list[LineageEntity]
    relationships: list[LineageRelationship]
    extraction_stats: ExtractionStats


@model
class LineRange:
    """Range of lines."""

    start_line: int
    end_line: int


@model
class SourceDocument:
    """Document that mentions an entity, with the positions."""

    document_id: str
    chunk_ids: list[str]
    line_ranges: list[LineRange]


@model
class DescriptionVersion:
    """Earlier description of an entity."""

    version: int
    description: str
    created_at: datetime | None
    source_chunk_id: str | None = None


@model
class EntitySources:
    """Documents that mention an entity, with the history of its description."""

    entity_name: str
    source_documents: list[SourceDocument]
    source_count: int
    description_versions: list[DescriptionVersion]
    entity_type: str | None = None


@model
class ChunkSource:
    """Chunk that mentions an entity."""

    chunk_id: str
    start_line: int | None = None
    end_line: int | None = None
    source_text: str | None = None


@model
class EntitySource:
    """Document that mentions an entity."""

    document_id: str
    chunks: list[ChunkSource]
    document_name: str | None = None
    first_extracted_at: datetime | None = None


@model
class RelatedEntity:
    """Entity related to another."""

    entity_id: str
    entity_name: str
    relationship_type: str
    shared_documents: int


@model
class Provenance:
    """Provenance of an entity."""

    entity_id: str
    entity_name: str
    entity_type: str
    sources: list[EntitySource]
    total_extraction_count: int
    related_entities: list[RelatedEntity]
    description: str | None = None
