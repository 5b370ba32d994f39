"""`Middleware`, the order they stand in, and the chain that joins them: linked once a client, shared by its copies.

Called by `BaseClient`. What a user extends to do something to every call or every attempt.

The order: telemetry > logging > cache > [``middleware=``] > retry > [``attempt_middleware=``] > token gate > circuit
breaker > concurrency > rate limit > tenant > auth > transport. Auth stands last, because the token is written last; yet
a call must not take a place or a permit and then wait for a token. So with a limit in the stack auth comes in two
halves: `TokenGate` above the limits waits for the token and answers a 401, which so takes a permit of its own;
`TokenWriter` in the place of auth writes the token of that moment and never waits. Without limits nothing waits
between the two, and one `AuthMiddleware` does both.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Protocol, TypeAlias

from asdk.errors import ConfigurationError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports.base import Handler


class Middleware(Protocol):
    """Sees each request on its way down and its response on the way up.

    Any async callable of this shape is one, a plain function too. It calls ``call_next`` once, or more often if it is
    willing to send again, or not at all. It sets headers and never appends, since a retry above it may pass the same
    request twice. What belongs to one request stays in local variables; what holds on until the end of the body is
    released by ``response.on_close``.
    """

    def __call__(self, request: Request, call_next: Handler) -> Awaitable[Response]: ...


class StackOrder(IntEnum):
    """Where a middleware stands, outermost first. A middleware of your own needs none: it may stand anywhere."""

    TELEMETRY = 10
    LOGGING = 20
    CACHE = 30
    RETRY = 40
    TOKEN_GATE = 50
    CIRCUIT_BREAKER = 60
    CONCURRENCY = 70
    RATE_LIMIT = 80
    TENANT = 90
    AUTH = 100
    TOKEN_WRITER = 110


AnyMiddleware: TypeAlias = Middleware | Callable[[Request, Handler], Awaitable[Response]]


def check_stack(stack: Sequence[AnyMiddleware]) -> None:
    """Refuse an order in which the parts of asdk would do harm.

    Raises:
        ConfigurationError: two of them stand the wrong way round, one stands twice, or something is not callable as a
            middleware; it says what to move.
    """
    placed: list[tuple[StackOrder, str]] = []
    for step in stack:
        name = getattr(step, "__name__", type(step).__name__)
        if isinstance(step, type) or not callable(step) or not _is_async(step):
            raise ConfigurationError(f"{name} is no middleware: it must be an async callable of (request, call_next)")
        place: StackOrder | None = getattr(step, "order", None)
        if place is None:
            continue
        for other, other_name in placed:
            if other == place:
                raise ConfigurationError(
                    f"the stack has two middlewares for {place.name}: take {other_name} or {name} out"
                )
            if other > place:
                raise ConfigurationError(
                    f"{name} must stand before {other_name} in the stack: move it up (see StackOrder)"
                )
        placed.append((place, name))
    _check_token_gate(dict(placed))


def _check_token_gate(placed: Mapping[StackOrder, str]) -> None:
    """No permit waits for a token, and whoever only writes one needs somebody above who waits for it."""
    queue = placed.get(StackOrder.CONCURRENCY) or placed.get(StackOrder.RATE_LIMIT)
    if queue is not None and (auth := placed.get(StackOrder.AUTH)) is not None:
        raise ConfigurationError(
            f"{auth} below {queue} would take permits and then wait for a token: put TokenGate above {queue}, and "
            f"TokenWriter in the place of {auth}"
        )
    if (StackOrder.TOKEN_GATE in placed) != (StackOrder.TOKEN_WRITER in placed):
        raise ConfigurationError("TokenGate and TokenWriter are two halves of one thing: put both in, or neither")


def _is_async(step: Any) -> bool:
    return inspect.iscoroutinefunction(step) or inspect.iscoroutinefunction(getattr(step, "__call__", None))  # noqa: B004


def build_chain(stack: Sequence[AnyMiddleware], handler: Handler) -> Handler:
    """One handler that goes through the stack from its first middleware to the last and ends in ``handler``."""
    for step in reversed(stack):
        # The bound method of an object is looked up once here, and not at every request.
        bound: Any = step if inspect.isfunction(step) or inspect.ismethod(step) else getattr(step, "__call__")  # noqa: B004, B009
        handler = _link(bound, handler)
    return handler


def _link(step: Callable[[Request, Handler], Awaitable[Response]], call_next: Handler) -> Handler:
    second = list(inspect.signature(step).parameters.values())[1:2]
    if second and second[0].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
        # Bound in C: on the way of a request each middleware is one function, and not two.
        return functools.partial(step, **{second[0].name: call_next})

    def handle(request: Request) -> Awaitable[Response]:
        return step(request, call_next)

    return handle
