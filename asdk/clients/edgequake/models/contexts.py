"""What an answer would rest on, without the answer: what `Contexts` gives, and what it can be followed to.

The server's description of its API has no shapes for most of this: those here are of the server's own code, and
whatever a reply may do without has a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.clients.edgequake.models.queries import QueryMode, Subgraph
from asdk.models.declaration import OpenEnum, field, model


class ArtifactType(OpenEnum):
    """What a part of a context can be followed to."""

    DOCUMENT = "document"
    CHUNK = "chunk"
    FIGURE = "figure"
    MARKDOWN = "markdown"
    PDF = "pdf"


@model
class ContextChunkLineage:
    """Where a chunk stands: its document, and its lines there, from 1."""

    document_id: str | None = None
    file_path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    chunk_index: int | None = None


@model
class ContextChunk:
    """A piece of a document: whole, or its first 200 characters where only citations were asked for."""

    id: str
    content: str
    score: float
    token_count: int | None = None
    rerank_score: float | None = None
    reference_id: int | None = None
    is_truncated: bool | None = None
    lineage: ContextChunkLineage | None = None


@model
class ContextDocument:
    """A document that a context touches, and how many of its chunks and entities are in it."""

    document_id: str
    title: str
    mime_type: str | None = None
    created_at: datetime | None = None
    chunk_count_in_bundle: int | None = None
    entity_count_in_bundle: int | None = None


@model
class ContextBundle:
    """The context itself; ``context_string`` is what a language model would get, for the granularity ``debug``."""

    chunks: list[ContextChunk] = field(factory=list[ContextChunk])
    documents: list[ContextDocument] | None = None
    subgraph: Subgraph | None = None
    context_string: str | None = None


@model
class ModeSelection:
    """The mode that was asked for, and the one that was used."""

    requested: QueryMode
    effective: QueryMode
    adaptive: bool | None = None
    intent: str | None = None


@model
class ItemCounts:
    """How many of each."""

    chunks: int | None = None
    entities: int | None = None
    relationships: int | None = None
    documents: int | None = None


@model
class DroppedCounts:
    """How many of each did not fit."""

    chunks: int | None = None
    entities: int | None = None
    relationships: int | None = None


@model
class ContextStats:
    """What a retrieval took, in milliseconds, and what it found."""

    embedding_time_ms: int
    retrieval_time_ms: int
    total_time_ms: int
    rerank_time_ms: int | None = None
    items_retrieved: ItemCounts | None = None
    keywords_extracted: list[str] | None = None
    reranked: bool | None = None


@model
class RetrievalQuality:
    """Whether the context is enough to answer from; ``coverage_score`` is from 0 to 1."""

    coverage_score: float
    is_sufficient: bool
    empty_context: bool


@model
class Truncation:
    """What did not fit into the budget of tokens."""

    is_truncated: bool
    token_budget: int
    tokens_used: int
    dropped: DroppedCounts | None = None


@model
class AgentHints:
    """What to ask next."""

    suggested_followups: list[str] | None = None
    dominant_entity_types: list[str] | None = None
    documents_touched: int | None = None
    data_quality_warnings: list[str] | None = None


@model
class RetrievedContext:
    """What an answer to a question would rest on. For 15 minutes its ``retrieval_id`` fetches it again.

    Attributes:
        retrieval_fingerprint: the same for the same question, mode, workspace and filter.
        cached: whether it was fetched again.
    """

    retrieval_id: str
    bundle: ContextBundle = field(factory=ContextBundle)
    query: str | None = None
    mode: QueryMode | None = None
    mode_selection: ModeSelection | None = None
    stats: ContextStats | None = None
    retrieval_quality: RetrievalQuality | None = None
    truncation: Truncation | None = None
    agent_hints: AgentHints | None = None
    retrieval_fingerprint: str | None = None
    cached: bool | None = None


@model
class FoundContext:
    """A retrieval in short; ``score`` says how well it covers the question, from 0 to 1."""

    retrieval_id: str
    title: str
    snippet: str
    url: str
    score: float
    metadata: Any = None


@model
class FoundContexts:
    """What a search found, the best first."""

    results: list[FoundContext]


@model
class ArtifactDocument:
    """A document; with its text if that was asked for."""

    document_id: str
    chunk_count: int | None = None
    multimodal_item_count: int | None = None
    title: str | None = None
    file_name: str | None = None
    mime_type: str | None = None
    pdf_id: str | None = None
    content_summary: str | None = None
    content: str | None = None
    markdown: str | None = None
    content_source: str | None = None
    pdf_download_path: str | None = None
    pdf_content_path: str | None = None


@model
class ArtifactChunk:
    """A piece of a document, whole."""

    chunk_id: str
    document_id: str
    content: str
    chunk_index: int | None = None
    token_count: int | None = None
    start_line: int | None = None
    end_line: int | None = None


@model
class ArtifactFigure:
    """A picture, table or equation of a document, and what was read from it."""

    item_id: str
    document_id: str
    modality: str
    status: str
    name: str | None = None
    item_type: str | None = None
    caption: str | None = None
    analyzed_text: str | None = None


@model
class ArtifactMarkdown:
    """The text of a document as Markdown."""

    document_id: str
    markdown: str
    source: str | None = None
    pdf_id: str | None = None


@model
class ArtifactPdf:
    """A PDF file, and where to fetch it; with its text if that was asked for."""

    pdf_id: str
    filename: str
    document_id: str | None = None
    file_size_bytes: int | None = None
    content_type: str | None = None
    is_processed: bool | None = None
    download_path: str | None = None
    content_path: str | None = None
    markdown_content: str | None = None


@model
class Artifact:
    """Where a part of a context came from; ``document``, ``chunk``, ``figure``, ``markdown`` or ``pdf`` is there."""

    artifact_type: ArtifactType | None = None
    artifact_id: str | None = None
    document: ArtifactDocument | None = None
    chunk: ArtifactChunk | None = None
    figure: ArtifactFigure | None = None
    markdown: ArtifactMarkdown | None = None
    pdf: ArtifactPdf | None = None
