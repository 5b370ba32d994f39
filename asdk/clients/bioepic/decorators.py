"""`requires_auth`: for methods of a user's own classes that make no sense without credentials."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from asdk.clients.bioepic.errors import HOW, MissingCredentialsError

P = ParamSpec("P")
R = TypeVar("R")


class HasCredentials(Protocol):
    """What knows whether it could get a token, such as ``client.auth``."""

    def has_credentials(self) -> bool:
        """Whether there is a complete pair to get a token with."""
        ...


def requires_auth(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method run only where there are credentials: an async one stays async, and checks when it is awaited.

    The object has an attribute ``auth`` that knows, such as ``client.auth``. A call that itself brings ``client_id``
    and ``client_secret`` runs unchecked. No token is fetched: that is for the method to do.

    ::

        class Lab:
            def __init__(self, bioepic: BioEPIC) -> None:
                self.auth = bioepic.auth

            @requires_auth
            async def upload(self) -> None:
                token = await self.auth.get_token()

    Raises:
        MissingCredentialsError: by the method, if there are none.
    """
    signature = inspect.signature(method)

    def check(*args: P.args, **kwargs: P.kwargs) -> None:
        given = signature.bind_partial(*args, **kwargs).arguments | kwargs
        if given.get("client_id") is not None and given.get("client_secret") is not None:
            return
        auth: HasCredentials | None = cast("Any", args[0]).auth
        if auth is None or not auth.has_credentials():
            raise MissingCredentialsError(f"{method.__name__} needs credentials: {HOW}")

    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
            check(*args, **kwargs)
            return await method(*args, **kwargs)

        return cast("Callable[P, R]", awaited)

    @functools.wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        check(*args, **kwargs)
        return method(*args, **kwargs)

    return called
