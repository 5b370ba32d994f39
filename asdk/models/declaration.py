"""Declaration of models: `@model`, `field`, open enums and tagged unions.

Used by the models of all clients. A model is frozen, keyword-only and typed. It declares its wire names, which
`asdk.models.decoding` and `asdk.models.encoding` read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, cast, overload

import attrs
from typing_extensions import TypeForm, dataclass_transform

from asdk.errors import ConfigurationError

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")

#: Derives wire names from field names, for a whole class.
Rename: TypeAlias = Literal["camel", "pascal", "kebab"] | Callable[[str], str]


@overload
def field(*, default: T, name: str | None = None) -> T: ...
@overload
def field(*, factory: Callable[[], T], name: str | None = None) -> T: ...
@overload
def field(*, name: str | None = None) -> Any: ...
def field(*, default: Any = attrs.NOTHING, factory: Any = None, name: str | None = None) -> Any:
    """Declare a field of a model that needs more than a type.

    Args:
        default: the value if the field is missing. Without ``default`` and ``factory`` the field is required.
        factory: makes the default, for values that must not be shared, such as ``list``.
        name: the wire name of the field.
    """
    return attrs.field(default=default, factory=factory, metadata={"wire": name})


@overload
def model(cls: type[T], /) -> type[T]: ...
@overload
def model(*, rename: Rename | None = None, empty_as_default: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field, attrs.field))
def model(cls: type[T] | None = None, /, *, rename: Rename | None = None, empty_as_default: bool = False) -> Any:
    """Make a class a model: frozen, keyword-only, with slots, decodable from JSON and encodable to it.

    Args:
        cls: the class, if the decorator is used without parentheses.
        rename: the style of all wire names, such as ``"pascal"`` for ``ImageUrl``, or a function. The ``name`` of a
            `field` takes precedence.
        empty_as_default: whether null and ``""`` stand for the default of a field whose type does not have them as
            values, as from servers that send ``null`` for an empty list, or ``""`` for no number. Without it, they are
            a `DecodeError`.

    Raises:
        ConfigurationError: the style is unknown, or a default is mutable, such as a list.
    """

    def decorate(cls: type[T]) -> type[T]:
        if isinstance(rename, str) and rename not in _STYLES:
            raise ConfigurationError(f"rename must be one of {', '.join(_STYLES)} or a function, got {rename!r}")
        if rename is not None:
            setattr(cls, _RENAME, staticmethod(_STYLES[rename] if isinstance(rename, str) else rename))
        if empty_as_default:
            setattr(cls, _EMPTY, True)
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = _repr  # type: ignore[method-assign]  # attrs keeps an existing one
        if not hasattr(cls, "_repr_html_"):
            cls._repr_html_ = _repr_html  # type: ignore[attr-defined]
        decorated = attrs.frozen(kw_only=True)(cls)
        _check_defaults(decorated)
        plain = cls.__init__ is object.__init__ and cls.__new__ is object.__new__
        setattr(decorated, _DIRECT, plain and not any(hasattr(cls, hook) for hook in _INIT_HOOKS))
        return decorated

    return decorate if cls is None else decorate(cls)


def _check_defaults(cls: type) -> None:
    """Reject a default that all instances would share, and that could be changed in one of them."""
    for attribute in attrs.fields(cls):
        default = attribute.default
        if type(default).__hash__ is None:
            kind = type(default).__name__
            make = kind if not default else f"lambda: {default!r}"
            raise ConfigurationError(
                f"{cls.__name__}.{attribute.name} must not have a {kind} as its default, since all instances would "
                f"share it: use field(factory={make})"
            )


def _repr(self: Any) -> str:
    """Return a repr without the fields that are None: most APIs have many, and a notebook would show them all."""
    values = {a.name: getattr(self, a.name) for a in attrs.fields(type(self)) if a.repr}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)
    return f"{type(self).__name__}({shown})"


def _repr_html(self: Any) -> str:
    """Return a table of the fields, for notebooks."""
    from asdk.models.rendering import model_table

    return model_table(self)


_RENAME = "__asdk_rename__"
_EMPTY = "__asdk_empty_as_default__"
_DIRECT = "__asdk_direct__"
_INIT_HOOKS = ("__attrs_pre_init__", "__attrs_post_init__", "__attrs_init__")


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _camel(name: str) -> str:
    pascal = _pascal(name)
    return pascal[:1].lower() + pascal[1:]


_STYLES: dict[str, Callable[[str], str]] = {
    "camel": _camel,
    "pascal": _pascal,
    "kebab": lambda name: name.replace("_", "-"),
}


def _wire_names(cls: Any) -> dict[str, str]:
    rename: Callable[[str], str] = getattr(cls, _RENAME, str)
    names = {a.name: a.metadata.get("wire") or rename(a.name) for a in attrs.fields(cls)}
    if len(set(names.values())) != len(names):
        raise ConfigurationError(f"two fields of {cls.__name__} have the same wire name")
    return names


#: Returns the wire names of an attrs class by attribute name. Raises ConfigurationError if two fields have the same.
wire_names: Callable[[Any], dict[str, str]] = cache(_wire_names)


def takes_empty_as_default(cls: type) -> bool:
    """Return True if null and ``""`` stand for the defaults of a model's fields."""
    return bool(getattr(cls, _EMPTY, False))


