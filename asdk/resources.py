"""`Resource`: a group of operations of one client, such as ``client.documents``. What a user extends for an API."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

ClientT_co = TypeVar("ClientT_co", covariant=True)
ResourceT = TypeVar("ResourceT", bound="Resource[Any]")


class Resource(Generic[ClientT_co]):
    """A group of operations. Its methods are one statement each: the verb, the path and the model.

    Subclass it with the client's type, ``class Studies(Resource["MGnify"])``, and hang it on the client with
    `resource`.
    """

    __slots__ = ("_client",)

    def __init__(self, client: ClientT_co) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"


class _ResourceAttribute(Generic[ResourceT]):
    """Builds the resource at each access: one that is kept would form a cycle with its client, and a forgotten client
    would wait for the cycle collector with its connections open."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type[ResourceT]) -> None:
        self._kind = kind

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> ResourceT: ...
    def __get__(self, instance: object | None, owner: type) -> Self | ResourceT:
        return self if instance is None else self._kind(instance)


def resource(kind: type[ResourceT]) -> _ResourceAttribute[ResourceT]:
    """Hang a resource on a client class: ``documents = resource(Documents)``."""
    return _ResourceAttribute(kind)
