"""The opaque cursor of an iteration: it round-trips, and any other text is rejected."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import InvalidRequestError
from asdk.pagination.cursor import Position, collection_id, decode_position, encode_position

CURSORS = (
    st.none() | st.text() | st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.booleans(), max_size=3)
)


@given(CURSORS, st.integers(0, 10**9), st.integers(0, 10**6), st.text())
def test_a_position_round_trips(cursor: Any, seen: int, delivered: int, collection: str) -> None:
    text = encode_position(Position(cursor, seen, delivered), collection)
    assert decode_position(text, collection) == Position(cursor, seen, delivered)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert text.isascii()


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_an_invalid_request(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="invalid cursor"):
        decode_position(text, "c")


@pytest.mark.parametrize(
    "parts",
    [
        None,
        {},
        [],
        [2, collection_id("c"), {}, 0, 0],
        [1, collection_id("c"), [], 0, 0],
        [1, collection_id("c"), 5, 0, 0],
        [1, collection_id("c"), {}, -1, 0],
        [1, collection_id("c"), {}, 0, True],
        [1, collection_id("c"), {}, 0, 1.5],
        [1, collection_id("c"), {}, 0],
    ],
)
def test_a_cursor_of_another_format_is_an_invalid_request(parts: Any) -> None:
    with pytest.raises(InvalidRequestError, match="invalid cursor"):
        decode_position(base64.urlsafe_b64encode(json.dumps(parts).encode()).decode(), "c")


@pytest.mark.parametrize("text", [None, 5, b"", "é"])
def test_anything_but_ascii_text_is_an_invalid_request(text: Any) -> None:
    with pytest.raises(InvalidRequestError):
        decode_position(text, "c")


def test_a_cursor_does_not_reveal_its_collection() -> None:
    text = encode_position(Position({"page": 2}), "https://h/x?search=my-illness")
    assert b"illness" not in base64.urlsafe_b64decode(text + "==")


def test_scalars_in_a_cursor_become_text() -> None:
    text = encode_position(Position({"since": datetime(2025, 1, 2, tzinfo=UTC)}), "c")
    assert decode_position(text, "c").cursor == {"since": "2025-01-02T00:00:00+00:00"}
