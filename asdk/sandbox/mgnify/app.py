"""`MGnifyServer`: the API assembled from its routes, with the methods that a test calls while it runs."""

from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import ClassVar, TypeVar

from aiohttp import web

from asdk.sandbox.api import ApiServer
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.exchange import Exchange
from asdk.sandbox.mgnify import errors
from asdk.sandbox.mgnify.call import Route
from asdk.sandbox.mgnify.guard import Guard
from asdk.sandbox.mgnify.handlers import analyses, auth, files, genomes, publications, samples, searches, studies
from asdk.sandbox.mgnify.settings import MGnifySettings
from asdk.sandbox.mgnify.store.state import MGnifyCredentials, State

T = TypeVar("T")

PREFIX = "/metagenomics/api/v2"
ROUTES: tuple[Route, ...] = (
    *auth.ROUTES,
    *studies.ROUTES,
    *samples.ROUTES,
    *analyses.ROUTES,
    *publications.ROUTES,
    *genomes.ROUTES,
    *searches.ROUTES,
)


class MGnifyServer(ApiServer):
    """MGnify API on loopback, with the file host that its replies link to."""

    name: ClassVar[str] = "mgnify"

    def __init__(self, settings: MGnifySettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._state = State(settings, clock, seed)
        self._guard = Guard(self._state)

    @property
    def api_url(self) -> str:
        """Return the base URL of the API, which has a prefix below ``url``."""
        return f"{self.url}{PREFIX}"

    @property
    def credentials(self) -> MGnifyCredentials:
        """Return the seeded accounts."""
        return self._state.credentials

    # Called by tests, from any thread:

    def issue_token(self, username: str = "Webin-1001") -> str:
        """Issue a sliding token as a login would, for programs that need one ready-made."""
        return self.on_loop(lambda: self._state.tokens.issue(username))

    def invalidate_tokens(self) -> None:
        """Reject every token issued so far: its next use is a 401, and so is its refresh."""
        self.on_loop(self._state.tokens.invalidate)

    def inspect(self, look: Callable[[State], T]) -> T:
        """Read the server's state: ``inspect(lambda state: len(state.library.studies))``."""
        return self.on_loop(lambda: look(self._state))

    # Implementation of ApiServer:

    def routes(self) -> Iterable[web.RouteDef]:
        for route in ROUTES:
            # The API does not answer HEAD, but the file host does.
            only = {"allow_head": False} if route.method == "GET" else {}
            yield web.route(route.method, PREFIX + route.path, self._guard.before(route), **only)
        for route in files.ROUTES:
            yield web.route(route.method, route.path, self._guard.before(route))

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        if isinstance(refusal, web.HTTPMethodNotAllowed):
            allow = {"Allow": refusal.headers.get("Allow", "")}
            return web.Response(status=405, text="Method not allowed", content_type="text/html", headers=allow)
        return errors.html_page(refusal.status)

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Set the header Date to the server's own clock, which clients use to check ``exp``. There is no request id."""
        response.headers["Date"] = formatdate(self._state.clock(), usegmt=True)
