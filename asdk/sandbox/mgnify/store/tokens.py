"""Sliding tokens: one JWT is the access token and is exchanged for a later one while both its windows are open."""

from asdk.sandbox import jwt
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.mgnify.errors import refused_token
from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.settings import MGnifySettings


class SlidingTokens:
    """Issuer and checker of tokens. The server stores none of them: the signature is sufficient."""

    def __init__(self, settings: MGnifySettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._secret = ids.hex(64).encode()

    def issue(self, username: str) -> str:
        """Issue a token at login."""
        claims: Json = {"token_type": "sliding", "jti": self._ids.hex(32), "username": username}
        return self._sign(claims | {"refresh_exp": self._end(self._settings.refresh_window)})

    def refresh(self, token: str) -> str:
        """Issue a token whose use window starts now. The end of its refresh window does not change.

        Raises:
            ApiError: 401: not issued here, or the use window or the refresh window has ended.
        """
        claims = self._claims(token)
        # The use window is checked first: an expired token cannot be refreshed, however long its refresh window is.
        if self._clock() >= claims["refresh_exp"]:
            raise refused_token()
        return self._sign(claims)

    def verify(self, token: str) -> str:
        """Return the Webin id in a valid token.

        Raises:
            ApiError: 401.
        """
        username: str = self._claims(token)["username"]
        return username

    def invalidate(self) -> None:
        """Reject every token issued so far, as after a replacement of the signing key."""
        self._secret = self._ids.hex(64).encode()

    def _claims(self, token: str) -> Json:
        try:
            claims = jwt.decode(token, self._secret)
        except jwt.InvalidTokenError:
            raise refused_token() from None
        if self._clock() >= claims["exp"]:
            raise refused_token()
        return claims

    def _sign(self, claims: Json) -> str:
        times = {"exp": self._end(self._settings.token_lifetime), "iat": self._end(0)}
        return jwt.encode(claims | times, self._secret)

    def _end(self, seconds: float) -> float:
        # Whole seconds, as the server writes them. They would shorten a short lifetime too much, and RFC 7519 allows
        # fractions.
        moment = self._clock() + seconds
        return moment if self._settings.token_lifetime < 60 else int(moment)
