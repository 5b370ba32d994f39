"""`export_records`: export of records to JSON, CSV or TSV files. It does not use the network."""

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

from asdk import InvalidRequestError
from asdk.models import to_wire

#: The file format; ``auto`` is determined by the suffix of the file.
ExportFormat: TypeAlias = Literal["auto", "json", "csv", "tsv"]

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_FORMATS = {"json", *_DELIMITERS}
# The start of a cell that a spreadsheet treats as a formula; a number with a sign is not one.
_FORMULA = re.compile(r"[=+\-@\t\r](?!(?:\d+(?:\.\d+)?|\.\d+)\Z)").match
_log = logging.getLogger("asdk.bioepic")


def export_records(
    records: Iterable[Mapping[str, Any]],
    path: str | os.PathLike[str],
    format: ExportFormat = "auto",
    *,
    guard_formulas: bool = True,
) -> Path:
    """Write records to a file atomically, creating parent folders as needed.

    JSON keeps records unchanged. In CSV and TSV the columns are the sorted names of all fields. Names of nested fields
    are joined with ``_``, lists of plain values with ``|``. A list of records becomes ``<name>_count``, and
    ``<name>_ids`` if each record has an ``id``. Null and missing values are empty cells. The text is UTF-8.

    Args:
        records: the records, such as ``await client.samples.list().collect()``.
        path: the file; an existing file is replaced.
        format: ``"json"``, ``"csv"`` or ``"tsv"``; by default the suffix decides, and other suffixes mean JSON.
        guard_formulas: put an apostrophe before a text that a spreadsheet would run as a formula. False leaves texts
            unchanged, for files that are not opened in a spreadsheet.

    Returns:
        The path.

    Raises:
        InvalidRequestError: the format is unknown, a record cannot be encoded as JSON, or the file cannot be written.
    """
    target = Path(path)
    chosen = format.lower()
    if chosen == "auto":
        chosen = target.suffix.lstrip(".").lower()
        if chosen not in _FORMATS:
            _log.warning("the suffix of %s is not a known format: writing JSON", target)
            chosen = "json"
    if chosen not in _FORMATS:
        raise InvalidRequestError(f"format must be auto, json, csv or tsv, got {format!r}")
    delimiter = _DELIMITERS.get(chosen)
    text = _json(records) if delimiter is None else _table(records, delimiter, guard_formulas)
    problem = _write(target, text)
    if problem is not None:
        raise InvalidRequestError(f"cannot write {target}: {problem}")
    return target


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten a record into a row whose values are neither lists nor objects."""
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
    """Format a value for a cell; lists and objects become JSON."""
    return json.dumps(value) if isinstance(value, dict | list) else "" if value is None else str(value)


def _json(records: Iterable[Mapping[str, Any]]) -> str:
    try:
        return json.dumps([dict(record) for record in records], indent=2, default=to_wire)
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error) or type(error).__name__
    raise InvalidRequestError(f"cannot encode the records as JSON: {problem}")


def _table(records: Iterable[Mapping[str, Any]], delimiter: str, guard: bool) -> str:
    rows = [flatten(record) for record in records]
    columns = sorted({name for row in rows for name in row})
    output = io.StringIO(newline="")
    if columns:
        writer = csv.writer(output, delimiter=delimiter)
        cells: list[list[Any]] = [columns, *([row.get(name) for name in columns] for row in rows)]
        writer.writerows([_guarded(cell) for cell in line] if guard else line for line in cells)
    return output.getvalue()


def _guarded(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA(cell) else cell


def _write(target: Path, text: str) -> str | None:
    """Write the file and return None, or the reason for a failure."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # JSON can contain half a surrogate pair, which UTF-8 cannot encode: a question mark replaces it.
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
