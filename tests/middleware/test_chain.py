"""The order of the stack, and the chain that joins it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from asdk import BaseClient, BearerToken, ConfigurationError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware import (
    AnyMiddleware,
    AuthMiddleware,
    CircuitBreaker,
    ConcurrencyLimit,
    LoggingMiddleware,
    RateLimit,
    RedisRateLimit,
    RetryMiddleware,
    TenantMiddleware,
    build_chain,
    check_stack,
)
from asdk.testing import MemoryTransport, Reply
from asdk.transports.base import Handler


class Noting:
    """A middleware that records when it is passed."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        self.notes.append(f"{self.name} down")
        response = await call_next(request)
        self.notes.append(f"{self.name} up")
        return response


def client_of(replies: Any, **options: Any) -> BaseClient:
    return BaseClient(base_url="https://api.example.org", transport=MemoryTransport(replies), **options)


async def test_the_first_wraps_the_rest() -> None:
    notes: list[str] = []
    transport = MemoryTransport([Reply(200)])
    client = client_of([])
    chain = build_chain([Noting("a", notes), Noting("b", notes)], transport.send)
    await chain(client.build_request("GET", "/x"))
    assert notes == ["a down", "b down", "b up", "a up"]


async def test_a_plain_async_function_is_a_middleware() -> None:
    async def stamp(request: Request, call_next: Handler) -> Response:
        request.headers["X-Stamp"] = "1"
        return await call_next(request)

    transport = MemoryTransport([Reply(json=1)])
    client = BaseClient(base_url="https://api.example.org", transport=transport, middleware=[stamp])
    await client.request("GET", "/x")
    assert transport.sent[0].headers["X-Stamp"] == "1"


async def test_middleware_runs_per_call_and_attempt_middleware_per_attempt() -> None:
    calls: list[str] = []
    attempts: list[str] = []
    client = client_of(
        [Reply(503), Reply(503), Reply(json=1)],
        middleware=[Noting("call", calls)],
        attempt_middleware=[Noting("attempt", attempts)],
    )
    await client.request("GET", "/x")
    assert calls == ["call down", "call up"]
    assert attempts == ["attempt down", "attempt up"] * 3


async def test_the_default_stack_has_the_four_that_every_call_needs() -> None:
    kinds = [type(step) for step in client_of([], auth=BearerToken("key-1234")).build_stack()]
    assert kinds == [LoggingMiddleware, RetryMiddleware, AuthMiddleware, TenantMiddleware]
    assert AuthMiddleware not in [type(step) for step in client_of([]).build_stack()]


