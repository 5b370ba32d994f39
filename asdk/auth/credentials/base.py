"""`Credential`: obtains tokens. Users subclass it for an API with its own kind of login.

Called by `TokenSource`, one call at a time, which does the rest: caching, expiry, single flight, storage. Credentials
share `send_token_request`, which talks to a token endpoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from asdk.auth.identity import Identity
from asdk.auth.token import Token, jwt_expiry, read_lifetime
from asdk.errors import (
    AsdkError,
    ConnectError,
    DecodeError,
    TLSError,
    TokenError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
)
from asdk.http.bodies import encode_form
from asdk.http.headers import Headers, http_date, retry_after
from asdk.http.options import Options, Tenant, Timeout
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.models.encoding import encode_json
from asdk.redaction import show
from asdk.secret import MaskedBytes, Secret
from asdk.transports.base import Handler

T = TypeVar("T")

#: The timeout of a token request in total, in seconds, independent of the callers' deadlines.
TOKEN_TIMEOUT = 30.0

# OAuth error codes of temporary failures (RFC 6749, section 4.1.2.1; RFC 8628, section 3.5).
_TEMPORARY_CODES = frozenset({"temporarily_unavailable", "slow_down", "server_error"})

# The statuses of a server that has no token endpoint at this URL.
_MISSING_STATUSES = frozenset({404, 405, 410})


class Credential:
    """The base class of credentials.

    Attributes:
        refresh_before: refresh in the background this many seconds before the token expires, but never earlier than in
            the last tenth of its lifetime.
        fetch_timeout: seconds that may pass before a token request is sent, or between two requests: longer than the
            default for a login that asks a person. The request itself times out after 30 s.
        per_tenant: whether each tenant needs a token of its own.
        rotates_refresh_tokens: whether a refresh token of this endpoint may be valid for a single use. Such a token is
            sent only while the store's lock is held, after the intent to use it was recorded.
        can_login: whether `fetch` can be called at any time, as a login with a password can. False if it uses up the
            refresh token that the credential was given.
        storable: False for a credential that is a token already, which no store needs to keep.
        refused_statuses: the statuses by which the token endpoint rejects a credential permanently.
    """

    refresh_before: float = 300.0
    fetch_timeout: float = TOKEN_TIMEOUT
    per_tenant: bool = False
    rotates_refresh_tokens: bool = True
    can_login: bool = True
    storable: ClassVar[bool] = True
    refused_statuses: ClassVar[frozenset[int]] = frozenset({400, 401, 403, 423})

    @property
    def identity(self) -> Identity | None:
        """Return whose token it is, or None if that is unknown: then the token is kept in memory, never in a store.

        It is read at each refresh, so that a credential whose secret has changed can return another ``seed``.
        """
        return None

    async def fetch(self, send: Handler) -> Token:
        """Obtain a token from the credential alone.

        Args:
            send: sends one request below the auth middleware, so that a fetch cannot call itself.

        Raises:
            TokenRefusedError: the endpoint rejected the credential.
            TokenUnavailableError: the endpoint could not be reached, or failed temporarily.
        """
        raise NotImplementedError

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token with the help of the previous one. By default the same as `fetch`.

        Args:
            token: the previous token; its ``refresh_token`` may be None.
            send: as for `fetch`.
        """
        return await self.fetch(send)

    def map_error(self, error: TokenError) -> TokenError:
        """Return the error in the API's own terms: as its own class, by `AsdkError.convert_to`, or with a ``hint``.

        Called for each failed token request, and for each refusal that is raised again without a request, including
        one that another process received.

        Args:
            error: a `TokenRefusedError` or a `TokenUnavailableError` with the facts of the endpoint's response, never
                one that was mapped before. The result must be one of the two as well; if it is not, or if this raises,
                the original error is raised and a warning is logged.
        """
        return error

    def for_tenant(self, tenant: Tenant | None) -> Credential:
        """Return the credential for one tenant's token. Called only if ``per_tenant`` is True."""
        return self

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        """Run one refresh with the effective credential, which is this one by default. Called once per refresh.

        A chain tries each of its credentials until one is configured; a prompt first asks for the user name.

        Args:
            ask: refreshes with the credential that it is given, under that credential's `identity`.
        """
        return await ask(self)


def json_request(url: str, data: Mapping[str, object]) -> Request:
    """Build a POST of JSON to a token endpoint. A `Secret` in the data is revealed while it is encoded."""
    revealed: list[Secret] = []
    return _token_request(url, encode_json(data, revealed), _JSON_HEADERS, revealed)


def form_request(url: str, fields: Mapping[str, object], *, headers: Mapping[str, str] | None = None) -> Request:
    """Build a POST of a form to a token endpoint, as OAuth defines it (RFC 6749, section 4).

    Args:
        url: of the endpoint.
        fields: of the form. A field that is None is omitted; a `Secret` is revealed while it is encoded.
        headers: further header fields, such as the client's ``Authorization``.
    """
    secrets = [value for value in fields.values() if isinstance(value, Secret)]
    request = _token_request(url, encode_form(fields), _FORM_HEADERS, secrets)
    request.headers.update(headers or {})
    return request


_JSON_HEADERS = Headers({"Accept": "application/json", "Content-Type": "application/json"})
_FORM_HEADERS = Headers({"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"})
_OPTIONS = Options(timeout=Timeout(total=TOKEN_TIMEOUT, attempt=TOKEN_TIMEOUT), retry=None)


