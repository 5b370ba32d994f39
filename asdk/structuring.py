"""What cattrs is told about the types of asdk: strict scalars, wire names, unions. Imported at the first decoding.

cattrs coerces by default (``str(5)``, ``list("abc")``, ``"None"`` for null). Here every JSON type has to be the one
that the model says, so that a wrong shape is an error and never a wrong value.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from cattrs import Converter
from cattrs.cols import is_any_set, is_mapping, list_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override

from asdk.class_hooks import Hook, write_class_hook
from asdk.models import Tag, wire_names
from asdk.secret import Secret


class MismatchError(ValueError):
    """The JSON value is not of the type that was asked for."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, found {_describe(found)}")


_JSON_NAMES: dict[type, str] = {dict: "an object", list: "an array", bool: "a boolean", NoneType: "null"}


def _describe(value: object) -> str:
    if isinstance(value, str):
        return f"the string {value!r}" if len(value) <= 40 else "a long string"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value!r}"
    return _JSON_NAMES.get(type(value), type(value).__name__)


# --- scalars --------------------------------------------------------------------------------------------------------


def _structure_str(value: Any, _: Any) -> str:
    if value.__class__ is str:
        return value
    raise MismatchError("a string", value)


def _structure_int(value: Any, _: Any) -> int:
    if value.__class__ is int:
        return value
    if value.__class__ is float and value.is_integer():
        return int(value)
    raise MismatchError("an integer", value)


def _structure_float(value: Any, _: Any) -> float:
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return float(value)
    raise MismatchError("a number", value)


