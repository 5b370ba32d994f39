"""Access tokens and refresh tokens, both JWTs: issued, renewed, rotated where that is set, judged."""

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
    """The exchange it descends from."""
    revoked: bool = False
    spent: bool = False
    """It was rotated away."""


class Sessions:
    """The tokens of all companies."""

    def __init__(self, settings: ApalaSettings, clock: TimeSource, ids: Ids, companies: Companies) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._companies = companies
        self._access_secret = ids.hex(64).encode()
        self._refresh_secret = ids.hex(64).encode()
        self._refresh_tokens: dict[str, _RefreshToken] = {}

    def open(self, company: Company) -> Json:
        """The tokens of a new session, as the reply has them."""
        return self._access_token(company) | {"refresh_token": self._refresh_token(company, self._ids.uuid())}

    def refresh(self, refresh_token: str) -> Json:
        """The next access token, and the next refresh token where those rotate.

        Raises:
            ApiError: 401: not one of ours, expired, revoked, or sent a second time.
        """
        company = self._company(refresh_token, self._refresh_secret, "refresh token")
        token = self._refresh_tokens[refresh_token]
        if token.revoked:
            raise ApiError(401, "invalid_refresh_token", "Refresh token has been revoked")
        if token.spent:
            # Somebody has a copy: RFC 9700, section 4.14.2, ends the whole family.
            for relative in self._refresh_tokens.values():
                relative.revoked = relative.revoked or relative.family == token.family
            raise ApiError(401, "invalid_refresh_token", "Refresh token has been used already")
        renewed = self._access_token(company)
        if self._settings.rotate_refresh_tokens:
            token.spent = True
            renewed["refresh_token"] = self._refresh_token(company, token.family)
        return renewed

    def company_of(self, access_token: str) -> Company:
        """Whose access token this is. Raises ApiError, 401."""
        return self._company(access_token, self._access_secret, "access token")

    def revoke_refresh_tokens(self) -> int:
        """Revoke all, and say how many that were."""
        active = [token for token in self._refresh_tokens.values() if not (token.revoked or token.spent)]
        for token in self._refresh_tokens.values():
            token.revoked = True
        return len(active)

    def invalidate_access_tokens(self) -> None:
        """Refuse every access token issued so far, as a server does whose signing key was replaced."""
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
