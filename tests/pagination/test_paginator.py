"""`Paginator`: every item once, in order, and an end."""

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
    """Holds numbered items and gives them out in pages; ``fails`` maps the number of a request to what it raises."""

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


def walk(server: Server, strategy: PageStrategy, params: Mapping[str, Any] | None = None) -> Paginator[Item]:
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
#: The strategies that know the last page for the last.
KNOW_THE_END = {name for name in STRATEGIES if "total" in STRATEGIES[name][1] or not name.startswith(("pages", "offs"))}


@settings(deadline=None)
@given(name=st.sampled_from(sorted(STRATEGIES)), count=st.integers(0, 12), size=st.integers(1, 5))
def test_every_item_comes_once_and_in_order(name: str, count: int, size: int) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)

    async def collect() -> list[int]:
        return [item.id async for item in walk(server, strategy)]

    assert anyio.run(collect) == list(range(count))
    full = -(-count // size)
    assert len(server.asked) == (max(1, full) if name in KNOW_THE_END else full + 1)


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    count=st.integers(0, 12),
    size=st.integers(1, 5),
    ahead=st.integers(1, 4),
    cut=st.integers(1, 5),
)
def test_fetching_ahead_changes_nothing(name: str, count: int, size: int, ahead: int, cut: int) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)
    if "page" not in strategy.first({}):
        server.sizes = itertools.cycle([size, cut])  # page numbers mean nothing to a server that does this

    async def collect() -> list[int]:
        return [item.id async for item in walk(server, strategy).prefetch(ahead)]

    assert anyio.run(collect) == list(range(count))
    assert server.most <= ahead


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    count=st.integers(0, 12),
    size=st.integers(1, 5),
    stops=st.lists(st.integers(0, 5), max_size=4),
    resized=st.integers(1, 5),
)
def test_a_walk_goes_on_where_its_cursor_stands(
    name: str, count: int, size: int, stops: list[int], resized: int
) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)
    found: list[int] = []

    async def go() -> None:
        paginator = walk(server, strategy)
        for stop in stops:
            if not stop:
                async with aclosing(paginator.pages()) as pages:
                    found.extend([item.id for item in await anext(pages, Records())])
            elif stop % 2:
                found.extend([item.id for item in await paginator.collect(limit=stop)])
            else:
                async with aclosing(aiter(paginator)) as items:
                    found.extend([item.id async for item, _ in zip_with(items, stop)])
            paginator = walk(server, strategy).resume(paginator.cursor)
            if "page" not in strategy.first({}):
                server.size = resized
        found.extend([item.id async for item in paginator])
        assert await paginator.resume(paginator.cursor).collect() == []

    anyio.run(go)
    assert found == list(range(count))


async def zip_with(items: AsyncIterator[Item], count: int) -> AsyncIterator[tuple[Item, int]]:
    """The first so many, asking for none after them."""
    for number in range(count):
        item = await anext(items, None)
        if item is None:
            return
        yield item, number


async def test_nothing_is_sent_before_the_first_item_is_wanted() -> None:
    server = Server(3, 2)
    paginator = walk(server, PageNumbers())
    items = aiter(paginator)
    pages = paginator.pages()
    assert server.asked == []
    assert await anext(items) == Item(id=0)
    assert server.asked == [{"page": 1}]
    assert [item async for item in items] == [Item(id=1), Item(id=2)]
    assert [len(page) async for page in pages] == [2, 1]


async def test_a_paginator_walks_anew_each_time() -> None:
    server = Server(3, 2)
    paginator = walk(server, PageNumbers())
    assert await paginator.collect() == await paginator.collect()
    assert server.asked == [{"page": 1}, {"page": 2}, {"page": 3}] * 2


async def test_a_paginator_that_is_awaited_is_collected() -> None:
    server = Server(3, 2)
    paginator = walk(server, PageNumbers())
    assert server.asked == []
    found = await paginator
    assert found == [Item(id=0), Item(id=1), Item(id=2)]
    assert type(found) is Records
    assert found == await paginator.collect()


