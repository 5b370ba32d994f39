"""`Paginator`: every item once and in order, errors, prefetch and resume."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.errors import DecodeError, InvalidRequestError, PaginationError, ServerError
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.models.declaration import model
from asdk.models.decoding import decoder_for
from asdk.pagination import (
    Cursor,
    LinkHeader,
    Offset,
    Page,
    PageCursor,
    PageNumbers,
    PageStrategy,
    PageToken,
    Paginator,
)
from asdk.records.records import Records


@model
class Item:
    id: int


class Server:
    """A server of numbered items, by pages; ``fails`` maps the number of a request to the error that it raises."""

    def __init__(self, count: int, size: int, *, total: str | None = None, bare: bool = False) -> None:
        self.items: list[Any] = [{"id": number} for number in range(count)]
        self.size = size
        self.asked: list[dict[str, Any]] = []
        self.fails: dict[int, Exception] = {}
        self.links: dict[int, str] = {}
        self.sizes: Iterator[int] = iter(())
        self.running = self.most = 0
        self._total = total
        self._bare = bare

    async def fetch(self, cursor: PageCursor) -> Response:
        asked = {"url": cursor} if isinstance(cursor, str) else dict(cursor)
        self.asked.append(asked)
        if error := self.fails.get(len(self.asked)):
            raise error
        start = self.start_of(asked)
        self.running += 1
        self.most = max(self.most, self.running)
        await anyio.lowlevel.checkpoint()
        self.running -= 1
        self.size = next(self.sizes, self.size)
        page = self.items[start : start + self.size]
        body: Any = page if self._bare else {"items": page}
        if self._total == "total":
            body["total"] = len(self.items)
        elif self._total == "nested":
            body["pagination"] = {"total": len(self.items)}
        after = start + self.size if start + self.size < len(self.items) else None
        headers = {"X-Request-ID": "8f3c"}
        if not self._bare:
            body |= {"next_page_token": "" if after is None else f"t{after}"}
            body |= {"paging": {"next_cursor": after, "has_more": after is not None}}
        if after is not None:
            headers["Link"] = self.links.get(start, f'<?from=0>; rel="first", <?from={after}>; rel="next"')
        url = cursor if isinstance(cursor, str) else "https://h/items"
        return Response(200, headers, json.dumps(body).encode(), request=Request("GET", url, "/items", Headers()))

    def start_of(self, asked: Mapping[str, Any]) -> int:
        if "page" in asked:
            return int((asked["page"] - 1) * self.size)
        if "page_token" in asked:
            return int(asked["page_token"][1:])
        if "url" in asked:
            return int(asked["url"].partition("from=")[2] or 0)
        return int(asked.get("offset", asked.get("cursor", 0)))


def paginate(server: Server, strategy: PageStrategy, params: Mapping[str, Any] | None = None) -> Paginator[Item]:
    return Paginator(server.fetch, decoder_for(Item).from_data, strategy, params or {}, "/items")


STRATEGIES: dict[str, tuple[PageStrategy, dict[str, Any]]] = {
    "pages": (PageNumbers(), {}),
    "pages with total": (PageNumbers(total="total"), {"total": "total"}),
    "pages with nested total": (PageNumbers(total="pagination.total"), {"total": "nested"}),
    "pages of a bare list": (PageNumbers(items=None), {"bare": True}),
    "offsets": (Offset(total=None), {}),
    "offsets with total": (Offset(), {"total": "total"}),
    "offsets of a bare list": (Offset(items=None), {"bare": True}),
    "tokens": (PageToken(), {}),
    "cursors": (Cursor(cursor="paging.next_cursor", has_more="paging.has_more"), {}),
    "cursors without a flag": (Cursor(cursor="paging.next_cursor", has_more=None), {}),
    "links": (LinkHeader(items="items"), {}),
    "links of a bare list": (LinkHeader(), {"bare": True}),
}
#: The strategies that recognize the last page without a further request.
KNOW_THE_END = {name for name in STRATEGIES if "total" in STRATEGIES[name][1] or not name.startswith(("pages", "offs"))}


@settings(deadline=None)
@given(name=st.sampled_from(sorted(STRATEGIES)), count=st.integers(0, 12), size=st.integers(1, 5))
def test_every_item_is_yielded_once_and_in_order(name: str, count: int, size: int) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)

    async def collect() -> list[int]:
        return [item.id async for item in paginate(server, strategy)]

    assert anyio.run(collect) == list(range(count))
    full = -(-count // size)
    assert len(server.asked) == (max(1, full) if name in KNOW_THE_END else full + 1)


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    count=st.integers(0, 12),
    size=st.integers(1, 5),
    prefetch=st.integers(1, 4),
    cut=st.integers(1, 5),
)
def test_prefetching_yields_the_same_items(name: str, count: int, size: int, prefetch: int, cut: int) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)
    if "page" not in strategy.first({}):
        server.sizes = itertools.cycle([size, cut])  # page numbers require a constant size

    async def collect() -> list[int]:
        return [item.id async for item in paginate(server, strategy).prefetch(prefetch)]

    assert anyio.run(collect) == list(range(count))
    assert server.most <= prefetch


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    count=st.integers(0, 12),
    size=st.integers(1, 5),
    stops=st.lists(st.integers(0, 5), max_size=4),
    resized=st.integers(1, 5),
)
def test_a_resumed_iteration_continues_at_its_cursor(
    name: str, count: int, size: int, stops: list[int], resized: int
) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)
    found: list[int] = []

    async def go() -> None:
        paginator = paginate(server, strategy)
        for stop in stops:
            if not stop:
                async with aclosing(paginator.pages()) as pages:
                    found.extend([item.id for item in await anext(pages, Records())])
            elif stop % 2:
                found.extend([item.id for item in await paginator.collect(limit=stop)])
            else:
                async with aclosing(aiter(paginator)) as items:
                    found.extend([item.id async for item, _ in zip_with(items, stop)])
            paginator = paginate(server, strategy).resume(paginator.cursor)
            if "page" not in strategy.first({}):
                server.size = resized
        found.extend([item.id async for item in paginator])
        assert await paginator.resume(paginator.cursor).collect() == []

    anyio.run(go)
    assert found == list(range(count))


async def zip_with(items: AsyncIterator[Item], count: int) -> AsyncIterator[tuple[Item, int]]:
    """Yield the first ``count`` items with their numbers, without requesting another one."""
    for number in range(count):
        item = await anext(items, None)
        if item is None:
            return
        yield item, number


async def test_nothing_is_sent_before_the_first_item_is_requested() -> None:
    server = Server(3, 2)
    paginator = paginate(server, PageNumbers())
    items = aiter(paginator)
    pages = paginator.pages()
    assert server.asked == []
    assert await anext(items) == Item(id=0)
    assert server.asked == [{"page": 1}]
    assert [item async for item in items] == [Item(id=1), Item(id=2)]
    assert [len(page) async for page in pages] == [2, 1]


async def test_each_async_for_starts_a_new_iteration() -> None:
    server = Server(3, 2)
    paginator = paginate(server, PageNumbers())
    assert await paginator.collect() == await paginator.collect()
    assert server.asked == [{"page": 1}, {"page": 2}, {"page": 3}] * 2


async def test_awaiting_a_paginator_collects_it() -> None:
    server = Server(3, 2)
    paginator = paginate(server, PageNumbers())
    assert server.asked == []
    found = await paginator
    assert found == [Item(id=0), Item(id=1), Item(id=2)]
    assert type(found) is Records
    assert found == await paginator.collect()


async def test_pages_are_lists_and_empty_ones_are_left_out() -> None:
    pages = [page async for page in paginate(Server(4, 2), PageNumbers()).pages()]
    assert pages == [[Item(id=0), Item(id=1)], [Item(id=2), Item(id=3)]]
    assert all(type(page) is Records for page in pages)
    assert [page async for page in paginate(Server(0, 2), PageNumbers()).pages()] == []


async def test_first_fetches_one_page() -> None:
    server = Server(3, 2)
    assert await paginate(server, PageNumbers()).first() == Item(id=0)
    assert server.asked == [{"page": 1}]
    assert await paginate(Server(0, 2), PageNumbers()).first() is None


@pytest.mark.parametrize(
    ("limit", "ids", "pages"), [(None, 5, 4), (0, 0, 0), (-1, 0, 0), (1, 1, 1), (2, 2, 1), (3, 3, 2), (99, 5, 4)]
)
async def test_collect_stops_at_the_limit(limit: int | None, ids: int, pages: int) -> None:
    server = Server(5, 2)
    found = await paginate(server, PageNumbers()).collect(limit=limit)
    assert [item.id for item in found] == list(range(ids))
    assert type(found) is Records
    assert len(server.asked) == pages


@pytest.mark.parametrize("start", ["x", "", [1], {}, object(), "1.5"])
async def test_a_start_that_is_not_an_integer_is_an_invalid_request(start: Any) -> None:
    for strategy, name in ((PageNumbers(), "page"), (Offset(), "offset")):
        server = Server(3, 2)
        with pytest.raises(InvalidRequestError, match=f"parameter '{name}'"):
            await paginate(server, strategy, {name: start}).collect()
        assert server.asked == []


async def test_an_iteration_from_the_middle_stops_at_the_end() -> None:
    server = Server(5, 2, total="total")
    assert await paginate(server, PageNumbers(total="total"), {"page": 2}).collect() == [Item(id=n) for n in (2, 3, 4)]
    server = Server(5, 2, total="total")
    assert await paginate(server, Offset(), {"offset": 3}).collect() == [Item(id=3), Item(id=4)]
    assert server.asked == [{"offset": 3}]


async def collect_ids(paginator: Paginator[Item], found: list[int]) -> None:
    """Add the ids of all items to a list, which keeps them if the iteration fails."""
    async for item in paginator:
        found.append(item.id)


# --- errors ---------------------------------------------------------------------------------------------------------


class Circular:
    """A strategy whose second page leads back to the first."""

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {"page": 1}

    def items(self, page: Page) -> list[Any]:
        return list(page.data["items"])

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor:
        assert not isinstance(cursor, str)
        return {"page": cursor["page"] % 2 + 1}


async def test_a_repeated_page_is_an_error_after_the_items_before_it() -> None:
    server = Server(4, 2)
    found: list[int] = []
    with pytest.raises(PaginationError, match="page=1") as caught:
        await collect_ids(paginate(server, Circular()), found)
    assert found == [0, 1, 2, 3]
    assert len(server.asked) == 2
    assert caught.value.template == "/items"


async def test_a_failed_page_raises_and_is_not_skipped() -> None:
    server = Server(6, 2)
    server.fails[2] = ServerError("down", status=503)
    found: list[int] = []
    with pytest.raises(ServerError):
        await collect_ids(paginate(server, PageNumbers()), found)
    assert found == [0, 1]
    assert server.asked == [{"page": 1}, {"page": 2}]


async def test_the_error_of_an_invalid_item_has_its_number() -> None:
    server = Server(5, 2)
    server.items[3] = {"id": "x"}
    with pytest.raises(DecodeError) as caught:
        await paginate(server, PageNumbers()).collect()
    error = caught.value
    assert error.message.startswith("item 3 of the collection: ")
    assert (error.path, error.status, error.template, error.request_id) == ("id", 200, "/items", "8f3c")


async def test_the_error_of_an_invalid_page_has_the_response_attributes() -> None:
    async def fetch(cursor: PageCursor) -> Response:
        return Response(200, {}, b"<html>", request=Request("GET", "https://h/items", "/items", Headers()))

    with pytest.raises(DecodeError) as caught:
        await Paginator(fetch, decoder_for(Item).from_data, PageNumbers(), {}, "/items").collect()
    error = caught.value
    assert (error.status, error.method, error.template, error.body) == (200, "GET", "/items", b"<html>")


async def test_leaving_early_leaves_no_tasks() -> None:
    server = Server(9, 2)
    async for item in paginate(server, PageNumbers()):
        assert item == Item(id=0)
        break
    assert await paginate(server, PageNumbers()).first() == Item(id=0)
    assert len(server.asked) == 2


def test_the_repr_of_a_paginator_says_how_to_use_it() -> None:
    shown = repr(paginate(Server(1, 1), PageNumbers()))
    assert shown == "<Paginator of /items: use `async for item in it`, or `await it.collect()`>"


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("<https://evil.example.org/>; rel=next", "origin is https://evil.example.org"),
        ("<http://h/items?from=2>; rel=next", "reached by https"),
        ('<?from=2>; rel="next', "invalid Link header"),
    ],
)
@pytest.mark.parametrize("prefetch", [0, 3])
async def test_an_invalid_next_link_raises_after_the_items_of_its_page(link: str, problem: str, prefetch: int) -> None:
    server = Server(6, 2)
    server.links[2] = link
    paginator = paginate(server, LinkHeader(items="items")).prefetch(prefetch)
    found: list[int] = []
    with pytest.raises(PaginationError, match=problem) as caught:
        await collect_ids(paginator, found)
    assert found == [0, 1, 2, 3]
    assert caught.value.template == "/items"
    assert len(server.asked) == 2
    server.links.clear()
    assert await paginator.resume(paginator.cursor).collect() == [Item(id=4), Item(id=5)]


async def test_a_link_back_to_the_first_page_is_an_error() -> None:
    server = Server(6, 2)
    server.links[2] = "</items>; rel=next"
    with pytest.raises(PaginationError, match="a link"):
        await paginate(server, LinkHeader(items="items")).collect()
    assert len(server.asked) == 2


# --- prefetch -------------------------------------------------------------------------------------------------------


class SlowServer(Server):
    """A server whose pages wait for an event."""

    def __init__(self, count: int, size: int, **options: Any) -> None:
        super().__init__(count, size, **options)
        self.gates: dict[int, anyio.Event] = {}
        self.cancelled = 0

    async def fetch(self, cursor: PageCursor) -> Response:
        assert not isinstance(cursor, str)
        gate = self.gates.get(self.start_of(cursor))
        try:
            response = await super().fetch(cursor)
            if gate is not None:
                await gate.wait()
        except BaseException:
            self.cancelled += 1
            raise
        return response


async def run_other_tasks() -> None:
    """Let the other tasks run, a few times."""
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


async def test_pages_are_in_order_if_their_responses_are_not() -> None:
    server = SlowServer(10, 2, total="total")
    server.gates = {start: anyio.Event() for start in (2, 4, 6, 8)}
    found: list[int] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(collect_ids, paginate(server, PageNumbers(total="total")).prefetch(4), found)
        await run_other_tasks()
        assert [asked["page"] for asked in server.asked] == [1, 2, 3, 4, 5]
        for start in (8, 6, 4):
            server.gates[start].set()
            await run_other_tasks()
            assert found == [0, 1]
        server.gates[2].set()
    assert found == list(range(10))
    assert len(server.asked) == 5, "the total identifies the last page"


async def test_prefetch_is_limited_to_the_number_of_pages() -> None:
    server = Server(100, 2)
    items = aiter(paginate(server, PageNumbers()).prefetch(3))
    async with aclosing(items):
        assert await anext(items) == Item(id=0)
        await run_other_tasks()
        assert len(server.asked) == 1 + 3


async def test_one_page_is_prefetched_if_pages_name_the_next() -> None:
    server = Server(100, 2)
    async with aclosing(aiter(paginate(server, PageToken()).prefetch(3))) as items:
        assert await anext(items) == Item(id=0)
        await run_other_tasks()
        assert [asked.get("page_token") for asked in server.asked] == [None, "t2"]


async def test_a_prefetch_error_is_raised_when_its_page_is_next() -> None:
    server = Server(10, 2)
    server.fails[3] = ServerError("down", status=503)
    found: list[int] = []
    with pytest.raises(ServerError) as caught:
        await collect_ids(paginate(server, PageNumbers()).prefetch(4), found)
    assert found == [0, 1, 2, 3]
    assert caught.value.__context__ is None


async def test_an_error_of_a_page_beyond_the_end_is_ignored() -> None:
    server = Server(5, 2)

    async def fetch(cursor: PageCursor) -> Response:
        assert not isinstance(cursor, str)
        if cursor["offset"] > 5:
            raise ServerError("past the end", status=500)
        return await server.fetch(cursor)

    paginator = Paginator(fetch, decoder_for(Item).from_data, Offset(total=None), {}, "/items", prefetch=4)
    assert [item.id async for item in paginator] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("way", ["break", "raise", "close", "limit", "first", "cancel"])
async def test_leaving_early_cancels_the_requests_in_flight(way: str) -> None:
    server = SlowServer(100, 2)
    server.gates = {start: anyio.Event() for start in range(2, 100, 2)}
    paginator = paginate(server, PageNumbers()).prefetch(5)

    async def leave() -> None:
        if way == "limit":
            assert len(await paginator.collect(limit=2)) == 2
        elif way == "first":
            assert await paginator.first() == Item(id=0)
        elif way == "close":
            async with aclosing(paginator.pages()) as pages:
                await anext(pages)
                await run_other_tasks()
        elif way == "cancel":
            walking = asyncio.create_task(paginator.collect())
            await run_other_tasks()
            walking.cancel()
            await asyncio.wait([walking])
        else:
            async for _ in paginator:
                await run_other_tasks()
                if way == "break":
                    break
                raise LookupError

    with contextlib.suppress(LookupError):
        await leave()
    await run_other_tasks()
    assert server.cancelled == len(server.asked) - 1
    assert [task for task in asyncio.all_tasks() if "_prefetch" in repr(task)] == []


@pytest.mark.parametrize("pages", [-1, 1.5, "3", None, True])
def test_an_invalid_prefetch_is_an_invalid_request(pages: Any) -> None:
    with pytest.raises(InvalidRequestError, match="prefetch"):
        paginate(Server(1, 1), PageNumbers()).prefetch(pages)


# --- cursor and resume ----------------------------------------------------------------------------------------------


async def test_a_cursor_counts_the_delivered_items() -> None:
    server = Server(5, 2)
    paginator = paginate(server, PageNumbers())
    rest: list[list[int]] = []
    async for item in paginator:
        assert item is not None
        rest.append([item.id for item in await paginate(server, PageNumbers()).resume(paginator.cursor).collect()])
    assert rest == [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []]


async def test_the_cursor_of_a_new_paginator_is_the_start() -> None:
    server = Server(3, 2)
    paginator = paginate(server, PageNumbers())
    beginning = paginator.cursor
    assert await paginator.first() == Item(id=0)
    assert paginator.cursor == beginning, "first() does not move the cursor"
    assert len(await paginator.resume(beginning).collect()) == 3


async def test_prefetched_items_do_not_move_the_cursor() -> None:
    server = Server(20, 2)
    paginator = paginate(server, PageNumbers()).prefetch(4)
    assert len(await paginator.collect(limit=3)) == 3
    assert [item.id for item in await paginator.resume(paginator.cursor).collect()] == list(range(3, 20))


async def test_a_cursor_of_another_collection_is_rejected() -> None:
    server = Server(5, 2)
    other = Paginator(server.fetch, decoder_for(Item).from_data, PageNumbers(), {}, "/others").cursor
    with pytest.raises(InvalidRequestError, match="another collection"):
        paginate(server, PageNumbers()).resume(other)


async def test_a_resume_fetches_the_failed_page_again() -> None:
    server = Server(6, 2)
    server.fails[2] = ServerError("down", status=503)
    paginator = paginate(server, PageNumbers())
    with pytest.raises(ServerError):
        await paginator.collect()
    assert [item.id for item in await paginator.resume(paginator.cursor).collect()] == [2, 3, 4, 5]


async def test_a_loop_without_async_says_what_to_write() -> None:
    paginator: Any = paginate(Server(3, 2), Offset())
    with pytest.raises(TypeError, match=r"`async for item in \.\.\.`.*await"):
        list(paginator)
