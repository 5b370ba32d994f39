"""Tests of TLS: trusted certificates, and the errors of failed handshakes."""

from __future__ import annotations

import datetime
import ssl

import pytest
import trustme

from asdk import AsdkError, BaseClient, ConnectError, ProtocolError, RequestTimeoutError, Timeout, TLSError
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.failures import assert_clean, failure_of
from tests.support.servers import QUICK, Behavior, RawExchange, RawServer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(
    authority: trustme.CA, host: str = "127.0.0.1", *, not_after: datetime.datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_after=not_after).configure_cert(context)
    return context


def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def outcome(
    server: RawServer, tls: ssl.SSLContext | None, *, method: str = "POST", connect: float = 20
) -> object:
    """Return the result of a call over https, with three attempts if that is safe."""
    transport = AiohttpTransport(tls=tls)
    limits = Timeout(total=60, connect=connect, attempt=20)
    url = f"https://127.0.0.1:{server.port}"
    try:
        return await BaseClient(base_url=url, transport=transport, retry=QUICK, timeout=limits).request(
            method, "/things"
        )
    except AsdkError as error:
        assert_clean(error)
        return error
    finally:
        await transport.aclose()
        await server.until(lambda: server.open == 0)


async def test_a_trusted_certificate_is_accepted(authority: trustme.CA) -> None:
    with RawServer(tls=server_tls(authority)) as server:
        assert await outcome(server, client_tls(authority)) == {}


async def test_an_unknown_authority_is_not_retried(authority: trustme.CA) -> None:
    with RawServer(tls=server_tls(authority)) as server:
        await assert_certificate_error(server, None)
        await assert_certificate_error(server, client_tls(trustme.CA()))


async def test_the_certificate_of_another_host_is_a_certificate_error(authority: trustme.CA) -> None:
    with RawServer(tls=server_tls(authority, "api.example.org")) as server:
        await assert_certificate_error(server, client_tls(authority))


async def test_an_expired_certificate_is_a_certificate_error(authority: trustme.CA) -> None:
    with RawServer(tls=server_tls(authority, not_after=datetime.datetime(2020, 1, 1))) as server:
        await assert_certificate_error(server, client_tls(authority))


async def assert_certificate_error(server: RawServer, tls: ssl.SSLContext | None) -> None:
    before = server.connections
    error = await outcome(server, tls, method="GET")
    assert isinstance(error, TLSError)
    assert (error.certificate, error.retryable, error.sent, error.attempts) == (True, False, False, 1)
    assert server.connections <= before + 1
    assert server.heads == []


async def answer_in_plain_http(exchange: RawExchange) -> None:
    await exchange.send(b"HTTP/1.1 400 This is no https\r\nContent-Length: 0\r\n\r\n")
    exchange.writer.close()


async def test_http_instead_of_https_is_a_tls_error() -> None:
    with RawServer(on_connect=answer_in_plain_http) as server:
        error = await outcome(server, None)
    assert isinstance(error, TLSError)
    assert (error.certificate, error.sent, error.retryable, error.attempts) == (False, False, True, 3)


async def test_https_instead_of_http_is_a_protocol_error(authority: trustme.CA) -> None:
    with RawServer(tls=server_tls(authority)) as server:
        async with BaseClient(base_url=f"http://127.0.0.1:{server.port}", retry=None) as client:
            await failure_of(client.request("GET", "/things"), ProtocolError)


def cut(*, after: int, reset: bool) -> Behavior:
    async def behave(exchange: RawExchange) -> None:
        if after:
            await exchange.reader.read(after)
        if reset:
            exchange.reset()
        else:
            exchange.writer.close()

    return behave


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("after", [0, 10])
async def test_a_post_is_retried_after_a_broken_handshake(after: int, reset: bool) -> None:
    with RawServer(on_connect=cut(after=after, reset=reset)) as server:
        error = await outcome(server, None)
        assert isinstance(error, TLSError | ConnectError)
        assert (error.sent, error.retryable, error.attempts) == (False, True, 3)


async def test_a_stalled_handshake_is_a_connect_timeout() -> None:
    async def silence(exchange: RawExchange) -> None:
        await exchange.until_gone()

    with RawServer(on_connect=silence) as server:
        error = await outcome(server, None, connect=0.1)
    assert isinstance(error, RequestTimeoutError)
    assert (error.limit, error.sent, error.attempts) == ("connect", False, 3)


async def test_without_a_common_tls_version_nothing_is_sent(authority: trustme.CA) -> None:
    old, new = server_tls(authority), client_tls(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    new.minimum_version = ssl.TLSVersion.TLSv1_3
    with RawServer(tls=old) as server:
        error = await outcome(server, new)
    assert isinstance(error, TLSError | ConnectError)
    assert not error.sent


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_missing_client_certificate_is_one_error(authority: trustme.CA, version: ssl.TLSVersion) -> None:
    strict = server_tls(authority)
    strict.verify_mode = ssl.CERT_REQUIRED
    strict.maximum_version = version
    authority.configure_trust(strict)
    with RawServer(tls=strict) as server:
        # With TLS 1.3 the client completes the handshake before it learns of this, and may have sent the request.
        error = await outcome(server, client_tls(authority))
        assert isinstance(error, TLSError | ConnectError | ProtocolError)
        assert server.heads == []


async def test_a_client_certificate_is_presented(authority: trustme.CA) -> None:
    strict, own = server_tls(authority), client_tls(authority)
    strict.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(strict)
    authority.issue_cert("client.example.org").configure_cert(own)
    with RawServer(tls=strict) as server:
        assert await outcome(server, own) == {}
