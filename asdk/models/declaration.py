"""How a model is written: `@model`, `field`, open enums and tagged unions.

Used by every client's ``models.py``. A model is frozen, keyword-only and typed; how the wire spells it is said here
once and read by `asdk.models.decoding` and `asdk.models.encoding`.
"""

from __future__ import annotations

from collections.abc import Callable
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

#: How field names become wire names, for a whole class.
Rename: TypeAlias = Literal["camel", "pascal", "kebab"] | Callable[[str], str]


@overload
def field(*, default: T, name: str | None = None) -> T: ...
@overload
def field(*, factory: Callable[[], T], name: str | None = None) -> T: ...
@overload
def field(*, name: str | None = None) -> Any: ...
def field(*, default: Any = attrs.NOTHING, factory: Any = None, name: str | None = None) -> Any:
    """A field of a model that needs more than a type.

    Args:
        default: the value if the wire has none; without one (and without ``factory``) the field is required.
        factory: makes the default, for a value that must not be shared, such as ``list``.
        name: how the wire spells the field.
    """
    return attrs.field(default=default, factory=factory, metadata={"wire": name})


@overload
def model(cls: type[T], /) -> type[T]: ...
@overload
def model(*, rename: Rename | None = None) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field, attrs.field))
def model(cls: type[T] | None = None, /, *, rename: Rename | None = None) -> Any:
    """Make a class a model: frozen, keyword-only, with slots, decoded from JSON and encoded to it.

    Args:
        cls: the class, when used without brackets.
        rename: the spelling of all names on the wire, such as ``"pascal"`` for ``ImageUrl``; a `field` may differ.
    """

    def decorate(cls: type[T]) -> type[T]:
        if isinstance(rename, str) and rename not in _SPELLINGS:
            raise ConfigurationError(f"there is no spelling {rename!r} of names; there is {', '.join(_SPELLINGS)}")
        if rename is not None:
            setattr(cls, _RENAME, staticmethod(_SPELLINGS[rename] if isinstance(rename, str) else rename))
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = _show  # type: ignore[method-assign]  # attrs keeps one that it finds
        made = attrs.frozen(kw_only=True)(cls)
        plain = cls.__init__ is object.__init__ and cls.__new__ is object.__new__
        setattr(made, _DIRECT, plain and not any(hasattr(cls, hook) for hook in _INIT_HOOKS))
        return made

    return decorate if cls is None else decorate(cls)


def _show(self: Any) -> str:
    """A model without the fields that are None: most APIs have many, and a notebook shows them all."""
    values = {a.name: getattr(self, a.name) for a in attrs.fields(type(self)) if a.repr}
    shown = ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)
    return f"{type(self).__name__}({shown})"


_RENAME = "__asdk_rename__"
_DIRECT = "__asdk_direct__"
_INIT_HOOKS = ("__attrs_pre_init__", "__attrs_post_init__", "__attrs_init__")


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _camel(name: str) -> str:
    pascal = _pascal(name)
    return pascal[:1].lower() + pascal[1:]


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "camel": _camel,
    "pascal": _pascal,
    "kebab": lambda name: name.replace("_", "-"),
}


def _wire_names(cls: Any) -> dict[str, str]:
    rename: Callable[[str], str] = getattr(cls, _RENAME, str)
    names = {a.name: a.metadata.get("wire") or rename(a.name) for a in attrs.fields(cls)}
    if len(set(names.values())) != len(names):
        raise ConfigurationError(f"two fields of {cls.__name__} have the same name on the wire")
    return names


#: The wire's name of each field of an attrs class, by attribute name. Raises ConfigurationError if two share one.
wire_names: Callable[[Any], dict[str, str]] = cache(_wire_names)


def is_direct(cls: type) -> bool:
    """Whether making this model does nothing but set its fields, so that a decoder may set them itself."""
    plain = all(a.init and a.converter is None and a.validator is None for a in attrs.fields(cls))
    return plain and bool(cls.__dict__.get(_DIRECT))


class OpenEnum(StrEnum):
    """An enum of strings that keeps a value it does not know: a server may add one without breaking its clients.

    An unknown value is a member in every way but two: it is not listed, and `is_known` is False.
    """

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        # Not kept in the class: a hostile server could make it grow without end.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether this value was listed when the client was written."""
        return self._value_ in type(self)._value2member_map_


@attrs.frozen
class Tag:
    """Marks a union as told apart by one of its members, inside ``Annotated[A | B, Tag("kind")]``.

    Each class of the union declares the member with a ``Literal`` type: its values are the class's tags. One class may
    declare it as ``str``: that takes every other tag, such as those that a server invents later.
    """

    name: str


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
def tagged(tag: str, *classes: type) -> TypeForm[Any]:
    """A union of models told apart by the member ``tag``, to be given as ``model=``.

    In the annotation of a field write ``Annotated[A | B, Tag("kind")]``, which is the same.
    """
    # Union[...] of a tuple that is known only now: right at run time, nothing a checker could follow.
    return cast("TypeForm[Any]", Annotated[Union[classes], Tag(tag)])  # noqa: UP007
