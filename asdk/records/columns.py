"""Columns of a collection of records: their names, and how their values can be stored without a loss.

Used by the notebook table of `Records` and by its data frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

#: How a column is stored: as integers of 64 bits with or without a sign, as floats, as times in UTC or without a zone,
#: as durations, as the library infers from values of one type, or, if that would change one, as text or objects.
ColumnKind: TypeAlias = Literal["int", "unsigned", "float", "utc", "naive", "duration", "other", "mixed"]

# The range of microseconds in 64 bits, and the digits of the decimals that polars and Arrow have in common.
_MAX_DURATION = timedelta(microseconds=2**63 - 1)
_MAX_DIGITS = 38


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


def column_kind(values: Iterable[Any]) -> ColumnKind:
    """Return how the values of a column, of which None is missing, are stored exactly.

    Args:
        values: values in types that all libraries support.
    """
    present = [value for value in values if value is not None]
    types = set(map(type, present))
    if types <= {int, float} and len(types) == 2:
        return "float" if all(type(value) is float or _is_float(value) for value in present) else "mixed"
    if len(types) != 1:
        return "mixed" if types else "other"
    [cls] = types
    if cls is int:
        return _integer_kind(min(present), max(present))
    if cls is float:
        return "float"
    if cls is datetime:
        aware = {value.tzinfo is not None for value in present}
        return "mixed" if len(aware) == 2 else "utc" if True in aware else "naive"
    if cls is timedelta:
        return "duration" if min(present) >= -_MAX_DURATION and max(present) <= _MAX_DURATION else "mixed"
    if cls is time:  # no library has a time of day with a zone
        return "mixed" if any(value.tzinfo is not None for value in present) else "other"
    return "mixed" if cls is Decimal and not _fit_decimal(present) else "other"


def _integer_kind(least: int, greatest: int) -> ColumnKind:
    if least >= -(2**63) and greatest < 2**63:
        return "int"
    return "unsigned" if least >= 0 and greatest < 2**64 else "mixed"


def _is_float(number: int) -> bool:
    """Return whether a float has the value of an integer."""
    return number.bit_length() <= 53 or (number.bit_length() <= 1023 and int(float(number)) == number)


def _fit_decimal(numbers: list[Decimal]) -> bool:
    """Return whether one precision and scale can store all the decimals."""
    if not all(number.is_finite() for number in numbers):
        return False
    scale = max(max(0, -int(number.as_tuple().exponent)) for number in numbers)
    return scale + max(max(1, number.adjusted() + 1) for number in numbers) <= _MAX_DIGITS