async def test_pages_are_lists_and_an_empty_one_is_not_given_out() -> None:
    pages = [page async for page in walk(Server(4, 2), PageNumbers()).pages()]
    assert pages == [[Item(id=0), Item(id=1)], [Item(id=2), Item(id=3)]]
    assert all(type(page) is Records for page in pages)
    assert [page async for page in walk(Server(0, 2), PageNumbers()).pages()] == []


async def test_the_first_item_costs_one_page() -> None:
    server = Server(3, 2)
    assert await walk(server, PageNumbers()).first() == Item(id=0)
    assert server.asked == [{"page": 1}]
    assert await walk(Server(0, 2), PageNumbers()).first() is None


@pytest.mark.parametrize(
    ("limit", "ids", "pages"), [(None, 5, 4), (0, 0, 0), (-1, 0, 0), (1, 1, 1), (2, 2, 1), (3, 3, 2), (99, 5, 4)]
)
async def test_collecting_stops_at_the_limit(limit: int | None, ids: int, pages: int) -> None:
    server = Server(5, 2)
    found = await walk(server, PageNumbers()).collect(limit=limit)
    assert [item.id for item in found] == list(range(ids))
    assert type(found) is Records
    assert len(server.asked) == pages


@pytest.mark.parametrize("start", ["x", "", [1], {}, object(), "1.5"])
async def test_a_start_that_is_no_number_is_an_invalid_request(start: Any) -> None:
    for strategy, name in ((PageNumbers(), "page"), (Offset(), "offset")):
        server = Server(3, 2)
        with pytest.raises(InvalidRequestError, match=f"parameter '{name}'"):
            await walk(server, strategy, {name: start}).collect()
        assert server.asked == []


async def test_a_walk_from_the_middle_ends_at_the_end() -> None:
    server = Server(5, 2, total="total")
    assert await walk(server, PageNumbers(total="total"), {"page": 2}).collect() == [Item(id=n) for n in (2, 3, 4)]
    server = Server(5, 2, total="total")
    assert await walk(server, Offset(), {"offset": 3}).collect() == [Item(id=3), Item(id=4)]
    assert server.asked == [{"offset": 3}]


async def note(paginator: Paginator[Item], found: list[int]) -> None:
    """PageIterator, and note what comes, also if the walk then fails."""
    async for item in paginator:
        found.append(item.id)


# --- what goes wrong ------------------------------------------------------------------------------------------------


class Circular:
    """A strategy that follows the cursors of a server, without end."""

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {"page": 1}

    def items(self, page: Page) -> list[Any]:
        return list(page.data["items"])

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor:
        assert not isinstance(cursor, str)
        return {"page": cursor["page"] % 2 + 1}


async def test_a_page_that_comes_twice_is_an_error_after_what_came_once() -> None:
    server = Server(4, 2)
    found: list[int] = []
    with pytest.raises(PaginationError, match="'page': 1} a second time") as caught:
        await note(walk(server, Circular()), found)
    assert found == [0, 1, 2, 3]
    assert len(server.asked) == 2
    assert caught.value.template == "/items"


async def test_a_failed_page_raises_and_is_not_skipped() -> None:
    server = Server(6, 2)
    server.fails[2] = ServerError("down", status=503)
    found: list[int] = []
    with pytest.raises(ServerError):
        await note(walk(server, PageNumbers()), found)
    assert found == [0, 1]
    assert server.asked == [{"page": 1}, {"page": 2}]


async def test_an_item_of_the_wrong_shape_is_named_by_its_number_in_the_collection() -> None:
    server = Server(5, 2)
    server.items[3] = {"id": "x"}
    with pytest.raises(DecodeError) as caught:
        await walk(server, PageNumbers()).collect()
    assert str(caught.value) == (
        "200 GET /items: item 3 of the collection: id: expected an integer, found the string 'x' (request 8f3c)"
    )
    assert caught.value.path == "id"


