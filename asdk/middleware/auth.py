"""Puts the token on each request, and answers a 401 with one refresh and one resend. Stands just above the
transport.

Where calls queue for a place or a permit, its two halves stand apart: `TokenGate` waits for the token before the queue,
and `TokenWriter` writes it on the request behind it.
"""

from __future__ import annotations

import functools

from asdk.auth.token import Token
from asdk.auth.token_source import TokenSource
from asdk.errors import AsdkError, TokenUnavailableError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.www_authenticate import parse_challenges
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler

# How often a call is sent again for a 401, where each time the token ended on the way: a whole life of a token a turn.
_TURNS = 3

# So many tokens one after another, each of which ended within so many seconds, are enough.
_IN_VAIN, _NO_WAIT = 3, 0.01


class AuthMiddleware:
    """Presents the token of a `TokenSource` on each request that needs one; never on another origin.

    Args:
        source: owns the token.
        send: sends a token request: what lies below this middleware.
    """

    order = StackOrder.AUTH

    def __init__(self, source: TokenSource, send: Handler) -> None:
        self._source = source
        self._send = send

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        if not request.authenticate:
            return await call_next(request)
        token = self._source.peek(request.options.tenant) or await self._get(request)
        request.state.credentials = token
        request.headers.update(token.headers)
        request.sign = self._sign
        response = await call_next(request)
        if response.status == 401:
            return await self._answer_401(request, response, call_next)
        return response

    def _sign(self, request: Request) -> None:
        """Present the token of this moment: the one before may have ended while the request stood in a queue."""
        token = self._source.peek_valid(self._send, request.options.tenant)
        if token is not None:
            request.state.credentials = token
            request.headers.update(token.headers)

    async def _get(self, request: Request, rejected: Token | None = None) -> Token:
        try:
            return await self._source.get(
                self._send, rejected=rejected, tenant=request.options.tenant, within=request.remaining()
            )
        except AsdkError as error:
            if error.method is None:
                error.method, error.template = request.method, request.template
            else:
                error.needed_for = f"{request.method} {request.template}"
            raise

    async def _answer_401(self, request: Request, response: Response, call_next: Handler) -> Response:
        """Once a call: get another token than the one that was refused, and send again with it.

        The 401 stands if a new token cannot help (the scope is too small), if there is none, or if the body was a
        one-shot iterator: it is gone, and an empty one is never sent in its place. A token that ended while the request
        was on its way was not refused: then there is one more turn, in whichever attempt.
        """
        for _ in range(_TURNS):
            refused = request.state.credentials  # perhaps a later one than this middleware had, by `sign`
            if not isinstance(refused, Token) or not request.replayable or _lacks_scope(response):
                break
            if request.state.reauthenticated and not _has_ended(refused, request):
                break
            await response.read_error_body()  # a stream gives its connection back before the wait
            request.state.reauthenticated = True
            token = await self._get(request, rejected=refused)
            if token.value == refused.value:
                break
            request.state.credentials = token
            request.headers.update(token.headers)
            response = await call_next(request)
            if response.status != 401:
                break
        return response


class TokenGate(AuthMiddleware):
    """Lets a call through to the queues below when there is a token for it, and sends a 401 through them once more.

    A permit that is taken first and then waits for a token is used when the token comes, together with all others:
    limit 100/s, refresh 2 s, then 200 requests at once. So nothing below here waits for a token. One that ended while
    the call was in a queue brings the call back to this gate, and its permit to the next call.
    """

    order = StackOrder.TOKEN_GATE

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        if not request.authenticate:
            return await call_next(request)
        response = await self._pass(request, call_next)
        if response.status == 401:
            return await self._answer_401(request, response, functools.partial(self._pass, call_next=call_next))
        return response

    async def _pass(self, request: Request, call_next: Handler) -> Response:
        in_vain = 0
        while True:
            if self._source.peek(request.options.tenant) is None:
                await self._get(request)
            began = request.clock.monotonic()
            try:
                return await call_next(request)
            except _TokenEndedError:  # nothing was sent
                # A token that has ended when it comes ends always: asking for ever more of them helps nobody.
                in_vain = in_vain + 1 if request.clock.monotonic() - began < _NO_WAIT else 0
                if in_vain >= _IN_VAIN:
                    raise


class TokenWriter:
    """Writes the token of this moment on each request that needs one. It never waits: that is `TokenGate`'s part.

    Args:
        source: owns the token.
        send: sends a token request, for a token that is to be renewed in the background.
    """

    order = StackOrder.TOKEN_WRITER

    def __init__(self, source: TokenSource, send: Handler) -> None:
        self._source = source
        self._send = send

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        if request.authenticate:
            self._sign(request)
            request.sign = self._sign
        return await call_next(request)

    def _sign(self, request: Request) -> None:
        token = self._source.peek(request.options.tenant) or self._source.peek_valid(self._send, request.options.tenant)
        if token is None:
            raise _TokenEndedError("the token ended while the call waited for its turn")
        request.state.credentials = token
        request.headers.update(token.headers)


class _TokenEndedError(TokenUnavailableError):
    """There was a token at the gate, and is none now. The gate catches it."""


def _lacks_scope(response: Response) -> bool:
    """Whether the token is good, but not for this (RFC 6750, section 3.1): a new one would be no better."""
    challenges = parse_challenges(response.headers.getall("www-authenticate"))
    return any(challenge.parameters.get("error") == "insufficient_scope" for challenge in challenges)


def _has_ended(token: Token, request: Request) -> bool:
    return token.expires_at is not None and token.expires_at <= request.clock.time()
