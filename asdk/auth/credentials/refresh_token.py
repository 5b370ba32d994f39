"""`RefreshToken`: a refresh token from elsewhere for access tokens, where no login is possible."""

from __future__ import annotations

import attrs

from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes
from asdk.auth.credentials.secrets import SecretSource, SecretValue, closed
from asdk.auth.identity import Identity
from asdk.auth.refresh.rotation import refresh_print
from asdk.auth.token import Token
from asdk.transports.base import Handler


class RefreshToken(OAuthCredential):
    """Trades a refresh token for access tokens, and goes on with the one that each reply brings.

    There is no login to fall back on. Where tokens rotate, the given one begins a family that lives in the store alone:
    share a lasting store, or the next process has only a token that was used up.

    Args:
        url: of the token endpoint.
        refresh_token: the first one; a callable is asked anew at each renewal, and another token than before begins
            anew.
        client_id: of the application, where the endpoint wants to know it.
        client_secret: of the application; None for a public one.
        scopes: what the token shall be good for: no more than was granted at first. Left out, it stays so.
        parameters: further fields of each token request.
        client_auth: ``"basic"`` sends the client's id and secret in ``Authorization``, ``"body"`` in the form.
        account: whose token it is, under which a store keeps it; by default the fingerprint of the first token.
        rotates_refresh_tokens: whether each refresh token is good for one use only. False lets one be used as often as
            needed.

    Raises:
        ConfigurationError: one of them cannot be used.

    Source: RFC 6749, section 6.
    """

    can_login = False

    def __init__(
        self,
        url: str,
        refresh_token: SecretSource,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        scopes: Scopes = (),
        parameters: Parameters | None = None,
        client_auth: ClientAuth = "basic",
        account: str = "",
        rotates_refresh_tokens: bool = True,
    ) -> None:
        refresh_token = closed(refresh_token)
        client_secret = None if client_secret is None else closed(client_secret)
        super().__init__(
            "refresh_token",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters=parameters,
            client_auth=client_auth,
        )
        self._refresh_token = SecretValue("the refresh token", refresh_token)
        self._account = account
        self.rotates_refresh_tokens = rotates_refresh_tokens

    @property
    def identity(self) -> Identity:
        # The seed is this token alone, as an announcement of its use names it; the client's secret is no part of it.
        seed = refresh_print(self._refresh_token.get())
        return attrs.evolve(self._identity(self._account or seed), seed=seed)

    async def fetch(self, send: Handler) -> Token:
        return await self._refresh(send, self._refresh_token.get(), self._scope)

    async def refresh(self, token: Token, send: Handler) -> Token:
        if token.refresh_token is None:
            return await self.fetch(send)
        return await self._refresh(send, token.refresh_token, self._scope)
