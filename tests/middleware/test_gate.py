"""The outgoing gate: what another origin receives, whatever the user, a middleware, a store or a server did."""

from __future__ import annotations

from typing import Any

import pytest

from asdk import (
    AuthenticationError,
    BaseClient,
    BearerToken,
    ConfigurationError,
    InvalidRequestError,
    PermissionDeniedError,
    RedirectError,
    Secret,
    Tenant,
    TenantHeaders,
    Token,
    resource,
)
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware import CacheMiddleware
from asdk.resources import Resource
from asdk.testing import MemoryTransport, Reply, SentRequest
from asdk.transports.base import Handler

BASE = "https://api.example.org"
FOREIGN = "https://files.example.net"
KEY = "k3y-9f8e7d6c5b4a"
KEY_HEADERS = [
    "X-Auth-Token",
    "Private-Token",
    "Api-Key",
    "Ocp-Apim-Subscription-Key",
    "DPoP",
    "X-Goog-Api-Key",
    "Cookie",
    "X-Custom",
    "Cache-Control",
]


class Api(BaseClient):
    base_url = BASE
    tenant_headers = TenantHeaders(tenant="X-Tenant")
    servers = {"upload": "https://upload.example.org/v2"}  # noqa: RUF012


def client_of(replies: Any = None, **options: Any) -> tuple[Api, MemoryTransport]:
    transport = MemoryTransport(replies or (lambda request: Reply(json={})))
    options = {"auth": BearerToken("t" * 20), "tenant": Tenant(tenant_id="acme-tenant"), "retry": None, **options}
    return Api(transport=transport, **options), transport


def text_of(sent: SentRequest | Request) -> str:
    """Return the header fields that were sent, in plain text."""
    return "\n".join(f"{name}: {str.__str__(value)}" for name, value in sent.headers.multi_items())


def is_clean(sent: SentRequest) -> bool:
    return not any(word in text_of(sent) for word in (KEY, "acme", "t" * 20))


@pytest.mark.parametrize("name", KEY_HEADERS)
@pytest.mark.parametrize("where", ["client", "copy", "class", "secret"])
async def test_no_header_of_the_client_reaches_another_origin(name: str, where: str) -> None:
    class Own(Api):
        default_headers = {name: KEY} if where == "class" else {}

    transport = MemoryTransport(lambda request: Reply(json={}))
    options: dict[str, Any] = (
        {} if where in ("class", "copy") else {"headers": {name: Secret(KEY) if where == "secret" else KEY}}
    )
    client: BaseClient = Own(transport=transport, auth=BearerToken("t" * 20), **options)
    if where == "copy":
        client = client.with_options(headers={name: KEY})
    await client.request("GET", f"{FOREIGN}/a")
    async with client.stream("GET", f"{FOREIGN}/b") as response:
        await response.read()
    await client.request("GET", "/mine")
    assert [KEY in text_of(request) for request in transport.sent] == [False, False, True]
    assert KEY not in repr([request.headers for request in transport.sent])


async def test_harmless_fields_and_those_of_the_call_reach_another_origin() -> None:
    client, transport = client_of()
    client = client.with_options(headers={"Accept-Language": "de", "X-Custom": KEY})
    await client.request(
        "PUT", f"{FOREIGN}/a?signature=1", json={"a": 1}, headers={"X-Ms-Blob-Type": "BlockBlob", "If-Match": '"1"'}
    )
    (sent,) = transport.sent
    assert {name.lower() for name in sent.headers} == {
        "accept",
        "accept-language",
        "user-agent",
        "content-type",
        "x-ms-blob-type",
        "if-match",
    }


async def test_the_headers_of_a_call_stay_at_its_first_url() -> None:
    replies = [Reply(302, headers={"Location": "https://other.example.net/b"}), Reply(json={})]
    client, transport = client_of(replies, follow_redirects="any")
    await client.request("GET", f"{FOREIGN}/a", headers={"X-Upload-Key": KEY})
    assert [KEY in text_of(request) for request in transport.sent] == [True, False]


async def test_a_middleware_that_changes_the_url_takes_no_secret_along() -> None:
    async def elsewhere(request: Request, call_next: Handler) -> Response:
        request.url = f"{FOREIGN}/stolen"
        request.headers["X-Late"] = KEY
        return await call_next(request)

    client, transport = client_of(attempt_middleware=[elsewhere], headers={"X-Auth-Token": KEY})
    await client.request("GET", "/mine", headers={"X-Own": KEY})
    (sent,) = transport.sent
    assert is_clean(sent)


