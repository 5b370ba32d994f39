"""Declaration of models: `@model`, `field`, open enums, tags."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from typing import Annotated, Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.errors import ConfigurationError, DecodeError
from asdk.models.declaration import OpenEnum, Tag, field, is_direct, model, tagged, wire_names
from asdk.models.decoding import decoder_for
from asdk.unset import UNSET


class Status(OpenEnum):
    DONE = "done"
    FAILED = "failed"


@model
class User:
    id: int
    name: str = "unknown"
    tags: list[str] = field(factory=list)


@model(rename="camel")
class Image:
    image_url: str
    file_size_2: int = 0
    class_: str = ""
    _private_part: int = 0
    etag: str = field(default="", name="ETag")


@model
class Cat:
    kind: Literal["cat"]


@model
class Dog:
    kind: Literal["dog"]


# --- models ---------------------------------------------------------------------------------------------------------


def test_a_model_is_a_frozen_value_built_by_keyword() -> None:
    user = User(id=1)
    assert user == User(id=1, name="unknown", tags=[])
    assert repr(user) == "User(id=1, name='unknown', tags=[])"
    assert attrs.evolve(user, id=2) == User(id=2)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        user.id = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        User(1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        object.__setattr__(user, "other", 1)


def test_a_factory_default_is_made_for_each_instance() -> None:
    assert User(id=1).tags is not User(id=1).tags


def test_a_model_pickles_and_copies() -> None:
    user = User(id=1, tags=["a"])
    assert pickle.loads(pickle.dumps(user)) == copy.copy(user) == copy.deepcopy(user) == user


def test_a_wire_name_defaults_to_the_field_name() -> None:
    assert wire_names(User) == {"id": "id", "name": "name", "tags": "tags"}


@pytest.mark.parametrize(
    ("rename", "names"),
    [
        ("camel", ["imageUrl", "fileSize2", "class", "privatePart", "ETag"]),
        ("pascal", ["ImageUrl", "FileSize2", "Class", "PrivatePart", "ETag"]),
        ("kebab", ["image-url", "file-size-2", "class-", "-private-part", "ETag"]),
        (str.upper, ["IMAGE_URL", "FILE_SIZE_2", "CLASS_", "_PRIVATE_PART", "ETag"]),
    ],
)
def test_rename_sets_the_style_and_a_field_name_overrides_it(rename: Any, names: list[str]) -> None:
    made: Any = model(rename=rename)(
        type("Made", (), {"__annotations__": Image.__annotations__, "etag": field(name="ETag")})
    )
    assert list(wire_names(made).values()) == names


def test_a_subclass_inherits_the_style_of_wire_names() -> None:
    @model
    class Photo(Image):
        taken_at: str

    assert wire_names(Photo)["taken_at"] == "takenAt"
    assert wire_names(Photo)["etag"] == "ETag"


def test_an_unknown_style_is_rejected() -> None:
    rename: Any = "snake"
    with pytest.raises(ConfigurationError, match=r"rename must be .*'snake'"):
        model(rename=rename)(type("Made", (), {}))


def test_two_fields_with_the_same_wire_name_are_rejected() -> None:
    @model(rename="camel")
    class Twice:
        a_b: int
        aB: int  # noqa: N815 - the point of the test

    with pytest.raises(ConfigurationError, match="Twice"):
        wire_names(Twice)


def test_only_a_plain_constructor_is_bypassed() -> None:
    class WithHook:
        x: int = 0

        def __attrs_post_init__(self) -> None: ...

    class WithInit:
        x: int = 0

        def __init__(self) -> None: ...

    class WithNew:
        x: int = 0

        def __new__(cls, **values: Any) -> Any:
            return super().__new__(cls)

    class WithConverter:
        x: int = attrs.field(default=0, converter=int)

    class WithValidator:
        x: int = attrs.field(default=0, validator=attrs.validators.instance_of(int))

    class WithoutInit:
        x: int = attrs.field(default=0, init=False)

    class Heir(User):
        pass

    assert is_direct(User)
    assert is_direct(Image)
    for cls in (WithHook, WithInit, WithNew, WithConverter, WithValidator, WithoutInit):
        assert not is_direct(model(cls)), cls
    assert not is_direct(Heir)
    assert not is_direct(attrs.frozen(type("Plain", (), {"__annotations__": {"x": int}})))


# --- open enums -----------------------------------------------------------------------------------------------------


@given(value=st.text())
def test_an_open_enum_accepts_unknown_values(value: str) -> None:
    status = Status(value)
    assert status == value == str(status) == status.value
    assert hash(status) == hash(value)
    assert status.is_known is (value in {"done", "failed"})
    assert isinstance(status, Status)
    assert json.dumps([status]) == json.dumps([value])
    for again in (pickle.loads(pickle.dumps(status)), copy.copy(status), copy.deepcopy(status)):
        assert again == status
        assert isinstance(again, Status)


def test_a_known_value_is_the_member() -> None:
    assert Status("done") is Status.DONE
    assert Status.DONE.is_known
    assert list(Status) == [Status.DONE, Status.FAILED]


def test_an_unknown_value_is_not_cached_in_the_class() -> None:
    Status("strange")
    assert "strange" not in Status._value2member_map_
    assert list(Status) == [Status.DONE, Status.FAILED]
    assert repr(Status("strange")) == "<Status.strange: 'strange'>"


@pytest.mark.parametrize("value", [5, None, b"done", True])
def test_an_open_enum_accepts_only_strings(value: Any) -> None:
    with pytest.raises(ValueError, match="not a valid Status"):
        Status(value)


# --- tags -----------------------------------------------------------------------------------------------------------


def test_tagged_equals_the_annotation() -> None:
    short: Any = tagged("kind", Cat, Dog)
    assert short == Annotated[Cat | Dog, Tag("kind")]


# --- empty values -----------------------------------------------------------------------------------------------------


@model(empty_as_default=True)
class Lenient:
    count: int = 0
    tags: list[str] = field(factory=list)
    by_name: dict[str, int] = field(factory=dict)
    at: date = date(2024, 1, 1)
    rate: float = field(default=1.5, name="theRate")
    note: str = "none"
    kind: Literal["a", "b"] = "a"
    parent: int | None = 7
    title: str | None = "untitled"
    anything: Any = "default"


@model
class Strict:
    count: int = 0
    tags: list[str] = field(factory=list)


@model(empty_as_default=True)
class Required:
    count: int


@pytest.mark.parametrize("empty", [None, "", UNSET], ids=repr)
def test_empty_values_stand_for_defaults_where_the_model_says_so(empty: Any) -> None:
    names = ["count", "tags", "by_name", "at", "theRate", "kind"]
    data = {name: empty for name in names if empty is not UNSET}
    for decode in (decoder_for(Lenient).from_data, lambda data: decoder_for(Lenient)(json.dumps(data).encode())):
        assert decode(data) == Lenient()
    assert decoder_for(list[Lenient]).from_data([data]) == [Lenient()]


def test_empty_values_of_the_type_itself_are_kept() -> None:
    data = {"note": "", "parent": None, "title": "", "anything": None}
    made = decoder_for(Lenient).from_data(data)
    assert (made.note, made.parent, made.title, made.anything) == ("", None, "", None)
    assert decoder_for(Lenient).from_data({"note": None, "title": None}) == Lenient(note="none", title=None)


@pytest.mark.parametrize("data", [{"count": None}, {"count": ""}, {"tags": None}, {"tags": ""}])
def test_empty_values_are_errors_by_default(data: Any) -> None:
    with pytest.raises(DecodeError):
        decoder_for(Strict).from_data(data)


@pytest.mark.parametrize("data", [{}, {"count": None}, {"count": ""}])
def test_a_required_field_is_required_although_empty_values_are_defaults(data: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        decoder_for(Required).from_data(data)
    assert caught.value.path == "count"


@pytest.mark.parametrize("default", [[], {}, set(), bytearray(), [1], {"a": 1}], ids=repr)
@pytest.mark.parametrize("explicit", [True, False], ids=["field", "value"])
def test_a_mutable_default_is_rejected_with_the_remedy(default: Any, explicit: bool) -> None:
    value = field(default=default) if explicit else default
    body = {"__annotations__": {"a": Any}, "a": value}
    with pytest.raises(ConfigurationError, match=r"Shared\.a must not .* field\(factory="):
        model(type("Shared", (), body))


def test_an_immutable_default_is_accepted() -> None:
    @model
    class Accepted:
        a: tuple[int, ...] = ()
        b: frozenset[int] = frozenset()
        c: list[int] = field(factory=list)
        d: str | None = None

    assert Accepted().c is not Accepted().c
