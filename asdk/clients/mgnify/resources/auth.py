"""``client.auth``: log in, refresh, verify.

A client that was given ``username`` and ``password`` does all this by itself. These are for programs that keep the
tokens of their own users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.mgnify.models import SlidingTokenReply
from asdk.config import secret_argument
from asdk.errors import AuthenticationError
from asdk.http.options import CallOptions
from asdk.resources import Resource
from asdk.secret import Secret

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Auth(Resource["MGnify"]):
    """Sliding tokens: one text that is both, access token and refresh token. The server keeps no session."""

    async def login(self, username: str, password: str | Secret, **options: Unpack[CallOptions]) -> SlidingTokenReply:
        """Get a token. Needs no credentials, and changes none of this client's.

        Args:
            username: a Webin id, such as ``"Webin-12345"``.
            password: of that account.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The token, good for 24 hours. ``MGnify(auth_token=reply.token)`` is a client that uses it.

        Raises:
            AuthenticationError: there is no such pair, or the archive that knows it does not answer.

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
        """Get the next token for one that still lives. Needs no credentials.

        Args:
            token: what a login or a refresh gave, at most 24 hours after the login.
            options: what this call does differently, see `CallOptions`.

        Returns:
            A token that is good for 24 hours from now.

        Raises:
            AuthenticationError: the token has expired, or its login was too long ago: log in again.
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
        """Ask whether a token is good now.

        Args:
            token: what a login or a refresh gave; left out, this client's own, which it gets if it has none yet.
            options: what this call does differently, see `CallOptions`.

        Raises:
            ConfigurationError: no token was given, and this client has no account.
            TokenError: no token was given, and this client can get none.

        Source: MGnify API v2, ``POST /auth/verify``.
        """
        token = (await self._client.get_token()).value if token is None else secret_argument(token)
        try:
            await self._client.request(
                "POST", "/auth/verify", json={"token": token}, model=None, authenticate=False, **options
            )
        except AuthenticationError:
            return False
        return True
