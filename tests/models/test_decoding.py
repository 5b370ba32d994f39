"""Decoding of JSON: any invalid body raises one kind of error, which has the path."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import ConfigurationError, DecodeError
from asdk.models.declaration import field, model
from asdk.models.decoding import Decoder, decoder_for, parse_json


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
        (b"9" * 5000, "the body is not valid JSON .*5000 digits"),
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
        assert caught.value.cause


def test_a_number_beyond_the_range_of_floats_is_infinite() -> None:
    assert math.isinf(parse_json(b"1e999"))


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