def stacked(*order: int) -> type[BaseClient]:
    class Restacked(BaseClient):
        base_url = "https://api.example.org"

        def build_stack(self) -> Sequence[AnyMiddleware]:
            stack = list(super().build_stack())
            return [stack[index] for index in order]

    return Restacked


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((1, 0, 2, 3), "LoggingMiddleware must .* before RetryMiddleware"),
        ((0, 2, 1, 3), "RetryMiddleware must .* before AuthMiddleware"),
        ((0, 1, 3, 2), "AuthMiddleware must .* before TenantMiddleware"),
        ((0, 1, 1, 2, 3), "for RETRY"),
    ],
)
def test_a_wrong_order_is_rejected_and_says_what_to_move(order: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        stacked(*order)(transport=MemoryTransport(), auth=BearerToken("key-1234"))


def test_a_stack_may_leave_parts_out_and_put_others_anywhere() -> None:
    stacked(0, 1)(transport=MemoryTransport(), auth=BearerToken("key-1234"))
    client_of([], middleware=[Noting("a", [])], attempt_middleware=[Noting("b", [])])


@pytest.mark.parametrize("step", [Noting, lambda request, call_next: None, "text", object()])
def test_a_wrong_middleware_is_rejected(step: Any) -> None:
    with pytest.raises(ConfigurationError, match="async callable"):
        client_of([], middleware=[step])


# --- traffic -----------------------------------------------------------------------------------------------------

TRAFFIC: dict[str, Any] = {
    "rate_limit": RateLimit(100),
    "concurrency": ConcurrencyLimit(10),
    "circuit_breaker": CircuitBreaker(),
}


def test_traffic_policies_come_after_auth_and_before_the_tenant() -> None:
    mine = Noting("mine", [])
    client = client_of([], auth=BearerToken("key-1234"), attempt_middleware=[mine], **TRAFFIC)
    assert [type(step) for step in client.build_stack()] == [
        LoggingMiddleware,
        RetryMiddleware,
        Noting,
        AuthMiddleware,
        CircuitBreaker,
        ConcurrencyLimit,
        RateLimit,
        TenantMiddleware,
    ]


def test_without_a_credential_there_is_no_auth_and_none_is_off() -> None:
    kinds = [type(step) for step in client_of([], **TRAFFIC).build_stack()]
    assert kinds == [
        LoggingMiddleware,
        RetryMiddleware,
        CircuitBreaker,
        ConcurrencyLimit,
        RateLimit,
        TenantMiddleware,
    ]
    off = client_of([], auth=BearerToken("key-1234"), rate_limit=None, concurrency=None, circuit_breaker=None)
    assert [type(step) for step in off.build_stack()][2:] == [AuthMiddleware, TenantMiddleware]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((0, 1, 3, 2, 4, 5, 6), "AuthMiddleware must .* before CircuitBreaker in the stack: move it up"),
        ((0, 1, 2, 4, 3, 5, 6), "CircuitBreaker must .* before ConcurrencyLimit"),
        ((0, 1, 2, 3, 5, 4, 6), "ConcurrencyLimit must .* before RateLimit"),
        ((0, 2, 1, 3, 4, 5, 6), "RetryMiddleware must .* before AuthMiddleware"),
        ((0, 1, 2, 3, 4, 6, 5), "RateLimit must .* before TenantMiddleware"),
        ((0, 1, 3, 4, 5, 2, 6), "AuthMiddleware must .* before CircuitBreaker"),
        ((0, 1, 2, 3, 4, 5, 5, 6), "for RATE_LIMIT"),
    ],
)
def test_a_wrong_order_of_traffic_policies_says_what_to_move(order: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        stacked(*order)(transport=MemoryTransport(), auth=BearerToken("key-1234"), **TRAFFIC)


def test_a_limit_above_auth_is_rejected() -> None:
    class Piling(BaseClient):
        base_url = "https://api.example.org"

        def build_stack(self) -> Sequence[AnyMiddleware]:
            *above, auth, tenant = super().build_stack()
            return [*above, RateLimit(10), auth, tenant]

    with pytest.raises(ConfigurationError, match=r"AuthMiddleware must .* before RateLimit"):
        Piling(transport=MemoryTransport(), auth=BearerToken("key-1234"))


def stack_of(*steps: Any) -> Callable[[], None]:
    return lambda: check_stack(steps)


def option(**options: Any) -> Callable[[], object]:
    return lambda: client_of([], **options)


class Plain:
    """Not a middleware."""


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (stack_of(Plain), "a middleware must be an async callable of (request, call_next), got Plain"),
        (
            stack_of(RetryMiddleware(), LoggingMiddleware()),
            "LoggingMiddleware must come before RetryMiddleware in the stack: move it up (see StackOrder)",
        ),
        (
            stack_of(RetryMiddleware(), RetryMiddleware()),
            "the stack must have one middleware for RETRY, got two: remove RetryMiddleware or RetryMiddleware",
        ),
        (option(rate_limit=100), "rate_limit must be a RateLimit, such as RateLimit(per_second=10), got int"),
        (
            option(rate_limit=ConcurrencyLimit(5)),
            "rate_limit must be a RateLimit, such as RateLimit(per_second=10), got ConcurrencyLimit",
        ),
        (option(concurrency=5), "concurrency must be a ConcurrencyLimit, such as ConcurrencyLimit(20), got int"),
        (
            option(circuit_breaker=CircuitBreaker),
            "circuit_breaker must be a CircuitBreaker, such as CircuitBreaker(), got the class CircuitBreaker",
        ),
        (
            option(circuit_breaker=True),
            "circuit_breaker must be a CircuitBreaker, such as CircuitBreaker(), got bool",
        ),
        (lambda: ConcurrencyLimit(0), "n must be a whole number of requests, at least 1, got 0"),
        (lambda: CircuitBreaker(window=0), "window must be a whole number of requests, at least 1, got 0"),
        (lambda: CircuitBreaker(failure_ratio=2), "failure_ratio must be above 0 and at most 1, got 2"),
        (lambda: CircuitBreaker(open_for=0), "open_for must be a number of seconds above 0, got 0"),
        (lambda: RateLimit(0), "per_second must be a number of requests above 0, got 0"),
        (lambda: RateLimit(1, burst=0), "burst must be a whole number of requests, at least 1, got 0"),
        (lambda: RedisRateLimit(1, share=2), "share must be above 0 and at most 1, a part of the limit, got 2"),
    ],
)
def test_messages(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build()
    assert caught.value.message.replace("got a ", "got ") == message
