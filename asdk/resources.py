"""`Resource`: a group of operations of one client, such as ``client.documents``. Authors of clients subclass it."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

ClientT_co = TypeVar("ClientT_co", covariant=True)
ResourceT = TypeVar("ResourceT", bound="Resource[Any]")
ResourceT_co = TypeVar("ResourceT_co", bound="Resource[Any]", covariant=True)


class Resource(Generic[ClientT_co]):
    """A group of operations. Most methods are one statement: the verb, the path and the model.

    Subclass it with the type of the client, ``class Studies(Resource["MGnify"])``, and add it to the client class with
    `resource`.
    """

    __slots__ = ("_client",)

    def __init__(self, client: ClientT_co) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"


class ResourceAttribute(Generic[ResourceT_co]):
    """A descriptor that builds the resource on each access. `resource` returns it.

    A cached resource would form a reference cycle with its client. An abandoned client would then keep its connections
    open until the garbage collector runs.
    """

    __slots__ = ("_cls",)

    def __init__(self, cls: type[ResourceT_co]) -> None:
        self._cls = cls

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> ResourceT_co: ...
    def __get__(self, instance: object | None, owner: type) -> Self | ResourceT_co:
        return self if instance is None else self._cls(instance)


def resource(cls: type[ResourceT]) -> ResourceAttribute[ResourceT]:
    """Attach a resource to a client class.

    Args:
        cls: the resource class, as in the class body ``documents = resource(Documents)``.
    """
    return ResourceAttribute(cls)
