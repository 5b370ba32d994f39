"""What a handler gets, and the guard before it: the key of a request, and errors turned into replies."""

from collections.abc import Awaitable, Callable

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler

from asdk.sandbox.bloomy.errors import RefusalError, invalid, unauthorized
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.bloomy.store.state import State
from asdk.sandbox.json_io import Fields, read_fields

_DIGITS = 9
"""More than any id has."""


@attrs.frozen(eq=False)
class Call:
    """One request on its way through a handler."""

    request: web.Request
    state: State
    _user: User | None

    @property
    def user(self) -> User:
        """Whose key came with the request; every route but the public one has it."""
        assert self._user is not None
        return self._user

    async def fields(self) -> Fields:
        """The JSON body. Raises RefusalError."""
        return await read_fields(self.request, invalid)

    def id(self, name: str = "id") -> int:
        """A number of the path. Raises RefusalError."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise invalid(f"{name} is not a number: {text}")
        return int(text)

    def switch(self, name: str) -> bool:
        """A boolean of the query; False if it is left out. The server does not mind the case of names."""
        for key, value in self.request.query.items():
            if key.lower() == name.lower():
                return value.lower() == "true"
        return False

    def member(self, user_id: int) -> User:
        """A user of the caller's organisation. Raises RefusalError."""
        return self.state.people.get(user_id, self.user.organization_id)


Handler = Callable[[Call], Awaitable[web.Response]]


@attrs.frozen
class Route:
    """A method, a path below the host, and its handler."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    """Needs no key: where keys come from."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """The paths under which it is served: the real server does not mind the case, callers use these two."""
        return tuple(dict.fromkeys([self.path, self.path.replace("L10", "l10").replace("Token", "token")]))


def data_route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, f"/api/v1/{path}", handler)


def guard(route: Route, state: State) -> WebHandler:
    """The route's handler as the web framework calls it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            user = None if route.public else _identify(request, state)
            return await route.handler(Call(request, state, user))
        except RefusalError as refusal:
            return refusal.reply()

    return handle


def _identify(request: web.Request, state: State) -> User:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized()
    return state.keys.user_of(key.strip())
