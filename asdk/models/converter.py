"""The cattrs converters: strict scalars, wire names, unions. Imported by `asdk.models.decoding` on first use.

cattrs coerces by default (``str(5)``, ``list("abc")``, ``"None"`` for null). Here each JSON value must have the type
that the model declares, so that a mismatch is an error and never a wrong value.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, EnumType
from functools import cache
from inspect import isclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NewType,
    NoReturn,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import attrs
from cattrs import Converter
from cattrs.cols import is_any_set, list_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override
from typing_extensions import is_typeddict

from asdk.models.codegen import StructureHook, generate_structure_fn
from asdk.models.declaration import Tag, wire_names
from asdk.secret import Secret


class MismatchError(ValueError):
    """A JSON value that does not have the expected type."""

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
            time = datetime.fromisoformat(value)
        except ValueError:
            raise MismatchError("a date and time in ISO 8601", value) from None
        # A server that omits the time zone means UTC far more often than the client's time zone.
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    raise MismatchError("a date and time in ISO 8601", value)


def _from_text(parse: Callable[[str], Any], expected: str) -> StructureHook:
    def structure(value: Any, _: Any) -> Any:
        if value.__class__ is str:
            try:
                return parse(value)
            except (ValueError, ArithmeticError):
                pass
        raise MismatchError(expected, value)

    return structure


def _structure_secret(value: Any, _: Any) -> Secret:
    if value.__class__ is str:
        return Secret(value)
    raise ValueError("expected a string, found another type (not shown, since it may be secret)")


def _structure_decimal(value: Any, _: Any) -> Decimal:
    decimal: Decimal = _structure_decimal_text(str(value) if value.__class__ in (int, float) else value, _)
    return decimal


_structure_decimal_text = _from_text(Decimal, "a decimal number")

_SCALARS: dict[Any, StructureHook] = {
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
    Secret: _structure_secret,
}


def _enum_hook(tp: Any) -> StructureHook:
    value_types = {type(member.value) for member in tp}

    def structure_enum(value: Any, _: Any) -> Any:
        # True, 1 and 1.0 are equal in Python.
        if value.__class__ in value_types or value.__class__ not in (bool, int, float):
            try:
                return tp(value)
            except (ValueError, TypeError):
                pass
        raise MismatchError(f"a {tp.__name__}", value)

    return structure_enum


def _literal_values(tp: Any) -> dict[Any, Any]:
    """Return the values of a ``Literal`` by their JSON form, which for an enum member is its value."""
    return {value.value if isinstance(value, Enum) else value: value for value in get_args(tp)}


def _literal_hook(tp: Any, _: Converter) -> StructureHook:
    known = {(type(wire), wire): value for wire, value in _literal_values(tp).items()}
    expected = " or ".join(repr(wire) for _, wire in known)

    def structure_literal(value: Any, _: Any) -> Any:
        try:
            return known[value.__class__, value]
        except (KeyError, TypeError):
            raise MismatchError(expected, value) from None

    return structure_literal


# --- objects, arrays, unions ----------------------------------------------------------------------------------------


# The classes whose functions this thread is generating. The hook for a type that contains one of them, as in a
# recursive model, is looked up on first use.
_generating = threading.local()


def _fast_class_hook(cls: Any, converter: Converter) -> StructureHook:
    if (
        get_origin(cls) is not None
        or issubclass(cls, Generic)
        or any(_needs_self(a.default) for a in attrs.fields(cls))
    ):
        # Rare. cattrs handles type variables, and defaults that depend on the instance.
        return _detailed_class_hook(cls, converter)
    classes: set[Any] = _generating.__dict__.setdefault("classes", set())

    def hook_for(tp: Any) -> StructureHook:
        if classes.isdisjoint(_parts(tp)):
            return converter.get_structure_hook(tp)
        get_hook: Callable[[], StructureHook] = cache(lambda: converter.get_structure_hook(tp))
        return lambda value, value_type: get_hook()(value, value_type)

    classes.add(cls)
    try:
        return generate_structure_fn(cls, hook_for, lambda found: MismatchError("an object", found))
    finally:
        classes.discard(cls)


def _parts(tp: Any) -> list[Any]:
    """Return the classes that a type consists of."""
    if isinstance(tp, type) and get_origin(tp) is None:
        return [tp]
    return [part for argument in get_args(tp) for part in _parts(argument)]


def _needs_self(default: Any) -> bool:
    return isinstance(default, attrs.Factory) and default.takes_self  # type: ignore[arg-type]


def _detailed_class_hook(cls: Any, converter: Converter) -> StructureHook:
    names: dict[str, Any] = {name: override(rename=wire) for name, wire in _wire_names(cls).items() if wire != name}
    structure: Callable[..., Any] = make_dict_structure_fn(cls, converter, **names)
    return _guarded("an object", dict, structure)


def _typed_dict_hook(tp: Any, converter: Converter) -> StructureHook:
    return _guarded("an object", dict, converter.gen_structure_typeddict(tp))


def _wire_names(tp: Any) -> dict[str, str]:
    """Return the wire name of each field of a model, dataclass or TypedDict; empty for other types."""
    cls: Any = get_origin(tp) or tp
    if attrs.has(cls):
        return wire_names(cls)
    if dataclasses.is_dataclass(cls):
        return {field.name: field.name for field in dataclasses.fields(cls)}
    return {name: name for name in cls.__annotations__} if is_typeddict(cls) else {}


def _guarded(expected: str, json_type: type, structure: StructureHook) -> StructureHook:
    def structure_container(value: Any, tp: Any) -> Any:
        if value.__class__ is not json_type:
            raise MismatchError(expected, value)
        return structure(value, tp)

    return structure_container


def _list_hook(tp: Any, converter: Converter) -> StructureHook:
    # Sequence[X] and Iterable[X] are read as list[X].
    as_list: Any = list[(get_args(tp) or (Any,))[0]]  # type: ignore[misc]
    return _guarded("an array", list, list_structure_factory(as_list, converter))


def _tuple_hook(tp: Any, converter: Converter) -> StructureHook:
    items = (Any, ...) if tp is tuple else get_args(tp)
    if len(items) == 2 and items[1] is Ellipsis:
        as_list = _list_hook(list[items[0]], converter)  # type: ignore[valid-type]
        return lambda value, _: tuple(as_list(value, _))
    hooks = [converter.get_structure_hook(item) for item in items]

    def structure_tuple(value: Any, _: Any) -> Any:
        if value.__class__ is not list or len(value) != len(hooks):
            raise MismatchError(f"an array of {len(hooks)}", value)
        return tuple(hook(item, item_type) for hook, item, item_type in zip(hooks, value, items, strict=True))

    return structure_tuple


def _set_hook(tp: Any, converter: Converter) -> StructureHook:
    as_list = _list_hook(tp, converter)
    cls = frozenset if get_origin(tp) is frozenset else set
    return lambda value, _: cls(as_list(value, _))


#: An integer key of a JSON object, where keys are strings.
_IntKey = NewType("_IntKey", int)


def _structure_int_key(value: Any, _: Any) -> int:
    if value.__class__ is str and re.fullmatch("0|-?[1-9][0-9]*", value):
        return int(value)
    raise MismatchError("an integer", value)


def _mapping_hook(tp: Any, converter: Converter) -> StructureHook:
    key: Any = (get_args(tp) or (Any,))[0]
    if key is int:
        key = _IntKey
    elif str not in _json_types(key):
        raise TypeError(f"{_type_name(key)} cannot be a key; keys of JSON objects are strings")
    return _guarded("an object", dict, mapping_structure_factory(tp, converter, key_type=key))


def _is_union(tp: Any) -> bool:
    return get_origin(tp) in (Union, UnionType)


def _json_types(tp: Any) -> tuple[type, ...]:
    """Return the JSON types that a type can be decoded from."""
    origin: Any = get_origin(tp) or tp
    if origin is Annotated or _is_union(tp):
        inner = (get_args(tp)[0],) if origin is Annotated else get_args(tp)
        return tuple(json_type for member in inner for json_type in _json_types(member))
    if origin is Literal:
        return tuple({type(wire) for wire in _literal_values(tp)})
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


def _union_hook(tp: Any, converter: Converter) -> StructureHook:
    """Return the hook for a union.

    The JSON type selects the candidates. Of several classes, the one with most keys of the object is tried first;
    otherwise the order of the union counts. A plain ``str`` is tried last: ``str | date`` and ``date | str`` are equal
    in Python, so their order cannot count.
    """
    members = get_args(tp)
    if len(members) == 2 and NoneType in members:
        (other,) = (member for member in members if member is not NoneType)
        inner = converter.get_structure_hook(other)
        if other is datetime:  # servers that store times as text may send an empty string for null
            return lambda value, _: None if value is None or value == "" else inner(value, other)
        return lambda value, _: None if value is None else inner(value, other)
    by_type: dict[type, list[tuple[Any, StructureHook]]] = {}
    for member in members:
        hook = converter.get_structure_hook(member)
        for json_type in _json_types(member):
            by_type.setdefault(json_type, []).append((member, hook))
    if int in by_type:
        # An integer is not converted to a float if the union has an int.
        by_type[int].sort(key=lambda pair: float in _json_types(pair[0]))
    if str in by_type:
        by_type[str].sort(key=lambda pair: pair[0] is str)
    expected = " or ".join(_type_name(member) for member in members)

    def structure_union(value: Any, _: Any) -> Any:
        candidates = by_type.get(value.__class__, [])
        if value.__class__ is dict:
            candidates = sorted(candidates, key=lambda pair: -_overlap(pair[0], value))
        failure: Exception | None = None
        for member, hook in candidates:
            try:
                return hook(value, member)
            except Exception as error:  # noqa: BLE001 - does not match this member; try the next
                failure = failure or error
        if len(candidates) == 1 and failure is not None:
            raise failure
        raise MismatchError(expected, value)

    return structure_union


def _type_name(tp: Any) -> str:
    if tp is NoneType:
        return "null"
    arguments = ", ".join(_type_name(argument) for argument in get_args(tp))
    name = getattr(get_origin(tp) or tp, "__name__", str(tp))
    return f"{name}[{arguments}]" if arguments else name


def _overlap(member: Any, value: dict[str, Any]) -> int:
    names = _wire_names(member)
    return len(value.keys() & set(names.values())) if names else -1


def _tag_of(tp: Any) -> Tag | None:
    if get_origin(tp) is not Annotated:
        return None
    return next((mark for mark in get_args(tp)[1:] if isinstance(mark, Tag)), None)


def _tagged_hook(tp: Any, converter: Converter) -> StructureHook:
    tag = _tag_of(tp)
    assert tag is not None
    by_value: dict[Any, tuple[Any, StructureHook]] = {}
    rest: tuple[Any, StructureHook] | None = None
    inner: Any = get_args(tp)[0]
    for member in get_args(inner) if _is_union(inner) else (inner,):
        if not attrs.has(member):
            raise TypeError(f"{_type_name(member)} cannot have a tag; use Annotated[A | B, Tag(...)] | C")
        hints = get_type_hints(member)
        attribute = next((name for name, wire in wire_names(member).items() if wire == tag.name), None)
        if attribute and hints[attribute] is str and rest is None:
            rest = (member, converter.get_structure_hook(member))
            continue
        values = get_args(hints[attribute]) if attribute and get_origin(hints[attribute]) is Literal else ()
        if not values:
            raise TypeError(
                f"{member.__name__} must have a field {tag.name!r} with a Literal type, to serve as its tag"
            )
        for value in values:
            if value in by_value:
                raise TypeError(f"{member.__name__} and {by_value[value][0].__name__} have the same tag {value!r}")
            by_value[value] = (member, converter.get_structure_hook(member))

    def structure_tagged(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError("an object", value)
        found = value.get(tag.name)
        chosen = by_value.get(found) if isinstance(found, str | int) else None
        if chosen is None and isinstance(found, str):
            chosen = rest
        if chosen is None:
            raise ValueError(f"{tag.name!r} must be one of {sorted(map(str, by_value))}, found {_describe(found)}")
        member, hook = chosen
        return hook(value, member)

    return structure_tagged


def _annotated_hook(tp: Any, converter: Converter) -> StructureHook:
    inner: Any = get_args(tp)[0]
    hook = converter.get_structure_hook(inner)
    return lambda value, _: hook(value, inner)


_LISTS = frozenset({list, Sequence, MutableSequence, Collection, Iterable})
_MAPPINGS = frozenset({dict, Mapping, MutableMapping})


def _reject(tp: Any) -> NoReturn:
    raise TypeError(f"{_type_name(tp)} cannot be decoded from JSON")


def _is_strict(cls: Any) -> bool:
    """Return True if a class is decoded strictly. cattrs would convert a number to bytes, and a string to a deque."""
    if cls in _SCALARS or cls in _LISTS or cls in _MAPPINGS or attrs.has(cls) or is_typeddict(cls):
        return True
    return issubclass(cls, tuple) or not issubclass(cls, (*_SCALARS, Sequence, Mapping))


class _Converter(Converter):
    """The converter of cattrs, except for classes that it would decode as their base class, such as a string enum."""

    def get_structure_hook(self, type: Any, cache_result: bool = True) -> StructureHook:
        if type is None or type is object:
            type = NoneType if type is None else Any
        cls = get_origin(type) or type
        if isinstance(cls, EnumType):
            return _enum_hook(cls)
        if isclass(cls) and not _is_strict(cls):
            _reject(cls)
        return super().get_structure_hook(type, cache_result)


def _make_converter(*, detailed: bool) -> Converter:
    converter: Any = _Converter(detailed_validation=detailed, structure_fallback_factory=_reject)
    for scalar, hook in {**_SCALARS, _IntKey: _structure_int_key}.items():
        converter.register_structure_hook(scalar, hook)
    factories: list[tuple[Callable[[Any], bool], Callable[..., StructureHook]]] = [
        (attrs.has, _detailed_class_hook if detailed else _fast_class_hook),
        (lambda tp: dataclasses.is_dataclass(_origin(tp)), _detailed_class_hook),
        (lambda tp: _origin(tp) in _LISTS, _list_hook),
        (lambda tp: _origin(tp) is tuple, _tuple_hook),
        (is_any_set, _set_hook),
        (lambda tp: _origin(tp) in _MAPPINGS, _mapping_hook),
        (is_typeddict, _typed_dict_hook),
        (lambda tp: _origin(tp) is Literal, _literal_hook),
        (_is_union, _union_hook),
        (lambda tp: _origin(tp) is Annotated, _annotated_hook),
        (lambda tp: _tag_of(tp) is not None, _tagged_hook),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    return cast("Converter", converter)


def _origin(tp: Any) -> Any:
    return get_origin(tp) or tp


_fast = _make_converter(detailed=False)
_detailed = _make_converter(detailed=True)


def structure_hook(tp: Any, *, detailed: bool) -> StructureHook:
    """Return the hook that builds a type from parsed JSON.

    Args:
        tp: the type.
        detailed: True for the converter whose errors contain the path, as `locate` needs.
    """
    return (_detailed if detailed else _fast).get_structure_hook(tp)


# --- location of a failure ------------------------------------------------------------------------------------------


def locate(error: BaseException) -> tuple[str, str]:
    """Return the path of the first failure in a detailed error, by wire names, and its reason."""
    path = ""
    while True:
        if isinstance(error, ClassValidationError):
            inner, attribute = next(iter(error.group_exceptions()[0]), (None, None))
            if inner is None or attribute is None:
                return path, _reason(error.exceptions[0])
            name = _wire_names(error.cl).get(attribute.name, attribute.name)
            path += f".{name}" if path else name
            error = inner
        elif isinstance(error, IterableValidationError):
            inner, position = next(iter(error.group_exceptions()[0]), (None, None))
            if inner is None or position is None:
                return path, _reason(error.exceptions[0])
            path += f"[{position.index!r}]"
            error = inner
        else:
            return path, _reason(error)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return "required, but missing"
    return " ".join(str(error).split())[:300] or type(error).__name__
