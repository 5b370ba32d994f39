"""Pages by POST, links in the body, and GraphQL connections, through `BaseClient.paginate`."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from asdk import (
    BaseClient,
    DecodeError,
    InvalidRequestError,
    PaginationError,
    Request,
    Retry,
    Secret,
    ServerError,
    StatusError,
    model,
)
from asdk.pagination import (
    Cursor,
    GraphQLConnection,
    LinkHeader,
    NextLink,
    Offset,
    PageNumbers,
    PageStrategy,
    PageToken,
)
from asdk.testing import MemoryTransport, Reply, VirtualClock

URL = "https://api.example.org"
ITEMS = list(range(7))


def body_of(request: Request) -> Any:
    assert isinstance(request.body, bytes)
    return json.loads(request.body)


def client_of(answer: Any, **options: Any) -> tuple[BaseClient, MemoryTransport]:
    transport = MemoryTransport(answer)
    return BaseClient(base_url=URL, transport=transport, clock=VirtualClock(), **options), transport


def search(request: Request) -> Reply:
    """Answer a search with three items per page, whatever the scheme of the pages is."""
    body = body_of(request)
    start = int(body.get("offset", body.get("after") or 0))
    if "page" in body:
        start = 3 * (body["page"] - 1)
    found = ITEMS[start : start + 3]
    more = start + 3 < len(ITEMS)
    cursor = str(start + 3) if more else None
    return Reply(json={"items": found, "total": len(ITEMS), "next": cursor, "pagination": {"has_more": more}})


STRATEGIES: list[PageStrategy] = [
    PageNumbers(total="total"),
    Offset(),
    PageToken(token="next", parameter="after"),
    Cursor(cursor="next", parameter="after"),
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
@pytest.mark.parametrize("prefetch", [0, 3])
async def test_pages_by_post_have_every_item_once(strategy: PageStrategy, prefetch: int) -> None:
    client, transport = client_of(search)
    query = {"filter": {"a": 1}}
    before = copy.deepcopy(query)
    assert await client.paginate("/search", json=query, strategy=strategy, prefetch=prefetch) == ITEMS
    assert query == before, "the caller's body is not changed"
    assert {sent.request.method for sent in transport.sent} == {"POST"}
    assert all(body_of(sent.request)["filter"] == {"a": 1} for sent in transport.sent)
    assert all("?" not in sent.request.url for sent in transport.sent)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
async def test_pages_by_post_resume_where_they_were(strategy: PageStrategy) -> None:
    client, _ = client_of(search)
    paginator = client.paginate("/search", json={"q": "x"}, strategy=strategy)
    found = []
    async for item in paginator:
        found.append(item)
        if len(found) == 4:
            break
    cursor = paginator.cursor
    assert cursor is not None
    rest = await client.paginate("/search", json={"q": "x"}, strategy=strategy).resume(cursor)
    assert [*found, *rest] == ITEMS
    for other in ({"q": "y"}, {"q": "x", "z": 1}):
        with pytest.raises(InvalidRequestError, match="another collection"):
            client.paginate("/search", json=other, strategy=strategy).resume(cursor)


async def test_the_callers_own_start_is_in_the_body() -> None:
    client, transport = client_of(search)
    assert await client.paginate("/search", json={"offset": 5}, strategy=Offset()) == [5, 6]
    assert body_of(transport.sent[0].request) == {"offset": 5}


async def test_a_cursor_is_set_at_a_path_of_the_body() -> None:
    client, transport = client_of([Reply(json={"items": [1], "next": "b"}), Reply(json={"items": [2]})])
    strategy = PageToken(token="next", parameter="options.page.after")
    query = {"options": {"size": 3, "page": None}}
    assert await client.paginate("/search", json=query, strategy=strategy) == [1, 2]
    assert body_of(transport.sent[1].request) == {"options": {"size": 3, "page": {"after": "b"}}}


async def test_a_model_is_a_body_of_pages() -> None:
    @model
    class Query:
        text: str
        after: str | None = None

    client, transport = client_of([Reply(json={"items": [1], "next": "b"}), Reply(json={"items": [2]})])
    strategy = PageToken(token="next", parameter="after")
    assert await client.paginate("/search", json=Query(text="x"), strategy=strategy) == [1, 2]
    assert body_of(transport.sent[1].request)["after"] == "b"


@pytest.mark.parametrize("body", [[1], "text", 7, None, b"{}"])
def test_a_body_that_has_no_members_is_rejected(body: Any) -> None:
    client, transport = client_of([])
    with pytest.raises(InvalidRequestError, match="mapping or a model"):
        client.paginate("/search", json=body, strategy=Offset())
    assert transport.sent == []


async def test_a_page_by_post_is_retried() -> None:
    client, _ = client_of([Reply(503), Reply(json={"items": [1], "total": 1})], retry=Retry(attempts=2))
    assert await client.paginate("/search", json={}, strategy=Offset()) == [1]
    client, transport = client_of([Reply(503), Reply(json={})], retry=Retry(attempts=2))
    with pytest.raises(ServerError):
        await client.paginate("/search", json={}, strategy=Offset(), idempotent=False)
    assert len(transport.sent) == 1


async def test_a_secret_in_the_body_is_in_no_cursor() -> None:
    client, _ = client_of(search)
    paginator = client.paginate("/search", json={"key": Secret("s3cr3t-value-123")}, strategy=Offset())
    async for _item in paginator:
        break
    assert paginator.cursor is not None
    assert "s3cr3t" not in f"{paginator.cursor} {paginator!r} {vars(paginator)}"


# --- links in the body -----------------------------------------------------------------------------------------------


def linked(request: Request) -> Reply:
    start = int(request.url.rpartition("start=")[2]) if "start=" in request.url else 0
    more = start + 3 < len(ITEMS)
    following = f"/things?size=3&start={start + 3}" if more else None
    return Reply(json={"results": ITEMS[start : start + 3], "links": {"next": following}})


async def test_a_link_in_the_body_leads_to_the_next_page() -> None:
    client, transport = client_of(linked)
    strategy = NextLink("links.next", items="results")
    paginator = client.paginate("/things", params={"size": 3}, strategy=strategy)
    assert await paginator == ITEMS
    assert [sent.request.url for sent in transport.sent][1:] == [f"{URL}/things?size=3&start={n}" for n in (3, 6)]


async def test_a_walk_along_links_resumes() -> None:
    client, _ = client_of(linked)
    strategy = NextLink("links.next", items="results", carries=("start",))
    paginator = client.paginate("/things", params={"size": 3}, strategy=strategy)
    found = []
    async for item in paginator:
        found.append(item)
        if len(found) == 4:
            break
    assert paginator.cursor is not None
    rest = await client.paginate("/things", params={"size": 3}, strategy=strategy).resume(paginator.cursor)
    assert [*found, *rest] == ITEMS


@pytest.mark.parametrize("end", [None, "", False])
@pytest.mark.parametrize("missing", [True, False])
async def test_a_page_without_a_link_is_the_last(end: Any, missing: bool) -> None:
    client, _ = client_of([Reply(json={"items": [1]} if missing else {"items": [1], "next": end})])
    assert await client.paginate("/things", strategy=NextLink()) == [1]


@pytest.mark.parametrize(
    "link",
    ["https://evil.example.org/x", "http://api.example.org/x", "//evil.example.org/x", "ftp://api.example.org/x"],
)
async def test_a_link_to_another_origin_is_rejected(link: str) -> None:
    client, transport = client_of([Reply(json={"items": [1], "next": link})])
    with pytest.raises(PaginationError):
        await client.paginate("/things", strategy=NextLink())
    assert len(transport.sent) == 1


async def test_a_link_to_a_server_of_the_api_is_followed() -> None:
    link = "https://files.example.org/x"
    replies = [Reply(json={"items": [1], "next": link}), Reply(json={"items": [2]})]
    client, _ = client_of(replies, servers={"files": "https://files.example.org"})
    assert await client.paginate("/things", strategy=NextLink()) == [1, 2]


@pytest.mark.parametrize("link", [7, True, {"href": "/x"}, ["/x"]])
async def test_a_link_of_another_type_is_a_decode_error(link: Any) -> None:
    client, _ = client_of([Reply(json={"items": [1], "next": link})])
    with pytest.raises(DecodeError):
        await client.paginate("/things", strategy=NextLink())


@pytest.mark.parametrize("strategy", [NextLink(), LinkHeader(items="items"), Offset(), GraphQLConnection("c")])
async def test_a_missing_list_is_an_empty_page_unless_it_is_required(strategy: PageStrategy) -> None:
    client, _ = client_of([Reply(json={"total": 0}), Reply(json={})])
    assert await client.paginate("/things", strategy=strategy) == []


@pytest.mark.parametrize("strategy", [NextLink(items_required=True), GraphQLConnection("c", items_required=True)])
async def test_a_required_list_that_is_missing_is_a_decode_error(strategy: PageStrategy) -> None:
    client, _ = client_of([Reply(json={})])
    with pytest.raises(DecodeError):
        await client.paginate("/things", strategy=strategy)


# --- GraphQL ---------------------------------------------------------------------------------------------------------


class Graph(BaseClient):
    base_url = URL
    error_when = "errors"


QUERY = {"query": "query($after: String) { ... }", "variables": {"owner": "a"}}


def connection(start: int, *, edges: bool) -> dict[str, Any]:
    found = ITEMS[start : start + 3]
    nodes = {"edges": [{"node": item} for item in found]} if edges else {"nodes": found}
    more = start + 3 < len(ITEMS)
    return {**nodes, "pageInfo": {"hasNextPage": more, "endCursor": str(start + 3)}}


@pytest.mark.parametrize("edges", [True, False])
async def test_a_connection_is_walked_by_its_cursors(edges: bool) -> None:
    def answer(request: Request) -> Reply:
        start = int(body_of(request)["variables"].get("after", 0))
        return Reply(json={"data": {"repository": {"issues": connection(start, edges=edges)}}})

    transport = MemoryTransport(answer)
    pages = Graph(transport=transport).paginate(
        "/graphql", json=QUERY, strategy=GraphQLConnection("data.repository.issues")
    )
    assert await pages == ITEMS
    variables = [body_of(sent.request)["variables"] for sent in transport.sent]
    assert variables == [{"owner": "a"}, {"owner": "a", "after": "3"}, {"owner": "a", "after": "6"}]


async def test_a_connection_that_is_null_has_no_items() -> None:
    transport = MemoryTransport([Reply(json={"data": {"repository": None}})])
    strategy = GraphQLConnection("data.repository.issues")
    assert await Graph(transport=transport).paginate("/graphql", json=QUERY, strategy=strategy) == []


async def test_an_error_of_graphql_is_raised() -> None:
    transport = MemoryTransport([Reply(json={"data": None, "errors": [{"message": "no such field"}]})])
    with pytest.raises(StatusError, match="no such field"):
        await Graph(transport=transport).paginate("/graphql", json=QUERY, strategy=GraphQLConnection("data.x"))


@pytest.mark.parametrize("cursor", [None, "", False])
async def test_more_pages_without_a_cursor_are_an_error(cursor: Any) -> None:
    info = {"hasNextPage": True, "endCursor": cursor}
    transport = MemoryTransport([Reply(json={"data": {"x": {"nodes": [1], "pageInfo": info}}})])
    with pytest.raises(PaginationError, match="endCursor"):
        await Graph(transport=transport).paginate("/graphql", json=QUERY, strategy=GraphQLConnection("data.x"))


async def test_a_cursor_that_repeats_is_an_error() -> None:
    page = {"data": {"x": {"nodes": [1], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}}}
    client = Graph(transport=MemoryTransport(lambda request: Reply(json=page)))
    with pytest.raises(PaginationError, match="repeated"):
        await client.paginate("/graphql", json=QUERY, strategy=GraphQLConnection("data.x"))


@pytest.mark.parametrize("found", [7, "x", [1], {"nodes": 7}, {"edges": {}}])
async def test_something_else_than_a_connection_is_a_decode_error(found: Any) -> None:
    client = Graph(transport=MemoryTransport([Reply(json={"data": {"x": found}})]))
    with pytest.raises(DecodeError):
        await client.paginate("/graphql", json=QUERY, strategy=GraphQLConnection("data.x"))
