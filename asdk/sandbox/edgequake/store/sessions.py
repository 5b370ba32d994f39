"""Access tokens (JWT) and refresh tokens: issued at login, refreshed, checked, and revoked by tests."""

import math

import attrs

from asdk.sandbox import jwt
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError, UnauthorizedError
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings
from asdk.sandbox.edgequake.store.users import User, Users
from asdk.sandbox.ids import Ids


@attrs.define(eq=False)
class RefreshToken:
    user_id: str
    expires_at: float
    revoked: bool = False


@attrs.frozen
class AccessToken:
    value: str = attrs.field(repr=False)
    expires_in: int
    """Whole seconds, as the server writes them. A lifetime below one second is rounded up to 1, so such a token expires
    early: clients learn it from a 401.
    """


class Sessions:
    """Tokens of all users. Refresh tokens do not rotate: each can be used any number of times."""

    def __init__(self, settings: EdgeQuakeSettings, clock: TimeSource, ids: Ids, users: Users) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._users = users
        self._secret = ids.hex(64).encode()
        self._refresh_tokens: dict[str, RefreshToken] = {}

    @property
    def active_refresh_tokens(self) -> int:
        """Return the number of valid refresh tokens."""
        now = self._clock()
        return sum(not token.revoked and now < token.expires_at for token in self._refresh_tokens.values())

    def open(self, user: User) -> tuple[AccessToken, str]:
        """Start a session: an access token and a refresh token."""
        refresh_token = self._ids.uuid()
        expires_at = self._clock() + self._settings.refresh_token_lifetime
        self._refresh_tokens[refresh_token] = RefreshToken(user.user_id, expires_at)
        return self._issue(user), refresh_token

    def refresh(self, refresh_token: str) -> AccessToken:
        """Issue an access token. Raise ApiError UNAUTHORIZED, with the reason."""
        token = self._refresh_tokens.get(refresh_token)
        if token is None:
            raise ApiError("UNAUTHORIZED", "Refresh token not found")
        if token.revoked:
            raise ApiError("UNAUTHORIZED", "Refresh token has been revoked")
        if self._clock() >= token.expires_at:
            raise ApiError("UNAUTHORIZED", "Refresh token has expired")
        user = self._users.find(token.user_id)
        if user is None:
            raise ApiError("UNAUTHORIZED", "User not found")
        if not user.is_active:
            raise ApiError("UNAUTHORIZED", "User is inactive")
        return self._issue(user)

    def verify(self, access_token: str) -> dict[str, str]:
        """Return the claims ``sub``, ``username`` and ``role`` of a valid token.

        Raises:
            UnauthorizedError: malformed, signed with another secret, or expired.
        """
        try:
            claims = jwt.decode(access_token, self._secret)
        except jwt.InvalidTokenError:
            raise UnauthorizedError("Invalid token") from None
        if self._clock() >= claims["exp"]:
            raise UnauthorizedError("Token has expired")
        return {name: claims[name] for name in ("sub", "username", "role")}

    def revoke(self, refresh_token: str, *, user_id: str) -> None:
        """Revoke a refresh token of this user; silently ignore those of others."""
        token = self._refresh_tokens.get(refresh_token)
        if token is not None and token.user_id == user_id:
            token.revoked = True

    def revoke_all(self, user_id: str | None = None) -> int:
        """Revoke the refresh tokens of one user, or of all; return how many there were."""
        active = [token for token in self._refresh_tokens.values() if not token.revoked]
        chosen = [token for token in active if user_id is None or token.user_id == user_id]
        for token in chosen:
            token.revoked = True
        return len(chosen)

    def invalidate_access_tokens(self) -> None:
        """Reject every access token issued so far, as after a replacement of the signing key."""
        self._secret = self._ids.hex(64).encode()

    def _issue(self, user: User) -> AccessToken:
        lifetime, now = self._settings.token_lifetime, self._clock()
        if lifetime >= 60:
            # Whole seconds, as the server writes them. They would shorten a short lifetime too much, and
            # RFC 7519 allows fractions.
            lifetime, now = int(lifetime), int(now)
        claims = {
            "sub": user.user_id,
            "username": user.username,
            "role": user.role,
            "exp": now + lifetime,
            "iat": now,
            "jti": self._ids.uuid(),
        }
        return AccessToken(jwt.encode(claims, self._secret), max(1, math.ceil(lifetime)))
