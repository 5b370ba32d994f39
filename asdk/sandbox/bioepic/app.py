"""`BioEPICServer`: the assembled API, with the methods that a test calls while it runs."""

from collections.abc import Iterable
from email.utils import formatdate
from typing import ClassVar

from aiohttp import web

from asdk.sandbox.api import ApiServer
from asdk.sandbox.bioepic import errors
from asdk.sandbox.bioepic.collections import Collections
from asdk.sandbox.bioepic.filters import Record
from asdk.sandbox.bioepic.handlers import Handlers
from asdk.sandbox.bioepic.settings import BioEPICSettings
from asdk.sandbox.bioepic.tokens import BioEPICCredentials, Tokens
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.exchange import Exchange
from asdk.sandbox.ids import Ids


class BioEPICServer(ApiServer):
    """BioEPIC API on loopback."""

    name: ClassVar[str] = "bioepic"

    def __init__(self, settings: BioEPICSettings, *, seed: int, clock: TimeSource) -> None:
        super().__init__()
        self.settings = settings
        self._clock = clock
        self._tokens = Tokens(settings, clock, Ids("bioepic", seed))
        self._collections = Collections(settings, seed)

    @property
    def credentials(self) -> BioEPICCredentials:
        """Return the seeded client and user."""
        return self._tokens.credentials

    # Called by tests, from any thread:

    def invalidate_tokens(self) -> None:
        """Reject every access token issued so far; clients can request a new one at once."""
        self.on_loop(self._tokens.invalidate)

    def add_record(self, collection: str, record: Record) -> None:
        """Add a record to a collection, which is created if missing."""

        def add() -> None:
            kept = self._collections.records.setdefault(collection, [])
            kept.append(record)
            kept.sort(key=lambda other: str(other["id"]))

        self.on_loop(add)

    # Implementation of ApiServer:

    def routes(self) -> Iterable[web.RouteDef]:
        return Handlers(self.settings, self._tokens, self._collections).routes()

    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        return errors.reply_for(status)

    def refuse(self, refusal: web.HTTPException) -> web.Response:
        response = errors.reply_for(refusal.status)
        if "Allow" in refusal.headers:
            response.headers["Allow"] = refusal.headers["Allow"]
        return response

    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Set the header Date to the server's own clock, which clients use to check ``exp``."""
        response.headers["Date"] = formatdate(self._clock(), usegmt=True)