def is_direct(cls: type) -> bool:
    """Return True if the constructor of a model only sets its fields, so that a decoder may set them directly."""
    plain = all(a.init and a.converter is None and a.validator is None for a in attrs.fields(cls))
    return plain and bool(cls.__dict__.get(_DIRECT))


class OpenEnum(StrEnum):
    """A string enum that accepts unknown values, so that a server may add one without breaking its clients.

    An unknown value behaves like a member, except that iteration does not include it and `is_known` is False.
    """

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        # Not cached in the class: a malicious server could make the cache grow without limit.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Return True if the class declares this value."""
        return self._value_ in type(self)._value2member_map_


@attrs.frozen
class Unknown:
    """An object of a tagged union with a tag that no class has, for ``rest=`` of `tagged`. It is sent back as it came.

    Attributes:
        tag: the tag, None if the object has none.
        data: the whole object as plain JSON data.
    """

    tag: Any
    data: dict[str, Any] = attrs.field(repr=False)


def _pairs(mapping: Mapping[str, type] | None) -> tuple[tuple[str, type], ...]:
    return tuple((mapping or {}).items())


@attrs.frozen
class Tag:
    """The name of the field that distinguishes the classes of a union, in ``Annotated[A | B, Tag("kind")]``.

    Each class declares this field with a ``Literal`` type, whose values are the tags of the class, unless the mapping
    names them. One class may declare it as ``str``: it then takes all other tags, including ones that a server adds
    later.

    Attributes:
        name: the wire name of the field.
        mapping: classes by tag, for tags that the classes do not declare.
        rest: the class for objects with another tag or none, such as `Unknown`; None to reject them.
    """

    name: str
    mapping: tuple[tuple[str, type], ...] = attrs.field(default=None, converter=_pairs, kw_only=True)
    rest: type | None = attrs.field(default=None, kw_only=True)


@overload
def tagged(tag: str, a: type[A], b: type[B], /) -> TypeForm[A | B]: ...
@overload
def tagged(tag: str, a: type[A], b: type[B], c: type[C], /) -> TypeForm[A | B | C]: ...
@overload
def tagged(tag: str, a: type[A], b: type[B], c: type[C], d: type[D], /) -> TypeForm[A | B | C | D]: ...
@overload
def tagged(tag: str, a: type[A], b: type[B], c: type[C], d: type[D], e: type[E], /) -> TypeForm[A | B | C | D | E]: ...
@overload
def tagged(
    tag: str, a: type[A], b: type[B], c: type[C], d: type[D], e: type[E], f: type[F], /
) -> TypeForm[A | B | C | D | E | F]: ...
@overload
def tagged(
    tag: str, a: type[A], b: type[B], c: type[C], d: type[D], e: type[E], f: type[F], g: type[G], /
) -> TypeForm[A | B | C | D | E | F | G]: ...
@overload
def tagged(tag: str, union: TypeForm[T], /, *, mapping: Mapping[str, type] | None = None) -> TypeForm[T]: ...
@overload
def tagged(
    tag: str, union: TypeForm[T], /, *, rest: type[A], mapping: Mapping[str, type] | None = None
) -> TypeForm[T | A]: ...
def tagged(
    tag: str, *classes: Any, rest: type | None = None, mapping: Mapping[str, type] | None = None
) -> TypeForm[Any]:
    """Return a union of models that the field ``tag`` distinguishes, to pass as ``model=``.

    It equals ``Annotated[A | B, Tag("kind")]``, which is the form for the annotation of a field.

    Args:
        tag: the wire name of the field.
        classes: the models, or one union of them, ``A | B | C``.
        rest: the class for objects with a tag that none of them has, or with none: `Unknown`, or a model of your own. A
            stream hands them out. Without it they are a `DecodeError`.
        mapping: classes by tag, for tags that the classes do not declare.
    """
    # The members are known only at run time, so type checkers cannot follow this.
    members = classes if rest is None else (*classes, rest)
    return cast("TypeForm[Any]", Annotated[Union[members], Tag(tag, mapping=mapping, rest=rest)])  # noqa: UP007
