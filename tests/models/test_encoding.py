"""Encoding to JSON: supported values round-trip, and all others raise the same error."""

from __future__ import annotations

import json
from collections import UserDict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import InvalidRequestError
from asdk.models.declaration import OpenEnum, field, model
from asdk.models.decoding import decoder_for
from asdk.models.encoding import encode_json
from asdk.records.records import Records
from asdk.secret import Secret
from asdk.unset import UNSET, Unset


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Mode(StrEnum):
    FAST = "fast"


class Level(IntEnum):
    LOW = 1


class Status(OpenEnum):
    DONE = "done"


utf8 = st.text(st.characters(exclude_categories=["Cs"]))
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | utf8,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(utf8, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(data=json_data)
def test_plain_data_round_trips(data: Any) -> None:
    encoded = encode_json(data)
    assert json.loads(encoded) == data
    assert decoder_for(Any)(encoded) == data


# --- models ---------------------------------------------------------------------------------------------------------


@model(rename="camel")
class Author:
    full_name: str
    born_on: date | None = None


@model
class Book:
    isbn: UUID
    title: str = field(name="Title")
    author: Author
    price: Decimal
    status: Status
    published_at: datetime
    opens: time
    color: Color = Color.RED
    levels: list[Level] = field(factory=list)
    prices: dict[str, float] = field(factory=dict)
    tags: frozenset[str] = frozenset()
    pages: tuple[int, ...] = ()
    sequel: Book | None = None


authors = st.builds(Author, full_name=utf8, born_on=st.none() | st.dates())
books: st.SearchStrategy[Book] = st.deferred(
    lambda: st.builds(
        Book,
        isbn=st.uuids(),
        title=utf8,
        author=authors,
        price=st.decimals(allow_nan=False, allow_infinity=False),
        status=utf8.map(Status),
        published_at=st.datetimes(timezones=st.just(UTC)),
        opens=st.times(),
        color=st.sampled_from(Color),
        levels=st.lists(st.sampled_from(Level), max_size=2),
        prices=st.dictionaries(utf8, st.floats(allow_nan=False, allow_infinity=False), max_size=2),
        tags=st.frozensets(utf8, max_size=3),
        pages=st.lists(st.integers(), max_size=3).map(tuple),
        sequel=st.none() | books,
    )
)


@settings(deadline=None)
@given(book=books)
def test_a_model_round_trips(book: Book) -> None:
    again = decoder_for(Book)(encode_json(book))
    assert again == book
    assert type(again.status) is Status
    assert type(again.tags) is frozenset


def test_a_model_is_encoded_with_its_wire_names() -> None:
    assert encode_json(Author(full_name="Ada")) == b'{"fullName":"Ada","bornOn":null}'
    assert encode_json([{"by": Author(full_name="é")}]) == '[{"by":{"fullName":"é","bornOn":null}}]'.encode()


def test_an_unset_field_is_omitted() -> None:
    @model
    class Patch:
        name: str | Unset | None = UNSET
        size: int | Unset | None = UNSET

    assert encode_json(Patch(name=None)) == b'{"name":null}'
    assert encode_json([Patch()]) == b"[{}]"


@pytest.mark.parametrize("data", [UNSET, {"a": UNSET}, [UNSET], {"a": [1, UNSET]}])
def test_unset_in_plain_data_is_rejected(data: Any) -> None:
    with pytest.raises(InvalidRequestError, match="UNSET"):
        encode_json(data)


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("é\u2028", '"é\u2028"'),
        (Color.RED, '"red"'),
        (Mode.FAST, '"fast"'),
        (Level.LOW, "1"),
        (Status("new"), '"new"'),
        (datetime(2025, 1, 2, 3, 4, 5, 6, UTC), '"2025-01-02T03:04:05.000006+00:00"'),
        (datetime(2025, 1, 2, tzinfo=timezone(timedelta(hours=2))), '"2025-01-02T00:00:00+02:00"'),
        (date(2025, 1, 2), '"2025-01-02"'),
        (time(3, 4), '"03:04:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.10"), '"1.10"'),
        ((1, 2), "[1,2]"),
        ({3, 1, 2}, "[1,2,3]"),
        (frozenset({"b", "a"}), '["a","b"]'),
        ({Color.RED, Color.BLUE}, '["blue","red"]'),
        ({1, "a"}, '[1,"a"]'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (UserDict({"a": 1}), '{"a":1}'),
        (Records([1]), "[1]"),
        ({}, "{}"),
        ([], "[]"),
        ({1: "a", None: "c", False: "b", Mode.FAST: "d"}, '{"1":"a","null":"c","false":"b","fast":"d"}'),
        (10**4000, "1" + "0" * 4000),
    ],
)
def test_values_are_encoded_in_one_way(value: Any, text: str) -> None:
    assert encode_json(value) == text.encode()


class Opaque:
    def __repr__(self) -> str:
        return "s3cr3t"


def cycle() -> list[Any]:
    data: list[Any] = []
    data.append(data)
    return data


def deep() -> list[Any]:
    data: list[Any] = []
    for _ in range(100_000):
        data = [data]
    return data


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        {float("nan"): 1},
        Decimal("NaN"),
        10**5000,
        b"a",
        bytearray(b"a"),
        datetime(2025, 1, 1),
        timedelta(1),
        1j,
        (x for x in "ab"),
        deque([1]),
        "\ud800",
        {"\ud800": 1},
        {Color.RED: 1},
        {UUID(int=1): 1},
        {Secret("s3cr3t"): 1},
        {(1, 2): 1},
        Opaque(),
        Opaque,
        len,
        ...,
        cycle(),
        deep(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_unsupported_value_is_an_invalid_request(value: Any) -> None:
    for data in (value, [value], {"a": value}):
        with pytest.raises(InvalidRequestError, match="json=") as caught:
            encode_json(data)
        assert "s3cr3t" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None


strange = st.recursive(
    st.none()
    | st.text()
    | st.floats()
    | st.binary(max_size=3)
    | st.datetimes()
    | st.decimals()
    | st.sampled_from([UNSET, Color.RED, Opaque(), Secret("s3cr3t"), timedelta(1), Author(full_name="a")]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2) | st.integers() | st.floats() | st.sampled_from(Color), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(data=strange)
def test_any_value_is_encoded_or_an_invalid_request(data: Any) -> None:
    try:
        encoded = encode_json(data)
    except InvalidRequestError:
        return
    json.loads(encoded.decode())


# --- secrets --------------------------------------------------------------------------------------------------------


def test_a_secret_is_revealed_while_it_is_encoded_and_reported() -> None:
    one, other, opened = Secret("one"), Secret("two"), list[Secret]()
    assert encode_json({"a": one, "b": [other]}, opened) == b'{"a":"one","b":["two"]}'
    assert opened == [one, other]
    assert encode_json(one) == b'"one"'


def test_an_attrs_class_that_is_not_a_model_is_encoded_by_field_names() -> None:
    @attrs.define
    class Point:
        x: int
        y: int = 0

    assert encode_json(Point(1)) == b'{"x":1,"y":0}'
