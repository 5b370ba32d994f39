"""`export_records`: records into a file, as JSON, CSV or TSV. Plain files, no network."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, TypeAlias, cast

from asdk.errors import InvalidRequestError
from asdk.models.encoding import to_wire

#: How to write; ``auto`` goes by the suffix of the file.
ExportFormat: TypeAlias = Literal["auto", "json", "csv", "tsv"]

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_FORMATS = {"json", *_DELIMITERS}
# What a spreadsheet takes for a formula at the start of a cell; a number with a sign is none.
_FORMULA = re.compile(r"[=+\-@\t\r](?!\d*\.?\d+\Z)").match
_log = logging.getLogger("asdk.bioepic")


def export_records(
    records: Iterable[Mapping[str, Any]],
    path: str | os.PathLike[str],
    format: ExportFormat = "auto",
    *,
    guard_formulas: bool = True,
) -> Path:
    """Write records to a file, which appears whole or not at all. Folders on the way are made.

    JSON keeps records as they are. In CSV and TSV the columns are the names of all fields, sorted; fields inside fields
    are joined with ``_``, lists of plain values with ``|``; of a list of records the table has ``<name>_count``, and
    ``<name>_ids`` if each has an ``id``. What is null or missing is an empty cell. The text is UTF-8.

    Args:
        records: such as ``await client.samples.list().collect()``.
        path: the file; what is there is replaced.
        format: ``"json"``, ``"csv"`` or ``"tsv"``; by default as the suffix says, and JSON under any other suffix.
        guard_formulas: put an apostrophe before a text that a spreadsheet would run as a formula. False where nobody
            opens the table in one: texts are then as they came.

    Returns:
        The path.

    Raises:
        InvalidRequestError: the format is not one of these, a record holds what JSON cannot, or the file cannot be
            written.
    """
    target = Path(path)
    chosen = format.lower()
    if chosen == "auto":
        chosen = target.suffix.lstrip(".").lower()
        if chosen not in _FORMATS:
            _log.warning("%s says nothing of its format: written as JSON", target)
            chosen = "json"
    if chosen not in _FORMATS:
        raise InvalidRequestError(f"records are written as json, csv or tsv, not as {format!r}: {target}")
    delimiter = _DELIMITERS.get(chosen)
    text = _json(records) if delimiter is None else _table(records, delimiter, guard_formulas)
    problem = _write(target, text)
    if problem is not None:
        raise InvalidRequestError(f"{target} cannot be written: {problem}")
    return target


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A record as a row: no value of it is a list or an object any more."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        column = f"{prefix}{name}"
        if isinstance(value, Mapping):
            row |= flatten(cast("Mapping[str, Any]", value), f"{column}_")
        elif isinstance(value, list):
            row |= _flatten_list(column, cast("list[object]", value))
        else:
            row[column] = value
    return row


def _flatten_list(column: str, values: list[object]) -> dict[str, Any]:
    records = [cast("Mapping[str, Any]", value) for value in values if isinstance(value, Mapping)]
    if not records or len(records) < len(values):
        return {column: "|".join(_text(value) for value in values)}
    row: dict[str, Any] = {f"{column}_count": len(records)}
    if all("id" in record for record in records):
        row[f"{column}_ids"] = "|".join(_text(record["id"]) for record in records)
    return row


def _text(value: Any) -> str:
    """A value inside a cell; what has a structure of its own is JSON there."""
    return json.dumps(value) if isinstance(value, dict | list) else "" if value is None else str(value)


def _json(records: Iterable[Mapping[str, Any]]) -> str:
    try:
        return json.dumps([dict(record) for record in records], indent=2, default=to_wire)
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error) or type(error).__name__
    raise InvalidRequestError(f"the records are no JSON: {problem}")


def _table(records: Iterable[Mapping[str, Any]], delimiter: str, guard: bool) -> str:
    rows = [flatten(record) for record in records]
    columns = sorted({name for row in rows for name in row})
    written = io.StringIO(newline="")
    if columns:
        writer = csv.writer(written, delimiter=delimiter)
        cells: list[list[Any]] = [columns, *([row.get(name) for name in columns] for row in rows)]
        writer.writerows([_guarded(cell) for cell in line] if guard else line for line in cells)
    return written.getvalue()


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA(cell) else cell


def _write(target: Path, text: str) -> str | None:
    """Why it could not be written; None if it was."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Half a surrogate pair, which JSON can say, has no UTF-8 form: a question mark stands for it.
        with NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="replace",
            newline="",
            dir=target.parent,
            prefix=f".{target.name}.",
            delete=False,
        ) as file:
            try:
                file.write(text)
                file.close()
                Path(file.name).replace(target)
            except BaseException:
                file.close()
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror}"
    return None
