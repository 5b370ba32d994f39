"""Writes the function that builds one model class from a JSON object, with the checks of plain types written into it.

Called by `asdk.models.converter` for the fast converter, once a class. A
call per field is most of what decoding costs; the
detailed converter, which runs only to explain a failure, takes cattrs' own function, and a test holds that both refuse
the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from asdk.models.declaration import is_direct, wire_names

#: Builds a value from parsed JSON, given the type.
Hook: TypeAlias = Callable[[Any, Any], Any]

_MISSING = object()
_AWARE = "moment if (moment := fromisoformat({0})).tzinfo is not None else {1}({0}, {2})"
_EXACT: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool"}


def generate_structure_fn(cls: Any, hook_for: Callable[[Any], Hook], refuse: Callable[[object], Exception]) -> Hook:
    """The function that builds ``cls`` from a dict.

    Args:
        cls: a class made by attrs.
        hook_for: gives the function for the type of a field.
        refuse: makes the error for a value that is no dict.
    """
    types = get_type_hints(cls, include_extras=True)
    scope: dict[str, Any] = {"cls": cls, "refuse": refuse, "MISSING": _MISSING}
    lines = ["def structure(data, _):", "    if data.__class__ is not dict:", "        raise refuse(data)"]
    values: dict[attrs.Attribute[Any], str] = {}
    for number, (field, wire) in enumerate(zip(attrs.fields(cls), wire_names(cls).values(), strict=True)):
        if not field.init:
            continue
        value = f"v{number}"
        guard, convert = _check(types.get(field.name, Any), value, number, scope, hook_for)
        lines += _read(field, wire, value, number, scope)
        lines += _convert(guard, convert, may_be_default=field.default is not attrs.NOTHING)
        values[field] = value
    lines += _make_directly(cls, values, scope) if is_direct(cls) else _make_by_init(values)
    exec("\n".join(lines), scope)
    hook: Hook = scope["structure"]
    return hook


def _make_by_init(values: dict[attrs.Attribute[Any], str]) -> list[str]:
    return [f"    return cls({', '.join(f'{field.alias}={value}' for field, value in values.items())})"]


def _make_directly(cls: Any, values: dict[attrs.Attribute[Any], str], scope: dict[str, Any]) -> list[str]:
    """What the ``__init__`` of a frozen class does, field by field, at half its price."""
    scope["new"] = object.__new__
    lines = ["    made = new(cls)"]
    for number, (field, value) in enumerate(values.items()):
        scope[f"set{number}"] = getattr(cls, field.name).__set__
        lines.append(f"    set{number}(made, {value})")
    return [*lines, "    return made"]


def _read(field: attrs.Attribute[Any], wire: str, value: str, number: int, scope: dict[str, Any]) -> list[str]:
    """Take the field from the object; a required one that is missing is a KeyError, which the detailed pass
    explains."""
    if field.default is attrs.NOTHING:
        return [f"    {value} = data[{wire!r}]"]
    scope[f"d{number}"] = field.default
    default = f"d{number}.factory()" if isinstance(field.default, attrs.Factory) else f"d{number}"  # type: ignore[arg-type]
    return [f"    {value} = data.get({wire!r}, MISSING)", f"    if {value} is MISSING:", f"        {value} = {default}"]


def _convert(guard: str, convert: str, *, may_be_default: bool) -> list[str]:
    """Run the statement where the guard holds; a default is as the class wants it and no JSON, so it is left alone."""
    if not convert:
        return []
    if may_be_default:
        return [f"    elif {guard}:" if guard else "    else:", f"        {convert}"]
    return [f"    if {guard}:", f"        {convert}"] if guard else [f"    {convert}"]


def _check(
    kind: Any, value: str, number: int, scope: dict[str, Any], hook_for: Callable[[Any], Hook]
) -> tuple[str, str]:
    """The statement that turns the value into its type, in as few calls as can be, and when it has to run.

    The hook is called for what the plain test refuses.
    """
    inner, optional = _unwrap_optional(kind)
    if inner is Any:
        return "", ""
    hook, form = f"h{number}", f"t{number}"
    scope[hook], scope[form] = hook_for(inner), inner
    convert = f"{value} = {hook}({value}, {form})"
    guard = f"{value} is not None" if optional else ""
    items = get_args(inner)
    if inner in _EXACT:
        guard = " and ".join(filter(None, (guard, f"{value}.__class__ is not {_EXACT[inner]}")))
    elif isinstance(inner, type) and issubclass(inner, Enum) and all(isinstance(member.value, str) for member in inner):
        scope[f"m{number}"] = inner._value2member_map_
        convert = f"{value} = m{number}.get({value}) or {hook}({value}, {form})"
    elif inner is datetime:
        # Text that names its zone, which is nearly all; the rest, and what is no date, goes through the hook.
        scope["fromisoformat"] = datetime.fromisoformat
        moment = _AWARE.format(value, hook, form)
        if optional:  # an empty text is none, as in `asdk.models.converter`
            moment = f"None if not {value} else {moment}"
        convert = f"{value} = {hook}({value}, {form}) if {value}.__class__ is not str else {moment}"
    elif get_origin(inner) in (list, dict) and items[-1] in _EXACT and (len(items) == 1 or items[0] is str):
        # The list or object was parsed for this value alone, so it is taken over as it is if its items are plain.
        parsed, values = ("list", value) if get_origin(inner) is list else ("dict", f"{value}.values()")
        plain = f"{value}.__class__ is {parsed} and {{x.__class__ for x in {values}}} <= e{number}"
        scope[f"e{number}"] = {items[-1]}
        guard = " and ".join(filter(None, (guard, f"not ({plain})")))
    elif get_origin(inner) is list and isinstance(items[0], type) and attrs.has(items[0]):
        scope[f"i{number}"], scope[f"k{number}"] = hook_for(items[0]), items[0]
        each = f"[i{number}(x, k{number}) for x in {value}]"
        convert = f"{value} = {each} if {value}.__class__ is list else {hook}({value}, {form})"
    return guard, convert


def _unwrap_optional(kind: Any) -> tuple[Any, bool]:
    """``X | None`` as ``X`` and True."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    if len(members) == 2 and NoneType in members:
        return (members[1] if members[0] is NoneType else members[0]), True
    return kind, False
