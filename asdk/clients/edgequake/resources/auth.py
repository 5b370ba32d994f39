"""``client.auth``: log in, renew, log out, and who am I.

A client that was given ``username`` and ``password`` does all this by itself. These are for programs that keep the
tokens of their own users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload
from urllib.parse import urljoin

from typing_extensions import Unpack

from asdk.clients.edgequake.models import LoginResult, RefreshResult, User, UserReply
from asdk.config import secret_argument
from asdk.errors import InvalidRequestError, StatusError
from asdk.http.options import CallOptions
from asdk.http.redirects import MAX_REDIRECTS, is_redirect
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.status_errors import redirect_error
from asdk.resources import Resource
from asdk.secret import Secret

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Auth(Resource["EdgeQuake"]):
    """Sessions: a login gives an access token and a refresh token."""

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
        """Start a session. Needs no credentials, and changes none of this client's.

        Args:
            username: the user name, or the e-mail address.
            password: the password.
            email: the e-mail address, in place of ``username``.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Both tokens and the account. ``EdgeQuake(api_key=result.access_token)`` is a client that uses them.

        Raises:
            AuthenticationError: there is no such pair.
            PermissionDeniedError: the account is inactive.
            AccountLockedError: too many wrong passwords; the account opens again after 15 minutes.
            InvalidRequestError: no password, or not one of ``username`` and ``email``.

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
        """Get the next access token of a session. Needs no credentials.

        Args:
            refresh_token: of the login; it stays good for the next time.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The new access token and the seconds it lives.

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
        """End a session: its refresh token renews no more.

        Args:
            refresh_token: of the login.
            options: what this call does differently, see `CallOptions`.

        Raises:
            AuthenticationError: this client is not logged in.

        Source: EdgeQuake API, ``POST /api/v1/auth/logout``.
        """
        refresh_token = secret_argument(refresh_token)
        await self._client.request(
            "POST", "/api/v1/auth/logout", json={"refresh_token": refresh_token}, model=None, **options
        )

    async def oidc_login(self, **options: Unpack[CallOptions]) -> str:
        """Begin a login at the server's identity provider (OpenID Connect). Needs no credentials.

        Args:
            options: what this call does differently, see `CallOptions`.

        Returns:
            The address to open in a browser. The provider sends the browser back with ``code`` and ``state``, which
            `oidc_callback` takes.

        Raises:
            ServerError: 503: the server has no identity provider.

        Source: EdgeQuake API, ``GET /api/v1/auth/oidc/login``.
        """
        request = self._client.build_request("GET", "/api/v1/auth/oidc/login", authenticate=False, **options)
        response = await self._send_once(request)
        if not is_redirect(response):
            raise self._refusal(response, hint="there is no redirect to an identity provider in it")
        return urljoin(request.url, response.headers["location"])

    async def oidc_callback(self, code: str, state: str, **options: Unpack[CallOptions]) -> LoginResult:
        """End a login at the server's identity provider. Needs no credentials, and changes none of this client's.

        Args:
            code: what the provider gave; good for one call, which is therefore not repeated after a failure.
            state: what it gave beside that.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Both tokens and the account, as `login` gives them.

        Raises:
            AuthenticationError: the login was never begun, has ended, or took too long: begin anew.
            RedirectError: the server hands tokens to a page of its own instead: open the address in a browser.
            ServerError: 503: the server has no identity provider.

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
        """Fetch the account that this client speaks for.

        Args:
            options: what this call does differently, see `CallOptions`.

        Raises:
            AuthenticationError: the server does not accept the credentials.

        Source: EdgeQuake API, ``GET /api/v1/auth/me``.
        """
        return (await self._client.request("GET", "/api/v1/auth/me", model=UserReply, **options)).user

    async def _send_once(self, request: Request) -> Response:
        """The reply itself: where a redirect of these leads, a browser must go and not this client."""
        request.state.redirects = MAX_REDIRECTS
        return await self._client.send(request)

    def _refusal(self, response: Response, *, hint: str | None = None) -> StatusError:
        error = self._client.status_error(response)
        error.hint = hint or error.hint
        return error


def _login_body(username: str | None, email: str | None, password: Secret | None) -> dict[str, object]:
    """The server takes an e-mail address as the user name."""
    if password is None or (username is None) == (email is None):
        raise InvalidRequestError("a login needs a password, and one of username and email")
    return {"username": username if email is None else email, "password": password}
