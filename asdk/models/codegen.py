"""Code generation: the function that builds an attrs class from a JSON object, with type checks inlined.

`asdk.models.converter` calls this once per class, for the fast converter. Function calls per field are most of the cost
of decoding. The detailed converter, which runs only to explain a failure, uses the function of cattrs; a test checks
that both reject the same data.

For this model::

    @model
    class Study:
        accession: str
        downloads: int = field(name="downloadCount")
        released_at: datetime | None = None
        tags: list[str] = field(factory=list)
        samples: list[Sample] = field(factory=list)

the code is the following. ``hN`` is the structure hook of field N and ``tN`` its type, ``dN`` its default, ``eN`` the
type of its items, ``iN`` and ``kN`` the hook and the type of its items, and ``setN`` sets the attribute. A hook is
called only for a value that fails the inlined check: it converts the value or raises::

    def structure(data, _):
        if data.__class__ is not dict:
            raise mismatch(data)
        v0 = data['accession']
        if v0.__class__ is not str:
            v0 = h0(v0, t0)
        v1 = data['downloadCount']
        if v1.__class__ is not int:
            v1 = h1(v1, t1)
        v2 = data.get('released_at', MISSING)
        if v2 is MISSING:
            v2 = d2
        elif v2 is not None:
            v2 = (h2(v2, t2) if v2.__class__ is not str
                else None if not v2
                else time if (time := fromisoformat(v2)).tzinfo is not None
                else h2(v2, t2))
        v3 = data.get('tags', MISSING)
        if v3 is MISSING:
            v3 = d3.factory()
        elif not (v3.__class__ is list and {x.__class__ for x in v3} <= e3):
            v3 = h3(v3, t3)
        v4 = data.get('samples', MISSING)
        if v4 is MISSING:
            v4 = d4.factory()
        else:
            v4 = [i4(x, k4) for x in v4] if v4.__class__ is list else h4(v4, t4)
        made = new(cls)
        set0(made, v0)
        set1(made, v1)
        set2(made, v2)
        set3(made, v3)
        set4(made, v4)
        return made
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs

from asdk.models.declaration import is_direct, wire_names
from asdk.models.scalars import StructureHook
from asdk.models.type_forms import accepts_null, empty_values, is_open_literal

#: Returns the structure hook for a type.
HookFor: TypeAlias = Callable[[Any], StructureHook]

_MISSING = object()
_INFINITY: Final = float("inf")

# A line break inside parentheses.
_BREAK = "\n" + 12 * " "

# Types that are checked by an exact comparison of classes.
_EXACT: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool"}


def generate_structure_fn(
    cls: Any, hook_for: HookFor, mismatch: Callable[[object], Exception], *, keeps_any: bool = True
) -> StructureHook:
    """Generate the function that builds an attrs class from a dict.

    Args:
        cls: the class.
        hook_for: returns the hook for the type of a field.
        mismatch: makes the error for a value that is not a dict.
        keeps_any: whether a value of the type `Any` is used as it is, without its hook.
    """
    source, scope = generate_source(cls, hook_for, keeps_any=keeps_any)
    scope["mismatch"] = mismatch
    exec(source, scope)
    hook: StructureHook = scope["structure"]
    return hook


def generate_source(cls: Any, hook_for: HookFor, *, keeps_any: bool = True) -> tuple[str, dict[str, Any]]:
    """Generate the source of the function, and the global names that it uses.

    Args:
        cls: the class.
        hook_for: returns the hook for the type of a field.
        keeps_any: as for `generate_structure_fn`.
    """
    types, empty = get_type_hints(cls, include_extras=True), empty_values(cls)
    scope: dict[str, Any] = {"cls": cls, "MISSING": _MISSING, "INF": _INFINITY}
    lines = ["def structure(data, _):", "    if data.__class__ is not dict:", "        raise mismatch(data)"]
    values: dict[attrs.Attribute[Any], str] = {}
    for number, (field, wire) in enumerate(zip(attrs.fields(cls), wire_names(cls).values(), strict=True)):
        if not field.init:
            continue
        value = values[field] = f"v{number}"
        tp = types.get(field.name, Any)
        condition, statement = ("", "") if tp is Any and keeps_any else _conversion(tp, value, number, scope, hook_for)
        lines += _read_field(field, wire, value, number, scope=scope, empty=empty.get(wire, ()))
        lines += _convert_field(condition, statement, has_default=field.default is not attrs.NOTHING)
    lines += _set_attributes(cls, values, scope) if is_direct(cls) else _call_constructor(values)
    return "\n".join(lines), scope


def _call_constructor(values: dict[attrs.Attribute[Any], str]) -> list[str]:
    return [f"    return cls({', '.join(f'{field.alias}={value}' for field, value in values.items())})"]


def _set_attributes(cls: Any, values: dict[attrs.Attribute[Any], str], scope: dict[str, Any]) -> list[str]:
    """Do what ``__init__`` of a frozen class does, at half the cost."""
    scope["new"] = object.__new__
    lines = ["    made = new(cls)"]
    for number, (field, value) in enumerate(values.items()):
        scope[f"set{number}"] = getattr(cls, field.name).__set__
        lines.append(f"    set{number}(made, {value})")
    return [*lines, "    return made"]


def _read_field(
    field: attrs.Attribute[Any],
    wire: str,
    value: str,
    number: int,
    *,
    scope: dict[str, Any],
    empty: tuple[str | None, ...],
) -> list[str]:
    """Read the field from the object. A missing required field is a KeyError, which the detailed converter explains."""
    if field.default is attrs.NOTHING:
        return [f"    {value} = data[{wire!r}]"]
    scope[f"d{number}"] = field.default
    default = f"d{number}.factory()" if isinstance(field.default, attrs.Factory) else f"d{number}"  # type: ignore[arg-type]
    missing = " or ".join([f"{value} is MISSING", *(f"{value} == {item!r}" for item in empty)])
    return [f"    {value} = data.get({wire!r}, MISSING)", f"    if {missing}:", f"        {value} = {default}"]


def _convert_field(condition: str, statement: str, *, has_default: bool) -> list[str]:
    """Run the conversion if the condition is true. A default is not JSON, so it is not converted."""
    if not statement:
        return []
    if has_default:  # continues the ``if`` of `_read_field`
        return [f"    elif {condition}:" if condition else "    else:", f"        {statement}"]
    return [f"    if {condition}:", f"        {statement}"] if condition else [f"    {statement}"]


def _conversion(tp: Any, value: str, number: int, scope: dict[str, Any], hook_for: HookFor) -> tuple[str, str]:
    """Return the condition under which a value needs a conversion, and the statement that converts it.

    An empty condition is always true; an empty statement means that any value is valid.
    """
    if is_open_literal(tp):
        scope[f"h{number}"], scope[f"t{number}"] = hook_for(tp), tp
        not_none = f"{value} is not None" if accepts_null(tp) else ""
        return _and(not_none, f"{value}.__class__ is not str"), f"{value} = h{number}({value}, t{number})"
    tp, optional = _unwrap_optional(tp)
    scope[f"h{number}"], scope[f"t{number}"] = hook_for(tp), tp
    call_hook = f"h{number}({value}, t{number})"
    not_none = f"{value} is not None" if optional else ""
    origin, arguments = get_origin(tp), get_args(tp)
    if tp is float:  # a float that overflows is infinite
        return _and(not_none, f"not ({value}.__class__ is float and -INF < {value} < INF)"), f"{value} = {call_hook}"
    if tp in _EXACT:
        return _and(not_none, f"{value}.__class__ is not {_EXACT[tp]}"), f"{value} = {call_hook}"
    if isinstance(tp, type) and issubclass(tp, Enum) and all(isinstance(member.value, str) for member in tp):
        scope[f"m{number}"] = tp._value2member_map_
        return not_none, f"{value} = m{number}.get({value}) or {call_hook}"
    if tp is datetime:
        scope["fromisoformat"] = datetime.fromisoformat
        # Nearly all times have a UTC offset; the hook handles the others, and invalid text.
        cases = [
            f"{call_hook} if {value}.__class__ is not str",
            *([f"None if not {value}"] if optional else []),  # an empty string is None, as in `asdk.models.converter`
            f"time if (time := fromisoformat({value})).tzinfo is not None",
            call_hook,
        ]
        return not_none, f"{value} = ({f'{_BREAK}else '.join(cases)})"
    if origin in (list, dict) and arguments[-1] in _EXACT and (len(arguments) == 1 or arguments[0] is str):
        # The list or dict was parsed for this value only, so it is used as it is if its items have the exact type.
        container, items = ("list", value) if origin is list else ("dict", f"{value}.values()")
        scope[f"e{number}"] = {arguments[-1]}
        exact = f"{value}.__class__ is {container} and {{x.__class__ for x in {items}}} <= e{number}"
        if arguments[-1] is float:
            exact += f" and INF not in {items} and -INF not in {items}"
        return _and(not_none, f"not ({exact})"), f"{value} = {call_hook}"
    if origin is list and isinstance(arguments[0], type) and attrs.has(arguments[0]):
        scope[f"i{number}"], scope[f"k{number}"] = hook_for(arguments[0]), arguments[0]
        items = f"[i{number}(x, k{number}) for x in {value}]"
        return not_none, f"{value} = {items} if {value}.__class__ is list else {call_hook}"
    return not_none, f"{value} = {call_hook}"


def _and(*conditions: str) -> str:
    return " and ".join(filter(None, conditions))


def _unwrap_optional(tp: Any) -> tuple[Any, bool]:
    """Split ``X | None`` into ``X`` and True."""
    members = get_args(tp) if get_origin(tp) in (Union, UnionType) else ()
    if len(members) == 2 and NoneType in members:
        return (members[1] if members[0] is NoneType else members[0]), True
    return tp, False
