"""`PasswordGrant`: a token for a user's name and password, refreshed by its refresh token."""

from __future__ import annotations

from asdk.auth.credentials.oauth import ClientAuth, OAuthCredential, Parameters, Scopes
from asdk.auth.credentials.secrets import SecretSource, SecretValue, mask_secret
from asdk.auth.identity import Identity, secret_fingerprint
from asdk.auth.token import Token
from asdk.errors import ConfigurationError
from asdk.transports.base import Handler


class PasswordGrant(OAuthCredential):
    """The password grant: a login with a user's name and password.

    The token is refreshed by the refresh token of the response, or by another login if there is no refresh token or if
    it is refused.

    Args:
        url: the URL of the token endpoint.
        username: the user's name.
        password: the user's password; a callable is called at each login.
        client_id: of the application, if the endpoint requires it.
        client_secret: of the application; None for a public client.
        scopes: the scopes to request.
        parameters: further form fields of each token request.
        client_auth: ``"basic"`` sends the client's id and secret in ``Authorization``, ``"body"`` in the form.
        scheme: the word before the token in ``Authorization``; None for what the endpoint's ``token_type`` says.

    Raises:
        ConfigurationError: an argument is invalid.

    Source: RFC 6749, section 4.3. OAuth 2.1 removes this grant; many APIs have no other.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: SecretSource,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        scopes: Scopes = (),
        parameters: Parameters | None = None,
        client_auth: ClientAuth = "basic",
        scheme: str | None = None,
    ) -> None:
        password = mask_secret(password)
        client_secret = None if client_secret is None else mask_secret(client_secret)
        self._username = username
        super().__init__(
            "password",
            url,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            parameters=parameters,
            client_auth=client_auth,
            scheme=scheme,
        )
        if not username:
            raise ConfigurationError("username must not be empty")
        self._password = SecretValue("password", password, blanks=True)

    @property
    def identity(self) -> Identity:
        """Return whose token it is: the user's."""
        return self._identity(self._username, secret_fingerprint(self._password.get(), "password grant", short=True))

    async def fetch(self, send: Handler) -> Token:
        """Log in with the user's name and password."""
        fields = {"grant_type": "password", "username": self._username, "password": self._password.get()}
        return await self._ask(send, {**fields, "scope": self._scope})

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token by the refresh token, or log in without one."""
        if token.refresh_token is None:
            return await self.fetch(send)
        return await self._refresh(send, token.refresh_token)

    def __repr__(self) -> str:
        return f"PasswordGrant({self._url!r}, {self._username!r})"
