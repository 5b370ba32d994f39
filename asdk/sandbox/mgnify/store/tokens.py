"""Sliding tokens: one JWT that is used, and traded for a later one as long as both its windows are open."""

from asdk.sandbox import jwt
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.mgnify.errors import refused_token
from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.settings import MGnifySettings


class SlidingTokens:
    """Issues, refreshes and checks the tokens. The server keeps none of them: a signature is all it needs."""

    def __init__(self, settings: MGnifySettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._secret = ids.hex(64).encode()

    def issue(self, username: str) -> str:
        """A token for somebody who has just logged in."""
        claims: Json = {"token_type": "sliding", "jti": self._ids.hex(32), "username": username}
        return self._sign(claims | {"refresh_exp": self._end(self._settings.refresh_window)})

    def refresh(self, token: str) -> str:
        """A token with a use window that begins now. When it can be refreshed for the last time stays as it was.

        Raises:
            ApiError: 401, it is not ours, cannot be used any more, or cannot be refreshed any more.
        """
        claims = self._claims(token)
        # The use window is looked at first: a token that has expired cannot be refreshed, however long its other one.
        if self._clock() >= claims["refresh_exp"]:
            raise refused_token()
        return self._sign(claims)

    def verify(self, token: str) -> str:
        """The Webin id in a token that is good now.

        Raises:
            ApiError: 401.
        """
        username: str = self._claims(token)["username"]
        return username

    def invalidate(self) -> None:
        """Refuse every token issued so far, as a server does whose signing key was replaced."""
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
        # Whole seconds, as the server writes them. Of a short life they would cut off too much, and RFC 7519 allows
        # fractions.
        moment = self._clock() + seconds
        return moment if self._settings.token_lifetime < 60 else int(moment)
