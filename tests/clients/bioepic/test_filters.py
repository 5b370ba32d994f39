from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest

from asdk import ConfigurationError, InvalidRequestError
from asdk.clients.bioepic import build_filter, extract_field, parse_filter, split_list


def test_filters_of_attributes() -> None:
    assert build_filter({"name": "GC-MS (2009)"}) == {"name": {"$regex": r"GC\-MS\ \(2009\)", "$options": "i"}}
    assert build_filter({"name": "O'Brien", "done": None}, exact=True) == {"name": "O'Brien", "done": None}
    assert build_filter({"count": 3, "ready": False}) == {"count": 3, "ready": False}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        (" \n", {}),
        ('{"name": "O\'Brien", "n": {"$gt": 1}}', {"name": "O'Brien", "n": {"$gt": 1}}),
        ("name: test", {"name": "test"}),
        ("metadata.type: biological\ncount: {$gt: 3}", {"metadata.type": "biological", "count": {"$gt": 3}}),
        ("{name: test, ready: true}", {"name": "test", "ready": True}),
        ("day: 2024-03-01", {"day": "2024-03-01"}),
        ("1: a", {"1": "a"}),
        ("name: Rhône", {"name": "Rhône"}),
    ],
)
def test_a_filter_is_read_as_json_or_as_yaml(text: str, wanted: dict[str, Any]) -> None:
    assert parse_filter(text) == wanted


@pytest.mark.parametrize("text", ["test", "- a\n- b", "a: [", "{'a': 1", "a: b: c", "day: 2024-13-45", "[1]", "null"])
def test_an_invalid_filter_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="filter must be JSON") as caught:
        parse_filter(text)
    assert isinstance(caught.value, InvalidRequestError)


@pytest.mark.parametrize("text", ["a: .nan", "a: !!binary aGVsbG8=", "at: 2024-03-01 10:00:00"])
def test_yaml_that_no_json_can_say_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_filter(text)


def test_json_needs_no_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.setattr("asdk.extras.find_spec", lambda name: None if name == "yaml" else find(name))
    assert parse_filter('{"a": 1}') == {"a": 1}
    with pytest.raises(ConfigurationError, match=r"pip install 'asdk\[yaml\]'"):
        parse_filter("a: 1")


def test_a_list_is_split_into_pieces() -> None:
    chunks = split_list(list(range(250)), chunk_size=100)
    assert chunks == [list(range(100)), list(range(100, 200)), list(range(200, 250))]
    assert split_list(["a", "b", "c"], 2) == [["a", "b"], ["c"]]
    assert split_list([]) == []
    with pytest.raises(InvalidRequestError, match="at least 1"):
        split_list(["a"], 0)


def test_a_field_is_taken_out_of_the_records_that_have_it() -> None:
    assert extract_field([{"id": "a"}, {}, {"id": None}, {"id": "b"}], "id") == ["a", None, "b"]