async def test_a_page_that_is_not_json_carries_the_facts_of_its_response() -> None:
    async def fetch(cursor: PageCursor) -> Response:
        return Response(200, {}, b"<html>", request=Request("GET", "https://h/items", "/items", Headers()))

    with pytest.raises(DecodeError, match="200 GET /items: the body is HTML"):
        await Paginator(fetch, decoder_for(Item).from_data, PageNumbers(), {}, "/items").collect()


async def test_leaving_early_leaves_nothing_behind() -> None:
    server = Server(9, 2)
    async for item in walk(server, PageNumbers()):
        assert item == Item(id=0)
        break
    assert await walk(server, PageNumbers()).first() == Item(id=0)
    assert len(server.asked) == 2


def test_a_paginator_says_how_to_use_it() -> None:
    shown = repr(walk(Server(1, 1), PageNumbers()))
    assert shown == "<Paginator of /items: use `async for item in it`, or `await it.collect()`>"


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("<https://evil.example.org/>; rel=next", "evil.example.org is not https://h"),
        ("<http://h/items?from=2>; rel=next", "reached by https"),
        ('<?from=2>; rel="next', "cannot be read"),
    ],
)
@pytest.mark.parametrize("ahead", [0, 3])
async def test_a_next_page_that_cannot_be_had_is_an_error_after_the_page_that_names_it(
    link: str, problem: str, ahead: int
) -> None:
    server = Server(6, 2)
    server.links[2] = link
    paginator = walk(server, LinkHeader(items="items")).prefetch(ahead)
    found: list[int] = []
    with pytest.raises(PaginationError, match=problem) as caught:
        await note(paginator, found)
    assert found == [0, 1, 2, 3]
    assert caught.value.template == "/items"
    assert len(server.asked) == 2
    server.links.clear()
    assert await paginator.resume(paginator.cursor).collect() == [Item(id=4), Item(id=5)]


async def test_a_link_back_to_where_the_walk_began_is_an_error() -> None:
    server = Server(6, 2)
    server.links[2] = "</items>; rel=next"
    with pytest.raises(PaginationError, match="https://h/items a second time"):
        await walk(server, LinkHeader(items="items")).collect()
    assert len(server.asked) == 2


# --- fetching ahead -------------------------------------------------------------------------------------------------


class SlowServer(Server):
    """Answers when it is told to."""

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


async def turns() -> None:
    """Let everybody else have a turn, a few times."""
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


async def test_pages_come_in_order_though_their_answers_do_not() -> None:
    server = SlowServer(10, 2, total="total")
    server.gates = {start: anyio.Event() for start in (2, 4, 6, 8)}
    found: list[int] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(note, walk(server, PageNumbers(total="total")).prefetch(4), found)
        await turns()
        assert [asked["page"] for asked in server.asked] == [1, 2, 3, 4, 5]
        for start in (8, 6, 4):
            server.gates[start].set()
            await turns()
            assert found == [0, 1]
        server.gates[2].set()
    assert found == list(range(10))
    assert len(server.asked) == 5, "the total says where the end is"


async def test_no_more_is_fetched_ahead_than_was_asked_for() -> None:
    server = Server(100, 2)
    items = aiter(walk(server, PageNumbers()).prefetch(3))
    async with aclosing(items):
        assert await anext(items) == Item(id=0)
        await turns()
        assert len(server.asked) == 1 + 3


async def test_where_pages_name_the_next_one_is_ahead() -> None:
    server = Server(100, 2)
    async with aclosing(aiter(walk(server, PageToken()).prefetch(3))) as items:
        assert await anext(items) == Item(id=0)
        await turns()
        assert [asked.get("page_token") for asked in server.asked] == [None, "t2"]


async def test_a_failure_ahead_is_raised_when_its_page_is_due() -> None:
    server = Server(10, 2)
    server.fails[3] = ServerError("down", status=503)
    found: list[int] = []
    with pytest.raises(ServerError) as caught:
        await note(walk(server, PageNumbers()).prefetch(4), found)
    assert found == [0, 1, 2, 3]
    assert caught.value.__context__ is None


