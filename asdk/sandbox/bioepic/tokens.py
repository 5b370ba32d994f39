"""Access tokens for client credentials and for a password. There are no refresh tokens: clients request a new token."""

import hmac
from collections.abc import Mapping
from typing import Any

import attrs

from asdk.sandbox import jwt
from asdk.sandbox.bioepic.errors import ApiError
from asdk.sandbox.bioepic.settings import BioEPICSettings, TokenShape
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids

_GRANTS = {
    "client_credentials": ("client_id", "client_secret"),
    "password": ("username", "password"),
}


@attrs.frozen
class BioEPICCredentials:
    """Accepted credentials. They are not secret: they are printed, and the same for each seed."""

    client_id: str
    client_secret: str
    username: str
    password: str


class Tokens:
    """Token issuer and checker. Each token is a JWT, so the server stores none."""

    def __init__(self, settings: BioEPICSettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._secret = ids.hex(64).encode()
        self.credentials: BioEPICCredentials = BioEPICCredentials(
            f"client-{ids.hex(8)}", ids.alphanumeric(32), "bioepic-user", "sandbox-bioepic"
        )

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the reply to a token request.

        Raises:
            ApiError: 422 for another grant, 400 for a missing field, 401 for a wrong pair.
        """
        kind = form.get("grant_type", "")
        names = _GRANTS.get(kind)
        if names is None:
            raise ApiError(422, f"grant_type must be one of {', '.join(_GRANTS)}")
        missing = [name for name in names if not form.get(name)]
        if missing:
            raise ApiError(400, f"Missing for the grant {kind}: {', '.join(missing)}")
        if not all(_same(form[name], getattr(self.credentials, name)) for name in names):
            raise ApiError(401, f"Incorrect {names[0]} or {names[1]}")
        return {"access_token": self._issue(form[names[0]]), "token_type": "bearer"} | self._life()

    def check(self, authorization: str) -> None:
        """Raise ApiError 401 unless the header contains a valid token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(401, "Not authenticated")
        try:
            claims = jwt.decode(token, self._secret)
        except jwt.InvalidTokenError:
            claims = {"exp": 0}
        if self._clock() >= claims["exp"]:
            raise ApiError(401, "Could not validate credentials")

    def invalidate(self) -> None:
        """Reject every token issued so far, as after a replacement of the signing key."""
        self._secret = self._ids.hex(64).encode()

    def _issue(self, subject: str) -> str:
        claims = {"sub": subject, "exp": self._clock() + self._settings.token_lifetime, "jti": self._ids.uuid()}
        return jwt.encode(claims, self._secret)

    def _life(self) -> dict[str, Any]:
        seconds = self._settings.token_lifetime
        whole = int(seconds) if seconds == int(seconds) else seconds
        if self._settings.token_shape is TokenShape.TEXT:
            return {"expires_in": str(whole)}
        if self._settings.token_shape is TokenShape.UNITS:
            minutes = int(seconds // 60)
            parts = {"days": minutes // 1440, "hours": minutes // 60 % 24, "minutes": minutes % 60}
            return {"expires": parts}
        return {"expires_in": whole} if self._settings.token_shape is TokenShape.SECONDS else {}


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
