"""`Record`, what the API's collections hold, and two helpers for lists of them. No network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from asdk.errors import InvalidRequestError

#: A record as the server has it, with an ``id`` and whatever else.
Record: TypeAlias = dict[str, Any]

T = TypeVar("T")


def split_list(values: Sequence[T], chunk_size: int = 100) -> list[Sequence[T]]:
    """A long list in pieces, such as ids for filters with ``$in``, which have to fit into a URL.

    Args:
        values: the list.
        chunk_size: how long a piece is; the last one may be shorter.

    Raises:
        InvalidRequestError: pieces of this size do not exist.
    """
    if chunk_size < 1:
        raise InvalidRequestError(f"chunk_size= is at least 1; it is {chunk_size!r}")
    return [values[start : start + chunk_size] for start in range(0, len(values), chunk_size)]


def extract_field(records: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """The values of one field, in the order of the records; a record without the field is passed over.

    Args:
        records: such as ``await client.samples.list().collect()``.
        name: of the field, as it stands in the record.
    """
    return [record[name] for record in records if name in record]
