"""Walks of a client: over a real connection that breaks, with a tenant, and never to another origin."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
import weakref
from contextlib import aclosing
from urllib.parse import parse_qs, urlsplit

import pytest

from asdk import (
    BaseClient,
    BearerToken,
    NotFoundError,
    PaginationError,
    Retry,
    ServerError,
    Tenant,
    TenantHeaders,
    model,
    tenant_scope,
)
from asdk.http.request import Request
from asdk.pagination import LinkHeader, Offset, PageNumbers, PageToken
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.failures import failure_of
from tests.support.servers import QUICK, RawServer, Visit, client_of

BASE = "https://api.example.org/v1"
SIZE = 3
NUMBERS = PageNumbers(items="items", total="total")


@model
class Row:
    id: int


def rows(start: int, size: int = SIZE) -> list[dict[str, int]]:
    return [{"id": number} for number in range(start, start + size)]


class Collection:
    """Serves ``pages`` pages; what happens to the n-th request is scripted by ``faults``."""

    def __init__(self, pages: int, faults: dict[int, str] | None = None, *, stall_from: int | None = None) -> None:
        self.pages = pages
        self.faults = faults or {}
        self.stall_from = stall_from
        self.served: list[int] = []

    async def __call__(self, visit: Visit) -> None:
        number = int(re.findall(r"page=(\d+)", visit.target)[0])
        fault = self.faults.get(visit.number)
        if fault == "drop":
            visit.reset()
        elif fault == "cut":
            await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            visit.writer.close()
        elif fault is not None:
            await visit.answer(status=int(fault), headers="Retry-After: 0\r\n")
        elif self.stall_from is not None and number >= self.stall_from:
            await visit.until_gone()
        else:
            self.served.append(number)
            items = rows((number - 1) * SIZE) if number <= self.pages else []
            await visit.answer(json.dumps({"items": items, "total": self.pages * SIZE}).encode())


@pytest.mark.parametrize("ahead", [0, 8])
async def test_a_hundred_pages_with_faults_in_the_middle_give_all_rows_once_and_in_order(ahead: int) -> None:
    faults = {30: "429", 31: "429", 50: "503", 52: "drop", 60: "cut", 61: "503", 99: "drop"}
    collection = Collection(100, faults)
    with RawServer(collection) as server:
        async with client_of(server, retry=Retry(attempts=4, base_delay=0.001)) as client:
            walk = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=ahead)
            assert [row.id async for row in walk] == list(range(300))
    assert sorted(collection.served) == list(range(1, 101))
    assert len(server.heads) == 107
    assert server.most <= max(1, ahead) + 1


async def test_a_page_that_stays_broken_raises_and_the_walk_can_go_on_later() -> None:
    collection = Collection(10, {5: "503", 6: "503", 7: "503"})
    with RawServer(collection) as server:
        async with client_of(server, retry=QUICK) as client:
            walk = client.paginate("/rows", model=Row, strategy=NUMBERS)
            await failure_of(walk.collect(), ServerError)
            rest = await walk.resume(walk.cursor).collect()
            assert [row.id for row in rest] == list(range(12, 30))


@pytest.mark.parametrize("way", ["break", "cancel"])
async def test_leaving_a_walk_early_frees_its_connections_at_once(way: str) -> None:
    with RawServer(Collection(100, stall_from=2)) as server:
        async with client_of(server, connections=4) as client:
            walk = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=4)
            if way == "break":
                async for _ in walk:
                    await server.until(lambda: len(server.heads) == 5)
                    break
            else:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await walk.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # the turns in which the loop closes what was left
            await server.until(lambda: server.open <= 1)
            assert await client.request("GET", "/rows", params={"page": 1}, timeout=1) is not None


@pytest.mark.parametrize("ahead", [0, 3])
async def test_a_client_that_is_forgotten_after_a_walk_that_failed_is_gone_at_once(ahead: int) -> None:
    gc.collect()
    gc.disable()
    try:
        replies = [Reply(json={"items": rows(0)}), *[Reply(404)] * 9]
        client = BaseClient(base_url=BASE, transport=MemoryTransport(replies))
        gone = weakref.ref(client)
        walk = client.paginate("/rows", model=Row, strategy=PageNumbers(), prefetch=ahead)
        with contextlib.suppress(NotFoundError):
            await walk.collect()
        await asyncio.sleep(0)
        del client, walk
        assert gone() is None
    finally:
        gc.enable()


# --- time, without waiting ------------------------------------------------------------------------------------------


class Service:
    """Answers after 50 ms, by pages, tokens or offsets; sizes are cut to ``limit``."""

    def __init__(self, count: int, limit: int = 100) -> None:
        self.count = count
        self.limit = limit
        self.tenants: set[str | None] = set()
        self.running = self.most = 0

    def __call__(self, request: Request) -> Reply:
        self.tenants.add(request.headers.get("X-Tenant"))
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        size = min(self.limit, int(query.get("limit", 10)))
        start = int(query.get("offset", query.get("page_token", (int(query.get("page", 1)) - 1) * size)))
        items = rows(start, max(0, min(size, self.count - start)))
        body = {"items": items, "total": self.count}
        if "page" not in query and "offset" not in query and start + size < self.count:
            body["next_page_token"] = str(start + size)
        return Reply(json=body, delay=0.05)


class Client(BaseClient):
    tenant_headers = TenantHeaders(tenant="X-Tenant")


async def seconds_for(ahead: int, strategy: PageNumbers | Offset) -> float:
    clock = VirtualClock()
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(1000)), clock=clock)
    found = await client.paginate("/rows", model=Row, strategy=strategy, prefetch=ahead).collect()
    assert [row.id for row in found] == list(range(1000))
    return clock.monotonic()


@pytest.mark.parametrize("strategy", [NUMBERS, Offset(), Offset(total=None)])
async def test_eight_pages_ahead_are_six_times_as_fast(strategy: PageNumbers | Offset) -> None:
    assert await seconds_for(0, strategy) >= 6 * await seconds_for(8, strategy)


async def test_where_pages_name_the_next_work_and_wait_overlap() -> None:
    clock = VirtualClock()
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(100)), clock=clock)
    async with aclosing(client.paginate("/rows", strategy=PageToken(), prefetch=1).pages()) as pages:
        async for _ in pages:
            await clock.sleep(0.05)
    assert clock.monotonic() == pytest.approx(0.05 * 11)


@pytest.mark.parametrize("strategy", [NUMBERS, Offset(), PageToken()])
@pytest.mark.parametrize("ahead", [0, 3])
async def test_a_page_size_that_the_server_cuts_loses_no_rows(
    strategy: PageNumbers | Offset | PageToken, ahead: int
) -> None:
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(47, limit=7)), clock=VirtualClock())
    walk = client.paginate("/rows", params={"limit": 20}, model=Row, strategy=strategy, prefetch=ahead)
    assert [row.id async for row in walk] == list(range(47))


# --- whose walk it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [0, 3])
async def test_the_tenant_is_fixed_when_the_paginator_is_made(ahead: int) -> None:
    service = Service(100)
    client = Client(base_url=BASE, transport=MemoryTransport(service), clock=VirtualClock())
    with tenant_scope(Tenant("mine")):
        walk = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=ahead)
    with tenant_scope(Tenant("other")):
        assert len(await walk.collect()) == 100
        assert len(await walk.resume(walk.cursor).collect()) == 0
    assert service.tenants == {"mine"}


async def test_a_cursor_of_one_tenant_is_none_of_another() -> None:
    client = Client(base_url=BASE, transport=MemoryTransport(Service(100)), clock=VirtualClock())
    cursor = client.paginate("/rows", strategy=NUMBERS, tenant=Tenant("mine")).cursor
    for other in (
        client.paginate("/rows", strategy=NUMBERS),
        client.paginate("/rows", strategy=NUMBERS, tenant=Tenant("yours")),
        client.paginate("/rows", strategy=NUMBERS, tenant=Tenant("mine"), params={"search": "x"}),
        client.paginate("/{what}", strategy=NUMBERS, tenant=Tenant("mine"), path_params={"what": "rows2"}),
    ):
        with pytest.raises(ValueError, match="another collection"):
            other.resume(cursor)
    same = client.with_options(tenant=Tenant("mine")).paginate("/rows", strategy=NUMBERS)
    assert len(await same.resume(cursor).collect()) == 100


# --- links ----------------------------------------------------------------------------------------------------------


def linked(*links: str | None) -> MemoryTransport:
    """A page of one row for each of these ``Link`` headers."""
    return MemoryTransport(
        [Reply(json=rows(number, 1), headers={"Link": link} if link else {}) for number, link in enumerate(links)]
    )


async def test_links_are_followed_with_all_that_belongs_to_the_call() -> None:
    server = linked(
        '<?after=1>; rel="next"', f'<{BASE}/rows?after=2&q=%20>; rel="last", </v1/rows?after=2>; rel=next', None
    )
    async with Client(base_url=BASE, auth=BearerToken("t"), transport=server, tenant=Tenant("mine")) as client:
        strategy = LinkHeader()
        walk = client.paginate(
            "/rows", params={"q": "a"}, model=Row, strategy=strategy, headers={"X-A": "b"}, prefetch=1
        )
        assert [row.id async for row in walk] == [0, 1, 2]
    assert [sent.url for sent in server.sent] == [f"{BASE}/rows?q=a", f"{BASE}/rows?after=1", f"{BASE}/rows?after=2"]
    assert {sent.template for sent in server.sent} == {"/rows"}
    for sent in server.sent:
        assert (sent.headers["X-Tenant"], sent.headers["X-A"]) == ("mine", "b")
        assert "Authorization" in sent.headers


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("<https://evil.example.org/rows>; rel=next", "evil.example.org is not https://api.example.org"),
        ("<//evil.example.org/rows>; rel=next", "evil.example.org is not"),
        ("<http://api.example.org/v1/rows?after=1>; rel=next", "http://api.example.org is not"),
        ("<?after=1>; rel=next, <?after", "cannot be read"),
    ],
)
async def test_a_link_to_elsewhere_is_a_typed_error_and_nothing_is_sent_there(link: str, problem: str) -> None:
    server = linked(link)
    client = BaseClient(base_url=BASE, transport=server)
    error = await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)
    assert problem in str(error)
    assert error.template == "/rows"
    assert len(server.sent) == 1


async def test_a_link_that_comes_twice_is_a_typed_error() -> None:
    server = linked(*['<?after=1>; rel="next"'] * 2)
    client = BaseClient(base_url=BASE, transport=server)
    error = await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)
    assert "a second time" in str(error)
    assert "after" not in str(error), "what a link carries stays out of messages"


async def test_a_forged_cursor_leads_nowhere_else() -> None:
    server = linked(None)
    client = BaseClient(base_url=BASE, transport=server)
    walk = client.paginate("/rows", strategy=LinkHeader())

    class Evil(LinkHeader):
        def first(self, params: object) -> str:
            return "https://evil.example.org/rows"

    forged = client.paginate("/rows", strategy=Evil()).cursor
    error = await failure_of(walk.resume(forged).collect(), PaginationError)
    assert "evil.example.org is not https://api.example.org" in str(error)
    assert server.sent == []
