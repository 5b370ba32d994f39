"""The converters: the JSON that each type accepts and rejects, for the fast and the detailed converter."""

# No `from __future__ import annotations` here: only annotations in quotes are forward references.

import dataclasses
import json
from collections import Counter, OrderedDict, UserList, defaultdict, deque
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
)
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag, StrEnum
from ipaddress import IPv4Address
from typing import (  # noqa: UP035 - the deprecated aliases are supported too
    Annotated,
    Any,
    Dict,
    Final,
    Generic,
    List,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Protocol,
    Tuple,
    TypedDict,
    TypeVar,
    Union,
    cast,
)
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import ConfigurationError, DecodeError
from asdk.models.converter import detailed_hook, exact_hook
from asdk.models.declaration import OpenEnum, Tag, Unknown, field, model, tagged
from asdk.models.decoding import decoder_for
from asdk.models.encoding import encode_json
from asdk.secret import Secret

T = TypeVar("T")
REJECTED = object()


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Mode(StrEnum):
    FAST = "fast"


class OldMode(str, Enum):  # noqa: UP042 - the form before Python 3.11
    FAST = "fast"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


class Mixed(Enum):
    ONE = 1
    TEXT = "text"
    NOTHING = None


class Bits(IntFlag):
    A = 1
    B = 2


class Status(OpenEnum):
    DONE = "done"


@model
class A:
    a: int
    x: int = 0


@model
class B:
    b: int
    x: int = 0


@model
class AC:
    a: int
    c: int = 0


@dataclasses.dataclass
class Card:
    number: int
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Loose:
    a: int = 0


class Point(NamedTuple):
    x: int
    label: str


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


UserId = NewType("UserId", int)


def value_of(tp: Any, data: Any) -> Any:
    """Return the result of both converters, which must agree."""
    results = []
    for detailed in (False, True):
        try:
            results.append((detailed_hook if detailed else exact_hook)(tp)(data, tp))
        except Exception:
            results.append(REJECTED)
    fast, slow = results
    assert type(fast) is type(slow)
    assert fast == slow
    if fast is REJECTED:
        with pytest.raises(DecodeError):
            decoder_for(tp).from_data(data)
    return fast


EVERY_KIND: list[Any] = [None, True, False, 0, 1, -1, 1.5, 1.0, "", "a", "1", [], [1], ["a"], {}, {"a": 1}]


@pytest.mark.parametrize(
    ("tp", "taken"),
    [
        (str, ["", "a", "1"]),
        (int, [0, 1, -1, 1.0]),
        (float, [0, 1, -1, 1.5, 1.0]),
        (bool, [True, False]),
        (None, [None]),
        (type(None), [None]),
        (Any, EVERY_KIND),
        (object, EVERY_KIND),
        (list, [[], [1], ["a"]]),
        (list[Any], [[], [1], ["a"]]),
        (list[int], [[], [1]]),
        (dict, [{}, {"a": 1}]),
        (dict[str, str], [{}]),
        (tuple, [[], [1], ["a"]]),
        (tuple[int, ...], [[], [1]]),
        (tuple[int], [[1]]),
        (tuple[()], [[]]),
        (set, [[], [1], ["a"]]),
        (frozenset[str], [[], ["a"]]),
        (Color, []),
        (Mixed, [None, 1]),
        (Level, [0, 1]),
        (Literal["a", 1], ["a", 1]),
        (Literal[True], [True]),
        (Literal[0], [0]),
        (Literal[None], [None]),
        (Decimal, [0, 1, -1, 1.5, 1.0, "1"]),
        (Secret, ["", "a", "1"]),
        (UserId, [0, 1, -1, 1.0]),
        (A, [{"a": 1}]),
        (Card, []),
        (Loose, [{}, {"a": 1}]),
        (Movie, []),
        (Point, []),
        (int | None, [None, 0, 1, -1, 1.0]),
        (int | str, [0, 1, -1, "", "a", "1"]),
        (bool | str, [True, False, "", "a", "1"]),
        (list[int] | int, [0, 1, -1, [], [1]]),
        (Annotated[int, "doc"], [0, 1, -1, 1.0]),
    ],
    ids=str,
)
def test_each_type_accepts_only_its_own_json_type(tp: Any, taken: list[Any]) -> None:
    found = [data for data in EVERY_KIND if value_of(tp, data) is not REJECTED]
    assert [(type(data), data) for data in found] == [(type(data), data) for data in EVERY_KIND if _in(data, taken)]


def _in(data: Any, taken: list[Any]) -> bool:
    return any(type(data) is type(other) and data == other for other in taken)


