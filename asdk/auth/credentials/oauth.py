"""`OAuthCredential`: the base of the OAuth 2.0 grants: the form, client authentication, and parsing of responses.

Subclassed by one file per grant in this folder, and by users who need another grant.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import quote_plus, urlencode

from asdk.auth.credentials.base import Credential, form_request, send_token_request, token_error, token_lifetime
from asdk.auth.credentials.secrets import SecretSource, SecretValue, mask_secret
from asdk.auth.identity import Identity, secret_fingerprint
from asdk.auth.token import Token, read_lifetime
from asdk.errors import AsdkError, ConfigurationError, InvalidRequestError, TokenUnavailableError, describe_type
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.secret import MaskedStr, Secret
from asdk.transports.base import Handler

#: How a client with a secret authenticates: in ``Authorization: Basic``, or in the form.
ClientAuth: TypeAlias = Literal["basic", "body"]

#: One scope or several, also as one string separated by blanks.
Scopes: TypeAlias = str | Iterable[str]

#: Further form fields of a token request, such as ``{"resource": "https://api.example.org"}``.
Parameters: TypeAlias = Mapping[str, str]

_is_scope = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+").fullmatch
_is_scheme = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}").fullmatch
_RESERVED = frozenset(
    {"grant_type", "scope", "client_id", "client_secret", "username", "password", "refresh_token", "device_code"}
)

# The token types that name an authentication scheme, by lower-case spelling.
_SCHEMES = {scheme.lower(): scheme for scheme in ("Bearer", "DPoP", "MAC", "Basic")}


class OAuthCredential(Credential):
    """A grant of OAuth 2.0.

    Args:
        kind: the name of the grant, by which `Identity` distinguishes tokens.
        url: the URL of the token endpoint.
        client_id: of the application; None if the endpoint requires none.
        client_secret: of the application; None for a public client, which only identifies itself. A callable is called
            at each refresh, here and for every other secret.
        scopes: the scopes to request.
        parameters: further form fields of each token request.
        client_auth: how the client's id and secret are sent.
        scheme: the word before the token in ``Authorization``; "" for the token alone; None for what the endpoint's
            ``token_type`` says.

    Raises:
        ConfigurationError: an argument is invalid.

    Source: RFC 6749.
    """

    def __init__(
        self,
        kind: str,
        url: str,
        *,
        client_id: str | None = None,
        client_secret: SecretSource | None = None,
        scopes: Scopes = (),
        parameters: Parameters | None = None,
        client_auth: ClientAuth = "basic",
        scheme: str | None = None,
    ) -> None:
        client_secret = None if client_secret is None else mask_secret(client_secret)
        self._url = url  # before the checks, whose tracebacks may show this object
        self._client_id = client_id or ""
        endpoint_url("url", url)
        if client_secret is not None and not client_id:
            raise ConfigurationError("client_secret requires a client_id")
        if client_auth not in ("basic", "body"):
            raise ConfigurationError(f"client_auth must be 'basic' or 'body', got {client_auth!r}")
        if scheme is not None and scheme != "" and (not isinstance(scheme, str) or not _is_scheme(scheme)):
            raise ConfigurationError(f"scheme must be an authentication scheme such as 'Bearer', or '', got {scheme!r}")
        self._client_secret = None if client_secret is None else SecretValue("client_secret", client_secret)
        self._client_auth = client_auth
        self._scheme = scheme
        self._scopes = _read_scopes(scopes)
        self._parameters = _read_parameters(parameters or {})
        # Tokens for different audiences are different tokens.
        self._kind = f"{kind}?{urlencode(sorted(self._parameters.items()))}" if self._parameters else kind

    def _identity(self, account: str = "", seed: str | None = None) -> Identity:
        """Return the identity for an account, with a ``seed`` that changes when the client's secret does."""
        if self._client_secret is not None:
            seed = (seed or "") + secret_fingerprint(self._client_secret.get(), "client secret")
        return Identity(
            url=self._url,
            kind=self._kind,
            account=account,
            client_id=self._client_id,
            scopes=self._scopes,
            seed=seed,
        )

    @property
    def _scope(self) -> str | None:
        return " ".join(self._scopes) or None

    async def _ask(self, send: Handler, fields: Mapping[str, object], *, refresh_token: Secret | None = None) -> Token:
        """Request a token with these form fields.

        Args:
            send: sends the request.
            fields: of the grant, including ``grant_type``.
            refresh_token: remains in use if the response has no other.

        Raises:
            TokenRefusedError: the endpoint rejected the credential.
            TokenUnavailableError: the endpoint could not be reached, or returned no token.
        """
        response = await send_token_request(send, self._request(self._url, fields))
        return read_token(response, refresh_token, scheme=self._scheme)

    async def _refresh(self, send: Handler, refresh_token: Secret, scope: str | None = None) -> Token:
        """Use a refresh token (RFC 6749, section 6). Without a scope, the granted scopes remain."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": scope}
        return await self._ask(send, fields, refresh_token=refresh_token)

    def _request(self, url: str, fields: Mapping[str, object]) -> Request:
        """Build a form request with the client's authentication (RFC 6749, section 2.3.1)."""
        fields = {**fields, **self._parameters}
        secret = None if self._client_secret is None else self._client_secret.get()
        if secret is None or self._client_auth == "body":
            return form_request(url, {**fields, "client_id": self._client_id or None, "client_secret": secret})
        request = form_request(url, fields, headers={"Authorization": _basic(self._client_id, secret)})
        request.secrets = [*request.secrets, secret]
        return request

    def __repr__(self) -> str:
        client = f", client_id={self._client_id!r}" if self._client_id else ""
        return f"{type(self).__name__}({self._url!r}{client})"


