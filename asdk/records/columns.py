"""Columns of a collection of records: their names, and how their values can be stored without a loss.

Used by the notebook table of `Records` and by its data frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

#: How a column is stored: as integers of 64 bits with or without a sign, as floats that are integers in part, as times
#: in UTC or without a zone, as durations, as the library infers from values of one type, or, if that would change one,
#: as text or objects.
ColumnKind: TypeAlias = Literal["int", "unsigned", "numbers", "utc", "naive", "duration", "other", "mixed"]

# The range of microseconds in 64 bits, and the digits of the decimals that polars and Arrow have in common.
_MAX_DURATION = timedelta(microseconds=2**63 - 1)
_MAX_DIGITS = 38

_NONE = type(None)


def column_names(records: Iterable[Any], *, hidden: bool = True) -> list[str]:
    """Return the field names of all records, in order of first appearance; empty if a record has no fields.

    Args:
        records: models or mappings; a record of another type has no fields.
        hidden: True to include the fields that a model excludes from its repr.
    """
    names: dict[str, None] = {}
    known: set[type] = set()
    for item in records:
        cls = type(item)
        if cls in known:
            continue
        if attrs.has(cls):
            known.add(cls)
            names.update((field.name, None) for field in attrs.fields(cls) if hidden or field.repr)
        elif isinstance(item, Mapping):
            names.update((str(name), None) for name in item)
        else:
            return []
    return list(names)


def column_kind(values: Sequence[Any]) -> ColumnKind:
    """Return how the values of a column, of which None is missing, are stored exactly.

    Args:
        values: values in types that all libraries support.
    """
    types = set(map(type, values))
    present = values if _NONE not in types else [value for value in values if value is not None]
    types.discard(_NONE)
    if types == {int, float}:
        return "numbers" if all(type(value) is float or _is_float(value) for value in present) else "mixed"
    if len(types) != 1:
        return "mixed" if types else "other"
    [cls] = types
    judge = _KINDS.get(cls)
    return "other" if judge is None else judge(present)


def _integer_kind(numbers: Sequence[int]) -> ColumnKind:
    least, greatest = min(numbers), max(numbers)
    if least >= -(2**63) and greatest < 2**63:
        return "int"
    return "unsigned" if least >= 0 and greatest < 2**64 else "mixed"


def _datetime_kind(times: Sequence[datetime]) -> ColumnKind:
    aware = {value.tzinfo is not None for value in times}
    return "mixed" if len(aware) == 2 else "utc" if True in aware else "naive"


def _time_kind(times: Sequence[time]) -> ColumnKind:
    # no library has a time of day with a zone
    return "mixed" if any(value.tzinfo is not None for value in times) else "other"


def _duration_kind(durations: Sequence[timedelta]) -> ColumnKind:
    return "duration" if min(durations) >= -_MAX_DURATION and max(durations) <= _MAX_DURATION else "mixed"


def _decimal_kind(numbers: Sequence[Decimal]) -> ColumnKind:
    # one precision and scale have to store all the numbers
    if not all(number.is_finite() for number in numbers):
        return "mixed"
    scale = max(max(0, -int(number.as_tuple().exponent)) for number in numbers)
    whole = max(max(1, number.adjusted() + 1) for number in numbers)
    return "other" if scale + whole <= _MAX_DIGITS else "mixed"


_KINDS: Mapping[type, Callable[[Sequence[Any]], ColumnKind]] = {
    int: _integer_kind,
    datetime: _datetime_kind,
    time: _time_kind,
    timedelta: _duration_kind,
    Decimal: _decimal_kind,
}


def _is_float(number: int) -> bool:
    """Return whether a float has the value of an integer."""
    return number.bit_length() <= 53 or (number.bit_length() <= 1023 and int(float(number)) == number)
