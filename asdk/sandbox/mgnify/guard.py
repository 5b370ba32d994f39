"""The guard before each handler: the bearer, where a route looks at one; and errors turned into replies.

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
    """Lets requests pass to the handlers, or answers them."""

    state: State

    def before(self, route: Route) -> Handler:
        """The route's handler as the web framework calls it."""

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
