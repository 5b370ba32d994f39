"""The order of the stack, and how it is joined."""

from __future__ import annotations

from collections.abc import Sequence
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
    RetryMiddleware,
    TenantMiddleware,
    TokenGate,
    TokenWriter,
    build_chain,
)
from asdk.testing import MemoryTransport, Reply
from asdk.transports.base import Handler


class Noting:
    """Writes down when it is passed."""

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


async def test_middleware_runs_once_a_call_and_attempt_middleware_once_an_attempt() -> None:
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
    assert kinds == [LoggingMiddleware, RetryMiddleware, TenantMiddleware, AuthMiddleware]
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
        ((1, 0, 2, 3), "LoggingMiddleware must stand before RetryMiddleware"),
        ((0, 3, 1, 2), "RetryMiddleware must stand before AuthMiddleware"),
        ((0, 1, 3, 2), "TenantMiddleware must stand before AuthMiddleware"),
        ((0, 1, 1, 2, 3), "two middlewares for RETRY"),
    ],
)
def test_a_wrong_order_is_refused_and_says_what_to_move(order: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        stacked(*order)(transport=MemoryTransport(), auth=BearerToken("key-1234"))


def test_a_stack_may_leave_parts_out_and_put_others_anywhere() -> None:
    stacked(0, 1)(transport=MemoryTransport(), auth=BearerToken("key-1234"))
    client_of([], middleware=[Noting("a", [])], attempt_middleware=[Noting("b", [])])


@pytest.mark.parametrize("step", [Noting, lambda request, call_next: None, "text", object()])
def test_what_is_no_middleware_is_refused(step: Any) -> None:
    with pytest.raises(ConfigurationError, match="async callable"):
        client_of([], middleware=[step])


# --- traffic -----------------------------------------------------------------------------------------------------

TRAFFIC: dict[str, Any] = {
    "rate_limit": RateLimit(100),
    "concurrency": ConcurrencyLimit(10),
    "circuit_breaker": CircuitBreaker(),
}


def test_traffic_policies_stand_between_the_attempt_and_the_tenant_with_the_token_awaited_before_them() -> None:
    mine = Noting("mine", [])
    client = client_of([], auth=BearerToken("key-1234"), attempt_middleware=[mine], **TRAFFIC)
    assert [type(step) for step in client.build_stack()] == [
        LoggingMiddleware,
        RetryMiddleware,
        Noting,
        TokenGate,
        CircuitBreaker,
        ConcurrencyLimit,
        RateLimit,
        TenantMiddleware,
        TokenWriter,
    ]


def test_without_a_credential_there_is_no_gate_and_none_is_off() -> None:
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
    assert [type(step) for step in off.build_stack()][2:] == [TenantMiddleware, AuthMiddleware]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((0, 1, 3, 2, 4, 5, 6, 7), "TokenGate must stand before CircuitBreaker in the stack: move it up"),
        ((0, 1, 2, 4, 3, 5, 6, 7), "CircuitBreaker must stand before ConcurrencyLimit"),
        ((0, 1, 2, 3, 5, 4, 6, 7), "ConcurrencyLimit must stand before RateLimit"),
        ((0, 2, 1, 3, 4, 5, 6, 7), "RetryMiddleware must stand before TokenGate"),
        ((0, 1, 2, 3, 4, 5, 7, 6), "TenantMiddleware must stand before TokenWriter"),
        ((0, 1, 3, 4, 5, 6, 7), "put both in, or neither"),
        ((0, 1, 2, 3, 4, 5, 6), "put both in, or neither"),
        ((0, 1, 2, 3, 4, 5, 5, 6, 7), "two middlewares for RATE_LIMIT"),
    ],
)
def test_a_wrong_order_of_traffic_policies_says_what_to_move(order: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        stacked(*order)(transport=MemoryTransport(), auth=BearerToken("key-1234"), **TRAFFIC)


def test_a_limit_above_a_middleware_that_waits_for_a_token_is_refused() -> None:
    class Piling(BaseClient):
        base_url = "https://api.example.org"

        def build_stack(self) -> Sequence[AnyMiddleware]:
            *above, tenant, auth = super().build_stack()
            return [*above, RateLimit(10), tenant, auth]

    with pytest.raises(ConfigurationError, match="put TokenGate above RateLimit, and TokenWriter in the place of Auth"):
        Piling(transport=MemoryTransport(), auth=BearerToken("key-1234"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_limit": 100}, "rate_limit= is a int"),
        ({"rate_limit": ConcurrencyLimit(5)}, "rate_limit= is a ConcurrencyLimit"),
        ({"concurrency": 5}, r"concurrency= is a int; give .* ConcurrencyLimit\(20\)"),
        ({"circuit_breaker": CircuitBreaker}, "circuit_breaker= is the class CircuitBreaker"),
        ({"circuit_breaker": True}, "circuit_breaker= is a bool"),
    ],
)
def test_what_is_no_policy_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        client_of([], **options)