async def test_a_failure_of_a_page_that_does_not_exist_is_nobodys_business() -> None:
    server = Server(5, 2)

    async def fetch(cursor: PageCursor) -> Response:
        assert not isinstance(cursor, str)
        if cursor["offset"] > 5:
            raise ServerError("past the end", status=500)
        return await server.fetch(cursor)

    paginator = Paginator(fetch, decoder_for(Item).from_data, Offset(total=None), {}, "/items", prefetch=4)
    assert [item.id async for item in paginator] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("way", ["break", "raise", "close", "limit", "first", "cancel"])
async def test_a_walk_that_is_left_early_gives_up_what_is_on_its_way(way: str) -> None:
    server = SlowServer(100, 2)
    server.gates = {start: anyio.Event() for start in range(2, 100, 2)}
    paginator = walk(server, PageNumbers()).prefetch(5)

    async def leave() -> None:
        if way == "limit":
            assert len(await paginator.collect(limit=2)) == 2
        elif way == "first":
            assert await paginator.first() == Item(id=0)
        elif way == "close":
            async with aclosing(paginator.pages()) as pages:
                await anext(pages)
                await turns()
        elif way == "cancel":
            walking = asyncio.create_task(paginator.collect())
            await turns()
            walking.cancel()
            await asyncio.wait([walking])
        else:
            async for _ in paginator:
                await turns()
                if way == "break":
                    break
                raise LookupError

    with contextlib.suppress(LookupError):
        await leave()
    await turns()
    assert server.cancelled == len(server.asked) - 1
    assert [task for task in asyncio.all_tasks() if "_attempt" in repr(task)] == []


@pytest.mark.parametrize("pages", [-1, 1.5, "3", None, True])
def test_a_window_of_no_number_of_pages_is_an_invalid_request(pages: Any) -> None:
    with pytest.raises(InvalidRequestError, match="prefetch= counts pages"):
        walk(Server(1, 1), PageNumbers()).prefetch(pages)


# --- stopping and going on ------------------------------------------------------------------------------------------


async def test_a_cursor_counts_what_was_handed_out() -> None:
    server = Server(5, 2)
    paginator = walk(server, PageNumbers())
    rest: list[list[int]] = []
    async for item in paginator:
        assert item is not None
        rest.append([item.id for item in await walk(server, PageNumbers()).resume(paginator.cursor).collect()])
    assert rest == [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []]


async def test_a_cursor_of_what_nobody_walked_through_names_the_beginning() -> None:
    server = Server(3, 2)
    paginator = walk(server, PageNumbers())
    beginning = paginator.cursor
    assert await paginator.first() == Item(id=0)
    assert paginator.cursor == beginning, "a look is not a walk"
    assert len(await paginator.resume(beginning).collect()) == 3


async def test_what_was_fetched_ahead_is_not_behind_the_cursor() -> None:
    server = Server(20, 2)
    paginator = walk(server, PageNumbers()).prefetch(4)
    assert len(await paginator.collect(limit=3)) == 3
    assert [item.id for item in await paginator.resume(paginator.cursor).collect()] == list(range(3, 20))


async def test_a_cursor_of_another_collection_is_refused() -> None:
    server = Server(5, 2)
    other = Paginator(server.fetch, decoder_for(Item).from_data, PageNumbers(), {}, "/others").cursor
    with pytest.raises(InvalidRequestError, match="one of another collection"):
        walk(server, PageNumbers()).resume(other)


async def test_a_page_that_failed_is_fetched_again_by_who_resumes() -> None:
    server = Server(6, 2)
    server.fails[2] = ServerError("down", status=503)
    paginator = walk(server, PageNumbers())
    with pytest.raises(ServerError):
        await paginator.collect()
    assert [item.id for item in await paginator.resume(paginator.cursor).collect()] == [2, 3, 4, 5]
