"""`SlidingToken`: the credential for a Webin account, whose token is also its refresh token. Created by `MGnify`."""

from __future__ import annotations

import re
from typing import Any

import attrs

from asdk import Response, Secret, TokenError, TokenRefusedError, TokenUnavailableError
from asdk.auth import (
    Credential,
    Handler,
    Identity,
    Token,
    json_request,
    jwt_claims,
    jwt_expiry,
    secret_fingerprint,
    send_token_request,
    token_lifetime,
)
from asdk.client import SYSTEM_CLOCK, Clock

_SENDABLE = re.compile(r"[\x21-\x7e]+").fullmatch

#: Advice for a rejected login.
LOGIN_HINTS = (
    "check the Webin id, such as Webin-12345, and the password (MGNIFY_USERNAME, MGNIFY_PASSWORD); the server returns "
    "the same error while the archive that verifies them is unavailable"
)


class SlidingToken(Credential):
    """A login whose token is refreshed before it expires, for as long as the server allows: 24 hours from the login.

    The token is its own refresh token. An expired token cannot be refreshed; the client then logs in again.

    Args:
        base_url: the base URL of the API, such as ``"https://www.ebi.ac.uk/metagenomics/api/v2"``.
        username: the Webin id, such as ``"Webin-12345"``.
        password: the password of the account.
        token: an existing token to start with. Without a login it is used until it can no longer be refreshed.
        clock: the clock that decides whether the token can still be refreshed.

    Source: MGnify API v2, ``POST /auth/sliding`` and ``/auth/sliding/refresh``.
    """

    rotates_refresh_tokens = False

    def __init__(
        self,
        base_url: str,
        username: str | None = None,
        password: str | Secret | None = None,
        *,
        token: str | Secret | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._username = username
        self._password = None if password is None else Secret(password)
        self._given = self._first = None if token is None else Secret(token)
        self._clock = clock

    @property
    def identity(self) -> Identity | None:
        """Return the identity of the account at this server; None without a login."""
        if self._username is None or self._password is None:
            return None
        return Identity(
            url=f"{self._base_url}/auth/sliding",
            kind="mgnify sliding token",
            account=self._username,
            seed=secret_fingerprint(self._password, "mgnify login", short=True),
        )

    @property
    def owner(self) -> str:
        """Return a name for the private data that these settings give access to, without revealing them.

        Each combination of account, password and existing token has its own name.
        """
        login, token = self.identity, self._first
        parts = [] if login is None else [login.key, login.seed or ""]
        return "-".join(parts if token is None else [*parts, secret_fingerprint(token, "mgnify token")])

    async def fetch(self, send: Handler) -> Token:
        """Return the existing token once, then log in.

        Raises:
            TokenRefusedError: there is no valid token, and no login.
        """
        # Return the given token only once: a second fetch means that it could not be used.
        given, self._given = self._given, None
        if given is not None and (token := _given_token(given, self._clock.time())) is not None:
            return token
        if self._username is None or self._password is None:
            raise TokenRefusedError(
                "the token has expired or was rejected, and cannot be refreshed: pass another auth_token= "
                "(MGNIFY_AUTH_TOKEN), or username= and password= to log in, or no credentials for public data"
            )
        data = {"username": self._username, "password": self._password}
        return await self._exchange(send, "/auth/sliding", data)

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Refresh the token.

        Raises:
            TokenRefusedError: the token can no longer be refreshed.
        """
        now = self._clock.time()
        expiries = [time for time in (token.expires_at, token.refresh_expires_at) if time is not None]
        if token.refresh_token is None or any(now >= time for time in expiries):
            raise TokenRefusedError("the token can no longer be refreshed")  # the client logs in next
        return await self._exchange(send, "/auth/sliding/refresh", {"token": token.refresh_token})

    async def _exchange(self, send: Handler, path: str, data: dict[str, Any]) -> Token:
        return _token(await send_token_request(send, json_request(f"{self._base_url}{path}", data)))

    def map_error(self, error: TokenError) -> TokenError:
        """Add a hint to a rejected login or refresh."""
        if not isinstance(error, TokenRefusedError) or error.status is None:
            return error
        is_refresh = error.template is not None and error.template.endswith("/refresh")
        return error.convert_to(TokenRefusedError, hint="log in again" if is_refresh else LOGIN_HINTS)

    def __repr__(self) -> str:
        return f"SlidingToken({self._base_url!r}, {self._username!r})"


def _token(response: Response) -> Token:
    data: dict[str, Any] = response.json()
    text = data.get("token")
    if not isinstance(text, str) or not _SENDABLE(text):
        raise TokenUnavailableError("the token endpoint returned no usable token")
    value = Secret(text)
    return _sliding(value, token_lifetime(response, data, value), response.request.clock.time())


def _given_token(value: Secret, now: float) -> Token | None:
    """Return the existing token unless it has expired. Only the server can validate a token that is not a JWT."""
    expires = jwt_expiry(value)
    if expires is None:
        return Token(value=value)
    return None if expires <= now else attrs.evolve(_sliding(value, expires - now, now), issued_at=now)


def _sliding(value: Secret, lifetime: float | None, now: float) -> Token:
    """Return a token that is its own refresh token.

    Args:
        value: the token.
        lifetime: the remaining lifetime in seconds.
        now: the current time in epoch seconds.
    """
    claims = jwt_claims(value)
    use, refresh = claims.get("exp"), claims.get("refresh_exp")
    refresh_end = None
    if lifetime is not None and isinstance(use, int | float) and isinstance(refresh, int | float):
        refresh_end = now + lifetime + (refresh - use)  # both claims are times on the server's clock
    return Token(value=value, lifetime=lifetime, refresh_token=value, refresh_expires_at=refresh_end)