@pytest.mark.parametrize(
    ("tp", "data", "value"),
    [
        (int, 5.0, 5),
        (float, 5, 5.0),
        (datetime, "2025-01-02T03:04:05Z", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime, "2025-01-02T03:04:05.5+02:00", datetime(2025, 1, 2, 1, 4, 5, 500_000, UTC)),
        (datetime, "2025-01-02T03:04:05", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime, "2025-01-02", datetime(2025, 1, 2, tzinfo=UTC)),
        (datetime | None, "", None),
        (date, "2025-01-02", date(2025, 1, 2)),
        (time, "03:04", time(3, 4)),
        (UUID, "00000000-0000-0000-0000-000000000001", UUID(int=1)),
        (Decimal, "1.10", Decimal("1.10")),
        (Decimal, 0.1, Decimal("0.1")),
        (Secret, "a", Secret("a")),
        (Color, "red", Color.RED),
        (Mode, "fast", Mode.FAST),
        (OldMode, "fast", OldMode.FAST),
        (Level, 1, Level.HIGH),
        (Bits, 3, Bits.A | Bits.B),
        (Status, "done", Status.DONE),
        (Status, "new", Status("new")),
        (Literal[Color.RED, 5], "red", Color.RED),
        (list[Status], ["done", "new"], [Status.DONE, Status("new")]),
        (Sequence[int], [1], [1]),
        (MutableSequence[int], [1], [1]),
        (Collection[int], [1], [1]),
        (Iterable[int], [1], [1]),
        (List[int], [1], [1]),  # noqa: UP006
        (tuple[int, str], [1, "a"], (1, "a")),
        (Tuple[int, ...], [1], (1,)),  # noqa: UP006
        (set[int], [1, 1], {1}),
        (frozenset[int], [1], frozenset({1})),
        (AbstractSet[int], [1], {1}),
        (Mapping[str, int], {"a": 1}, {"a": 1}),
        (MutableMapping[str, int], {"a": 1}, {"a": 1}),
        (Dict[str, int], {"a": 1}, {"a": 1}),  # noqa: UP006
        (dict[int, str], {"1": "a", "-2": "b", "0": "c"}, {1: "a", -2: "b", 0: "c"}),
        (dict[UUID, int], {"00000000-0000-0000-0000-000000000001": 1}, {UUID(int=1): 1}),
        (dict[Color, int], {"red": 1}, {Color.RED: 1}),
        (dict[Status, int], {"new": 1}, {Status("new"): 1}),
        (dict[Any, int], {"a": 1}, {"a": 1}),
        (Point, [1, "a"], Point(1, "a")),
        (Movie, {"title": "a"}, {"title": "a"}),
        (Card, {"number": 1, "tags": ["a"], "new": 1}, Card(1, ["a"])),
        (Optional[Card], {"number": 1}, Card(1)),  # noqa: UP045
        (Union[int, None], None, None),  # noqa: UP007
    ],
    ids=str,
)
def test_json_is_converted_to_the_exact_type(tp: Any, data: Any, value: Any) -> None:
    made = value_of(tp, data)
    assert made == value
    assert type(made) is type(value)
    if isinstance(made, list | dict | set | frozenset | tuple):
        assert [type(item) for item in made] == [type(item) for item in value]


@pytest.mark.parametrize(
    ("tp", "data"),
    [
        (datetime, 0),
        (datetime, "yesterday"),
        (datetime, ""),
        (datetime | None, " "),
        (datetime, "2025-13-01T00:00:00Z"),
        (datetime, "2025-01-01T00:00:00+25:00"),
        (datetime, "\ud800"),
        (date, "2025-01-02T00:00:00"),
        (time, "25:00"),
        (UUID, "1"),
        (Decimal, "one"),
        (int, float("inf")),
        (float, 10**400),
        (Color, "green"),
        (Mode, "slow"),
        (OldMode, "slow"),
        (Level, 2),
        (Level, True),
        (Level, 1.0),
        (Level, "1"),
        (Status, None),
        (Literal["a"], "b"),
        (Literal[1], True),
        (Literal[1], 1.0),
        (Literal[True], 1),
        (dict[int, str], {"01": "a"}),
        (dict[int, str], {"+1": "a"}),
        (dict[int, str], {"1_0": "a"}),
        (dict[int, str], {"1.0": "a"}),
        (dict[int, str], {"٣": "a"}),
        (dict[int, str], {"-0": "a"}),
        (dict[UUID, int], {"a": 1}),
        (dict[Color, int], {"green": 1}),
        (set[Any], [{}]),
        (tuple[int, str], [1]),
        (tuple[int, str], [1, "a", 2]),
        (tuple[int, str], ["a", 1]),
        (tuple, "ab"),
        (Point, {"x": 1, "label": "a"}),
        (Point, [1]),
        (Point, "ab"),
        (Movie, {"title": 5}),
        (Movie, {"year": 5}),
        (Movie, []),
        (Card, {"number": "1"}),
        (Card, {"tags": []}),
        (Loose, []),
        (Loose, ""),
        (Loose, "a"),
    ],
    ids=str,
)
def test_invalid_json_values_are_rejected(tp: Any, data: Any) -> None:
    assert value_of(tp, data) is REJECTED


