"""`Record`, the type of the records in a collection, and two helpers for lists. They do not use the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from asdk import InvalidRequestError

#: A record as the server sends it, with an ``id`` and any other fields.
Record: TypeAlias = dict[str, Any]

T = TypeVar("T")


def split_list(values: Sequence[T], chunk_size: int = 100) -> list[Sequence[T]]:
    """Split a long list into chunks, such as ids for ``$in`` filters, which must fit into a URL.

    Args:
        values: the list.
        chunk_size: the length of a chunk; the last one may be shorter.

    Raises:
        InvalidRequestError: ``chunk_size`` is less than 1.
    """
    if chunk_size < 1:
        raise InvalidRequestError(f"chunk_size must be at least 1, got {chunk_size!r}")
    return [values[start : start + chunk_size] for start in range(0, len(values), chunk_size)]


def extract_field(records: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """Return the values of one field, in record order; records without the field are skipped.

    Args:
        records: the records, such as ``await client.samples.list().collect()``.
        name: the name of the field.
    """
    return [record[name] for record in records if name in record]
