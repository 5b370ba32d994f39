"""Tests of proxies: explicit or from the environment, tunnels, excluded hosts, credentials and failures."""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import Any

import pytest
import trustme

from asdk import (
    BaseClient,
    ConfigurationError,
    ConnectError,
    ProxyAuthenticationError,
    RequestTimeoutError,
    Timeout,
)
from asdk.transports import proxies
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.proxies import Proxies
from asdk.unset import UNSET
from tests.support.failures import failure_of
from tests.support.servers import QUICK, Behavior, RawExchange, RawServer, saying

CREDENTIALS = base64.b64encode("ada:pass wörd".encode())


async def forward(exchange: RawExchange) -> None:
    """A proxy that answers for every host, and opens tunnels to one server under any host name."""
    if not exchange.head.startswith(b"CONNECT "):
        await exchange.answer(b'"from the proxy"')
        return
    port = int(exchange.target.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await exchange.send(b"HTTP/1.1 200 Connected\r\n\r\n")
    await asyncio.gather(pipe(exchange.reader, writer), pipe(reader, exchange.writer))


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example.org").configure_cert(context)
    return context


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def client_at(url: str, **options: Any) -> BaseClient:
    return BaseClient(base_url=url, **{"retry": None, "timeout": 5, **options})


# --- the choice -------------------------------------------------------------------------------------------------------


async def test_an_explicit_proxy_is_used_for_every_host() -> None:
    with RawServer(forward) as proxy:
        async with client_at("http://api.invalid/v1", proxy=proxy.url) as client:
            assert await client.request("GET", "/things") == "from the proxy"
            assert await client.request("GET", "http://other.invalid/things") == "from the proxy"
        assert proxy.heads[0].startswith(b"GET http://api.invalid/v1/things HTTP/1.1\r\nHost: api.invalid\r\n")
        assert proxy.heads[1].startswith(b"GET http://other.invalid/things HTTP/1.1\r\nHost: other.invalid\r\n")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, name: str, scheme: str) -> None:
    with RawServer(forward) as proxy:
        monkeypatch.setenv(name, f"{scheme}127.0.0.1:{proxy.port}")
        async with client_at("http://api.invalid") as client:
            assert await client.request("GET", "/things") == "from the proxy"


async def test_a_proxy_of_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(forward) as proxy, RawServer() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for host in ("127.0.0.1", "localhost", "app.localhost"):
            async with client_at(f"http://{host}:{server.port}") as client:
                try:
                    assert await client.request("GET", "/things") == {}
                except ConnectError:  # not every resolver knows the names under localhost
                    assert host == "app.localhost"
        assert proxy.heads == []


async def test_a_proxy_for_https_is_not_used_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(forward) as proxy, RawServer() as server:
        monkeypatch.setenv("https_proxy", proxy.url)
        async with client_at(server.url) as client:
            assert await client.request("GET", "/things") == {}


async def test_none_disables_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(forward) as proxy, RawServer() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        async with client_at(server.url, proxy=None) as client:
            assert await client.request("GET", "/things") == {}
        assert proxy.heads == []


async def test_the_cache_of_hosts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_CACHE_SIZE", 5)
    with RawServer(forward) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        async with client_at("http://api.invalid") as client:
            for number in range(12):
                assert await client.request("GET", f"http://h{number}.invalid/things") == "from the proxy"