@pytest.mark.parametrize(
    ("tp", "data", "path"),
    [
        (Card, {"number": "x"}, "number"),
        (Card, {}, "number"),
        (Card, {"number": 1, "tags": ["a", 2]}, "tags[1]"),
        (Movie, {"title": 5}, "title"),
        (Color, "green", ""),
        (Literal["a", 1], "b", ""),
        (dict[int, str], {"x": "a"}, "['x']"),
        (list[A | None], [None, {"a": None}], "[1].a"),
    ],
)
def test_an_error_has_the_path_in_every_kind_of_class(tp: Any, data: Any, path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decoder_for(tp).from_data(data)
    assert caught.value.path == path


def test_a_value_of_the_wrong_type_for_a_secret_is_not_shown() -> None:
    with pytest.raises(DecodeError) as caught:
        decoder_for(Secret).from_data(12345678)
    assert "1234" not in str(caught.value)


class Text(str):
    pass


class Number(int):
    pass


class Proto(Protocol):
    a: int


@pytest.mark.parametrize(
    "tp",
    [
        bytearray,
        memoryview,
        timedelta,
        complex,
        range,
        type,
        deque[int],
        Counter[str],
        OrderedDict[str, int],
        defaultdict[str, int],
        UserList[int],
        Iterator[int],
        IPv4Address,
        Text,
        Number,
        Proto,
        T,
        dict[float, int],
        dict[bool, int],
        dict[Level, int],
        dict[A, int],
        list[bytes],
        int | bytes,
        dict[str, bytes],
    ],
    ids=str,
)
def test_an_ambiguous_type_is_rejected_when_its_decoder_is_made(tp: Any) -> None:
    with pytest.raises(ConfigurationError, match="cannot decode"):
        decoder_for(tp)


# --- classes in all their types -------------------------------------------------------------------------------------


@model
class Node:
    name: str
    children: "list[Node]" = field(factory=list)
    parent: "Node | None" = None
    named: "dict[str, Node]" = field(factory=dict)


@model
class Husband:
    wife: "Wife | None" = None


@model
class Wife:
    husbands: "list[Husband]" = field(factory=list)
    mother: "Wife | None" = None


def test_recursive_and_mutually_recursive_classes() -> None:
    data: dict[str, Any] = {
        "name": "a",
        "children": [{"name": "b", "parent": {"name": "c"}}],
        "named": {"d": {"name": "d"}},
    }
    node = Node(name="a", children=[Node(name="b", parent=Node(name="c"))], named={"d": Node(name="d")})
    assert value_of(Node, data) == node
    data["children"][0]["parent"]["children"] = [{}]
    assert value_of(Node, data) is REJECTED
    with pytest.raises(DecodeError) as caught:
        decoder_for(Node).from_data(data)
    assert caught.value.path == "children[0].parent.children[0].name"
    assert value_of(Wife, {"husbands": [{"wife": {"mother": {}}}]}) == Wife(
        husbands=[Husband(wife=Wife(mother=Wife()))]
    )
    assert value_of(Husband, {"wife": {"husbands": [{}]}}) == Husband(wife=Wife(husbands=[Husband()]))


@model
class Page(Generic[T]):
    items: list[T]
    next: T | None = None


@model
class NodePage(Page[Node]):
    total: int = 0


@model
class Shelf:
    ints: Page[int]
    nested: Page[Page[str]] | None = None


def test_a_generic_class_is_decoded_with_its_type_arguments() -> None:
    assert value_of(Page[int], {"items": [1], "next": 2}) == Page(items=[1], next=2)
    assert value_of(Page[int], {"items": ["a"]}) is REJECTED
    assert value_of(Page[str], {"items": [1]}) is REJECTED
    assert value_of(list[Page[A]], [{"items": [{"a": 1}]}]) == [Page(items=[A(a=1)])]
    assert value_of(NodePage, {"items": [{"name": "a"}], "total": 1}) == NodePage(items=[Node(name="a")], total=1)
    assert value_of(NodePage, {"items": [1]}) is REJECTED
    data = {"ints": {"items": [1]}, "nested": {"items": [{"items": ["a"]}]}}
    assert value_of(Shelf, data) == Shelf(ints=Page(items=[1]), nested=Page(items=[Page(items=["a"])]))
    with pytest.raises(ConfigurationError):
        decoder_for(Page)


def test_a_subclass_has_the_fields_of_its_base() -> None:
    @model
    class Child(A):
        y: str = "y"

    class Plain(A):
        pass

    assert value_of(Child, {"a": 1, "y": "z"}) == Child(a=1, y="z")
    assert value_of(Child, {"y": "z"}) is REJECTED
    assert value_of(Plain, {"a": 1}) == Plain(a=1)


def test_a_class_with_validators_and_hooks_is_built_by_its_constructor() -> None:
    @model
    class Range:
        low: int
        high: int = attrs.field(default=9, validator=attrs.validators.lt(10))
        size: int = attrs.field(converter=abs, default=0)
        middle: float = attrs.field(init=False, default=0.5)

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("upside down")

    assert value_of(Range, {"low": 1, "size": -3, "middle": 7}) == Range(low=1, size=3)
    assert value_of(Range, {"low": 8, "high": 2}) is REJECTED
    assert value_of(Range, {"low": 8, "high": 12}) is REJECTED


def test_a_default_may_depend_on_the_instance() -> None:
    @model
    class Named:
        name: str
        title: str = field()

        @title.default  # type: ignore[attr-defined, untyped-decorator]
        def _title(self) -> str:
            return self.name.title()

    assert value_of(Named, {"name": "ada"}) == Named(name="ada", title="Ada")
    assert value_of(Named, {"name": "ada", "title": "x"}) == Named(name="ada", title="x")
    assert value_of(Named, {"name": "ada", "title": 5}) is REJECTED


def test_a_custom_new_is_called() -> None:
    @model
    class Picky:
        a: int

        def __new__(cls, **values: Any) -> "Picky":
            if values["a"] == 0:
                raise ValueError("zero")
            return super().__new__(cls)

    assert value_of(Picky, {"a": 1}) == Picky(a=1)
    assert value_of(Picky, {"a": 0}) is REJECTED


def test_unusual_wire_names() -> None:
    @model
    class Odd:
        a: int = field(name="it's")
        b: int = field(name='d"q\\', default=0)
        c: int = field(name="{x}\n", default=0)
        _private: int = 0
        class_: str = "c"

    data = {"it's": 1, 'd"q\\': 2, "{x}\n": 3, "_private": 5, "class_": "d"}
    odd: Any = Odd
    assert value_of(Odd, data) == odd(a=1, b=2, c=3, private=5, class_="d")
    assert value_of(Odd, {**data, "{x}\n": "4"}) is REJECTED


def test_annotated_and_final_annotations() -> None:
    @model
    class Documented:
        a: Annotated[int, "doc"]
        b: Final[str] = "b"
        c: Annotated[list[Annotated[Level, 1]], "doc", 5] = field(factory=list)

    assert value_of(Documented, {"a": 1, "b": "x", "c": [1]}) == Documented(a=1, b="x", c=[Level.HIGH])
    assert value_of(Documented, {"a": "1"}) is REJECTED


def test_a_local_model_is_decoded_if_its_annotations_resolve() -> None:
    @model
    class Inner:
        a: int

    @model
    class Outer:
        inner: list[Inner]

    @model
    class Selfish:
        more: "list[Selfish]" = field(factory=list)

    assert value_of(Outer, {"inner": [{"a": 1}]}) == Outer(inner=[Inner(a=1)])
    with pytest.raises(ConfigurationError, match="name 'Selfish' is not defined"):
        decoder_for(Selfish)


def test_fields_are_decoded_as_strictly_as_single_values() -> None:
    @model
    class Everything:
        text: str | None = None
        status: Status | None = None
        level: Level = Level.LOW
        color: Color = Color.RED
        at: datetime | None = None
        texts: list[str] = field(factory=list)
        numbers: dict[int, str] = field(factory=dict)
        floats: dict[str, float] = field(factory=dict)
        keyed: dict[UUID, str] = field(factory=dict)

    made = value_of(
        Everything,
        {
            "status": "new",
            "level": 1,
            "color": "blue",
            "at": "2025-01-01",
            "numbers": {"1": "a"},
            "floats": {"a": 1},
            "keyed": {str(UUID(int=1)): "a"},
        },
    )
    assert (made.status, made.level, made.color) == (Status("new"), Level.HIGH, Color.BLUE)
    assert not made.status.is_known
    assert made.at == datetime(2025, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
    assert (made.numbers, made.keyed) == ({1: "a"}, {UUID(int=1): "a"})
    assert [type(item) for item in made.floats.values()] == [float]
    assert value_of(Everything, {"at": ""}).at is None
    refused: list[dict[str, Any]] = [
        {"text": 5},
        {"status": 5},
        {"status": []},
        {"level": True},
        {"level": 2},
        {"color": "green"},
        {"color": {}},
        {"at": 5},
        {"texts": [None]},
        {"texts": "ab"},
        {"numbers": {"a": "b"}},
        {"floats": {"a": True}},
        {"keyed": {"a": "b"}},
    ]
    for wrong in refused:
        assert value_of(Everything, wrong) is REJECTED, wrong


# --- unions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tp", "data", "value"),
    [
        (A | list[A] | None, {"a": 1}, A(a=1)),
        (A | list[A] | None, [{"a": 1}], [A(a=1)]),
        (A | list[A] | None, None, None),
        (A | B, {"a": 1, "x": 2}, A(a=1, x=2)),
        (A | B, {"b": 1, "x": 2}, B(b=1, x=2)),
        (A | AC, {"a": 1, "c": 2}, AC(a=1, c=2)),
        (A | AC, {"a": 1, "x": 2}, A(a=1, x=2)),
        (A | AC, {"a": 1}, A(a=1)),
        (A | dict[str, int], {"q": 1}, {"q": 1}),
        (A | Any, 5, 5),
        (Card | list[Card], {"number": 1}, Card(1)),
        (Card | list[Card], [{"number": 1}], [Card(1)]),
        (Card | A, {"a": 1}, A(a=1)),
        (Card | A, {"number": 1}, Card(1)),
        (Movie | A, {"title": "a"}, {"title": "a"}),
        (int | float, 5, 5),
        (float | int, 5, 5),
        (float | int, 5.5, 5.5),
        (float | str, 5, 5.0),
        (bool | int, 1, 1),
        (int | bool, True, True),
        (Decimal | int, 5, 5),
        (Level | str, 1, Level.HIGH),
        (Level | list[Level], 0, Level.LOW),
        (Mode | int, "fast", Mode.FAST),
        (Color | int, 5, 5),
        (Status | int, "any", Status("any")),
        (Literal["a"] | int, 5, 5),
        (Literal[Color.RED] | int, "red", Color.RED),
        (datetime | str, "2025-01-02", datetime(2025, 1, 2, tzinfo=UTC)),
        (datetime | str, "soon", "soon"),
        (UUID | int, str(UUID(int=1)), UUID(int=1)),
        (list[int] | list[str], ["a"], ["a"]),
        (tuple[int, str] | str, [1, "a"], (1, "a")),
        (set[int] | int, [1], {1}),
        (Iterable[int] | int, [1], [1]),
        (object | None, 5, 5),
    ],
    ids=str,
)
def test_a_union_selects_the_matching_member(tp: Any, data: Any, value: Any) -> None:
    made = value_of(tp, data)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("tp", "data", "path"),
    [
        (A | list[A] | None, 5, ""),
        (A | list[A] | None, {"a": "x"}, "a"),
        (A | list[A] | None, [{"a": 1}, {}], "[1].a"),
        (A | B, {"x": 1}, ""),
        (int | str, True, ""),
        (int | str, None, ""),
        (Level | str, 5, ""),
        (Color | int, "green", ""),
        (list[int] | list[str], [1, "a"], ""),
    ],
    ids=str,
)
def test_a_union_without_a_matching_member_is_an_error(tp: Any, data: Any, path: str) -> None:
    assert value_of(tp, data) is REJECTED
    with pytest.raises(DecodeError) as caught:
        decoder_for(tp).from_data(data)
    assert caught.value.path == path


