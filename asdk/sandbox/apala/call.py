"""Input of a handler, and the guard in front of it: checks the bearer token and turns errors into replies."""

from collections.abc import Awaitable, Callable

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler

from asdk.sandbox.apala.errors import ApiError, invalid
from asdk.sandbox.apala.store.companies import Company
from asdk.sandbox.apala.store.state import State
from asdk.sandbox.json_io import Fields, read_fields


@attrs.frozen(eq=False)
class Call:
    """Request being handled."""

    request: web.Request
    state: State
    _company: Company | None

    @property
    def company(self) -> Company:
        """Return the company that the request's token belongs to; every route but the public ones has it."""
        assert self._company is not None
        return self._company

    async def fields(self) -> Fields:
        """Read the JSON body. Raise ApiError if it is invalid."""
        return await read_fields(self.request, invalid)

    def part(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)


Handler = Callable[[Call], Awaitable[web.Response]]


@attrs.frozen
class Route:
    """Method and path, and the handler."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    """Needs no bearer token: the routes that issue tokens."""


def guard(route: Route, state: State) -> WebHandler:
    """Return the route's handler in the form that aiohttp calls."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            company = None if route.public else _identify(request, state)
            return await route.handler(Call(request, state, company))
        except ApiError as refusal:
            return refusal.reply()

    return handle


def _identify(request: web.Request, state: State) -> Company:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, "unauthorized", "Missing bearer token")
    return state.sessions.company_of(token.strip())
