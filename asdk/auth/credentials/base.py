"""`Credential`: how to get a token. What a user extends for an API with a login of its own.

`TokenSource` calls it, one call at a time, and does the rest: caching, expiry, single flight, store.
`send_token_request` is the
conversation with a token endpoint that credentials share.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from asdk.auth.identity import Identity
from asdk.auth.token import Token, jwt_expiry, read_lifetime
from asdk.errors import (
    AsdkError,
    DecodeError,
    TokenError,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
    sanitize,
)
from asdk.http.bodies import encode_form
from asdk.http.headers import Headers, http_date, retry_after
from asdk.http.options import Options, Tenant, Timeout
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import parse_url
from asdk.models.encoding import encode_json
from asdk.secret import Secret
from asdk.transports.base import Handler

T = TypeVar("T")

#: How long a token request may take in total, in seconds, whatever the callers' own deadlines.
TOKEN_TIMEOUT = 30.0

# OAuth error codes that mean "later", not "no" (RFC 6749, section 4.1.2.1; RFC 8628, section 3.5).
_LATER = frozenset({"temporarily_unavailable", "slow_down", "server_error"})


class Credential:
    """Says how to get a token.

    Attributes:
        refresh_before: renew in the background when so many seconds of the token's life are left; never more than a
            tenth of that life.
        fetch_timeout: how many seconds may pass before a token request is sent, or between two: longer than the default
            for a login that asks a person. The request itself has 30 s.
        per_tenant: whether a token is good for one tenant only.
        rotates_refresh_tokens: whether a refresh token of this endpoint may be good for one use only. Such a one is
            sent under the
            lock of the store alone, and its use is written down first.
        can_login: whether `fetch` can be called at any time, as a login with a password can. False where it uses up the
            refresh token that it was given.
        storable: False for what is a token already, which no store needs to keep.
        refused: the statuses by which the token endpoint says a lasting no.
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
        """Whose token it is. None: nobody can tell, so it stays in memory, whatever the store.

        Asked for anew at each renewal: a credential whose secret changes says so by another ``seed``.
        """
        return None

    async def fetch(self, send: Handler) -> Token:
        """Get a token from nothing but the credential itself.

        Args:
            send: sends one request below the auth middleware, so that a fetch cannot call itself.

        Raises:
            TokenRefusedError: the endpoint said no.
            TokenUnavailableError: it could not be asked, or asked to wait.
        """
        raise NotImplementedError

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Get the next token, with the help of the one before; by default the same as `fetch`.

        Args:
            token: the one before; its ``refresh_token`` may be None.
            send: as for `fetch`.
        """
        return await self.fetch(send)

    def map_error(self, error: TokenError) -> TokenError:
        """The same failure in the API's own terms: an error class of its own, by `AsdkError.convert_to`, or ``hint``.

        Called for each failure of a token request, and for each refusal that is raised again without one, also where it
        was another process that met it.

        Args:
            error: a `TokenRefusedError` or a `TokenUnavailableError`, each time with the facts of the endpoint's
                answer, whatever was made of them before. What is made of it has to be one as well: else, or if this
                raises, the error is raised as it came, and a warning is logged.
        """
        return error

    def for_tenant(self, tenant: Tenant | None) -> Credential:
        """The credential that asks for one tenant's token; only called where ``per_tenant`` is set."""
        return self

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        """Have a renewal done with the credential that does the work: this one. Called once a renewal.

        A chain asks with each of its own until one has what it needs; a prompt first asks whose token it is.

        Args:
            ask: renews with the credential that it is given, under that one's `identity`.
        """
        return await ask(self)


def json_request(url: str, data: Mapping[str, object]) -> Request:
    """A POST of JSON to a token endpoint; a `Secret` in the data is opened while it is encoded."""
    opened: list[Secret] = []
    return _token_request(url, encode_json(data, opened), "application/json", opened)


def form_request(url: str, fields: Mapping[str, object], *, headers: Mapping[str, str] | None = None) -> Request:
    """A POST of a form to a token endpoint, as OAuth has it (RFC 6749, section 4); a field that is None is left out.

    Args:
        url: of the endpoint.
        fields: a `Secret` among them is opened while they are encoded.
        headers: further ones, such as the client's ``Authorization``.
    """
    secrets = [value for value in fields.values() if isinstance(value, Secret)]
    request = _token_request(url, encode_form(fields), "application/x-www-form-urlencoded", secrets)
    request.headers.update(headers or {})
    return request


