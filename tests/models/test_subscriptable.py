"""Models with dict-style access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from asdk import model
from asdk.models.decoding import decoder_for
from asdk.models.subscriptable import Subscriptable


@model
class Key(Subscriptable):
    key_id: str
    name: str | None = None

    other_names: ClassVar[Mapping[str, str]] = {"id": "key_id"}


KEY = Key(key_id="k1")


def test_a_field_is_accessible_by_its_own_and_its_other_name() -> None:
    assert (KEY["key_id"], KEY["id"], KEY["name"]) == ("k1", "k1", None)
    assert (KEY.get("id"), KEY.get("name"), KEY.get("name", "none")) == ("k1", None, "none")
    assert ("id" in KEY, "key_id" in KEY, "name" in KEY, "size" in KEY, 0 in KEY) == (True, True, False, False, False)


@pytest.mark.parametrize("name", ["size", "get", "other_names", "__class__", "other names"])
def test_an_unknown_field_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        KEY[name]
    assert KEY.get(name, "default") == "default"


def test_a_subscriptable_model_is_not_iterable() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        list(KEY)  # type: ignore[call-overload]


def test_a_subscriptable_model_decodes_like_any_other() -> None:
    assert decoder_for(Key).from_data({"key_id": "k1"}) == KEY
    assert repr(KEY) == "Key(key_id='k1')"
    assert not hasattr(KEY, "__dict__")