def test_a_str_member_of_a_union_is_tried_last_in_any_order() -> None:
    # Python treats both as the same type, so the first one to be cached would decide for both.
    assert (str | date) == (date | str)
    for tp in (str | date, date | str, str | Literal["a"] | UUID):
        assert value_of(tp, "free text") == "free text"
    assert value_of(str | date, "2025-01-02") == date(2025, 1, 2)


@model
class Cat:
    kind: Literal["cat"]
    lives: int = 9


@model
class Dog:
    kind: Literal["dog", "wolf"]
    lives: int = 1


@model
class Version1:
    version: Literal[1]


@model
class Version2:
    version: Literal[2]


@model
class Zoo:
    animals: list[Annotated[Cat | Dog, Tag("kind")]]
    best: Annotated[Cat | Dog, Tag("kind")] | None = None


@model
class Leaf:
    kind: Literal["leaf"]
    value: int


@model
class Branch:
    kind: Literal["branch"]
    children: "list[Annotated[Leaf | Branch, Tag('kind')]]"


def test_a_tag_selects_the_member_of_a_union() -> None:
    tp = tagged("kind", Cat, Dog)
    assert value_of(tp, {"kind": "cat"}) == Cat(kind="cat")
    assert value_of(tp, {"kind": "wolf", "lives": 2}) == Dog(kind="wolf", lives=2)
    assert value_of(tagged("version", Version1, Version2), {"version": 2}) == Version2(version=2)
    assert value_of(Zoo, {"animals": [{"kind": "dog"}], "best": {"kind": "cat"}}) == Zoo(
        animals=[Dog(kind="dog")], best=Cat(kind="cat")
    )
    tree = {"kind": "branch", "children": [{"kind": "leaf", "value": 1}, {"kind": "branch", "children": []}]}
    assert value_of(tagged("kind", Leaf, Branch), tree) == Branch(
        kind="branch", children=[Leaf(kind="leaf", value=1), Branch(kind="branch", children=[])]
    )