@pytest.mark.parametrize("url", [f"{BASE}@{FOREIGN[8:]}/x", f"{BASE}.example.net/x", "https://API.example.org:444/x"])
async def test_urls_that_only_begin_like_the_base_are_foreign(url: str) -> None:
    async def elsewhere(request: Request, call_next: Handler) -> Response:
        request.url = url
        return await call_next(request)

    client, transport = client_of(attempt_middleware=[elsewhere], headers={"X-Auth-Token": KEY})
    try:
        await client.request("GET", "/mine")
    except InvalidRequestError:
        assert transport.sent == []
    else:
        assert is_clean(transport.sent[0])


@pytest.mark.parametrize(
    "name", ["Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade", "Host", "Expect", "Trailer"]
)
async def test_nothing_sets_a_framing_header(name: str) -> None:
    async def frame(request: Request, call_next: Handler) -> Response:
        request.headers[name] = "1"
        return await call_next(request)

    client, transport = client_of(attempt_middleware=[frame])
    with pytest.raises(InvalidRequestError, match=name):
        await client.request("GET", "/x")
    with pytest.raises(InvalidRequestError, match=name):
        await client_of()[0].request("GET", "/x", headers={name: "1"})
    with pytest.raises(InvalidRequestError, match=name):
        Token(value="secret-token", header=name)
    assert transport.sent == []


async def test_host_header_is_sent_to_the_base_url_alone() -> None:
    replies = [Reply(503), Reply(json={}), Reply(json={}), Reply(json={})]
    client, transport = client_of(replies, host_header="internal.example.org:8443", base_url="http://localhost:9000")
    client = client.with_options(retry=None)
    with pytest.raises(Exception, match="503"):
        await client.request("GET", "/x")
    await client.request("GET", "/x")
    await client.request("GET", "/x", server="upload")
    await client.request("GET", f"{FOREIGN}/x")
    assert [request.headers.get("Host") for request in transport.sent] == ["internal.example.org:8443"] * 2 + [None] * 2


@pytest.mark.parametrize("host", ["a b", "x\r\nY: 1", "", "http://x", 5, "host:port"])
def test_host_header_must_be_a_host(host: Any) -> None:
    with pytest.raises(ConfigurationError, match="host_header"):
        client_of(host_header=host)


async def test_other_servers_of_the_api_are_trusted() -> None:
    client, transport = client_of(headers={"X-Auth-Token": KEY}, servers={"files": FOREIGN})
    await client.request("GET", "/a", server="upload")
    await client.request("GET", f"{FOREIGN}/b")
    await client.with_options(server="files").request("GET", "/c")
    assert [request.url for request in transport.sent] == [
        "https://upload.example.org/v2/a",
        f"{FOREIGN}/b",
        f"{FOREIGN}/c",
    ]
    for sent in transport.sent:
        assert sent.headers["Authorization"] == f"Bearer {'t' * 20}"
        assert (sent.headers["X-Auth-Token"], sent.headers["X-Tenant"]) == (KEY, "acme-tenant")


@pytest.mark.parametrize("name", ["nothere", "", 5])
async def test_an_unknown_server_is_refused(name: Any) -> None:
    client, transport = client_of()
    with pytest.raises(InvalidRequestError, match="server must be one of"):
        await client.request("GET", "/a", server=name)
    assert transport.sent == []


def test_a_server_must_be_a_url() -> None:
    with pytest.raises(ConfigurationError, match=r"servers\['files'\]"):
        client_of(servers={"files": "files.example.net"})


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)])
async def test_a_refusal_of_another_origin_says_why(status: int, kind: type[Exception]) -> None:
    client, _ = client_of(lambda request: Reply(status))
    with pytest.raises(kind, match=r"no credentials were sent to https://files\.example\.net.*servers="):
        await client.request("GET", f"{FOREIGN}/a")


async def test_redirects_between_trusted_origins_keep_everything() -> None:
    replies = [Reply(307, headers={"Location": "https://upload.example.org/v2/x"}), Reply(json={})]
    client, transport = client_of(replies, headers={"X-Auth-Token": KEY})
    await client.request("POST", "/x", json={"a": 1})
    assert transport.sent[1].headers["X-Auth-Token"] == KEY
    assert transport.sent[1].content == transport.sent[0].content


# --- where a server may lead ------------------------------------------------------------------------------------------

