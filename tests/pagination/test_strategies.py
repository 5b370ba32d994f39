"""Page strategies: the cursors of the first page and of the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import attrs
import pytest

from asdk.errors import DecodeError, InvalidRequestError, PaginationError
from asdk.http.headers import Headers
from asdk.pagination import Cursor, LinkHeader, Offset, Page, PageNumbers, PageStrategy, PageToken


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
        (PageToken(), {}, {}),
        (PageToken(parameter="after"), {"after": "t7", "page_token": 3}, {"after": "t7"}),
        (Cursor(), {"cursor": None}, {}),
        (Cursor(), {"cursor": "c7"}, {"cursor": "c7"}),
        (LinkHeader(), {"page": 3}, {}),
    ],
)
def test_the_first_cursor_uses_the_callers_parameters(
    strategy: PageStrategy, params: dict[str, Any], first: dict[str, Any]
) -> None:
    assert strategy.first(params) == first


def test_the_offset_grows_by_the_items_received() -> None:
    assert Offset().next({"offset": 10}, Page({"items": [1, 2, 3], "total": 99}), 3) == {"offset": 13}
    assert Offset().next({"offset": 10}, Page({"items": [], "total": 99}), 0) is None
    assert Offset().next({"offset": 10}, Page({"items": [1], "total": 11}), 1) is None


@pytest.mark.parametrize("total", [None, "5", True, 5.0, [5], {"n": 5}])
def test_a_total_that_is_not_an_integer_is_ignored(total: Any) -> None:
    data = {"items": [1], "total": total, "pagination": total}
    for strategy in (PageNumbers(total="total"), PageNumbers(total="pagination.total")):
        assert strategy.next({"page": 1}, Page(data), 99) == {"page": 2}


LISTS: list[PageStrategy] = [PageNumbers(), Offset(), PageToken(), Cursor(), LinkHeader(items="items")]


@pytest.mark.parametrize("data", [{}, None, {"items": None}, {"other": []}, {"total": 0, "kind": "x"}])
@pytest.mark.parametrize("strategy", LISTS, ids=lambda strategy: type(strategy).__name__)
def test_a_missing_or_null_list_is_an_empty_page(strategy: PageStrategy, data: Any) -> None:
    assert len(strategy.items(Page(data))) == 0
    with pytest.raises(DecodeError, match="items: "):
        attrs.evolve(cast("Any", strategy), items_required=True).items(Page(data))


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {}}, {"data": {"rows": None}}, None])
def test_a_nested_list_may_be_left_out_with_what_contains_it(data: Any) -> None:
    assert len(PageNumbers(items="data.rows").items(Page(data))) == 0
    assert len(PageNumbers(items=None).items(Page(None))) == 0


@pytest.mark.parametrize("data", [[], 5, "", True, {"items": {}}, {"items": "ab"}, {"items": 0}, {"items": False}])
@pytest.mark.parametrize("strategy", LISTS, ids=lambda strategy: type(strategy).__name__)
def test_anything_else_in_place_of_the_list_is_an_error(strategy: PageStrategy, data: Any) -> None:
    with pytest.raises(DecodeError, match="items: ") as caught:
        strategy.items(Page(data))
    assert caught.value.path == "items"
    if not isinstance(data, dict):
        with pytest.raises(DecodeError, match=r"data\.rows: "):
            PageNumbers(items="data.rows").items(Page({"data": data}))
    if not isinstance(data, list):
        with pytest.raises(DecodeError, match="the body: "):
            PageNumbers(items=None).items(Page(data))


def test_members_are_found_by_path_or_by_a_name_with_dots() -> None:
    data = {"data": {"rows": [1]}, "@odata.nextLink": "t2", "a": {"b": 5}}
    assert PageToken(items="data.rows").items(Page(data)) == [1]
    assert PageToken(token="@odata.nextLink").next({}, Page(data), 1) == {"page_token": "t2"}
    assert PageToken(token="a.b").next({}, Page(data), 1) == {"page_token": 5}
    assert PageToken(token="a.b.c").next({}, Page(data), 1) is None


@pytest.mark.parametrize(
    ("strategy", "data", "after"),
    [
        (PageToken(), {"next_page_token": "t2"}, {"page_token": "t2"}),
        (PageToken(), {"items": [], "next_page_token": "t2"}, {"page_token": "t2"}),
        (PageToken(), {"next_page_token": 7}, {"page_token": 7}),
        (PageToken(), {"next_page_token": "00"}, {"page_token": "00"}),
        (PageToken(end_tokens=()), {"next_page_token": 0}, {"page_token": 0}),
        (PageToken(end_tokens=["end"]), {"next_page_token": "end"}, None),
        (PageToken(), {"next_page_token": ""}, None),
        (PageToken(), {"next_page_token": None}, None),
        (PageToken(), {}, None),
        (PageToken(), [], None),
        (Cursor(), {"pagination": {"next_cursor": "c2", "has_more": True}}, {"cursor": "c2"}),
        (Cursor(), {"pagination": {"next_cursor": "c2", "has_more": False}}, None),
        (Cursor(), {"pagination": {"next_cursor": "c2"}}, {"cursor": "c2"}),
        (Cursor(), {"pagination": {"next_cursor": None}}, None),
        (Cursor(has_more=None, cursor="next"), {"next": "c2"}, {"cursor": "c2"}),
    ],
)
def test_the_next_cursor_is_read_from_the_page(
    strategy: PageStrategy, data: Any, after: Mapping[str, Any] | None
) -> None:
    assert strategy.next({}, Page(data), 1) == after


@pytest.mark.parametrize("end", [None, "", False, 0, "0", -1, "-1"])
def test_the_tokens_of_the_end(end: Any) -> None:
    assert PageToken().next({"page_token": "t"}, Page({"items": [1], "next_page_token": end}), 1) is None
    for flags in ({}, {"has_more": None}, {"has_more": False}):
        page = Page({"items": [1], "pagination": {"next_cursor": end, **flags}})
        assert Cursor().next({"cursor": "c"}, page, 1) is None
    assert Cursor(has_more=None, cursor="next").next({}, Page({"next": end}), 1) is None


@pytest.mark.parametrize("token", [0, "0", -1, "-1"])
def test_a_flag_and_an_id_win_over_the_tokens_of_the_end(token: Any) -> None:
    assert Cursor().next({}, Page({"pagination": {"next_cursor": token, "has_more": True}}), 1) == {"cursor": token}
    last = Cursor(cursor="id", parameter="after", has_more=None, of_last_item=True)
    assert last.next({}, Page({"items": [{"id": token}]}), 1) == {"after": token}


@pytest.mark.parametrize(
    ("flag", "more"), [(0, False), ("0", False), ("false", False), ("False", False), (1, True), ("true", True)]
)
def test_a_flag_may_be_a_number_or_text(flag: Any, more: bool) -> None:
    page = Page({"pagination": {"next_cursor": "c2", "has_more": flag}})
    assert Cursor().next({}, page, 1) == ({"cursor": "c2"} if more else None)
    if more:
        with pytest.raises(PaginationError):
            Cursor().next({}, Page({"pagination": {"has_more": flag}}), 1)


def test_a_cursor_may_be_a_member_of_the_last_item() -> None:
    strategy = Cursor(items="data", cursor="id", parameter="starting_after", has_more="has_more", of_last_item=True)
    assert strategy.next({}, Page({"data": [{"id": "a"}, {"id": "b"}], "has_more": True}), 2) == {"starting_after": "b"}
    assert strategy.next({}, Page({"data": [{"id": "a"}], "has_more": False}), 1) is None
    without_flag = Cursor(items="data", cursor="id", has_more=None, of_last_item=True)
    assert without_flag.next({}, Page({"data": []}), 1) is None


@pytest.mark.parametrize("token", [True, {}, ["t"], 1.5])
def test_a_token_of_another_type_is_a_decode_error(token: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        PageToken().next({}, Page({"next_page_token": token}), 1)
    assert caught.value.path == "next_page_token"


def test_has_more_without_a_cursor_is_an_error() -> None:
    with pytest.raises(PaginationError, match=r"pagination\.next_cursor"):
        Cursor().next({}, Page({"pagination": {"has_more": True}}), 1)


@pytest.mark.parametrize("cursor", [{}, "https://h/x", {"page": "2", "offset": "2"}])
def test_a_cursor_without_a_number_is_an_invalid_request(cursor: Any) -> None:
    for strategy in (PageNumbers(), Offset(total=None)):
        with pytest.raises(InvalidRequestError, match="invalid cursor"):
            strategy.next(cursor, Page({"items": [1]}), 1)


def test_predictions_stop_at_the_total() -> None:
    page = Page({"items": [1, 2], "total": 7})
    numbers, offsets = PageNumbers(total="total"), Offset()
    assert [numbers.predict({"page": 1}, page, 2, steps) for steps in (1, 2, 3, 4)] == [
        {"page": 2},
        {"page": 3},
        {"page": 4},
        None,
    ]
    assert [offsets.predict({"offset": 0}, page, 2, steps) for steps in (1, 2, 3, 4)] == [
        {"offset": 2},
        {"offset": 4},
        {"offset": 6},
        None,
    ]


@pytest.mark.parametrize("total", [-1, 0, 1, 5])
def test_a_total_below_what_came_does_not_end_a_prediction(total: int) -> None:
    page = Page({"items": [1, 2, 3], "total": total})
    assert [PageNumbers(total="total").predict({"page": 2}, page, 6, steps) for steps in (1, 2)] == [
        {"page": 3},
        {"page": 4},
    ]
    assert [Offset().predict({"offset": 3}, page, 3, steps) for steps in (1, 2)] == [{"offset": 6}, {"offset": 9}]


@pytest.mark.parametrize("page", [1.5, "1.5", Decimal("1.5"), float("inf"), [1], b"1x"])
def test_a_number_that_is_not_whole_is_an_invalid_request(page: Any) -> None:
    for strategy in (PageNumbers(), Offset(offset="page")):
        with pytest.raises(InvalidRequestError, match="'page' must be an integer"):
            strategy.first({"page": page})


def test_a_link_is_found_in_any_header_and_made_absolute() -> None:
    headers = Headers.received([("Link", '<a>; rel="prev"'), ("link", "</b?x=1>; rel=next")])
    assert LinkHeader().next({}, Page([], headers, "https://h/p/q?y=2"), 1) == "https://h/b?x=1"
    assert LinkHeader(rel="prev").next({}, Page([], headers, "https://h/p/q?y=2"), 1) == "https://h/p/a"
    assert LinkHeader(rel="last").next({}, Page([], headers, "https://h/p/q?y=2"), 1) is None


@pytest.mark.parametrize("params", ['results="false"', "results=false; cursor=x", 'title="x"; results=false'])
def test_a_link_that_is_marked_as_empty_is_the_end(params: str) -> None:
    page = Page([], Headers.received([("Link", f"</x?c=1>; rel=next; {params}")]), "https://h/x")
    assert LinkHeader().next({}, page, 0) is None
    assert LinkHeader(end_param=None).next({}, page, 0) == "https://h/x?c=1"
    assert LinkHeader(end_param=("results", "true")).next({}, page, 0) == "https://h/x?c=1"
