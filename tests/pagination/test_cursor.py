"""The opaque cursor of a walk: it comes back as it was, and nothing else passes for one."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import InvalidRequestError
from asdk.pagination.cursor import Position, collection_id, decode_place, encode_place

CURSORS = (
    st.none() | st.text() | st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.booleans(), max_size=3)
)


@given(CURSORS, st.integers(0, 10**9), st.integers(0, 10**6), st.text())
def test_a_place_comes_back_as_it_was(cursor: Any, seen: int, skip: int, collection: str) -> None:
    text = encode_place(Position(cursor, seen, skip), collection)
    assert decode_place(text, collection) == Position(cursor, seen, skip)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert text.isascii()


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_an_invalid_request(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="no cursor of a paginator"):
        decode_place(text, "c")


@pytest.mark.parametrize(
    "facts",
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
def test_a_cursor_of_another_make_is_an_invalid_request(facts: Any) -> None:
    with pytest.raises(InvalidRequestError, match="no cursor of a paginator"):
        decode_place(base64.urlsafe_b64encode(json.dumps(facts).encode()).decode(), "c")


@pytest.mark.parametrize("text", [None, 5, b"", "é"])
def test_what_is_no_ascii_text_is_an_invalid_request(text: Any) -> None:
    with pytest.raises(InvalidRequestError):
        decode_place(text, "c")


def test_a_cursor_does_not_show_its_collection() -> None:
    text = encode_place(Position({"page": 2}), "https://h/x?search=my-illness")
    assert b"illness" not in base64.urlsafe_b64decode(text + "==")


def test_plain_values_of_a_strategy_are_spelled() -> None:
    text = encode_place(Position({"since": datetime(2025, 1, 2, tzinfo=UTC)}), "c")
    assert decode_place(text, "c").cursor == {"since": "2025-01-02T00:00:00+00:00"}
