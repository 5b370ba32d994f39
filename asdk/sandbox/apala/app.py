"""`ApalaServer`: the API assembled from its routes, with the methods that a test calls while it runs."""

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from aiohttp import web

from asdk.sandbox.apala import errors
from asdk.sandbox.apala.call import Route, guard
from asdk.sandbox.apala.handlers import auth, feedback, messages, paf, templates
from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.state import ApalaCredentials, State
from asdk.sandbox.api import ApiServer
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.exchange import Exchange
from asdk.sandbox.ids import Ids

T = TypeVar("T")

ROUTES: tuple[Route, ...] = (
    *auth.ROUTES,
    *messages.ROUTES,
    *feedback.ROUTES,
    *paf.ROUTES,
    *templates.ROUTES,
)


class ApalaServer(ApiServer):
    """Apala API on loopback."""

    name: ClassVar[str] = "apala"

    def __init__(self, settings: ApalaSettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._state = State(settings, clock, seed)
        self._request_ids = Ids("apala requests", seed)

    @property
    def credentials(self) -> ApalaCredentials:
        """Return the seeded keys and companies."""
        return self._state.credentials

    # Called by tests, from any thread:

    def revoke_api_key(self, api_key: str | None = None) -> None:
        """Revoke a key, by default the first company's: its exchange is a 401. Tokens already issued remain valid."""
        self.on_loop(lambda: self._state.companies.revoke(api_key or self.credentials.api_key))

    def forbid_api_key(self, api_key: str | None = None) -> None:
        """Remove a key's permission to use the API: its exchange is a 403."""
        self.on_loop(lambda: self._state.companies.forbid(api_key or self.credentials.api_key))

    def revoke_refresh_tokens(self) -> int:
        """Revoke every refresh token issued so far; return how many there were."""
        return self.on_loop(self._state.sessions.revoke_refresh_tokens)

    def invalidate_access_tokens(self) -> None:
        """Reject every access token issued so far: the next use of each is a 401."""
        self.on_loop(self._state.sessions.invalidate_access_tokens)

    def hold_out(self, customer_id: str) -> None:
        """Put a customer into the control group of the pre-approval flow, which gets no message."""
        self.on_loop(lambda: self._state.paf.hold_out(customer_id))

    def retire_group(self, group_id: str) -> None:
        """Retire an audience group: it accepts no more templates."""
        self.on_loop(lambda: self._state.templates.retire_group(group_id))

    def inspect(self, look: Callable[[State], T]) -> T:
        """Read the server's state: ``inspect(lambda state: len(state.messages.feedback))``."""
        return self.on_loop(lambda: look(self._state))

    # Implementation of ApiServer:

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.route(route.method, route.path, guard(route, self._state)) for route in ROUTES]

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        return errors.reply_for(refusal.status, refusal.reason)

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        response.headers["x-request-id"] = self._request_ids.uuid()
