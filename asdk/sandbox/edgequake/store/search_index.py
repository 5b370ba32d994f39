"""Index from words to chunks: scores plain overlap, instead of a vector search."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, islice

import attrs

from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.extraction import Chunk

# Maximum number of scored chunks, those with rare words first: a word shared by ten thousand chunks says little,
# and a storm of queries should not count them all.
_MAX_CANDIDATES = 1000


@attrs.frozen
class Hit:
    document_id: str
    chunk: Chunk
    score: float
    """Share of the question's words that the chunk contains, above 0 and up to 1."""


class SearchIndex:
    """Inverted index over the chunks of one workspace; a search reads only chunks that share a word."""

    def __init__(self) -> None:
        self._chunks: dict[str, tuple[int, str, Chunk]] = {}
        self._postings: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._added = 0

    def add(self, document_id: str, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._added += 1
            self._chunks[chunk.chunk_id] = self._added, document_id, chunk
            for word, count in Counter(extraction.words(chunk.text)).items():
                self._postings[word][chunk.chunk_id] = count

    def remove(self, chunks: Iterable[Chunk]) -> None:
        """Remove chunks; ignore those that were never added."""
        for chunk in chunks:
            if self._chunks.pop(chunk.chunk_id, None) is None:
                continue
            for word in set(extraction.words(chunk.text)):
                postings = self._postings[word]
                del postings[chunk.chunk_id]
                if not postings:
                    del self._postings[word]

    def search(self, question: str, *, limit: int, accepts: Callable[[str], bool]) -> list[Hit]:
        """Return the best chunks of accepted documents: most words first, then most occurrences, then first added."""
        words = extraction.query_words(question)
        found = sorted((self._postings[word] for word in words if word in self._postings), key=len)
        accepted = (chunk_id for chunk_id in chain.from_iterable(found) if accepts(self._chunks[chunk_id][1]))
        ranked: list[tuple[int, int, int, str]] = []
        for chunk_id in dict.fromkeys(islice(accepted, _MAX_CANDIDATES)):
            counts = [postings[chunk_id] for postings in found if chunk_id in postings]
            ranked.append((-len(counts), -sum(counts), self._chunks[chunk_id][0], chunk_id))
        hits: list[Hit] = []
        for matched, _, _, chunk_id in heapq.nsmallest(limit, ranked):
            _, document_id, chunk = self._chunks[chunk_id]
            hits.append(Hit(document_id, chunk, round(-matched / len(words), 4)))
        return hits
