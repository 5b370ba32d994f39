"""Questions and answers: the arguments and responses of `Query`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from asdk import OpenEnum, field, model


class QueryMode(OpenEnum):
    """Retrieval mode; ``bypass`` uses only the language model."""

    LOCAL = "local"
    GLOBAL = "global"
    HYBRID = "hybrid"
    NAIVE = "naive"
    MIX = "mix"
    BYPASS = "bypass"


class ContentGranularity(OpenEnum):
    """Amount of source text that is returned with an answer."""

    CITATION = "citation"
    AGENT = "agent"
    DEBUG = "debug"


class MessageRole(OpenEnum):
    """Role of the sender of a message."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@model
class ConversationMessage:
    """Message of the conversation of a query."""

    role: MessageRole | str
    content: str


@model
class ImageAttachment:
    """Image attached to a message: its bytes as base64 and its media type, such as ``"image/png"``."""

    data: str
    mime_type: str


@model
class DocumentFilter:
    """Filter for the documents of a query. Attributes left at None do not filter.

    Attributes:
        date_from: created on or after this day or time.
        date_to: created on or before this day or time.
        document_ids: with one of these ids.
        document_pattern: text that the title or file name contains.
    """

    date_from: date | str | None = None
    date_to: date | str | None = None
    document_ids: Sequence[str] | None = None
    document_pattern: str | None = None


@model
class MixWeights:
    """Weights of the retrieval modes in the mode ``mix``."""

    local: float | None = None
    global_: float | None = field(default=None, name="global")
    naive: float | None = None


@model
class SourceReference:
    """Source of an answer, such as a chunk of a document."""

    source_type: str
    id: str
    score: float
    rerank_score: float | None = None
    snippet: str | None = None
    reference_id: int | None = None
    document_id: str | None = None
    file_path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    chunk_index: int | None = None
    entity_type: str | None = None
    degree: int | None = None
    source_chunk_ids: list[str] | None = None
    page_start: int | None = None
    page_end: int | None = None


@model
class QueryStats:
    """Statistics of an answer, in milliseconds and tokens."""

    embedding_time_ms: int
    retrieval_time_ms: int
    generation_time_ms: int
    total_time_ms: int
    sources_retrieved: int
    rerank_time_ms: int | None = None
    tokens_used: int | None = None
    tokens_per_second: float | None = None
    llm_provider: str | None = None
    llm_model: str | None = None


@model
class EntityLineage:
    """Sources of an entity."""

    source_chunk_ids: list[str] | None = None
    source_document_id: str | None = None
    source_file_path: str | None = None


@model
class RelationshipLineage:
    """Source of a relationship."""

    source_chunk_id: str | None = None
    source_document_id: str | None = None
    source_file_path: str | None = None


@model
class ContextEntity:
    """Entity of the knowledge graph used by an answer; ``degree`` counts its relationships."""

    id: str
    name: str
    entity_type: str
    description: str
    score: float
    degree: int
    lineage: EntityLineage | None = None


@model
class ContextRelationship:
    """Relationship of the knowledge graph used by an answer."""

    id: str
    source: str
    target: str
    relation_type: str
    description: str
    score: float
    lineage: RelationshipLineage | None = None


@model
class Subgraph:
    """Part of the knowledge graph used by an answer."""

    entities: list[ContextEntity]
    relationships: list[ContextRelationship]


@model
class QueryResult:
    """Answer with its sources."""

    answer: str
    mode: QueryMode
    sources: list[SourceReference]
    stats: QueryStats
    conversation_id: str | None = None
    reranked: bool | None = None
    subgraph: Subgraph | None = None
