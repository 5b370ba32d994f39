"""What is repeated, when, and how often; and what never is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

import pytest

from asdk import (
    BaseClient,
    CircuitOpenError,
    ConnectError,
    DeadlineExceededError,
    InvalidRequestError,
    ProtocolError,
    RateLimitError,
    Retry,
    ServerError,
    TLSError,
    TransportError,
)
from asdk.testing import DISCONNECTED, MemoryTransport, Reply, VirtualClock
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.servers import RawServer, Visit, head

NO_CONNECTION = ConnectError("refused", sent=False)


def client_of(transport: MemoryTransport, clock: VirtualClock | None = None, **options: Any) -> BaseClient:
    return BaseClient(base_url="https://api.example.org", transport=transport, clock=clock or VirtualClock(), **options)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_status_that_may_pass_is_repeated(status: int) -> None:
    transport = MemoryTransport([Reply(status), Reply(status), Reply(json={"ok": True})])
    assert await client_of(transport).request("GET", "/x") == {"ok": True}
    assert len(transport.sent) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
async def test_a_status_that_will_not_pass_is_not_repeated(status: int) -> None:
    transport = MemoryTransport([Reply(status)])
    with pytest.raises(Exception, match=str(status)):
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 1


async def test_the_attempts_are_counted_on_the_error_and_on_the_response() -> None:
    client = client_of(MemoryTransport(lambda request: Reply(503)))
    with pytest.raises(ServerError) as caught:
        await client.request("GET", "/x")
    assert caught.value.attempts == 3
    client = client_of(MemoryTransport([Reply(503), Reply(200)]))
    assert (await client.send(client.build_request("GET", "/x"))).attempts == 2


async def test_a_broken_connection_is_repeated_and_raised_in_the_end() -> None:
    transport = MemoryTransport(lambda request: Reply(error=DISCONNECTED))
    with pytest.raises(ProtocolError) as caught:
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 3
    assert caught.value.attempts == 3
    assert caught.value.template == "/x"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("reply", [Reply(503), Reply(500), Reply(error=DISCONNECTED)])
async def test_what_may_have_been_done_is_not_done_twice(method: str, reply: Reply) -> None:
    transport = MemoryTransport(lambda request: reply)
    with pytest.raises((ServerError, ProtocolError)):
        await client_of(transport).request(method, "/x", json={})
    assert len(transport.sent) == 1


@pytest.mark.parametrize("reply", [Reply(429), Reply(error=NO_CONNECTION)])
async def test_what_was_surely_not_done_is_repeated_for_post_too(reply: Reply) -> None:
    transport = MemoryTransport([reply, Reply(json=1)])
    assert await client_of(transport).request("POST", "/x", json={}) == 1


async def test_an_idempotency_key_makes_a_post_safe_and_stays_the_same() -> None:
    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(json=1), Reply(json=2)])
    client = client_of(transport)
    await client.request("POST", "/x", json={}, idempotency_key=True)
    await client.request("POST", "/x", json={}, idempotency_key=True)
    keys = [sent.headers["Idempotency-Key"] for sent in transport.sent]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


async def test_an_operation_that_changes_nothing_is_repeated_whatever_its_method() -> None:
    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(json=1)])
    assert await client_of(transport).request("POST", "/search", json={}, idempotent=True) == 1


async def test_a_client_can_make_keys_for_all_its_calls_but_not_one_for_all() -> None:
    transport = MemoryTransport(lambda request: Reply(json=1))
    client = client_of(transport).with_options(idempotency_key=True)
    for _ in range(2):
        await client.request("POST", "/x", json={})
    assert len({sent.headers["Idempotency-Key"] for sent in transport.sent}) == 2
    with pytest.raises(InvalidRequestError):
        client.with_options(idempotency_key="one")


async def test_a_certificate_is_not_tried_again() -> None:
    transport = MemoryTransport(lambda request: Reply(error=TLSError("untrusted", certificate=True)))
    with pytest.raises(TLSError):
        await client_of(transport).request("GET", "/x")
    assert len(transport.sent) == 1


async def test_the_waits_are_drawn_from_zero_to_a_doubling_bound() -> None:
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
    assert all(seen > 0.7 * bound for seen, bound in zip(longest, bounds, strict=True)), "jitter over the whole range"


async def test_retry_after_is_never_undercut() -> None:
    clock = VirtualClock()
    transport = MemoryTransport([Reply(429, headers={"Retry-After": "7"}), Reply(json=1)])
    await client_of(transport, clock).request("GET", "/x")
    assert clock.slept == [7.0]


async def test_retry_after_as_a_date_is_judged_by_the_servers_own_clock() -> None:
    clock = VirtualClock()
    theirs = clock.time() - 5000
    headers = {"Date": formatdate(theirs, usegmt=True), "Retry-After": formatdate(theirs + 9, usegmt=True)}
    await client_of(MemoryTransport([Reply(503, headers=headers), Reply(json=1)]), clock).request("GET", "/x")
    assert clock.slept == [9.0]


@pytest.mark.parametrize("value", ["garbage", "-5", "inf", "1_000", "+5", "١٢", "nan", "1e9", ""])
async def test_a_retry_after_that_makes_no_sense_is_ignored(value: str) -> None:
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


async def test_a_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(429, headers={"Retry-After": "10"}))
    with pytest.raises(RateLimitError) as caught:
        await client_of(transport, clock).request("GET", "/x", timeout=9)
    assert caught.value.retry_after == 10
    assert clock.slept == []


async def test_one_deadline_spans_attempts_and_waits() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(500, delay=4))
    client = client_of(transport, clock, retry=Retry(attempts=50, base_delay=0.001))
    with pytest.raises(DeadlineExceededError):
        await client.request("GET", "/x", timeout=10)
    assert clock.monotonic() <= 10
    assert len(transport.sent) == 3


async def test_none_means_one_attempt() -> None:
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


async def test_a_factory_is_opened_anew_for_each_attempt() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"da"
        yield b"ta"

    transport = MemoryTransport([Reply(503), Reply(error=DISCONNECTED), Reply(200)])
    await client_of(transport).request("PUT", "/x", content=chunks, model=None)
    assert [sent.content for sent in transport.sent] == [b"data"] * 3


async def test_the_connection_of_a_discarded_stream_is_free_during_the_wait() -> None:
    async def endless_error(visit: Visit) -> None:
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


async def test_a_request_that_is_sent_once_more_has_its_attempts_again() -> None:
    transport = MemoryTransport(lambda request: Reply(503))
    client = client_of(transport)
    request = client.build_request("GET", "/x")
    assert (await client.send(request)).attempts == 3
    assert (await client.send(request)).attempts == 5
    assert len(transport.sent) == 6


async def test_an_open_circuit_is_not_asked_again() -> None:
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


async def test_an_error_that_is_no_transports_is_not_caught() -> None:
    async def explode(request: object, call_next: object) -> Any:
        raise LookupError("mine")

    client = client_of(MemoryTransport(), attempt_middleware=[explode])
    with pytest.raises(LookupError, match="mine"):
        await client.request("GET", "/x")


async def test_the_error_of_the_last_attempt_has_no_other_error_behind_it() -> None:
    transport = MemoryTransport(lambda request: Reply(error=TransportError("cut", cause="OSError: x")))
    with pytest.raises(TransportError) as caught:
        await client_of(transport).request("GET", "/x")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
