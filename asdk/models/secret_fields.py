"""`has_secret_field`: whether the body of a response may carry a new secret, which no error may then keep.

Used by `asdk.models.decoding` once a body could not be decoded: nothing else tells which part of it is secret.
"""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

from asdk.secret import Secret


def has_secret_field(tp: Any) -> bool:
    """Return whether a type is, or contains at any depth, a `Secret`: a field of a model, an item, a union member."""
    todo, seen = [tp], set[int]()
    while todo:
        current = todo.pop()
        if current is Secret:
            return True
        if id(current) in seen:
            continue
        seen.add(id(current))
        todo += get_args(current)
        if isinstance(current, type):
            try:
                todo += get_type_hints(current, include_extras=True).values()
            except Exception:  # noqa: BLE001 - annotations may be anything; the decoder has reported it already
                return True
    return False
