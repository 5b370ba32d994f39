"""`requires_auth`: a decorator for methods that need credentials, in the caller's own classes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from asdk.clients.bioepic.errors import HOW, MissingCredentialsError

P = ParamSpec("P")
R = TypeVar("R")


class HasCredentials(Protocol):
    """An object that knows whether credentials are configured, such as ``client.auth``."""

    def has_credentials(self) -> bool:
        """Return whether a complete pair of credentials is configured."""
        ...


def requires_auth(method: Callable[P, R]) -> Callable[P, R]:
    """Require credentials for a method. An async method stays async and checks when it is awaited.

    The object must have an attribute ``auth``, such as ``client.auth``. A call with its own ``client_id`` and
    ``client_secret`` is not checked. The decorator does not fetch a token; the method does that.

    ::

        class Lab:
            def __init__(self, bioepic: BioEPIC) -> None:
                self.auth = bioepic.auth

            @requires_auth
            async def upload(self) -> None:
                token = await self.auth.get_token()

    Raises:
        MissingCredentialsError: when the method is called without credentials.
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
