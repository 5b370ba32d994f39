"""`BloomyServer`: the API assembled from its routes, with the methods that a test calls while it runs."""

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from aiohttp import web

from asdk.sandbox.api import ApiServer
from asdk.sandbox.bloomy import errors
from asdk.sandbox.bloomy.call import Route, guard
from asdk.sandbox.bloomy.handlers import headlines, issues, meetings, rocks, scorecard, todos, token, users
from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.bloomy.store.state import BloomyCredentials, State
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.exchange import Exchange

T = TypeVar("T")

ROUTES: tuple[Route, ...] = (
    *token.ROUTES,
    *users.ROUTES,
    *meetings.ROUTES,
    *todos.ROUTES,
    *rocks.ROUTES,
    *issues.ROUTES,
    *headlines.ROUTES,
    *scorecard.ROUTES,
)


class BloomyServer(ApiServer):
    """Bloom Growth API on loopback."""

    name: ClassVar[str] = "bloomy"

    def __init__(self, settings: BloomySettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._state = State(settings, clock, seed)

    @property
    def api_url(self) -> str:
        """Return the base URL for clients. The token endpoint lies outside it, at the root of the host."""
        return f"{self.url}/api/v1"

    @property
    def credentials(self) -> BloomyCredentials:
        """Return the seeded accounts and keys."""
        return self._state.credentials

    # Called by tests, from any thread:

    def revoke_key(self, key: str | None = None) -> None:
        """Revoke a key, or every key issued so far, including the seeded ones: the next use is a 401."""
        self.on_loop(lambda: self._state.keys.revoke(key))

    def inspect(self, look: Callable[[State], T]) -> T:
        """Read the server's state: ``inspect(lambda state: len(state.items))``."""
        return self.on_loop(lambda: look(self._state))

    # Implementation of ApiServer:

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.route(route.method, path, guard(route, self._state)) for route in ROUTES for path in route.spellings
        ]

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        return errors.reply_for(refusal.status)

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Set nothing: this server's replies carry no header of their own."""