@model
class Animal:
    kind: str


def test_one_class_may_accept_all_other_tags() -> None:
    tp = tagged("kind", Cat, Animal, Dog)
    assert value_of(tp, {"kind": "wolf"}) == Dog(kind="wolf")
    assert value_of(tp, {"kind": "cow", "horns": 2}) == Animal(kind="cow")
    for data in ({}, {"kind": None}, {"kind": 7}, {"kind": ["cat"]}):
        assert value_of(tp, data) is REJECTED


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"kind": "cow"}, ""),
        ({"kind": "x" * 1000}, ""),
        ({"kind": {}}, ""),
        ({}, ""),
        ([], ""),
        ({"kind": "cat", "lives": "x"}, "lives"),
    ],
)
def test_an_unknown_tag_is_an_error(data: Any, path: str) -> None:
    tp = tagged("kind", Cat, Dog)
    assert value_of(tp, data) is REJECTED
    with pytest.raises(DecodeError) as caught:
        decoder_for(tp).from_data(data)
    assert caught.value.path == path
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("tp", "names"),
    [
        (Annotated[Cat | A, Tag("kind")], r"\bA\b.*'kind'"),
        (Annotated[Cat | Dog | None, Tag("kind")], "null"),
        (Annotated[Cat | dict[str, int], Tag("kind")], r"dict\[str, int\]"),
        (Annotated[Dog | Branch | Dog, Tag("lives")], "Dog.*'lives'"),
        (Annotated[Cat | Zoo, Tag("kind")], "Zoo.*'kind'"),
    ],
    ids=str,
)
def test_a_tagged_union_of_classes_without_the_tag_is_rejected(tp: Any, names: str) -> None:
    with pytest.raises(ConfigurationError, match=names):
        decoder_for(tp)


