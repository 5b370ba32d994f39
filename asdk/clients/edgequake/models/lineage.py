"""Where the graph comes from: chunks, and the documents behind entities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import model


@model
class CharRange:
    """From which character of the document to which."""

    start: int
    end: int


@model
class ExtractedEntity:
    """An entity that a chunk yielded."""

    id: str
    name: str
    entity_type: str
    description: str | None = None


@model
class ExtractedRelationship:
    """A relationship that a chunk yielded."""

    source_name: str
    target_name: str
    relation_type: str
    description: str | None = None


@model
class ExtractionMetadata:
    """How a chunk was read."""

    model: str
    gleaning_iterations: int
    duration_ms: int
    input_tokens: int
    output_tokens: int
    cached: bool


@model
class Chunk:
    """A piece of a document, and what was found in it."""

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
    """Where a chunk stands in its document, and what it yielded, in short."""

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
    """An entity of a document; ``is_shared`` if other documents name it too."""

    name: str
    entity_type: str
    source_chunks: list[str]
    is_shared: bool


@model
class LineageRelationship:
    """A relationship of a document."""

    source: str
    target: str
    keywords: str
    source_chunks: list[str]


@model
class ExtractionStats:
    """How much a document yielded."""

    total_entities: int
    unique_entities: int
    total_relationships: int
    unique_relationships: int
    processing_time_ms: int | None = None


@model
class DocumentGraph:
    """The part of the graph that comes from a document."""

    document_id: str
    chunk_count: int
    entities: list[LineageEntity]
    relationships: list[LineageRelationship]
    extraction_stats: ExtractionStats


@model
class LineRange:
    """From which line to which."""

    start_line: int
    end_line: int


@model
class SourceDocument:
    """Where a document names an entity."""

    document_id: str
    chunk_ids: list[str]
    line_ranges: list[LineRange]


@model
class DescriptionVersion:
    """What the description of an entity was."""

    version: int
    description: str
    created_at: datetime | None
    source_chunk_id: str | None = None


@model
class EntitySources:
    """The documents that name an entity, and how its description grew."""

    entity_name: str
    source_documents: list[SourceDocument]
    source_count: int
    description_versions: list[DescriptionVersion]
    entity_type: str | None = None


@model
class ChunkSource:
    """A chunk that names an entity."""

    chunk_id: str
    start_line: int | None = None
    end_line: int | None = None
    source_text: str | None = None


@model
class EntitySource:
    """A document that names an entity."""

    document_id: str
    chunks: list[ChunkSource]
    document_name: str | None = None
    first_extracted_at: datetime | None = None


@model
class RelatedEntity:
    """An entity that is related to another."""

    entity_id: str
    entity_name: str
    relationship_type: str
    shared_documents: int


@model
class Provenance:
    """Everything that an entity rests on."""

    entity_id: str
    entity_name: str
    entity_type: str
    sources: list[EntitySource]
    total_extraction_count: int
    related_entities: list[RelatedEntity]
    description: str | None = None
