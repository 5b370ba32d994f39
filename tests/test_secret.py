"""`Secret`, `MaskedStr` and `MaskedBytes`: secrets are never shown, logged or pickled."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import reprlib
import traceback
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from asdk.models.declaration import model
from asdk.secret import MASK, MaskedBytes, MaskedStr, Secret

PLAIN = "s3cr3t-v4lu3"


@model
class Account:
    name: str
    key: Secret


@dataclasses.dataclass
class Card:
    key: Secret


def account(key: Any) -> Any:
    return Account(name="a", key=key)


def traceback_with_locals(value: Any) -> str:
    """Return the text that a crash reporter prints for a frame that contains the value."""

    def fail(held: Any) -> None:
        raise RuntimeError(f"{held}")

    try:
        fail(value)
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return ""


def log_line(value: Any) -> str:
    record = logging.LogRecord("asdk", logging.INFO, __file__, 1, "%s %r", (value, value), None)
    return logging.Formatter("%(message)s").format(record)


VIEWS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda value: f"{value} {value!s:>20} {value!r:<20}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031 - as in older code
    "container": lambda value: str([[value], (value,), {"key": value}]),
    "pprint": lambda value: pprint.pformat({"key": [value]}),
    "log": log_line,
    "json": lambda value: json.dumps({"key": value}, default=str),
    "model": lambda value: str(account(value)),
    "attrs.asdict": lambda value: str(attrs.asdict(account(value))),
    "attrs.astuple": lambda value: str(attrs.astuple(account(value))),
    "dataclasses.asdict": lambda value: str(dataclasses.asdict(Card(value))),
    "exception": lambda value: repr(ValueError("refused", value)),
    "traceback": traceback_with_locals,
    "copies": lambda value: f"{copy.copy(value)} {copy.deepcopy([value])}",
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_secret_is_never_shown(view: str) -> None:
    shown = VIEWS[view](Secret(PLAIN))
    assert PLAIN not in shown
    assert MASK in shown


@settings(deadline=None)
@given(plain=st.text(min_size=4).filter(lambda text: text not in f"Secret('{MASK}')" * 2))
def test_the_repr_of_a_secret_does_not_depend_on_its_value(plain: str) -> None:
    secret = Secret(plain)
    assert repr(secret) == f"Secret('{MASK}')"
    assert str(secret) == MASK
    assert f"{secret:>10}" == f"  {MASK}"
    assert secret.reveal() == plain


def test_a_secret_has_no_dict() -> None:
    with pytest.raises(TypeError):
        vars(Secret(PLAIN))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_cannot_be_pickled(protocol: int) -> None:
    for holder in (Secret(PLAIN), Account(name="a", key=Secret(PLAIN)), MaskedStr(PLAIN), MaskedBytes(PLAIN.encode())):
        with pytest.raises(TypeError, match="cannot be pickled") as caught:
            pickle.dumps(holder, protocol)
        assert PLAIN not in str(caught.value)


@given(one=st.text(), other=st.text())
def test_secrets_compare_by_value(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) == Secret(Secret(one))
    assert hash(Secret(one)) == hash(Secret(one))
    assert Secret(one) != one
    assert bool(Secret(one)) is bool(one)


def test_a_secret_supports_reflected_equality() -> None:
    assert Secret(PLAIN) == ANY
    assert Secret(PLAIN) != PLAIN


def test_a_secret_with_a_lone_surrogate_compares() -> None:
    assert Secret("\ud800") == Secret("\ud800")
    assert Secret("\ud800") != Secret("\ud801")


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["list"], 1.5])
def test_the_value_of_a_secret_must_be_a_str(value: Any) -> None:
    with pytest.raises(TypeError, match=f"^the value of a Secret must be a str, got {type(value).__name__}$"):
        Secret(value)


def test_a_copy_of_a_secret_is_the_same_object() -> None:
    secret, header = Secret(PLAIN), MaskedStr(PLAIN)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret
    assert copy.copy(header) is header
    assert copy.deepcopy(header) is header


def test_a_masked_str_is_plain_on_the_wire_and_masked_in_a_repr() -> None:
    header = MaskedStr(f"Bearer {PLAIN}")
    assert header == f"Bearer {PLAIN}"
    assert header.encode() == f"Bearer {PLAIN}".encode()
    for shown in (repr(header), str([header]), str({"a": header}), f"{header!r}"):
        assert PLAIN not in shown
        assert MASK in shown


def test_masked_bytes_are_plain_on_the_wire_and_masked_in_a_repr() -> None:
    body = MaskedBytes(PLAIN.encode())
    assert body == PLAIN.encode()
    assert b"".join([body]) == PLAIN.encode()
    assert body[0] == ord(PLAIN[0])
    for shown in (repr(body), str([body]), f"{body!r}", repr(body[:8])):
        assert MASK in shown
    assert copy.copy(body) is copy.deepcopy(body) is body


@pytest.mark.parametrize("masked", [MaskedStr(PLAIN * 20), MaskedBytes(PLAIN.encode() * 20)])
def test_the_start_of_a_long_masked_value_is_masked_too(masked: Any) -> None:
    """Rich shows the first characters of a long string."""
    assert "s3cr3t" not in repr(masked[:80])
    assert "s3cr3t" not in pretty_repr(masked, max_string=80)
    assert "s3cr3t" not in reprlib.repr([masked])
