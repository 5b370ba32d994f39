"""The response cache: what is stored, for which caller, and for how long."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

import pytest

from asdk import (
    ApiKey,
    BaseClient,
    ConfigurationError,
    ConnectError,
    NotFoundError,
    Request,
    Retry,
    Secret,
    ServerError,
    Tenant,
    TenantHeaders,
)
from asdk.middleware import CacheMiddleware, RetryMiddleware
from asdk.testing import MemoryTransport, Reply, VirtualClock

FRESH = {"Cache-Control": "max-age=60"}


class Client(BaseClient):
    base_url = "https://api.example.org"
    tenant_headers = TenantHeaders(tenant="X-Tenant")


def make_client(
    *replies: Reply | Callable[[Request], Reply], cache: CacheMiddleware | None = None, **options: Any
) -> tuple[Client, MemoryTransport]:
    first = replies[0]
    transport = MemoryTransport(first if callable(first) else [reply for reply in replies if isinstance(reply, Reply)])
    options = {"clock": VirtualClock(auto=False), "retry": None, **options}
    return Client(transport=transport, middleware=[cache or CacheMiddleware()], **options), transport


def numbered(headers: dict[str, str]) -> Callable[[Request], Reply]:
    """Answer with the number of the request, which identifies a response from the cache."""
    count = 0

    def answer(request: Request) -> Reply:
        nonlocal count
        count += 1
        return Reply(json=count, headers=headers)

    return answer


async def get(client: BaseClient, path: str = "/x", **arguments: Any) -> Any:
    return await client.request("GET", path, **arguments)


def clock_of(client: BaseClient) -> VirtualClock:
    return cast("VirtualClock", client.clock)


# --- how long ---------------------------------------------------------------------------------------------------------


async def test_a_fresh_response_needs_no_request_and_has_an_age() -> None:
    client, transport = make_client(numbered(FRESH))
    assert await get(client) == 1
    await clock_of(client).advance(30)
    response = await client.send(client.build_request("GET", "/x"))
    assert (response.status, response.json(), response.headers["Age"]) == (200, 1, "30")
    await clock_of(client).advance(31)
    assert await get(client) == 2
    assert len(transport.sent) == 2


async def test_a_stale_response_is_revalidated_and_fresh_after_a_304() -> None:
    confirmed = Reply(304, headers={"ETag": '"1"', "X-New": "yes", "Content-Length": "0", **FRESH})
    client, transport = make_client(Reply(json="one", headers={"ETag": '"1"', **FRESH}), confirmed, Reply(json="two"))
    assert await get(client) == "one"
    await clock_of(client).advance(61)
    response = await client.send(client.build_request("GET", "/x"))
    assert (response.status, response.json(), response.headers["X-New"]) == (200, "one", "yes")
    assert transport.sent[1].headers["If-None-Match"] == '"1"'
    await clock_of(client).advance(59)
    assert await get(client) == "one"
    await clock_of(client).advance(2)
    assert await get(client) == "two"
    assert len(transport.sent) == 3


async def test_a_condition_is_not_left_on_the_request() -> None:
    client, transport = make_client(Reply(json=1, headers={"ETag": '"1"'}), Reply(json=2, headers={"ETag": '"2"'}))
    await get(client)
    request = client.build_request("GET", "/x")
    await client.send(request)
    assert "If-None-Match" in transport.sent[1].headers
    assert "If-None-Match" not in request.headers


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"ETag": 'W/"1"'}, "If-None-Match"),
        ({"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}, "If-Modified-Since"),
        ({"ETag": '"1"', "Cache-Control": "no-cache, max-age=60"}, "If-None-Match"),
        ({"ETag": '"1"', "Expires": "0"}, "If-None-Match"),
        ({"ETag": '"1"', "Cache-Control": "max-age=0"}, "If-None-Match"),
    ],
)
async def test_a_response_without_freshness_is_revalidated_each_time(headers: dict[str, str], condition: str) -> None:
    client, transport = make_client(Reply(json=1, headers=headers), Reply(304), Reply(304), Reply(json=2))
    assert [await get(client) for _ in range(4)] == [1, 1, 1, 2]
    assert condition not in transport.sent[0].headers
    assert all(condition in sent.headers for sent in transport.sent[1:])


async def test_expires_counts_from_the_servers_own_date() -> None:
    hour_ahead = 1_750_000_000 + 3600
    dates = {"Date": formatdate(hour_ahead, usegmt=True), "Expires": formatdate(hour_ahead + 60, usegmt=True)}
    client, _ = make_client(numbered(dates))
    assert [await get(client), await get(client)] == [1, 1]
    await clock_of(client).advance(61)
    assert await get(client) == 2


@pytest.mark.parametrize("ahead", [3600, 0, -3600])
async def test_a_wrong_clock_of_the_server_does_not_extend_a_lifetime(ahead: int) -> None:
    client, _ = make_client(numbered({"Date": formatdate(1_750_000_000 + ahead, usegmt=True), **FRESH}))
    await get(client)
    assert await get(client) == (2 if ahead < 0 else 1)
    await clock_of(client).advance(61)
    assert await get(client) == (3 if ahead < 0 else 2)


async def test_the_time_in_caches_on_the_way_counts() -> None:
    client, _ = make_client(numbered({"Age": "50", **FRESH}))
    assert [await get(client), await get(client)] == [1, 1]
    await clock_of(client).advance(11)
    assert await get(client) == 2


async def test_a_304_that_confirms_something_else_leads_to_a_plain_request() -> None:
    client, transport = make_client(
        Reply(json=1, headers={"ETag": '"1"'}), Reply(304, headers={"ETag": '"9"'}), Reply(json=2)
    )
    assert [await get(client), await get(client)] == [1, 2]
    assert "If-None-Match" not in transport.sent[2].headers


# --- for whom ---------------------------------------------------------------------------------------------------------


async def test_responses_are_separate_by_url_query_tenant_and_secrets() -> None:
    client, transport = make_client(numbered(FRESH))
    calls: list[dict[str, Any]] = [
        {},
        {"path": "/y"},
        {"params": {"q": 1}},
        {"params": {"q": 2}},
        {"tenant": Tenant("a")},
        {"tenant": Tenant("b")},
        {"headers": {"Authorization": "Bearer one"}},
        {"headers": {"X-Vendor": Secret("two")}},
        {"path": "https://other.example.org/x"},
    ]
    for _ in range(2):
        assert [await get(client, **call) for call in calls] == list(range(1, len(calls) + 1))
    assert len(transport.sent) == len(calls)


async def test_two_clients_with_one_cache_do_not_see_each_others_responses() -> None:
    cache = CacheMiddleware()
    alice, _ = make_client(Reply(json="alice", headers=FRESH), cache=cache, auth=ApiKey("a"))
    bob, _ = make_client(Reply(json="bob", headers=FRESH), cache=cache, auth=ApiKey("b"))
    for _ in range(2):
        assert [await get(alice), await get(bob)] == ["alice", "bob"]


async def test_copies_of_a_client_share_what_is_kept() -> None:
    client, _ = make_client(numbered(FRESH), auth=ApiKey("a"))
    assert [await get(client), await get(client.with_options(timeout=5))] == [1, 1]


async def test_variants_are_separate_and_vary_star_is_not_stored() -> None:
    def answer(request: Request) -> Reply:
        language = request.headers.get("Accept-Language", "none")
        return Reply(json=language, headers={"Vary": "accept-language, Accept-Encoding", "ETag": '"1"', **FRESH})

    client, transport = make_client(answer)
    for _ in range(2):
        for language in ("de", "en"):
            assert await get(client, headers={"Accept-Language": language}) == language
        assert await get(client) == "none"
    assert len(transport.sent) == 3
    assert all("If-None-Match" not in sent.headers for sent in transport.sent)
    client, _ = make_client(numbered({"Vary": "*", **FRESH}))
    assert [await get(client), await get(client)] == [1, 2]


async def test_a_response_that_varies_by_a_header_set_below_is_found() -> None:
    client, _ = make_client(numbered({"Vary": "X-Tenant, X-API-Key", **FRESH}), auth=ApiKey("a"), tenant=Tenant("t"))
    assert [await get(client), await get(client)] == [1, 1]


# --- what never is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410, 500, 301])
async def test_a_failure_is_never_kept(status: int) -> None:
    client, transport = make_client(Reply(status, headers=FRESH), Reply(json="good", headers=FRESH))
    with pytest.raises(Exception, match=str(status)):
        await get(client)
    assert [await get(client), await get(client)] == ["good", "good"]
    assert len(transport.sent) == 2


async def test_a_failed_revalidation_is_told_and_forgets_nothing() -> None:
    good = Reply(json="good", headers={"ETag": '"1"'})
    client, _ = make_client(good, Reply(503), Reply(error=ConnectError("no")), Reply(404), Reply(304))
    await get(client)
    for kind in (ServerError, ConnectError, NotFoundError):
        with pytest.raises(kind):
            await get(client)
    assert await get(client) == "good"


async def test_a_revalidation_is_retried_as_a_call() -> None:
    client, transport = make_client(
        Reply(json="good", headers={"ETag": '"1"'}), Reply(503), Reply(304), retry=Retry(), clock=VirtualClock()
    )
    assert [await get(client), await get(client)] == ["good", "good"]
    assert ["If-None-Match" in sent.headers for sent in transport.sent] == [False, True, True]


@pytest.mark.parametrize("control", ["no-store", "max-age=60, no-store"])
async def test_a_response_that_must_not_be_stored_is_not_stored(control: str) -> None:
    client, _ = make_client(numbered({"Cache-Control": control, "ETag": '"1"'}))
    assert [await get(client), await get(client)] == [1, 2]
    client, _ = make_client(numbered(FRESH))
    assert [await get(client, headers={"Cache-Control": control}), await get(client)] == [1, 2]


async def test_a_private_response_is_kept_and_a_caller_may_insist() -> None:
    client, _ = make_client(numbered({"Cache-Control": "private, max-age=60"}), auth=ApiKey("a"))
    assert [await get(client), await get(client)] == [1, 1]
    assert await get(client, headers={"Cache-Control": "no-cache"}) == 2


async def test_a_response_that_cannot_be_reused_is_not_stored() -> None:
    client, transport = make_client(numbered({}))
    assert [await get(client), await get(client)] == [1, 2]
    assert all("If-None-Match" not in sent.headers for sent in transport.sent)


async def test_streams_parts_and_callers_with_their_own_conditions_pass() -> None:
    client, transport = make_client(numbered(FRESH))
    await get(client)
    for _ in range(2):
        async with client.stream("GET", "/x") as response:
            await response.read()
    await get(client, headers={"Range": "bytes=0-1"})
    await get(client, headers={"If-None-Match": '"mine"'})
    assert len(transport.sent) == 5
    assert await get(client) == 1


async def test_a_successful_change_removes_the_url_for_all_callers() -> None:
    def answer(request: Request) -> Reply:
        if request.method != "GET":
            return Reply(204 if request.method == "PUT" else 403)
        return Reply(json=len(transport.sent), headers=FRESH)

    client, transport = make_client(answer)
    assert [await get(client), await get(client, tenant=Tenant("a")), await get(client, "/y")] == [1, 2, 3]
    with pytest.raises(Exception, match="403"):
        await client.request("DELETE", "/x")
    assert await get(client) == 1
    await client.request("PUT", "/x", json=1, tenant=Tenant("b"))
    assert [await get(client), await get(client, tenant=Tenant("a")), await get(client, "/y")] == [6, 7, 3]


# --- how much ---------------------------------------------------------------------------------------------------------


async def test_the_least_recently_used_entry_is_evicted() -> None:
    client, transport = make_client(numbered(FRESH), cache=CacheMiddleware(max_entries=2))
    for path in ("/a", "/b", "/a", "/c", "/a"):
        await get(client, path)
    assert [sent.template for sent in transport.sent] == ["/a", "/b", "/c"]
    await get(client, "/b")
    assert len(transport.sent) == 4


async def test_it_is_bounded_by_bytes() -> None:
    def answer(request: Request) -> Reply:
        return Reply(content=b'"' + b"x" * int(request.url.rpartition("=")[2]) + b'"', headers=FRESH)

    client, transport = make_client(answer, cache=CacheMiddleware(max_bytes=10_000))
    for _ in range(2):
        await get(client, params={"size": 1500})  # more than an eighth
    assert len(transport.sent) == 2
    for size in range(1000, 1011):
        await get(client, params={"size": size})
    await get(client, params={"size": 1010})
    assert len(transport.sent) == 13
    await get(client, params={"size": 1000})
    assert len(transport.sent) == 14


async def test_many_concurrent_calls_work() -> None:
    client, _ = make_client(numbered({"ETag": '"1"', **FRESH}), cache=CacheMiddleware(max_entries=5))
    results = await asyncio.gather(*(get(client, f"/{number % 20}") for number in range(400)))
    assert len(results) == 400


# --- as a part of the stack -------------------------------------------------------------------------------------------


def test_it_stands_outside_of_retry() -> None:
    with pytest.raises(ConfigurationError, match="CacheMiddleware"):
        Client(attempt_middleware=[CacheMiddleware()])

    class Doubled(Client):
        def build_stack(self) -> Any:
            return [RetryMiddleware(), CacheMiddleware()]

    with pytest.raises(ConfigurationError, match=r"must .* before"):
        Doubled()


def test_without_hishel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hishel", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'asdk\[cache\]'"):
        CacheMiddleware()


async def test_a_cache_keeps_no_client_alive() -> None:
    cache = CacheMiddleware()
    client, _ = make_client(numbered(FRESH), cache=cache)
    await get(client)
    gc.collect()
    gc.disable()
    try:
        alive = weakref.ref(client)
        del client
        assert alive() is None
    finally:
        gc.enable()
