"""Extraction of chunks, words, entities and relationships from a text.

The rules are plain, where the real server asks a language model. The same text always gives the same result.
"""

import re
import zlib
from itertools import dropwhile, pairwise

import attrs

CHUNK_SIZE = 1200
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\b[A-Z][\w-]+(?:[ ][A-Z][\w-]+)*")
_FIGURE = re.compile(r"!\[(?P<caption>[^\[\]\n]*)\]\((?P<name>[^()\s]+)\)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_ENTITY_TYPES = ("CONCEPT", "EVENT", "LOCATION", "ORGANIZATION", "PERSON", "TECHNOLOGY")
_SMALL_WORDS = frozenset(
    """a an and are as at be by did do does for from has have how in is it its of on or that the this to was were
    what when where which who why will with""".split()  # noqa: SIM905  # thirty quoted words are no easier to read
)


@attrs.frozen
class Chunk:
    """Piece of a document."""

    chunk_id: str
    index: int
    text: str
    start_line: int
    end_line: int


def chunks(document_id: str, text: str) -> list[Chunk]:
    """Cut a text into pieces of at most `CHUNK_SIZE` characters, between words if possible."""
    pieces: list[Chunk] = []
    start, line = 0, 1
    while start < len(text):
        end = min(start + CHUNK_SIZE, len(text))
        if end < len(text):
            blank = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
            end = blank + 1 if blank > start else end
        piece = text[start:end]
        last_line = line + piece.rstrip("\n").count("\n")
        index = len(pieces)
        pieces.append(Chunk(f"{document_id}-chunk-{index}", index, piece.strip(), line, last_line))
        start, line = end, line + piece.count("\n")
    return pieces


def figures(text: str) -> list[tuple[str, str]]:
    """Return name and caption of each picture in a Markdown text: ``![caption](name)``."""
    return [(match["name"], match["caption"]) for match in _FIGURE.finditer(text)]


def sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def query_words(text: str) -> list[str]:
    """Return the distinct significant words of a question, in order; all words if there are no significant ones."""
    distinct = list(dict.fromkeys(words(text)))
    return [word for word in distinct if word not in _SMALL_WORDS] or distinct


def tokens(text: str) -> int:
    """Estimate the number of tokens in a language model: one per four characters."""
    return (len(text) + 3) // 4


def entities(sentence: str) -> list[str]:
    """Return capitalized names as the graph spells them: ``Sarah Chen`` is ``SARAH_CHEN``."""
    # A stop word may be part of a name, but not begin one just because it begins the sentence: `The Sarah Chen`.
    names = (dropwhile(_is_small, match.group().split(" ")) for match in _NAME.finditer(sentence))
    joined = ("_".join(name).upper() for name in names)
    return [name for name in joined if name]


def _is_small(word: str) -> bool:
    return word.lower() in _SMALL_WORDS


def graph(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the distinct entities of a text, and a relationship for each two adjacent ones in a sentence."""
    found: dict[str, None] = {}
    related: dict[tuple[str, str], None] = {}
    for sentence in sentences(text):
        names = entities(sentence)
        found.update(dict.fromkeys(names))
        related.update(dict.fromkeys((one, other) for one, other in pairwise(names) if one != other))
    return list(found), list(related)


def entity_type(name: str) -> str:
    return _ENTITY_TYPES[zlib.crc32(name.encode()) % len(_ENTITY_TYPES)]
