"""`Resource` and `resource`: groups of operations, without reference cycles."""

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


def test_a_resource_uses_the_client_it_was_accessed_on() -> None:
    one, other = Client("a"), Client("b")
    assert (one.users.path(), other.users.path()) == ("a/users", "b/users")
    assert isinstance(one.users, Users)


def test_an_abandoned_client_is_freed_although_resources_were_used() -> None:
    gc.disable()
    try:
        client = Client("a")
        client.users.path()
        gone = weakref.ref(client)
        del client
        assert gone() is None
    finally:
        gc.enable()


def test_a_resource_keeps_its_client_alive() -> None:
    users = Client("a").users
    assert users.path() == "a/users"


def test_access_on_the_class_returns_the_descriptor() -> None:
    assert Client.users is Client.__dict__["users"]


def test_a_subclass_inherits_resources() -> None:
    class Sub(Client):
        pass

    assert Sub("c").users.path() == "c/users"


def test_the_repr_of_a_resource_names_its_client() -> None:
    assert repr(Client("a").users) == "<Users of <Client a>>"


def test_the_resource_base_class_has_slots() -> None:
    with pytest.raises(AttributeError):
        Resource(Client("a")).other = 1  # type: ignore[attr-defined]
