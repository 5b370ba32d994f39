"""Documents of one workspace: added, processed over time, listed, searched, deleted.

There is no background task: each access first applies the status changes that are due, so a test's clock controls
the progress of processing. No request scans all documents, except for a filtered list.
"""

import hashlib
import heapq
from collections import Counter, defaultdict
from itertools import count, islice
from typing import Any, TypeVar

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import SEARCHABLE, Document, DocumentFilter
from asdk.sandbox.edgequake.store.extraction import Chunk
from asdk.sandbox.edgequake.store.pdfs import Pdf
from asdk.sandbox.edgequake.store.search_index import Hit, SearchIndex

T = TypeVar("T")
# Share of the processing time that a document is pending.
_PENDING_SHARE = 0.2


class Library:
    """Documents of one workspace, in order of arrival."""

    def __init__(self, clock: TimeSource) -> None:
        self._clock = clock
        self._documents: dict[str, Document] = {}
        self._by_hash: dict[str, Document] = {}
        self._by_track: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        self._statuses: Counter[str] = Counter()
        # Future status changes, by time; the count keeps equal times in order of arrival.
        self._due: list[tuple[float, int, int, Document]] = []
        self._order = count()
        self._index = SearchIndex()
        self.entities: Counter[str] = Counter()
        self.relationships: Counter[tuple[str, str]] = Counter()
        self.chunk_count: int = 0
        self.size: int = 0
        self.pdfs: dict[str, Pdf] = {}

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def statuses(self) -> dict[str, int]:
        """Return the number of documents of each status."""
        self._settle()
        return dict(self._statuses)

    def duplicate_of(self, content_hash: str) -> Document | None:
        """Return a document with the same content that has not failed."""
        self._settle()
        document = self._by_hash.get(content_hash)
        return None if document is None or document.status in ("failed", "cancelled") else document

    def add(self, document: Document) -> None:
        self._documents[document.id] = document
        self._by_hash[document.content_hash] = document
        self._by_track[document.track_id][document.id] = document
        self._statuses[document.status] += 1
        self.size += document.size
        self._plan(document, document.processing_from)
        self._settle()

    def all(self) -> list[Document]:
        """Return all documents in order of arrival."""
        self._settle()
        return list(self._documents.values())

    def chunk(self, chunk_id: str) -> tuple[Document, Chunk]:
        """Return a chunk. Raise ApiError NOT_FOUND if it is unknown."""
        self._settle()
        document = self._documents.get(chunk_id.rpartition("-chunk-")[0])
        for chunk in () if document is None else document.chunks:
            if document is not None and chunk.chunk_id == chunk_id:
                return document, chunk
        raise not_found("Chunk", chunk_id)

    def pdf(self, pdf_id: str) -> Pdf:
        """Return the document of a PDF. Raise ApiError NOT_FOUND if it is unknown."""
        self._settle()
        pdf = self.pdfs.get(pdf_id)
        if pdf is None:
            raise not_found("PDF", pdf_id)
        return pdf

    def process_again(self, document: Document, duration: float) -> None:
        """Restart its processing, which then succeeds, regardless of its status."""
        self._forget_content(document)
        now = self._clock()
        document.attempt += 1
        document.outcome, document.outcome_message = "completed", None
        document.processing_from, document.processing_until = processing_times(now, duration).values()
        self._change_status(document, "pending", now)
        self._plan(document, document.processing_from)
        self._settle()

    def follow_by(self, document: Document, track_id: str) -> None:
        """Attach the document to another track."""
        self._leave_track(document)
        document.track_id = track_id
        self._by_track[track_id][document.id] = document

    def cancel(self, document: Document) -> None:
        """Cancel processing. Raise ApiError CONFLICT if it has ended."""
        self._settle()
        if document.is_settled:
            raise ApiError("CONFLICT", f"processing has ended: {document.status}")
        document.attempt += 1
        self._change_status(document, "cancelled", self._clock())

    def get(self, document_id: str) -> Document:
        """Return a document. Raise ApiError NOT_FOUND if it is unknown."""
        self._settle()
        document = self._documents.get(document_id)
        if document is None:
            raise not_found("Document", document_id)
        return document

    def tracked(self, track_id: str) -> list[Document]:
        """Return the documents of one track. Raise ApiError NOT_FOUND if it is unknown."""
        self._settle()
        documents = self._by_track.get(track_id)
        if not documents:
            raise not_found("ProgressTask", track_id)
        return list(documents.values())

    def page(self, wanted: DocumentFilter, offset: int, limit: int) -> tuple[list[Document], int]:
        """Return a page of the documents that a filter accepts, newest first, and how many it accepts."""
        self._settle()
        newest_first = reversed(self._documents.values())
        if wanted.accepts_all:
            return list(islice(newest_first, offset, offset + limit)), len(self._documents)
        accepted = [document for document in newest_first if wanted.accepts(document)]
        return accepted[offset : offset + limit], len(accepted)

    def search(self, question: str, wanted: DocumentFilter, limit: int) -> list[tuple[Document, Hit]]:
        """Return the best chunks for a question, from processed documents that the filter accepts."""
        self._settle()
        documents = self._documents
        hits = self._index.search(
            question, limit=limit, accepts=lambda document_id: wanted.accepts(documents[document_id])
        )
        return [(documents[hit.document_id], hit) for hit in hits]

    def delete(self, document_id: str) -> Document:
        """Delete a document. Raise ApiError NOT_FOUND if it is unknown."""
        document = self.get(document_id)
        document.deleted = True
        del self._documents[document_id]
        self._forget_hash(document)
        self._leave_track(document)
        self._statuses[document.status] -= 1
        self.size -= document.size
        if document.pdf_id is not None:
            del self.pdfs[document.pdf_id]
        self._take_out(document)
        return document

    def delete_settled(self) -> tuple[list[Document], list[Document]]:
        """Delete all documents except those in the pipeline; return the deleted and the skipped ones."""
        self._settle()
        everything = list(self._documents.values())
        skipped = [document for document in everything if not document.is_settled]
        return [self.delete(document.id) for document in everything if document.is_settled], skipped

    def _forget_hash(self, document: Document) -> None:
        if self._by_hash.get(document.content_hash) is document:
            del self._by_hash[document.content_hash]

    def _leave_track(self, document: Document) -> None:
        tracked = self._by_track[document.track_id]
        del tracked[document.id]
        if not tracked:
            del self._by_track[document.track_id]

    def _take_out(self, document: Document) -> None:
        """Remove it from search and graph; it keeps its chunks, which the deletion reports."""
        self._index.remove(document.chunks)
        self.chunk_count -= len(document.chunks)
        _discount(self.entities, document.entities)
        _discount(self.relationships, document.relationships)

    def _forget_content(self, document: Document) -> None:
        self._take_out(document)
        document.chunks, document.entities, document.relationships = [], [], []

    def _plan(self, document: Document, moment: float) -> None:
        heapq.heappush(self._due, (moment, next(self._order), document.attempt, document))

    def _settle(self) -> None:
        """Apply the status changes that are due."""
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            moment, _, attempt, document = heapq.heappop(self._due)
            if document.deleted or attempt != document.attempt:
                continue
            if document.status == "pending":
                self._change_status(document, "processing", moment)
                self._plan(document, document.processing_until)
            else:
                self._finish(document, moment)

    def _finish(self, document: Document, moment: float) -> None:
        self._change_status(document, document.outcome, moment)
        if document.status not in SEARCHABLE:
            return
        document.chunks = extraction.chunks(document.id, document.content)
        document.entities, document.relationships = extraction.graph(document.content)
        self._index.add(document.id, document.chunks)
        self.chunk_count += len(document.chunks)
        self.entities.update(document.entities)
        self.relationships.update(document.relationships)

    def _change_status(self, document: Document, status: str, moment: float) -> None:
        self._statuses[document.status] -= 1
        self._statuses[status] += 1
        document.status, document.updated_at = status, moment


def _discount(counter: Counter[T], items: list[T]) -> None:
    # Not `counter -= Counter(items)`, which iterates over the whole counter.
    for item in items:
        counter[item] -= 1
        if not counter[item]:
            del counter[item]


def content_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def processing_times(now: float, duration: float) -> dict[str, Any]:
    """Return when a document that arrives now leaves pending, and when it is done."""
    return {"processing_from": now + _PENDING_SHARE * duration, "processing_until": now + duration}
