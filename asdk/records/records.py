"""`Records`: a list of models with a table for notebooks and conversions to data frames.

`Paginator.collect` returns one.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from asdk.models.rendering import MAX_CELL_LENGTH, summarize, truncate
from asdk.records.columns import column_names
from asdk.redaction import printable

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

T = TypeVar("T")

# Limits of the notebook table.
_MAX_ROWS = 20
_MAX_COLUMNS = 8

# Maximum length of a record in the text output of a notebook.
_MAX_LINE_LENGTH = 300


class Records(list[T]):
    """A list with a table for notebooks: at most 20 rows and 8 columns, with values escaped and secrets masked.

    Data frames have a column for each field of the models or key of plain JSON objects, otherwise a single column named
    ``value``. A datetime is converted to UTC with microseconds, an enum to its value, a UUID to text and a `Secret` to
    its mask. Values that a library would change or refuse, such as integers from 2**64, a large integer among floats,
    or a time after the year 9999 in UTC, are objects in pandas and text elsewhere.
    """

    __slots__ = ()

    def to_pandas(self) -> pd.DataFrame:
        """Convert to a pandas data frame.

        Columns of integers and booleans with missing values have the types ``Int64``, ``UInt64`` and ``boolean``, so
        that a large ID keeps its value. Models and mappings inside a record become dictionaries.

        Raises:
            ConfigurationError: pandas is not installed: ``pip install 'asdk[pandas]'``.
        """
        from asdk.records.dataframes import to_pandas

        return to_pandas(self)

    def to_polars(self) -> pl.DataFrame:
        """Convert to a polars data frame.

        Models become structs. Values without a common polars type, such as mappings with arbitrary keys or a mix of
        numbers and strings, become JSON text.

        Raises:
            InvalidRequestError: a value has no text, such as an integer of more than 4300 digits.
            ConfigurationError: polars is not installed: ``pip install 'asdk[polars]'``.
        """
        from asdk.records.dataframes import to_polars

        return to_polars(self)

    def to_arrow(self) -> pa.Table:
        """Convert to an Arrow table, with the same types as `to_polars`.

        Raises:
            InvalidRequestError: as for `to_polars`.
            ConfigurationError: pyarrow is not installed: ``pip install 'asdk[arrow]'``.
        """
        from asdk.records.dataframes import to_arrow

        return to_arrow(self)

    def _repr_html_(self) -> str:
        shown = self[:_MAX_ROWS]
        names = column_names(shown, hidden=False)
        columns = names[:_MAX_COLUMNS]
        head = "".join(
            f"<th>{escape(truncate(printable(name), MAX_CELL_LENGTH))}</th>" for name in columns or ["value"]
        )
        rows = "".join(f"<tr>{_cells(item, columns)}</tr>" for item in shown)
        counts = [f"{len(self)} records"]
        counts += [f"{_MAX_ROWS} shown"] if len(self) > _MAX_ROWS else []
        counts += [f"{_MAX_COLUMNS} of {len(names)} columns shown"] if len(names) > _MAX_COLUMNS else []
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{', '.join(counts)}</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the text version of the table. Without it, a notebook would save up to a thousand records."""
        lines = [summarize(item, _MAX_LINE_LENGTH) for item in self[:_MAX_ROWS]]
        lines += [f"... {len(self) - _MAX_ROWS} more"] if len(self) > _MAX_ROWS else []
        printer.text("[]" if not lines else "[" + ",\n ".join(lines) + "]")


def _cells(item: Any, columns: list[str]) -> str:
    if not columns:
        values: list[Any] = [item]
    elif isinstance(item, Mapping):
        values = [item.get(name) for name in columns]
    else:
        values = [getattr(item, name, None) for name in columns]
    return "".join(f"<td>{'' if value is None else escape(summarize(value, MAX_CELL_LENGTH))}</td>" for value in values)
