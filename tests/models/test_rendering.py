"""A single model in a notebook: a table of its fields, escaped, short, and with secrets masked."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from asdk import Secret, field, model


@model
class Inner:
    id: int


@model
class Shown:
    name: str
    note: str | None = None
    key: Secret | None = None
    items: list[Inner] = field(factory=list)


def html_of(value: Any) -> str:
    return str(value._repr_html_())


def test_a_model_is_a_table_with_a_row_for_each_field() -> None:
    html = html_of(Shown(name="a", items=[Inner(id=1)]))
    assert re.findall(r"<th>(.*?)</th><td>(.*?)</td>", html) == [
        ("name", "a"),
        ("note", ""),
        ("key", ""),
        ("items", "[Inner(id=1)]"),
    ]
    assert "<caption>Shown</caption>" in html


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</td><b>", "&lt;", '"><img src=x>', "\x1b[31mred\x9b0m"]
)
def test_values_are_escaped_and_control_characters_are_removed(text: str) -> None:
    html = html_of(Shown(name=text))
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(html)
    assert set(tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", html)


def test_a_secret_is_masked() -> None:
    assert "sesame" not in html_of(Shown(name="a", key=Secret("open-sesame")))


def test_a_long_value_is_short() -> None:
    assert len(html_of(Shown(name="x" * 1_000_000, items=[Inner(id=n) for n in range(1000)]))) < 1_000


def test_a_class_keeps_its_own_table() -> None:
    @model
    class Own:
        id: int

        def _repr_html_(self) -> str:
            return f"<b>{self.id}</b>"

    @model
    class Heir(Own):
        name: str = ""

    assert html_of(Own(id=1)) == "<b>1</b>"
    assert html_of(Heir(id=2)) == "<b>2</b>"
