"""`Records`: a list with a table for notebooks, escaped and without secrets."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.models.declaration import field, model
from asdk.records.records import Records
from asdk.secret import MASK, MaskedStr, Secret


@model
class Row:
    name: str
    count: int | None = None


@model
class Wide:
    a: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    e: int = 0
    f: int = 0
    g: int = 0
    h: int = 0
    i: int = 0
    j: int = 0


@model
class Key:
    name: str
    key: Secret
    tags: list[str] = field(factory=list)


class Tags(HTMLParser):
    """A parser that collects the tags of a document and the text of its cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not attrs
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def html(records: Records[Any]) -> str:
    return records._repr_html_()


class Printer:
    def __init__(self) -> None:
        self.shown = ""

    def text(self, text: str) -> None:
        self.shown += text


def text(records: Records[Any]) -> str:
    """Return the text output for a notebook."""
    printer = Printer()
    records._repr_pretty_(printer, False)
    return printer.shown


@settings(deadline=None)
@given(names=st.lists(st.text(max_size=60) | st.sampled_from(["<script>", "</td>", "&amp;", '"', "<!--"]), max_size=5))
def test_values_are_escaped(names: list[str]) -> None:
    shown = Tags(html(Records([Row(name=name) for name in names])))
    assert shown.tags <= {"table", "thead", "tbody", "tr", "th", "td", "p"}
    assert len(shown.cells) == 2 * len(names)


def test_a_table_has_a_row_for_each_record_and_a_column_for_each_field() -> None:
    shown = html(Records([Row(name="ada", count=3), Row(name="bob")]))
    assert "<th>name</th><th>count</th>" in shown
    assert "<tr><td>ada</td><td>3</td></tr><tr><td>bob</td><td></td></tr>" in shown
    assert "2 records" in shown


def test_a_long_table_is_truncated_with_a_count() -> None:
    shown = html(Records([Row(name=str(number)) for number in range(21)]))
    assert shown.count("<tr>") == 1 + 20
    assert "21 records, 20 shown" in shown


def test_a_wide_table_is_truncated_at_eight_columns() -> None:
    assert re.findall("<th>(.)</th>", html(Records([Wide()]))) == list("abcdefgh")


def test_a_long_value_is_truncated() -> None:
    (cell, _) = Tags(html(Records([Row(name="x" * 1000)]))).cells
    assert len(cell) == 80
    assert cell.endswith("…")
    assert Tags(html(Records([Row(name="x" * 80)]))).cells[0] == "x" * 80


def test_a_secret_is_masked_in_a_table() -> None:
    shown = html(Records([Key(name="a", key=Secret("s3cr3t"), tags=["<b>"])]))
    assert "s3cr3t" not in shown
    assert MASK in shown
    assert "&lt;b&gt;" in shown


def test_plain_values_have_one_column() -> None:
    assert "<th>value</th>" in html(Records(["a", 1, None]))
    assert Tags(html(Records(["a", 1, None]))).cells[:2] == ["a", "1"]
    assert "0 records" in html(Records())


def test_records_of_other_classes_have_empty_cells() -> None:
    assert Tags(html(Records([Row(name="a", count=1), Wide()]))).cells[2:3] == [""]


def test_plain_json_has_a_column_for_each_key() -> None:
    shown = html(Records([{"a": 1, "<b>": 2}, {"a": 3, "c": None}]))
    assert "<th>a</th><th>&lt;b&gt;</th><th>c</th>" in shown
    assert Tags(shown).cells[:5] == ["1", "2", "", "3", ""]


def test_a_wide_table_has_a_count_of_columns() -> None:
    assert "8 of 10 columns shown" in html(Records([Wide()]))


@model
class Hidden:
    name: str
    token: str = attrs.field(repr=False)


@model
class Nested:
    rows: list[Row] = field(factory=list)
    data: dict[str, Any] = field(factory=dict)
    hidden: Hidden | None = None


def test_a_field_excluded_from_the_repr_is_not_in_the_table() -> None:
    hidden = Hidden(name="ada", token="s3cr3t")
    for records in (Records([hidden]), Records([Nested(hidden=hidden)]), Records([[hidden]])):
        assert "s3cr3t" not in html(records)
        assert "ada" in html(records)
        assert "s3cr3t" not in text(records)


def test_secrets_inside_values_are_masked() -> None:
    for value in (
        Secret("s3cr3t"),
        [Secret("s3cr3t")],
        {"k": (Secret("s3cr3t"),)},
        Nested(data={"k": Secret("s3cr3t")}),
    ):
        records = Records([value, {"key": value}])
        assert "s3cr3t" not in html(records)
        assert "s3cr3t" not in text(records)
        assert MASK in text(records)
    assert "s3cr3t" not in html(Records([{"key": MaskedStr("s3cr3t")}]))


@pytest.mark.parametrize(
    "value",
    ["a\x1b]0;owned\x07\x1b[2Jb", "a\x9b31mb", "a\u202eb", "a\r\nb", "a\u2028b", "a\x00b", "a\x85b", "a\u2066b\u2069"],
)
def test_a_value_cannot_drive_the_terminal(value: str) -> None:
    for held in (value, [value], {"k": value}, {value: 1}, Row(name=value), {"k": [{value: value}]}):
        for shown in (text(Records([held])), html(Records([held])), html(Records([{"k": held}]))):
            assert not set(shown.replace("\n", "", shown.count(",\n"))) & set(
                "\x1b\x07\x9b\u202e\u2028\x00\x85\u2066\u2069\r\n"
            )


def test_nested_values_are_summarized() -> None:
    rows = [Row(name="a", count=1), Row(name="b")]
    (shown, data, _) = Tags(html(Records([Nested(rows=rows, data={"k": [1, 2, 3, 4]})]))).cells
    assert shown == "[Row(name=a, count=1), Row(name=b)]"
    assert data == "{k: [1, 2, 3, ... 1 more]}"


class Watched(list[int]):
    """A list that counts the items that were read."""

    seen = 0

    def __iter__(self) -> Iterator[int]:
        for item in super().__iter__():
            Watched.seen += 1
            yield item


def test_only_the_start_of_a_large_value_is_read() -> None:
    huge: list[object] = [Watched(range(10**6)), {str(number): number for number in range(10**5)}, "x" * 10**7]
    table = html(Records([{"a": value} for value in huge] * 5))
    assert len(table) < 5000
    assert Watched.seen < 100


@pytest.mark.parametrize("count", [0, 1, 20, 21, 10_000])
def test_the_text_output_is_as_short_as_the_table(count: int) -> None:
    records = Records([Row(name="x" * 100, count=number) for number in range(count)])
    shown = text(records)
    assert shown.count("Row(") == min(count, 20)
    assert ("more" in shown) is (count > 20)
    assert len(shown) + len(html(records)) < 100_000


def test_records_are_a_list() -> None:
    records = Records([1, 2, 3])
    assert records == [1, 2, 3]
    assert pickle.loads(pickle.dumps(records)) == copy.copy(records) == records
    assert type(pickle.loads(pickle.dumps(records))) is Records
