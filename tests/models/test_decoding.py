"""Decoding of JSON: any invalid body raises one kind of error, which has the path."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import ConfigurationError, DecodeError
from asdk.models.declaration import field, model
from asdk.models.decoding import Decoder, decoder_for
from asdk.models.parsing import parse_json


@model
class Item:
    id: int
    note: str | None = None


@model
class Order:
    number: int = field(name="orderNumber")
    items: list[Item]
    by_day: dict[str, list[Item]] = field(factory=dict)
    pair: tuple[int, str] | None = None


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
json_bytes = (
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | json_data.map(lambda data: json.dumps(data).encode())
    | json_data.map(lambda data: json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | json_data.map(lambda data: json.dumps(data, indent=1).encode("utf-8-sig"))
    | json_data.map(lambda data: json.dumps(data).encode("utf-16"))
    | st.lists(
        st.sampled_from(
            ["[", "]", "{", "}", ",", ":", '"', '"a"', "1", "-", "e9", "NaN", "Infinity", " ", "\\u", "nul"]
        )
    ).map(lambda parts: "".join(parts).encode())
)


def attempt(decode: Callable[[bytes], Any], content: bytes) -> tuple[Any, DecodeError | None]:
    """Return the value, or the error, which must have one line and no context."""
    try:
        return decode(content), None
    except DecodeError as caught:
        error = caught
    assert error.__cause__ is error.__context__ is None
    assert len(str(error).splitlines()) == 1
    return None, error


# --- parsing --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=400)
@given(content=json_bytes)
def test_any_bytes_are_parsed_like_the_json_module_or_rejected(content: bytes) -> None:
    data, error = attempt(parse_json, content)
    if error is None:
        assert data == json.loads(content)
    else:
        assert error.path is None
        assert content.startswith(error.body)


@settings(deadline=None)
@given(data=json_data, before=st.text(" \t\r\n"), after=st.text(" \t\r\n"), bom=st.sampled_from(["utf-8", "utf-8-sig"]))
def test_json_may_have_whitespace_around_it_and_a_bom(data: Any, before: str, after: str, bom: str) -> None:
    text = before + json.dumps(data) + after
    assert parse_json(text.encode(bom)) == data
    assert decoder_for(Any)(text.encode(bom)) == data


def test_the_last_value_of_a_repeated_name_counts() -> None:
    assert parse_json(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the body is empty"),
        (b"<!DOCTYPE html><html>", "the body is HTML or XML"),
        (b"\n <HTML>", "the body is HTML or XML"),
        (b"<?xml version='1.0'?>", "the body is HTML or XML"),
        (b"ok", "the body is not valid JSON"),
        (b"{'a': 1}", "the body is not valid JSON"),
        (b'{"a": 1}{"b": 2}', "the body is not valid JSON"),
        (b'{"a": 1', "the body is not valid JSON"),
        (b"NaN", "the body is not valid JSON"),
        (b"[Infinity]", "the body is not valid JSON"),
        (b"[-Infinity]", "the body is not valid JSON"),
        (b'"\xff"', "the body is not valid JSON"),
        ('{"a": 1}'.encode("utf-16"), "the body is UTF-16 or UTF-32"),
        ('{"a": 1}'.encode("utf-16-be"), "the body is UTF-16 or UTF-32"),
        (b"9" * 5000, "an integer of more than 4300 digits"),
        (b"[" * 100_000, "nested deeper than 256"),
        (b'{"a":' * 100_000, "nested deeper than 256"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_invalid_body_is_a_decode_error_with_its_start(content: bytes, reason: str) -> None:
    for decode in (parse_json, decoder_for(Any), decoder_for(Item)):
        with pytest.raises(DecodeError, match=reason) as caught:
            decode(content)
        assert caught.value.path is None
        assert caught.value.body == content[:1024]


# --- decoding -------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(content=json_bytes, tp=st.sampled_from([Item, Order, list[Item], dict[str, Order], Item | list[Item] | None]))
def test_any_bytes_decode_to_the_type_or_raise(content: bytes, tp: Any) -> None:
    value, error = attempt(decoder_for(tp), content)
    assert error is not None or value is None or isinstance(value, Item | Order | list | dict)


@pytest.mark.parametrize(
    ("tp", "data", "path"),
    [
        (
            Order,
            {"orderNumber": 1, "items": [{"id": 1}, {"id": "x"}]},
            "items[1].id",
        ),
        (Order, {"orderNumber": 1, "items": [{}]}, "items[0].id"),
        (Order, {"items": []}, "orderNumber"),
        (Order, {"orderNumber": None, "items": []}, "orderNumber"),
        (Order, {"orderNumber": 1, "items": {}}, "items"),
        (
            Order,
            {"orderNumber": 1, "items": [], "by_day": {"mo": [{"id": True}]}},
            "by_day['mo'][0].id",
        ),
        (Order, {"orderNumber": 1, "items": [], "pair": [1]}, "pair"),
        (Order, [], ""),
        (list[Item], [{"id": 1}, None], "[1]"),
        (list[Item], {"id": 1}, ""),
        (int, 1.5, ""),
        (str, ["x" * 100], ""),
        (int, "x" * 100, ""),
    ],
)
def test_an_error_has_the_path(tp: Any, data: Any, path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decoder_for(tp)(json.dumps(data).encode())
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path or 'the body'}: ")
    with pytest.raises(DecodeError) as again:
        decoder_for(tp).from_data(data)
    assert str(again.value) == str(caught.value)


def test_a_reason_is_one_line_of_limited_length() -> None:
    @model
    class Picky:
        text: str

        def __attrs_post_init__(self) -> None:
            raise ValueError(f"no\nsuch\r\n{self.text}")

    with pytest.raises(DecodeError) as caught:
        decoder_for(Picky).from_data({"text": "x" * 10_000})
    assert str(caught.value).startswith("the body: no such xxx")
    assert len(str(caught.value)) < 400
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "error", [RuntimeError(), KeyError("a"), RecursionError(), AssertionError("no"), StopIteration()]
)
def test_an_exception_in_a_models_own_code_becomes_a_decode_error(error: Exception) -> None:
    @model
    class Failing:
        text: str

        def __attrs_post_init__(self) -> None:
            raise error

    with pytest.raises(DecodeError) as caught:
        decoder_for(Failing)(b'{"text": "a"}')
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_unknown_keys_are_ignored() -> None:
    assert decoder_for(Item)(b'{"id": 1, "new": [1, 2], "": null}') == Item(id=1)


def test_a_decoder_is_cached_by_type() -> None:
    assert decoder_for(list[Item]) is decoder_for(list[Item])
    assert isinstance(decoder_for(Item), Decoder)


class Opaque:
    pass


@pytest.mark.parametrize(
    "tp", [Opaque, list[Opaque], dict[str, Opaque], Opaque | None, int | Opaque, "Item", 5, Annotated[Opaque, 1]]
)
def test_an_unsupported_type_is_a_configuration_error(tp: Any) -> None:
    with pytest.raises(ConfigurationError, match="cannot decode") as caught:
        decoder_for(tp)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_an_undefined_name_in_an_annotation_is_a_configuration_error() -> None:
    made: Any = model(type("Made", (), {"__annotations__": {"x": "Nowhere"}}))
    with pytest.raises(ConfigurationError, match="name 'Nowhere' is not defined"):
        decoder_for(made)


@pytest.mark.parametrize("hole", ["[{}]", '{{"a":{}}}', '[1, {{"b":{}}}]'])
def test_nesting_is_limited_to_256_levels(hole: str) -> None:
    step = hole.count("[") + hole.count("{{")

    def nested(levels: int) -> bytes:
        text = "[]" * (levels % step) or "0"
        for _ in range(levels // step):
            text = hole.format(text)
        return text.encode()

    assert parse_json(nested(256)) == decoder_for(Any)(nested(256))
    for decode in (parse_json, decoder_for(Any)):
        for levels in (256 + step, 600, 5000):
            with pytest.raises(DecodeError, match="256"):
                decode(nested(levels))
    brackets = b'["' + b"[{" * 1000 + b'"]'
    assert parse_json(brackets) == ["[{" * 1000]
    wide = b"[" + b"[]," * 1000 + b"{}]"
    assert len(parse_json(wide)) == len(decoder_for(Any)(wide)) == 1001


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-16-le"),
        '{"a": 1}'.encode("utf-32"),
        b"\xef\xbb\xbf[1]",
        b"NaN",
        b"[-Infinity]",
        b"[1e999]",
        b'["\\ud800"]',
        b'["\\ud800\\udc00"]',
        b'["\xed\xa0\x80"]',
        b"[" + b"9" * 5000 + b"]",
        b"[-" + b"9" * 4300 + b"]",
        b"[0." + b"9" * 5000 + b"]",
        b"\0",
        b"",
    ],
    ids=lambda value: repr(value)[:24],
)
@pytest.mark.parametrize("tp", [Any, list[str], list[float], Item], ids=str)
def test_any_body_is_decoded_or_a_decode_error(content: bytes, tp: Any) -> None:
    for decode in (parse_json, decoder_for(tp)):
        failure: DecodeError | None = None
        try:
            decode(content)
        except DecodeError as error:
            failure = error
        assert failure is None or (failure.__context__ is None and len(str(failure)) < 600)


# --- numbers ----------------------------------------------------------------------------------------------------------


@model
class Price:
    amount: Decimal
    rate: float = 0.0
    count: int = 0
    more: Any = None
    others: list[Decimal | float] = field(factory=list)


@model
class Prices:
    prices: dict[str, list[Price]]


@pytest.mark.parametrize(
    "number",
    ["12345678901234567.89", "0.1234567890123456789", "1.10", "1e400", "-1E-400", "123456789012345678901", "0", "-0.0"],
)
def test_a_decimal_has_the_digits_of_the_text(number: str) -> None:
    text = number.encode()
    made = [
        decoder_for(Decimal)(text),
        decoder_for(Decimal | None)(text),
        decoder_for(list[Decimal])(b"[%s]" % text)[0],
        decoder_for(dict[str, Decimal])(b'{"a": %s}' % text)["a"],
        decoder_for(Price)(b'{"amount": %s}\n' % text).amount,
        decoder_for(Prices)(b'{"prices": {"a": [{"amount": %s}]}}' % text).prices["a"][0].amount,
        decoder_for(int | Decimal)(text) if "." in number else Decimal(number),
        decoder_for(str | Decimal)(text),
        decoder_for(Decimal)(b'"%s"' % text),
    ]
    assert [str(value) for value in made] == [str(Decimal(number))] * len(made)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_is_decoded_exactly(number: Decimal) -> None:
    for text in (str(number), f'"{number}"'):
        decoded = decoder_for(Decimal)(text.encode())
        assert decoded.as_tuple() == number.as_tuple()


def test_the_other_fields_of_a_model_with_decimals_are_plain() -> None:
    content = (
        b'{"amount": 1.5, "rate": 2.5, "count": 1e2, "more": {"a": [3.5, "x"]}, "others": [4.5], "unknown": 1e999}'
    )
    price = decoder_for(Price)(content)
    assert price == Price(amount=Decimal("1.5"), rate=2.5, count=100, more={"a": [3.5, "x"]}, others=[Decimal("4.5")])
    assert [type(value) for value in (price.rate, price.count, price.more["a"][0])] == [float, int, float]


@pytest.mark.parametrize(
    ("tp", "text", "value"),
    [
        (int, "1e23", 10**23),
        (int, "9007199254740993.0", 9007199254740993),
        (int, "12345678901234567890.0", 12345678901234567890),
        (int, "1.0", 1),
        (int, "-2E+2", -200),
        (int, "100e-2", 1),
        (int, "1e400", 10**400),
        (int, "0e999999999", 0),
        (list[int], "[1, 1e23]", [1, 10**23]),
        (dict[str, int], '{"a": 1e23}', {"a": 10**23}),
        (int | None, "1e23", 10**23),
        (Item, '{"id": 1e23}', Item(id=10**23)),
        (list[Item], '[{"id": 5.0}]', [Item(id=5)]),
        (int, "9" * 4300, int("9" * 4300)),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_integer_is_exact_in_any_notation(tp: Any, text: str, value: Any) -> None:
    decoded = decoder_for(tp)(text.encode())
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    "text",
    ["1.5", "1.00000000000000000001", "4503599627370496.4", "0.99999999999999999999", "1e401", "1e999999999", "1e-1"],
)
def test_a_number_that_is_no_integer_is_rejected(text: str) -> None:
    for tp in (int, list[int], Item):
        content = {int: text, Item: f'{{"id": {text}}}'}.get(tp, f"[{text}]")
        with pytest.raises(DecodeError):
            decoder_for(tp)(content.encode())


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400 + ".0", "1e309", "123456e304"])
@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (float, "%s"),
        (Any, "%s"),
        (object, "%s"),
        (float | None, "%s"),
        (list[float], "[1.5, %s]"),
        (list[Any], "[%s]"),
        (list, "[[%s]]"),
        (dict[str, float], '{"a": %s}'),
        (dict[str, Any], '{"a": [%s]}'),
        (Price, '{"amount": 1, "rate": %s}'),
        (Price, '{"amount": 1, "more": [%s]}'),
        (int | float, "%s"),
    ],
)
def test_a_number_beyond_the_range_of_floats_is_an_error(tp: Any, text: str, number: str) -> None:
    with pytest.raises(DecodeError):
        decoder_for(tp)((text % number).encode())


def test_plain_data_with_a_number_beyond_the_range_of_floats_is_an_error() -> None:
    with pytest.raises(DecodeError):
        parse_json(b'{"a": [1e999]}')


def test_a_number_of_an_unknown_member_does_not_matter() -> None:
    assert decoder_for(Item)(b'{"id": 1, "new": 1e999}') == Item(id=1)


# --- bodies that are no JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\n", b"   ", b"\t\r\n"])
@pytest.mark.parametrize("tp", [None, Item | None, list[Item] | None, int | str | None, Item | Order | None])
def test_an_empty_body_is_none_for_a_type_that_includes_none(tp: Any, content: bytes) -> None:
    assert decoder_for(tp)(content) is None


@pytest.mark.parametrize("tp", [Item, int, list[Item], Item | Order, Any])
def test_an_empty_body_is_an_error_for_other_types(tp: Any) -> None:
    with pytest.raises(DecodeError, match="the body is empty"):
        decoder_for(tp)(b"")


def test_the_type_bytes_gives_the_body() -> None:
    types: list[Any] = [bytes, bytes | None]
    for tp in types:
        assert decoder_for(tp)(b"\xff<html>") == b"\xff<html>"
        with pytest.raises(DecodeError, match="bytes cannot be decoded from JSON"):
            decoder_for(tp).from_data("text")
