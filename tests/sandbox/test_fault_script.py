import random

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, FaultRule, ServerFault

pytestmark = pytest.mark.anyio
BUSY = ServerFault.status(503)


async def statuses(session: aiohttp.ClientSession, count: int, path: str = "/health", method: str = "GET") -> list[int]:
    seen: list[int] = []
    for _ in range(count):
        async with session.request(method, path) as reply:
            seen.append(reply.status)
    return seen


def strikes(rule: FaultRule, count: int) -> list[bool]:
    return [rule.strikes() for _ in range(count)]


async def test_a_rule_applies_a_limited_number_of_times(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    rule = edgequake.faults.add(BUSY, times=2)
    assert await statuses(anonymous, 4) == [503, 503, 200, 200]
    assert (rule.matched, rule.met) == (4, 2)
    assert edgequake.faults.rules == (rule,)


def test_the_first_matching_requests_can_pass() -> None:
    assert strikes(FaultRule(BUSY, after=2), 4) == [False, False, True, True]


def test_a_rule_can_apply_to_every_nth_request() -> None:
    assert strikes(FaultRule(BUSY, every=3), 7) == [False, False, True, False, False, True, False]


def test_after_every_and_times_work_together() -> None:
    assert strikes(FaultRule(BUSY, after=1, every=2, times=1), 6) == [False, False, True, False, False, False]


async def test_chance_is_drawn_by_the_seed(edgequake: EdgeQuakeServer) -> None:
    def draw(seed: int) -> list[bool]:
        return strikes(edgequake.faults.add(BUSY, probability=0.3, seed=seed), 1000)

    assert draw(1) == draw(1) != draw(2)
    coin = random.Random(1)
    assert draw(1) == [coin.random() < 0.3 for _ in range(1000)]


async def test_a_rule_matches_by_method_and_route(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    edgequake.faults.add(BUSY, method="get", path="/api/v1/documents/{anything}")
    assert await statuses(admin, 1, "/api/v1/documents/abc") == [503]
    assert await statuses(admin, 1, "/api/v1/documents/abc", "DELETE") == [404]
    assert await statuses(admin, 1, "/api/v1/documents") == [200]


async def test_a_star_matches_many_routes(edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession) -> None:
    edgequake.faults.add(BUSY, path="/api/v1/documents*")
    assert await statuses(admin, 1, "/api/v1/documents") == [503]
    assert await statuses(admin, 1, "/api/v1/documents/track/abc") == [503]
    assert await statuses(admin, 1, "/api/v1/users") == [200]


async def test_rules_can_be_taken_out_one_by_one_and_all(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    first, second = edgequake.faults.add(BUSY), edgequake.faults.add(ServerFault.status(500))
    assert await statuses(anonymous, 1) == [503]
    edgequake.faults.remove(first)
    assert await statuses(anonymous, 1) == [500]
    edgequake.faults.clear()
    assert await statuses(anonymous, 1) == [200]
    assert (first.met, second.met) == (1, 1)


async def test_a_request_that_ends_at_one_fault_does_not_count_for_the_next(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(BUSY, times=1)
    edgequake.faults.add(ServerFault.stall(0), times=1)
    later = edgequake.faults.add(ServerFault.status(500), times=1)
    assert await statuses(anonymous, 4) == [503, 200, 500, 200]
    assert later.met == 1
    assert [record.faults for record in edgequake.counters.recent] == [("status",), ("stall",), ("status",), ()]


async def test_a_delay_gives_later_faults_their_turn(
    edgequake: EdgeQuakeServer, anonymous: aiohttp.ClientSession
) -> None:
    edgequake.faults.add(ServerFault.delay(0.01))
    edgequake.faults.add(BUSY)
    assert await statuses(anonymous, 1) == [503]
    assert edgequake.counters.recent[0].faults == ("delay", "status")


async def test_nonsense_is_refused(edgequake: EdgeQuakeServer) -> None:
    with pytest.raises(ValueError, match="every"):
        edgequake.faults.add(BUSY, every=0)
    with pytest.raises(ValueError, match="probability"):
        edgequake.faults.add(BUSY, probability=1.5)
