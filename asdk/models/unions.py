"""The structure hooks of unions, tagged unions and literals. Used by `asdk.models.converter`."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter

from asdk.models.declaration import Tag, Unknown, wire_names
from asdk.models.parsing import ExactFloat
from asdk.models.scalars import MismatchError, NeedsExactError, StructureHook, beside_str, describe
from asdk.models.type_forms import fields_by_wire_name, is_open_literal, is_union, literal_values, members_of, type_name


def literal_hook(tp: Any, _: Converter) -> StructureHook:
    """Return the hook for a ``Literal``."""
    known = {(type(wire), wire): value for wire, value in literal_values(tp).items()}
    expected = " or ".join(repr(wire) for _, wire in known)

    def structure_literal(value: Any, _: Any) -> Any:
        try:
            return known[value.__class__, value]
        except (KeyError, TypeError):
            raise MismatchError(expected, value) from None

    return structure_literal


def json_types(tp: Any) -> tuple[type, ...]:
    """Return the JSON types that a type can be decoded from."""
    origin: Any = get_origin(tp) or tp
    if origin is Annotated or is_union(tp):
        inner = (get_args(tp)[0],) if origin is Annotated else get_args(tp)
        return tuple(json_type for member in inner for json_type in json_types(member))
    if origin is Literal:
        return tuple({type(wire) for wire in literal_values(tp)})
    if origin in (str, bool, NoneType):
        return (origin,)
    if origin is int:
        return (int,)
    if origin is float:
        return (float, int)
    if origin is Decimal:
        return (str, float, int)
    if isinstance(origin, type) and origin not in (Any, object):
        if issubclass(origin, Enum):
            return tuple({type(member.value) for member in origin})
        if attrs.has(origin) or dataclasses.is_dataclass(origin) or issubclass(origin, Mapping):
            return (dict,)
        return (list,) if issubclass(origin, Iterable) else (str,)
    return (dict, list, str, int, float, bool, NoneType)


class _Failures(threading.local):
    """The unions that matched no member in this thread.

    In a recursive model, each level would try all members for all levels below it: 2**n attempts for n levels. So the
    fast way gives up after some failures, and the exact way remembers what has failed.

    Attributes:
        count: the failures since the last time that the fast way gave up.
        values: the values that failed in the running decode, by union; None unless `remembering_failures`.
    """

    count = 0
    values: set[tuple[int, int]] | None = None


_failures = _Failures()

# After how many failures the fast way gives up. Few bodies have any.
_MOST_FAILURES = 1000


@contextmanager
def remembering_failures() -> Generator[None, None, None]:
    """Remember which values match no member of a union, while one body is decoded."""
    _failures.values = set()
    try:
        yield
    finally:
        _failures.values = None


class _Memo:
    """The values that failed in one union."""

    def has_failed(self, value: object) -> bool:
        """Return whether the same object has failed in the running decode."""
        return _failures.values is not None and (id(self), id(value)) in _failures.values


def _count_failure(memo: _Memo | None, value: object) -> None:
    if memo is not None and _failures.values is not None:
        _failures.values.add((id(memo), id(value)))
        return
    _failures.count += 1
    if _failures.count > _MOST_FAILURES:
        _failures.count = 0
        raise NeedsExactError


def union_hook(tp: Any, converter: Converter) -> StructureHook:
    """Return the hook for a union.

    The JSON type selects the candidates. Of several classes, the one with most keys of the object is tried first;
    otherwise the order of the union counts. A plain ``str`` is tried last, and the other types then take only texts
    that they would write themselves, see `beside_str`. Python caches ``Optional[A | B]`` and the like of `typing` by
    equality, so such a type has the order that the process met first; ``A | B | None`` has its own.
    """
    members = get_args(tp)
    if is_open_literal(tp):
        return _open_literal_hook(tp)
    if len(members) == 2 and NoneType in members:
        (other,) = (member for member in members if member is not NoneType)
        inner = converter.get_structure_hook(other)
        if other is datetime:  # servers that store times as text may send an empty string for null
            return lambda value, _: None if value is None or value == "" else inner(value, other)
        return lambda value, _: None if value is None else inner(value, other)
    by_type: dict[type, list[tuple[Any, StructureHook]]] = {}
    has_str = str in members_of(tp)
    for member in members:
        hook = converter.get_structure_hook(member)
        for json_type in json_types(member):
            by_type.setdefault(json_type, []).append((member, beside_str(member, hook) if has_str else hook))
    if int in by_type:
        # An integer is not converted to a float if the union has an int.
        by_type[int].sort(key=lambda pair: float in json_types(pair[0]))
    if str in by_type:
        by_type[str].sort(key=lambda pair: pair[0] is str)
    expected = " or ".join(type_name(member) for member in members)
    memo = _Memo() if getattr(converter, "exact", False) else None

    def structure_union(value: Any, _: Any) -> Any:
        candidates = by_type.get(float if value.__class__ is ExactFloat else value.__class__, [])
        if memo is not None and memo.has_failed(value):
            raise MismatchError(expected, value)
        if value.__class__ is dict:
            candidates = sorted(candidates, key=lambda pair: -_overlap(pair[0], value))
        failure: Exception | None = None
        for member, hook in candidates:
            try:
                return hook(value, member)
            except NeedsExactError:  # which member it matches is known only when it is exact
                raise
            except Exception as error:  # noqa: BLE001 - does not match this member; try the next
                failure = failure or error
        if len(candidates) == 1 and failure is not None:
            raise failure
        if failure is not None and value.__class__ in (dict, list):
            _count_failure(memo, value)
        raise MismatchError(expected, value)

    return structure_union


def _open_literal_hook(tp: Any) -> StructureHook:
    expected = " or ".join(type_name(member) for member in get_args(tp))
    takes_none = NoneType in members_of(tp)

    def structure_text(value: Any, _: Any) -> Any:
        if value.__class__ is str or (value is None and takes_none):
            return value
        raise MismatchError(expected, value)

    return structure_text


def _overlap(member: Any, value: dict[str, Any]) -> int:
    names = fields_by_wire_name(member)
    return len(value.keys() & set(names.values())) if names else -1


def tag_of(tp: Any) -> Tag | None:
    """Return the `Tag` of an annotated type."""
    if get_origin(tp) is not Annotated:
        return None
    return next((mark for mark in get_args(tp)[1:] if isinstance(mark, Tag)), None)


def tagged_hook(tp: Any, converter: Converter) -> StructureHook:
    """Return the hook for a union whose members are distinguished by a tag.

    Raises:
        TypeError: a member has no tag, or two have the same.
    """
    tag = tag_of(tp)
    assert tag is not None
    by_value: dict[Any, tuple[Any, StructureHook]] = {}
    rest: tuple[Any, StructureHook] | None = None
    inner: Any = get_args(tp)[0]
    for member in get_args(inner) if is_union(inner) else (inner,):
        if member is tag.rest:
            continue
        if not attrs.has(member):
            raise TypeError(f"{type_name(member)} cannot have a tag; use Annotated[A | B, Tag(...)] | C")
        hints = get_type_hints(member)
        attribute = next((name for name, wire in wire_names(member).items() if wire == tag.name), None)
        if attribute and hints[attribute] is str and rest is None:
            rest = (member, converter.get_structure_hook(member))
            continue
        values = get_args(hints[attribute]) if attribute and get_origin(hints[attribute]) is Literal else ()
        values += tuple(value for value, owner in tag.mapping if owner is member and value not in values)
        if not values:
            raise TypeError(
                f"{member.__name__} must have a field {tag.name!r} with a Literal type, to serve as its tag"
            )
        for value in values:
            if value in by_value:
                raise TypeError(f"{member.__name__} and {by_value[value][0].__name__} have the same tag {value!r}")
            by_value[value] = (member, converter.get_structure_hook(member))
    if tag.rest is not None and tag.rest is not Unknown:
        rest = (tag.rest, converter.get_structure_hook(tag.rest))

    def structure_tagged(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError("an object", value)
        found = value.get(tag.name)
        chosen = by_value.get(found) if isinstance(found, str | int) else None
        if chosen is None and tag.rest is Unknown:
            return Unknown(found, value)
        if chosen is None and (isinstance(found, str) or tag.rest is not None):
            chosen = rest
        if chosen is None:
            raise ValueError(f"{tag.name!r} must be one of {sorted(map(str, by_value))}, found {describe(found)}")
        member, hook = chosen
        return hook(value, member)

    return structure_tagged
