"""Lineage from the graph to the documents, through the chunks in between."""

from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document
from asdk.sandbox.edgequake.store.extraction import Chunk
from asdk.sandbox.edgequake.store.tenants import LLM_MODEL

_PREVIEW_LENGTH = 120


async def chunk(call: Call) -> web.Response:
    document, found = call.library.chunk(call.part("chunk_id"))
    names, pairs = extraction.graph(found.text)
    start = max(document.content.find(found.text), 0)
    tokens = extraction.tokens(found.text)
    body = {
        "chunk_id": found.chunk_id,
        "document_id": document.id,
        "document_name": _name(document),
        "content": found.text,
        "index": found.index,
        "char_range": {"start": start, "end": start + len(found.text)},
        "start_line": found.start_line,
        "end_line": found.end_line,
        "token_count": tokens,
        "entities": [{"id": name, "name": name, "entity_type": extraction.entity_type(name)} for name in names],
        "relationships": [
            {"source_name": one, "target_name": other, "relation_type": "RELATED_TO"} for one, other in pairs
        ],
        "extraction_metadata": {
            "model": LLM_MODEL,
            "gleaning_iterations": 1,
            "duration_ms": 1 + tokens,
            "input_tokens": tokens,
            "output_tokens": 20 * len(names),
            "cached": False,
        },
    }
    return call.reply(call.also(present(body), id=found.chunk_id, chunk_index=found.index))


async def chunk_lineage(call: Call) -> web.Response:
    document, found = call.library.chunk(call.part("chunk_id"))
    names, pairs = extraction.graph(found.text)
    start = max(document.content.find(found.text), 0)
    body = {
        "chunk_id": found.chunk_id,
        "document_id": document.id,
        "document_name": _name(document),
        "document_type": document.source_type,
        "index": found.index,
        "start_line": found.start_line,
        "end_line": found.end_line,
        "start_offset": start,
        "end_offset": start + len(found.text),
        "token_count": extraction.tokens(found.text),
        "content_preview": found.text[:_PREVIEW_LENGTH],
        "entity_count": len(names),
        "relationship_count": len(pairs),
        "entity_names": names,
        "document_metadata": document.metadata,
    }
    return call.reply(present(body))


async def document(call: Call) -> web.Response:
    library, found = call.library, call.library.get(call.part("document_id"))
    entities: list[Json] = [
        {
            "name": name,
            "entity_type": extraction.entity_type(name),
            "source_chunks": _chunks_with(found, {name}),
            "is_shared": library.entities[name] > 1,
        }
        for name in found.entities
    ]
    relationships = [
        {"source": one, "target": other, "keywords": "related to", "source_chunks": _chunks_with(found, {one, other})}
        for one, other in found.relationships
    ]
    return call.reply(
        {
            "document_id": found.id,
            "chunk_count": len(found.chunks),
            "entities": entities,
            "relationships": relationships,
            "extraction_stats": {
                "total_entities": sum(len(entity["source_chunks"]) for entity in entities),
                "unique_entities": len(entities),
                "total_relationships": len(relationships),
                "unique_relationships": len(relationships),
                "processing_time_ms": int(1000 * (found.updated_at - found.created_at)),
            },
        }
    )


async def entity(call: Call) -> web.Response:
    graph = call.graph
    found = graph.entity(call.part("entity_name"))
    sources = graph.sources(found.name)
    version = {"version": 1, "description": found.description, "created_at": rfc3339(found.created_at)}
    return call.reply(
        {
            "entity_name": found.name,
            "entity_type": found.entity_type,
            "source_documents": [
                {
                    "document_id": source.id,
                    "chunk_ids": [piece.chunk_id for piece in chunks],
                    "line_ranges": [{"start_line": piece.start_line, "end_line": piece.end_line} for piece in chunks],
                }
                for source, chunks in sources
            ],
            "source_count": len(sources),
            "description_versions": [version],
        }
    )


async def provenance(call: Call) -> web.Response:
    graph = call.graph
    found = graph.entity(call.part("entity_name"))
    sources = graph.sources(found.name)
    own = {source.id for source, _ in sources}
    related: list[Json] = []
    for relationship in graph.of(found.name):
        other = relationship.tgt if relationship.src == found.name else relationship.src
        related.append(
            {
                "entity_id": other,
                "entity_name": other,
                "relationship_type": relationship.relation_type,
                "shared_documents": len(own & {source.id for source, _ in graph.sources(other)}),
            }
        )
    return call.reply(
        {
            "entity_id": found.name,
            "entity_name": found.name,
            "entity_type": found.entity_type,
            "description": found.description,
            "sources": [_source(source, chunks) for source, chunks in sources],
            "total_extraction_count": sum(len(chunks) for _, chunks in sources),
            "related_entities": related,
        }
    )


def _source(document: Document, chunks: list[Chunk]) -> Json:
    pieces = [
        {
            "chunk_id": piece.chunk_id,
            "start_line": piece.start_line,
            "end_line": piece.end_line,
            "source_text": piece.text[:_PREVIEW_LENGTH],
        }
        for piece in chunks
    ]
    body = {
        "document_id": document.id,
        "document_name": _name(document),
        "chunks": pieces,
        "first_extracted_at": rfc3339(document.updated_at),
    }
    return present(body)


def _chunks_with(document: Document, names: set[str]) -> list[str]:
    return [piece.chunk_id for piece in document.chunks if names <= set(extraction.graph(piece.text)[0])]


def _name(document: Document) -> str | None:
    return document.file_name or document.title


ROUTES = (
    Route("GET", "/api/v1/chunks/{chunk_id}", chunk),
    Route("GET", "/api/v1/chunks/{chunk_id}/lineage", chunk_lineage),
    Route("GET", "/api/v1/lineage/documents/{document_id}", document),
    Route("GET", "/api/v1/lineage/entities/{entity_name}", entity),
    Route("GET", "/api/v1/entities/{entity_name}/provenance", provenance),
)
