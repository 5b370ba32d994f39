"""Generated functions: they accept, reject and build the same as the detailed converter."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asdk.errors import DecodeError
from asdk.models import codegen
from asdk.models.codegen import generate_source
from asdk.models.converter import detailed_hook, exact_hook
from asdk.models.declaration import OpenEnum, Tag, field, model
from asdk.models.decoding import decoder_for


class Status(OpenEnum):
    DONE = "done"
    FAILED = "failed"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


@model(rename="camel")
class Inner:
    first_name: str
    age: int | None = None


@model
class Tree:
    value: int
    trees: list[Tree] = field(factory=list)
    named: dict[str, Tree] = field(factory=dict)
    one: Tree | None = None


@model
class Cat:
    kind: Literal["cat"]
    lives: int = 9


@model
class Dog:
    kind: Literal["dog"]
    name: str = ""


text = st.text(max_size=5)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | text
    | st.sampled_from(["2025-01-01", "done"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text | st.just("1"), inner, max_size=3),
    max_leaves=4,
)
inner_data = st.fixed_dictionaries({"firstName": text}, optional={"age": st.none() | st.integers()})
tree_data: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.fixed_dictionaries(
        {"value": st.integers()},
        optional={
            "trees": st.lists(tree_data, max_size=2),
            "named": st.dictionaries(text, tree_data, max_size=1),
            "one": st.none() | tree_data,
        },
    )
)
animal = st.fixed_dictionaries(
    {"kind": st.sampled_from(["cat", "dog"])}, optional={"lives": st.integers(), "name": text}
)

#: Types, each with JSON that it accepts.
TYPES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, text),
    (int, st.integers() | st.integers(-9, 9).map(float)),
    (float, st.floats(allow_nan=False) | st.integers(-(10**20), 10**20)),
    (bool, st.booleans()),
    (Any, junk),
    (
        datetime,
        st.just("") | st.datetimes(timezones=st.none() | st.just(UTC)).map(datetime.isoformat),
    ),
    (date, st.dates().map(date.isoformat)),
    (UUID, st.uuids().map(str)),
    (Decimal, st.decimals(allow_nan=False).map(str) | st.integers()),
    (Status, text | st.sampled_from(["done", "failed"])),
    (Level, st.sampled_from([0, 1])),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (list[str], st.lists(text, max_size=3)),
    (list[float], st.lists(st.floats(allow_nan=False) | st.integers(-9, 9), max_size=3)),
    (list[Inner], st.lists(inner_data, max_size=2)),
    (list[Status | int], st.lists(text | st.integers(), max_size=2)),
    (dict[str, int], st.dictionaries(text, st.integers(), max_size=2)),
    (dict[int, str], st.dictionaries(st.integers().map(str), text, max_size=2)),
    (dict[Status, bool], st.dictionaries(text, st.booleans(), max_size=2)),
    (dict[str, list[Inner]], st.dictionaries(text, st.lists(inner_data, max_size=1), max_size=1)),
    (tuple[int, str], st.tuples(st.integers(), text).map(list)),
    (set[int], st.lists(st.integers(), max_size=3)),
    (Inner, inner_data),
    (Tree, tree_data),
    (Inner | list[Inner] | None, st.none() | inner_data | st.lists(inner_data, max_size=1)),
    (int | str, st.integers() | text),
    (Annotated[Cat | Dog, Tag("kind")], animal),
    (Annotated[list[int], "doc"], st.lists(st.integers(), max_size=2)),
]
DEFAULTS: list[Any] = [attrs.NOTHING, None, 0, attrs.Factory(list)]


@st.composite
def model_and_data(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw a model of up to four fields and JSON for it, with valid, invalid, missing and unknown members."""
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 4))):
        tp, valid = draw(st.sampled_from(TYPES))
        name, wire = f"f{number}", draw(st.sampled_from([f"f{number}", f"F {number}", f"it's {number}"]))
        annotations[name] = tp | None if draw(st.booleans()) else tp
        options: dict[str, Any] = {} if wire == name else {"name": wire}
        default: Any = draw(st.sampled_from(DEFAULTS))
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            options["factory"] = default.factory
        elif default is not attrs.NOTHING:
            options["default"] = default
        members[name] = field(**options)
        member = draw(st.sampled_from(["valid", "valid", "valid", "null", "junk", "missing"]))
        if member != "missing":
            data[wire] = None if member == "null" else draw(valid if member == "valid" else junk)
    if draw(st.booleans()):
        data["unknown"] = draw(junk)
    if draw(st.booleans()):
        members["__attrs_post_init__"] = lambda self: None  # built by its constructor
    made: Any = model(type("Made", (), {"__annotations__": annotations, **members}))
    return made, data if draw(st.integers(0, 9)) else draw(junk)


def outcome(tp: Any, data: Any, *, detailed: bool) -> Any:
    try:
        return (detailed_hook if detailed else exact_hook)(tp)(data, tp)
    except Exception:
        return DecodeError


def shape(value: Any) -> Any:
    """Return the value with the type of each part, since 1, 1.0 and True are equal in Python."""
    if attrs.has(type(value)):
        return type(value), [shape(getattr(value, a.name)) for a in attrs.fields(type(value))]
    if isinstance(value, dict):
        return dict, [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [shape(item) for item in value]
    return type(value), value


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(made=model_and_data())
def test_fast_and_detailed_converter_accept_and_reject_the_same_data(made: tuple[Any, Any]) -> None:
    tp: Any = made[0]
    data = made[1]
    types: list[tuple[Any, Any]] = [
        (tp, data),
        (list[tp], [data]),
        (tp | None, data),
        (dict[str, tp], {"k": data}),
    ]
    for kind, value in types:
        before = json.dumps(value)
        fast, slow = (outcome(kind, value, detailed=detailed) for detailed in (False, True))
        assert shape(fast) == shape(slow)
        assert json.dumps(value) == before, "decoding must not change the data"
        if fast is DecodeError:
            _assert_explained(kind, value)


def _assert_explained(tp: Any, data: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        decoder_for(tp).from_data(data)
    assert "invalid value" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@settings(deadline=None)
@given(data=tree_data)
def test_both_converters_build_the_same_recursive_model(data: Any) -> None:
    fast, slow = (hook(Tree)(data, Tree) for hook in (exact_hook, detailed_hook))
    assert fast == slow
    assert fast.value == data["value"]
    assert len(fast.trees) == len(data.get("trees", []))


@model
class Sample:
    id: str


@model
class Study:
    accession: str
    downloads: int = field(name="downloadCount")
    released_at: datetime | None = None
    tags: list[str] = field(factory=list)
    samples: list[Sample] = field(factory=list)


def test_the_docstring_shows_the_generated_code() -> None:
    source, _ = generate_source(Study, lambda tp: lambda value, _: value)
    assert textwrap.indent(source, "    ") in (codegen.__doc__ or "")


def test_a_factory_default_is_not_shared() -> None:
    one, other = (decoder_for(Tree).from_data({"value": 1}) for _ in range(2))
    assert one.trees == other.trees == []
    assert one.trees is not other.trees


def test_two_classes_of_the_same_name_have_separate_functions() -> None:
    def make(kind: Any) -> Any:
        return model(type("Same", (), {"__annotations__": {"x": kind}}))

    texts, numbers = make(str), make(int)
    assert decoder_for(texts).from_data({"x": "a"}) == texts(x="a")
    assert decoder_for(numbers).from_data({"x": 1}) == numbers(x=1)