NEARER = [
    "http://127.0.0.1/",
    "https://localhost/",
    "https://10.0.0.5/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.5]/",
    "https://[64:ff9b::a00:5]/",
    "https://167772165/",
    "https://0x7f.1/",
    "https://0/",
    "https://a.localhost/",
    "https://[fd00::1]/",
]


@pytest.mark.parametrize("url", NEARER)
async def test_a_redirect_does_not_lead_nearer_than_the_base(url: str) -> None:
    client, transport = client_of(lambda request: Reply(302, headers={"Location": url}), follow_redirects="any")
    with pytest.raises(RedirectError):
        await client.request("GET", "/a")
    assert len(transport.sent) == 1


@pytest.mark.parametrize("url", [url for url in NEARER if url.startswith("https")])
async def test_a_download_does_not_lead_nearer_than_the_base(url: str, tmp_path: Any) -> None:
    client, transport = client_of()
    with pytest.raises(InvalidRequestError, match="name it in servers="):
        await client.download(url, to=tmp_path / "x")
    assert transport.sent == []


@pytest.mark.parametrize(
    ("base", "target"),
    [
        ("https://10.0.0.1", "https://10.0.0.5/x"),
        ("https://10.0.0.1", "https://files.example.net/x"),
        ("http://127.0.0.1:81", "http://127.0.0.1:82/x"),
        ("http://localhost:81", "https://10.0.0.5/x"),
    ],
)
async def test_a_redirect_may_stay_in_the_space_of_the_base(base: str, target: str) -> None:
    replies = [Reply(302, headers={"Location": target}), Reply(json={"ok": True})]
    client, _ = client_of(replies, base_url=base, follow_redirects="any", allow_insecure_auth=True)
    assert await client.request("GET", "/a") == {"ok": True}


async def test_a_named_server_may_be_nearer(tmp_path: Any) -> None:
    client, transport = client_of(lambda request: Reply(content=b"x"), servers={"files": "https://10.0.0.5"})
    await client.download("https://10.0.0.5/x", to=tmp_path / "x")
    assert transport.sent[0].headers["Authorization"]


# --- the cache, methods and names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X-Auth-Token", "Private-Token", "X-Lang", "X-User", "Api-Key"])
async def test_the_cache_separates_callers_by_every_header(name: str) -> None:
    def serve(request: Request) -> Reply:
        return Reply(json=request.headers[name], headers={"Cache-Control": "max-age=60"})

    client, _ = client_of(serve, middleware=[CacheMiddleware()])
    for who in ("alice", "bob", "alice"):
        assert await client.request("GET", "/me", headers={name: who}) == who


@pytest.mark.parametrize("method", ["GET", "QUERY"])
async def test_a_request_with_a_body_is_not_answered_from_the_cache(method: str) -> None:
    def serve(request: Request) -> Reply:
        return Reply(content=bytes(request.body or b""), headers={"Cache-Control": "max-age=60"})  # type: ignore[arg-type]

    client, _ = client_of(serve, middleware=[CacheMiddleware()])
    for query in ({"q": 1}, {"q": 2}, {"q": 1}):
        assert await client.request(method, "/search", json=query) == query


async def test_query_is_idempotent_and_keeps_its_body_over_redirects() -> None:
    replies = [
        Reply(301, headers={"Location": "/b"}),
        Reply(308, headers={"Location": "/c"}),
        Reply(303, headers={"Location": "/d"}),
        Reply(json={}),
    ]
    client, transport = client_of(replies)
    assert client.build_request("QUERY", "/a").idempotent
    await client.request("query", "/a", json={"q": 1})
    assert [(request.method, request.content) for request in transport.sent] == [
        *[("QUERY", b'{"q":1}')] * 3,
        ("GET", b""),
    ]


@pytest.mark.parametrize("name", ["events", "send", "request", "map", "clock", "get_token", "servers", "token_source"])
def test_a_resource_must_not_hide_a_method_of_the_client(name: str) -> None:
    class Group(Resource[Any]):
        pass

    with pytest.raises(ConfigurationError, match=f"{name}_"):
        type("Mine", (BaseClient,), {name: resource(Group)})
    assert type("Mine", (BaseClient,), {f"{name}_": resource(Group)})


def test_plain_headers_are_shown() -> None:
    class Plain(Api):
        plain_headers = ("Stripe-Version",)
        default_headers = {"Stripe-Version": "2024-06-20.acacia"}  # noqa: RUF012

    client = Plain(headers={"X-Other": KEY})
    shown = repr(client.build_request("GET", "/x").headers)
    assert "2024-06-20.acacia" in shown
    assert KEY not in shown
