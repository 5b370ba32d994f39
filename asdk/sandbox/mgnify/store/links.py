"""Links to files: plain for public ones, signed and short-lived for private ones."""

import hashlib
import hmac
import math

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.mgnify.settings import MGnifySettings

ROOT = "/pub/databases/metagenomics/mgnify_results"


class Links:
    """Issuer and checker of links. A signed link fetches the file until it expires, without a bearer token."""

    def __init__(self, settings: MGnifySettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._secret = ids.hex(64).encode()

    def path(self, parent: str, alias: str, *, private: bool) -> str:
        """Return the path of a file, with the query that grants access."""
        path = f"{ROOT}/{parent}/{alias}"
        if not private:
            return path
        expires = math.ceil(self._clock() + self._settings.link_lifetime)
        return f"{path}?expires={expires}&token={self._sign(path, str(expires))}"

    def admits(self, path: str, expires: str | None, token: str | None) -> bool:
        """Check the signature and the expiry of a link to a private file."""
        if expires is None or token is None or not (expires.isascii() and expires.isdigit()):
            return False
        return hmac.compare_digest(self._sign(path, expires).encode(), token.encode()) and self._clock() < int(expires)

    def _sign(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}:{expires}".encode(), hashlib.sha256).hexdigest()
