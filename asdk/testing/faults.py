"""Faults on purpose: what may go wrong between a client and a server, in an order that a seed repeats.

`FaultyTransport` injects them above the network, around any transport; `FaultProxy` (``asdk.testing.fault_proxy``) on
the wire, in front of any server. Both take a `FaultPlan` and keep a log of what was really met.
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
    """What goes wrong with one request. ``LOST_REPLY`` and those after it come when the server has acted."""

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
        """The status that is answered in the server's place, if that is the fault."""
        return int(self.value) if self.name.startswith("STATUS_") else None


#: The server acts, and its reply goes wrong.
AFTER_THE_ACT = frozenset(list(Fault)[list(Fault).index(Fault.LOST_REPLY) :])

#: Nothing comes, or too slowly: only a time limit ends it.
SILENT = frozenset({Fault.BLACK_HOLE, Fault.SLOW_HEAD, Fault.STALL})

#: The head comes whole, and then the body goes wrong.
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
    """A fault that a request met."""

    fault: Fault
    method: str
    target: str


class FaultPlan:
    """Which fault each request meets, in the order in which they come.

    Args:
        faults: one a request, None for none.
        then: what every request after those meets.
    """

    def __init__(self, faults: Iterable[Fault | None] = (), *, then: Fault | None = None) -> None:
        self._faults: Iterator[Fault | None] = chain(faults, repeat(then))
        self._held: list[Fault | None] = []

    @classmethod
    def seeded(cls, seed: int, *, share: float = 0.3, faults: Collection[Fault] = tuple(Fault)) -> FaultPlan:
        """Faults without end; the same seed makes the same ones.

        Args:
            seed: for the draw.
            share: of the requests that meet one, from 0 to 1.
            faults: those to draw from.
        """
        chance, kinds = random.Random(seed), sorted(faults, key=lambda fault: fault.value)
        plan = cls()
        plan._faults = iter(lambda: chance.choice(kinds) if chance.random() < share else None, object())
        return plan

    def take(self, among: Collection[Fault] = frozenset(Fault)) -> Fault | None:
        """The fault for the next request; those that are not among these cannot be met, and are left out."""
        fault = self.peek(among)
        self._held.clear()
        return fault

    def peek(self, among: Collection[Fault] = frozenset(Fault)) -> Fault | None:
        """What `take` would give now."""
        while not self._held or not (self._held[0] is None or self._held[0] in among):
            self._held = [next(self._faults)]
        return self._held[0]


class FaultyTransport:
    """A `Transport` around another one, on the way to which a request may meet a fault.

    Time goes by the clock of the request: with `MemoryTransport` inside and a `VirtualClock`, nothing really waits.

    Args:
        transport: sends what meets no fault, and what has its effect before the reply goes wrong.
        plan: which fault comes when.
        headers: of the statuses that are answered in the server's place, such as ``{"Retry-After": "1"}``.

    Attributes:
        log: each fault that was met.
    """

    def __init__(self, transport: Transport, plan: FaultPlan, *, headers: Mapping[str, str] | None = None) -> None:
        self.log: list[Injected] = []
        self._transport = transport
        self._plan = plan
        self._headers = dict(headers or {})

    async def send(self, request: Request) -> Response:
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
        await self._transport.aclose()


class _BrokenStream(ByteStream):
    """A body that goes wrong after its first piece."""

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
    """What a transport makes of it, after the time that it takes."""
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
    await request.clock.sleep(_FOR_EVER if limit is None else limit)
    return RequestTimeoutError(f"nothing came (injected: {fault.value})", limit="idle" if in_stream else "attempt")


# Seconds of silence where no limit ends it: an hour, after which a test has other worries.
_FOR_EVER = 3600.0
