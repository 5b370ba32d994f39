"""`Resource` and `resource`: operations that hang on a client without holding it alive."""

from __future__ import annotations

import gc
import weakref

import pytest

from asdk.resources import Resource, resource


class Users(Resource["Client"]):
    def path(self) -> str:
        return f"{self._client.base}/users"


class Client:
    users = resource(Users)

    def __init__(self, base: str) -> None:
        self.base = base

    def __repr__(self) -> str:
        return f"<Client {self.base}>"


def test_a_resource_speaks_for_the_client_it_is_taken_from() -> None:
    one, other = Client("a"), Client("b")
    assert (one.users.path(), other.users.path()) == ("a/users", "b/users")
    assert isinstance(one.users, Users)


def test_a_forgotten_client_goes_at_once_although_its_resources_were_used() -> None:
    gc.disable()
    try:
        client = Client("a")
        client.users.path()
        gone = weakref.ref(client)
        del client
        assert gone() is None
    finally:
        gc.enable()


def test_a_resource_that_is_kept_keeps_its_client() -> None:
    users = Client("a").users
    assert users.path() == "a/users"


def test_on_the_class_it_is_the_attribute_itself() -> None:
    assert Client.users is Client.__dict__["users"]


def test_a_subclass_has_the_resources_of_its_base() -> None:
    class Sub(Client):
        pass

    assert Sub("c").users.path() == "c/users"


def test_a_resource_names_itself_and_its_client() -> None:
    assert repr(Client("a").users) == "<Users of <Client a>>"


def test_the_base_of_resources_has_slots() -> None:
    with pytest.raises(AttributeError):
        Resource(Client("a")).other = 1  # type: ignore[attr-defined]
