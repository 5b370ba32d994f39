"""Values as short text and HTML for notebooks, with secrets masked.

Called by `Records` for the cells of a table, and by a notebook that shows a single model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from html import escape
from itertools import islice
from typing import Any, Final

import attrs

from asdk.redaction import printable
from asdk.secret import MASK, MaskedBytes, MaskedStr, Secret

#: Maximum number of characters of a value in a table.
MAX_CELL_LENGTH: Final = 80

# Maximum number of items to show of a collection inside a value.
_MAX_ITEMS = 3


def model_table(value: Any) -> str:
    """Return a model as an HTML table with a row for each field, in the order of the class; None is an empty cell."""
    fields = [field for field in attrs.fields(type(value)) if field.repr]
    rows = "".join(
        f"<tr><th>{escape(field.name)}</th><td>{_cell(getattr(value, field.name, None))}</td></tr>" for field in fields
    )
    return f"<table><caption>{escape(type(value).__name__)}</caption><tbody>{rows}</tbody></table>"


def _cell(value: object) -> str:
    return "" if value is None else escape(summarize(value, MAX_CELL_LENGTH))


def summarize(value: Any, length: int) -> str:
    """Return the text of a value, truncated to ``length``. Reads only the start of a large value."""
    return truncate("".join(islice(_pieces(value, length), length)), length)


def _printable_start(text: str, length: int) -> str:
    """Return the start of a text, which may come from a server, without anything that drives a terminal."""
    return printable(text[: length * 4])[: length + 1]


def _pieces(value: Any, length: int) -> Iterator[str]:
    """Yield the text of a value in pieces of at least one character."""
    if isinstance(value, Secret | MaskedStr | MaskedBytes):
        yield MASK
    elif isinstance(value, Enum):
        yield from _pieces(value.value, length)
    elif attrs.has(type(value)):
        yield f"{type(value).__name__}("
        fields = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)) if field.repr)
        yield from _members(((f"{name}=", member) for name, member in fields if member is not None), length)
        yield ")"
    elif isinstance(value, Mapping):
        yield "{"
        names = ((truncate(_printable_start(str(name), length), length), member) for name, member in value.items())
        yield from _members(((f"{name}: ", member) for name, member in names), length)
        yield "}"
    elif isinstance(value, list | tuple | set | frozenset):
        yield "["
        yield from _members((("", member) for member in islice(value, _MAX_ITEMS)), length)
        yield f", ... {len(value) - _MAX_ITEMS} more]" if len(value) > _MAX_ITEMS else "]"
    elif isinstance(value, str | bytes):
        yield _printable_start(value if isinstance(value, str) else str(value[: length + 1]), length)
    else:
        yield _printable_start(str(value), length)


def _members(members: Iterable[tuple[str, Any]], length: int) -> Iterator[str]:
    for number, (label, member) in enumerate(members):
        yield f"{', ' if number else ''}{label}"
        yield from _pieces(member, length)


def truncate(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters, with an ellipsis if it was longer."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
