"""Iterations of a client: over a connection that breaks, with a tenant, and never to another origin."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from asdk import (
    BaseClient,
    BearerToken,
    InvalidRequestError,
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
from asdk.pagination import Cursor, LinkHeader, Offset, Page, PageCursor, PageNumbers, PageToken
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.failures import failure_of
from tests.support.servers import QUICK, RawExchange, RawServer, client_of

BASE = "https://api.example.org/v1"
SIZE = 3
NUMBERS = PageNumbers(items="items", total="total")


@model
class Row:
    id: int


def rows(start: int, size: int = SIZE) -> list[dict[str, int]]:
    return [{"id": number} for number in range(start, start + size)]


class Collection:
    """A server of ``pages`` pages; ``faults`` maps the number of a request to its fault."""

    def __init__(self, pages: int, faults: dict[int, str] | None = None, *, stall_from: int | None = None) -> None:
        self.pages = pages
        self.faults = faults or {}
        self.stall_from = stall_from
        self.served: list[int] = []

    async def __call__(self, visit: RawExchange) -> None:
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


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_100_pages_with_faults_yield_all_rows_once_and_in_order(prefetch: int) -> None:
    faults = {30: "429", 31: "429", 50: "503", 52: "drop", 60: "cut", 61: "503", 99: "drop"}
    collection = Collection(100, faults)
    with RawServer(collection) as server:
        async with client_of(server, retry=Retry(attempts=4, base_delay=0.001)) as client:
            paginator = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=prefetch)
            assert [row.id async for row in paginator] == list(range(300))
    assert sorted(collection.served) == list(range(1, 101))
    assert len(server.heads) == 107
    assert server.most <= max(1, prefetch) + 1


async def test_a_page_that_keeps_failing_raises_and_can_be_resumed() -> None:
    collection = Collection(10, {5: "503", 6: "503", 7: "503"})
    with RawServer(collection) as server:
        async with client_of(server, retry=QUICK) as client:
            paginator = client.paginate("/rows", model=Row, strategy=NUMBERS)
            await failure_of(paginator.collect(), ServerError)
            rest = await paginator.resume(paginator.cursor).collect()
            assert [row.id for row in rest] == list(range(12, 30))


@pytest.mark.parametrize("way", ["break", "cancel"])
async def test_leaving_an_iteration_early_frees_its_connections(way: str) -> None:
    with RawServer(Collection(100, stall_from=2)) as server:
        async with client_of(server, connections=4) as client:
            paginator = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=4)
            if way == "break":
                async for _ in paginator:
                    await server.until(lambda: len(server.heads) == 5)
                    break
            else:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await paginator.collect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # the iterations in which the event loop closes async generators
            await server.until(lambda: server.open <= 1)
            assert await client.request("GET", "/rows", params={"page": 1}, timeout=1) is not None


@pytest.mark.parametrize("prefetch", [0, 3])
async def test_an_abandoned_client_is_freed_after_a_failed_iteration(prefetch: int) -> None:
    gc.collect()
    gc.disable()
    try:
        replies = [Reply(json={"items": rows(0)}), *[Reply(404)] * 9]
        client = BaseClient(base_url=BASE, transport=MemoryTransport(replies))
        gone = weakref.ref(client)
        paginator = client.paginate("/rows", model=Row, strategy=PageNumbers(), prefetch=prefetch)
        with contextlib.suppress(NotFoundError):
            await paginator.collect()
        await asyncio.sleep(0)
        del client, paginator
        assert gone() is None
    finally:
        gc.enable()


# --- concurrency, in virtual time -----------------------------------------------------------------------------------


class Service:
    """A server that answers after 50 ms, by pages, tokens or offsets; page sizes are limited to ``limit``."""

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


async def seconds_for(prefetch: int, strategy: PageNumbers | Offset) -> float:
    clock = VirtualClock()
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(1000)), clock=clock)
    found = await client.paginate("/rows", model=Row, strategy=strategy, prefetch=prefetch).collect()
    assert [row.id for row in found] == list(range(1000))
    return clock.monotonic()


@pytest.mark.parametrize("strategy", [NUMBERS, Offset(), Offset(total=None)])
async def test_prefetching_eight_pages_is_six_times_as_fast(strategy: PageNumbers | Offset) -> None:
    assert await seconds_for(0, strategy) >= 6 * await seconds_for(8, strategy)


async def test_prefetching_one_page_overlaps_work_and_waiting() -> None:
    clock = VirtualClock()
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(100)), clock=clock)
    async with aclosing(client.paginate("/rows", strategy=PageToken(), prefetch=1).pages()) as pages:
        async for _ in pages:
            await clock.sleep(0.05)
    assert clock.monotonic() == pytest.approx(0.05 * 11)


@pytest.mark.parametrize("strategy", [NUMBERS, Offset(), PageToken()])
@pytest.mark.parametrize("prefetch", [0, 3])
async def test_a_page_size_reduced_by_the_server_loses_no_rows(
    strategy: PageNumbers | Offset | PageToken, prefetch: int
) -> None:
    client = BaseClient(base_url=BASE, transport=MemoryTransport(Service(47, limit=7)), clock=VirtualClock())
    paginator = client.paginate("/rows", params={"limit": 20}, model=Row, strategy=strategy, prefetch=prefetch)
    assert [row.id async for row in paginator] == list(range(47))


# --- the end of a walk ------------------------------------------------------------------------------------------------

WALKS = [NUMBERS, Offset()]


def seven(total: object, *, clamps: bool = False) -> MemoryTransport:
    """Return a server of seven rows by page or offset, which says that there are ``total``."""

    def page(request: Request) -> Reply:
        query = {name: int(values[0]) for name, values in parse_qs(urlsplit(request.url).query).items()}
        start = query.get("offset", (query.get("page", 1) - 1) * SIZE)
        return Reply(json={"items": rows(0, 7)[min(start, 6) if clamps else start :][:SIZE], "total": total})

    return MemoryTransport(page)


@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize("total", [0, -1, -7, 1, 2, 4, 5, 8, 10**30, None, "0", False, 0.0])
@pytest.mark.parametrize("strategy", WALKS)
async def test_a_wrong_total_loses_no_rows(strategy: PageNumbers | Offset, total: object, prefetch: int) -> None:
    client = BaseClient(base_url=BASE, transport=seven(total))
    found = await client.paginate("/rows", model=Row, strategy=strategy, prefetch=prefetch).collect()
    assert [row.id for row in found] == list(range(7))


@pytest.mark.parametrize("strategy", WALKS)
async def test_a_right_total_saves_the_request_after_the_last_page(strategy: PageNumbers | Offset) -> None:
    server = seven(7)
    await BaseClient(base_url=BASE, transport=server).paginate("/rows", strategy=strategy).collect()
    assert len(server.sent) == 3


@pytest.mark.parametrize("strategy", WALKS)
async def test_an_interrupted_walk_with_a_wrong_total_loses_no_rows(strategy: PageNumbers | Offset) -> None:
    paginator = BaseClient(base_url=BASE, transport=seven(0)).paginate("/rows", model=Row, strategy=strategy)
    for count in range(8):
        found = await paginator.collect(limit=count)
        found += await paginator.resume(paginator.cursor).collect()
        assert [row.id for row in found] == list(range(7))


@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize("strategy", [PageNumbers(), NUMBERS, Offset(total=None), Offset(total="all.total")])
@pytest.mark.parametrize("items", [rows(0), rows(0, 1), [1], ["a", "a"], [None]])
async def test_a_server_that_ignores_the_page_is_an_error(
    strategy: PageNumbers | Offset, items: list[object], prefetch: int
) -> None:
    server = MemoryTransport(lambda request: Reply(json={"items": items, "at": len(server.sent), "total": 99}))
    paginator = BaseClient(base_url=BASE, transport=server).paginate("/rows", strategy=strategy, prefetch=prefetch)
    error = await failure_of(paginator.collect(), PaginationError)
    assert error.template == "/rows"
    assert len(server.sent) <= 2 + prefetch


async def test_a_server_that_repeats_its_last_page_is_an_error_after_all_rows() -> None:
    client = BaseClient(base_url=BASE, transport=seven(None, clamps=True))
    paginator = client.paginate("/rows", model=Row, strategy=PageNumbers())
    assert [row.id for row in await paginator.collect(limit=7)] == list(range(7))
    error = await failure_of(paginator.collect(), PaginationError)
    assert "page=4" in error.message


@pytest.mark.parametrize("strategy", [PageNumbers(allow_equal_pages=True), Offset(allow_equal_pages=True)])
async def test_equal_pages_can_be_allowed(strategy: PageNumbers | Offset) -> None:
    server = MemoryTransport([Reply(json={"items": [0, 0]})] * 3 + [Reply(json={"items": []})])
    client = BaseClient(base_url=BASE, transport=server)
    assert await client.paginate("/rows", strategy=strategy).collect() == [0] * 6


def link(number: int) -> dict[str, str]:
    return {"Link": f"</v1/rows?cursor={number}>; rel=next"}


ENDLESS: dict[str, tuple[Any, Callable[[int], Reply]]] = {
    "links": (LinkHeader(), lambda n: Reply(json=[], headers=link(n))),
    "links of a null body": (LinkHeader(), lambda n: Reply(json=None, headers=link(n))),
    "links without a body": (LinkHeader(), lambda n: Reply(204, headers=link(n))),
    "tokens": (PageToken(), lambda n: Reply(json={"items": [], "next_page_token": f"t{n}"})),
    "tokens without a list": (PageToken(), lambda n: Reply(json={"next_page_token": f"t{n}"})),
    "cursors": (Cursor(), lambda n: Reply(json={"items": [], "pagination": {"next_cursor": n, "has_more": True}})),
}


@pytest.mark.parametrize("prefetch", [0, 1])
@pytest.mark.parametrize("way", ENDLESS)
async def test_a_hundred_empty_pages_in_a_row_are_allowed(way: str, prefetch: int) -> None:
    strategy, reply = ENDLESS[way]
    server = MemoryTransport(lambda request: reply(len(server.sent)))
    client = BaseClient(base_url=BASE, transport=server)
    with pytest.raises(PaginationError, match="101 pages in a row have no items"):
        await client.paginate("/rows", strategy=strategy, prefetch=prefetch).collect()
    assert len(server.sent) == 101
    server.sent.clear()
    paginator = client.paginate("/rows", strategy=attrs.evolve(strategy, max_empty_pages=3))
    with pytest.raises(PaginationError, match="4 pages"):
        await paginator.collect()
    assert len(server.sent) == 4
    with pytest.raises(PaginationError, match="4 pages"):
        await paginator.resume(paginator.cursor).collect()  # it asks the page again, where the walk went on


async def test_empty_pages_between_others_do_not_end_a_walk() -> None:
    pages = [{"items": [number] * (number % 4 == 0), "next_page_token": f"t{number}"} for number in range(40)]
    server = MemoryTransport([Reply(json=page) for page in [*pages, {"items": [40]}]])
    strategy = PageToken(max_empty_pages=3)
    found = await BaseClient(base_url=BASE, transport=server).paginate("/rows", strategy=strategy).collect()
    assert found == list(range(0, 41, 4))


async def test_any_number_of_empty_pages_can_be_allowed() -> None:
    pages = [{"next_page_token": f"t{number}"} for number in range(150)]
    server = MemoryTransport([Reply(json=page) for page in [*pages, {"items": [1]}]])
    strategy = PageToken(max_empty_pages=None)
    assert await BaseClient(base_url=BASE, transport=server).paginate("/rows", strategy=strategy).collect() == [1]


async def test_a_strategy_without_settings_has_the_default_limit() -> None:
    class Endless:
        def first(self, params: Mapping[str, Any]) -> PageCursor:
            return {"n": 0}

        def items(self, page: Page) -> Sequence[Any]:
            return ()

        def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
            return {"n": cast("Any", cursor)["n"] + 1}

    client = BaseClient(base_url=BASE, transport=MemoryTransport(lambda request: Reply(json=[])))
    with pytest.raises(PaginationError, match="101 pages"):
        await client.paginate("/rows", strategy=Endless()).collect()


# --- tenants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefetch", [0, 3])
async def test_the_tenant_is_fixed_when_the_paginator_is_made(prefetch: int) -> None:
    service = Service(100)
    client = Client(base_url=BASE, transport=MemoryTransport(service), clock=VirtualClock())
    with tenant_scope(Tenant("mine")):
        paginator = client.paginate("/rows", model=Row, strategy=NUMBERS, prefetch=prefetch)
    with tenant_scope(Tenant("other")):
        assert len(await paginator.collect()) == 100
        assert len(await paginator.resume(paginator.cursor).collect()) == 0
    assert service.tenants == {"mine"}


async def test_a_cursor_is_bound_to_its_tenant_and_collection() -> None:
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
    """Return a server with a page of one row for each of these ``Link`` headers."""
    return MemoryTransport(
        [Reply(json=rows(number, 1), headers={"Link": link} if link else {}) for number, link in enumerate(links)]
    )


async def test_links_are_followed_with_headers_tenant_and_token() -> None:
    server = linked(
        '<?after=1>; rel="next"', f'<{BASE}/rows?after=2&q=%20>; rel="last", </v1/rows?after=2>; rel=next', None
    )
    async with Client(base_url=BASE, auth=BearerToken("t"), transport=server, tenant=Tenant("mine")) as client:
        strategy = LinkHeader()
        paginator = client.paginate(
            "/rows", params={"q": "a"}, model=Row, strategy=strategy, headers={"X-A": "b"}, prefetch=1
        )
        assert [row.id async for row in paginator] == [0, 1, 2]
    assert [sent.url for sent in server.sent] == [f"{BASE}/rows?q=a", f"{BASE}/rows?after=1", f"{BASE}/rows?after=2"]
    assert {sent.template for sent in server.sent} == {"/rows"}
    for sent in server.sent:
        assert (sent.headers["X-Tenant"], sent.headers["X-A"]) == ("mine", "b")
        assert "Authorization" in sent.headers


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("<https://evil.example.org/rows>; rel=next", "origin is https://evil.example.org"),
        ("<//evil.example.org/rows>; rel=next", "origin is https://evil.example.org"),
        ("<http://api.example.org/v1/rows?after=1>; rel=next", "origin is http://api.example.org"),
        ("<?after=1>; rel=next, <?after", "invalid Link header"),
    ],
)
async def test_a_link_to_another_origin_is_an_error_and_nothing_is_sent(link: str, problem: str) -> None:
    server = linked(link)
    client = BaseClient(base_url=BASE, transport=server)
    error = await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)
    assert problem in str(error)
    assert error.template == "/rows"
    assert len(server.sent) == 1


ELSEWHERE = "https://api2.example.org/rows?owner=me&after=1"


async def test_a_link_may_lead_to_another_trusted_origin() -> None:
    server = linked(f"<{ELSEWHERE}>; rel=next", f"<{BASE}/rows?after=2>; rel=next", None)
    options: dict[str, Any] = {"servers": {"two": "https://api2.example.org"}, "auth": BearerToken("t")}
    client = BaseClient(base_url=BASE, transport=server, **options)
    found = await client.paginate("/rows", model=Row, strategy=LinkHeader()).collect()
    assert [row.id for row in found] == [0, 1, 2]
    assert server.sent[1].url == ELSEWHERE
    assert "Authorization" in server.sent[1].headers


async def test_a_link_to_a_trusted_origin_does_not_leave_https() -> None:
    client = BaseClient(
        base_url=BASE,
        transport=linked("<http://api2.example.org/>; rel=next"),
        servers={"two": "http://api2.example.org"},
    )
    await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)


async def test_only_a_signed_cursor_leads_to_another_trusted_origin() -> None:
    server = linked(f"<{ELSEWHERE}>; rel=next", None)
    client = BaseClient(base_url=BASE, transport=server, servers={"two": "https://api2.example.org"})
    signed = client.paginate("/rows", strategy=LinkHeader(), cursor_key="key")
    await signed.collect(limit=1)
    with pytest.raises(InvalidRequestError, match="a link with another path"):
        client.paginate("/rows", strategy=LinkHeader()).resume(signed.cursor)
    await signed.resume(signed.cursor).collect()
    assert [sent.url for sent in server.sent] == [f"{BASE}/rows", ELSEWHERE]


async def test_a_repeated_link_is_an_error() -> None:
    server = linked(*['<?after=1>; rel="next"'] * 2)
    client = BaseClient(base_url=BASE, transport=server)
    error = await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)
    assert error.template == "/rows"
    assert "after" not in str(error), "the query of a link must not be in messages"


async def test_a_forged_cursor_does_not_leave_the_origin() -> None:
    server = linked(None)
    client = BaseClient(base_url=BASE, transport=server)
    paginator = client.paginate("/rows", strategy=LinkHeader())

    class Evil(LinkHeader):
        def first(self, params: object) -> str:
            return "https://evil.example.org/rows"

    forged = client.paginate("/rows", strategy=Evil()).cursor
    error = await failure_of(paginator.resume(forged).collect(), PaginationError)
    assert "https://evil.example.org" in str(error)
    assert server.sent == []


@pytest.mark.parametrize(
    "link",
    [
        "</x?t=s3cr3t-token-abcdef-123456",
        "Bearer s3cr3t-token-abcdef-123456",
        '</x>; rel="next; t=s3cr3t-token-abcdef-123456',
        "<https://s3cr3t-token-abcdef-123456.example.net/>; rel=next",
        "<https://s3cr3t-token-abcdef-123456@api.example.org/>; rel=next",
        "</x?t=%73%33cr3t-token-abcdef-123456",
    ],
)
async def test_an_echoed_token_in_a_link_is_not_shown(link: str) -> None:
    server = MemoryTransport([Reply(json=[1], headers={"Link": link})])
    client = BaseClient(base_url=BASE, auth=BearerToken("s3cr3t-token-abcdef-123456"), transport=server)
    error = await failure_of(client.paginate("/rows", strategy=LinkHeader()).collect(), PaginationError)
    assert "cr3t" not in f"{error} {error.args} {vars(error)} {error.__cause__} {error.__context__}"
