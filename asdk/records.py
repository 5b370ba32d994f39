"""`Records`: a list of models that a notebook shows as a table. What `Paginator.collect` returns."""

from __future__ import annotations

from html import escape
from typing import Any, TypeVar

import attrs

T = TypeVar("T")

_ROWS = 20
_COLUMNS = 8
_CELL = 80


class Records(list[T]):
    """A list in every way, with a table for notebooks: 20 rows by 8 columns at most, values escaped, no secrets."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        columns = _columns(self[0])[:_COLUMNS] if self else []
        head = "".join(f"<th>{escape(name)}</th>" for name in columns or ["value"])
        rows = "".join(f"<tr>{_cells(item, columns)}</tr>" for item in self[:_ROWS])
        more = f"<p>{len(self)} records, {_ROWS} shown</p>" if len(self) > _ROWS else f"<p>{len(self)} records</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _columns(item: Any) -> list[str]:
    return [field.name for field in attrs.fields(type(item))] if attrs.has(type(item)) else []


def _cells(item: Any, columns: list[str]) -> str:
    values = [getattr(item, name, None) for name in columns] if columns else [item]
    return "".join(f"<td>{escape(_shorten(value))}</td>" for value in values)


def _shorten(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
