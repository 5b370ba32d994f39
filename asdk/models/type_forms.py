"""Facts about type expressions: their members, names and fields, and what values they can hold.

Used by the converter and the decoders, when a decoder is built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from typing_extensions import is_typeddict

from asdk.models.declaration import takes_empty_as_default, wire_names
from asdk.secret import Secret


def origin_of(tp: Any) -> Any:
    """Return the class behind a parametrized type, else the type itself."""
    return get_origin(tp) or tp


def is_union(tp: Any) -> bool:
    """Return True for ``A | B``, ``Union[A, B]`` and ``Optional[A]``."""
    return get_origin(tp) in (Union, UnionType)


def members_of(tp: Any) -> Iterator[Any]:
    """Yield the types that a value may have: the members of unions, without aliases and annotations."""
    if is_union(tp):
        for member in get_args(tp):
            yield from members_of(member)
    elif get_origin(tp) is Annotated:
        yield from members_of(get_args(tp)[0])
    elif (inner := getattr(tp, "__supertype__", None) or getattr(tp, "__value__", None)) is not None:
        yield from members_of(inner)  # of a NewType or a type alias
    else:
        yield NoneType if tp is None else tp


def accepts_null(tp: Any) -> bool:
    """Return True if null is a value of the type."""
    return any(member in (NoneType, Any, object) or isinstance(member, TypeVar) for member in members_of(tp))


def accepts_empty_text(tp: Any) -> bool:
    """Return True if an empty string is a value of the type."""
    return any(_is_text(member) for member in members_of(tp))


def _is_text(member: Any) -> bool:
    if get_origin(member) is Literal:
        return "" in get_args(member)
    if isinstance(member, type) and issubclass(member, Enum):
        try:
            return member("") is not None
        except ValueError:
            return False
    return member in (str, Any, object, Secret) or isinstance(member, TypeVar)


def is_open_literal(tp: Any) -> bool:
    """Return True for ``Literal["a", "b"] | str``, with or without None: any text is a value as it is."""
    members = [member for member in members_of(tp) if member is not NoneType]
    literals = [member for member in members if get_origin(member) is Literal]
    are_texts = all(type(value) is str for literal in literals for value in get_args(literal))
    return bool(literals) and str in members and len(members) == len(literals) + members.count(str) and are_texts


def literal_values(tp: Any) -> dict[Any, Any]:
    """Return the values of a ``Literal`` by their JSON form, which for an enum member is its value."""
    return {value.value if isinstance(value, Enum) else value: value for value in get_args(tp)}


def fields_by_wire_name(tp: Any) -> dict[str, str]:
    """Return the wire name of each field of a model, dataclass or TypedDict; empty for other types."""
    cls = origin_of(tp)
    if attrs.has(cls):
        return wire_names(cls)
    if dataclasses.is_dataclass(cls):
        return {field.name: field.name for field in dataclasses.fields(cls)}
    return {name: name for name in cls.__annotations__} if is_typeddict(cls) else {}


def empty_values(tp: Any) -> dict[str, tuple[str | None, ...]]:
    """Return the values that stand for the default, by wire name, of a model with ``empty_as_default``; else nothing.

    These are null and the empty string, unless the type of the field has them as values.
    """
    cls = origin_of(tp)
    if not attrs.has(cls) or not takes_empty_as_default(cls):
        return {}
    types, names = get_type_hints(cls, include_extras=True), wire_names(cls)
    return {
        names[field.name]: (*(() if accepts_null(tp) else (None,)), *(() if accepts_empty_text(tp) else ("",)))
        for field in attrs.fields(cls)
        if field.default is not attrs.NOTHING
        for tp in [types.get(field.name, Any)]
    }


def type_name(tp: Any) -> str:
    """Return the name of a type for an error message."""
    if tp is NoneType:
        return "null"
    arguments = ", ".join(type_name(argument) for argument in get_args(tp))
    name = getattr(origin_of(tp), "__name__", str(tp))
    return f"{name}[{arguments}]" if arguments else name


def held_types(tp: Any) -> set[Any]:
    """Return the scalar types of the values that a type can hold at any depth; `Any` for those without a type."""
    held: set[Any] = set()
    seen: set[Any] = set()
    todo = [tp]
    while todo:
        for member in members_of(todo.pop()):
            cls, arguments = origin_of(member), get_args(member)
            if cls is Literal:
                continue
            todo += arguments
            if attrs.has(cls) or dataclasses.is_dataclass(cls) or is_typeddict(cls):
                if cls not in seen:
                    seen.add(cls)
                    todo += get_type_hints(cls, include_extras=True).values()
            elif not arguments:
                is_container = cls in (list, dict, tuple, set, frozenset) or not isinstance(cls, type)
                held.add(Any if is_container or cls is object else cls)
    return held


def ordered_key(tp: Any) -> Any:
    """Return a key of a type that keeps the order of unions: ``A | B`` and ``B | A`` are equal in Python."""
    arguments = get_args(tp)
    if get_origin(tp) is Annotated:
        return (Annotated, ordered_key(arguments[0]), *arguments[1:])
    if not arguments or get_origin(tp) is Literal:
        return tp
    return (Union if is_union(tp) else get_origin(tp), *map(ordered_key, arguments))


def depends_on_order(tp: Any) -> bool:
    """Return True if a type contains a union of several types other than None, at any depth of the expression."""
    arguments = get_args(tp)
    if get_origin(tp) is Literal:
        return False
    if is_union(tp) and len([member for member in arguments if member is not NoneType]) > 1:
        return True
    return any(depends_on_order(argument) for argument in arguments)
