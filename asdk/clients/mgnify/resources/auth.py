"""``client.auth``: login, refresh and verification of tokens.

A client with ``username`` and ``password`` does this itself. These operations are for programs that manage the tokens
of their own users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import AuthenticationError, CallOptions, Resource, Secret
from asdk.client import secret_argument
from asdk.clients.mgnify.models import SlidingTokenReply

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Auth(Resource["MGnify"]):
    """Operations on sliding tokens, which are both access and refresh token. The server keeps no session."""

    async def login(self, username: str, password: str | Secret, **options: Unpack[CallOptions]) -> SlidingTokenReply:
        """Get a token. This requires no credentials, and does not change those of the client.

        Args:
            username: the Webin id, such as ``"Webin-12345"``.
            password: the password of the account.
            options: per-call options, see `CallOptions`.

        Returns:
            The token, which is valid for 24 hours. ``MGnify(auth_token=reply.token)`` creates a client that uses it.

        Raises:
            AuthenticationError: the user name or password is wrong, or the archive that verifies them is unavailable.

        Source: MGnify API v2, ``POST /auth/sliding``.
        """
        password = secret_argument(password)
        return await self._client.request(
            "POST",
            "/auth/sliding",
            json={"username": username, "password": password},
            model=SlidingTokenReply,
            authenticate=False,
            **options,
        )

    async def refresh(self, token: str | Secret, **options: Unpack[CallOptions]) -> SlidingTokenReply:
        """Get a new token for one that is still valid. This requires no credentials.

        Args:
            token: a token from a login or a refresh, at most 24 hours after the login.
            options: per-call options, see `CallOptions`.

        Returns:
            The new token, which is valid for 24 hours.

        Raises:
            AuthenticationError: the token has expired, or its login is too old: log in again.
            BadRequestError: the token is empty.

        Source: MGnify API v2, ``POST /auth/sliding/refresh``.
        """
        token = secret_argument(token)
        return await self._client.request(
            "POST",
            "/auth/sliding/refresh",
            json={"token": token},
            model=SlidingTokenReply,
            authenticate=False,
            **options,
        )

    async def verify(self, token: str | Secret | None = None, **options: Unpack[CallOptions]) -> bool:
        """Return whether the server accepts a token.

        Args:
            token: a token from a login or a refresh; by default the client's own, which it fetches if necessary.
            options: per-call options, see `CallOptions`.

        Raises:
            ConfigurationError: no token was passed, and the client has no account.
            TokenError: no token was passed, and the client cannot get one.

        Source: MGnify API v2, ``POST /auth/verify``.
        """
        token = secret_argument((await self._client.get_token()).value if token is None else token)
        try:
            await self._client.request(
                "POST", "/auth/verify", json={"token": token}, model=None, authenticate=False, **options
            )
        except AuthenticationError:
            return False
        return True
