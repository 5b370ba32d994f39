"""`BioEPICLogin`: the login of an application or a person. Created by `BioEPIC`."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from asdk import Secret, TokenError
from asdk.auth import (
    Credential,
    Handler,
    Identity,
    Token,
    form_request,
    read_token,
    secret_fingerprint,
    send_token_request,
)
from asdk.clients.bioepic.errors import is_wrong_pair, login_error

# The lifetime of a token in seconds, if the server does not state it.
_LIFETIME = 3600.0
# A URL that is not a token endpoint, or does not support the grant, is not worth a retry.
_NO_ENDPOINT = frozenset({404, 405, 422})
_PAIRS = {"client_credentials": ("client_id", "client_secret"), "password": ("username", "password")}


class BioEPICLogin(Credential):
    """A login with a client id and secret, or with a user name and password.

    The API has no refresh tokens: shortly before a token expires, the client logs in again.

    Args:
        base_url: the base URL of the API, such as ``"https://api.bioepic.example.com"``.
        grant: ``"client_credentials"`` for an application, ``"password"`` for a person.
        name: the client id, or the user name.
        secret: the client secret, or the password.

    Source: BioEPIC API, ``POST /token``; RFC 6749, sections 4.3 and 4.4, with the client's id and secret in the form.
    """

    rotates_refresh_tokens: bool = False
    refused_statuses: ClassVar[frozenset[int]] = Credential.refused_statuses | _NO_ENDPOINT

    def __init__(
        self, base_url: str, grant: Literal["client_credentials", "password"], name: str, secret: str | Secret
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/token"
        self._grant = grant
        self._name = name
        self._secret = Secret(secret)

    @property
    def identity(self) -> Identity:
        """Return the identity of the account at this server."""
        seed = secret_fingerprint(self._secret, "bioepic login", short=True)
        return Identity(url=self._url, kind=f"bioepic {self._grant}", account=self._name, seed=seed)

    async def fetch(self, send: Handler) -> Token:
        """Log in and return the token."""
        name, secret = _PAIRS[self._grant]
        fields = {"grant_type": self._grant, name: self._name, secret: self._secret}
        response = await send_token_request(send, form_request(self._url, fields), refused=self.refused_statuses)
        token = read_token(response, scheme="Bearer")
        lifetime = token.lifetime or _LIFETIME
        return attrs.evolve(token, lifetime=lifetime, refresh_token=None, refresh_expires_at=None)

    def map_error(self, error: TokenError) -> TokenError:
        """Convert a failed login to an error of this client, with a hint."""
        return login_error(error, self._advice(error))

    def _advice(self, refusal: TokenError) -> str:
        if is_wrong_pair(refusal):
            name, secret = _PAIRS[self._grant]
            settings = f"BIOEPIC_{name.upper()}, BIOEPIC_{secret.upper()}"
            return f"check {name}= ({self._name}) and {secret}= ({settings}), and that they belong to this environment"
        if refusal.status in _NO_ENDPOINT:
            return "check base_url= (BIOEPIC_BASE_URL) and env= (BIOEPIC_ENV)"
        return "ask the operator of the server why it rejects this login"

    def __repr__(self) -> str:
        return f"BioEPICLogin({self._url!r}, {self._grant!r}, {self._name!r})"
