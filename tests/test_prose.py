"""Check the program that counts odd phrases, on a file with known counts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.prose import count, package_files

SOURCE = '''
"""Module that nobody reads."""

# A comment has five words.
x = 1  # whoever reads this: a trailing comment is not counted


class Thing:
    """A noun phrase is right for a class."""

    def good(self) -> None:
        """Return what is needed."""

    def bad(self) -> None:
        """The thing."""

    async def worse(self) -> None:
        """In vain."""

    def silent(self) -> None: ...
'''


def test_openings_and_odd_words_are_counted(tmp_path: Path) -> None:
    (tmp_path / "source.py").write_text(SOURCE)
    counts = count([tmp_path / "source.py"])
    assert (counts.functions, counts.noun_phrases) == (3, 2)
    assert (counts.words, counts.odd_words) == (4 + 6 + 8 + 4 + 2 + 2, 2)
    assert counts.noun_phrase_percent == 100 * 2 / 3
    assert counts.odd_words_per_10000 == 10_000 * 2 / 26


def test_the_sandbox_is_not_counted() -> None:
    names = {path.parts[path.parts.index("asdk") + 1] for path in package_files() if "asdk" in path.parts}
    assert "sandbox" not in names
    assert {"client", "auth"} <= names
