"""Guard in front of each handler: checks rate limit, credentials and scopes, and turns errors into replies.

`EdgeQuakeServer` wraps every route's handler in it.
"""

import hmac

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDictProxy

from asdk.sandbox.edgequake.call import ANONYMOUS, Call, Caller, Route
from asdk.sandbox.edgequake.errors import ApiError, RefusalError, UnauthorizedError
from asdk.sandbox.edgequake.rate_limit import RateLimiter
from asdk.sandbox.edgequake.settings import DEFAULT_USER_ID
from asdk.sandbox.edgequake.store.state import State
from asdk.sandbox.exchange import current

_EVERYBODY = Caller(DEFAULT_USER_ID, "anonymous", "admin")


@attrs.frozen(eq=False)
class Guard:
    """Guard that passes requests to the handlers, or answers them."""

    state: State
    limiter: RateLimiter

    def before(self, route: Route) -> Handler:
        """Return the route's handler in the form that aiohttp calls."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._count(request)
                caller = self._admit(request.headers, route)
                return await route.handler(Call(request, self.state, caller))
            except RefusalError as refusal:
                return refusal.reply()

        async def count(request: web.Request) -> web.StreamResponse:
            response = await handle(request)
            self.state.served[route.method, route.path, response.status] += 1
            return response

        return count

    def _count(self, request: web.Request) -> None:
        headers = self.limiter.admit(request.headers.get("X-Tenant-ID"))
        exchange = current()
        if headers and exchange is not None:
            exchange.reply_headers.update(headers)

    def _admit(self, headers: CIMultiDictProxy[str], route: Route) -> Caller:
        if route.public:
            return ANONYMOUS
        if not self.state.settings.auth_enabled:
            return _EVERYBODY
        caller = self._identify(headers)
        if caller.api_key is not None and not caller.api_key.allows(route.scope):
            raise ApiError("FORBIDDEN", f"The API key lacks the scope {route.scope}")
        return caller

    def _identify(self, headers: CIMultiDictProxy[str]) -> Caller:
        """Identify the caller. Raise UnauthorizedError. A bearer token takes precedence over an API key."""
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            bearer = bearer.strip()
            return self._by_key(bearer) if self._looks_like_key(bearer) else self._by_token(bearer)
        key = headers.get("X-API-Key")
        if key is None:
            raise UnauthorizedError("Missing authentication: send a bearer token or an API key")
        return self._by_key(key)

    def _looks_like_key(self, text: str) -> bool:
        return text.startswith("eq_") or self._is_static_key(text)

    def _is_static_key(self, text: str) -> bool:
        static = self.state.settings.static_api_key
        return static is not None and hmac.compare_digest(text.encode(), static.encode())

    def _by_token(self, token: str) -> Caller:
        claims = self.state.sessions.verify(token)
        return Caller(claims["sub"], claims["username"], claims["role"])

    def _by_key(self, text: str) -> Caller:
        if self._is_static_key(text):
            return Caller(DEFAULT_USER_ID, "static", "admin")
        key = self.state.api_keys.verify(text)
        owner = self.state.users.find(key.user_id)
        if owner is None or not owner.is_active:
            raise UnauthorizedError("The owner of the API key is gone or inactive")
        return Caller(owner.user_id, owner.username, owner.role, key)
