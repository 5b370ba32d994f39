"""Access tokens and refresh tokens, both JWTs: issued, refreshed, rotated if so configured, and checked."""

import math

import attrs

from asdk.sandbox import jwt
from asdk.sandbox.apala.errors import ApiError
from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.companies import Companies, Company
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json


@attrs.define(eq=False)
class _RefreshToken:
    family: str
    """Exchange that it descends from."""
    revoked: bool = False
    spent: bool = False
    """Replaced by rotation."""


class Sessions:
    """Tokens of all companies."""

    def __init__(self, settings: ApalaSettings, clock: TimeSource, ids: Ids, companies: Companies) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._companies = companies
        self._access_secret = ids.hex(64).encode()
        self._refresh_secret = ids.hex(64).encode()
        self._refresh_tokens: dict[str, _RefreshToken] = {}

    def open(self, company: Company) -> Json:
        """Start a session and return its tokens in the shape of the reply."""
        return self._access_token(company) | {"refresh_token": self._refresh_token(company, self._ids.uuid())}

    def refresh(self, refresh_token: str) -> Json:
        """Return the next access token, and the next refresh token if those rotate.

        Raises:
            ApiError: 401: an unknown, expired or revoked token, or one that is used twice.
        """
        company = self._company(refresh_token, self._refresh_secret, "refresh token")
        token = self._refresh_tokens[refresh_token]
        if token.revoked:
            raise ApiError(401, "invalid_refresh_token", "Refresh token has been revoked")
        if token.spent:
            # The token has leaked: RFC 9700, section 4.14.2, revokes the whole family.
            for relative in self._refresh_tokens.values():
                relative.revoked = relative.revoked or relative.family == token.family
            raise ApiError(401, "invalid_refresh_token", "Refresh token has been used already")
        reply = self._access_token(company)
        if self._settings.rotate_refresh_tokens:
            token.spent = True
            reply["refresh_token"] = self._refresh_token(company, token.family)
        return reply

    def company_of(self, access_token: str) -> Company:
        """Return the company of an access token. Raise ApiError 401 if it is invalid."""
        return self._company(access_token, self._access_secret, "access token")

    def revoke_refresh_tokens(self) -> int:
        """Revoke all refresh tokens and return how many there were."""
        active = [token for token in self._refresh_tokens.values() if not (token.revoked or token.spent)]
        for token in self._refresh_tokens.values():
            token.revoked = True
        return len(active)

    def invalidate_access_tokens(self) -> None:
        """Reject every access token issued so far, as after a replacement of the signing key."""
        self._access_secret = self._ids.hex(64).encode()

    def _access_token(self, company: Company) -> Json:
        lifetime = self._settings.token_lifetime
        value = self._sign(company, lifetime, self._access_secret)
        return {"access_token": value, "expires_in": max(1, math.ceil(lifetime))}

    def _refresh_token(self, company: Company, family: str) -> str:
        value = self._sign(company, self._settings.refresh_token_lifetime, self._refresh_secret)
        self._refresh_tokens[value] = _RefreshToken(family)
        return value

    def _sign(self, company: Company, lifetime: float, secret: bytes) -> str:
        now = self._clock()
        claims = {"sub": company.id, "iat": now, "exp": now + lifetime, "jti": self._ids.uuid()}
        return jwt.encode(claims, secret)

    def _company(self, token: str, secret: bytes, called: str) -> Company:
        code = f"invalid_{called.replace(' ', '_')}"
        try:
            claims = jwt.decode(token, secret)
        except jwt.InvalidTokenError:
            raise ApiError(401, code, f"Invalid {called}") from None
        if self._clock() >= claims["exp"]:
            raise ApiError(401, code, f"The {called} has expired")
        return self._companies.get(claims["sub"])
