"""The wording of the error messages of `asdk.pagination`. Other tests check classes and attributes only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asdk.errors import AsdkError
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.pagination import Cursor, CursorScope, Offset, Page, PageCursor, PageNumbers, PageToken, Paginator
from asdk.pagination.cursor import Position, encode_position


async def fetch(cursor: PageCursor) -> Response:
    body = b'{"items": [{"id": "x"}], "next_page_token": "t"}'
    return Response(200, {}, body, request=Request("GET", "https://h/items", "/items", Headers()))


def paginator(template: str = "/items", **options: Any) -> Paginator[Any]:
    return Paginator(fetch, lambda data: data, PageToken(), {}, template, **options)


def linked() -> Paginator[Any]:
    return paginator(scope=CursorScope(lambda: "https://h/items"))


MESSAGES: list[tuple[Callable[[], Any], str]] = [
    (lambda: paginator(prefetch=-1), "prefetch must be a number of pages, 0 or more, got -1"),
    (lambda: paginator().resume("x"), "invalid cursor; pass a value of Paginator.cursor"),
    (
        lambda: paginator().resume(paginator("/others").cursor),
        "this cursor belongs to another collection; use the path, parameters and tenant that it was taken with",
    ),
    (
        lambda: paginator().resume(encode_position(Position({"owner": "x"}), "/items None")),
        "this cursor sets the parameter 'owner', which its strategy does not carry; add it to carries= of the "
        "strategy, or sign cursors with cursor_key=",
    ),
    (
        lambda: linked().resume(encode_position(Position("/others"), "https://h/items None")),
        "this cursor is a link with another path or other parameters than the collection; add the parameters to "
        "carries= of the strategy, or sign cursors with cursor_key=",
    ),
    (
        lambda: paginator().with_cursor_key("key").resume(paginator().cursor),
        "this cursor is not signed with cursor_key=; pass a value of Paginator.cursor taken with the key",
    ),
    (
        lambda: paginator().with_cursor_key(b""),
        "cursor_key must be a str, bytes or Secret that is not empty, got bytes",
    ),
    (lambda: PageNumbers().first({"page": "x"}), "query parameter 'page' must be an integer, got 'x'"),
    (
        lambda: Offset().next({}, Page({"items": [1]}), 1),
        "invalid cursor: it must contain the integer 'offset'",
    ),
    (lambda: PageNumbers(items="data.rows").items(Page([])), "data.rows: expected a list of items"),
    (lambda: PageNumbers(items=None).items(Page({})), "the body: expected a list of items"),
    (
        lambda: PageToken().next({}, Page({"next_page_token": True}), 1),
        "next_page_token: expected a cursor, which is a string or an integer",
    ),
    (
        lambda: Cursor().next({}, Page({"pagination": {"has_more": True}}), 1),
        "the server reported more pages but sent no cursor (pagination.next_cursor)",
    ),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:60] for _, message in MESSAGES])
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        call()
    assert caught.value.message == message


async def test_the_message_of_a_repeated_cursor() -> None:
    with pytest.raises(AsdkError) as caught:
        await paginator().collect()
    assert caught.value.message == "the server repeated the page cursor page_token"


async def test_the_message_of_an_equal_page() -> None:
    with pytest.raises(AsdkError) as caught:
        await Paginator(fetch, lambda data: data, PageNumbers(), {}, "/items").collect()
    assert caught.value.message == (
        "two pages in a row have the same items, the second at the page cursor page=2: the server ignores the "
        "parameter or repeats its last page; allow_equal_pages=True on the strategy accepts them"
    )


async def test_the_message_of_too_many_empty_pages() -> None:
    with pytest.raises(AsdkError) as caught:
        await Paginator(fetch, lambda data: data, PageToken(items="rows", max_empty_pages=0), {}, "/items").collect()
    assert caught.value.message == (
        "1 pages in a row have no items, and the server names a next page; set max_empty_pages= on the strategy to "
        "allow more"
    )
