"""Columns of a collection of records. Used by the notebook table of `Records` and by its data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs


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