def endpoint_url(name: str, url: str) -> str:
    """Return the URL of an endpoint after a check.

    Args:
        name: names the setting in the message.
        url: of the endpoint.

    Raises:
        ConfigurationError: the URL is invalid.
    """
    problem = None
    try:
        parse_url(url)
    except InvalidRequestError as error:
        problem = error.message
    if problem is None:
        return url
    raise ConfigurationError(f"{name}: {problem}")


def read_token(response: Response, refresh_token: Secret | None = None, *, scheme: str | None = None) -> Token:
    """Return the token in a response of the endpoint (RFC 6749, section 5.1).

    Args:
        response: a response with a JSON object, as `send_token_request` returns it.
        refresh_token: the one that was sent, if any. It remains in use if the response has no other.
        scheme: the scheme of the token; by default what ``token_type`` says: Bearer, DPoP, MAC or Basic. Any other
            type means Bearer, since servers put words such as ``access_token`` there.

    Raises:
        TokenRefusedError: the response is a refusal with a status of success.
        TokenUnavailableError: the response contains no token.
    """
    failure = _read_token(response, refresh_token, scheme)
    if isinstance(failure, Token):
        return failure
    # Raised in this frame, which contains no part of the response in plain text.
    try:
        raise failure
    finally:
        del failure


def _read_token(response: Response, refresh_token: Secret | None, scheme: str | None) -> Token | AsdkError:
    data: dict[str, Any] = response.json()
    value, next_refresh_token = data.get("access_token"), data.get("refresh_token")
    if not isinstance(value, str) or not value:
        if isinstance(data.get("error"), str):
            return token_error(response.request, response)
        return _no_token(response, "the token endpoint returned no access_token")
    token = Token(
        value=value,
        scheme=_scheme_of(data.get("token_type")) if scheme is None else scheme,
        lifetime=token_lifetime(response, data, Secret(value)),
        refresh_token=(
            Secret(next_refresh_token) if isinstance(next_refresh_token, str) and next_refresh_token else refresh_token
        ),
        refresh_expires_at=_refresh_expires_at(response, data),
    )
    try:
        token.headers  # noqa: B018 - an invalid header value is found here, not by the first call
    except InvalidRequestError:
        return _no_token(response, "the token endpoint returned an access_token that is not a valid header value")
    return token


def _scheme_of(token_type: object) -> str:
    """Return the authentication scheme of a token type (RFC 6749, section 7.1)."""
    return _SCHEMES.get(token_type.strip().lower(), "Bearer") if isinstance(token_type, str) else "Bearer"


def _refresh_expires_at(response: Response, data: Mapping[str, Any]) -> float | None:
    """Return when the refresh token expires, if the server says so in one of the non-standard fields."""
    seconds = read_lifetime({"expires_in": data.get("refresh_expires_in", data.get("refresh_token_expires_in"))})
    return None if seconds is None else response.request.clock.time() + seconds


def _no_token(response: Response, message: str) -> TokenUnavailableError:
    request, request_id = response.request, response.request_id
    return TokenUnavailableError(
        message, method=request.method, template=request.template, status=response.status, request_id=request_id
    )


def _basic(client_id: str, secret: Secret) -> MaskedStr:
    """Encode id and secret, each form-encoded first, so that a colon or a character outside ASCII survives."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret.reveal())}"
    return MaskedStr("Basic " + base64.b64encode(pair.encode()).decode())


def _read_scopes(scopes: Scopes) -> tuple[str, ...]:
    found = tuple(scopes.split() if isinstance(scopes, str) else scopes)
    for scope in found:
        if not isinstance(scope, str) or not _is_scope(scope):
            raise ConfigurationError(f"scopes must not contain a blank or an invalid character, got {scope!r}")
    return found


def _read_parameters(parameters: Parameters) -> dict[str, str]:
    for name, value in parameters.items():
        if name in _RESERVED:
            raise ConfigurationError(f"parameters must not contain {name}, which is set by the credential")
        if not isinstance(value, str):
            raise ConfigurationError(f"parameters[{name!r}] must be a str, got {describe_type(value)}")
    return dict(parameters)
