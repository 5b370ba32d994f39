"""`Session`: what the copies of a client share: transport, token source and chain. It sends requests.

Owned by `BaseClient` and its copies, which come from `with_options`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from asdk.auth.token_source import TokenSource
from asdk.errors import StatusError
from asdk.http.redirects import FollowRedirects, is_redirect, next_request
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.auth import token_writer
from asdk.middleware.chain import AnyMiddleware, Gate, SendStep, build_chain, check_stack
from asdk.transports.base import Handler, Transport

if TYPE_CHECKING:
    from asdk.middleware.signing import Signer
    from asdk.transports.aiohttp import AiohttpTransport


# How many path templates are remembered; the templates of a program are few.
_MAX_TEMPLATES: Final = 10_000


class Session:
    """The transport, the token source and the chain of a client, and the clients that use them.

    It has no strong reference to a client, so that a forgotten client is collected with its last reference.

    Args:
        transport: sends the requests.
        source: owns the token; None for no token.
        gate: decides what may leave, and where to.
        owns_transport: whether the transport is closed with the last user.
        follow_redirects: which redirects are followed.
        signer: signs the requests; None for no signature.

    Attributes:
        chain: sends a request through the middlewares; set by `link`.
        on_send: the steps that each request of this session passes last, see `Request.on_send`.
        known_templates: the path templates of the calls so far.
        users: the client and its copies, as long as they are in use.
    """

    __slots__ = (
        "__weakref__",
        "chain",
        "follow_redirects",
        "gate",
        "known_templates",
        "on_send",
        "owns_transport",
        "signer",
        "source",
        "transport",
        "users",
    )

    def __init__(
        self,
        transport: Transport,
        source: TokenSource | None,
        gate: Gate,
        *,
        owns_transport: bool,
        follow_redirects: FollowRedirects,
        signer: Signer | None = None,
    ) -> None:
        self.transport: Transport = transport
        self.source: TokenSource | None = source
        self.gate: Gate = gate
        self.owns_transport: bool = owns_transport
        self.follow_redirects: FollowRedirects = follow_redirects
        self.signer: Signer | None = signer
        self.on_send: tuple[SendStep, ...] = () if source is None else (token_writer(source, transport.send),)
        if signer is not None:
            from asdk.middleware.signing import signing_step

            self.on_send += (signing_step(signer),)
        self.chain: Handler = transport.send
        self.known_templates: set[str] = set()
        self.users: weakref.WeakSet[object] = weakref.WeakSet()

    def link(self, stack: Sequence[AnyMiddleware]) -> None:
        """Build the chain from the middlewares, outermost first.

        Raises:
            ConfigurationError: their order would do harm.
        """
        check_stack(stack)
        self.chain = build_chain(stack, self.transport.send, self.gate)

    async def send(self, request: Request) -> Response:
        """Send a request through the chain and follow its redirects."""
        if request.state.deadline is None and request.options.timeout.total is not None:
            request.state.deadline = request.clock.monotonic() + request.options.timeout.total
        response = await self.chain(request)
        if 300 <= response.status < 400:
            response = await self.follow(response)
        if request.template not in self.known_templates or request.options.on_response is not None:
            try:
                self.report(response)
            except BaseException:
                await response.aclose()
                raise
        return response

    def report(self, response: Response) -> None:
        """Pass the facts of the final response of a call to ``on_response``, and warn of a deprecated operation.

        Only the first response of each path template is searched for a deprecation.
        """
        request = response.request
        if request.template not in self.known_templates:
            if len(self.known_templates) >= _MAX_TEMPLATES:
                self.known_templates.clear()
            self.known_templates.add(request.template)
            if "deprecation" in response.headers or "sunset" in response.headers:
                from asdk.client.deprecations import warn_about

                warn_about(response)
        if request.options.on_response is not None:
            request.options.on_response(response.info)

    async def follow(self, response: Response) -> Response:
        """Follow redirects; return the first response that is not a redirect, or must not be followed."""
        while is_redirect(response) and isinstance(onward := self.next_request(response), Request):
            await response.aclose()
            response = await self.chain(onward)
        return response

    def next_request(self, response: Response) -> Request | str:
        """Return the request that follows a redirect, or the reason why it is not followed."""
        gate = self.gate
        return next_request(response, self.follow_redirects, gate.base, gate.trusted, gate.address_problem)

    async def open(self, request: Request, status_error: Callable[[Response], StatusError]) -> Response:
        """Send a request and leave the body of its response open; raise for a status that is not 2xx."""
        request.stream = True
        response = await self.send(request)
        if response.is_success:
            return response
        try:
            await response.read_error_body()
            raise status_error(response)
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Wait for the token refreshes that use this transport, 5 s at most, and close the transport if it is owned."""
        try:
            if self.source is not None:
                await self.source.drain(self.transport.send)
        finally:
            if self.owns_transport:
                await self.transport.aclose()

    async def close_here(self) -> None:
        """Close the connections of the running event loop, if the transport is owned; those of others stay open."""
        if self.owns_transport:
            await cast("AiohttpTransport", self.transport).close_here()
