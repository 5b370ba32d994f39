"""Knowledge graph of one workspace: extracted from its documents and edited by hand.

Extracted entities and relationships appear and disappear with the documents; those created by hand remain until they
are deleted. Deleted ones do not reappear while the documents that name them exist.
"""

import hashlib
import re
from collections import Counter, defaultdict
from typing import Any

import attrs

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.store import extraction
from asdk.sandbox.edgequake.store.documents import Document
from asdk.sandbox.edgequake.store.extraction import Chunk
from asdk.sandbox.edgequake.store.library import Library

Pair = tuple[str, str]
EXTRACTED = "RELATED_TO"


@attrs.define(eq=False, kw_only=True)
class Entity:
    name: str
    entity_type: str
    description: str
    source_id: str
    created_at: float
    updated_at: float
    metadata: Any
    by_hand: bool


@attrs.define(eq=False, kw_only=True)
class Relationship:
    id: str
    src: str
    tgt: str
    keywords: str
    description: str
    source_id: str
    created_at: float
    updated_at: float
    weight: float
    metadata: Any
    by_hand: bool

    @property
    def relation_type(self) -> str:
        """Return its first keyword."""
        return spelled(self.keywords.split(",")[0])


class Graph:
    """Entities by name, and at most one relationship from one to another."""

    def __init__(self, clock: TimeSource, library: Library) -> None:
        self._clock = clock
        self._library = library
        self._entities: dict[str, Entity] = {}
        self._relationships: dict[Pair, Relationship] = {}
        self._deleted: set[str] = set()
        self._cut: set[Pair] = set()
        self._merged: dict[str, str] = {}
        """Merged names, and the entities that replace them."""

    def update(self) -> None:
        """Apply changes of the documents."""
        library = self._library
        known = set(library.statuses) and set(library.entities)  # the first call applies pending status changes
        self._deleted &= known
        self._merged = {name: kept for name, kept in self._merged.items() if name in known}
        named = {self._kept(name): None for name in library.entities if name not in self._deleted}
        pairs = {(self._kept(one), self._kept(other)): None for one, other in library.relationships}
        self._cut &= pairs.keys()
        for name in [name for name, entity in self._entities.items() if not entity.by_hand and name not in named]:
            del self._entities[name]
        for name in named:
            if name not in self._entities:
                self._entities[name] = self._extracted(name)
        for pair, relationship in list(self._relationships.items()):
            ends = pair[0] in self._entities and pair[1] in self._entities
            if not ends or not (relationship.by_hand or pair in pairs):
                del self._relationships[pair]
        for pair in pairs:
            self._relate_extracted(pair)

    # Reading:

    @property
    def entities(self) -> list[Entity]:
        return list(self._entities.values())

    @property
    def relationships(self) -> list[Relationship]:
        return list(self._relationships.values())

    @property
    def degrees(self) -> Counter[str]:
        return Counter(end for pair in self._relationships for end in pair)

    def find(self, name: str) -> Entity | None:
        return self._entities.get(spelled(name))

    def entity(self, name: str) -> Entity:
        """Return an entity. Raise ApiError NOT_FOUND if it is unknown."""
        entity = self.find(name)
        if entity is None:
            raise not_found("Entity", name)
        return entity

    def relationship(self, relationship_id: str) -> Relationship:
        """Return a relationship. Raise ApiError NOT_FOUND if it is unknown."""
        for relationship in self._relationships.values():
            if relationship.id == relationship_id:
                return relationship
        raise not_found("Relationship", relationship_id)

    def of(self, name: str) -> list[Relationship]:
        """Return the relationships of an entity."""
        return [relationship for pair, relationship in self._relationships.items() if name in pair]

    def between(self, names: set[str]) -> list[Relationship]:
        return [relationship for (one, other), relationship in self._relationships.items() if {one, other} <= names]

    def around(self, name: str, depth: int) -> dict[str, int]:
        """Return the names within this distance, each with its distance."""
        near: defaultdict[str, list[str]] = defaultdict(list)
        for one, other in self._relationships:
            near[one].append(other)
            near[other].append(one)
        reached, edge = {name: 0}, [name]
        for step in range(1, depth + 1):
            edge = list(dict.fromkeys(other for one in edge for other in near[one] if other not in reached))
            reached.update(dict.fromkeys(edge, step))
        return reached

    def sources(self, name: str) -> list[tuple[Document, list[Chunk]]]:
        """Return the documents that name an entity, and the chunks of theirs that do."""
        names = {name, *(given_up for given_up, kept in self._merged.items() if kept == name)}
        return [
            (document, [chunk for chunk in document.chunks if names & set(extraction.graph(chunk.text)[0])])
            for document in self._library.all()
            if names & set(document.entities)
        ]

    # Changing:

    def create(self, name: str, entity_type: str, description: str, source_id: str, metadata: Any) -> Entity:
        """Create an entity. Raise ApiError BAD_REQUEST or CONFLICT."""
        name = spelled(name)
        if not name:
            raise ApiError("BAD_REQUEST", "entity_name must not be empty")
        if name in self._entities:
            raise ApiError("CONFLICT", f"entity already exists: {name}")
        now = self._clock()
        self._entities[name] = entity = Entity(
            name=name,
            entity_type=entity_type.upper(),
            description=description,
            source_id=source_id,
            created_at=now,
            updated_at=now,
            metadata=metadata or {},
            by_hand=True,
        )
        self._deleted.discard(name)
        return entity

    def relate(self, src: str, tgt: str, **given: Any) -> Relationship:
        """Create a relationship. Raise ApiError BAD_REQUEST, CONFLICT or NOT_FOUND."""
        pair = self.entity(src).name, self.entity(tgt).name
        if pair[0] == pair[1]:
            raise ApiError("BAD_REQUEST", "an entity is not related to itself")
        if pair in self._relationships:
            raise ApiError("CONFLICT", f"already related: {pair[0]} and {pair[1]}")
        self._relationships[pair] = made = self._relationship(pair, by_hand=True, **given)
        return made

    def change(self, thing: Entity | Relationship, **changes: Any) -> list[str]:
        """Set the values that are not None; return the names of those that changed."""
        changed = [name for name, value in changes.items() if value is not None and getattr(thing, name) != value]
        for name in changed:
            setattr(thing, name, changes[name])
        if changed:
            thing.updated_at, thing.by_hand = self._clock(), True
        return changed

    def delete(self, entity: Entity) -> list[Relationship]:
        """Delete an entity with its relationships, and return those."""
        gone = self.of(entity.name)
        for relationship in gone:
            self.cut(relationship)
        del self._entities[entity.name]
        self._deleted.add(entity.name)
        return gone

    def cut(self, relationship: Relationship) -> None:
        pair = relationship.src, relationship.tgt
        del self._relationships[pair]
        self._cut.add(pair)

    def merge(self, source: str, target: str) -> tuple[Entity, Entity, int, int]:
        """Merge an entity into another.

        Returns:
            The merged entity, the remaining one, how many relationships moved, and how many existed already.

        Raises:
            ApiError: BAD_REQUEST or NOT_FOUND.
        """
        given_up, kept = self.entity(source), self.entity(target)
        if given_up is kept:
            raise ApiError("BAD_REQUEST", "source and target are one entity")
        moved = dropped = 0
        for relationship in self.of(given_up.name):
            del self._relationships[relationship.src, relationship.tgt]
            ends = {given_up.name: kept.name}
            pair = ends.get(relationship.src, relationship.src), ends.get(relationship.tgt, relationship.tgt)
            if pair[0] == pair[1] or pair in self._relationships:
                dropped += 1
                continue
            moved += 1
            relationship.src, relationship.tgt = pair
            self._relationships[pair] = relationship
        del self._entities[given_up.name]
        self._merged = {name: kept.name if to == given_up.name else to for name, to in self._merged.items()}
        self._merged[given_up.name] = kept.name
        kept.by_hand, kept.updated_at = True, self._clock()
        return given_up, kept, moved, dropped

    def clear(self) -> tuple[int, int]:
        """Clear the graph, including manual changes; return how many entities and relationships there were."""
        sizes = len(self._entities), len(self._relationships)
        for forgotten in (self._entities, self._relationships, self._deleted, self._cut, self._merged):
            forgotten.clear()
        return sizes

    def _kept(self, name: str) -> str:
        return self._merged.get(name, name)

    def _extracted(self, name: str) -> Entity:
        documents = [document for document in self._library.all() if name in document.entities]
        first = documents[0] if documents else None
        now = self._clock() if first is None else first.updated_at
        return Entity(
            name=name,
            entity_type=extraction.entity_type(name),
            description=_description(name, first),
            source_id="" if first is None else first.id,
            created_at=now,
            updated_at=now,
            metadata={},
            by_hand=False,
        )

    def _relate_extracted(self, pair: Pair) -> None:
        ends = pair[0] in self._entities and pair[1] in self._entities
        if not ends or pair[0] == pair[1] or pair in self._relationships or pair in self._cut:
            return
        source = self._entities[pair[0]]
        self._relationships[pair] = self._relationship(
            pair,
            by_hand=False,
            keywords="related to",
            description=f"{pair[0]} and {pair[1]} are named together",
            source_id=source.source_id,
        )

    def _relationship(
        self,
        pair: Pair,
        *,
        by_hand: bool,
        keywords: str,
        description: str,
        source_id: str,
        weight: float | None = None,
        metadata: Any = None,
    ) -> Relationship:
        now = self._clock()
        return Relationship(
            id=hashlib.sha256(">".join(pair).encode()).hexdigest()[:16],
            src=pair[0],
            tgt=pair[1],
            keywords=keywords,
            description=description,
            source_id=source_id,
            created_at=now,
            updated_at=now,
            weight=1.0 if weight is None else weight,
            metadata=metadata or {},
            by_hand=by_hand,
        )


def spelled(name: str) -> str:
    """Return a name as the graph spells it: ``Sarah Chen`` is ``SARAH_CHEN``."""
    return re.sub(r"\s+", "_", name.strip()).upper()


def _description(name: str, document: Document | None) -> str:
    """Return the first sentence that names it."""
    for sentence in () if document is None else extraction.sentences(document.content):
        if name in extraction.entities(sentence):
            return sentence.strip()
    return name
