"""Input of a handler, and the guard in front of it: checks the key and turns errors into replies."""

from collections.abc import Awaitable, Callable

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler

from asdk.sandbox.bloomy.errors import RefusalError, invalid, unauthorized
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.bloomy.store.state import State
from asdk.sandbox.json_io import Fields, read_fields

_DIGITS = 9
"""More digits than any id has."""


@attrs.frozen(eq=False)
class Call:
    """Request being handled."""

    request: web.Request
    state: State
    _user: User | None

    @property
    def user(self) -> User:
        """Return the user that the request's key belongs to; every route but the public one has it."""
        assert self._user is not None
        return self._user

    async def fields(self) -> Fields:
        """Read the JSON body. Raise RefusalError if it is invalid."""
        return await read_fields(self.request, invalid)

    def id(self, name: str = "id") -> int:
        """Return a number from the path. Raise RefusalError if it is not one."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise invalid(f"{name} is not a number: {text}")
        return int(text)

    def switch(self, name: str) -> bool:
        """Return a boolean from the query; False if missing. The server ignores the case of names."""
        for key, value in self.request.query.items():
            if key.lower() == name.lower():
                return value.lower() == "true"
        return False

    def member(self, user_id: int) -> User:
        """Return a user of the caller's organization. Raise RefusalError if there is no such user."""
        return self.state.people.get(user_id, self.user.organization_id)


Handler = Callable[[Call], Awaitable[web.Response]]


@attrs.frozen
class Route:
    """Method, path below the host, and the handler."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    """Needs no key: the route that issues keys."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return the paths to serve it under: the real server ignores case, callers use these two."""
        return tuple(dict.fromkeys([self.path, self.path.replace("L10", "l10").replace("Token", "token")]))


def data_route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, f"/api/v1/{path}", handler)


def guard(route: Route, state: State) -> WebHandler:
    """Return the route's handler in the form that aiohttp calls."""

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
