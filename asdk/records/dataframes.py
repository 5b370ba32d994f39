"""Conversion of records to data frames of pandas, polars and Arrow. Called by `Records`; imports the library on demand.

The type of a column is inferred from its values: they may violate their model, and plain JSON has no model.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import chain
from operator import attrgetter
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from asdk.errors import ConfigurationError, InvalidRequestError
from asdk.records.columns import ColumnKind, column_kind, column_names
from asdk.secret import MASK, MaskedStr, Secret

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

# Types that all three libraries support.
_PLAIN = frozenset({bool, int, float, str, bytes, date, datetime, time, timedelta, Decimal})
_NONE = type(None)
_AS_IS = _PLAIN - {datetime} | {_NONE}

#: Converts a mapping inside a record.
_MappingHook: TypeAlias = Callable[[Mapping[Any, Any]], Any]

#: The names of a model's fields, a getter of their values, and the names of the fields whose values may not be plain.
_FieldReader: TypeAlias = tuple[tuple[str, ...], Callable[[Any], Sequence[Any]], tuple[str, ...]]


def to_pandas(records: Sequence[Any]) -> pd.DataFrame:
    """Convert records to pandas, as `Records.to_pandas`."""
    try:
        import pandas as pd
    except ImportError:
        pass
    else:

        def series(values: list[Any], kind: ColumnKind) -> Any:
            return pd.Series(values, dtype=_pandas_type(values, kind))

        def column(values: list[Any]) -> Any:
            kind = column_kind(values)
            try:
                return series(values, kind)
            except (TypeError, ValueError, OverflowError):
                pass
            # A lone surrogate, or a duration that an older pandas cannot store.
            return series([_clean(value) if isinstance(value, str) else value for value in values], "mixed")

        columns = {name: column(values) for name, values in _columns(records, _as_dictionary).items()}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))
    raise _missing("pandas", "pandas")


_PANDAS_TYPES: Mapping[ColumnKind, str] = {
    "numbers": "float64",
    "utc": "datetime64[us, UTC]",
    "naive": "datetime64[us]",
}


def _pandas_type(values: list[Any], kind: ColumnKind) -> Any:
    """Return the pandas type for values that pandas would infer wrongly or with a loss, otherwise None."""
    types = set(map(type, values))
    if kind in ("int", "unsigned"):
        return {"int": "Int64", "unsigned": "UInt64"}[kind] if _NONE in types else None
    if types == {bool, _NONE}:
        return "boolean"
    if kind == "mixed" or types <= {dict, list, _NONE}:
        return object
    return _PANDAS_TYPES.get(kind)


def to_polars(records: Sequence[Any]) -> pl.DataFrame:
    """Convert records to polars, as `Records.to_polars`."""
    try:
        import polars as pl
    except ImportError:
        pass
    else:
        types = {
            "int": pl.Int64(),
            "unsigned": pl.UInt64(),
            "numbers": pl.Float64(),
            "utc": pl.Datetime("us", "UTC"),
            "naive": pl.Datetime("us"),
            "duration": pl.Duration("us"),
        }

        def series(name: str, values: list[Any], kind: ColumnKind) -> pl.Series:
            if _is_nested(values):
                # Infer from all rows: members that the first rows lack would be dropped otherwise.
                rows = [{"value": value} for value in values]
                return pl.from_dicts(rows, infer_schema_length=None)["value"].alias(name)
            return pl.Series(name, values, dtype=types.get(kind), strict=True)

        failures = (*_FAILURES, RuntimeError, pl.exceptions.PolarsError, pl.exceptions.PanicException)
        return pl.DataFrame(
            [_typed(series, name, values, failures) for name, values in _columns(records, _as_json).items()]
        )
    raise _missing("polars", "polars")


def to_arrow(records: Sequence[Any]) -> pa.Table:
    """Convert records to Arrow, as `Records.to_arrow`."""
    try:
        import pyarrow as pa
    except ImportError:
        pass
    else:
        types: dict[str, pa.DataType] = {
            "int": pa.int64(),
            "unsigned": pa.uint64(),
            "numbers": pa.float64(),
            "utc": pa.timestamp("us", tz="UTC"),
            "naive": pa.timestamp("us"),
            "duration": pa.duration("us"),
        }

        def array(name: str, values: list[Any], kind: ColumnKind) -> pa.Array[Any]:
            return pa.array(values, type=types.get(kind))

        failures = (*_FAILURES, pa.ArrowException)
        columns = _columns(records, _as_json)
        return pa.table({name: _typed(array, name, values, failures) for name, values in columns.items()})
    raise _missing("pyarrow", "arrow")


def _missing(package: str, extra: str) -> ConfigurationError:
    return ConfigurationError(f"{package} is not installed: pip install 'asdk[{extra}]'")


# What the libraries raise for values that do not fit a type, besides exceptions of their own.
_FAILURES = (TypeError, ValueError, OverflowError)


def _typed(
    make: Callable[[str, list[Any], ColumnKind], Any],
    name: str,
    values: list[Any],
    failures: tuple[type[BaseException], ...],
) -> Any:
    """Make a column with the type of its values, or a column of text if no type stores all of them exactly.

    Raises:
        InvalidRequestError: a value has no text.
    """
    kind = column_kind(values)
    if kind == "numbers":
        values = [None if value is None else float(value) for value in values]
    if kind != "mixed" and (not _is_nested(values) or _are_alike(values)):
        try:
            return make(name, values, kind)
        except failures:  # a lone surrogate, or lists of mixed types
            pass
    return make(name, [_text(name, row, value) for row, value in enumerate(values)], "other")


def _is_nested(values: list[Any]) -> bool:
    return {dict, list} >= set(map(type, values)) - {_NONE} != set()


def _are_alike(values: Iterable[Any]) -> bool:
    """Return True if the values at each path inside the values have one type that stores them exactly."""
    present = [value for value in values if value is not None]
    types = set(map(type, present))
    if types == {list}:
        return _are_alike(chain.from_iterable(present))
    if types == {dict}:
        names = dict.fromkeys(chain.from_iterable(present))
        return all(_are_alike(value.get(name) for value in present) for name in names)
    return column_kind(present) != "mixed"


# --- columns --------------------------------------------------------------------------------------------------------


def _columns(records: Sequence[Any], mapping: _MappingHook) -> dict[str, list[Any]]:
    """Return the values by column, in types that all three libraries support.

    Args:
        records: models, mappings or values.
        mapping: converts a mapping inside a record.
    """
    # The garbage collector would scan all records repeatedly because of the objects created here, which have no cycles.
    # For nested records that takes half of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return _read_columns(records, mapping)
    finally:
        if was_enabled:
            gc.enable()


def _read_columns(records: Sequence[Any], mapping: _MappingHook) -> dict[str, list[Any]]:
    names = column_names(records)
    if not names:
        return {"value": _simplify(records, mapping)} if records else {}
    titles: dict[str, None] = {}
    for name in names:
        title = _clean(name)
        while title in titles:
            title += "_"
        titles[title] = None
    if len(names) > 1 and len(set(map(type, records))) == 1 and attrs.has(type(records[0])):
        values: Iterable[Sequence[Any]] = zip(*map(attrgetter(*names), records), strict=True)
    else:
        values = ([_member(item, name) for item in records] for name in names)
    return {title: _simplify(column, mapping) for title, column in zip(titles, values, strict=True)}


def _member(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def _simplify(values: Sequence[Any], mapping: _MappingHook) -> list[Any]:
    if set(map(type, values)) <= _AS_IS:
        return list(values)  # the case of most columns
    return [value if type(value) in _AS_IS else _simple(value, mapping) for value in values]


def _simple(value: Any, mapping: _MappingHook) -> Any:
    """Convert a value to types that all three libraries support."""
    cls: Any = type(value)
    if cls is datetime:
        return value if value.tzinfo is UTC or value.tzinfo is None else _in_utc(value)
    if cls is list:
        return _simplify(value, mapping)
    if (reader := _field_reader(cls)) is not None:
        names, get, others = reader
        members = dict(zip(names, get(value), strict=True))
        for name in others:
            if type(member := members[name]) not in _AS_IS:
                members[name] = _simple(member, mapping)
        return members
    if isinstance(value, Enum):
        return value.value if type(value.value) in _AS_IS else _simple(value.value, mapping)
    if isinstance(value, Mapping):
        return mapping(value)
    if isinstance(value, Secret | MaskedStr):
        return MASK
    return _simplify(list(value), mapping) if isinstance(value, tuple | set | frozenset | list) else str(value)


def _in_utc(value: datetime) -> datetime | str:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # before the year 1 or after 9999 in UTC
        return value.isoformat()


@cache
def _field_reader(cls: type) -> _FieldReader | None:
    """Return the reader for a model class; None for any other class."""
    if not attrs.has(cls):
        return None
    names = tuple(field.name for field in attrs.fields(cls))
    try:
        hints = get_type_hints(cls)
    except (NameError, TypeError):  # an annotation cannot be resolved: check every value
        hints = {}
    others = tuple(name for name in names if not _is_plain(hints.get(name)))
    return (
        names,
        attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names],
        others,
    )


def _is_plain(hint: Any) -> bool:
    """Return True if the annotation allows plain values and None only."""
    return set(get_args(hint) or (hint,)) <= _AS_IS and get_origin(hint) in {None, Union, UnionType}


def _as_dictionary(value: Mapping[Any, Any]) -> dict[str, Any]:
    return dict(zip(map(str, value), _simplify(tuple(value.values()), _as_dictionary), strict=True))


def _as_json(value: Mapping[Any, Any]) -> str:
    return _dump(_as_dictionary(value))


def _text(column: str, row: int, value: Any) -> str | None:
    if value is None:
        return None
    try:
        return _clean(value if isinstance(value, str) else _written(value))
    except (ValueError, RecursionError):  # an integer of more than 4300 digits
        pass
    raise InvalidRequestError(f"column {column!r} of the data frame: row {row} cannot be converted to text")


def _written(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | timedelta) else _dump(value)


def _clean(text: str) -> str:
    """Return a text that UTF-8 can encode: the escape of a lone surrogate replaces it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
