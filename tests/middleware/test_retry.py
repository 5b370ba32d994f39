"""What the retry middleware retries, when and how often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

import pytest
from tenacity import stop_after_attempt

from asdk import (
    BaseClient,
    CircuitOpenError,
    ConnectError,
    DeadlineExceededError,
    InvalidRequestError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    Request,
    Response,
    Retry,
    ServerError,
    StatusError,
    TLSError,
    TransportError,
)
from asdk.middleware import RateLimit
from asdk.testing import DISCONNECTED, MemoryTransport, Reply, VirtualClock
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.base import Handler
from tests.support.servers import RawExchange, RawServer, head

NO_CONNECTION = ConnectError("refused", sent=False)


def client_of(transport: MemoryTransport, clock: VirtualClock | None = None, **options: Any) -> BaseClient:
    return BaseClient(base_url="https://api.example.org", transport=transport, clock=clock or VirtualClock(), **options)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_transient_status_is_retried(status: int) -> None:
    transport = MemoryTransport([Reply(status), Reply(status), Reply(json={"ok": True})])
    assert await client_of(transport).request("GET", "/x") == {"ok": True}
    assert len(transport.sent) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
async def test_a_permanent_status_is_not_retried(status: int) -> None:
    transport = MemoryTransport([Reply(status)])
    with pytest.raises(Exception, match=str(status)):
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 1


async def test_error_and_response_have_the_number_of_attempts() -> None:
    client = client_of(MemoryTransport(lambda request: Reply(503)))
    with pytest.raises(ServerError) as caught:
        await client.request("GET", "/x")
    assert caught.value.attempts == 3
    client = client_of(MemoryTransport([Reply(503), Reply(200)]))
    assert (await client.send(client.build_request("GET", "/x"))).attempts == 2


async def test_a_broken_connection_is_retried_and_finally_raised() -> None:
    transport = MemoryTransport(lambda request: Reply(error=DISCONNECTED))
    with pytest.raises(ProtocolError) as caught:
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 3
    assert caught.value.attempts == 3
    assert caught.value.template == "/x"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("reply", [Reply(503), Reply(500), Reply(error=DISCONNECTED)])
async def test_a_request_that_may_have_been_processed_is_not_retried(method: str, reply: Reply) -> None:
    transport = MemoryTransport(lambda request: reply)
    with pytest.raises((ServerError, ProtocolError)):
        await client_of(transport).request(method, "/x", json={})
    assert len(transport.sent) == 1


@pytest.mark.parametrize("reply", [Reply(429), Reply(error=NO_CONNECTION)])
async def test_a_post_that_was_not_processed_is_retried(reply: Reply) -> None:
    transport = MemoryTransport([reply, Reply(json=1)])
    assert await client_of(transport).request("POST", "/x", json={}) == 1


async def test_a_post_with_an_idempotency_key_is_retried_with_the_same_key() -> None:
    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(json=1), Reply(json=2)])
    client = client_of(transport)
    await client.request("POST", "/x", json={}, idempotency_key=True)
    await client.request("POST", "/x", json={}, idempotency_key=True)
    keys = [sent.headers["Idempotency-Key"] for sent in transport.sent]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


async def test_an_idempotent_operation_is_retried_for_any_method() -> None:
    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(json=1)])
    assert await client_of(transport).request("POST", "/search", json={}, idempotent=True) == 1


async def test_a_client_makes_one_idempotency_key_per_call() -> None:
    transport = MemoryTransport(lambda request: Reply(json=1))
    client = client_of(transport).with_options(idempotency_key=True)
    for _ in range(2):
        await client.request("POST", "/x", json={})
    assert len({sent.headers["Idempotency-Key"] for sent in transport.sent}) == 2
    with pytest.raises(InvalidRequestError):
        client.with_options(idempotency_key="one")


async def test_a_certificate_error_is_not_retried() -> None:
    transport = MemoryTransport(lambda request: Reply(error=TLSError("untrusted", certificate=True)))
    with pytest.raises(TLSError):
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 1


async def test_waits_are_drawn_from_zero_to_a_doubling_bound() -> None:
    bounds = [0.5, 1.0, 2.0, 4.0, 4.0]
    longest = [0.0] * len(bounds)
    for _ in range(60):
        clock = VirtualClock()
        client = client_of(MemoryTransport(lambda request: Reply(500)), clock, retry=Retry(attempts=6, max_delay=4.0))
        with pytest.raises(ServerError):
            await client.request("GET", "/x")
        assert len(clock.slept) == 5
        for number, (slept, bound) in enumerate(zip(clock.slept, bounds, strict=True)):
            assert 0 <= slept <= bound
            longest[number] = max(longest[number], slept)
    assert all(seen > 0.7 * bound for seen, bound in zip(longest, bounds, strict=True)), "jitter covers the range"


async def test_the_wait_is_never_shorter_than_retry_after() -> None:
    clock = VirtualClock()
    transport = MemoryTransport([Reply(429, headers={"Retry-After": "7"}), Reply(json=1)])
    await client_of(transport, clock).request("GET", "/x")
    assert 7.0 <= clock.slept[0] <= 7.7


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("0.01", 0.01, 0.06), ("0.4", 0.4, 0.45), ("1", 1, 1.1), ("30", 30, 33), ("60", 60, 65), ("110", 110, 115)],
)
async def test_calls_that_were_told_the_same_spread_over_the_next_tenth(asked: str, least: float, most: float) -> None:
    waits: list[float] = []
    for _ in range(100):
        clock = VirtualClock()
        transport = MemoryTransport([Reply(429, headers={"Retry-After": asked}), Reply(json=1)])
        await client_of(transport, clock, timeout=None, retry=Retry(base_delay=1e-9)).request("GET", "/x")
        waits += clock.slept
    assert least <= min(waits) < least + (most - least) / 5
    assert most - (most - least) / 5 < max(waits) <= most


async def test_spreading_does_not_exceed_the_deadline() -> None:
    for _ in range(50):
        clock = VirtualClock()
        transport = MemoryTransport([Reply(429, headers={"Retry-After": "10"}), Reply(json=1)])
        await client_of(transport, clock, retry=Retry(base_delay=1e-9)).request("GET", "/x", timeout=10.01)
        assert 10 <= clock.slept[0] < 10.01


_GITHUB = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"}


def _reset(clock: VirtualClock, seconds: float) -> str:
    return str(int(clock.time() + seconds))


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_reset_of_a_spent_limit_is_waited_out(status: int, method: str) -> None:
    clock = VirtualClock()
    spent = Reply(status, headers={**_GITHUB, "X-RateLimit-Reset": _reset(clock, 40)})
    assert await client_of(MemoryTransport([spent, Reply(json=1)]), clock).request(method, "/x") == 1
    assert 39 <= clock.slept[0] <= 45


@pytest.mark.parametrize("status", [403, 429])
async def test_a_reset_that_is_too_late_fails_at_once_and_is_told(status: int) -> None:
    clock = VirtualClock()
    spent = Reply(status, headers={**_GITHUB, "X-RateLimit-Reset": _reset(clock, 3000)})
    transport = MemoryTransport([spent])
    with pytest.raises(StatusError) as caught:
        await client_of(transport, clock).request("GET", "/x")
    assert caught.value.retry_after == pytest.approx(3000, abs=1)
    assert (clock.slept, len(transport.sent)) == ([], 1)


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        ({}, None),
        ({"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "30"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, frozenset({503})),
    ],
)
async def test_a_403_that_means_forbidden_is_not_retried(
    headers: dict[str, str], statuses: frozenset[int] | None
) -> None:
    transport = MemoryTransport([Reply(403, headers=headers)])
    policy = Retry() if statuses is None else Retry(statuses=statuses)
    with pytest.raises(PermissionDeniedError):
        await client_of(transport, VirtualClock(), retry=policy).request("GET", "/x")
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "limit", [{"RateLimit": '"a";r=0;t=60'}, {"RateLimit-Remaining": "0", "RateLimit-Reset": "60"}]
)
@pytest.mark.parametrize("limited", [False, True])
async def test_a_retry_after_takes_precedence_over_a_reset(limit: dict[str, str], limited: bool) -> None:
    clock = VirtualClock()
    began = clock.monotonic()
    transport = MemoryTransport([Reply(429, headers={"Retry-After": "2", **limit}), Reply(json=1)])
    client = client_of(transport, clock, rate_limit=RateLimit(100) if limited else None, timeout=20)
    assert await client.request("GET", "/x") == 1
    assert 2 <= clock.monotonic() - began < 3


async def test_a_retry_after_date_is_relative_to_the_date_of_the_response() -> None:
    clock = VirtualClock()
    theirs = clock.time() - 5000
    headers = {"Date": formatdate(theirs, usegmt=True), "Retry-After": formatdate(theirs + 9, usegmt=True)}
    await client_of(MemoryTransport([Reply(503, headers=headers), Reply(json=1)]), clock).request("GET", "/x")
    assert 9.0 <= clock.slept[0] <= 9.9


@pytest.mark.parametrize("value", ["garbage", "-5", "inf", "1_000", "+5", "١٢", "nan", "1e9", ""])
async def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    clock = VirtualClock()
    transport = MemoryTransport([Reply(503, headers=[("Retry-After", value)]), Reply(json=1)])
    await client_of(transport, clock).request("GET", "/x")
    assert clock.slept[0] <= 0.5


async def test_a_retry_after_that_is_too_long_fails_at_once() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(429, headers={"Retry-After": "121"}))
    with pytest.raises(RateLimitError) as caught:
        await client_of(transport, clock, timeout=None).request("GET", "/x")
    assert caught.value.retry_after == 121
    assert clock.slept == []


async def test_a_wait_that_would_exceed_the_deadline_does_not_start() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(429, headers={"Retry-After": "10"}))
    with pytest.raises(RateLimitError) as caught:
        await client_of(transport, clock).request("GET", "/x", timeout=9)
    assert caught.value.retry_after == 10
    assert clock.slept == []


async def test_one_deadline_covers_attempts_and_waits() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(500, delay=4))
    client = client_of(transport, clock, retry=Retry(attempts=50, base_delay=0.001))
    with pytest.raises(DeadlineExceededError):
        await client.request("GET", "/x", timeout=10)
    assert clock.monotonic() <= 10
    assert len(transport.sent) == 3


async def test_retry_none_means_a_single_attempt() -> None:
    for options in ({"retry": None}, {"retry": Retry(attempts=1)}):
        transport = MemoryTransport([Reply(503)])
        with pytest.raises(ServerError):
            await client_of(transport).request("GET", "/x", **options)


async def test_a_one_shot_body_is_never_sent_twice() -> None:
    async def once() -> AsyncIterator[bytes]:
        yield b"data"

    transport = MemoryTransport([Reply(503)])
    with pytest.raises(ServerError):
        await client_of(transport).request("PUT", "/x", content=once())
    assert [sent.content for sent in transport.sent] == [b"data"]


async def test_a_body_factory_is_called_for_each_attempt() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"da"
        yield b"ta"

    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(200)])
    await client_of(transport).request("PUT", "/x", content=chunks, model=None)
    assert [sent.content for sent in transport.sent] == [b"data"] * 3


async def test_the_connection_of_a_failed_stream_is_free_during_the_wait() -> None:
    async def endless_error(visit: RawExchange) -> None:
        if visit.number > 1:
            await visit.answer()
        else:
            await visit.send(head(503) + b"on and on")
            await visit.until_gone()

    with RawServer(endless_error) as server:
        transport = AiohttpTransport(limit=1)
        policy = Retry(base_delay=1e4, max_delay=1e4)
        client = BaseClient(base_url=server.url, transport=transport, retry=policy, timeout=None)

        async def stream() -> None:
            async with client.stream("GET", "/x"):
                pass

        waiting = asyncio.create_task(stream())
        await server.until(lambda: len(server.heads) == 1)
        assert await client.request("GET", "/x", timeout=2) == {}
        waiting.cancel()
        await asyncio.wait([waiting])
        await transport.aclose()


async def test_sending_a_request_again_restarts_its_attempts() -> None:
    transport = MemoryTransport(lambda request: Reply(503))
    client = client_of(transport)
    request = client.build_request("GET", "/x")
    assert (await client.send(request)).attempts == 3
    assert (await client.send(request)).attempts == 5
    assert len(transport.sent) == 6


async def test_an_open_circuit_is_not_retried() -> None:
    clock = VirtualClock()
    transport = MemoryTransport([Reply(error=CircuitOpenError("open", retry_after=30))])
    with pytest.raises(CircuitOpenError):
        await client_of(transport, clock).request("GET", "/x")
    assert clock.slept == []


async def test_a_retry_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "asdk")
    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(json=1)])
    await client_of(transport).request("GET", "/things/{id}", path_params={"id": 5})
    reasons = [record.__dict__["asdk"]["reason"] for record in caplog.records]
    assert reasons == [503, "ProtocolError"]
    assert "GET /things/{id}: 503, attempt 2 of 3" in caplog.text


async def test_an_error_of_a_middleware_is_not_caught() -> None:
    async def explode(request: object, call_next: object) -> Any:
        raise LookupError("mine")

    client = client_of(MemoryTransport(), attempt_middleware=[explode])
    with pytest.raises(LookupError, match="mine"):
        await client.request("GET", "/x")


async def test_the_last_error_has_no_cause_and_no_context() -> None:
    transport = MemoryTransport(lambda request: Reply(error=TransportError("cut", cause="OSError: x")))
    with pytest.raises(TransportError) as caught:
        await client_of(transport).request("GET", "/x")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_what_a_middleware_sets_on_a_retry_does_not_reach_the_next() -> None:
    seen: list[dict[str, str]] = []

    async def mark(request: Request, call_next: Handler) -> Response:
        number = request.state.attempts
        seen.append({name: request.headers[name] for name in request.headers if name.startswith("X-Mark")})
        request.headers[f"X-Mark-{number}"] = "set"
        return await call_next(request)

    transport = MemoryTransport([Reply(503), Reply(503), Reply(503), Reply(json=1)])
    client = client_of(transport, attempt_middleware=[mark], retry=Retry(attempts=4))
    await client.request("GET", "/x")
    first = {"X-Mark-1": "set"}  # the first attempt is the original, which a call that succeeds need not copy
    assert [{name.title(): value for name, value in marks.items()} for marks in seen] == [{}, first, first, first]


async def test_the_first_attempt_sends_the_original_request_and_all_share_its_state() -> None:
    passed: list[Request] = []

    async def watch(request: Request, call_next: Handler) -> Response:
        passed.append(request)
        return await call_next(request)

    client = client_of(MemoryTransport([Reply(503), Reply(json=1)]), attempt_middleware=[watch])
    request = client.build_request("GET", "/x")
    response = await client.send(request)
    assert passed[0] is request
    assert passed[1] is not request
    assert passed[1].state is request.state
    assert response.request is passed[1]


async def test_a_retry_with_a_stop_strategy_is_logged_without_a_maximum(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "asdk")
    transport = MemoryTransport([Reply(503), Reply(json=1)])
    await client_of(transport, retry=Retry(stop=stop_after_attempt(9))).request("GET", "/x")
    assert "attempt 2 follows" in caplog.text
