"""`Records`: a list that a notebook shows as a table, safely."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.models import field, model
from asdk.records import Records
from asdk.secret import MASK, Secret


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
    """Collects the tags of a document and the text of its cells."""

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


def html(records: Records[object]) -> str:
    return records._repr_html_()


@settings(deadline=None)
@given(names=st.lists(st.text(max_size=60) | st.sampled_from(["<script>", "</td>", "&amp;", '"', "<!--"]), max_size=5))
def test_no_value_becomes_markup(names: list[str]) -> None:
    shown = Tags(html(Records([Row(name=name) for name in names])))
    assert shown.tags <= {"table", "thead", "tbody", "tr", "th", "td", "p"}
    assert len(shown.cells) == 2 * len(names)


def test_a_table_has_a_row_for_each_record_and_a_column_for_each_field() -> None:
    shown = html(Records([Row(name="ada", count=3), Row(name="bob")]))
    assert "<th>name</th><th>count</th>" in shown
    assert "<tr><td>ada</td><td>3</td></tr><tr><td>bob</td><td></td></tr>" in shown
    assert "2 records" in shown


def test_a_long_table_is_cut_and_says_so() -> None:
    shown = html(Records([Row(name=str(number)) for number in range(21)]))
    assert shown.count("<tr>") == 1 + 20
    assert "21 records, 20 shown" in shown


def test_a_wide_table_is_cut_at_eight_columns() -> None:
    assert re.findall("<th>(.)</th>", html(Records([Wide()]))) == list("abcdefgh")


def test_a_long_value_is_cut() -> None:
    (cell, _) = Tags(html(Records([Row(name="x" * 1000)]))).cells
    assert len(cell) == 80
    assert cell.endswith("…")
    assert Tags(html(Records([Row(name="x" * 80)]))).cells[0] == "x" * 80


def test_a_secret_stays_secret_in_a_table() -> None:
    shown = html(Records([Key(name="a", key=Secret("s3cr3t"), tags=["<b>"])]))
    assert "s3cr3t" not in shown
    assert MASK in shown
    assert "&lt;b&gt;" in shown


def test_plain_values_have_one_column() -> None:
    assert "<th>value</th>" in html(Records(["a", 1, None]))
    assert Tags(html(Records(["a", 1, None]))).cells[:2] == ["a", "1"]
    assert "0 records" in html(Records())


def test_records_of_other_classes_leave_cells_empty() -> None:
    assert Tags(html(Records([Row(name="a", count=1), Wide()]))).cells[2:3] == [""]


def test_records_are_a_list() -> None:
    records = Records([1, 2, 3])
    assert records == [1, 2, 3]
    assert pickle.loads(pickle.dumps(records)) == copy.copy(records) == records
    assert type(pickle.loads(pickle.dumps(records))) is Records
