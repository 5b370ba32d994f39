"""`Middleware`, the order of the stack, and the chain that joins it: linked once per client, shared by its copies.

Called by `BaseClient`. Users write a middleware to do something for every call or every attempt.

The order, outermost first: telemetry > logging > cache > [``middleware=``] > retry > [``attempt_middleware=``] > auth >
signing > circuit breaker > concurrency > rate limit > tenant > last link > transport. Auth is above the limits, so
that a call does not take a permit and then wait for a token. The last link is the `Gate`: it decides what may leave and
where to, and runs the steps of ``request.on_send``, which write the token and sign as late as possible; none waits.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, Protocol, TypeAlias

from asdk.errors import ConfigurationError, InvalidRequestError
from asdk.http.addresses import AddressSpace, known_space, leads_nearer, refusal
from asdk.http.headers import FRAMING, framing_error
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import Origin, parse_url
from asdk.transports.base import Handler


class Middleware(Protocol):
    """A step of the chain: receives each request on its way down and its response on the way up.

    Any async callable of this shape is a middleware, also a plain function. It calls ``call_next`` once, several times
    to resend the request, or not at all. It sets headers and never appends, because a retry above it may pass the same
    request twice. It keeps the state of one request in local variables, and releases resources that last until the end
    of the body by ``response.on_close``.
    """

    def __call__(self, request: Request, call_next: Handler) -> Awaitable[Response]:
        """Return the response to a request."""
        ...


class StackOrder(IntEnum):
    """The position of a middleware, outermost first. A user's middleware needs no order and may have any position."""

    TELEMETRY = 10
    LOGGING = 20
    CACHE = 30
    RETRY = 40
    AUTH = 50
    SIGNING = 55
    CIRCUIT_BREAKER = 60
    CONCURRENCY = 70
    RATE_LIMIT = 80
    TENANT = 90


AnyMiddleware: TypeAlias = Middleware | Callable[[Request, Handler], Awaitable[Response]]

#: A step of `Request.on_send`: sets headers just before the request is sent; synchronous, and may run twice.
SendStep: TypeAlias = Callable[[Request], None]


def check_stack(stack: Sequence[AnyMiddleware]) -> None:
    """Check the order of the middlewares of asdk.

    Raises:
        ConfigurationError: two of them are in the wrong order, one is there twice, or something is not a middleware.
            The message says what to move.
    """
    placed: list[tuple[StackOrder, str]] = []
    for step in stack:
        name = getattr(step, "__name__", type(step).__name__)
        if isinstance(step, type) or not callable(step) or not _is_async(step):
            raise ConfigurationError(f"a middleware must be an async callable of (request, call_next), got {name}")
        place: StackOrder | None = getattr(step, "order", None)
        if place is None:
            continue
        for other, other_name in placed:
            if other == place:
                raise ConfigurationError(
                    f"the stack must have one middleware for {place.name}, got two: remove {other_name} or {name}"
                )
            if other > place:
                raise ConfigurationError(
                    f"{name} must come before {other_name} in the stack: move it up (see StackOrder)"
                )
        placed.append((place, name))


def _is_async(step: Any) -> bool:
    return inspect.iscoroutinefunction(step) or inspect.iscoroutinefunction(getattr(step, "__call__", None))  # noqa: B004


def build_chain(stack: Sequence[AnyMiddleware], handler: Handler, gate: Gate | None = None) -> Handler:
    """Return a handler that passes the stack, outermost first, then the gate and ``on_send``, then ``handler``.

    Args:
        stack: the middlewares.
        handler: sends a request.
        gate: decides what may leave; None only for a chain that is not a client's.
    """
    handler = _last_link(handler, gate)
    for step in reversed(stack):
        # The bound method of an object is looked up once here, not for every request.
        bound: Any = step if inspect.isfunction(step) or inspect.ismethod(step) else getattr(step, "__call__")  # noqa: B004, B009
        handler = _link(bound, handler)
    return handler


def _link(step: Callable[[Request, Handler], Awaitable[Response]], call_next: Handler) -> Handler:
    second = list(inspect.signature(step).parameters.values())[1:2]
    if second and second[0].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
        # Bound in C: for each request, a middleware costs one function call, not two.
        return functools.partial(step, **{second[0].name: call_next})

    def handle(request: Request) -> Awaitable[Response]:
        return step(request, call_next)

    return handle


def _last_link(send: Handler, gate: Gate | None) -> Handler:
    prefixes = ("",) if gate is None else gate.prefixes
    has_no_framing = FRAMING.isdisjoint

    # Not a coroutine: it costs one call per request, and an error of a step comes before anything is sent.
    def run_steps(request: Request) -> Awaitable[Response]:
        if not (request.url.startswith(prefixes) and has_no_framing(request.headers.fields)) and gate is not None:
            gate.inspect(request)
        for step in request.on_send:
            step(request)
        return send(request)

    return run_steps


class Gate:
    """The outgoing gate of a client: no request can bypass it, even if a middleware, a redirect or a store changed it.

    A request to an origin that is not trusted loses its token, its tenant and every header that is not harmless. A URL
    of a server must not lead nearer to this machine than the base URL, see `asdk.http.addresses`. Framing headers are
    refused.

    Args:
        base: the origin of the base URL.
        servers: the other trusted origins.
        host_header: the Host field for the base URL, None for the one of the URL.
        checks_addresses: whether the transport checks the address of a connection. Otherwise a base URL with a name
            counts as public.

    Attributes:
        base: the origin of the base URL.
        trusted: the origins that get token, tenant and headers.
        prefixes: the beginnings of URLs that need no inspection.
    """

    def __init__(
        self,
        base: Origin,
        servers: Iterable[Origin] = (),
        *,
        host_header: str | None = None,
        checks_addresses: bool = False,
    ) -> None:
        self.trusted: frozenset[Origin] = frozenset({base, *servers})
        self.prefixes: tuple[str, ...] = ()
        if host_header is None:
            self.prefixes = tuple(f"{origin}{mark}" for origin in self.trusted for mark in "/?")
        self.base: Origin = base
        self._host_header = host_header
        self._checks_addresses = checks_addresses

    def inspect(self, request: Request) -> None:
        """Check a request, and remove what its origin must not receive.

        Raises:
            InvalidRequestError: the request has a framing header, or its URL leads nearer than it may.
        """
        origin, _ = parse_url(request.url)
        fields = request.headers.fields
        if self._host_header is not None:
            fields.pop("host", None)  # of an attempt before this one
        for key in FRAMING.intersection(fields):
            raise framing_error(fields[key][0])
        if origin in self.trusted:
            if origin == self.base and self._host_header is not None:
                fields["host"] = ("Host", self._host_header)
            return
        named = request.own_headers
        request.same_origin = request.authenticate = False
        request.on_send = ()
        request.headers.keep_for_another_origin(
            has_body=request.body is not None, named=named[1] if named is not None and named[0] == origin else ()
        )
        problem = None if request.state.confined_to is None else self.address_problem(origin)
        if problem is not None:
            raise InvalidRequestError(problem)

    def address_problem(self, origin: Origin) -> str | None:
        """Return why a server must not lead to this origin, as far as its host tells; None if it may."""
        base, space = known_space(self.base.host), known_space(origin.host)
        if base is None and not self._checks_addresses:
            base = AddressSpace.PUBLIC
        if base is None or space is None or origin in self.trusted or not leads_nearer(space, base):
            return None
        return refusal(str(origin), None, space, base)
