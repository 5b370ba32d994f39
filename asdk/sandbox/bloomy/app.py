"""`BloomyServer`: the API put together from its routes, and what a test may turn while it runs."""

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
    """The Bloom Growth API on loopback."""

    name: ClassVar[str] = "bloomy"

    def __init__(self, settings: BloomySettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._state = State(settings, clock, seed)

    @property
    def api_url(self) -> str:
        """What clients take as their base URL. The token endpoint lies beside it, at the root of the host."""
        return f"{self.url}/api/v1"

    @property
    def credentials(self) -> BloomyCredentials:
        """Accounts and keys that are there from the start."""
        return self._state.credentials

    # What a test turns; from any thread:

    def revoke_key(self, key: str | None = None) -> None:
        """Refuse a key, or every one issued so far, the seeded ones too: the next use is a 401."""
        self.on_loop(lambda: self._state.keys.revoke(key))

    def inspect(self, look: Callable[[State], T]) -> T:
        """Look at the server's memory: ``inspect(lambda state: len(state.items))``."""
        return self.on_loop(lambda: look(self._state))

    # What the base asks for:

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.route(route.method, path, guard(route, self._state)) for route in ROUTES for path in route.spellings
        ]

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        return errors.reply_for(refusal.status)

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Nothing: its replies carry no header of their own."""
