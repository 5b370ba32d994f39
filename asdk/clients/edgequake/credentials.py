"""`EdgeQuakeLogin`: user name and password for a JWT, with refresh. Created by `EdgeQuake`."""

from __future__ import annotations

from typing import Any

from asdk import Response, Secret, TokenError, TokenRefusedError, TokenUnavailableError
from asdk.auth import (
    Credential,
    Handler,
    Identity,
    Token,
    json_request,
    secret_fingerprint,
    send_token_request,
    token_lifetime,
)
from asdk.clients.edgequake.errors import LOCKED_FOR, LoginLockedError, WrongPasswordError


class EdgeQuakeLogin(Credential):
    """Credential that logs in and refreshes with the refresh token.

    This API does not rotate the refresh token, which is valid for 30 days.

    Args:
        base_url: the base URL of the server, such as ``"http://localhost:8080"``.
        username: the user name or email address.
        password: the password.

    Source: EdgeQuake API, ``POST /api/v1/auth/login`` and ``/api/v1/auth/refresh``.
    """

    rotates_refresh_tokens = False

    def __init__(self, base_url: str, username: str, password: str | Secret) -> None:
        self._base_url = base_url.rstrip("/")
        self._username = username
        self._password = Secret(password)

    @property
    def identity(self) -> Identity:
        """Return the identity of the login, under which its token is shared and stored."""
        return Identity(
            url=f"{self._base_url}/api/v1/auth/login",
            kind="edgequake login",
            account=self._username,
            seed=secret_fingerprint(self._password, "edgequake login", short=True),
        )

    async def fetch(self, send: Handler) -> Token:
        """Log in with user name and password."""
        data = {"username": self._username, "password": self._password}
        response = await send_token_request(send, json_request(f"{self._base_url}/api/v1/auth/login", data))
        return _token(response, refresh_token=None)

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Refresh the token, or log in if it does not have a refresh token."""
        if token.refresh_token is None:
            return await self.fetch(send)
        request = json_request(f"{self._base_url}/api/v1/auth/refresh", {"refresh_token": token.refresh_token})
        return _token(await send_token_request(send, request), refresh_token=token.refresh_token)

    def map_error(self, error: TokenError) -> TokenError:
        """Convert an error of the login endpoint to the matching class and hint."""
        if not isinstance(error, TokenRefusedError):
            return error
        if error.status == 423:
            wait = LOCKED_FOR if error.retry_after is None else error.retry_after
            hint = "wait 15 minutes, and check the password before the next attempt"
            return error.convert_to(LoginLockedError, retry_after=wait, hint=hint)
        if error.status == 403:
            hint = f"an administrator must activate the account {self._username}"
            return error.convert_to(TokenRefusedError, hint=hint)
        if error.status == 401:
            hint = f"check the user name ({self._username}) and the password (EDGEQUAKE_USERNAME, EDGEQUAKE_PASSWORD)"
            return error.convert_to(WrongPasswordError, hint=hint)
        return error.convert_to(TokenRefusedError, hint="check the base URL")

    def __repr__(self) -> str:
        return f"EdgeQuakeLogin({self._base_url!r}, {self._username!r})"


def _token(response: Response, *, refresh_token: Secret | None) -> Token:
    """Parse the token. A refresh response omits the refresh token, so the one that was sent remains valid."""
    data: dict[str, Any] = response.json()
    value, refreshed = data.get("access_token"), data.get("refresh_token")
    if not isinstance(value, str) or not value:
        raise TokenUnavailableError("the response of the token endpoint does not contain an access_token")
    return Token(
        value=value,
        lifetime=token_lifetime(response, data, Secret(value)),
        refresh_token=Secret(refreshed) if isinstance(refreshed, str) and refreshed else refresh_token,
    )
