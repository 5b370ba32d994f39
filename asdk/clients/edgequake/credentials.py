"""`EdgeQuakeLogin`: user name and password for a JWT, renewed by its refresh token. Made by `EdgeQuake`."""

from __future__ import annotations

from typing import Any

from asdk.auth import Credential, Identity, Token, json_request, secret_fingerprint, send_token_request, token_lifetime
from asdk.clients.edgequake.errors import LOCKED_FOR, LoginLockedError, WrongPasswordError
from asdk.errors import TokenError, TokenRefusedError, TokenUnavailableError
from asdk.http.response import Response
from asdk.secret import Secret
from asdk.transports.base import Handler


class EdgeQuakeLogin(Credential):
    """Logs in, and renews with the refresh token, which this API does not rotate and keeps for 30 days.

    Args:
        base_url: of the server, such as ``"http://localhost:8080"``.
        username: the user name, or the e-mail address.
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
        return Identity(
            url=f"{self._base_url}/api/v1/auth/login",
            kind="edgequake login",
            account=self._username,
            seed=secret_fingerprint(self._password, "edgequake login", short=True),
        )

    async def fetch(self, send: Handler) -> Token:
        data = {"username": self._username, "password": self._password}
        response = await send_token_request(send, json_request(f"{self._base_url}/api/v1/auth/login", data))
        return _token(response, refresh_token=None)

    async def refresh(self, token: Token, send: Handler) -> Token:
        if token.refresh_token is None:
            return await self.fetch(send)
        request = json_request(f"{self._base_url}/api/v1/auth/refresh", {"refresh_token": token.refresh_token})
        return _token(await send_token_request(send, request), refresh_token=token.refresh_token)

    def map_error(self, error: TokenError) -> TokenError:
        if not isinstance(error, TokenRefusedError):
            return error
        if error.status == 423:
            wait = LOCKED_FOR if error.retry_after is None else error.retry_after
            hint = "wait for 15 minutes, and check the password before the next try"
            return error.convert_to(LoginLockedError, retry_after=wait, hint=hint)
        if error.status == 403:
            hint = f"an administrator has to activate the account {self._username}"
            return error.convert_to(TokenRefusedError, hint=hint)
        if error.status == 401:
            hint = f"check the user name ({self._username}) and the password (EDGEQUAKE_USERNAME, EDGEQUAKE_PASSWORD)"
            return error.convert_to(WrongPasswordError, hint=hint)
        return error.convert_to(TokenRefusedError, hint="check the base URL")

    def __repr__(self) -> str:
        return f"EdgeQuakeLogin({self._base_url!r}, {self._username!r})"


def _token(response: Response, *, refresh_token: Secret | None) -> Token:
    """The token in a reply; a refresh does not repeat the refresh token, so the one that was sent stays good."""
    data: dict[str, Any] = response.json()
    value, renewed = data.get("access_token"), data.get("refresh_token")
    if not isinstance(value, str) or not value:
        raise TokenUnavailableError("the token endpoint answered without an access_token")
    return Token(
        value=value,
        lifetime=token_lifetime(response, data, Secret(value)),
        refresh_token=Secret(renewed) if isinstance(renewed, str) and renewed else refresh_token,
    )
