"""Questions and answers: what `Query` takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from asdk.models.declaration import OpenEnum, field, model


class QueryMode(OpenEnum):
    """Where an answer is looked for; ``bypass`` asks the language model alone."""

    LOCAL = "local"
    GLOBAL = "global"
    HYBRID = "hybrid"
    NAIVE = "naive"
    MIX = "mix"
    BYPASS = "bypass"


class ContentGranularity(OpenEnum):
    """How much of its sources an answer brings along."""

    CITATION = "citation"
    AGENT = "agent"
    DEBUG = "debug"


class MessageRole(OpenEnum):
    """Who speaks in a conversation."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@model
class ConversationMessage:
    """A message of the conversation that a query belongs to."""

    role: MessageRole | str
    content: str


@model
class ImageAttachment:
    """A picture that goes with a message: its bytes as base64, and their kind, such as ``"image/png"``."""

    data: str
    mime_type: str


@model
class DocumentFilter:
    """The documents that a query may use; a part that is None asks for nothing.

    Attributes:
        date_from: created on this day or at this moment, or later.
        date_to: created on this day or at this moment, or before.
        document_ids: one of these.
        document_pattern: with this in the title or file name.
    """

    date_from: date | str | None = None
    date_to: date | str | None = None
    document_ids: Sequence[str] | None = None
    document_pattern: str | None = None


@model
class MixWeights:
    """What each way of looking counts for in the mode ``mix``."""

    local: float | None = None
    global_: float | None = field(default=None, name="global")
    naive: float | None = None


@model
class SourceReference:
    """What an answer rests on, such as a chunk of a document."""

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
    """What an answer took: milliseconds, and tokens."""

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
    """Where an entity was found."""

    source_chunk_ids: list[str] | None = None
    source_document_id: str | None = None
    source_file_path: str | None = None


@model
class RelationshipLineage:
    """Where a relationship was found."""

    source_chunk_id: str | None = None
    source_document_id: str | None = None
    source_file_path: str | None = None


@model
class ContextEntity:
    """An entity of the knowledge graph, as an answer used it; ``degree`` counts its relationships."""

    id: str
    name: str
    entity_type: str
    description: str
    score: float
    degree: int
    lineage: EntityLineage | None = None


@model
class ContextRelationship:
    """A relationship of the knowledge graph, as an answer used it."""

    id: str
    source: str
    target: str
    relation_type: str
    description: str
    score: float
    lineage: RelationshipLineage | None = None


@model
class Subgraph:
    """The part of the knowledge graph that an answer used."""

    entities: list[ContextEntity]
    relationships: list[ContextRelationship]


@model
class QueryResult:
    """An answer and what it rests on."""

    answer: str
    mode: QueryMode
    sources: list[SourceReference]
    stats: QueryStats
    conversation_id: str | None = None
    reranked: bool | None = None
    subgraph: Subgraph | None = None
