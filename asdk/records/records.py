"""`Records`: a list of models that a notebook shows as a table, and that becomes a data frame. What
`Paginator.collect` returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from asdk.secret import MASK, MaskedStr, Secret

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

T = TypeVar("T")

_ROWS = 20
_COLUMNS = 8

# How many characters of a value are shown, and how many items of a value that has some.
_CELL = 80
_ITEMS = 3

# How many characters of a record the text of a notebook shows.
_LINE = 300


class Records(list[T]):
    """A list in every way, with a table for notebooks: 20 rows by 8 columns at most, values escaped, no secrets.

    The data frames are built by columns: one for each field of the models, or for each key of plain JSON objects, else
    one called ``value``. In all of them a datetime is a moment in UTC, to the microsecond; an enum is its value, a UUID
    its text, a `Secret` its mask.
    """

    __slots__ = ()

    def to_pandas(self) -> pd.DataFrame:
        """A pandas data frame. Integers and booleans that may be missing become ``Int64`` and ``boolean``, so that a
        large id stays what it is; models and mappings become dictionaries.

        Raises:
            ConfigurationError: pandas is not installed: ``pip install 'asdk[pandas]'``.
        """
        from asdk.records.dataframes import to_pandas

        return to_pandas(self)

    def to_polars(self) -> pl.DataFrame:
        """A polars data frame. Models become structs; what has no type of its own there, such as a mapping with any
        keys or a column of numbers and strings, becomes text: JSON.

        Raises:
            ConfigurationError: polars is not installed: ``pip install 'asdk[polars]'``.
        """
        from asdk.records.dataframes import to_polars

        return to_polars(self)

    def to_arrow(self) -> pa.Table:
        """An Arrow table, with the types that `to_polars` has.

        Raises:
            ConfigurationError: pyarrow is not installed: ``pip install 'asdk[arrow]'``.
        """
        from asdk.records.dataframes import to_arrow

        return to_arrow(self)

    def _repr_html_(self) -> str:
        shown = self[:_ROWS]
        names = column_names(shown, hidden=False)
        columns = names[:_COLUMNS]
        head = "".join(f"<th>{escape(_cut(name, _CELL))}</th>" for name in columns or ["value"])
        rows = "".join(f"<tr>{_cells(item, columns)}</tr>" for item in shown)
        counts = [f"{len(self)} records"]
        counts += [f"{_ROWS} shown"] if len(self) > _ROWS else []
        counts += [f"{_COLUMNS} of {len(names)} columns shown"] if len(names) > _COLUMNS else []
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{', '.join(counts)}</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The text beside the table: of many records a notebook would keep a thousand."""
        lines = [_brief(item, _LINE) for item in self[:_ROWS]]
        lines += [f"... {len(self) - _ROWS} more"] if len(self) > _ROWS else []
        printer.text("[]" if not lines else "[" + ",\n ".join(lines) + "]")


def column_names(records: Iterable[Any], *, hidden: bool = True) -> list[str]:
    """The names of the fields of all records, in the order in which they first come; empty if one has no fields.

    Args:
        records: models, or mappings.
        hidden: with the fields that a model keeps out of its repr.
    """
    names: dict[str, None] = {}
    known: set[type] = set()
    for item in records:
        kind = type(item)
        if kind in known:
            continue
        if attrs.has(kind):
            known.add(kind)
            names.update((field.name, None) for field in attrs.fields(kind) if hidden or field.repr)
        elif isinstance(item, Mapping):
            names.update((str(name), None) for name in item)
        else:
            return []
    return list(names)


def _cells(item: Any, columns: list[str]) -> str:
    if not columns:
        values: list[Any] = [item]
    elif isinstance(item, Mapping):
        values = [item.get(name) for name in columns]
    else:
        values = [getattr(item, name, None) for name in columns]
    return "".join(f"<td>{'' if value is None else escape(_brief(value, _CELL))}</td>" for value in values)


def _brief(value: Any, room: int) -> str:
    """A value in so many characters at most. Of a large one only the beginning is looked at."""
    return _cut("".join(islice(_pieces(value, room), room)), room)


def _pieces(value: Any, room: int) -> Iterator[str]:
    """The text of a value in pieces of at least one character, the first of them first."""
    if isinstance(value, Secret | MaskedStr):
        yield MASK
    elif isinstance(value, Enum):
        yield from _pieces(value.value, room)
    elif attrs.has(type(value)):
        yield f"{type(value).__name__}("
        fields = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)) if field.repr)
        yield from _members(((f"{name}=", member) for name, member in fields if member is not None), room)
        yield ")"
    elif isinstance(value, Mapping):
        yield "{"
        yield from _members(((f"{_cut(str(name), room)}: ", member) for name, member in value.items()), room)
        yield "}"
    elif isinstance(value, list | tuple | set | frozenset):
        yield "["
        yield from _members((("", member) for member in islice(value, _ITEMS)), room)
        yield f", ... {len(value) - _ITEMS} more]" if len(value) > _ITEMS else "]"
    elif isinstance(value, str | bytes):
        yield str(value[: room + 1])
    else:
        yield str(value)


def _members(members: Iterable[tuple[str, Any]], room: int) -> Iterator[str]:
    for number, (label, member) in enumerate(members):
        yield f"{', ' if number else ''}{label}"
        yield from _pieces(member, room)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
