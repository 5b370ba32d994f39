"""Page strategies: the cursors of the first page and of the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


@pytest.mark.parametrize("data", [{}, [], None, 5, {"items": None}, {"items": {}}, {"items": "ab"}, {"other": []}])
def test_a_page_without_its_list_is_a_decode_error(data: Any) -> None:
    for strategy in (PageNumbers(), Offset(), PageToken(), Cursor(), LinkHeader(items="items")):
        with pytest.raises(DecodeError, match="items: ") as caught:
            strategy.items(Page(data))
        assert caught.value.path == "items"
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
        (PageToken(), {"next_page_token": 0}, {"page_token": 0}),
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


def test_a_link_is_found_in_any_header_and_made_absolute() -> None:
    headers = Headers.received([("Link", '<a>; rel="prev"'), ("link", "</b?x=1>; rel=next")])
    assert LinkHeader().next({}, Page([], headers, "https://h/p/q?y=2"), 1) == "https://h/b?x=1"
    assert LinkHeader(rel="prev").next({}, Page([], headers, "https://h/p/q?y=2"), 1) == "https://h/p/a"
    assert LinkHeader(rel="last").next({}, Page([], headers, "https://h/p/q?y=2"), 1) is None
