from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from asdk import InvalidRequestError
from asdk.clients.bioepic import BioEPIC, export_records

RECORDS: list[dict[str, Any]] = [
    {
        "id": "a",
        "name": 'O\'Brien, "the" Rhône',
        "tags": ["soil", 3, None],
        "depth": {"value": 1.5, "unit": {"name": "m"}},
        "parts": [{"id": 1}, {"id": 2}],
        "ready": True,
        "none": None,
    },
    {"id": "b", "tags": [], "parts": [{"size": 1}], "mixed": [{"x": 1}, "y"]},
]


def test_csv_has_a_column_for_every_field(tmp_path: Path) -> None:
    path = export_records(RECORDS, tmp_path / "made" / "records.csv")
    text = path.read_bytes().decode()
    assert text.splitlines()[0] == "depth_unit_name,depth_value,id,mixed,name,none,parts_count,parts_ids,ready,tags"
    assert text.count("\r\n") == 3
    first, second = csv.DictReader(text.splitlines())
    assert first["name"] == RECORDS[0]["name"]
    assert (first["tags"], first["parts_ids"], first["ready"], first["none"]) == ("soil|3|", "1|2", "True", "")
    assert (second["tags"], second["parts_count"], second["parts_ids"], second["mixed"]) == ("", "1", "", '{"x": 1}|y')


def test_tsv_by_name_and_json_by_suffix(tmp_path: Path) -> None:
    tabs = export_records(RECORDS, tmp_path / "records.txt", "tsv").read_text()
    assert tabs.splitlines()[0].split("\t")[:2] == ["depth_unit_name", "depth_value"]
    plain = export_records(iter(RECORDS), tmp_path / "records.JSON").read_text()
    assert json.loads(plain) == RECORDS
    assert plain.isascii()
    assert plain.startswith("[\n  {")


def test_nothing_is_written_as_nothing(tmp_path: Path) -> None:
    assert export_records([], tmp_path / "a.csv").read_bytes() == b""
    assert export_records([], tmp_path / "a.json").read_text() == "[]"


def test_formulas_are_disarmed(tmp_path: Path) -> None:
    records = [{"a": "=1+1", "b": "-1", "c": -1, "d": "x=1", "e": "-80C", "f": "+.5", "@g": "@A1", "h": "\tx"}]
    guarded = export_records(records, tmp_path / "b.csv").read_text().splitlines()
    assert guarded == ["'@g,a,b,c,d,e,f,h", "'@A1,'=1+1,-1,-1,x=1,'-80C,+.5,'\tx"]
    plain = export_records(records, tmp_path / "a.csv", guard_formulas=False).read_text().splitlines()
    assert plain == ["@g,a,b,c,d,e,f,h", "@A1,=1+1,-1,-1,x=1,-80C,+.5,\tx"]


@pytest.mark.parametrize("name", ["a.xlsx", "a"])
def test_another_suffix_is_json_with_a_warning(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert json.loads(export_records(RECORDS, tmp_path / name, "AUTO").read_text()) == RECORDS  # type: ignore[arg-type]
    assert f"{name} is not a known format" in caplog.text


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="json, csv or tsv"):
        export_records(RECORDS, tmp_path / "a.csv", "parquet")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_text_that_has_no_utf_8_form_does_not_end_an_export(tmp_path: Path) -> None:
    records = [{"id": "half \ud83d"}]
    assert json.loads(export_records(records, tmp_path / "a.json").read_text()) == records
    assert export_records(records, tmp_path / "a.csv").read_bytes() == b"id\r\nhalf ?\r\n"


def test_a_value_without_a_json_form_is_rejected(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert "2026-01-02T00:00:00+00:00" in export_records([{"at": moment}], tmp_path / "a.json").read_text()
    with pytest.raises(InvalidRequestError, match="as JSON"):
        export_records([{"a": object()}], tmp_path / "b.json")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidRequestError, match="cannot write"):
        export_records(RECORDS, tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


async def test_records_of_the_server(client: BioEPIC, tmp_path: Path) -> None:
    found = await client.samples.list(page_size=100).collect(limit=150)
    text = export_records(found, tmp_path / "samples.csv").read_bytes().decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 150
    assert rows[0]["metadata_depth_unit"] == "m"
    assert rows[0]["measurements_count"] == "2"
