"""`OAuthCredential`: what the grants of OAuth 2.0 share: the form, the client's authentication, the reading of replies.

Extended by a file per grant in this folder, and by whoever needs another one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import quote_plus, urlencode

from asdk.auth.credentials.base import Credential, form_request, send_token_request, token_error, token_lifetime
from asdk.auth.credentials.secrets import SecretSource, SecretValue, closed
from asdk.auth.identity import Identity, secret_fingerprint
from asdk.auth.token import Token, read_lifetime
from asdk.errors import AsdkError, ConfigurationError, InvalidRequestError, TokenUnavailableError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.secret import MaskedStr, Secret
from asdk.transports.base import Handler

#: How a client with a secret says who it is: in ``Authorization: Basic``, or among the fields of the form.
ClientAuth: TypeAlias = Literal["basic", "body"]

#: One scope or several, also as one string with blanks between them.
Scopes: TypeAlias = str | Iterable[str]

#: Further fields of a token request, such as ``{"resource": "https://api.example.org"}``.
Parameters: TypeAlias = Mapping[str, str]

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+").fullmatch
_SCHEME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}").fullmatch
_OURS = frozenset(
    {"grant_type", "scope", "client_id", "client_secret", "username", "password", "refresh_token", "device_code"}
)

# Types of tokens that a request has to prove, or that are none for a request, in lower case.
_NOT_PRESENTABLE = frozenset({"dpop", "hmac", "mac", "n_a", "pop"})


class OAuthCredential(Credential):
    """A grant of OAuth 2.0. Source: RFC 6749.

    Args:
        kind: the name of the grant, as `Identity` keeps tokens apart by it.
        url: of the token endpoint.
        client_id: of the application; None where the endpoint wants none.
        client_secret: of the application; None for a public one, which only names itself. A callable is asked anew at
            each renewal, here and for every other secret.
        scopes: what the token shall be good for.
        parameters: further fields of each token request.
        client_auth: how the client's id and secret are sent.

    Raises:
        ConfigurationError: one of them cannot be used.
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
    ) -> None:
        client_secret = None if client_secret is None else closed(client_secret)
        self._url = url  # before the checks: the traceback of a refusal may show this object
        self._client_id = client_id or ""
        endpoint_url("the token endpoint", url)
        if client_secret is not None and not client_id:
            raise ConfigurationError("a client secret goes with a client_id, and there is none")
        if client_auth not in ("basic", "body"):
            raise ConfigurationError(f"client_auth= is 'basic' or 'body', not {client_auth!r}")
        self._client_secret = None if client_secret is None else SecretValue("the client secret", client_secret)
        self._client_auth = client_auth
        self._scopes = _read_scopes(scopes)
        self._parameters = _read_parameters(parameters or {})
        # Tokens for different audiences are different tokens.
        self._kind = f"{kind}?{urlencode(sorted(self._parameters.items()))}" if self._parameters else kind

    def _identity(self, account: str = "", seed: str | None = None) -> Identity:
        """Whose token it is; with a ``seed`` that changes when the client's secret does."""
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
        """The token that the endpoint gives for these fields.

        Args:
            send: sends the request.
            fields: of the grant, ``grant_type`` among them.
            refresh_token: stays good if the reply brings no other.

        Raises:
            TokenRefusedError: the endpoint said no.
            TokenUnavailableError: it could not be asked, or gave no token.
            ConfigurationError: it gave a token of a type that cannot be presented.
        """
        response = await send_token_request(send, self._request(self._url, fields))
        return read_token(response, refresh_token)

    async def _refresh(self, send: Handler, refresh_token: Secret, scope: str | None = None) -> Token:
        """Trade a refresh token (RFC 6749, section 6). Without a scope it stays what the server granted."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": scope}
        return await self._ask(send, fields, refresh_token=refresh_token)

    def _request(self, url: str, fields: Mapping[str, object]) -> Request:
        """A form with the client's authentication (RFC 6749, section 2.3.1)."""
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
    """The URL of an endpoint, if it can be one.

    Raises:
        ConfigurationError: it cannot.
    """
    problem = None
    try:
        parse_url(url)
    except InvalidRequestError as error:
        problem = error.message
    if problem is None:
        return url
    raise ConfigurationError(f"{name}: {problem}")


