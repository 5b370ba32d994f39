"""The cattrs converters: strict scalars, wire names, unions. Imported by `asdk.models.decoding` on first use.

cattrs coerces by default (``str(5)``, ``list("abc")``, ``"None"`` for null). Here each JSON value must have the type
that the model declares, so that a mismatch is an error and never a wrong value.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from enum import EnumType
from functools import cache
from inspect import isclass
from types import NoneType
from typing import Annotated, Any, Generic, Literal, NewType, NoReturn, cast, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import is_any_set, list_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override
from typing_extensions import is_typeddict

from asdk.models.codegen import generate_structure_fn
from asdk.models.parsing import ExactFloat
from asdk.models.scalars import SCALARS, MismatchError, StructureHook, structure_exact_int, to_plain
from asdk.models.type_forms import (
    depends_on_order,
    empty_values,
    fields_by_wire_name,
    is_union,
    ordered_key,
    origin_of,
    type_name,
)
from asdk.models.unions import json_types, literal_hook, tag_of, tagged_hook, union_hook


def _enum_hook(tp: Any) -> StructureHook:
    value_types = {type(member.value) for member in tp}

    def structure_enum(value: Any, _: Any) -> Any:
        value = float(value) if value.__class__ is ExactFloat else value
        # True, 1 and 1.0 are equal in Python.
        if value.__class__ in value_types or value.__class__ not in (bool, int, float):
            try:
                return tp(value)
            except (ValueError, TypeError):
                pass
        raise MismatchError(f"a {tp.__name__}", value)

    return structure_enum


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
        return generate_structure_fn(
            cls,
            hook_for,
            lambda found: MismatchError("an object", found),
            keeps_any=not cast("_Converter", converter).exact,
        )
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
    names: dict[str, Any] = {
        name: override(rename=wire) for name, wire in fields_by_wire_name(cls).items() if wire != name
    }
    structure: Callable[..., Any] = make_dict_structure_fn(cls, converter, **names)
    empty = empty_values(cls)
    if not empty:
        return _guarded("an object", dict, structure)

    def structure_without_empty(value: Any, tp: Any) -> Any:
        return structure({name: item for name, item in value.items() if item not in empty.get(name, ())}, tp)

    return _guarded("an object", dict, structure_without_empty)


def _typed_dict_hook(tp: Any, converter: Converter) -> StructureHook:
    return _guarded("an object", dict, converter.gen_structure_typeddict(tp))


def _guarded(expected: str, json_type: type, structure: StructureHook) -> StructureHook:
    def structure_container(value: Any, tp: Any) -> Any:
        if value.__class__ is not json_type:
            raise MismatchError(expected, value)
        return structure(value, tp)

    return structure_container


def _list_hook(tp: Any, converter: Converter) -> StructureHook:
    # Sequence[X] and Iterable[X] are read as list[X].
    item = (get_args(tp) or (Any,))[0]
    if item in (Any, object):
        return _guarded("an array", list, converter.get_structure_hook(Any))
    as_list: Any = list[item]  # type: ignore[valid-type]
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
    if value.__class__ is str and re.fullmatch("0|-?[1-9][0-9]{0,4000}", value):  # int() takes quadratic time
        return int(value)
    raise MismatchError("an integer", value)


def _mapping_hook(tp: Any, converter: Converter) -> StructureHook:
    key: Any = (get_args(tp) or (Any,))[0]
    if key is int:
        key = _IntKey
    elif str not in json_types(key):
        raise TypeError(f"{type_name(key)} cannot be a key; keys of JSON objects are strings")
    value = (get_args(tp) or (Any, Any))[1]
    if value in (Any, object) and key in (Any, str):
        return _guarded("an object", dict, converter.get_structure_hook(Any))
    return _guarded("an object", dict, mapping_structure_factory(tp, converter, key_type=key))


def _annotated_hook(tp: Any, converter: Converter) -> StructureHook:
    inner: Any = get_args(tp)[0]
    hook = converter.get_structure_hook(inner)
    return lambda value, _: hook(value, inner)


_LISTS = frozenset({list, Sequence, MutableSequence, Collection, Iterable})
_MAPPINGS = frozenset({dict, Mapping, MutableMapping})


def _reject(tp: Any) -> NoReturn:
    raise TypeError(f"{type_name(tp)} cannot be decoded from JSON")


def _is_strict(cls: Any) -> bool:
    """Return True if a class is decoded strictly. cattrs would convert a number to bytes, and a string to a deque."""
    if cls in SCALARS or cls in _LISTS or cls in _MAPPINGS or attrs.has(cls) or is_typeddict(cls):
        return True
    return issubclass(cls, tuple) or not issubclass(cls, (*SCALARS, Sequence, Mapping))


class _Converter(Converter):
    """The converter of cattrs, except for classes that it would decode as their base class, such as a string enum.

    Args:
        detailed: whether its errors contain the path.
        exact: whether it takes the numbers of `parse_json(exact=True)`.
    """

    def __init__(self, *, detailed: bool = False, exact: bool = False) -> None:
        self.exact = exact
        self._ordered: dict[Hashable, StructureHook] = {}
        super().__init__(detailed_validation=detailed, structure_fallback_factory=_reject)

    def get_structure_hook(self, type: Any, cache_result: bool = True) -> StructureHook:
        if type is None or type is object:
            type = NoneType if type is None else Any
        cls = get_origin(type) or type
        if isinstance(cls, EnumType):
            return _enum_hook(cls)
        if isclass(cls) and not _is_strict(cls):
            _reject(cls)
        if not depends_on_order(type):
            return super().get_structure_hook(type, cache_result)
        # The cache of cattrs would return the hook of B | A for A | B.
        key = ordered_key(type)
        hook = self._ordered.get(key)
        if hook is None:
            hook = self._ordered[key] = super().get_structure_hook(type, cache_result=False)
        return hook


def _make_converter(*, detailed: bool = False, exact: bool = False) -> Converter:
    converter: Any = _Converter(detailed=detailed, exact=exact)
    scalars = {**SCALARS, _IntKey: _structure_int_key}
    if exact:
        scalars |= {int: structure_exact_int}
        converter.register_structure_hook_func(lambda tp: tp is Any, lambda value, _: to_plain(value))
    for scalar, hook in scalars.items():
        converter.register_structure_hook(scalar, hook)
    factories: list[tuple[Callable[[Any], bool], Callable[..., StructureHook]]] = [
        (attrs.has, _detailed_class_hook if detailed else _fast_class_hook),
        (lambda tp: dataclasses.is_dataclass(origin_of(tp)), _detailed_class_hook),
        (lambda tp: origin_of(tp) in _LISTS, _list_hook),
        (lambda tp: origin_of(tp) is tuple, _tuple_hook),
        (is_any_set, _set_hook),
        (lambda tp: origin_of(tp) in _MAPPINGS, _mapping_hook),
        (is_typeddict, _typed_dict_hook),
        (lambda tp: origin_of(tp) is Literal, literal_hook),
        (is_union, union_hook),
        (lambda tp: origin_of(tp) is Annotated, _annotated_hook),
        (lambda tp: tag_of(tp) is not None, tagged_hook),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    return cast("Converter", converter)


_fast = _make_converter()
_exact = _make_converter(exact=True)
_detailed = _make_converter(detailed=True, exact=True)


def fast_hook(tp: Any) -> StructureHook:
    """Return the hook that builds a type from plain data. It raises for a float in the place of an integer."""
    return _fast.get_structure_hook(tp)


def exact_hook(tp: Any) -> StructureHook:
    """Return the hook that builds a type from data with `ExactFloat`."""
    return _exact.get_structure_hook(tp)


def detailed_hook(tp: Any) -> StructureHook:
    """Return the hook that does the same as `exact_hook` and whose errors contain the path, as `locate` needs."""
    return _detailed.get_structure_hook(tp)


# --- location of a failure ------------------------------------------------------------------------------------------


def locate(error: BaseException) -> tuple[str, str]:
    """Return the path of the first failure in a detailed error, by wire names, and its reason."""
    path = ""
    while True:
        if isinstance(error, ClassValidationError):
            inner, attribute = next(iter(error.group_exceptions()[0]), (None, None))
            if inner is None or attribute is None:
                return path, _reason(error.exceptions[0])
            name = fields_by_wire_name(error.cl).get(attribute.name, attribute.name)
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
