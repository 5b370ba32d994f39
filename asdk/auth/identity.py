"""`Identity`: whose token it is, where it comes from, and what it is good for. Credentials state it, stores go by it.

Two users of one application must never share a key, and a key must not tell a secret.
"""

from __future__ import annotations

import hashlib
import json

import attrs

from asdk.http.urls import parse_url
from asdk.secret import Secret

# Hex digits of a whole fingerprint, and of one that only shows a change.
_WHOLE = 32
_SHORT = 4


@attrs.frozen(kw_only=True)
class Identity:
    """Names one token among all that a store may keep.

    Attributes:
        url: of the token endpoint.
        kind: of the grant, such as ``"client_credentials"``.
        account: the user name, or the `fingerprint` of the API key or first refresh token that stands for one.
        client_id: of the application, where there is one.
        scopes: what the token is good for.
        tenant: for whom, where tokens depend on it.
        seed: a `fingerprint` of the secret that a login starts from. It is no part of the key: a store whose entry was
            made from another seed is overruled.
    """

    url: str
    kind: str
    account: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    tenant: str = ""
    seed: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port of the token endpoint."""
        return str(parse_url(self.url)[0])

    @property
    def key(self) -> str:
        """Under which a store keeps the token: 32 hex digits, fit for a file name."""
        parts = [self.url, self.kind, self.account, self.client_id, sorted(self.scopes), self.tenant]
        return hashlib.sha256(f"asdk:token:{json.dumps(parts)}".encode()).hexdigest()[:_WHOLE]


def secret_fingerprint(secret: str | Secret, purpose: str, *, short: bool = False) -> str:
    """Names a secret without telling it: SHA-256, bound to one purpose.

    Args:
        secret: of high entropy, such as an API key: a password could be guessed from a whole fingerprint.
        purpose: sets this use apart from every other; two purposes give two names that nobody can link.
        short: 16 bits only: enough to see that a password was changed, too few to guess it by.
    """
    digest = hashlib.sha256(f"asdk:{purpose}:{Secret(secret).reveal()}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[: _SHORT if short else _WHOLE]
