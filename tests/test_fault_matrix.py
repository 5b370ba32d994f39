"""Every type of call with every fault: the correct result or one typed error, in time.

The log of the faults proves that each one occurred.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator

import pytest
import trustme

from asdk import (
    AsdkError,
    BaseClient,
    ConnectError,
    DeadlineExceededError,
    ProtocolError,
    RequestTimeoutError,
    Retry,
    StatusError,
    Timeout,
    TLSError,
)
from asdk.testing import Fault, FaultPlan, FaultProxy
from asdk.testing.faults import AFTER_THE_ACT, SILENT
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.networks import CALL_TYPES, CallType, EffectCounter, in_time, may_succeed, outcome_of
from tests.support.servers import RawServer
from tests.transports.test_tls import client_tls, server_tls

# Short only where a silence must time out; a busy machine needs more elsewhere.
LIMITS = {True: Timeout(total=1.5, attempt=0.2), False: Timeout(total=1.5, attempt=1)}
QUICK = Retry(base_delay=0.02)

WIRE_FAULTS = [fault for fault in Fault if fault is not Fault.TLS_FAILURE]


@pytest.fixture(scope="module")
def counter() -> EffectCounter:
    return EffectCounter()


@pytest.fixture(scope="module")
def server(counter: EffectCounter) -> Iterator[RawServer]:
    with RawServer(counter) as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def error_of(fault: Fault) -> type[AsdkError]:
    if fault in SILENT:
        return RequestTimeoutError
    if fault.status is not None:
        return StatusError
    return {Fault.REFUSED: ConnectError, Fault.TLS_FAILURE: TLSError}.get(fault, ProtocolError)


@pytest.mark.parametrize("call_type", CALL_TYPES, ids=str)
@pytest.mark.parametrize("fault", WIRE_FAULTS, ids=str)
async def test_a_fault_is_recovered_or_reported(
    server: RawServer, counter: EffectCounter, call_type: CallType, fault: Fault
) -> None:
    target = f"/{fault.name}/{call_type}".replace(" ", "-")
    # A stale connection serves one request and is closed when the next one uses it.
    before: list[Fault | None] = [None, None] if fault is Fault.STALE_CONNECTION else [None]
    async with (
        FaultProxy(server.url, FaultPlan([*before, fault]), refused_for=0.02) as proxy,
        BaseClient(base_url=proxy.url, retry=QUICK, timeout=LIMITS[fault in SILENT]) as client,
    ):
        for _ in before:
            await client.request("GET", "/warm")
        async with in_time(1.5):
            outcome = await outcome_of(client, call_type, target)
    assert [met.fault for met in proxy.log] == [fault]
    if fault is Fault.REFUSED and isinstance(outcome, AsdkError):
        # The port was closed during all attempts, or the connection when the POST was sent.
        assert type(outcome) in {ConnectError, ProtocolError}
    elif may_succeed(call_type, fault):
        assert isinstance(outcome, bytes), outcome
    else:
        assert type(outcome) is error_of(fault), outcome
        assert isinstance(outcome, AsdkError)
        assert outcome.attempts == 1
    effects = counter.effects[call_type.method, target]
    if not call_type.repeatable or call_type.key:
        assert effects == (fault in AFTER_THE_ACT or isinstance(outcome, bytes))
    elif isinstance(outcome, bytes):
        assert effects >= 1 + (fault in AFTER_THE_ACT)


@pytest.mark.parametrize(
    "fault", [fault for fault in WIRE_FAULTS if fault not in {Fault.STALE_CONNECTION, Fault.REFUSED}], ids=str
)
async def test_a_permanent_fault_is_reported_in_time(server: RawServer, fault: Fault) -> None:
    limits = Timeout(total=0.3, attempt=0.1 if fault in SILENT else None)
    async with (
        FaultProxy(server.url, FaultPlan(then=fault)) as proxy,
        BaseClient(base_url=proxy.url, retry=QUICK, timeout=limits) as client,
        in_time(0.3),
    ):
        outcomes = await asyncio.gather(
            *(outcome_of(client, call_type, f"/always/{call_type.method}") for call_type in CALL_TYPES)
        )
    assert {met.fault for met in proxy.log} == {fault}
    allowed = {error_of(fault), DeadlineExceededError} | ({RequestTimeoutError} if fault in SILENT else set())
    assert {type(outcome) for outcome in outcomes} <= allowed


@pytest.mark.parametrize("call_type", CALL_TYPES, ids=str)
@pytest.mark.parametrize("fault", [Fault.TLS_FAILURE, Fault.REFUSED, Fault.CLOSED_BEFORE_HEAD], ids=str)
async def test_a_handshake_fault_is_recovered(call_type: CallType, fault: Fault, authority: trustme.CA) -> None:
    counter = EffectCounter()
    with RawServer(counter, tls=server_tls(authority)) as server:
        transport = AiohttpTransport(tls=client_tls(authority))
        async with FaultProxy(server.url, FaultPlan([fault]), refused_for=0.02) as proxy:
            client = BaseClient(base_url=proxy.url, transport=transport, retry=Retry(base_delay=0.1), timeout=2)
            outcome = await outcome_of(client, call_type, "/things")
            await transport.aclose()
        assert [met.fault for met in proxy.log] == [fault]
        assert isinstance(outcome, bytes | ConnectError), outcome
        assert counter.effects[call_type.method, "/things"] == isinstance(outcome, bytes)


async def random_plans(server: RawServer, seeds: range, *, together: int) -> Counter[Fault]:
    """Make five calls per seed over a network with faults drawn from it; return the faults that occurred."""
    met: Counter[Fault] = Counter()
    gate = asyncio.Semaphore(together)

    async def one(seed: int) -> None:
        chance = random.Random(seed)
        async with (
            gate,
            FaultProxy(server.url, FaultPlan.seeded(seed, share=0.5), refused_for=0.01, pace=0.02) as proxy,
            BaseClient(base_url=proxy.url, retry=Retry(base_delay=0.01), timeout=Timeout(0.5, 0.1)) as client,
        ):

            async def call(number: int) -> None:
                call_type = chance.choice(CALL_TYPES)
                async with in_time(0.5):
                    await outcome_of(client, call_type, f"/{seed}/{number}")

            for number in range(5):  # sequential calls reuse a connection, which may be stale
                await call(number)
        met.update(injected.fault for injected in proxy.log)

    await asyncio.gather(*(one(seed) for seed in seeds))
    return met


async def test_random_plans_give_correct_results_or_typed_errors(server: RawServer) -> None:
    before = asyncio.all_tasks()
    met: set[Fault] = set()
    for first in (0, 60, 120):  # on a busy machine calls time out before many faults occur
        met |= set(await random_plans(server, range(first, first + 60), together=10))
        if met == set(WIRE_FAULTS):
            break
    # A stale connection needs one that is still idle when the next call begins, which a busy machine may never have.
    assert met >= set(WIRE_FAULTS) - {Fault.STALE_CONNECTION}
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before