def _token_request(url: str, body: bytes, headers: Headers, secrets: Sequence[Secret]) -> Request:
    origin, rest = parse_url(url)
    return Request(
        method="POST",
        url=f"{origin}{rest}",
        template=rest.partition("?")[0] or "/",
        headers=headers.copy(),
        body=MaskedBytes(body),
        options=_OPTIONS,
        secrets=secrets,
    )


async def send_token_request(
    send: Handler, request: Request, *, refused: frozenset[int] = Credential.refused_statuses
) -> Response:
    """Send a token request and check its response. Redirects are not followed: they would send the secret elsewhere.

    Args:
        send: sends the request.
        request: a token request.
        refused: the statuses that reject the credential permanently.

    Returns:
        A response with status 2xx and a JSON object as its body.

    Raises:
        TokenRefusedError: the response has an OAuth error code, or one of the ``refused`` statuses.
        TokenUnavailableError: a failure that may be temporary: network, 429, 5xx, an HTML page.
    """
    failure: TokenError
    status: int | None = None
    try:
        response = await send(request)
        status = response.status
        if response.is_success:
            if isinstance(response.json(), Mapping):
                return response
            failure = _unavailable(request, "the token endpoint did not return a JSON object", status=status)
        else:
            failure = token_error(request, response, refused)
    except TransportError as error:
        failure = _unavailable(request, f"the token endpoint could not be reached: {error.message}", error)
    except DecodeError as error:
        failure = _unavailable(
            request, f"the token endpoint did not return JSON: {error.message}", error, status=status
        )
    try:
        raise failure
    finally:
        # A frame that refers to the error it raises is a cycle, which would keep the transport of a dropped client.
        del failure


def _unavailable(
    request: Request, message: str, error: AsdkError | None = None, *, status: int | None = None
) -> TokenUnavailableError:
    failure = unavailable(message, error, status=status)
    failure.method, failure.template = request.method, request.template
    return failure


def unavailable(message: str, error: AsdkError | None, *, status: int | None = None) -> TokenUnavailableError:
    """Return the error for a request that brought no token, for a reason that may be temporary.

    Args:
        message: what happened.
        error: the failure of the request; None for a response that is not one of a token endpoint.
        status: the status of the response, if there was one.
    """
    status = status if error is None or status is not None else error.status
    cause = None if error is None else error.cause or f"{type(error).__name__}: {error}"
    is_missing = (
        error is None or isinstance(error, ConnectError | TLSError | DecodeError) or status in _MISSING_STATUSES
    )
    return TokenUnavailableError(message, status=status, cause=cause, endpoint_missing=is_missing)


def token_error(
    request: Request, response: Response, refused: frozenset[int] = Credential.refused_statuses
) -> TokenError:
    """Return the error for a response without a token: a permanent refusal, or a temporary failure."""
    code, description = read_oauth_error(response)
    said = ": ".join(part for part in (code, description) if part) or "no reason given"
    is_temporary = response.status in {408, 429} or response.status >= 500 or code in _TEMPORARY_CODES
    kind: type[TokenError] = TokenUnavailableError
    if not is_temporary and (code is not None or response.status in refused):
        kind = TokenRefusedError
    verb = "refused the credential" if kind is TokenRefusedError else "returned no token"
    error = kind(
        f"the token endpoint {verb} ({said})" + ("" if code else _url_hint(response.status)),
        method=request.method,
        template=request.template,
        status=response.status,
        request_id=response.request_id,
        retry_after=retry_after(response.headers, request.clock.time()),
        code=code,
    )
    if isinstance(error, TokenUnavailableError):
        error.endpoint_missing = code is None and (300 <= response.status < 400 or response.status in _MISSING_STATUSES)
    return error


def _url_hint(status: int) -> str:
    """Return a hint to check the URL, for the statuses of a server that has no token endpoint there."""
    if 300 <= status < 400:
        return "; it redirects, which is not followed with a secret; check the URL"
    return "; check the URL" if status in _MISSING_STATUSES else ""


def read_oauth_error(response: Response) -> tuple[str | None, str | None]:
    """Return the ``error`` code and the description of a refusal (RFC 6749, section 5.2), in any known dialect.

    Neither contains a secret of the request, nor part of one.
    """
    try:
        data = response.json()
    except DecodeError:
        return None, None
    if not isinstance(data, Mapping):
        return None, None
    code = next((value for name in ("error", "code") if isinstance(value := data.get(name), str) and value), None)
    texts = (data.get(name) for name in ("error_description", "message", "detail", "title"))
    text = next((value for value in texts if isinstance(value, str) and value), None)
    request = response.request
    return code and show(code, request, limit=80), text and show(text, request, limit=200)


def token_lifetime(response: Response, data: Mapping[str, Any], value: Secret) -> float | None:
    """Return the lifetime of a token in seconds from now: the response's, else by a JWT's ``exp``, else None.

    ``exp`` is a time of the issuer's clock. If that clock, by the response's ``Date``, is more than 2 s off from ours,
    ``exp`` is compared with ``Date`` plus one second, since a ``Date`` is truncated to whole seconds.
    """
    lifetime = read_lifetime(data)
    if lifetime is not None:
        return lifetime
    expires = jwt_expiry(value)
    if expires is None:
        return None
    now, date = response.request.clock.time(), http_date(response.headers.get("date", ""))
    if date is not None and abs(date + 1 - now) > 2:
        now = date + 1
    # A token that expired before it arrived only shows that a clock is wrong; a 401 will tell when it really expires.
    return expires - now if expires > now else None
