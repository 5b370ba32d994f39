"""Tests of `MemoryTransport`: its replies, the limits of a call, and the recorded requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from asdk import (
    BaseClient,
    ConnectError,
    DeadlineExceededError,
    NotFoundError,
    ProtocolError,
    RequestTimeoutError,
    Response,
    Retry,
    ServerError,
    StreamError,
    Timeout,
)
from asdk.http.request import Request
from asdk.testing import DISCONNECTED, MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.failures import failure_of


def client_on(transport: MemoryTransport, **options: Any) -> BaseClient:
    return BaseClient(
        base_url="https://api.example.org", **{"transport": transport, "clock": VirtualClock(), **options}
    )


async def test_replies_are_given_in_order_and_then_run_out() -> None:
    transport = MemoryTransport([Reply(json=1), Reply(404), Reply(json={"a": None})])
    client = client_on(transport)
    assert await client.request("GET", "/a") == 1
    await failure_of(client.request("GET", "/b"), NotFoundError)
    assert await client.request("GET", "/c") == {"a": None}
    with pytest.raises(AssertionError, match="no reply is left for request 4, GET"):
        await client.request("GET", "/d")


async def test_a_function_answers_each_request() -> None:
    client = client_on(MemoryTransport(lambda request: Reply(json=request.url)))
    assert await client.request("GET", "/a", params={"q": 1}) == "https://api.example.org/a?q=1"

    async def answer(request: Request) -> Reply:
        await asyncio.sleep(0)
        return Reply(json=request.template)

    client = client_on(MemoryTransport(answer))
    assert await client.request("GET", "/things/{id}", path_params={"id": 7}) == "/things/{id}"


async def test_sent_requests_are_recorded_as_they_were() -> None:
    async def sign_each_attempt(request: Request, call_next: Handler) -> Response:
        request.headers["X-Attempt"] = str(request.state.attempts)
        return await call_next(request)

    transport = MemoryTransport([Reply(503), Reply(json=1)])
    client = client_on(transport, attempt_middleware=[sign_each_attempt])
    await client.request("PUT", "/things/{id}", path_params={"id": 7}, json={"n": 1})
    assert [sent.headers["x-attempt"] for sent in transport.sent] == ["1", "2"]
    assert transport.sent[0].method == "PUT"
    assert transport.sent[0].url == "https://api.example.org/things/7"
    assert transport.sent[0].template == "/things/{id}"
    assert transport.sent[1].json() == {"n": 1}


async def test_bodies_of_every_kind_are_kept(tmp_path: Any) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"in "
        yield b"pieces"

    path = tmp_path / "file"
    path.write_bytes(b"from a file")
    transport = MemoryTransport(lambda request: Reply(json=None))
    client = client_on(transport)
    for content in (b"whole", pieces, pieces(), iter([b"one ", b"by one"]), path):
        await client.request("PUT", "/things", content=content)
    await client.request("PUT", "/things", form={"a": "b c"})
    await client.request("PUT", "/things", files={"file": ("name.txt", b"text")})
    contents = [sent.content for sent in transport.sent]
    assert contents[:6] == [b"whole", b"in pieces", b"in pieces", b"one by one", b"from a file", b"a=b+c"]
    assert b'filename="name.txt"' in contents[6]


async def test_a_body_that_is_gone_is_not_sent_again() -> None:
    transport = MemoryTransport([Reply(503), Reply(json=1)])
    await failure_of(client_on(transport).request("PUT", "/things", content=iter([b"once"])), ServerError)
    assert [sent.content for sent in transport.sent] == [b"once"]


async def test_headers_are_given_as_they_are_written() -> None:
    pairs = [("X-Two", "1"), ("x-two", "2"), ("Content-Type", "application/problem+json")]
    client = client_on(MemoryTransport([Reply(json=1, headers=pairs), Reply(json=1, headers={"X-One": "1"})]))
    response = await client.send(client.build_request("GET", "/things"))
    assert response.headers.getall("x-two") == ["1", "2"]
    assert response.headers["content-type"] == "application/problem+json"
    response = await client.send(client.build_request("GET", "/things"))
    assert dict(response.headers) == {"X-One": "1", "Content-Type": "application/json"}


# --- failures ---------------------------------------------------------------------------------------------------------


async def test_an_error_is_raised_as_a_copy_with_the_facts_of_the_call() -> None:
    transport = MemoryTransport([Reply(error=DISCONNECTED)] * 4)
    client = client_on(transport)
    first = await failure_of(client.request("GET", "/things"), ProtocolError)
    second = await failure_of(client.request("POST", "/others"), ProtocolError)
    assert (first.method, first.template, first.attempts) == ("GET", "/things", 3)
    assert (second.method, second.template, second.attempts) == ("POST", "/others", 1)
    assert DISCONNECTED.method is None
    assert DISCONNECTED.__traceback__ is None


async def test_retry_depends_on_the_sent_attribute_of_an_error() -> None:
    transport = MemoryTransport([Reply(error=ConnectError("refused")), Reply(json=1)])
    assert await client_on(transport).request("POST", "/things") == 1


async def test_a_body_may_break_off() -> None:
    broken = Reply(content=[b"1", b"2", DISCONNECTED])
    client = client_on(MemoryTransport([broken] * 2), retry=None)
    await failure_of(client.request("GET", "/things"), ProtocolError)
    came: list[bytes] = []

    async def read() -> None:
        async with client.stream("GET", "/things") as response:
            async for chunk in response.iter_bytes():
                came.append(chunk)

    await failure_of(read(), ProtocolError)
    assert came == [b"1", b"2"]


# --- streams ----------------------------------------------------------------------------------------------------------


async def test_a_stream_comes_chunk_by_chunk_and_ends_when_it_is_closed() -> None:
    client = client_on(MemoryTransport([Reply(content=[b"1", b"2", b"3"])] * 2))
    async with client.stream("GET", "/things") as response:
        assert [chunk async for chunk in response.iter_bytes()] == [b"1", b"2", b"3"]
    async with client.stream("GET", "/things") as response:
        chunks = aiter(response.iter_bytes())
        assert await anext(chunks) == b"1"
        await response.aclose()
        assert [chunk async for chunk in chunks] == []
        with pytest.raises(StreamError):
            await response.read()


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delay", "limits", "kind", "limit", "ends"),
    [
        (5, Timeout(total=10, attempt=6), None, None, 5),
        (7, Timeout(total=10, attempt=6), RequestTimeoutError, "attempt", 6),
        (6, Timeout(total=10, attempt=6), RequestTimeoutError, "attempt", 6),
        (11, Timeout(total=10, attempt=None), DeadlineExceededError, "total", 10),
        (10, Timeout(total=10, attempt=None), DeadlineExceededError, "total", 10),
        (11, Timeout(total=10, attempt=30), DeadlineExceededError, "total", 10),
        (1000, Timeout(total=None, attempt=None), None, None, 1000),
    ],
)
async def test_a_slow_answer_is_limited_by_the_timeout_of_the_call(
    delay: float, limits: Timeout, kind: type[RequestTimeoutError] | None, limit: str | None, ends: float
) -> None:
    clock = VirtualClock()
    client = client_on(MemoryTransport([Reply(json=1, delay=delay)]), clock=clock, timeout=limits, retry=None)
    call = client.request("GET", "/things")
    if kind is None:
        assert await call == 1
    else:
        error = await failure_of(call, kind)
        assert (error.limit, error.sent) == (limit, True)
    assert clock.monotonic() == ends


async def test_the_total_spans_the_attempts_and_the_waits() -> None:
    clock = VirtualClock()
    transport = MemoryTransport(lambda request: Reply(json=1, delay=60))
    client = client_on(transport, clock=clock, timeout=Timeout(total=50, attempt=20), retry=Retry(attempts=9))
    await failure_of(client.request("GET", "/things"), DeadlineExceededError)
    assert clock.monotonic() == pytest.approx(50)
    assert len(transport.sent) == 3


async def test_after_the_deadline_nothing_is_sent() -> None:
    clock = VirtualClock()

    async def dawdle(request: Request, call_next: Handler) -> Response:
        await clock.sleep(11)
        return await call_next(request)

    transport = MemoryTransport([Reply(json=1)])
    client = client_on(transport, clock=clock, timeout=10, attempt_middleware=[dawdle])
    error = await failure_of(client.request("GET", "/things"), DeadlineExceededError)
    assert (error.sent, transport.sent) == (False, [])


async def test_a_call_cancelled_while_it_waits_leaves_nothing() -> None:
    clock = VirtualClock(auto=False)
    client = client_on(MemoryTransport([Reply(json=1, delay=5), Reply(json=2)]), clock=clock)
    call = asyncio.create_task(client.request("GET", "/things"))
    await clock.advance(1)
    call.cancel()
    await asyncio.wait([call])
    assert call.cancelled()
    assert await client.request("GET", "/things") == 2


async def test_only_the_owner_closes_the_transport() -> None:
    transport = MemoryTransport([Reply(json=1)])
    async with client_on(transport) as client:
        await client.request("GET", "/things")
    assert not transport.is_closed
    await transport.aclose()
    assert transport.is_closed
