"""`EdgeQuakeServer`: the API assembled from its routes, with the methods that a test calls while it runs."""

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from aiohttp import web

from asdk.sandbox.api import ApiServer
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake import errors
from asdk.sandbox.edgequake.call import Route
from asdk.sandbox.edgequake.guard import Guard
from asdk.sandbox.edgequake.handlers import (
    admin,
    api_keys,
    auth,
    chat,
    contexts,
    conversations,
    costs,
    documents,
    entities,
    graph,
    health,
    jobs,
    lineage,
    maintenance,
    oidc,
    parse,
    pdf,
    processing,
    providers,
    query,
    relationships,
    tasks,
    tenants,
    uploads,
    users,
    workspaces,
)
from asdk.sandbox.edgequake.rate_limit import RateLimiter
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings
from asdk.sandbox.edgequake.store.state import Credentials, State, StreamError
from asdk.sandbox.exchange import Exchange
from asdk.sandbox.ids import Ids

T = TypeVar("T")

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *auth.ROUTES,
    *oidc.ROUTES,
    *users.ROUTES,
    *api_keys.ROUTES,
    # Fixed paths precede those with a parameter in the same place: the first match wins.
    *processing.ROUTES,
    *pdf.ROUTES,
    *documents.ROUTES,
    *uploads.ROUTES,
    *parse.ROUTES,
    *query.ROUTES,
    *contexts.ROUTES,
    *chat.ROUTES,
    *tenants.ROUTES,
    *workspaces.ROUTES,
    *maintenance.ROUTES,
    *jobs.ROUTES,
    *conversations.ROUTES,
    *graph.ROUTES,
    *entities.ROUTES,
    *relationships.ROUTES,
    *lineage.ROUTES,
    *tasks.ROUTES,
    *costs.ROUTES,
    *providers.ROUTES,
    *admin.ROUTES,
)


class EdgeQuakeServer(ApiServer):
    """EdgeQuake API on loopback."""

    name: ClassVar[str] = "edgequake"

    def __init__(self, settings: EdgeQuakeSettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._state = State(settings, clock, seed)
        self._guard = Guard(self._state, RateLimiter(settings, clock))
        self._request_ids = Ids("edgequake requests", seed)

    @property
    def credentials(self) -> Credentials:
        """Return the seeded accounts, key, tenant and workspace."""
        return self._state.credentials

    # Called by tests, from any thread:

    def revoke_refresh_tokens(self, username: str | None = None) -> int:
        """Revoke the refresh tokens of one user, or of all; return how many there were."""

        def revoke() -> int:
            if username is None:
                return self._state.sessions.revoke_all()
            user = self._state.users.named(username)
            if user is None:
                raise ValueError(f"username must be a user of the sandbox, got {username!r}")
            return self._state.sessions.revoke_all(user.user_id)

        return self.on_loop(revoke)

    def invalidate_access_tokens(self) -> None:
        """Reject every access token issued so far: the next use of each is a 401."""
        self.on_loop(self._state.sessions.invalidate_access_tokens)

    def end_next_document(self, status: str, *, message: str | None = None) -> None:
        """End the processing of the next new document as ``failed``, ``partial_failure`` or ``cancelled``."""
        self.on_loop(lambda: self._state.outcomes.append((status, message)))

    def break_next_stream(
        self, *, code: str = "QUERY_FAILED", message: str = "The answer could not be finished", after_tokens: int = 1
    ) -> None:
        """End the next streamed answer in an error event, after some of its tokens."""
        self.on_loop(lambda: self._state.stream_errors.append(StreamError(code, message, after_tokens)))

    def inspect(self, look: Callable[[State], T]) -> T:
        """Read the server's state: ``inspect(lambda state: len(state.users))``."""
        return self.on_loop(lambda: look(self._state))

    # Implementation of ApiServer:

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.route(route.method, route.path, self._guard.before(route)) for route in self._routes()]

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status, retry_after)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        if isinstance(refusal, web.HTTPRequestEntityTooLarge):
            return errors.ApiError("PAYLOAD_TOO_LARGE", "The request body is too large").reply()
        # An unknown path and a wrong method have no body on the real server.
        allow = refusal.headers.get("Allow")
        return web.Response(status=refusal.status, headers=None if allow is None else {"Allow": allow})

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        response.headers["x-request-id"] = self._request_ids.uuid()
        response.headers.update(exchange.reply_headers)

    @property
    def max_body_size(self) -> int:
        return self.settings.max_upload_bytes

    def _routes(self) -> Iterable[Route]:
        if self.settings.allow_registration:
            return (*(route for route in ROUTES if route.handler is not users.create), users.REGISTRATION)
        return ROUTES
