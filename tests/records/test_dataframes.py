"""Data frames of `Records`: values, column types, missing values and times in UTC."""

from __future__ import annotations

import gc
import json
import math
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk import ConfigurationError, InvalidRequestError, OpenEnum, Records, Secret, field, model
from asdk.secret import MASK

EAST = timezone(timedelta(hours=2))
NOON = datetime(2025, 1, 2, 12, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
LARGE = 2**60 + 1
PACKAGES = {"pandas": "to_pandas", "polars": "to_polars", "pyarrow": "to_arrow"}


class Kind(OpenEnum):
    CAT = "cat"


@model
class Owner:
    name: str
    since: datetime | None = None


@model
class Pet:
    name: str
    lives: int


@model
class Row:
    id: int
    kind: Kind
    seen_at: datetime
    parent: int | None = None
    good: bool | None = None
    ratio: float | None = None
    born: date | None = None
    gone_at: datetime | None = None
    owner: Owner | None = None
    tags: list[str] = field(factory=list)
    owners: list[Owner] = field(factory=list)
    meta: Mapping[str, object] = field(factory=dict)
    key: Secret | None = None
    uuid: UUID | None = None


ROWS = Records(
    [
        Row(
            id=1,
            kind=Kind.CAT,
            seen_at=datetime(2025, 1, 2, 14, tzinfo=EAST),
            parent=LARGE,
            good=True,
            ratio=0.5,
            born=date(2020, 1, 2),
            gone_at=NEVER,
            owner=Owner(name="Ada", since=datetime(2025, 1, 2, 14, tzinfo=EAST)),
            tags=["a", "b"],
            owners=[Owner(name="Bob")],
            meta={"n": 1},
            key=Secret("s3cr3t"),
            uuid=UUID(int=5),
        ),
        Row(id=2, kind=Kind("new"), seen_at=NOON, meta={"x": [NOON, Kind.CAT]}),
    ]
)


def columns_of(package: str, records: Records[Any]) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return the values of each column, with None for missing ones, and the names of the column types."""
    pytest.importorskip(package, reason=f"{package} is not installed")
    frame: Any = getattr(records, PACKAGES[package])()
    if package == "pandas":
        values = {name: [_missing_as_none(value) for value in frame[name].tolist()] for name in frame.columns}
        return values, {name: str(frame[name].dtype) for name in frame.columns}
    if package == "polars":
        return frame.to_dict(as_series=False), {name: str(kind) for name, kind in frame.schema.items()}
    return frame.to_pydict(), {column.name: str(column.type) for column in frame.schema}


def _missing_as_none(value: Any) -> Any:
    missing = type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and math.isnan(value))
    return None if missing else value


@pytest.mark.parametrize("package", PACKAGES)
def test_every_value_has_a_type_of_the_library(package: str) -> None:
    values, types = columns_of(package, ROWS)
    assert values["id"] == [1, 2]
    assert values["kind"] == ["cat", "new"]
    assert values["seen_at"] == [NOON, NOON]
    assert values["gone_at"] == [NEVER, None]
    assert values["parent"] == [LARGE, None], "an id must not become a float"
    assert values["good"] == [True, None]
    assert values["ratio"] == [0.5, None]
    assert values["born"] == [date(2020, 1, 2), None]
    assert values["owner"] == [{"name": "Ada", "since": NOON}, None]
    assert values["owner"][0]["since"].utcoffset() == timedelta(0)
    assert [list(tags) for tags in values["tags"]] == [["a", "b"], []]
    assert [list(owners) for owners in values["owners"]] == [[{"name": "Bob", "since": None}], []]
    assert values["key"] == [MASK, None]
    assert values["uuid"] == [str(UUID(int=5)), None]
    assert "s3cr3t" not in repr(values)
    assert list(values) == [field.name for field in Row.__attrs_attrs__]  # type: ignore[attr-defined]
    utc = {
        "pandas": "datetime64[us, UTC]",
        "polars": "Datetime(time_unit='us', time_zone='UTC')",
        "pyarrow": "timestamp[us, tz=UTC]",
    }
    assert types["seen_at"] == types["gone_at"] == utc[package]


def test_mappings_are_dictionaries_in_pandas_and_json_elsewhere() -> None:
    values, _ = columns_of("pandas", ROWS)
    assert values["meta"] == [{"n": 1}, {"x": [NOON, "cat"]}]
    for package in ("polars", "pyarrow"):
        values, types = columns_of(package, ROWS)
        assert values["meta"] == ['{"n": 1}', '{"x": ["2025-01-02 12:00:00+00:00", "cat"]}']
        assert types["meta"].lower() == "string"


@pytest.mark.parametrize("package", PACKAGES)
def test_large_and_missing_integers_keep_their_values(package: str) -> None:
    for numbers in ([LARGE, None, 1], [LARGE], [1, None]):
        values, _ = columns_of(package, Records([{"n": number} for number in numbers]))
        assert values["n"] == numbers
    values, _ = columns_of(package, Records([{"n": 2**70}, {"n": None}]))
    assert values["n"] in ([2**70, None], [str(2**70), None])


@pytest.mark.parametrize("package", PACKAGES)
def test_plain_json_has_a_column_for_each_key_of_any_row(package: str) -> None:
    values, _ = columns_of(package, Records([{"a": 1}, {"b": "x", "a": 2.5}, {}]))
    assert values == {"a": [1, 2.5, None], "b": [None, "x", None]}


@pytest.mark.parametrize("package", PACKAGES)
def test_plain_values_have_a_single_column(package: str) -> None:
    assert columns_of(package, Records(["a", None]))[0] == {"value": ["a", None]}
    assert columns_of(package, Records())[0] == {}


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
def test_values_of_mixed_types_become_text(package: str) -> None:
    mixed: list[Any] = [1, "a", None, True, 2.5, [1, "b"]]
    values, _ = columns_of(package, Records([{"m": value} for value in mixed]))
    assert values["m"] == ["1", "a", None, "true", "2.5", '[1, "b"]']


def test_values_of_mixed_types_are_objects_in_pandas() -> None:
    values, types = columns_of("pandas", Records([{"m": 1}, {"m": "a"}, {"m": True}]))
    assert values["m"] == [1, "a", True]
    assert types["m"] == "object"


@pytest.mark.parametrize("package", PACKAGES)
def test_values_that_only_late_rows_have_are_kept(package: str) -> None:
    early, late = [Owner(name="a")] * 300, [Owner(name="z", since=NOON)]
    rows = [Row(id=0, kind=Kind.CAT, seen_at=NOON, owner=owner) for owner in early + late]
    values, _ = columns_of(package, Records([*rows, Row(id=0, kind=Kind.CAT, seen_at=NOON, owners=late)]))
    assert values["owner"][300] == {"name": "z", "since": NOON}
    assert list(values["owners"][301]) == [{"name": "z", "since": NOON}]
    values, _ = columns_of(package, Records([*[{"pet": Owner(name="a")}] * 300, {"pet": Pet(name="b", lives=9)}]))
    assert values["pet"][300]["lives"] == 9


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "values",
    [[None, [""], [[]]], [[1], ["s"]], [[True], [1]], [["a"], [1.5]], [[[1]], [["a"]]]],
    ids=repr,
)
def test_lists_of_mixed_types_become_text(values: list[Any]) -> None:
    pytest.importorskip("polars", reason="polars is not installed")
    column = Records([{"a": value} for value in values]).to_polars()["a"].to_list()
    assert column == [None if value is None else json.dumps(value) for value in values]


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1), min_size=1, max_size=5))
@pytest.mark.parametrize("package", PACKAGES)
def test_any_json_becomes_a_data_frame_with_all_rows(package: str, rows: list[dict[str, Any]]) -> None:
    values, _ = columns_of(package, Records(rows))
    assert set(values) == {name for row in rows for name in row}
    assert {len(column) for column in values.values()} == {len(rows)}
    for name, column in values.items():
        assert [value is None for value in column] == [row.get(name) is None for row in rows]


# --- values that a library would change or refuse ---------------------------------------------------------------------

WEST = timezone(timedelta(hours=-1))
AFTER_THE_END = datetime(9999, 12, 31, 23, 59, tzinfo=WEST)
BEFORE_THE_START = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
ODD: list[list[Any]] = [
    [2**63 + 1, None],
    [2**63 + 1],
    [1, 2**64 - 1, None],
    [2**64, None],
    [-1, 2**63, None],
    [-(2**63) - 1, None],
    [10**100],
    [2**53 + 1, 0.5],
    [2**63 + 1, 0.5, None],
    [-(2**53) - 1, 1.5],
    [10**400, 0.5],
    [2**60, 0.5],
    [AFTER_THE_END],
    [AFTER_THE_END, NOON, None],
    [BEFORE_THE_START, None],
    [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), None],
    [datetime.max, datetime.min, None],
    [NOON, NOON.replace(tzinfo=None)],
    [date.max, date.min, None],
    [date.max, NOON],
    [time(1, tzinfo=UTC), time(1)],
    [time.max, None],
    [timedelta.max, None],
    [timedelta.min, timedelta(1)],
    [timedelta(days=400_000, microseconds=1), None],
    [Decimal("NaN")],
    [Decimal("-Infinity"), Decimal(1)],
    [Decimal("1E+400"), None],
    [Decimal("1E-400")],
    [Decimal("1.5"), Decimal("1E-30"), Decimal("1E+30")],
    [Decimal("1" * 80)],
    [Decimal("1.50"), 1],
    [True, 1, 0.5],
    [b"\xff", "a"],
]


def texts_of(values: list[Any]) -> list[Any]:
    """Return the values as what they are in a column of text."""
    return [
        None
        if value is None
        else value.isoformat()
        if isinstance(value, date | time)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
        for value in values
    ]


@pytest.mark.parametrize("values", ODD, ids=repr)
@pytest.mark.parametrize("package", PACKAGES)
def test_no_library_changes_a_value(package: str, values: list[Any]) -> None:
    found = columns_of(package, Records([{"v": value} for value in values]))[0]["v"]
    if package == "pandas" and not (found == values or repr(found) == repr(values)):
        found = [value.isoformat() if isinstance(value, date) else value for value in found]
        values = texts_of(values)
    if b"\xff" in values:
        assert len(found) == len(values)
        return
    assert found in (values, texts_of(values)) or repr(found) == repr(values)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_column_of_large_ids_stays_one_of_integers(package: str) -> None:
    values, types = columns_of(package, Records([{"id": 2**63 + 1}, {"id": None}, {"id": 7}]))
    assert values["id"] == [2**63 + 1, None, 7]
    assert types["id"].lower() == "uint64"


@pytest.mark.parametrize("package", PACKAGES)
def test_integers_among_floats_are_floats_if_they_are_small(package: str) -> None:
    values, types = columns_of(package, Records([{"v": 1}, {"v": 2.5}, {"v": None}]))
    assert values["v"] == [1, 2.5, None]
    assert types["v"].lower() in {"float64", "double"}


SURROGATES: list[list[Any]] = [
    ["\ud83d"],
    ["é\udc00", None, "ok"],
    ["\ud83d", 1],
    [["\ud83d"], None],
    [{"a": "\ud83d"}],
    [{"\ud83d": 1}, {}],
    [Owner(name="\ud83d")],
    [[Owner(name="x\udfff")]],
]


@pytest.mark.parametrize("values", SURROGATES, ids=ascii)
@pytest.mark.parametrize("package", PACKAGES)
def test_a_lone_surrogate_does_not_prevent_a_frame(package: str, values: list[Any]) -> None:
    found = columns_of(package, Records([{"v": value} for value in values]))[0]["v"]
    assert [value is None for value in found] == [value is None for value in values]
    if package != "pandas":
        repr(found).encode()
        assert "\\ud" in repr(found)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_lone_surrogate_in_a_name_is_escaped(package: str) -> None:
    values, _ = columns_of(package, Records([{"a\ud83d": 1, "a\\ud83d": 2, "b": 3}]))
    assert values == {"a\\ud83d": [1], "a\\ud83d_": [2], "b": [3]}


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
@pytest.mark.parametrize(
    "value",
    [
        [2**53 + 1, 0.5],
        [2**64],
        [AFTER_THE_END, NOON],
        [NOON, NOON.replace(tzinfo=None)],
        [time(1, tzinfo=UTC)],
        [Decimal("NaN")],
        [timedelta.max],
    ],
    ids=repr,
)
def test_no_library_changes_a_nested_value(package: str, value: list[Any]) -> None:
    [found] = columns_of(package, Records([{"v": value}]))[0]["v"]
    assert found.replace("T", " ") == json.dumps(value, default=str)


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
@pytest.mark.parametrize("values", [[10**5000], ["a", 10**5000], [[10**5000]]], ids=["alone", "mixed", "nested"])
def test_a_value_without_a_text_is_named(package: str, values: list[Any]) -> None:
    with pytest.raises(InvalidRequestError, match=rf"column 'v' of the data frame: row {len(values) - 1} "):
        columns_of(package, Records([{"v": value} for value in values]))


VALUES = (
    st.none()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.datetimes(timezones=st.sampled_from([UTC, WEST, EAST]))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.text(st.characters())
    | st.binary()
)


@settings(deadline=None, max_examples=100)
@given(st.lists(VALUES, min_size=1, max_size=4) | st.lists(st.lists(VALUES, max_size=2), min_size=1, max_size=3))
@pytest.mark.parametrize("package", PACKAGES)
def test_any_values_become_a_data_frame(package: str, values: list[Any]) -> None:
    found = columns_of(package, Records([{"v": value} for value in values]))[0]["v"]
    assert len(found) == len(values)
    for value, stored in zip(values, found, strict=True):
        if isinstance(value, int | float) and isinstance(stored, int | float):
            assert value == stored or math.isnan(value)


def test_the_garbage_collector_is_restored() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    assert gc.isenabled()
    ROWS.to_pandas()
    assert gc.isenabled()
    gc.disable()
    try:
        ROWS.to_pandas()
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("package", "method"), PACKAGES.items())
def test_a_missing_library_is_named_with_its_extra(package: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    extra = {"pyarrow": "arrow"}.get(package, package)
    with pytest.raises(
        ConfigurationError, match=rf"{package} is not installed: pip install 'asdk\[{extra}\]'"
    ) as caught:
        getattr(ROWS, method)()
    assert caught.value.__context__ is None


def test_no_library_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, asdk; asdk.Records([1])._repr_html_(); print(*{'pandas', 'polars', 'pyarrow'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
