"""State of one MGnify server, with its seeded accounts."""

import hmac
import re
from functools import cached_property

import attrs

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.mgnify.errors import ApiError
from asdk.sandbox.mgnify.settings import MGnifySettings
from asdk.sandbox.mgnify.store.library import Library, build
from asdk.sandbox.mgnify.store.links import Links
from asdk.sandbox.mgnify.store.searches import Searches
from asdk.sandbox.mgnify.store.tokens import SlidingTokens

_WEBIN_ID = re.compile(r"(?:mg-)?(Webin-[0-9]+)").fullmatch


@attrs.frozen
class WebinLogin:
    username: str
    password: str
    private_studies: int


@attrs.frozen
class MGnifyCredentials:
    """Accounts of the server. They are not secret: they are printed, and the same for each seed."""

    user: WebinLogin
    other: WebinLogin


class State:
    """Memory of the server. It belongs to the server's loop; other threads use ``MGnifyServer.inspect``."""

    def __init__(self, settings: MGnifySettings, clock: TimeSource, seed: int) -> None:
        self.settings = settings
        self.clock = clock
        ids = Ids("mgnify", seed)
        self.tokens: SlidingTokens = SlidingTokens(settings, clock, ids)
        self.links: Links = Links(settings, clock, ids)
        self.searches: Searches = Searches(settings, clock, ids)
        self.credentials: MGnifyCredentials = MGnifyCredentials(
            WebinLogin("Webin-1001", "sandbox-webin", private_studies=3),
            WebinLogin("Webin-1002", "sandbox-other", private_studies=1),
        )
        self._seed = seed

    @cached_property
    def library(self) -> Library:
        """Return the records, drawn on first use."""
        accounts = (self.credentials.user, self.credentials.other)
        private = {account.username: account.private_studies for account in accounts}
        return build(self._seed, studies=self.settings.studies, private=private)

    def log_in(self, username: str, password: str) -> str:
        """Issue a token for a correct username and password. A broker prefixes the name with ``mg-``, which is removed.

        Raises:
            ApiError: 401; the same for a malformed name, a wrong pair, and an archive that does not answer.
        """
        named = _WEBIN_ID(username)
        for account in (self.credentials.user, self.credentials.other):
            right = hmac.compare_digest(account.password.encode(), password.encode())
            if self.settings.ena_reachable and named and named[1] == account.username and right:
                return self.tokens.issue(account.username)
        raise ApiError(401, "Invalid credentials")