# --- invalid URLs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", ["", "http://", "socks5://127.0.0.1:1080", "http://[::1", "ftp://ada:hunter22@proxy"])
def test_an_invalid_proxy_is_rejected_at_construction(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        client_at("http://api.invalid", proxy=proxy)
    assert "hunter22" not in str(caught.value)


async def test_an_invalid_proxy_of_the_environment_fails_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with RawServer() as server:
        async with client_at(server.url) as client:
            assert await client.request("GET", "/things") == {}
            await failure_of(client.request("GET", "http://api.invalid/things"), ConfigurationError)


# --- credentials ------------------------------------------------------------------------------------------------------


async def test_proxy_credentials_are_sent_to_the_proxy() -> None:
    with RawServer(forward) as proxy:
        url = f"http://ada:pass%20w%C3%B6rd@127.0.0.1:{proxy.port}"
        async with client_at("http://api.invalid", proxy=url) as client:
            await client.request("GET", "/things")
        assert b"Proxy-Authorization: Basic " + CREDENTIALS + b"\r\n" in proxy.heads[0]


async def test_proxy_credentials_are_not_sent_through_the_tunnel(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    with RawServer(forward) as proxy, RawServer(tls=server_tls) as server:
        tunnel = AiohttpTransport(tls=client_tls, proxy=f"http://ada:pass%20w%C3%B6rd@127.0.0.1:{proxy.port}")
        client = client_at(f"https://api.example.org:{server.port}", transport=tunnel, headers={"X-API-Key": "k" * 20})
        for _ in range(2):
            assert await client.request("GET", "/things") == {}
        await tunnel.aclose()
        assert proxy.heads[0].startswith(b"CONNECT api.example.org:%d HTTP/1.1\r\n" % server.port)
        assert b"Proxy-Authorization: Basic " + CREDENTIALS + b"\r\n" in proxy.heads[0]
        assert len(proxy.heads) == 1
        assert b"k" * 20 not in proxy.heads[0]
        assert b"roxy-" not in server.heads[0]
        assert b"k" * 20 in server.heads[1]


async def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login ada password hunter22\ndefault login ada password hunter22\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    with RawServer(forward) as proxy, RawServer() as server:
        async with client_at(server.url) as client:
            await client.request("GET", "/things")
        async with client_at("http://api.invalid", proxy=proxy.url) as client:
            await client.request("GET", "/things")
    assert b"uthorization" not in server.heads[0] + proxy.heads[0]


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behavior",
    [
        saying(b"HTTP/1.1 502 Nobody there\r\nContent-Length: 0\r\n\r\n"),
        saying(b""),
        saying(b"", then="reset"),
        saying(b"220 ready\r\n\r\n"),
    ],
    ids=["502", "closes", "resets", "no HTTP"],
)
async def test_a_post_is_retried_if_no_tunnel_was_opened(behavior: Behavior) -> None:
    with RawServer(behavior) as proxy:
        async with client_at("https://api.invalid", proxy=proxy.url, retry=QUICK) as client:
            error = await failure_of(client.request("POST", "/things", json=1), ConnectError)
            assert (error.sent, error.attempts, len(proxy.heads)) == (False, 3, 3)


async def test_wrong_proxy_credentials_are_sent_once() -> None:
    with RawServer(saying(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")) as proxy:
        url = proxy.url.replace("://", "://ada:wrong-secret@")
        async with client_at("https://api.invalid", proxy=url, retry=QUICK) as client:
            error = await failure_of(client.request("GET", "/things"), ProxyAuthenticationError)
        assert (error.sent, error.attempts, len(proxy.heads)) == (False, 1, 1)
        assert "wrong-secret" not in str(error)


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("10.0.0.0/8", "http://10.1.2.3/x"),
        ("example.org,10.0.0.0/8", "https://10.255.0.1:8443/x"),
        ("10.0.0.0/8:8443", "https://10.255.0.1:8443/x"),
        ("fd00::/8", "http://[fd00::5]/x"),
        ("[fd00::]/8", "http://[fd00::5]/x"),
        ("FD00:0:0::5", "http://[fd00::5]:81/x"),
        ("[fd00::5]:81", "http://[fd00::5]:81/x"),
        ("10.1.2.3", "http://[::ffff:10.1.2.3]/x"),
        ("*.svc", "http://api.default.svc/x"),
        (".svc", "http://api.default.svc/x"),
        ("svc", "http://api.default.svc/x"),
        ("example.org:443", "https://example.org/x"),
        ("example.org:80", "http://sub.example.org/x"),
        ("EXAMPLE.org", "https://example.ORG./x"),
        ("a b  c example.org", "https://example.org/x"),
        ("*", "https://example.org/x"),
        ("", "http://localhost/x"),
        ("", "http://app.localhost:81/x"),
        ("", "https://127.0.0.2/x"),
        ("", "http://[::1]/x"),
    ],
)
def test_no_proxy_is_honored_as_other_tools_do(no_proxy: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("http_proxy", "http://p:1"), ("https_proxy", "http://p:1"), ("no_proxy", no_proxy)):
        monkeypatch.setenv(name, value)
    assert not Proxies(UNSET).needs_proxy(url)


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("10.0.0.0/8", "http://11.0.0.1/x"),
        ("10.0.0.0/8:8443", "https://10.255.0.1/x"),
        ("example.org", "https://notexample.org/x"),
        ("example.org:444", "https://example.org/x"),
        ("svc", "http://svc.example.org/x"),
        ("fd00::5", "http://[fd00::6]/x"),
    ],
)
def test_other_hosts_go_through_the_proxy(no_proxy: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("http_proxy", "http://p:1"), ("https_proxy", "http://p:1"), ("no_proxy", no_proxy)):
        monkeypatch.setenv(name, value)
    assert Proxies(UNSET).needs_proxy(url)


async def test_a_slow_tunnel_is_a_connect_timeout() -> None:
    with RawServer(lambda exchange: exchange.until_gone()) as proxy:
        limits = Timeout(connect=0.05)
        async with client_at("https://api.invalid", proxy=proxy.url, timeout=limits) as client:
            error = await failure_of(client.request("POST", "/things", json=1), RequestTimeoutError)
            assert (error.limit, error.sent) == ("connect", False)
            await proxy.until(lambda: proxy.open == 0)
