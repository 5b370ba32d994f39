"""Records by columns, for pandas, polars and Arrow. Called by `Records`; a library is imported when it is asked for.

The values of a column decide its type: what a model promises somebody may not have kept, and plain JSON has no model.
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
from asdk.records.records import column_names
from asdk.secret import MASK, MaskedStr, Secret

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

# What every library has a type for.
_PLAIN = frozenset({bool, int, float, str, bytes, date, datetime, time, timedelta, Decimal})
_NONE = type(None)
_AS_IS = _PLAIN - {datetime} | {_NONE}
_INT64 = range(-(2**63), 2**63)

#: What becomes of a mapping inside a record.
_MappingHook: TypeAlias = Callable[[Mapping[Any, Any]], Any]

#: The names of a model's fields, what gets their values, and those of them whose values may not be plain.
_Shape: TypeAlias = tuple[tuple[str, ...], Callable[[Any], Sequence[Any]], tuple[str, ...]]


def to_pandas(records: Sequence[Any]) -> pd.DataFrame:
    """As `Records.to_pandas`."""
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
    """The type that pandas would not find by itself, or would find by losing something."""
    kinds = set(map(type, values))
    if kinds <= {datetime, _NONE} and kinds != {_NONE}:
        return "datetime64[us, UTC]" if _are_aware(values) else "datetime64[us]"
    if kinds == {bool, _NONE}:
        return "boolean"
    if kinds == {int, _NONE} and _fit(values):
        return "Int64"
    return None if len(kinds - {_NONE}) == 1 and not kinds & {dict, list} else object


def to_polars(records: Sequence[Any]) -> pl.DataFrame:
    """As `Records.to_polars`."""
    try:
        import polars as pl
    except ImportError:
        pass
    else:

        def series(name: str, values: list[Any]) -> pl.Series:
            if _is_of(values, {dict, list}):
                if not _are_alike(values):  # polars would take the first type, and make the others text, or nothing
                    raise TypeError
                # Over all rows, or what the first ones lack would be left out of the others.
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
    """As `Records.to_arrow`."""
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
    """The column in the type of its values; as text if they have none in common."""
    kinds = set(map(type, values)) - {_NONE}
    if kinds == {int, float}:
        values = [None if value is None else float(value) for value in values]
    elif len(kinds) > 1:
        return make(name, list(map(_text, values)))
    try:
        return make(name, values)
    except failures:  # numbers without end, or lists of this and that
        pass
    return make(name, list(map(_text, values)))


def _are_alike(values: Iterable[Any]) -> bool:
    """Whether the values, and those at the same place inside of them, are of one type; numbers count as one."""
    present = [value for value in values if value is not None]
    kinds = set(map(type, present))
    if kinds == {list}:
        return _are_alike(chain.from_iterable(present))
    if kinds == {dict}:
        names = dict.fromkeys(chain.from_iterable(present))
        return all(_are_alike(value.get(name) for value in present) for name in names)
    return len(kinds) <= 1 or kinds == {int, float}


# --- columns --------------------------------------------------------------------------------------------------------


def _columns(records: Sequence[Any], mapping: _MappingHook) -> dict[str, list[Any]]:
    """The values by name, in the types that every library knows.

    Args:
        records: models, mappings or values.
        mapping: what becomes of a mapping inside a record.
    """
    # The collector would go through all records again and again, for the sake of what is made here, which has no
    # cycles: with records that hold others that is half of the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _read_columns(records, mapping)
    finally:
        if collects:
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
        return list(values)  # most columns
    return [value if type(value) in _AS_IS else _simple(value, mapping) for value in values]


def _simple(value: Any, mapping: _MappingHook) -> Any:
    """A value that is not plain, in types that every library knows."""
    kind: Any = type(value)
    if kind is datetime:
        return value if value.tzinfo is UTC or value.tzinfo is None else value.astimezone(UTC)
    if kind is list:
        return _simplify(value, mapping)
    if (shape := _shape_of(kind)) is not None:
        names, get, others = shape
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
def _shape_of(kind: type) -> _Shape | None:
    """How to read a model; None for any other class."""
    if not attrs.has(kind):
        return None
    names = tuple(field.name for field in attrs.fields(kind))
    try:
        hints = get_type_hints(kind)
    except (NameError, TypeError):  # an annotation that cannot be resolved: then every value is looked at
        hints = {}
    others = tuple(name for name in names if not _is_plain(hints.get(name)))
    return (
        names,
        attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names],
        others,
    )


def _is_plain(hint: Any) -> bool:
    """Whether values of this type are plain, also if some are missing."""
    return set(get_args(hint) or (hint,)) <= _AS_IS and get_origin(hint) in {None, Union, UnionType}


def _as_dictionary(value: Mapping[Any, Any]) -> dict[str, Any]:
    return dict(zip(map(str, value), _simplify(tuple(value.values()), _as_dictionary), strict=True))


def _as_json(value: Mapping[Any, Any]) -> str:
    return _dump(_as_dictionary(value))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _dump(value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


# --- what a column holds --------------------------------------------------------------------------------------------


def _is_of(values: list[Any], kinds: set[type]) -> bool:
    """Whether there are values of these types, and none of others."""
    found = set(map(type, values)) - {_NONE}
    return bool(found) and found <= kinds


def _are_aware(values: list[Any]) -> bool:
    return all(value is None or value.tzinfo is not None for value in values)


def _fit(values: list[Any]) -> bool:
    return all(value is None or value in _INT64 for value in values)