def _structure_bool(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return value
    raise MismatchError("a boolean", value)


def _structure_none(value: Any, _: Any) -> None:
    if value is not None:
        raise MismatchError("null", value)


def _structure_datetime(value: Any, _: Any) -> datetime:
    if value.__class__ is str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise MismatchError("a date and time in ISO 8601", value) from None
        # A server that names no zone means UTC far more often than the zone of whoever reads it.
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    raise MismatchError("a date and time in ISO 8601", value)


def _from_text(kind: Callable[[str], Any], expected: str) -> Hook:
    def structure(value: Any, _: Any) -> Any:
        if value.__class__ is str:
            try:
                return kind(value)
            except (ValueError, ArithmeticError):
                pass
        raise MismatchError(expected, value)

    return structure


def _structure_decimal(value: Any, _: Any) -> Decimal:
    decimal: Decimal = _structure_decimal_text(str(value) if value.__class__ in (int, float) else value, _)
    return decimal


_structure_decimal_text = _from_text(Decimal, "a decimal number")

_SCALARS: dict[Any, Hook] = {
    str: _structure_str,
    int: _structure_int,
    float: _structure_float,
    bool: _structure_bool,
    NoneType: _structure_none,
    datetime: _structure_datetime,
    date: _from_text(date.fromisoformat, "a date in ISO 8601"),
    time: _from_text(time.fromisoformat, "a time in ISO 8601"),
    UUID: _from_text(UUID, "a UUID"),
    Decimal: _structure_decimal,
    Secret: _from_text(Secret, "a string"),
}


# --- objects, arrays, unions ----------------------------------------------------------------------------------------


# The classes whose functions are being written, in this thread: one that holds itself, however far around, is looked up
# when it is needed.
_writing = threading.local()


def _fast_class_hook(cls: Any, converter: Converter) -> Hook:
    if get_origin(cls) is not None:
        return _detailed_class_hook(cls, converter)  # a generic class: rare, and cattrs knows its type variables
    classes: set[Any] = _writing.__dict__.setdefault("classes", set())

    def hook_for(form: Any) -> Hook:
        if classes.isdisjoint(_parts(form)):
            return converter.get_structure_hook(form)
        return lambda value, kind: converter.get_structure_hook(kind)(value, kind)

    classes.add(cls)
    try:
        return write_class_hook(cls, hook_for, lambda found: MismatchError("an object", found))
    finally:
        classes.discard(cls)


def _parts(form: Any) -> list[Any]:
    """A type and all that it is made of."""
    if isinstance(form, type) and get_origin(form) is None:
        return [form]
    return [part for argument in get_args(form) for part in _parts(argument)]


def _detailed_class_hook(cls: Any, converter: Converter) -> Hook:
    origin: Any = get_origin(cls) or cls
    names: dict[str, Any] = {name: override(rename=wire) for name, wire in wire_names(origin).items() if wire != name}
    structure: Callable[..., Any] = make_dict_structure_fn(cls, converter, **names)

    def structure_object(value: Any, form: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError("an object", value)
        return structure(value, form)

    return structure_object


def _guarded(expected: str, json_type: type, structure: Hook) -> Hook:
    def structure_container(value: Any, form: Any) -> Any:
        if value.__class__ is not json_type:
            raise MismatchError(expected, value)
        return structure(value, form)

    return structure_container


def _list_hook(form: Any, converter: Converter) -> Hook:
    # Sequence[X] and Iterable[X] are read as list[X].
    as_list: Any = list[(get_args(form) or (Any,))[0]]  # type: ignore[misc]
    return _guarded("an array", list, list_structure_factory(as_list, converter))


def _tuple_hook(form: Any, converter: Converter) -> Hook:
    items = get_args(form)
    if len(items) == 2 and items[1] is Ellipsis:
        as_list = _list_hook(list[items[0]], converter)  # type: ignore[valid-type]
        return lambda value, _: tuple(as_list(value, _))
    hooks = [converter.get_structure_hook(item) for item in items]

    def structure_tuple(value: Any, _: Any) -> Any:
        if value.__class__ is not list or len(value) != len(hooks):
            raise MismatchError(f"an array of {len(hooks)}", value)
        return tuple(hook(item, kind) for hook, item, kind in zip(hooks, value, items, strict=True))

    return structure_tuple


def _set_hook(form: Any, converter: Converter) -> Hook:
    as_list = _list_hook(form, converter)
    kind = frozenset if get_origin(form) is frozenset else set
    return lambda value, _: kind(as_list(value, _))


def _mapping_hook(form: Any, converter: Converter) -> Hook:
    return _guarded("an object", dict, mapping_structure_factory(form, converter))


def _is_union(form: Any) -> bool:
    return get_origin(form) in (Union, UnionType)


def _json_type(form: Any) -> tuple[type, ...]:
    """The JSON types that a member of a union can be read from."""
    origin: Any = get_origin(form) or form
    if origin is Annotated or _is_union(form):
        inner = (get_args(form)[0],) if origin is Annotated else get_args(form)
        return tuple(kind for member in inner for kind in _json_type(member))
    if origin is Literal:
        return tuple({type(value) for value in get_args(form)})
    if origin in (str, bool, NoneType):
        return (origin,)
    if origin is int:
        return (int,)
    if origin is float:
        return (float, int)
    if origin is Decimal:
        return (str, float, int)
    if isinstance(origin, type):
        if attrs.has(origin) or issubclass(origin, Mapping):
            return (dict,)
        if issubclass(origin, Sequence | set | frozenset) and not issubclass(origin, str):
            return (list,)
        if origin is not object:
            return (str,)
    return (dict, list, str, int, float, bool, NoneType)


def _union_hook(form: Any, converter: Converter) -> Hook:
    """Members are chosen by JSON type first; of several objects the one that uses most keys; else left to right."""
    members = get_args(form)
    if len(members) == 2 and NoneType in members:
        (other,) = (member for member in members if member is not NoneType)
        inner = converter.get_structure_hook(other)
        return lambda value, _: None if value is None else inner(value, other)
    by_type: dict[type, list[tuple[Any, Hook]]] = {}
    for member in members:
        hook = converter.get_structure_hook(member)
        for kind in _json_type(member):
            by_type.setdefault(kind, []).append((member, hook))
    if int in by_type:
        # An exact integer is never read as a float while the union has an int.
        by_type[int].sort(key=lambda pair: float in _json_type(pair[0]))
    expected = " or ".join(_type_name(member) for member in members)

    def structure_union(value: Any, _: Any) -> Any:
        candidates = by_type.get(value.__class__, [])
        if value.__class__ is dict:
            candidates = sorted(candidates, key=lambda pair: -_overlap(pair[0], value))
        failure: Exception | None = None
        for member, hook in candidates:
            try:
                return hook(value, member)
            except Exception as error:  # noqa: BLE001 - a member that does not fit; the next one may
                failure = failure or error
        if len(candidates) == 1 and failure is not None:
            raise failure
        raise MismatchError(expected, value)

    return structure_union


def _type_name(form: Any) -> str:
    if form is NoneType:
        return "null"
    arguments = ", ".join(_type_name(argument) for argument in get_args(form))
    name = getattr(get_origin(form) or form, "__name__", str(form))
    return f"{name}[{arguments}]" if arguments else name


def _overlap(member: Any, value: dict[str, Any]) -> int:
    cls: Any = get_origin(member) or member
    return len(value.keys() & set(wire_names(cls).values())) if attrs.has(cls) else -1


def _tag_of(form: Any) -> Tag | None:
    if get_origin(form) is not Annotated:
        return None
    return next((mark for mark in get_args(form)[1:] if isinstance(mark, Tag)), None)


def _tagged_hook(form: Any, converter: Converter) -> Hook:
    tag = _tag_of(form)
    assert tag is not None
    by_value: dict[Any, tuple[Any, Hook]] = {}
    for member in get_args(get_args(form)[0]):
        hints = get_type_hints(member)
        attribute = next((name for name, wire in wire_names(member).items() if wire == tag.name), None)
        values = get_args(hints[attribute]) if attribute and get_origin(hints[attribute]) is Literal else ()
        if not values:
            raise TypeError(f"{member.__name__} has no field {tag.name!r} with a Literal type to be told apart by")
        for value in values:
            by_value[value] = (member, converter.get_structure_hook(member))

    def structure_tagged(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError("an object", value)
        found = value.get(tag.name)
        if not isinstance(found, str | int) or found not in by_value:
            raise ValueError(f"{tag.name!r} is {found!r}, none of {sorted(map(str, by_value))}")
        member, hook = by_value[found]
        return hook(value, member)

    return structure_tagged


def _make_converter(*, detailed: bool) -> Converter:
    converter: Any = Converter(detailed_validation=detailed)
    for kind, hook in _SCALARS.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(attrs.has, _detailed_class_hook if detailed else _fast_class_hook)
    converter.register_structure_hook_factory(_is_list, _list_hook)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_factory(is_any_set, _set_hook)
    converter.register_structure_hook_factory(is_mapping, _mapping_hook)
    converter.register_structure_hook_factory(_is_union, _union_hook)
    converter.register_structure_hook_factory(lambda form: _tag_of(form) is not None, _tagged_hook)
    return cast("Converter", converter)


def _is_tuple(form: Any) -> bool:
    return get_origin(form) is tuple


def _is_list(form: Any) -> bool:
    origin: Any = get_origin(form) or form
    return isinstance(origin, type) and issubclass(origin, Sequence) and not issubclass(origin, str | bytes | tuple)


_fast = _make_converter(detailed=False)
_detailed = _make_converter(detailed=True)


def structure_hook(form: Any, *, detailed: bool) -> Hook:
    """The function that builds this type from parsed JSON; with ``detailed`` its errors tell the place."""
    return (_detailed if detailed else _fast).get_structure_hook(form)


# --- where it failed ------------------------------------------------------------------------------------------------


def locate(error: BaseException) -> tuple[str, str]:
    """The path of the first failure inside a detailed error, in the wire's names, and the reason there."""
    path = ""
    while True:
        if isinstance(error, ClassValidationError):
            inner, attribute = next(iter(error.group_exceptions()[0]), (None, None))
            if inner is None or attribute is None:
                return path, _reason(error.exceptions[0])
            name = wire_names(get_origin(error.cl) or error.cl).get(attribute.name, attribute.name)
            path += f".{name}" if path else name
            error = inner
        elif isinstance(error, IterableValidationError):
            inner, place = next(iter(error.group_exceptions()[0]), (None, None))
            if inner is None or place is None:
                return path, _reason(error.exceptions[0])
            path += f"[{place.index!r}]"
            error = inner
        else:
            return path, _reason(error)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "it is missing"
    return str(error) or type(error).__name__
