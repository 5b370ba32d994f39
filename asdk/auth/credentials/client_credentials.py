"""`ClientCredentials`: a token for an application's own id and secret, for services without a user."""

from __future__ import annotations

import attrs

from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes
from asdk.auth.credentials.secrets import SecretSource, mask_secret
from asdk.auth.identity import Identity
from asdk.auth.token import Token
from asdk.transports.base import Handler


class ClientCredentials(OAuthCredential):
    """The client credentials grant: access tokens for the client's id and secret.

    Args:
        url: the URL of the token endpoint.
        client_id: of the application.
        client_secret: of the application; a callable is called at each refresh.
        scopes: the scopes to request.
        audience: the API that the token is for, if the endpoint requires it.
        parameters: further form fields of the token request.
        client_auth: ``"basic"`` sends id and secret in ``Authorization``, ``"body"`` in the form.
        scheme: the word before the token in ``Authorization``; None for what the endpoint's ``token_type`` says.

    Raises:
        ConfigurationError: an argument is invalid.

    Source: RFC 6749, section 4.4.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: SecretSource,
        *,
        scopes: Scopes = (),
        audience: str | None = None,
        parameters: Parameters | None = None,
        client_auth: ClientAuth = "basic",
        scheme: str | None = None,
    ) -> None:
        client_secret = mask_secret(client_secret)
        super().__init__(
            "client_credentials",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters={**({} if audience is None else {"audience": audience}), **(parameters or {})},
            client_auth=client_auth,
            scheme=scheme,
        )

    @property
    def identity(self) -> Identity:
        """Return whose token it is: the application's."""
        return self._identity()

    async def fetch(self, send: Handler) -> Token:
        """Obtain a token with the client's id and secret."""
        token = await self._ask(send, {"grant_type": "client_credentials", "scope": self._scope})
        # A server should not send a refresh token here (section 4.4.3): the secret serves as well, and does not expire.
        return attrs.evolve(token, refresh_token=None, refresh_expires_at=None)
