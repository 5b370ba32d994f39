"""Parsing of JSON within limits: what is counted, and that a limit counts nothing inside of strings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import DecodeError, InvalidRequestError
from asdk.limits import ResponseLimits
from asdk.models.decoding import decoder_for
from asdk.models.parsing import parse_json

DECODERS: list[Callable[..., Any]] = [parse_json, decoder_for(Any), decoder_for(list[Any])]

data = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(alphabet='[]{},"\\a', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[{,"\\', max_size=3), inner),
    max_leaves=12,
)


def containers_in(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict | list) + sum(map(containers_in, inner))


def commas_in(value: Any) -> int:
    inner = list(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return max(0, len(inner) - 1) + sum(map(commas_in, inner))


@given(data, st.sampled_from([None, 2]))
def test_containers_and_values_are_counted_outside_of_strings(value: Any, indent: int | None) -> None:
    content = json.dumps(value, indent=indent).encode()
    containers, values = containers_in(value), containers_in(value) + commas_in(value) + 1
    fits = ResponseLimits(json_containers=max(1, containers), json_values=values)
    assert parse_json(content, fits) == value
    if containers > 1:
        with pytest.raises(DecodeError, match="json_containers"):
            parse_json(content, ResponseLimits(json_containers=containers - 1))
    if values > 1:
        with pytest.raises(DecodeError, match="json_values"):
            parse_json(content, ResponseLimits(json_values=values - 1))


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[]," * 1_000_000 + b"[]]",
        b"[" + b"{}," * 1_000_000 + b"{}]",
        b"[" + b"[ ] ,\n" * 1_000_000 + b"{}]",
        b'{"a":[' + b'{"a":0},' * 1_000_000 + b"{}]}",
        b"[" + b"[[[[]]]]," * 250_000 + b"[]]",
        b"[" + b"0," * 10_000_000 + b"0]",
        b"[" + b'"",' * 10_000_000 + b'""]',
        b"[" * 40_000_000,
    ],
    ids=lambda content: content[:20].decode(),
)
def test_a_small_body_cannot_become_gigabytes_of_objects(content: bytes) -> None:
    for decode in DECODERS:
        with pytest.raises(DecodeError, match="response_limits"):
            decode(content)


@pytest.mark.parametrize(
    "text",
    ["[" * 1_100_000, "{[,]}" * 400_000, '\\"[' * 1_100_000, "\\\\" * 500_000 + "[" * 1_100_000, "," * 11_000_000],
)
def test_brackets_and_commas_in_strings_do_not_count(text: str) -> None:
    content = f'["{text}"]'.encode()
    assert parse_json(content) == json.loads(content)


@pytest.mark.parametrize("shift", range(4))
def test_an_escape_may_lie_on_the_border_of_a_window(shift: int) -> None:
    value = ["x" * shift, '\\"[' * 300_000]
    assert parse_json(json.dumps(value).encode(), ResponseLimits(json_containers=1)) == value


def test_the_limits_can_be_raised_and_lowered() -> None:
    nested = b"[" * 300 + b"]" * 300
    many = b"[" + b"[]," * 1_000_000 + b"[]]"
    for decode in DECODERS:
        assert decode(nested, ResponseLimits(json_depth=300))
        assert len(decode(many, ResponseLimits(json_containers=1_000_002))) == 1_000_001
        assert decode(b"[" + b"9" * 5000 + b"]", ResponseLimits(integer_digits=5000)) == [(10**5000) - 1]
        for content, limits in (
            (b"[[[]]]", ResponseLimits(json_depth=2)),
            (b"[[], []]", ResponseLimits(json_containers=2)),
            (b"[1, 2, 3]", ResponseLimits(json_values=3)),
            (b"[-123]", ResponseLimits(integer_digits=2)),
        ):
            with pytest.raises(DecodeError, match="response_limits"):
                decode(content, limits)


@pytest.fixture
def without_digit_limit() -> Iterator[None]:
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(digits)


@pytest.mark.usefixtures("without_digit_limit")
def test_integers_are_limited_where_the_interpreter_has_no_limit() -> None:
    for decode in DECODERS:
        with pytest.raises(DecodeError, match="more than 4300 digits"):
            decode(b"[" + b"9" * 4301 + b"]")
        assert decode(b'["' + b"9" * 5000 + b'"]') == ["9" * 5000]
        assert decode(b"[-" + b"9" * 4300 + b"]") == [-int("9" * 4300)]


@pytest.mark.parametrize("value", [0, -1, True, 1.5, None, "1"])
@pytest.mark.parametrize("name", ["body", "head", "stream_line", "json_depth", "json_values", "integer_digits"])
def test_a_limit_must_be_a_positive_integer(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        ResponseLimits(**{name: value})