def test_two_classes_for_all_other_tags_are_rejected() -> None:
    @model
    class Plant:
        kind: str

    with pytest.raises(ConfigurationError, match=r"Plant.*'kind'"):
        decoder_for(tagged("kind", Cat, Animal, Plant))


def test_two_classes_with_the_same_tag_are_rejected() -> None:
    @model
    class Lion:
        kind: Literal["cat"]

    with pytest.raises(ConfigurationError, match=r"Lion and Cat.*'cat'"):
        decoder_for(tagged("kind", Cat, Lion))


# --- texts that look like values --------------------------------------------------------------------------------------

STOLEN = [
    (time, ["10", "1030", "10:30", "20240101", "T10:30:00", "24:00:00", "103000", " 10:30:00"]),
    (date, ["20240101", "2024-W05", "2024-W05-1", "2024", "2024-1-1", "2024-01-01T00:00:00", "2024-02-30"]),
    (datetime, ["20240101", "2024-W05", "2024-W05-1T10", "20240101T000000Z", "2024", "2024-01-01T10", "1700000000"]),
    (Decimal, ["1_000", "007", "NaN", "Infinity", "sNaN", "-inf", "1e5", "1E5", "+5", ".5", "5.", " 7 ", "\u0661", ""]),
    (
        UUID,
        [
            "d41d8cd98f00b204e9800998ecf8427e",
            "{d41d8cd9-8f00-b204-e980-0998ecf8427e}",
            "urn:uuid:d41d8cd9-8f00-b204-e980-0998ecf8427e",
            "D41D8CD9-8F00-B204-E980-0998ECF8427E",
            "d41d8cd98f00-b204-e980-0998ecf8427e",
            "d41d-8cd98f00b204-e980-0998ecf8427e",
        ],
    ),
]


@pytest.mark.parametrize(("tp", "text"), [(tp, text) for tp, texts in STOLEN for text in texts], ids=str)
def test_a_union_with_str_keeps_the_text(tp: Any, text: str) -> None:
    for union in (str | tp, tp | str, str | tp | None, int | str | tp, Annotated[str, "doc"] | tp):
        assert value_of(union, text) == text
    assert value_of(list[str | tp], [text]) == [text]


@pytest.mark.parametrize(
    ("tp", "text", "value"),
    [
        (time, "10:30:00", time(10, 30)),
        (time, "10:30:00.5", time(10, 30, 0, 500_000)),
        (time, "10:30:00Z", time(10, 30, tzinfo=UTC)),
        (date, "2024-01-01", date(2024, 1, 1)),
        (datetime, "2024-01-01T10:00:00.123Z", datetime(2024, 1, 1, 10, 0, 0, 123_000, tzinfo=UTC)),
        (datetime, "2024-01-01 10:00:00+00:00", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        (Decimal, "1.10", Decimal("1.10")),
        (Decimal, "-0.00000001", Decimal("-0.00000001")),
        (UUID, "d41d8cd9-8f00-b204-e980-0998ecf8427e", UUID("d41d8cd98f00b204e9800998ecf8427e")),
    ],
    ids=str,
)
def test_a_union_with_str_takes_the_canonical_spelling(tp: Any, text: str, value: Any) -> None:
    for union in (str | tp, tp | str, tp):
        assert value_of(union, text) == value


@given(st.text(alphabet="0123456789-:.TZWe+_ ", max_size=20))
def test_a_text_that_becomes_a_date_time_or_number_is_not_lost(text: str) -> None:
    assert value_of(str | date, text) == text or str(value_of(str | date, text)) == text
    number = value_of(str | Decimal, text)
    assert (number if isinstance(number, str) else f"{number:f}") == text
    clock = value_of(str | time, text)
    assert clock == text or clock == time.fromisoformat(text)


@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (date, "20240101"),
        (date, "2024-W05-1"),
        (time, "10"),
        (time, "103000"),
        (Decimal, "1_000"),
        (Decimal, "NaN"),
        (Decimal, "  7 "),
        (Decimal, "007"),
        (UUID, "d41d8cd98f00b204e9800998ecf8427e"),
        (UUID, "{d41d8cd9-8f00-b204-e980-0998ecf8427e}"),
    ],
    ids=str,
)
def test_only_the_canonical_spelling_of_a_value_is_decoded(tp: Any, text: str) -> None:
    assert value_of(tp, text) is REJECTED


