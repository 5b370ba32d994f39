"""The opaque cursor of an iteration: it round-trips, and any other text is rejected."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk import BaseClient, Secret, Tenant
from asdk.errors import InvalidRequestError, PaginationError
from asdk.pagination import Cursor as CursorStrategy
from asdk.pagination import LinkHeader, Offset, Page, PageCursor, PageNumbers, PageStrategy, PageToken, Paginator
from asdk.pagination.cursor import Position, collection_id, decode_position, encode_position
from asdk.testing import MemoryTransport, Reply

CURSORS = (
    st.none() | st.text() | st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.booleans(), max_size=3)
)


@given(CURSORS, st.integers(0, 10**9), st.integers(0, 10**6), st.text())
def test_a_position_round_trips(cursor: Any, seen: int, delivered: int, collection: str) -> None:
    text = encode_position(Position(cursor, seen, delivered), collection)
    assert decode_position(text, collection) == Position(cursor, seen, delivered)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert text.isascii()


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_an_invalid_request(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="invalid cursor"):
        decode_position(text, "c")


@pytest.mark.parametrize(
    "parts",
    [
        None,
        {},
        [],
        [2, collection_id("c"), {}, 0, 0],
        [1, collection_id("c"), [], 0, 0],
        [1, collection_id("c"), 5, 0, 0],
        [1, collection_id("c"), {}, -1, 0],
        [1, collection_id("c"), {}, 0, True],
        [1, collection_id("c"), {}, 0, 1.5],
        [1, collection_id("c"), {}, 0],
    ],
)
def test_a_cursor_of_another_format_is_an_invalid_request(parts: Any) -> None:
    with pytest.raises(InvalidRequestError, match="invalid cursor"):
        decode_position(base64.urlsafe_b64encode(json.dumps(parts).encode()).decode(), "c")


@pytest.mark.parametrize("text", [None, 5, b"", "é"])
def test_anything_but_ascii_text_is_an_invalid_request(text: Any) -> None:
    with pytest.raises(InvalidRequestError):
        decode_position(text, "c")


def test_a_cursor_does_not_reveal_its_collection() -> None:
    text = encode_position(Position({"page": 2}), "https://h/x?search=my-illness")
    assert b"illness" not in base64.urlsafe_b64decode(text + "==")


def test_scalars_in_a_cursor_become_text() -> None:
    text = encode_position(Position({"since": datetime(2025, 1, 2, tzinfo=UTC)}), "c")
    assert decode_position(text, "c").cursor == {"since": "2025-01-02T00:00:00+00:00"}


# --- cursors that an attacker wrote ---------------------------------------------------------------------------------

BASE = "https://api.example.org"
COLLECTION = f"{BASE}/documents?owner=me&tag=a&tag=b None"
KEY = Secret("0123456789abcdef")


def documents(server: MemoryTransport, strategy: PageStrategy, **options: Any) -> Paginator[Any]:
    client = BaseClient(base_url=BASE, auth=None, transport=server)
    return client.paginate("/documents", params={"owner": "me", "tag": ["a", "b"]}, strategy=strategy, **options)


def forged(paginator: Paginator[Any], cursor: object) -> str:
    """Return a cursor of this collection with other contents."""
    payload = paginator.cursor.partition(".")[0]
    parts = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    parts[2] = cursor
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def any_page() -> MemoryTransport:
    return MemoryTransport(lambda request: Reply(json={"items": [1]}))


STRATEGIES: list[PageStrategy] = [
    PageNumbers(),
    Offset(),
    PageToken(),
    CursorStrategy(),
    LinkHeader(items="items"),
]
PARAMETERS: list[dict[str, Any]] = [
    {"owner": "somebody-else"},
    {"owner": None},
    {"owner": []},
    {"Owner": "x"},
    {"page": 1, "owner": "x"},
    {"page": 1, "admin": True},
    {"tag": "c"},
    {"": "x"},
    {"page&owner": "x"},
    {"page[owner]": "x"},
    {"page": {"owner": "x"}},
    {"page": [1, 2]},
    {"\x1b[31m\u202e" + "x" * 100: 1},
]


@pytest.mark.parametrize("cursor", PARAMETERS, ids=lambda cursor: str(cursor)[:40])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
def test_a_cursor_may_set_only_what_the_strategy_carries(strategy: PageStrategy, cursor: dict[str, Any]) -> None:
    paginator = documents(any_page(), strategy)
    with pytest.raises(InvalidRequestError) as caught:
        paginator.resume(forged(paginator, cursor))
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 250
    assert "somebody-else" not in caught.value.message


@pytest.mark.parametrize(
    "link",
    [
        "https://api.example.org/admin/export?all=1",
        "https://api.example.org/documents?page=2",
        "https://api.example.org/documents?owner=me&tag=a&page=2",
        "https://api.example.org/documents?owner=you&tag=a&tag=b&page=2",
        "https://api.example.org/documents?owner=me&owner=you&tag=a&tag=b",
        "https://api.example.org/documents?owner=me&tag=a&tag=b&%6fwner=you",
        "https://api.example.org/documents?owner=me&tag=a&tag=b&page=2;owner=you",
        "https://api.example.org/documents?owner=me&tag=a&tag=b&all=",
        "https://api.example.org/documents/?owner=me&tag=a&tag=b",
        "https://api.example.org/documents/7?owner=me&tag=a&tag=b",
        "https://api.example.org/documents%2F..%2Fadmin?owner=me&tag=a&tag=b",
        "https://api.example.org//documents?owner=me&tag=a&tag=b",
        "/admin",
        "?owner=you&tag=a&tag=b",
        "",
        "x",
    ],
)
def test_a_link_in_a_cursor_must_be_that_of_the_collection(link: str) -> None:
    paginator = documents(any_page(), LinkHeader(items="items"))
    if link == "":
        paginator.resume(forged(paginator, link))  # the collection itself
        return
    with pytest.raises(InvalidRequestError, match="a link with another path or other parameters") as caught:
        paginator.resume(forged(paginator, link))
    assert "you" not in caught.value.message


@pytest.mark.parametrize(
    "link", ["https://evil.example.net/x", "//evil.example.net", "http://api.example.org/", "a\\b"]
)
async def test_a_link_in_a_cursor_does_not_leave_the_origin(link: str) -> None:
    server = any_page()
    for options in ({}, {"cursor_key": KEY}):
        paginator = documents(server, LinkHeader(items="items"), **options)
        cursor = encode_position(
            Position(link), f"{BASE}/documents?owner=me&tag=a&tag=b None", options.get("cursor_key")
        )
        with pytest.raises(PaginationError, match="cannot be followed"):
            await paginator.resume(cursor).collect()
    assert server.sent == []


@given(st.text() | st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.none(), max_size=3))
def test_no_forged_cursor_changes_the_path_or_the_parameters(cursor: Any) -> None:
    for strategy in STRATEGIES:
        paginator = documents(any_page(), strategy)
        try:
            position = paginator.resume(forged(paginator, cursor))._first_position()
        except InvalidRequestError:
            continue
        carried: Any = strategy
        found = position.cursor
        assert isinstance(found, str) or set(found or {}) <= set(carried.carries)


@pytest.mark.parametrize(
    "link",
    [
        "/documents?owner=me&tag=a&tag=b&page=2",
        "https://API.example.org:443/documents?page=2&tag=a&tag=b&owner=%6De",
        "?cursor=x&owner=me&tag=a&tag=b&page=#top",
    ],
)
async def test_a_link_with_the_parameters_of_the_collection_is_resumed(link: str) -> None:
    server = MemoryTransport(
        [Reply(json=[0], headers={"Link": f"<{link}>; rel=next"}), Reply(json=[1]), Reply(json=[1])]
    )
    paginator = documents(server, LinkHeader())
    async for page in paginator.pages():
        assert page == [0]
        break
    assert await paginator.resume(paginator.cursor).collect() == [1]


def test_a_strategy_may_carry_more() -> None:
    strategy = PageNumbers(carries=["page", "snapshot"])
    paginator = documents(any_page(), strategy)
    paginator.resume(forged(paginator, {"page": 2, "snapshot": "s1"}))
    links = documents(any_page(), LinkHeader(carries="after"))
    links.resume(forged(links, f"{BASE}/documents?owner=me&tag=a&tag=b&after=x"))
    with pytest.raises(InvalidRequestError):
        links.resume(forged(links, f"{BASE}/documents?owner=me&tag=a&tag=b&page=2"))


class Chosen:
    """A strategy of a user, which says nothing about what it carries."""

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        return {"part": "a"}

    def items(self, page: Page) -> Sequence[Any]:
        found: list[Any] = page.data["items"]
        return found

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        return None


def test_the_cursor_of_a_strategy_without_carries_needs_a_key() -> None:
    paginator = documents(any_page(), Chosen())
    with pytest.raises(InvalidRequestError, match=r"'part'.* carries= .*cursor_key="):
        paginator.resume(paginator.cursor)
    signed = paginator.with_cursor_key(KEY)
    signed.resume(signed.cursor)


# --- signed cursors -------------------------------------------------------------------------------------------------


async def test_a_signed_cursor_may_have_another_path() -> None:
    link = {"Link": "</repositories/7/documents?page=2&sort=x>; rel=next"}
    server = MemoryTransport([Reply(json=[0], headers=link), Reply(json=[1])])
    paginator = documents(server, LinkHeader(), cursor_key=b"0123456789abcdef")
    async for _ in paginator.pages():
        break
    resumed = documents(server, LinkHeader()).with_cursor_key("0123456789abcdef").resume(paginator.cursor)
    assert await resumed.collect() == [1]
    assert server.sent[-1].url == f"{BASE}/repositories/7/documents?page=2&sort=x"


@pytest.mark.parametrize("way", ["unsigned", "altered", "cut", "of another key", "of another part", "other letters"])
def test_a_cursor_without_its_signature_is_refused(way: str) -> None:
    paginator = documents(any_page(), PageNumbers(), cursor_key=KEY)
    payload, _, signature = paginator.cursor.partition(".")
    bad = {
        "unsigned": payload,
        "altered": f"{forged(paginator, {'page': 7})}.{signature}",
        "cut": f"{payload}.{signature[:-1]}",
        "of another key": documents(any_page(), PageNumbers(), cursor_key="other").cursor,
        "of another part": f"{payload}.{payload}",
        "other letters": f"{payload}.\udce9{signature}",
    }
    paginator.resume(paginator.cursor)
    with pytest.raises(InvalidRequestError, match="not signed with cursor_key="):
        paginator.resume(bad[way])


def test_a_signed_cursor_is_bound_to_its_collection_and_tenant() -> None:
    client = BaseClient(base_url=BASE, transport=any_page())
    cursor = client.paginate("/a", strategy=PageNumbers(), cursor_key=KEY, tenant=Tenant("mine")).cursor
    for other in (
        client.paginate("/a", strategy=PageNumbers(), cursor_key=KEY),
        client.paginate("/b", strategy=PageNumbers(), cursor_key=KEY, tenant=Tenant("mine")),
    ):
        with pytest.raises(InvalidRequestError, match="another collection"):
            other.resume(cursor)


def test_without_a_key_a_signed_cursor_may_set_what_others_may() -> None:
    paginator = documents(any_page(), PageNumbers())
    paginator.resume(paginator.with_cursor_key(KEY).cursor)
    with pytest.raises(InvalidRequestError, match="'owner'"):
        paginator.resume(encode_position(Position({"owner": "x"}), COLLECTION, KEY))


@pytest.mark.parametrize("key", ["", b"", Secret(""), 5, object()])
def test_a_cursor_key_must_not_be_empty(key: Any) -> None:
    with pytest.raises(InvalidRequestError, match="cursor_key must be"):
        documents(any_page(), PageNumbers(), cursor_key=key)
    with pytest.raises(InvalidRequestError, match="cursor_key must be"):
        documents(any_page(), PageNumbers()).with_cursor_key(key)


def test_a_cursor_key_is_not_shown() -> None:
    paginator = documents(any_page(), PageNumbers(), cursor_key="k3y-of-the-app")
    assert "k3y" not in f"{paginator!r} {vars(paginator)!r}"


def test_a_position_does_not_show_the_text_of_a_server() -> None:
    for cursor in ({"page_token": "t0ken"}, f"{BASE}/documents?page_token=t0ken"):
        assert "t0ken" not in repr(Position(cursor, 3, 1))
