"""Counts of two habits that make prose hard to read, in the docstrings and comments of asdk, beside their goals.

``python -m benchmarks.prose [FILE ...]``. Without files it reads the package except the sandbox.

- Docstrings of functions that open with a noun phrase, in percent. PEP 257 asks for a verb.
- Odd words per 10,000: pronouns and idioms that are frequent here and rare in other libraries.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

PACKAGE = Path(__file__).parent.parent / "asdk"

#: Words that open a noun phrase: articles, pronouns, question words, quantifiers and prepositions.
OPENERS = (
    *("a", "an", "the", "this", "that", "these", "those"),
    *("its", "their", "no", "nobody", "one", "two", "each", "every", "all", "both", "some", "only", "same", "seconds"),
    *("what", "when", "where", "whether", "which", "who", "whose", "how"),
    *("as", "at", "by", "for", "from", "in", "of", "on", "to", "with"),
)

ODD_PHRASES = (
    "whoever",
    "whatever",
    "whichever",
    "nobody",
    "somebody",
    "everybody",
    "in vain",
    "anew",
    "without a word",
    "for ever",
    "so many",
    "so much",
    "is none",
    "are none",
)

NOUN_PHRASE_GOAL = 15.0
ODD_WORDS_GOAL = 2.0

_OPENS_WITH_NOUN = re.compile(rf"[`*]*(?:{'|'.join(OPENERS)})\b", re.IGNORECASE).match
_ODD = re.compile(rf"\b(?:{'|'.join(ODD_PHRASES)})\b", re.IGNORECASE).findall

_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@attrs.define
class Counts:
    """Totals of all files, and the hits of each."""

    functions: int = 0
    noun_phrases: int = 0
    words: int = 0
    odd_words: int = 0
    by_file: Counter[str] = attrs.field(factory=Counter[str])

    def add(self, path: Path) -> None:
        """Count one file."""
        source = path.read_text()
        for text, is_function in docstrings(source):
            if is_function:
                hit = _OPENS_WITH_NOUN(text) is not None
                self.functions += 1
                self.noun_phrases += hit
                self.by_file[str(path)] += hit
            self._add_text(text, path)
        for comment in comments(source):
            self._add_text(comment, path)

    def _add_text(self, text: str, path: Path) -> None:
        odd = len(_ODD(text))
        self.words += len(text.split())
        self.odd_words += odd
        self.by_file[str(path)] += odd

    @property
    def noun_phrase_percent(self) -> float:
        """Return the share of function docstrings that open with a noun phrase, in percent."""
        return 100 * self.noun_phrases / max(self.functions, 1)

    @property
    def odd_words_per_10000(self) -> float:
        """Return the odd words per 10,000 words."""
        return 10_000 * self.odd_words / max(self.words, 1)


def docstrings(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each docstring, and whether it belongs to a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            yield text, isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def comments(source: str) -> Iterator[str]:
    """Yield each line that is a comment and nothing else."""
    return (line.strip() for line in source.splitlines() if line.strip().startswith("#"))


def count(paths: Iterable[Path]) -> Counts:
    """Count the docstrings and comments of these files."""
    counts = Counts()
    for path in paths:
        counts.add(path)
    return counts


def package_files() -> list[Path]:
    """Return the files of the package, without the sandbox."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "sandbox" not in path.relative_to(PACKAGE).parts]


def main() -> None:
    """Print both counts beside their goals, and the files with the most hits."""
    parser = argparse.ArgumentParser(description="Count habits that make prose hard to read.")
    parser.add_argument("files", nargs="*", type=Path, help="default: the package without the sandbox")
    counts = count(parser.parse_args().files or package_files())
    rows = [
        ("function docstrings that open with a noun phrase", counts.noun_phrase_percent, "%", NOUN_PHRASE_GOAL),
        ("odd words per 10,000", counts.odd_words_per_10000, " ", ODD_WORDS_GOAL),
    ]
    for what, value, unit, goal in rows:
        print(f"{what:50} {value:6.1f} {unit}  goal: under {goal:g}")
    for path, hits in counts.by_file.most_common(5):
        if hits:
            print(f"  {hits:4} {os.path.relpath(path)}")


if __name__ == "__main__":
    main()