# --- the order of unions ----------------------------------------------------------------------------------------------


@model
class DayFirst:
    at: date | datetime


@model
class TimeFirst:
    at: datetime | date


UNIONS: list[tuple[Any, Any, Any, Callable[[Any], Any]]] = [
    (date | datetime, datetime | date, "2024-05-01", lambda value: value),
    (list[date | datetime], list[datetime | date], ["2024-05-01"], lambda value: value[0]),
    (dict[str, date | datetime], dict[str, datetime | date], {"a": "2024-05-01"}, lambda value: value["a"]),
    (list[list[date | datetime]], list[list[datetime | date]], [["2024-05-01"]], lambda value: value[0][0]),
    (tuple[date | datetime, int], tuple[datetime | date, int], ["2024-05-01", 1], lambda value: value[0]),
    (date | datetime | None, datetime | date | None, "2024-05-01", lambda value: value),
    (DayFirst, TimeFirst, {"at": "2024-05-01"}, lambda value: value.at),
    (list[DayFirst | None], list[TimeFirst | None], [{"at": "2024-05-01"}], lambda value: value[0].at),
    (Annotated[date | datetime, 1], Annotated[datetime | date, 2], "2024-05-01", lambda value: value),
]


@pytest.mark.parametrize(("days", "times", "data", "read"), UNIONS)
def test_the_order_of_a_union_counts_whatever_was_decoded_before(
    days: Any, times: Any, data: Any, read: Callable[[Any], Any]
) -> None:
    for _ in range(2):
        assert type(read(decoder_for(days).from_data(data))) is date
        assert type(read(decoder_for(times).from_data(data))) is datetime
        assert type(read(decoder_for(days)(json.dumps(data).encode()))) is date


def test_a_union_of_classes_has_its_own_order() -> None:
    first, second = decoder_for(A | Loose), decoder_for(Loose | A)
    assert type(first.from_data({"a": 1})) is A
    assert type(second.from_data({"a": 1})) is Loose
    assert decoder_for(A | Loose) is first


# --- recursive unions -------------------------------------------------------------------------------------------------


@model
class Left:
    child: "Left | Right | None" = None
    children: "list[Left] | list[Right]" = field(factory=list)


@model
class Right:
    child: "Left | Right | None" = None
    children: "list[Left] | list[Right]" = field(factory=list)


@pytest.mark.parametrize("name", ["child", "children"])
@pytest.mark.parametrize("broken", ["x", 5, [5], {"child": 5}])
def test_a_mismatch_below_many_unions_is_found_in_linear_time(name: str, broken: Any) -> None:
    data = broken
    for _ in range(100):
        data = {name: data if name == "child" else [data]}
    decoders: list[Callable[[Any], Any]] = [
        decoder_for(Left).from_data,
        lambda data: decoder_for(Left | Right)(json.dumps(data).encode()),
    ]
    for decode in decoders:
        for _ in range(2):
            with pytest.raises(DecodeError):
                decode(data)
    whole: Any = {}
    for _ in range(100):
        whole = {name: whole if name == "child" else [whole]}
    assert decoder_for(Left | Right).from_data(whole) == decoder_for(Left).from_data(whole)


def test_many_failed_unions_do_not_stop_a_decode() -> None:
    data = [{"x": number} for number in range(5000)]
    decoded = decoder_for(list[list[A | B] | dict[str, int]]).from_data(data)
    assert decoded == data
    assert decoder_for(list[A | Loose | Any]).from_data([{"a": "x"}] * 3000) == [{"a": "x"}] * 3000


# --- tagged unions with a rest ---------------------------------------------------------------------------------------


@model
class Fish:
    scales: int


@model
class Other:
    kind: str | None = None
    lives: int = 0


OPEN = tagged("kind", Cat | Dog, rest=Unknown)


