"""Retrieved contexts and their sources: the responses of `Contexts`.

The server's API description omits most of these shapes. They come from the server's source code, and every member
that a response may omit has a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, field, model
from asdk.clients.edgequake.models.queries import QueryMode, Subgraph


class ArtifactType(OpenEnum):
    """Type of the source of a part of a context."""

    DOCUMENT = "document"
    CHUNK = "chunk"
    FIGURE = "figure"
    MARKDOWN = "markdown"
    PDF = "pdf"


@model
class ContextChunkLineage:
    """Position of a chunk: its document and its lines there, counted from 1."""

    document_id: str | None = None
    file_path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    chunk_index: int | None = None


@model
class ContextChunk:
    """Chunk of a document: the whole text, or its first 200 characters if only citations were requested."""

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
    """Document of a context, with the number of its chunks and entities in the context."""

    document_id: str
    title: str
    mime_type: str | None = None
    created_at: datetime | None = None
    chunk_count_in_bundle: int | None = None
    entity_count_in_bundle: int | None = None


@model
class ContextBundle:
    """Content of a context; with the granularity ``debug``, ``context_string`` is the text for a language model."""

    chunks: list[ContextChunk] = field(factory=list[ContextChunk])
    documents: list[ContextDocument] | None = None
    subgraph: Subgraph | None = None
    context_string: str | None = None


@model
class ModeSelection:
    """Requested mode and effective mode."""

    requested: QueryMode
    effective: QueryMode
    adaptive: bool | None = None
    intent: str | None = None


@model
class ItemCounts:
    """Number of items of each kind."""

    chunks: int | None = None
    entities: int | None = None
    relationships: int | None = None
    documents: int | None = None


@model
class DroppedCounts:
    """Number of items of each kind that did not fit."""

    chunks: int | None = None
    entities: int | None = None
    relationships: int | None = None


@model
class ContextStats:
    """Statistics of a retrieval: times in milliseconds and items found."""

    embedding_time_ms: int
    retrieval_time_ms: int
    total_time_ms: int
    rerank_time_ms: int | None = None
    items_retrieved: ItemCounts | None = None
    keywords_extracted: list[str] | None = None
    reranked: bool | None = None


@model
class RetrievalQuality:
    """Quality of a context for answering the question; ``coverage_score`` is from 0 to 1."""

    coverage_score: float
    is_sufficient: bool
    empty_context: bool


@model
class Truncation:
    """Truncation of a context to the token budget."""

    is_truncated: bool
    token_budget: int
    tokens_used: int
    dropped: DroppedCounts | None = None


@model
class AgentHints:
    """Suggestions for the next question."""

    suggested_followups: list[str] | None = None
    dominant_entity_types: list[str] | None = None
    documents_touched: int | None = None
    data_quality_warnings: list[str] | None = None


@model
class RetrievedContext:
    """Context for a question. Its ``retrieval_id`` fetches it again for 15 minutes.

    Attributes:
        retrieval_fingerprint: a value that is equal for the same question, mode, workspace and filter.
        cached: whether the context was fetched again.
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
    """Short form of a retrieval; ``score`` is its coverage of the question, from 0 to 1."""

    retrieval_id: str
    title: str
    snippet: str
    url: str
    score: float
    metadata: Any = None


@model
class FoundContexts:
    """Results of a search, best first."""

    results: list[FoundContext]


@model
class ArtifactDocument:
    """Source document, with its text if requested."""

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
    """Source chunk with its whole text."""

    chunk_id: str
    document_id: str
    content: str
    chunk_index: int | None = None
    token_count: int | None = None
    start_line: int | None = None
    end_line: int | None = None


@model
class ArtifactFigure:
    """Image, table or equation of a document, with the analyzed text."""

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
    """Text of a document as Markdown."""

    document_id: str
    markdown: str
    source: str | None = None
    pdf_id: str | None = None


@model
class ArtifactPdf:
    """PDF file and its download paths, with its text if requested."""

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
    """Source of a part of a context; one of ``document``, ``chunk``, ``figure``, ``markdown`` and ``pdf`` is set."""

    artifact_type: ArtifactType | None = None
    artifact_id: str | None = None
    document: ArtifactDocument | None = None
    chunk: ArtifactChunk | None = None
    figure: ArtifactFigure | None = None
    markdown: ArtifactMarkdown | None = None
    pdf: ArtifactPdf | None = None
