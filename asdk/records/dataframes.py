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

from asdk.errors import ConfigurationError
from asdk.records.columns import column_names
from asdk.secret import MASK, MaskedStr, Secret

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

# Types that all three libraries support.
_PLAIN = frozenset({bool, int, float, str, bytes, date, datetime, time, timedelta, Decimal})
_NONE = type(None)
_AS_IS = _PLAIN - {datetime} | {_NONE}
_INT64 = range(-(2**63), 2**63)

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
        columns = {
            name: pd.Series(values, dtype=_pandas_type(values))
            for name, values in _columns(records, _as_dictionary).items()
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))
    raise _missing("pandas", "pandas")


def _pandas_type(values: list[Any]) -> Any:
    """Return the pandas type for values that pandas would infer wrongly or with a loss, otherwise None."""
    types = set(map(type, values))
    if types <= {datetime, _NONE} and types != {_NONE}:
        return "datetime64[us, UTC]" if _are_aware(values) else "datetime64[us]"
    if types == {bool, _NONE}:
        return "boolean"
    if types == {int, _NONE} and _fit(values):
        return "Int64"
    return None if len(types - {_NONE}) == 1 and not types & {dict, list} else object


def to_polars(records: Sequence[Any]) -> pl.DataFrame:
    """Convert records to polars, as `Records.to_polars`."""
    try:
        import polars as pl
    except ImportError:
        pass
    else:

        def series(name: str, values: list[Any]) -> pl.Series:
            if _is_of(values, {dict, list}):
                if not _are_alike(values):  # polars would take the first type and convert the others to text or null
                    raise TypeError
                # Infer from all rows: members that the first rows lack would be dropped otherwise.
                rows = [{"value": value} for value in values]
                return pl.from_dicts(rows, infer_schema_length=None)["value"].alias(name)
            utc = _is_of(values, {datetime}) and _are_aware(values)
            return pl.Series(name, values, dtype=pl.Datetime("us", "UTC") if utc else None, strict=True)

        failures = (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError)
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

        def array(name: str, values: list[Any]) -> pa.Array[Any]:
            utc = _is_of(values, {datetime}) and _are_aware(values)
            return pa.array(values, type=pa.timestamp("us", tz="UTC") if utc else None)

        failures = (TypeError, ValueError, OverflowError, pa.ArrowException)
        columns = _columns(records, _as_json)
        return pa.table({name: _typed(array, name, values, failures) for name, values in columns.items()})
    raise _missing("pyarrow", "arrow")


def _missing(package: str, extra: str) -> ConfigurationError:
    return ConfigurationError(f"{package} is not installed: pip install 'asdk[{extra}]'")


def _typed(
    make: Callable[[str, list[Any]], Any], name: str, values: list[Any], failures: tuple[type[Exception], ...]
) -> Any:
    """Make a column with the common type of its values, or a column of text if they have none."""
    types = set(map(type, values)) - {_NONE}
    if types == {int, float}:
        values = [None if value is None else float(value) for value in values]
    elif len(types) > 1:
        return make(name, list(map(_text, values)))
    try:
        return make(name, values)
    except failures:  # integers beyond 64 bits, or lists of mixed types
        pass
    return make(name, list(map(_text, values)))


def _are_alike(values: Iterable[Any]) -> bool:
    """Return True if the values, and the values at each path inside them, have one type. Numbers count as one."""
    present = [value for value in values if value is not None]
    types = set(map(type, present))
    if types == {list}:
        return _are_alike(chain.from_iterable(present))
    if types == {dict}:
        names = dict.fromkeys(chain.from_iterable(present))
        return all(_are_alike(value.get(name) for value in present) for name in names)
    return len(types) <= 1 or types == {int, float}


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
    if len(names) > 1 and len(set(map(type, records))) == 1 and attrs.has(type(records[0])):
        values: Iterable[Sequence[Any]] = zip(*map(attrgetter(*names), records), strict=True)
    else:
        values = ([_member(item, name) for item in records] for name in names)
    return {name: _simplify(column, mapping) for name, column in zip(names, values, strict=True)}


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
        return value if value.tzinfo is UTC or value.tzinfo is None else value.astimezone(UTC)
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


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _dump(value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


# --- checks of a column's values ------------------------------------------------------------------------------------


def _is_of(values: list[Any], types: set[type]) -> bool:
    """Return True if there are values, and all have one of these types."""
    found = set(map(type, values)) - {_NONE}
    return bool(found) and found <= types


def _are_aware(values: list[Any]) -> bool:
    return all(value is None or value.tzinfo is not None for value in values)


def _fit(values: list[Any]) -> bool:
    return all(value is None or value in _INT64 for value in values)
