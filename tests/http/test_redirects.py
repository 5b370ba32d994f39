"""Tests of redirects: which are followed, why others are not, and that no secret leaves the origin."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from asdk import (
    BaseClient,
    BearerToken,
    ConfigurationError,
    DeadlineExceededError,
    RedirectError,
    Secret,
    ServerError,
    Tenant,
    TenantHeaders,
)
from asdk.http.request import Request
from asdk.http.urls import origin_of
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.failures import failure_of
from tests.support.servers import RawServer

BASE = "https://api.example.org"
ELSEWHERE = "https://files.example.net/x"


class Api(BaseClient):
    base_url = BASE
    tenant_headers = TenantHeaders(tenant="X-Tenant")


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": location})


def client_of(replies: Any, **options: Any) -> tuple[Api, MemoryTransport]:
    transport = MemoryTransport(replies)
    return Api(transport=transport, clock=VirtualClock(), auth=BearerToken("t" * 20), **options), transport


async def once() -> AsyncIterator[bytes]:
    yield b"once"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", f"{BASE}/b"),
        ("c?d=1#frag", f"{BASE}/v1/c?d=1"),
        ("?page=2", f"{BASE}/v1/a?page=2"),
        (f"{BASE}:443/b", f"{BASE}/b"),
        ("//API.example.org/b", f"{BASE}/b"),
        ("HTTPS://API.EXAMPLE.ORG/b%2e", f"{BASE}/b%2e"),
        ("/größe", f"{BASE}/gr%C3%B6%C3%9Fe"),
        ("/My Report.pdf", f"{BASE}/My%20Report.pdf"),
        ("/x?q=a b&r=c  d", f"{BASE}/x?q=a%20b&r=c%20%20d"),
        ("a b/../c d", f"{BASE}/v1/c%20d"),
        (f"{BASE}/a b#c d", f"{BASE}/a%20b"),
        ("?q=a b", f"{BASE}/v1/a?q=a%20b"),
        (" /b ", f"{BASE}/b"),
        ("/a%20b c", f"{BASE}/a%20b%20c"),
    ],
)
async def test_a_redirect_within_the_origin_is_followed(status: int, location: str, url: str) -> None:
    client, server = client_of([to(location, status), Reply(json={"ok": 1})])
    assert await client.request("GET", "/v1/a", headers={"X-Mine": "1"}) == {"ok": 1}
    assert [sent.url for sent in server.sent] == [f"{BASE}/v1/a", url]
    assert server.sent[1].headers == server.sent[0].headers
    assert server.sent[1].template == "/v1/a"


@pytest.mark.parametrize(
    ("method", "status", "then", "body"),
    [
        ("POST", 301, "GET", b""),
        ("POST", 302, "GET", b""),
        ("POST", 303, "GET", b""),
        ("PUT", 303, "GET", b""),
        ("HEAD", 303, "HEAD", b""),
        ("POST", 307, "POST", b"data"),
        ("POST", 308, "POST", b"data"),
        ("PUT", 302, "PUT", b"data"),
        ("PATCH", 301, "PATCH", b"data"),
    ],
)
async def test_method_and_body_of_the_redirected_request(method: str, status: int, then: str, body: bytes) -> None:
    client, server = client_of([to("/b", status), Reply(200)])
    content = None if method == "HEAD" else b"data"
    await client.request(method, "/a", content=content, headers={"Content-Type": "text/plain"}, model=None)
    assert (server.sent[1].method, server.sent[1].content) == (then, body)
    assert ("Content-Type" in server.sent[1].headers) == (method == then)


async def test_a_consumed_body_is_not_resent_as_an_empty_one() -> None:
    client, server = client_of([to("/b", 307)])
    error = await failure_of(client.request("PUT", "/a", content=once()), RedirectError)
    assert "cannot be sent again" in error.message
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("location", "shown", "reason"),
    [
        (f"{ELSEWHERE}?token=s3cr3t", ELSEWHERE, "origin differs"),
        ("//evil.example.net/x", "https://evil.example.net/x", "origin differs"),
        ("https://api.example.org:8443/", "https://api.example.org:8443/", "origin differs"),
        ("http://api.example.org/b", "http://api.example.org/b", "origin differs"),
        ("https://api.example.org@evil.net/?s3cr3t", "an invalid URL", "invalid: it must not contain credentials"),
        ("https://s3cr3t:s3cr3t@api.example.org/", "an invalid URL", "invalid: it must not contain credentials"),
        ("\\\\evil.example.net/x", "an invalid URL", "Location is invalid"),
        ("https:\\evil.net", "an invalid URL", "a backslash"),
        ("/a\tb", "an invalid URL", "a control character"),
        ("https://api.example.org:x/", "an invalid URL", "Location is invalid"),
        ("javascript:alert(1)", "an invalid URL", "must start with http"),
        ("https://[::1/", "an invalid URL", "host or port is invalid"),
        ("https://api.example.org /b", "an invalid URL", "not a valid name"),
        ("https://s3cr 3t:x@api.example.org/", "an invalid URL", "credentials"),
        ("\ud800", "an invalid URL", "Location is invalid"),
    ],
)
async def test_the_error_for_another_origin_has_location_and_reason(location: str, shown: str, reason: str) -> None:
    client, server = client_of([to(location)])
    error = await failure_of(client.request("GET", "/a"), RedirectError)
    assert (error.status, error.location, error.retryable, error.template) == (302, shown, False, "/a")
    assert reason in error.message
    assert (shown if shown == "an invalid URL" else origin_of(shown)) in error.message
    assert "s3cr3t" not in f"{error} {vars(error)}"
    assert len(server.sent) == 1


async def test_two_locations_are_an_error() -> None:
    client, _ = client_of([Reply(302, headers=[("Location", "/b"), ("Location", "/c")])])
    assert "Location is invalid: there are 2" in (await failure_of(client.request("GET", "/a"), RedirectError)).message


async def test_secrets_and_body_are_not_sent_to_another_origin() -> None:
    client, server = client_of([to(ELSEWHERE), Reply(json=1)], follow_redirects="any", tenant=Tenant("t1"))
    mine: dict[str, str | Secret | None] = {
        "X-Key": Secret("a-secret"),
        "X-Plain": "also-mine",
        "Cookie": "c=1",
        "Accept": "text/csv",
    }
    await client.request("GET", "/a", headers=mine, idempotency_key=True)
    first, second = server.sent
    assert {"Authorization", "X-Tenant", "X-Key", "Cookie"} <= set(first.headers)
    assert set(second.headers) == {"Accept", "User-Agent"}
    assert second.headers["Accept"] == "text/csv"
    assert (second.url, second.content) == (ELSEWHERE, b"")
    assert second.request.on_send == ()  # nothing adds a token
    assert second.request.state.credentials is None


@pytest.mark.parametrize("status", [307, 308])
async def test_a_307_with_a_body_to_another_origin_is_an_error(status: int) -> None:
    client, server = client_of([to(ELSEWHERE, status)], follow_redirects="any")
    error = await failure_of(client.request("POST", "/a", json={"password": "x"}), RedirectError)
    assert "another origin" in error.message
    assert len(server.sent) == 1


async def test_a_303_to_another_origin_drops_the_form() -> None:
    client, server = client_of([to(ELSEWHERE, 303), Reply(json=1)], follow_redirects="any")
    await client.request("POST", "/a", form={"password": "x"})
    assert (server.sent[1].method, server.sent[1].content) == ("GET", b"")


async def test_a_redirect_within_another_origin_gets_no_token() -> None:
    replies = [to(ELSEWHERE), to("/y"), Reply(json=1)]
    client, server = client_of(replies, follow_redirects="any", tenant=Tenant("t1"))
    await client.request("GET", "/a")
    assert server.sent[2].url == "https://files.example.net/y"
    assert not {"Authorization", "X-Tenant"} & set(server.sent[2].headers)


async def test_a_redirect_back_to_the_origin_gets_no_token() -> None:
    client, server = client_of([to(ELSEWHERE), to(f"{BASE}/b"), Reply(json=1)], follow_redirects="any")
    await client.request("GET", "/a")
    assert ["Authorization" in sent.headers for sent in server.sent] == [True, False, False]
    assert not server.sent[2].request.same_origin


async def test_a_redirect_from_https_to_http_is_an_error() -> None:
    client, _ = client_of([to("http://files.example.net/x")], follow_redirects="any")
    assert "from https to http" in (await failure_of(client.request("GET", "/a"), RedirectError)).message


async def test_no_redirect_is_followed_when_disabled() -> None:
    client, server = client_of([to("/b")], follow_redirects=None)
    assert "follow_redirects=None" in (await failure_of(client.request("GET", "/a"), RedirectError)).message
    assert len(server.sent) == 1


async def test_the_eleventh_redirect_is_an_error() -> None:
    client, server = client_of([*[to(f"/{number}") for number in range(10)], Reply(json=1)])
    assert await client.request("GET", "/a") == 1
    client, server = client_of(lambda request: to("/round"))
    assert "10" in (await failure_of(client.request("GET", "/a"), RedirectError)).message
    assert len(server.sent) == 11


async def test_one_deadline_covers_all_redirects() -> None:
    client, server = client_of(lambda request: Reply(302, headers={"Location": "/round"}, delay=0.3))
    await failure_of(client.request("GET", "/a", timeout=1), DeadlineExceededError)
    assert len(server.sent) == 4


async def test_each_redirected_request_has_its_own_attempts() -> None:
    client, server = client_of([Reply(503), to("/b"), Reply(503), Reply(503), Reply(json=1)])
    response = await client.send(client.build_request("GET", "/a"))
    assert (response.status, response.attempts, len(server.sent)) == (200, 3, 5)
    assert [failed.reason for failed in response.history] == [503, 503]


@pytest.mark.parametrize("reply", [Reply(302), Reply(300, headers={"Location": "/b"}), Reply(304)])
async def test_a_3xx_that_is_not_a_redirect_is_a_status_error(reply: Reply) -> None:
    client, server = client_of([reply, reply])
    assert (await client.send(client.build_request("GET", "/a"))).status == reply.status
    with pytest.raises(Exception, match=str(reply.status)):
        await client.request("GET", "/a")
    assert len(server.sent) == 2


async def test_send_returns_a_redirect_that_is_not_followed() -> None:
    client, _ = client_of([to(ELSEWHERE)])
    response = await client.send(client.build_request("GET", "/a"))
    assert (response.status, response.headers["Location"]) == (302, ELSEWHERE)


async def test_streams_and_pages_follow_redirects() -> None:
    client, server = client_of([to("/b"), Reply(content=b"data"), to("/c"), Reply(json={"items": [1], "total": 1})])
    async with client.stream("GET", "/a") as response:
        assert await response.read() == b"data"
    assert await client.paginate("/p", strategy=PageNumbers(items="items", total="total")).first() == 1
    assert [sent.url for sent in server.sent] == [f"{BASE}/a", f"{BASE}/b", f"{BASE}/p?page=1", f"{BASE}/c"]


async def test_a_user_middleware_sees_each_request() -> None:
    seen: list[str] = []

    async def watch(request: Request, call_next: Callable[[Request], Any]) -> Any:
        seen.append(request.url)
        return await call_next(request)

    client, _ = client_of([to("/b"), Reply(json=1)], middleware=[watch])
    await client.request("GET", "/a")
    assert seen == [f"{BASE}/a", f"{BASE}/b"]


async def test_an_error_after_a_redirect_keeps_its_message() -> None:
    client, _ = client_of([to("/b"), Reply(501, json={"message": "not yet"})])
    assert (await failure_of(client.request("GET", "/a"), ServerError)).message == "not yet"


async def test_pickling_keeps_the_redirect_rule() -> None:
    client = pickle.loads(pickle.dumps(BaseClient(base_url=BASE, follow_redirects=None).with_options(timeout=5)))
    with RawServer(lambda visit: visit.answer(status=302, headers="Location: /b\r\n")) as server:
        await failure_of(client.request("GET", f"{server.url}/a"), RedirectError)
        assert len(server.heads) == 1
    await client.aclose()


def test_an_invalid_rule_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="follow_redirects"):
        client_of([], follow_redirects=True)
