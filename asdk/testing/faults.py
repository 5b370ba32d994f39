"""Injected faults: failures between a client and a server, in an order that a seed reproduces.

`FaultyTransport` injects them above the network, around any transport; `FaultProxy` (``asdk.testing.fault_proxy``) on
the wire, in front of any server. Both take a `FaultPlan` and log the faults that were injected.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from enum import Enum
from itertools import chain, repeat
from urllib.parse import urlsplit

import attrs

from asdk.errors import (
    ConnectError,
    DeadlineExceededError,
    ProtocolError,
    RequestTimeoutError,
    TLSError,
    TransportError,
)
from asdk.http.request import Request
from asdk.http.response import ByteStream, Response
from asdk.transports.base import Transport


class Fault(Enum):
    """A failure of one request. ``LOST_REPLY`` and those after it happen after the server has acted."""

    REFUSED = "refused"
    TLS_FAILURE = "TLS failure"
    STALE_CONNECTION = "stale kept-alive connection"
    RESET_BEFORE_HEAD = "reset before the head"
    CLOSED_BEFORE_HEAD = "closed before the head"
    BLACK_HOLE = "black hole"
    STATUS_408 = "408"
    STATUS_429 = "429"
    STATUS_500 = "500"
    STATUS_502 = "502"
    STATUS_503 = "503"
    STATUS_504 = "504"
    LOST_REPLY = "lost reply"
    GARBAGE_STATUS_LINE = "garbage status line"
    SLOW_HEAD = "slow head"
    RESET_AFTER_HEAD = "reset after the head"
    RESET_IN_BODY = "reset in the body"
    CLOSED_IN_BODY = "closed in the body"
    STALL = "stall"
    BAD_CHUNK = "bad chunk"
    WRONG_LENGTH = "wrong length"

    def __str__(self) -> str:
        return self.value

    @property
    def status(self) -> int | None:
        """Return the status that is returned instead of the server's, if the fault is one."""
        return int(self.value) if self.name.startswith("STATUS_") else None


#: The server acts, and its reply fails.
AFTER_THE_ACT = frozenset(list(Fault)[list(Fault).index(Fault.LOST_REPLY) :])

#: Nothing arrives, or too slowly: only a timeout ends it.
SILENT = frozenset({Fault.BLACK_HOLE, Fault.SLOW_HEAD, Fault.STALL})

#: The head arrives complete, and then the body fails.
IN_THE_BODY = frozenset(
    {
        Fault.RESET_AFTER_HEAD,
        Fault.RESET_IN_BODY,
        Fault.CLOSED_IN_BODY,
        Fault.STALL,
        Fault.BAD_CHUNK,
        Fault.WRONG_LENGTH,
    }
)


@attrs.frozen
class Injected:
    """A fault that was injected into a request."""

    fault: Fault
    method: str
    target: str


class FaultPlan:
    """The fault of each request, in the order of the requests.

    Args:
        faults: one per request; None for no fault.
        then: the fault of every later request.
    """

    def __init__(self, faults: Iterable[Fault | None] = (), *, then: Fault | None = None) -> None:
        self._faults: Iterator[Fault | None] = chain(faults, repeat(then))
        self._held: list[Fault | None] = []

    @classmethod
    def seeded(cls, seed: int, *, share: float = 0.3, faults: Collection[Fault] = tuple(Fault)) -> FaultPlan:
        """Return an endless plan; the same seed gives the same faults.

        Args:
            seed: of the random numbers.
            share: the fraction of requests with a fault, from 0 to 1.
            faults: the faults to choose from.
        """
        chance, kinds = random.Random(seed), sorted(faults, key=lambda fault: fault.value)
        plan = cls()
        plan._faults = iter(lambda: chance.choice(kinds) if chance.random() < share else None, object())
        return plan

    def take(self, among: Collection[Fault] = frozenset(Fault)) -> Fault | None:
        """Return the fault of the next request, skipping faults that are not among these."""
        fault = self.peek(among)
        self._held.clear()
        return fault

    def peek(self, among: Collection[Fault] = frozenset(Fault)) -> Fault | None:
        """Return what `take` would return now."""
        while not self._held or not (self._held[0] is None or self._held[0] in among):
            self._held = [next(self._faults)]
        return self._held[0]


class FaultyTransport:
    """A `Transport` that wraps another one and injects faults into requests.

    Time is measured by the request's clock: with `MemoryTransport` and a `VirtualClock`, nothing really waits.

    Args:
        transport: sends requests without a fault, and those that take effect before their reply fails.
        plan: the order of the faults.
        headers: header fields of injected statuses, such as ``{"Retry-After": "1"}``.

    Attributes:
        log: the injected faults.
    """

    def __init__(self, transport: Transport, plan: FaultPlan, *, headers: Mapping[str, str] | None = None) -> None:
        self.log: list[Injected] = []
        self._transport = transport
        self._plan = plan
        self._headers = dict(headers or {})

    async def send(self, request: Request) -> Response:
        """Send the request, or fail as the plan says."""
        fault = self._plan.take()
        if fault is None:
            return await self._transport.send(request)
        parts = urlsplit(request.url)
        self.log.append(Injected(fault, request.method, f"{parts.path}?{parts.query}" if parts.query else parts.path))
        if fault.status is not None:
            return Response(fault.status, self._headers, request=request)
        if fault in AFTER_THE_ACT:
            response = await self._transport.send(request)
            if request.stream and fault in IN_THE_BODY:
                stream = _BrokenStream(response, fault)
                return Response(response.status, response.headers, request=request, stream=stream)
            await response.aclose()
        raise await _end(fault, request)

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self._transport.aclose()


class _BrokenStream(ByteStream):
    """A body that fails after its first piece."""

    def __init__(self, response: Response, fault: Fault) -> None:
        self._response = response
        self._fault = fault

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._fault is not Fault.RESET_AFTER_HEAD:
            async for chunk in self._response.iter_bytes():
                yield chunk[: max(1, len(chunk) // 2)]
                break
        raise await _end(self._fault, self._response.request)

    async def aclose(self) -> None:
        await self._response.aclose()


async def _end(fault: Fault, request: Request) -> TransportError:
    """Return the error that a transport raises for a fault, after the time it takes."""
    error = await _error_of(fault, request)
    error.method, error.template, error.attempts = request.method, request.template, request.state.attempts
    return error


async def _error_of(fault: Fault, request: Request) -> TransportError:
    if fault is Fault.REFUSED:
        return ConnectError(f"no connection (injected: {fault.value})")
    if fault is Fault.TLS_FAILURE:
        return TLSError(f"the TLS handshake failed (injected: {fault.value})")
    if fault not in SILENT:
        return ProtocolError(f"the response is not complete (injected: {fault.value})")
    in_stream = request.stream and fault is Fault.STALL
    timeout, left = request.options.timeout, None if in_stream else request.remaining()
    limit = timeout.idle if in_stream else timeout.attempt
    if left is not None and (limit is None or left <= limit):
        await request.clock.sleep(max(0.0, left))
        return DeadlineExceededError(f"the call took longer than its total (injected: {fault.value})")
    await request.clock.sleep(_ENDLESS if limit is None else limit)
    return RequestTimeoutError(f"nothing came (injected: {fault.value})", limit="idle" if in_stream else "attempt")


# Seconds of silence if no timeout ends it: an hour, longer than any test runs.
_ENDLESS = 3600.0
