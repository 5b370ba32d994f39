"""What a handler gets, and the guard before it: the bearer of a request, and errors turned into replies."""

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
    """One request on its way through a handler."""

    request: web.Request
    state: State
    _company: Company | None

    @property
    def company(self) -> Company:
        """Whose token came with the request; every route but the public ones has it."""
        assert self._company is not None
        return self._company

    async def fields(self) -> Fields:
        """The JSON body. Raises ApiError."""
        return await read_fields(self.request, invalid)

    def part(self, name: str) -> str:
        """A parameter of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)


Handler = Callable[[Call], Awaitable[web.Response]]


@attrs.frozen
class Route:
    """A method and path, and its handler."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    """Needs no bearer: where tokens come from."""


def guard(route: Route, state: State) -> WebHandler:
    """The route's handler as the web framework calls it."""

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
