"""The circuit breaker: opening, probing, closing, and what counts as a failure."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from asdk import (
    BaseClient,
    CircuitOpenError,
    ConfigurationError,
    ConnectError,
    DeadlineExceededError,
    PoolTimeoutError,
    RequestTimeoutError,
    ResponseTooLargeError,
    Retry,
    ServerError,
    Token,
    TokenRefusedError,
    TransportError,
)
from asdk.auth import Credential
from asdk.http.request import Request
from asdk.middleware import CircuitBreaker, RateLimit
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.cancelling import at_each_await
from tests.support.failures import failure_of

BASE = "https://api.example.org"
DOWN = Reply(503)
UP = Reply(json=1)


class Service:
    """A service that answers with its current reply."""

    def __init__(self) -> None:
        self.reply = UP
        self.asked = 0

    def __call__(self, _: Request) -> Reply:
        self.asked += 1
        return self.reply


def make(breaker: CircuitBreaker, **options: Any) -> tuple[BaseClient, Service, VirtualClock]:
    clock, service = VirtualClock(), Service()
    options = {"retry": None, "timeout": None, **options}
    transport = MemoryTransport(service)
    client = BaseClient(base_url=BASE, transport=transport, clock=clock, circuit_breaker=breaker, **options)
    return client, service, clock


async def outcomes(client: BaseClient, calls: int, url: str = "/x") -> list[type]:
    results = await asyncio.gather(*(client.request("GET", url) for _ in range(calls)), return_exceptions=True)
    return [type(result) for result in results]


async def test_a_scripted_outage() -> None:
    client, service, clock = make(CircuitBreaker(window=10, failure_ratio=0.5, open_for=30))
    assert await outcomes(client, 100) == [int] * 100
    service.reply = DOWN
    failures = [await outcomes(client, 1) for _ in range(8)]
    assert failures == [[ServerError]] * 5 + [[CircuitOpenError]] * 3
    error = await failure_of(client.request("GET", "/x"), CircuitOpenError)
    assert error.retry_after == pytest.approx(30)
    assert (error.sent, error.attempts, error.template, error.retryable) == (False, 0, "/x", True)
    assert "https://api.example.org failed too often" in str(error)
    asked = service.asked

    await clock.sleep(29)
    assert await outcomes(client, 5) == [CircuitOpenError] * 5
    assert service.asked == asked
    await clock.sleep(1)
    assert sorted(kind.__name__ for kind in await outcomes(client, 5)) == ["CircuitOpenError"] * 4 + ["ServerError"]
    assert service.asked == asked + 1, "one probe"
    assert await outcomes(client, 1) == [CircuitOpenError], "it failed: open again"

    service.reply = UP
    await clock.sleep(30)
    assert await outcomes(client, 1) == [int]
    assert await outcomes(client, 50) == [int] * 50
    service.reply = DOWN
    assert await outcomes(client, 4) == [ServerError] * 4, "it counts from zero"


async def test_half_open_lets_one_probe_through_at_a_time() -> None:
    client, service, clock = make(CircuitBreaker(window=4, open_for=10))
    service.reply = DOWN
    await outcomes(client, 4)
    await clock.sleep(10)
    service.reply = Reply(json=1, delay=2)
    probe = asyncio.create_task(client.request("GET", "/x"))
    await asyncio.sleep(0)
    error = await failure_of(client.request("GET", "/x"), CircuitOpenError)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 2
    assert await probe == 1
    assert await outcomes(client, 3) == [int] * 3


async def test_after_a_cancelled_probe_the_next_request_is_the_probe() -> None:
    client, service, clock = make(CircuitBreaker(window=2, open_for=10), rate_limit=RateLimit(1))
    service.reply = DOWN
    await outcomes(client, 2)
    await clock.sleep(10)
    service.reply = Reply(503, delay=1)

    async def probe() -> None:
        with suppress(ServerError):
            await client.request("GET", "/x")

    async for _ in at_each_await(probe):
        assert await outcomes(client, 2) in ([ServerError, CircuitOpenError], [CircuitOpenError, ServerError])
        await clock.sleep(10)


async def test_a_probe_without_a_token_proves_nothing() -> None:
    class Login(Credential):
        async def fetch(self, send: Handler) -> Token:
            if refuse:
                raise TokenRefusedError("no")
            return Token(value="t", lifetime=5)

    refuse = False
    client, service, clock = make(CircuitBreaker(window=2, open_for=10), auth=Login())
    service.reply = DOWN
    await outcomes(client, 2)
    await clock.sleep(10)
    refuse, service.reply = True, UP
    assert await outcomes(client, 1) == [TokenRefusedError]
    await clock.sleep(1000)
    refuse = False
    assert await outcomes(client, 1) == [int]


async def test_token_errors_do_not_count() -> None:
    class Login(Credential):
        async def fetch(self, send: Handler) -> Token:
            raise TokenRefusedError("no")

    client, _, _ = make(CircuitBreaker(window=2), auth=Login())
    assert await outcomes(client, 20) == [TokenRefusedError] * 20
    assert set(await outcomes(client, 5)) == {TokenRefusedError}


@pytest.mark.parametrize(
    ("reply", "counts"),
    [
        (Reply(500), True),
        (Reply(503), True),
        (Reply(429), False),
        (Reply(404), False),
        (Reply(401), False),
        (Reply(error=ConnectError("refused")), True),
        (Reply(error=RequestTimeoutError("slow")), True),
        (Reply(error=RequestTimeoutError("slow", limit="connect", sent=False)), True),
        (Reply(error=DeadlineExceededError("slow")), True),
        (Reply(error=TransportError("cut")), True),
        (Reply(error=DeadlineExceededError("in a queue of ours", sent=False)), False),
        (Reply(error=PoolTimeoutError("no connection")), False),
        (Reply(error=ResponseTooLargeError("too much")), False),
    ],
)
async def test_what_counts_as_a_failure_of_the_service(reply: Reply, counts: bool) -> None:
    client, service, _ = make(CircuitBreaker(window=4, failure_ratio=1.0))
    service.reply = reply
    for _ in range(8):
        await outcomes(client, 1)
    assert service.asked == (4 if counts else 8)


async def test_the_ratio_is_of_the_last_requests() -> None:
    client, service, _ = make(CircuitBreaker(window=10, failure_ratio=0.3))
    for reply in [DOWN, DOWN, *[UP] * 9, DOWN, *[UP] * 7, DOWN]:
        service.reply = reply
        assert CircuitOpenError not in await outcomes(client, 1)
    service.reply = DOWN
    assert await outcomes(client, 2) == [ServerError, CircuitOpenError]


async def test_each_origin_has_a_circuit_of_its_own() -> None:
    client, service, _ = make(CircuitBreaker(window=2))
    service.reply = DOWN
    await outcomes(client, 2)
    assert await outcomes(client, 1) == [CircuitOpenError]
    assert await outcomes(client, 1, "https://other.example.org/x") == [ServerError]
    assert await outcomes(client, 1, "https://api.example.org:8443/x") == [ServerError]
    assert await outcomes(client, 1, "https://API.example.org:443/y") == [CircuitOpenError]


async def test_requests_in_flight_at_the_opening_are_ignored_afterwards() -> None:
    client, service, clock = make(CircuitBreaker(window=2, open_for=10))
    service.reply = Reply(503, delay=25)
    slow = asyncio.create_task(outcomes(client, 5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    service.reply = DOWN
    await outcomes(client, 2)
    await clock.sleep(10)
    service.reply = UP
    assert await outcomes(client, 1) == [int]
    assert set(await slow) == {ServerError}
    assert await outcomes(client, 5) == [int] * 5


async def test_an_open_circuit_fails_a_call_at_once_and_is_not_waited_for() -> None:
    client, service, clock = make(CircuitBreaker(window=2, open_for=10), retry=Retry(attempts=3), timeout=60)
    service.reply = DOWN
    await outcomes(client.with_options(retry=None), 2)
    asked, began = service.asked, clock.monotonic()
    with pytest.raises(CircuitOpenError) as caught:
        await client.request("GET", "/x")
    assert caught.value.retry_after == pytest.approx(10)
    assert service.asked == asked
    assert clock.monotonic() == began


async def test_opening_and_closing_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    client, service, clock = make(CircuitBreaker(window=2, open_for=10))
    with caplog.at_level(logging.INFO, "asdk"):
        service.reply = DOWN
        await outcomes(client, 20)
        await clock.sleep(10)
        service.reply = UP
        await outcomes(client, 20)
    said = [record.message for record in caplog.records if "circuit" in record.message]
    assert said == [
        "https://api.example.org fails: the circuit is open for 10 s",
        "https://api.example.org works again: the circuit is closed",
    ]


@pytest.mark.parametrize(
    "arguments", [{"window": 0}, {"window": 1.5}, {"failure_ratio": 0}, {"failure_ratio": 1.1}, {"open_for": 0}]
)
def test_invalid_arguments_are_rejected(arguments: Any) -> None:
    with pytest.raises(ConfigurationError):
        CircuitBreaker(**arguments)
