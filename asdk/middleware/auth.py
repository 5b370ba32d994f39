"""The token on each request, and the answer to a 401: one refresh and one resend.

`AuthMiddleware` is above the limits and waits for the token there. `token_writer` makes the step of ``on_send``
that writes the token just before the request leaves, below the limits, and never waits.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from asdk.auth.token import Token
from asdk.auth.token_source import TokenSource
from asdk.errors import AsdkError, TokenError, TokenUnavailableError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.www_authenticate import parse_challenges
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler

# How often a call is resent for a 401 when the token expired on the way each time: one resend per token lifetime.
_MAX_RESENDS = 3

# A token with less lifetime than this on arrival, in seconds, counts as expired: it may not live until it is written.
_MIN_LIFETIME = 0.01


@attrs.frozen
class _ExpiredOnArrival:
    """A token that was fetched for one call and arrived expired. It is sent: the next one would be no better."""

    token: Token


class AuthMiddleware:
    """Gets the token of a `TokenSource` for each request that needs one, never for another origin.

    A call that took its permit first and then waited for a token would use the permit when the token arrives, together
    with all other calls: at a limit of 100/s and a refresh of 2 s, 200 requests at once. So nothing below this
    middleware waits for a token. If the token expired while the call was queued below, nothing was sent: the limits get
    the permit back, this middleware gets the next token, and the call queues again until its deadline.

    Args:
        source: owns the token.
        send: sends a token request; the `send` of the transport.
    """

    order = StackOrder.AUTH

    def __init__(self, source: TokenSource, send: Handler) -> None:
        self._source = source
        self._send = send
        self._write_token = token_writer(source, send)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request with a token, and once more with a new one after a 401."""
        if not (request.authenticate and request.same_origin):
            return await call_next(request)
        token = self._source.peek(request.options.tenant)
        request.state.credentials = await self._get(request) if token is None else token
        if not request.on_send:
            request.on_send = (self._write_token,)  # in a stack of a client that has no credential of its own
        response: Response | None = None
        try:
            response = await call_next(request)
        except TokenError:  # raised by a step of on_send: nothing was sent
            if not self._expired_in_queue(request):
                raise
        if response is None:
            await self._replace_expired(request)
            response = await self._deliver(request, call_next)
        if response.status == 401:
            return await self._answer_401(request, response, call_next)
        return response

    async def _deliver(self, request: Request, call_next: Handler) -> Response:
        """Send the request, and queue it again with the next token each time its token expires in the queues below."""
        while True:
            try:
                return await call_next(request)
            except TokenError:
                if not self._expired_in_queue(request):
                    raise
            await self._replace_expired(request)

    def _expired_in_queue(self, request: Request) -> bool:
        """Return whether a TokenError means that the token expired; a step may raise one for a reason of its own."""
        credentials = request.state.credentials
        valid = self._source.peek_valid(self._send, request.options.tenant)
        return isinstance(credentials, Token) and credentials is not valid

    async def _replace_expired(self, request: Request) -> None:
        valid = self._source.peek_valid(self._send, request.options.tenant)
        request.state.credentials = await self._get(request) if valid is None else valid

    async def _get(self, request: Request, rejected: Token | None = None) -> Token | _ExpiredOnArrival:
        try:
            token = await self._source.get(
                self._send, rejected=rejected, tenant=request.options.tenant, within=request.remaining()
            )
        except AsdkError as error:
            if error.method is None:
                error.method, error.template = request.method, request.template
            else:
                error.needed_for = f"{request.method} {request.template}"
            raise
        return _ExpiredOnArrival(token) if _has_expired(token, request, _MIN_LIFETIME) else token

    async def _answer_401(self, request: Request, response: Response, call_next: Handler) -> Response:
        """Get another token than the rejected one and resend the request, once per call.

        The 401 is returned if a new token cannot help (the scope is too small), if there is none, or if the body was a
        one-shot iterator, which is consumed: an empty body is never sent in its place. A token that expired while the
        request was on its way was not rejected: the request is then resent once more, in any attempt.
        """
        for _ in range(_MAX_RESENDS):
            rejected = presented_token(request.state.credentials)
            if rejected is None or not request.replayable or _lacks_scope(response):
                break
            if request.state.reauthenticated and not _has_expired(rejected, request):
                break
            await response.read_error_body()  # a stream gives its connection back before the wait
            request.state.reauthenticated = True
            request.remember_secrets()
            credentials = await self._get(request, rejected)
            token = presented_token(credentials)
            if token is None or token.value == rejected.value:
                break
            request.state.credentials = credentials
            response = await self._deliver(request, call_next)
            if response.status != 401:
                break
        return response


def token_writer(source: TokenSource, send: Handler) -> Callable[[Request], None]:
    """Return the step of ``on_send`` that writes the token of a source.

    It writes the newest token that has not expired, and only on a request that `AuthMiddleware` let through.

    Args:
        source: owns the token.
        send: sends a token request, for a token that is to be refreshed in the background.
    """

    def write_token(request: Request) -> None:
        state = request.state
        credentials = state.credentials
        if not (request.authenticate and request.same_origin and isinstance(credentials, Token | _ExpiredOnArrival)):
            return
        tenant = request.options.tenant
        token = source.peek(tenant) or source.peek_valid(send, tenant)
        if token is not None:
            state.credentials = token
        elif isinstance(credentials, _ExpiredOnArrival):
            token = credentials.token
        else:
            raise TokenUnavailableError("the token expired while the call waited for its turn")
        request.headers.fields.update(token.headers.fields)  # as `Headers.update` does, one call less

    return write_token


def presented_token(credentials: object) -> Token | None:
    """Return the token that was presented, None if another middleware presented something else."""
    if isinstance(credentials, _ExpiredOnArrival):
        return credentials.token
    return credentials if isinstance(credentials, Token) else None


def _lacks_scope(response: Response) -> bool:
    """Return whether the token is valid but its scope too small (RFC 6750, section 3.1): a new one would not help."""
    challenges = parse_challenges(response.headers.getall("www-authenticate"))
    return any(challenge.parameters.get("error") == "insufficient_scope" for challenge in challenges)


def _has_expired(token: Token, request: Request, margin: float = 0.0) -> bool:
    return token.expires_at is not None and token.expires_at <= request.clock.time() + margin
