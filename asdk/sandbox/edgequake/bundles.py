"""Evidence for an answer, for programs that write the answer themselves: chunks, documents and their part of the graph.

Contexts are built from it, and so are queries that request their part of the graph.
"""

from collections import Counter

import attrs

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.answers import Answer
from asdk.sandbox.edgequake.call import Json, present
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document
from asdk.sandbox.edgequake.store.graph import Entity, Graph, Relationship
from asdk.sandbox.edgequake.store.search_index import Hit

CITATION, AGENT, DEBUG = "citation", "agent", "debug"
_CITED = 200
_SUFFICIENT = 0.35
_TOKEN_BUDGET = 30_000
Found = list[tuple[Document, Hit]]


@attrs.frozen(eq=False)
class Evidence:
    """Chunks found for a question, and the part of the graph that they mention."""

    made: Answer
    graph: Graph
    granularity: str = AGENT
    with_lineage: bool = True

    @property
    def found(self) -> Found:
        return self.made.found

    @property
    def scores(self) -> dict[str, float]:
        """Return the entities of the chunks, each with the best score of its chunks."""
        scores: dict[str, float] = {}
        for _, hit in self.found:
            for name in extraction.graph(hit.chunk.text)[0]:
                if self.graph.find(name) is not None:
                    scores[name] = max(hit.score, scores.get(name, 0.0))
        return scores

    def subgraph(self) -> Json:
        scores, degrees = self.scores, self.graph.degrees
        return {
            "entities": [self._entity(self.graph.entity(name), score, degrees) for name, score in scores.items()],
            "relationships": [self._relationship(one, scores) for one in self.graph.between(set(scores))],
        }

    def chunks(self) -> list[Json]:
        return [self._chunk(number, document, hit) for number, (document, hit) in enumerate(self.found, start=1)]

    def documents(self) -> list[Json]:
        chunks = Counter(document.id for document, _ in self.found)
        entities = Counter(self.graph.entity(name).source_id for name in self.scores)
        return [
            present(
                {
                    "document_id": document.id,
                    "title": document.name,
                    "mime_type": document.mime_type,
                    "created_at": rfc3339(document.created_at),
                    "chunk_count_in_bundle": chunks[document.id],
                    "entity_count_in_bundle": entities[document.id],
                }
            )
            for document in dict.fromkeys(document for document, _ in self.found)
        ]

    def text(self) -> str:
        """Return the text that a language model would get."""
        return "\n\n".join(f"[{number}] {hit.chunk.text}" for number, (_, hit) in enumerate(self.found, start=1))

    def quality(self) -> Json:
        best = sorted((hit.score for _, hit in self.found), reverse=True)[:5]
        coverage = round(sum(best) / len(best), 4) if best else 0.0
        return {"coverage_score": coverage, "is_sufficient": coverage >= _SUFFICIENT, "empty_context": not best}

    def truncation(self) -> Json:
        used = sum(extraction.tokens(hit.chunk.text) for _, hit in self.found)
        dropped = {"chunks": 0, "entities": 0, "relationships": 0}
        return {"is_truncated": False, "token_budget": _TOKEN_BUDGET, "tokens_used": used, "dropped": dropped}

    def hints(self) -> Json:
        names = list(self.scores)
        kinds = Counter(self.graph.entity(name).entity_type for name in names)
        broader = ["Try broadening the query or relaxing document filters."]
        asked = [f"Tell me more about {name}" for name in names[:2]]
        return {
            "suggested_followups": asked if self.found else broader,
            "dominant_entity_types": [kind for kind, _ in kinds.most_common(3)],
            "documents_touched": len({document.id for document, _ in self.found}),
        }

    def _chunk(self, number: int, document: Document, hit: Hit) -> Json:
        lineage = {
            "document_id": document.id,
            "file_path": document.name,
            "start_line": hit.chunk.start_line,
            "end_line": hit.chunk.end_line,
            "chunk_index": hit.chunk.index,
        }
        body = {
            "id": hit.chunk.chunk_id,
            "content": self._cut(hit.chunk.text),
            "score": hit.score,
            "token_count": extraction.tokens(hit.chunk.text),
            "reference_id": number,
            "lineage": lineage if self.with_lineage else None,
        }
        return present(body)

    def _entity(self, entity: Entity, score: float, degrees: Counter[str]) -> Json:
        chunk_ids = [hit.chunk.chunk_id for _, hit in self.found if entity.name in extraction.graph(hit.chunk.text)[0]]
        lineage = {"source_chunk_ids": chunk_ids, "source_document_id": entity.source_id}
        body = {
            "id": f"ent:{entity.name}",
            "name": entity.name,
            "entity_type": entity.entity_type,
            "description": self._cut(entity.description),
            "score": score,
            "degree": degrees[entity.name],
            "lineage": lineage if self.with_lineage else None,
        }
        return present(body)

    def _relationship(self, one: Relationship, scores: dict[str, float]) -> Json:
        ends = {one.src, one.tgt}
        chunk_ids = (hit.chunk.chunk_id for _, hit in self.found if ends <= set(extraction.graph(hit.chunk.text)[0]))
        lineage = present({"source_chunk_id": next(chunk_ids, None), "source_document_id": one.source_id})
        body = {
            "id": f"rel:{one.src}:{one.relation_type}:{one.tgt}",
            "source": one.src,
            "target": one.tgt,
            "relation_type": one.relation_type,
            "description": one.description,
            "score": min(scores[one.src], scores[one.tgt]),
            "lineage": lineage if self.with_lineage else None,
        }
        return present(body)

    def _cut(self, text: str) -> str:
        return text[:_CITED] if self.granularity == CITATION else text
