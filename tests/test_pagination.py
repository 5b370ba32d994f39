"""`Paginator` and the page strategies: every item once, in order, and an end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.decoding import decoder_for
from asdk.errors import DecodeError, InvalidRequestError, PaginationError, ServerError
from asdk.headers import Headers
from asdk.models import model
from asdk.pagination import Offset, PageNumbers, PageStrategy, Paginator
from asdk.records import Records
from asdk.request import Request
from asdk.response import Response


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
        self._total = total
        self._bare = bare

    async def fetch(self, cursor: Mapping[str, Any]) -> Response:
        self.asked.append(dict(cursor))
        if error := self.fails.get(len(self.asked)):
            raise error
        start = cursor["offset"] if "offset" in cursor else (cursor["page"] - 1) * self.size
        page = self.items[start : start + self.size]
        body: Any = page if self._bare else {"items": page}
        if self._total == "total":
            body["total"] = len(self.items)
        elif self._total == "nested":
            body["pagination"] = {"total": len(self.items)}
        request = Request("GET", "https://h/items", "/items", Headers())
        return Response(200, {"X-Request-ID": "8f3c"}, json.dumps(body).encode(), request=request)


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
}


@settings(deadline=None)
@given(name=st.sampled_from(sorted(STRATEGIES)), count=st.integers(0, 12), size=st.integers(1, 5))
def test_every_item_comes_once_and_in_order(name: str, count: int, size: int) -> None:
    strategy, options = STRATEGIES[name]
    server = Server(count, size, **options)

    async def collect() -> list[int]:
        return [item.id async for item in walk(server, strategy)]

    assert anyio.run(collect) == list(range(count))
    full = -(-count // size)
    knows_total = "total" in options
    assert len(server.asked) == (max(1, full) if knows_total else full + 1)


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


@pytest.mark.parametrize(
    ("strategy", "params", "first"),
    [
        (PageNumbers(), {}, {"page": 1}),
        (PageNumbers(), {"page": None}, {"page": 1}),
        (PageNumbers(), {"page": 3}, {"page": 3}),
        (PageNumbers(), {"page": "3"}, {"page": 3}),
        (PageNumbers(), {"page": 0}, {"page": 0}),
        (PageNumbers(start=0), {}, {"page": 0}),
        (PageNumbers(page="p", start=5), {"page": 3}, {"p": 5}),
        (Offset(), {}, {"offset": 0}),
        (Offset(), {"offset": 7}, {"offset": 7}),
        (Offset(offset="skip"), {"skip": "7"}, {"skip": 7}),
    ],
)
def test_a_walk_begins_where_the_caller_says(
    strategy: PageStrategy, params: dict[str, Any], first: dict[str, Any]
) -> None:
    assert strategy.first(params) == first


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


def test_the_next_offset_is_what_came_and_not_what_was_asked_for() -> None:
    assert Offset().next({"offset": 10}, {"items": [1, 2, 3], "total": 99}, 3) == {"offset": 13}
    assert Offset().next({"offset": 10}, {"items": [], "total": 99}, 0) is None
    assert Offset().next({"offset": 10}, {"items": [1], "total": 11}, 1) is None


@pytest.mark.parametrize("total", [None, "5", True, 5.0, [5], {"n": 5}])
def test_a_total_that_is_no_integer_is_not_believed(total: Any) -> None:
    data = {"items": [1], "total": total, "pagination": total}
    for strategy in (PageNumbers(total="total"), PageNumbers(total="pagination.total")):
        assert strategy.next({"page": 1}, data, 99) == {"page": 2}


async def note(paginator: Paginator[Item], found: list[int]) -> None:
    """Walk, and note what comes, also if the walk then fails."""
    async for item in paginator:
        found.append(item.id)


# --- what goes wrong ------------------------------------------------------------------------------------------------


class Circular:
    """A strategy that follows the cursors of a server, without end."""

    def first(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"page": 1}

    def items(self, data: Any) -> list[Any]:
        return list(data["items"])

    def next(self, cursor: Mapping[str, Any], data: Any, seen: int) -> Mapping[str, Any]:
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


@pytest.mark.parametrize("data", [{}, [], None, 5, {"items": None}, {"items": {}}, {"items": "ab"}, {"other": []}])
def test_a_page_without_its_list_is_a_decode_error(data: Any) -> None:
    for strategy in (PageNumbers(), Offset()):
        with pytest.raises(DecodeError, match="items: a page has no list of items here") as caught:
            strategy.items(data)
        assert caught.value.path == "items"
    if not isinstance(data, list):
        with pytest.raises(DecodeError, match="the body: a page has no list"):
            PageNumbers(items=None).items(data)


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
    async def fetch(cursor: Mapping[str, Any]) -> Response:
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
