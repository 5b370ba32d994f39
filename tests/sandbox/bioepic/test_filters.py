from typing import Any

import pytest

from asdk.sandbox.bioepic.filters import FilterError, matches

RECORD: dict[str, Any] = {
    "id": "a",
    "name": "O'Brien Creek",
    "count": 3,
    "ready": True,
    "note": None,
    "tags": ["soil", "root"],
    "depth": {"value": 1.5, "unit": "m"},
    "parts": [{"id": "p1", "size": 2}, {"id": "p2", "size": 9}],
}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"name": "O'Brien Creek"},
        {"count": 3, "ready": True},
        {"tags": "soil"},
        {"tags": ["soil", "root"]},
        {"depth": {"value": 1.5, "unit": "m"}},
        {"depth.unit": "m"},
        {"parts.id": "p2"},
        {"note": None},
        {"absent": None},
        {"count": {"$gt": 2, "$lte": 3}},
        {"count": {"$eq": 3}},
        {"name": {"$lt": "P"}},
        {"parts.size": {"$gte": 9}},
        {"name": {"$ne": "x"}},
        {"name": {"$in": ["x", "O'Brien Creek"]}},
        {"name": {"$regex": "brien\\ creek", "$options": "i"}},
        {"tags": {"$regex": "^ro"}},
        {"note": {"$exists": True}, "absent": {"$exists": False}},
        {"$and": [{"count": 3}, {"ready": True}]},
        {"$or": [{"count": 4}, {"ready": True}]},
    ],
)
def test_filters_that_match(wanted: dict[str, Any]) -> None:
    assert matches(RECORD, wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "O"},
        {"ready": 1},
        {"count": "3"},
        {"tags": "leaf"},
        {"depth": {"value": 1.5}},
        {"depth.unit.kind": "m"},
        {"count": {"$gt": 3}},
        {"count": {"$lt": "9"}},
        {"ready": {"$gt": 0}},
        {"name": {"$ne": "O'Brien Creek"}},
        {"name": {"$in": []}},
        {"name": {"$regex": "brien$"}},
        {"count": {"$regex": "3"}},
        {"absent": {"$exists": True}},
        {"$and": [{"count": 3}, {"ready": False}]},
        {"$or": [{"count": 4}]},
    ],
)
def test_filters_that_do_not(wanted: dict[str, Any]) -> None:
    assert not matches(RECORD, wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"$where": "true"},
        {"count": {"$near": 3}},
        {"$or": {"count": 3}},
        {"name": {"$in": "x"}},
        {"name": {"$regex": "("}},
        {"name": {"$regex": "x", "$options": "q"}},
        {"name": {"$options": "i"}},
    ],
)
def test_invalid_filters_are_rejected(wanted: dict[str, Any]) -> None:
    with pytest.raises(FilterError):
        matches(RECORD, wanted)