def read_token(response: Response, refresh_token: Secret | None = None) -> Token:
    """The token in a reply of the endpoint (RFC 6749, section 5.1).

    Args:
        response: with a JSON object, as `send_token_request` gives it.
        refresh_token: the one that was sent, if any: it stays good if the reply brings no other.

    Raises:
        TokenRefusedError: it is a refusal after all, under a status of success.
        TokenUnavailableError: there is no token in it.
        ConfigurationError: the token is of a type that cannot be presented.
    """
    failure = _read_token(response, refresh_token)
    if isinstance(failure, Token):
        return failure
    # Raised in this frame, which has no part of the reply in plain text.
    try:
        raise failure
    finally:
        del failure


def _read_token(response: Response, refresh_token: Secret | None) -> Token | AsdkError:
    data: dict[str, Any] = response.json()
    value, renewed = data.get("access_token"), data.get("refresh_token")
    if not isinstance(value, str) or not value:
        if isinstance(data.get("error"), str):
            return token_error(response.request, response)
        return _no_token(response, "the token endpoint answered without an access_token")
    scheme = _scheme(data.get("token_type"))
    if isinstance(scheme, AsdkError):
        return scheme
    token = Token(
        value=value,
        scheme=scheme,
        lifetime=token_lifetime(response, data, Secret(value)),
        refresh_token=Secret(renewed) if isinstance(renewed, str) and renewed else refresh_token,
        refresh_expires_at=_refresh_end(response, data),
    )
    try:
        token.headers  # noqa: B018 - what no header can carry is found here, not at the first call
    except InvalidRequestError:
        return _no_token(response, "the token endpoint answered with an access_token that no header can carry")
    return token


def _scheme(token_type: object) -> str | ConfigurationError:
    """How tokens of this type are presented (RFC 6749, section 7.1); without a word on it, as a bearer.

    A client must not use a token of a type that it does not know how to present.
    """
    if token_type is None or token_type == "":
        return "Bearer"
    if isinstance(token_type, str) and _SCHEME(token_type):
        if token_type.lower() == "bearer":
            return "Bearer"
        if token_type.lower() not in _NOT_PRESENTABLE:
            return token_type
        shown = f"the type {token_type!r}"
    else:
        shown = "a type that is no authentication scheme"
    return ConfigurationError(f"the token endpoint gave a token of {shown}, and only bearers can be presented")


def _refresh_end(response: Response, data: Mapping[str, Any]) -> float | None:
    """When the refresh token ends, where a server says so, in a field of no standard."""
    seconds = read_lifetime({"expires_in": data.get("refresh_expires_in", data.get("refresh_token_expires_in"))})
    return None if seconds is None else response.request.clock.time() + seconds


def _no_token(response: Response, message: str) -> TokenUnavailableError:
    request, request_id = response.request, response.request_id
    return TokenUnavailableError(
        message, method=request.method, template=request.template, status=response.status, request_id=request_id
    )


def _basic(client_id: str, secret: Secret) -> MaskedStr:
    """Id and secret are form-encoded first, so that neither a colon nor a character beyond ASCII is lost."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret.reveal())}"
    return MaskedStr("Basic " + base64.b64encode(pair.encode()).decode())


def _read_scopes(scopes: Scopes) -> tuple[str, ...]:
    found = tuple(scopes.split() if isinstance(scopes, str) else scopes)
    for scope in found:
        if not isinstance(scope, str) or not _SCOPE(scope):
            raise ConfigurationError(f"the scope {scope!r} holds a blank or a character that no scope has")
    return found


def _read_parameters(parameters: Parameters) -> dict[str, str]:
    for name, value in parameters.items():
        if name in _OURS:
            raise ConfigurationError(f"parameters= sets {name}, which has an argument of its own")
        if not isinstance(value, str):
            raise ConfigurationError(f"the parameter {name} is a {type(value).__name__}, not a str")
    return dict(parameters)
