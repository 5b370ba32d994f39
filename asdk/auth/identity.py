"""`Identity`: the account, endpoint and scopes of a token. Stated by credentials, used as the key by stores.

Two users of one application must never share a key, and a key must not reveal a secret.
"""

from __future__ import annotations

import hashlib
import json

import attrs

from asdk.http.urls import parse_url
from asdk.secret import Secret

# The hex digits of a full fingerprint, and of one that only detects a change.
_WHOLE = 32
_SHORT = 4


@attrs.frozen(kw_only=True)
class Identity:
    """The identity of one token among all tokens of a store.

    Attributes:
        url: the URL of the token endpoint.
        kind: the kind of grant, such as ``"client_credentials"``.
        account: the user name, or the `secret_fingerprint` of the API key or first refresh token.
        client_id: the id of the application, if there is one.
        scopes: the scopes of the token.
        tenant: the tenant, if tokens depend on it.
        seed: a `secret_fingerprint` of the secret that a login starts from. It is not part of the key: a record made
            from another seed is replaced.
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
        """Return the scheme, host and port of the token endpoint."""
        return str(parse_url(self.url)[0])

    @property
    def key(self) -> str:
        """Return the key of the token in a store: 32 hex digits, valid as a file name."""
        parts = [self.url, self.kind, self.account, self.client_id, sorted(self.scopes), self.tenant]
        return hashlib.sha256(f"asdk:token:{json.dumps(parts)}".encode()).hexdigest()[:_WHOLE]


def secret_fingerprint(secret: str | Secret, purpose: str, *, short: bool = False) -> str:
    """Return a fingerprint of a secret: SHA-256, bound to one purpose.

    Args:
        secret: a secret of high entropy, such as an API key: a password could be guessed from a full fingerprint.
        purpose: the use of the fingerprint; the fingerprints of two purposes cannot be linked.
        short: 16 bits only: enough to detect that a password was changed, too few to guess it.
    """
    digest = hashlib.sha256(f"asdk:{purpose}:{Secret(secret).reveal()}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[: _SHORT if short else _WHOLE]