def _token_request(url: str, body: bytes, content_type: str, secrets: Sequence[Secret]) -> Request:
    origin, rest = parse_url(url)
    return Request(
        method="POST",
        url=f"{origin}{rest}",
        template=rest.partition("?")[0] or "/",
        headers=Headers({"Accept": "application/json", "Content-Type": content_type}),
        body=body,
        options=Options(timeout=Timeout(total=TOKEN_TIMEOUT, attempt=TOKEN_TIMEOUT), retry=None),
        secrets=secrets,
    )


async def send_token_request(
    send: Handler, request: Request, *, refused: frozenset[int] = Credential.refused_statuses
) -> Response:
    """Send a token request and judge the answer. Redirects are not followed: they would carry the secret elsewhere.

    Returns:
        A response with status 2xx and a JSON object as its body.

    Raises:
        TokenRefusedError: an OAuth error code, or one of the ``refused`` statuses.
        TokenUnavailableError: anything that may pass: network, 429, 5xx, a page of HTML.
    """
    failure: TokenError
    try:
        response = await send(request)
        if response.is_success:
            if isinstance(response.json(), Mapping):
                return response
            failure = _unavailable(request, "the token endpoint did not answer with a JSON object")
        else:
            failure = token_error(request, response, refused)
    except TransportError as error:
        failure = _unavailable(request, f"the token endpoint could not be asked: {error.message}", error)
    except DecodeError as error:
        failure = _unavailable(request, f"the token endpoint did not answer in JSON: {error.message}", error)
    try:
        raise failure
    finally:
        # A frame that keeps the error it raises makes a cycle, and that would keep the transport of a forgotten client.
        del failure


def _unavailable(request: Request, message: str, error: AsdkError | None = None) -> TokenUnavailableError:
    cause = None if error is None else error.cause or f"{type(error).__name__}: {error}"
    return TokenUnavailableError(message, method=request.method, template=request.template, cause=cause)


def token_error(
    request: Request, response: Response, refused: frozenset[int] = Credential.refused_statuses
) -> TokenError:
    """What a reply without a token means: a lasting no, or "later"."""
    code, description = read_oauth_error(response)
    said = ": ".join(part for part in (code, description) if part) or "no reason given"
    later = response.status in {408, 429} or response.status >= 500 or code in _LATER
    kind: type[TokenError] = TokenUnavailableError
    if not later and (code is not None or response.status in refused):
        kind = TokenRefusedError
    verb = "refused the credential" if kind is TokenRefusedError else "gave no token"
    return kind(
        f"the token endpoint {verb} ({said})" + ("" if code else _doubt(response.status)),
        method=request.method,
        template=request.template,
        status=response.status,
        request_id=response.request_id,
        retry_after=retry_after(response.headers, request.clock.time()),
        code=code,
    )


def _doubt(status: int) -> str:
    """What a status says of the address, which is the first thing to look at where nobody answers as an endpoint."""
    if 300 <= status < 400:
        return "; it redirects, which is not followed with a secret: is the address right?"
    return "; is the address right?" if status in {404, 405, 410} else ""


def read_oauth_error(response: Response) -> tuple[str | None, str | None]:
    """The ``error`` code and the description in a refusal (RFC 6749, section 5.2), in whatever dialect it comes.

    Neither holds a secret of the request, nor a part of one.
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
    redact = response.request.redact  # before they are cut: of a long secret the cut would leave a part
    return code and sanitize(redact(code))[:80], text and sanitize(redact(text))[:200]


def token_lifetime(response: Response, data: Mapping[str, Any], value: Secret) -> float | None:
    """The life of a token in seconds from now: as the reply says, else by the ``exp`` of a JWT, else None.

    ``exp`` is a moment on the issuer's clock. If that clock, by the reply's ``Date``, is more than 2 s away from ours,
    it is judged by ``Date`` plus one second, since a Date is cut to whole seconds.
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
    # A token that ended before it came says only that a clock is wrong: a 401 will tell when it really ends.
    return expires - now if expires > now else None
