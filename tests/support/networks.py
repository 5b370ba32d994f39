"""A server that counts what it did, calls of every kind, and what they may come to over a bad network."""

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
from tests.support.lag import Lag
from tests.support.servers import SLACK, Visit

_KEY = re.compile(rb"(?mi)^idempotency-key: *(\S+)").search


class Ledger:
    """Says the same to the same request, and remembers each effect. A POST with a key has one, however often it comes.

    Attributes:
        effects: how often the server acted, by method and target.
        keys: the idempotency keys that came, by target.
    """

    def __init__(self) -> None:
        self.effects: Counter[tuple[str, str]] = Counter()
        self.keys: dict[str, set[bytes]] = {}
        self.requests = 0

    async def __call__(self, visit: Visit) -> None:
        self.requests += 1
        method, body = visit.head.split(b" ", 1)[0].decode(), await visit.read_body()
        key = _KEY(visit.head)
        known = self.keys.setdefault(visit.target, set())
        if key is None or key[1] not in known:
            self.effects[method, visit.target] += 1
        if key is not None:
            known.add(key[1])
        await visit.answer(answer_to(method, visit.target, body))


def answer_to(method: str, target: str, body: bytes) -> bytes:
    """What the server says: nothing else is a right answer to this request."""
    mark = hashlib.sha256(b"%b %b %b" % (method.encode(), target.encode(), body)).hexdigest()
    return f'{{"method": "{method}", "target": "{target}", "mark": "{mark}", "fill": "{mark * 8}"}}'.encode()


@attrs.frozen
class Kind:
    """A kind of call."""

    method: str
    key: bool = False
    body: bytes | None = None

    @property
    def repeatable(self) -> bool:
        return self.method != "POST" or self.key

    def __str__(self) -> str:
        return f"{self.method}{' with key' if self.key else ''}"


KINDS = [
    Kind("GET"),
    Kind("PUT", body=b"put"),
    Kind("DELETE"),
    Kind("POST", key=True, body=b"p"),
    Kind("POST", body=b"q"),
]

#: What surely was not processed, so that a POST without key may be repeated.
NEVER_SENT = frozenset({Fault.REFUSED, Fault.TLS_FAILURE, Fault.STATUS_429})


async def outcome_of(client: BaseClient, kind: Kind, target: str) -> bytes | AsdkError:
    """The right body, or one error of ours that is clean; anything else fails the test."""
    key = True if kind.key else None
    try:
        request = client.build_request(kind.method, target, content=kind.body, idempotency_key=key)
        response = await client.send(request)
        if response.is_success:
            assert response.content == answer_to(kind.method, target, kind.body or b""), "a wrong body"
            return response.content
        # A status is data for `send`: `request` would make this error of it.
        error: AsdkError = StatusError(f"{response.status}", status=response.status, attempts=response.attempts)
    except AsdkError as caught:
        error = caught
    assert_clean(error)
    assert error.attempts >= 1
    return error


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """The block ends within its time and the slack. What a busy machine kept the event loop waiting is not counted."""
    began, lag = time.monotonic(), Lag()
    try:
        yield
    finally:
        late = lag.stop()
    assert time.monotonic() - began - late <= seconds + SLACK, "too late"


def may_succeed(kind: Kind, fault: Fault) -> bool:
    """Whether a second attempt is made after this fault."""
    return kind.repeatable or fault in NEVER_SENT
