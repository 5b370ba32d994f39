"""The wording of the error messages of `asdk.models`. Other tests check classes and attributes only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest

from asdk.errors import AsdkError
from asdk.limits import ResponseLimits
from asdk.models.declaration import Tag, field, model, tagged
from asdk.models.decoding import decoder_for
from asdk.models.encoding import encode_json
from asdk.models.parsing import parse_json
from asdk.secret import Secret
from asdk.unset import UNSET


@model
class Item:
    id: int
    note: str = ""


@model
class Order:
    number: int = field(name="orderNumber")
    items: list[Item] = field(factory=list)


@model
class Cat:
    kind: Literal["cat"]


@model
class Lion:
    kind: Literal["cat"]


@model
class Dog:
    kind: Literal["dog"]


def decode(tp: Any, data: Any) -> Callable[[], Any]:
    return lambda: decoder_for(tp).from_data(data)


def decoder(tp: Any) -> Callable[[], Any]:
    return lambda: decoder_for(tp)


def parse(content: bytes) -> Callable[[], Any]:
    return lambda: parse_json(content)


def encode(value: Any) -> Callable[[], Any]:
    return lambda: encode_json(value)


def unknown_style() -> None:
    style: Any = "snake"
    model(rename=style)(type("Made", (), {}))


TAGGED = tagged("kind", Cat, Dog)

MESSAGES: list[tuple[Callable[[], Any], str]] = [
    (parse(b""), "expected JSON, but the body is empty"),
    (parse(b"<html>"), "expected JSON, but the body is HTML or XML; it may come from a proxy or another server"),
    (parse("{}".encode("utf-16")), "expected JSON in UTF-8, but the body is UTF-16 or UTF-32"),
    (parse(b"ok"), "the body is not valid JSON"),
    (parse(b"NaN"), "the body is not valid JSON (NaN is not JSON)"),
    (parse(b"[1e999]"), "the body contains 1e999, which is beyond the range of a float"),
    (
        parse(b"9" * 5000),
        "the body contains an integer of more than 4300 digits (integer_digits of response_limits=)",
    ),
    (
        parse(b"[" + b"[]," * 1_000_000 + b"[]]"),
        "the JSON of the body has more than 1000000 arrays and objects (json_containers of response_limits=)",
    ),
    (
        lambda: parse_json(b"[1,2]", ResponseLimits(json_values=2)),
        "the JSON of the body has more than 2 values (json_values of response_limits=)",
    ),
    (
        lambda: decoder_for(int)(b"1e401"),
        "the body: expected an integer with an exponent of up to 400, or Decimal as type, found the number 1e401",
    ),
    (
        lambda: decoder_for(float)(b"1e400"),
        "the body: expected a number within the range of a float, found the number 1e400",
    ),
    (lambda: ResponseLimits(body=0), "body of ResponseLimits must be a positive integer, got 0"),
    (parse(b"[" * 1000), "the JSON of the body is nested deeper than 256 (json_depth of response_limits=)"),
    (decode(Order, {}), "orderNumber: required, but missing"),
    (decode(Order, {"orderNumber": "x"}), "orderNumber: expected an integer, found the string 'x'"),
    (decode(Order, {"orderNumber": "x" * 41}), "orderNumber: expected an integer, found a long string"),
    (decode(Order, {"orderNumber": None}), "orderNumber: expected an integer, found null"),
    (decode(Order, {"orderNumber": 1, "items": {}}), "items: expected an array, found an object"),
    (decode(Order, {"orderNumber": 1, "items": [{"id": True}]}), "items[0].id: expected an integer, found a boolean"),
    (decode(Order, []), "the body: expected an object, found an array"),
    (decode(tuple[int, str], [1]), "the body: expected an array of 2, found an array"),
    (decode(datetime, "x"), "the body: expected a date and time in ISO 8601, found the string 'x'"),
    (decode(dict[int, str], {"x": "a"}), "['x']: expected an integer, found the string 'x'"),
    (decode(Literal["a", 1], "b"), "the body: expected 'a' or 1, found the string 'b'"),
    (decode(Item | list[Item] | None, 5), "the body: expected Item or list[Item] or null, found the number 5"),
    (decode(Secret, 5), "the body: expected a string, found another type (not shown, since it may be secret)"),
    (decode(TAGGED, {"kind": "cow"}), "the body: 'kind' must be one of ['cat', 'dog'], found the string 'cow'"),
    (decode(TAGGED, {}), "the body: 'kind' must be one of ['cat', 'dog'], found null"),
    (decoder(list[bytes]), "cannot decode to list[bytes]: TypeError: bytes cannot be decoded from JSON"),
    (
        decoder(dict[float, int]),
        "cannot decode to dict[float, int]: TypeError: float cannot be a key; keys of JSON objects are strings",
    ),
    (unknown_style, "rename must be one of camel, pascal, kebab or a function, got 'snake'"),
    (encode(UNSET), "json= cannot be encoded: UNSET is not a value; omit the member, or use None for null"),
    (encode(datetime(2025, 1, 1)), "json= cannot be encoded: a datetime must have a time zone"),
    (encode("\ud800"), "json= cannot be encoded: it contains a lone surrogate, which cannot be encoded in UTF-8"),
    (encode(b"a"), "json= cannot be encoded: unsupported type bytes"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:60] for _, message in MESSAGES])
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        call()
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("tp", "reason"),
    [
        (Annotated[Cat | Item, Tag("kind")], "Item must have a field 'kind' with a Literal type, to serve as its tag"),
        (Annotated[Cat | None, Tag("kind")], "null cannot have a tag; use Annotated[A | B, Tag(...)] | C"),
        (Annotated[Cat | Lion, Tag("kind")], "Lion and Cat have the same tag 'cat'"),
    ],
)
def test_messages_of_tagged_unions(tp: Any, reason: str) -> None:
    with pytest.raises(AsdkError) as caught:
        decoder_for(tp)
    assert caught.value.message.endswith(f": TypeError: {reason}")
