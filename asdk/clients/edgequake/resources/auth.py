"""``client.auth``: login, refresh, logout and the current account.

A client created with ``username`` and ``password`` does this automatically. These operations are for programs that
manage the tokens of their own users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload
from urllib.parse import urljoin

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Request, Resource, Response, Secret, StatusError
from asdk.client import secret_argument
from asdk.clients.edgequake.models import LoginResult, RefreshResult, User, UserReply
from asdk.http import MAX_REDIRECTS, is_redirect, redirect_error

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Auth(Resource["EdgeQuake"]):
    """Sessions. A login returns an access token and a refresh token."""

    @overload
    async def login(self, username: str, password: str | Secret, **options: Unpack[CallOptions]) -> LoginResult: ...
    @overload
    async def login(self, *, email: str, password: str | Secret, **options: Unpack[CallOptions]) -> LoginResult: ...
    async def login(
        self,
        username: str | None = None,
        password: str | Secret | None = None,
        *,
        email: str | None = None,
        **options: Unpack[CallOptions],
    ) -> LoginResult:
        """Log in. Needs no credentials and does not change the credential of this client.

        Args:
            username: the user name or email address.
            password: the password.
            email: the email address, instead of ``username``.
            options: per-call options, see `CallOptions`.

        Returns:
            Both tokens and the account. ``EdgeQuake(api_key=result.access_token)`` creates a client that uses them.

        Raises:
            AuthenticationError: the user name or the password is wrong.
            PermissionDeniedError: the account is inactive.
            AccountLockedError: too many wrong passwords; the account unlocks after 15 minutes.
            InvalidRequestError: the password is missing, or not exactly one of ``username`` and ``email`` is passed.

        Source: EdgeQuake API, ``POST /api/v1/auth/login``.
        """
        password = secret_argument(password)
        return await self._client.request(
            "POST",
            "/api/v1/auth/login",
            json=_login_body(username, email, password),
            model=LoginResult,
            authenticate=False,
            **options,
        )

    async def refresh(self, refresh_token: str | Secret, **options: Unpack[CallOptions]) -> RefreshResult:
        """Refresh the access token of a session. Needs no credentials.

        Args:
            refresh_token: the refresh token of the login; it remains valid.
            options: per-call options, see `CallOptions`.

        Returns:
            The new access token and its lifetime in seconds.

        Raises:
            AuthenticationError: the refresh token is unknown, revoked or expired: log in again.

        Source: EdgeQuake API, ``POST /api/v1/auth/refresh``.
        """
        refresh_token = secret_argument(refresh_token)
        return await self._client.request(
            "POST",
            "/api/v1/auth/refresh",
            json={"refresh_token": refresh_token},
            model=RefreshResult,
            authenticate=False,
            **options,
        )

    async def logout(self, refresh_token: str | Secret, **options: Unpack[CallOptions]) -> None:
        """Log out. The refresh token of the session becomes invalid.

        Args:
            refresh_token: the refresh token of the login.
            options: per-call options, see `CallOptions`.

        Raises:
            AuthenticationError: this client is not logged in.

        Source: EdgeQuake API, ``POST /api/v1/auth/logout``.
        """
        refresh_token = secret_argument(refresh_token)
        await self._client.request(
            "POST", "/api/v1/auth/logout", json={"refresh_token": refresh_token}, model=None, **options
        )

    async def oidc_login(self, **options: Unpack[CallOptions]) -> str:
        """Start a login at the server's identity provider (OpenID Connect). Needs no credentials.

        Args:
            options: per-call options, see `CallOptions`.

        Returns:
            The URL to open in a browser. The provider redirects the browser back with ``code`` and ``state``, which
            `oidc_callback` accepts.

        Raises:
            ServerError: 503: the server does not have an identity provider.

        Source: EdgeQuake API, ``GET /api/v1/auth/oidc/login``.
        """
        request = self._client.build_request("GET", "/api/v1/auth/oidc/login", authenticate=False, **options)
        response = await self._send_once(request)
        if not is_redirect(response):
            raise self._refusal(response, hint="the response does not redirect to an identity provider")
        return urljoin(request.url, response.headers["location"])

    async def oidc_callback(self, code: str, state: str, **options: Unpack[CallOptions]) -> LoginResult:
        """Complete a login at the identity provider. Needs no credentials and does not change this client's credential.

        Args:
            code: the code from the provider. It is valid for one call, so a failed call is not retried.
            state: the state from the provider.
            options: per-call options, see `CallOptions`.

        Returns:
            Both tokens and the account, as from `login`.

        Raises:
            AuthenticationError: the login was not started, is already complete or has expired: start again.
            RedirectError: the server sends the tokens to its own page instead: open the URL in a browser.
            ServerError: 503: the server does not have an identity provider.

        Source: EdgeQuake API, ``GET /api/v1/auth/oidc/callback``.
        """
        request = self._client.build_request(
            "GET", "/api/v1/auth/oidc/callback", params={"code": code, "state": state}, authenticate=False, **options
        )
        request.idempotent = False
        response = await self._send_once(request)
        if is_redirect(response):
            raise redirect_error(response, "the tokens are for that page")
        if not response.is_success:
            raise self._refusal(response)
        return response.decode(LoginResult)

    async def me(self, **options: Unpack[CallOptions]) -> User:
        """Fetch the authenticated account.

        Args:
            options: per-call options, see `CallOptions`.

        Raises:
            AuthenticationError: the server rejects the credentials.

        Source: EdgeQuake API, ``GET /api/v1/auth/me``.
        """
        return (await self._client.request("GET", "/api/v1/auth/me", model=UserReply, **options)).user

    async def _send_once(self, request: Request) -> Response:
        """Return the response without following its redirect, whose target is for a browser."""
        request.state.redirects = MAX_REDIRECTS
        return await self._client.send(request)

    def _refusal(self, response: Response, *, hint: str | None = None) -> StatusError:
        error = self._client.status_error(response)
        error.hint = hint or error.hint
        return error


def _login_body(username: str | None, email: str | None, password: Secret | None) -> dict[str, object]:
    """Build the login body. The server accepts an email address as the user name."""
    if password is None or (username is None) == (email is None):
        raise InvalidRequestError("login requires password and exactly one of username and email")
    return {"username": username if email is None else email, "password": password}
