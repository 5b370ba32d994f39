"""Guard in front of each handler: checks the bearer token where a route reads one, and turns errors into replies.

`MGnifyServer` wraps every route's handler in it.
"""

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler

from asdk.sandbox.mgnify.call import Access, Call, Route
from asdk.sandbox.mgnify.errors import ApiError, refused_bearer
from asdk.sandbox.mgnify.store.state import State


@attrs.frozen(eq=False)
class Guard:
    """Guard that passes requests to the handlers, or answers them."""

    state: State

    def before(self, route: Route) -> Handler:
        """Return the route's handler in the form that aiohttp calls."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await route.handler(Call(request, self.state, self._user(request, route.access)))
            except ApiError as refusal:
                return refusal.reply()

        return handle

    def _user(self, request: web.Request, access: Access) -> str | None:
        if access is Access.IGNORED:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            try:
                return self.state.tokens.verify(token)
            except ApiError:
                raise refused_bearer() from None
        if access is Access.REQUIRED:
            raise ApiError(401, "Unauthorized")
        return None
