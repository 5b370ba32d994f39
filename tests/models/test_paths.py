"""`member_at`: dotted paths into JSON data of any shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.models import member_at

DATA: Any = {"error": {"message": "m", "codes": ["a", {"id": 7}]}, "a.b": 1, "n": None, "0": "zero"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("error.message", "m"),
        ("error.codes.0", "a"),
        ("error.codes.1.id", 7),
        ("error.codes.2", None),
        ("error.codes.-1", None),
        ("error.codes.x", None),
        ("error.codes.²", None),
        ("error.codes.99999999999999999999", None),
        ("error.message.x", None),
        ("error.nothing", None),
        ("a.b", 1),
        ("n", None),
        ("n.x", None),
        ("0", "zero"),
        ("", None),
    ],
)
def test_a_path_leads_to_its_member(path: str, value: object) -> None:
    assert member_at(DATA, path) == value


@given(
    data=st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
    path=st.text(alphabet="ab.01-"),
)
def test_no_data_and_no_path_raises(data: Any, path: str) -> None:
    member_at(data, path)
