"""Check README.md and docs/ against the code: sizes, file names, and the table of extension points."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = sorted(str(path.relative_to(ROOT)) for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 130


def test_the_readme_has_the_commands_for_a_bare_machine() -> None:
    for session in ("demo", "tests"):
        assert f"python3 -m pip install nox && python3 -m nox -s {session}" in README


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    for name in set(re.findall(r"`((?:asdk|docs|examples|tests|benchmarks)/[\w/]+\.(?:py|md))`", text)):
        assert (ROOT / name).is_file(), name


def test_the_readme_links_every_page() -> None:
    assert {page for page in PAGES if page != "README.md" and f"({page})" not in README} == set()


def test_every_extension_point_is_in_the_file_that_the_readme_names() -> None:
    table = README.partition("## What you extend")[2].partition("## ")[0]
    rows = re.findall(r"^\| (.+?) \| `([\w/.]+)` \|", table, re.MULTILINE)
    assert len(rows) == 9
    for names, file in rows:
        text = (ROOT / file).read_text()
        for name in re.findall(r"`@?(\w+)`", names):
            assert re.search(rf"^(?:class|def) {name}\b", text, re.MULTILINE), f"{name} is not in {file}"


def test_the_sample_env_file_names_settings_of_all_clients() -> None:
    names = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    pages = {path.name: path.read_text() for path in (ROOT / "docs" / "clients").glob("*.md")}
    assert [name for name in names if not any(f"`{name}`" in text for text in pages.values())] == []
    assert [page for page, text in pages.items() if not any(f"`{name}`" in text for name in names)] == []
