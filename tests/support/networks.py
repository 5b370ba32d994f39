"""A server that counts its effects, calls of every type, and their permitted outcomes over a faulty network."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from asdk import AsdkError, BaseClient, StatusError
from asdk.testing import Fault
from tests.support.failures import assert_clean
from tests.support.loop_delay import LoopDelay
from tests.support.servers import SLACK, RawExchange

_KEY = re.compile(rb"(?mi)^idempotency-key: *(\S+)").search


class EffectCounter:
    """A behavior that answers equal requests alike and counts effects. A POST with an idempotency key acts once.

    Attributes:
        effects: how often the server acted, by method and target.
        keys: the received idempotency keys, by target.
        requests: the number of requests.
    """

    def __init__(self) -> None:
        self.effects: Counter[tuple[str, str]] = Counter()
        self.keys: dict[str, set[bytes]] = {}
        self.requests = 0

    async def __call__(self, exchange: RawExchange) -> None:
        self.requests += 1
        method, body = exchange.head.split(b" ", 1)[0].decode(), await exchange.read_body()
        key = _KEY(exchange.head)
        known = self.keys.setdefault(exchange.target, set())
        if key is None or key[1] not in known:
            self.effects[method, exchange.target] += 1
        if key is not None:
            known.add(key[1])
        await exchange.answer(answer_to(method, exchange.target, body))


def answer_to(method: str, target: str, body: bytes) -> bytes:
    """Return the only correct response to a request."""
    mark = hashlib.sha256(b"%b %b %b" % (method.encode(), target.encode(), body)).hexdigest()
    return f'{{"method": "{method}", "target": "{target}", "mark": "{mark}", "fill": "{mark * 8}"}}'.encode()


@attrs.frozen
class CallType:
    """A type of call."""

    method: str
    key: bool = False
    body: bytes | None = None

    @property
    def repeatable(self) -> bool:
        return self.method != "POST" or self.key

    def __str__(self) -> str:
        return f"{self.method}{' with key' if self.key else ''}"


CALL_TYPES = [
    CallType("GET"),
    CallType("PUT", body=b"put"),
    CallType("DELETE"),
    CallType("POST", key=True, body=b"p"),
    CallType("POST", body=b"q"),
]

#: Faults before the request is processed, after which a POST without a key may be retried.
NEVER_SENT = frozenset({Fault.REFUSED, Fault.TLS_FAILURE, Fault.STATUS_429})


async def outcome_of(client: BaseClient, call_type: CallType, target: str) -> bytes | AsdkError:
    """Return the correct body, or a clean error of asdk; fail the test on anything else."""
    key = True if call_type.key else None
    try:
        request = client.build_request(call_type.method, target, content=call_type.body, idempotency_key=key)
        response = await client.send(request)
        if response.is_success:
            assert response.content == answer_to(call_type.method, target, call_type.body or b""), "a wrong body"
            return response.content
        # `send` returns a bad status as data; `request` would raise this error.
        error: AsdkError = StatusError(f"{response.status}", status=response.status, attempts=response.attempts)
    except AsdkError as caught:
        error = caught
    assert_clean(error)
    assert error.attempts >= 1
    return error


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """Check that the block takes at most its time and the slack, not counting delays of the event loop."""
    began, lag = time.monotonic(), LoopDelay()
    try:
        yield
    finally:
        late = lag.stop()
    assert time.monotonic() - began - late <= seconds + SLACK, "too late"


def may_succeed(call_type: CallType, fault: Fault) -> bool:
    """Return whether a second attempt is made after this fault."""
    return call_type.repeatable or fault in NEVER_SENT
