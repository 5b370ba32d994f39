"""The documents of one workspace: taken in, processed over time, listed, searched, deleted.

There is no background task. Each look first carries out the changes of status that have fallen due, so a
test's clock decides how far processing is. Nothing on the way of a request looks at every document, but for
a filtered list.
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
# The share of its processing time that a document waits.
_PENDING_SHARE = 0.2


class Library:
    """One workspace's documents, in the order in which they came."""

    def __init__(self, clock: TimeSource) -> None:
        self._clock = clock
        self._documents: dict[str, Document] = {}
        self._by_hash: dict[str, Document] = {}
        self._by_track: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        self._statuses: Counter[str] = Counter()
        # Changes of status to come, by time; the count keeps equal times in order of arrival.
        self._due: list[tuple[float, int, int, Document]] = []
        self._order = count()
        self._index = SearchIndex()
        self.entities: Counter[str] = Counter()
        self.relationships: Counter[tuple[str, str]] = Counter()
        self.chunk_count = 0
        self.size = 0
        self.pdfs: dict[str, Pdf] = {}

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def statuses(self) -> dict[str, int]:
        """How many documents there are of each status."""
        self._settle()
        return dict(self._statuses)

    def duplicate_of(self, content_hash: str) -> Document | None:
        """A document of the same content that was not given up."""
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
        """In the order in which they came."""
        self._settle()
        return list(self._documents.values())

    def chunk(self, chunk_id: str) -> tuple[Document, Chunk]:
        """Raises ApiError NOT_FOUND."""
        self._settle()
        document = self._documents.get(chunk_id.rpartition("-chunk-")[0])
        for chunk in () if document is None else document.chunks:
            if document is not None and chunk.chunk_id == chunk_id:
                return document, chunk
        raise not_found("Chunk", chunk_id)

    def pdf(self, pdf_id: str) -> Pdf:
        """Raises ApiError NOT_FOUND."""
        self._settle()
        pdf = self.pdfs.get(pdf_id)
        if pdf is None:
            raise not_found("PDF", pdf_id)
        return pdf

    def process_again(self, document: Document, duration: float) -> None:
        """Begin its processing anew, whatever became of it; this time it goes well."""
        self._forget_content(document)
        now = self._clock()
        document.attempt += 1
        document.outcome, document.outcome_message = "completed", None
        document.processing_from, document.processing_until = processing_times(now, duration).values()
        self._change_status(document, "pending", now)
        self._plan(document, document.processing_from)
        self._settle()

    def follow_by(self, document: Document, track_id: str) -> None:
        """Let another track tell of it."""
        self._leave_track(document)
        document.track_id = track_id
        self._by_track[track_id][document.id] = document

    def cancel(self, document: Document) -> None:
        """Raises ApiError CONFLICT: its processing has ended."""
        self._settle()
        if document.is_settled:
            raise ApiError("CONFLICT", f"processing has ended: {document.status}")
        document.attempt += 1
        self._change_status(document, "cancelled", self._clock())

    def get(self, document_id: str) -> Document:
        """Raises ApiError NOT_FOUND."""
        self._settle()
        document = self._documents.get(document_id)
        if document is None:
            raise not_found("Document", document_id)
        return document

    def tracked(self, track_id: str) -> list[Document]:
        """The documents of one track. Raises ApiError NOT_FOUND."""
        self._settle()
        documents = self._by_track.get(track_id)
        if not documents:
            raise not_found("ProgressTask", track_id)
        return list(documents.values())

    def page(self, wanted: DocumentFilter, offset: int, limit: int) -> tuple[list[Document], int]:
        """Some of the documents that a filter accepts, newest first, and how many it accepts."""
        self._settle()
        newest_first = reversed(self._documents.values())
        if wanted.accepts_all:
            return list(islice(newest_first, offset, offset + limit)), len(self._documents)
        accepted = [document for document in newest_first if wanted.accepts(document)]
        return accepted[offset : offset + limit], len(accepted)

    def search(self, question: str, wanted: DocumentFilter, limit: int) -> list[tuple[Document, Hit]]:
        """The chunks that answer a question best, of processed documents that the filter accepts."""
        self._settle()
        documents = self._documents
        hits = self._index.search(
            question, limit=limit, accepts=lambda document_id: wanted.accepts(documents[document_id])
        )
        return [(documents[hit.document_id], hit) for hit in hits]

    def delete(self, document_id: str) -> Document:
        """Raises ApiError NOT_FOUND."""
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
        """Delete all documents but those still in the pipeline: what is gone, and what was skipped."""
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
        """Let searches and graph forget it; it keeps what was found in it, for whoever deletes it."""
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
        """Carry out the changes of status that have fallen due."""
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
    # Not `counter -= Counter(items)`: that walks over the whole counter.
    for item in items:
        counter[item] -= 1
        if not counter[item]:
            del counter[item]


def content_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def processing_times(now: float, duration: float) -> dict[str, Any]:
    """When a document that came now leaves pending, and when it is done."""
    return {"processing_from": now + _PENDING_SHARE * duration, "processing_until": now + duration}