def decoded(tp: Any, data: Any) -> Any:
    """Return the result of the decoder, with which both converters agree."""
    found = decoder_for(tp)(json.dumps(data).encode())
    assert value_of(tp, data) == found
    return found


@pytest.mark.parametrize("tag", ["bird", "", None, 7, 1.5, True, ["cat"], {"cat": 1}])
def test_an_unknown_tag_is_handed_out_with_its_data(tag: Any) -> None:
    data = {"kind": tag, "wings": [1, {"a": 2.5}]}
    unknown = decoded(OPEN, data)
    assert unknown == Unknown(tag, data)
    assert json.loads(encode_json({"x": [unknown]})) == {"x": [data]}


def test_an_object_without_a_tag_is_handed_out() -> None:
    assert decoded(OPEN, {}) == Unknown(None, {})
    assert decoded(list[Any], []) == []


def test_known_tags_of_an_open_union_have_their_classes() -> None:
    assert isinstance(decoded(OPEN, {"kind": "cat"}), Cat)
    assert isinstance(decoded(OPEN, {"kind": "dog"}), Dog)


@pytest.mark.parametrize("data", [7, "cat", None, [], True])
def test_only_an_object_is_handed_out_as_unknown(data: Any) -> None:
    with pytest.raises(DecodeError):
        decoded(OPEN, data)


def test_a_known_tag_with_wrong_members_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="lives"):
        decoded(OPEN, {"kind": "cat", "lives": "many"})


def test_a_model_of_your_own_takes_the_rest() -> None:
    tp = tagged("kind", Cat | Dog, rest=Other)
    assert decoded(tp, {"kind": "bird", "lives": 2}) == Other(kind="bird", lives=2)
    assert decoded(tp, {"lives": 2}) == Other(lives=2)


def test_a_mapping_names_tags_that_classes_do_not_declare() -> None:
    tp = tagged("type", Fish | Dog, mapping={"fish": Fish, "eel": Fish, "hound": Dog})
    assert decoded(tp, {"type": "eel", "scales": 3}) == Fish(scales=3)
    assert isinstance(decoded(tp, {"type": "hound", "kind": "dog"}), Dog)
    with pytest.raises(DecodeError, match="'eel', 'fish', 'hound'"):
        decoded(tp, {"type": "bird"})


def test_many_classes_are_one_union() -> None:
    tags = [f"e{n}" for n in range(30)]
    classes: list[Any] = [model(type(tag, (), {"__annotations__": {"type": Literal[tag]}})) for tag in tags]
    tp = tagged("type", cast("Any", Union[tuple(classes)]), rest=Unknown)  # noqa: UP007
    assert [type(decoded(tp, {"type": tag})) for tag in tags] == classes
    assert decoded(tp, {"type": "e30"}).tag == "e30"


def test_an_open_union_is_a_field() -> None:
    @model
    class Shelter:
        animals: list[Annotated[Cat | Dog | Unknown, Tag("kind", rest=Unknown)]]

    found = decoded(Shelter, {"animals": [{"kind": "cat"}, {"kind": "bird", "a": 1}]})
    assert [type(animal) for animal in found.animals] == [Cat, Unknown]
    assert found.animals[1].data == {"kind": "bird", "a": 1}


# --- open literals ---------------------------------------------------------------------------------------------------


@model
class Sized:
    size: Literal["s", "m"] | str
    other: Literal["a"] | str | None = None
    many: list[Literal["x"] | str] = field(factory=list)


@pytest.mark.parametrize("text", ["s", "m", "xxl", "", "\U0001f600"])
def test_an_open_literal_takes_any_text_as_it_is(text: str) -> None:
    data = {"size": text, "other": text, "many": [text, "x"]}
    assert decoded(Sized, data) == Sized(size=text, other=text, many=[text, "x"])
    assert decoded(Literal["s"] | str, text) == text


@pytest.mark.parametrize("value", [7, 1.5, True, ["s"], {}])
def test_an_open_literal_takes_nothing_but_text(value: Any) -> None:
    with pytest.raises(DecodeError, match="size"):
        decoder_for(Sized)(json.dumps({"size": value}).encode())
    with pytest.raises(DecodeError, match="other"):
        decoder_for(Sized)(json.dumps({"size": "s", "other": value}).encode())
    with pytest.raises(DecodeError, match="many"):
        decoder_for(Sized)(json.dumps({"size": "s", "many": [value]}).encode())


def test_an_open_literal_takes_null_only_with_none() -> None:
    assert decoded(Sized, {"size": "s", "other": None}) == Sized(size="s")
    with pytest.raises(DecodeError, match="size"):
        decoder_for(Sized)(b'{"size": null}')


class Size(Enum):
    SMALL = "s"


def test_a_literal_of_an_enum_keeps_its_members() -> None:
    tp = Literal[Size.SMALL] | str
    assert decoded(tp, "s") is Size.SMALL
    assert decoded(tp, "xl") == "xl"
