"""Answers to questions, built from stored documents by plain rules instead of retrieval and a language model.

The same documents and question always give the same answer. Queries and chat use it.
"""

from collections.abc import Iterator

import attrs

from asdk.sandbox.edgequake.call import Json, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document, DocumentFilter
from asdk.sandbox.edgequake.store.library import Library
from asdk.sandbox.edgequake.store.search_index import Hit
from asdk.sandbox.edgequake.store.tenants import LLM_MODEL, LLM_PROVIDER

MODES = frozenset({"local", "global", "hybrid", "naive", "mix", "bypass"})
DEFAULT_MODE = "mix"
DEFAULT_RESULTS = 10
NOTHING_FOUND = "The documents of this workspace say nothing about that."


@attrs.frozen
class DocumentFilterRequest:
    date_from: str | None = None
    date_to: str | None = None
    document_ids: list[str] | None = None
    document_pattern: str | None = None

    def parsed(self) -> DocumentFilter:
        return DocumentFilter.parse(
            date_from=self.date_from,
            date_to=self.date_to,
            document_ids=self.document_ids,
            document_pattern=self.document_pattern,
        )


@attrs.frozen
class Answer:
    """Answer, its sources, and the cost that a real server would report."""

    question: str
    mode: str
    text: str
    found: list[tuple[Document, Hit]]
    provider: str = LLM_PROVIDER
    model: str = LLM_MODEL

    @property
    def tokens(self) -> Iterator[str]:
        """Return the text in the pieces in which a stream sends it."""
        words = self.text.split(" ")
        yield from (word + " " for word in words[:-1])
        yield words[-1]

    @property
    def tokens_used(self) -> int:
        read = sum(extraction.tokens(hit.chunk.text) for _, hit in self.found)
        return read + extraction.tokens(self.question) + extraction.tokens(self.text)

    def sources(self, *, reranked: bool = False) -> list[Json]:
        return [_source(number, document, hit, reranked) for number, (document, hit) in enumerate(self.found, start=1)]

    def stats(self) -> Json:
        """Return statistics derived from the answer; the times are invented, so that they are repeatable too."""
        retrieval, generation = 2 + len(self.found), 5 + extraction.tokens(self.text)
        return {
            "embedding_time_ms": 1,
            "retrieval_time_ms": retrieval,
            "generation_time_ms": generation,
            "total_time_ms": 1 + retrieval + generation,
            "sources_retrieved": len(self.found),
            "tokens_used": self.tokens_used,
            "tokens_per_second": round(1000 * extraction.tokens(self.text) / generation, 2),
        }


def answer(
    library: Library,
    question: str,
    *,
    mode: str | None,
    limit: int | None = None,
    wanted: DocumentFilterRequest | None = None,
    provider: str | None = None,
    model: str | None = None,
) -> Answer:
    """Answer a question from the documents of a workspace.

    Raises:
        ApiError: BAD_REQUEST, for an empty question, an unknown mode or a bad date.
    """
    mode = mode or DEFAULT_MODE
    if not question.strip():
        raise ApiError("BAD_REQUEST", "query must not be empty")
    if mode not in MODES:
        raise ApiError("BAD_REQUEST", f"unknown mode: {mode}")
    accepted = DocumentFilter() if wanted is None else wanted.parsed()
    limit = DEFAULT_RESULTS if limit is None else max(limit, 0)
    # `bypass` asks only the language model.
    found = [] if mode == "bypass" else library.search(question, accepted, limit)
    text = f"You asked: {question.strip()}" if mode == "bypass" else _compose(question, found)
    return Answer(question, mode, text, found, provider or LLM_PROVIDER, model or LLM_MODEL)


def _compose(question: str, found: list[tuple[Document, Hit]]) -> str:
    """Join the sentence of each chunk that is most relevant to the question."""
    if not found:
        return NOTHING_FOUND
    asked = set(extraction.query_words(question))
    lines: list[str] = []
    for number, (_, hit) in enumerate(found, start=1):
        best = max(
            extraction.sentences(hit.chunk.text), key=lambda sentence: len(asked & {*extraction.words(sentence)})
        )
        lines.append(f"{best.strip()} [{number}]")
    return " ".join(lines)


def _source(number: int, document: Document, hit: Hit, reranked: bool) -> Json:
    return present(
        {
            "source_type": "chunk",
            "id": hit.chunk.chunk_id,
            "score": hit.score,
            "rerank_score": hit.score if reranked else None,
            "snippet": hit.chunk.text[:300],
            "reference_id": number,
            "document_id": document.id,
            "file_path": document.file_name or document.title,
            "start_line": hit.chunk.start_line,
            "end_line": hit.chunk.end_line,
            "chunk_index": hit.chunk.index,
        }
    )
