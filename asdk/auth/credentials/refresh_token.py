"""`RefreshToken`: access tokens for a refresh token that was obtained elsewhere, if no login is possible."""

from __future__ import annotations

import attrs

from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes
from asdk.auth.credentials.secrets import SecretSource, SecretValue, mask_secret
from asdk.auth.identity import Identity
from asdk.auth.refresh.rotation import refresh_print
from asdk.auth.token import Token
from asdk.transports.base import Handler


class RefreshToken(OAuthCredential):
    """The refresh token grant: access tokens for a refresh token, then for the one of each response.

    There is no login to fall back on. If refresh tokens rotate, only the store has the latest one: share a persistent
    store, or the next process has only a token that was used already.

    Args:
        url: the URL of the token endpoint.
        refresh_token: the first one; a callable is called at each refresh, and a token that differs from the one before
            replaces all later tokens.
        client_id: of the application, if the endpoint requires it.
        client_secret: of the application; None for a public client.
        scopes: the scopes to request, at most those that were granted at first; by default the same.
        parameters: further form fields of each token request.
        client_auth: ``"basic"`` sends the client's id and secret in ``Authorization``, ``"body"`` in the form.
        scheme: the word before the token in ``Authorization``; None for what the endpoint's ``token_type`` says.
        account: the account that a store keeps the token under; by default the fingerprint of the first token.
        rotates_refresh_tokens: whether each refresh token is valid for a single use. Set False if one can be used
            repeatedly.

    Raises:
        ConfigurationError: an argument is invalid.

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
        scheme: str | None = None,
        account: str = "",
        rotates_refresh_tokens: bool = True,
    ) -> None:
        refresh_token = mask_secret(refresh_token)
        client_secret = None if client_secret is None else mask_secret(client_secret)
        super().__init__(
            "refresh_token",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters=parameters,
            client_auth=client_auth,
            scheme=scheme,
        )
        self._refresh_token = SecretValue("refresh_token", refresh_token)
        self._account = account
        self.rotates_refresh_tokens = rotates_refresh_tokens

    @property
    def identity(self) -> Identity:
        """Return whose token it is: the account's, or the first token's."""
        # The seed is the fingerprint of this token alone, as a recorded intent has it, without the client's secret.
        seed = refresh_print(self._refresh_token.get())
        return attrs.evolve(self._identity(self._account or seed), seed=seed)

    async def fetch(self, send: Handler) -> Token:
        """Obtain a token by the refresh token that was given."""
        return await self._refresh(send, self._refresh_token.get(), self._scope)

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token by the refresh token of the previous one."""
        if token.refresh_token is None:
            return await self.fetch(send)
        return await self._refresh(send, token.refresh_token, self._scope)
