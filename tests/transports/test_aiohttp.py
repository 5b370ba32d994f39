"""Tests of the transport against faulty servers: each call succeeds, or raises one error of asdk."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
from typing import Any

import pytest

from asdk import (
    AsdkError,
    BaseClient,
    ConfigurationError,
    ConnectError,
    DecodeError,
    ProtocolError,
    RedirectError,
    ResponseTooLargeError,
    Retry,
    Secret,
    ServerError,
    Timeout,
)
from tests.support.failures import assert_clean, failure_of
from tests.support.servers import (
    QUICK,
    Behavior,
    RawExchange,
    RawServer,
    answer,
    client_of,
    head,
    read,
    refusing_port,
    saying,
)


async def endless_head(exchange: RawExchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.send(b"X-More: of the same\r\n")


async def endless_line(exchange: RawExchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await exchange.send(b"x" * 1024)


TEN = head(200, "Content-Length: 10\r\n")
CHUNKED = head(200, "Transfer-Encoding: chunked\r\n")

BROKEN = {
    "reset before the head": saying(b"", then="reset"),
    "closed before the head": saying(b""),
    "reset in the head": saying(TEN[:30], then="reset"),
    "closed in the head": saying(TEN[:30]),
    "reset after the head": saying(TEN, then="reset"),
    "closed after the head": saying(TEN),
    "reset in the body": saying(TEN + b"12345", then="reset"),
    "closed in the body": saying(TEN + b"12345"),
    "closed in a chunked body": saying(CHUNKED + b"5\r\n12345\r\n"),
    "closed in a chunk": saying(CHUNKED + b"5\r\n123"),
    "a chunk of no size": saying(CHUNKED + b"zz\r\n12345\r\n"),
    "more than the Content-Length": saying(head(200, "Content-Length: 2\r\n") + b"{}, and more", then="keep"),
    "a Content-Length of no number": saying(head(200, "Content-Length: ten\r\n") + b"{}"),
    "a negative Content-Length": saying(head(200, "Content-Length: -1\r\n") + b"{}"),
    "two lengths": saying(head(200, "Content-Length: 2\r\nContent-Length: 3\r\n") + b"{}"),
    "another protocol": saying(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", then="keep"
    ),
    "a length and chunks": saying(
        head(200, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") + b"2\r\n{}\r\n0\r\n"
    ),
    "no HTTP": saying(b"220 smtp.example.org ESMTP\r\n\r\n"),
    "binary garbage": saying(bytes(range(256)) * 8),
    "a status of two digits": saying(b"HTTP/1.1 99 Little\r\n\r\n"),
    "a status of four digits": saying(b"HTTP/1.1 1000 Much\r\n\r\n"),
    "another version": saying(b"HTTP/2 200 OK\r\n\r\n"),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
@pytest.mark.parametrize("behavior", BROKEN.values(), ids=BROKEN)
async def test_a_broken_response_is_one_protocol_error(behavior: Behavior, streamed: bool) -> None:
    with RawServer(behavior) as server:
        async with client_of(server) as client:
            error = await failure_of(read(client, streamed=streamed), ProtocolError)
        assert (error.method, error.template, error.sent, error.retryable) == ("GET", "/things", True, True)
        assert len(server.heads) == 1
        await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
@pytest.mark.parametrize("behavior", [endless_head, endless_line])
async def test_an_endless_head_is_too_large(behavior: Behavior, streamed: bool) -> None:
    with RawServer(behavior) as server:
        async with client_of(server, retry=QUICK) as client:
            await failure_of(read(client, streamed=streamed), ResponseTooLargeError)
        assert len(server.heads) == 1
        await server.until(lambda: server.open == 0)


GZIP = "Content-Encoding: gzip\r\n"
UNREADABLE = {
    "no gzip": head(200, f"{GZIP}Content-Length: 2\r\n") + b"{}",
    "no gzip in chunks": head(200, f"{GZIP}Transfer-Encoding: chunked\r\n") + b"2\r\n{}\r\n0\r\n\r\n",
    "half a gzip": head(200, f"{GZIP}Content-Length: 2\r\n") + b"\x1f\x8b",
    "an unsupported compression": head(200, "Content-Encoding: compress\r\nContent-Length: 2\r\n") + b"{}",
    "too many layers": head(200, "Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 2\r\n") + b"{}",
    "a large head": head(200, "".join(f"X-{n}: {'x' * 9000}\r\n" for n in range(9)) + "Content-Length: 2\r\n") + b"{}",
}


@pytest.mark.parametrize("method", ["DELETE", "GET", "PUT"])
@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_complete_response_that_cannot_be_read_is_not_repeated(reply: bytes, method: str) -> None:
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server, retry=QUICK) as client:
            with pytest.raises(ProtocolError) as caught:
                await client.request(method, "/things")
        assert (caught.value.status, caught.value.attempts, caught.value.retryable) == (200, 1, False)
        assert len(server.heads) == 1


@pytest.mark.parametrize(
    "reply",
    [
        TEN + b"12345",
        head(200, f"{GZIP}Content-Length: 20\r\n") + b"\x1f\x8b",
        head(200, GZIP) + b"\x1f\x8b",  # no length: the connection may have been cut
        CHUNKED + b"5\r\n123",
    ],
)
async def test_a_response_that_broke_is_repeated(reply: bytes) -> None:
    async def first_breaks(exchange: RawExchange) -> None:
        if exchange.number == 1:
            await exchange.send(reply)
            exchange.writer.close()
        else:
            await exchange.answer(b"{}")

    with RawServer(first_breaks) as server:
        async with client_of(server, retry=QUICK) as client:
            assert await client.request("DELETE", "/things") == {}
        assert len(server.heads) == 2


@pytest.mark.parametrize(
    "surplus",
    ["Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "\r\nnothing"],
)
async def test_the_body_of_a_204_is_dropped(surplus: str) -> None:
    with RawServer(saying(f"HTTP/1.1 204 Nothing\r\n{surplus}".encode(), then="keep")) as server:
        async with client_of(server, retry=QUICK) as client:
            assert await client.request("DELETE", "/things") is None
            assert await client.request("DELETE", "/things") is None
        assert server.connections == len(server.heads) == 2


@pytest.mark.parametrize("label", ["utf-8", "UTF8", "none", "aws-chunked", "binary", "iso-8859-1", "text", "8bit", "x"])
@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
async def test_a_name_that_is_no_compression_is_ignored(
    label: str, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    reply = head(200, f"Content-Encoding: {label}\r\nContent-Length: 2\r\n") + b"{}"
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server, retry=QUICK) as client:
            for _ in range(3):
                assert await read(client, streamed=streamed) == b"{}"
        assert len(server.heads) == 3
    warnings = [record.getMessage() for record in caplog.records if record.name == "asdk"]
    assert len(warnings) == 1
    assert label.lower() in warnings[0]


async def test_a_compression_beside_another_name_is_decoded() -> None:
    for label in ("aws-chunked, gzip", "gzip, utf-8"):
        body = gzip.compress(b"{}")
        reply = head(200, f"Content-Encoding: {label}\r\nContent-Length: {len(body)}\r\n") + body
        with RawServer(saying(reply, then="keep")) as server:
            async with client_of(server) as client:
                assert await client.request("GET", "/things") == {}


ODD = {
    "until the connection closes": saying(b"HTTP/1.1 200 OK\r\n\r\n{}"),
    "after interim responses": saying(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
        + head(200, "Content-Length: 2\r\n")
        + b"{}",
        then="keep",
    ),
    "chunk by chunk": saying(CHUNKED + b"1\r\n{\r\n1;ext=1\r\n}\r\n0\r\nTrailer: yes\r\n\r\n", then="keep"),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
@pytest.mark.parametrize("behavior", ODD.values(), ids=ODD)
async def test_an_unusual_response_is_read_completely(behavior: Behavior, streamed: bool) -> None:
    with RawServer(behavior) as server:
        async with client_of(server) as client:
            assert await read(client, streamed=streamed) == b"{}"


@pytest.mark.parametrize(
    ("method", "reply", "status"),
    [
        ("GET", b"HTTP/1.1 204 Nothing\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 204 Nothing\r\nContent-Length: 0\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 10\r\n\r\n", 304),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nContent-Encoding: gzip\r\n\r\n", 200),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n", 200),
    ],
)
async def test_a_response_without_a_body_keeps_the_connection(method: str, reply: bytes, status: int) -> None:
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            for _ in range(2):
                response = await client.send(client.build_request(method, "/things"))
                assert (response.status, response.content) == (status, b"")
        assert server.connections == 1


async def test_an_html_page_is_a_status_error_or_a_decode_error() -> None:
    async def page(exchange: RawExchange) -> None:
        await exchange.answer(b"<html>Oops</html>", status=500 if exchange.number == 1 else 200)

    with RawServer(page) as server:
        async with client_of(server) as client:
            error = await failure_of(client.request("GET", "/things"), ServerError)
            assert (error.status, error.body) == (500, b"<html>Oops</html>")
            assert "HTML" in (await failure_of(client.request("GET", "/things"), DecodeError)).message
        assert server.connections == 1


async def test_the_transport_does_not_follow_redirects() -> None:
    with RawServer(
        saying(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", then="keep")
    ) as server:
        async with client_of(server, follow_redirects=None) as client:
            await failure_of(client.request("GET", "/things"), RedirectError)
        assert len(server.heads) == 1


@pytest.mark.parametrize(("method", "fresh"), [("GET", False), ("POST", True), ("PATCH", True)])
async def test_a_non_repeatable_request_uses_no_idle_connection(
    method: str, fresh: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asdk.transports._aiohttp_quirks.MAX_IDLE", 0.05)
    with RawServer() as server:
        async with client_of(server) as client:
            for _ in range(2):
                await client.request(method, "/things", model=None)
            assert server.connections == 1  # used just now
            await asyncio.sleep(0.06)
            await client.request(method, "/things", model=None)
            assert server.connections == 1 + fresh
            await asyncio.sleep(0.06)
            await client.request(method, "/things", idempotency_key=True, model=None)
            assert server.connections == 1 + fresh


# --- the content of errors --------------------------------------------------------------------------------------------


async def test_an_echoed_secret_is_not_in_the_error() -> None:
    async def echo(exchange: RawExchange) -> None:
        await exchange.send(b"you sent: " + exchange.head.replace(b"\r\n", b" ") + b"\r\n\r\n")
        exchange.writer.close()

    with RawServer(echo) as server:
        async with client_of(server, headers={"X-Key": Secret("hunter22-hunter22")}) as client:
            request = client.request("GET", "/people/{name}", path_params={"name": "ada"}, params={"token": "q-secret"})
            error = await failure_of(request, ProtocolError)
        assert b"hunter22-hunter22" in server.heads[0]
        assert "hunter22" not in f"{error} {error.cause}"


async def test_an_error_has_the_template_and_not_the_url() -> None:
    with RawServer(saying(head(200, "Content-Length: x\r\n"))) as server:
        async with client_of(server) as client:
            request = client.request("GET", "/people/{name}", path_params={"name": "ada"}, params={"token": "q-secret"})
            error = await failure_of(request, ProtocolError)
    assert error.template == "/people/{name}"
    assert "ada" not in f"{error} {error.cause}"
    assert "q-secret" not in f"{error} {error.cause}"


# --- no connection ----------------------------------------------------------------------------------------------------


async def test_a_refused_connection_is_a_connect_error() -> None:
    with refusing_port() as port:
        async with BaseClient(base_url=f"http://127.0.0.1:{port}", retry=QUICK) as client:
            error = await failure_of(client.request("POST", "/things", json=1), ConnectError)
    assert (error.sent, error.retryable, error.attempts) == (False, True, 3)


async def test_a_name_that_does_not_resolve_is_a_connect_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with BaseClient(base_url="http://nowhere.invalid", retry=QUICK) as client:
        error = await failure_of(client.request("POST", "/things", json=1), ConnectError)
    assert (error.sent, error.attempts) == (False, 3)


# --- resends ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("then", ["close", "reset"])
async def test_only_the_retry_policy_resends(attempts: int, then: str) -> None:
    with RawServer(saying(b"", then=then)) as server:
        async with client_of(server, retry=Retry(attempts=attempts, base_delay=0.001)) as client:
            for method in ("GET", "PUT", "DELETE"):
                server.heads.clear()
                error = await failure_of(client.request(method, "/things", content=b"x"), ProtocolError)
                assert (len(server.heads), error.attempts) == (attempts, attempts)


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_post_that_may_have_arrived_is_not_resent(then: str) -> None:
    with RawServer(saying(b"", then=then)) as server:
        async with client_of(server, retry=QUICK) as client:
            error = await failure_of(client.request("POST", "/things", json=1), ProtocolError)
            assert (len(server.heads), error.sent) == (1, True)
            await failure_of(client.request("POST", "/things", json=1, idempotency_key="k"), ProtocolError)
            assert len(server.heads) == 1 + QUICK.attempts


async def test_aiohttp_does_not_resend_on_a_reused_connection() -> None:
    async def once(exchange: RawExchange) -> None:
        if exchange.number == 1:
            await exchange.answer()
        else:
            exchange.reset()

    with RawServer(once) as server:
        async with client_of(server) as client:
            await client.request("GET", "/things")
            await failure_of(client.request("GET", "/things"), ProtocolError)
            assert (len(server.heads), server.connections) == (2, 1)


async def test_surplus_data_is_not_the_next_response() -> None:
    async def talkative(exchange: RawExchange) -> None:
        await exchange.answer(b'"right"')
        await exchange.send(head(200, "Content-Length: 7\r\n") + b'"wrong"')

    with RawServer(talkative) as server:
        async with client_of(server) as client:
            for _ in range(3):
                assert await client.request("GET", "/things") == "right"
                await asyncio.sleep(0.02)
        assert server.connections == 3


# --- the environment --------------------------------------------------------------------------------------------------


async def test_cookies_are_neither_kept_nor_sent() -> None:
    async def bake(exchange: RawExchange) -> None:
        await exchange.answer(headers="Set-Cookie: session=1; Path=/\r\n")

    with RawServer(bake) as server:
        async with client_of(server) as client:
            await client.request("GET", "/things")
            await client.request("GET", "/things")
    assert b"ookie" not in server.heads[1]


async def test_an_encoded_path_is_sent_unchanged() -> None:
    with RawServer() as server:
        async with client_of(server) as client:
            await client.request("GET", "/things/{id}", path_params={"id": "a/b c%2e"}, params={"q": "a+b&c"})
    assert server.heads[0].startswith(b"GET /things/a%2Fb%20c%252e?q=a%2Bb%26c HTTP/1.1\r\n")


async def test_responses_of_concurrent_calls_are_not_mixed_up() -> None:
    async def echo(exchange: RawExchange) -> None:
        await exchange.answer(exchange.target.rpartition("/")[2].encode())

    with RawServer(echo) as server:
        async with client_of(server, timeout=60) as client:  # only a guard: the machine may be busy
            calls = [client.request("GET", "/things/{id}", path_params={"id": number}) for number in range(300)]
            assert await asyncio.gather(*calls) == list(range(300))


async def test_closing_the_client_fails_calls_with_our_error() -> None:
    async def never(exchange: RawExchange) -> None:
        await exchange.until_gone()

    with RawServer(never) as server:
        client = client_of(server, timeout=Timeout(total=2.0))
        calls = [asyncio.create_task(client.request("GET", "/things")) for _ in range(3)]
        await server.until(lambda: len(server.heads) == 3)
        await client.aclose()
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, AsdkError)
            assert_clean(error)
        await server.until(lambda: server.open == 0)


async def test_sequential_calls_share_one_connection() -> None:
    with RawServer(answer) as server:
        async with client_of(server) as client:
            for _ in range(5):
                assert await client.request("GET", "/things") == {}
        assert (server.connections, len(server.heads)) == (1, 5)
        await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("connections", [0, -1, "5", 2.5, None])
def test_an_invalid_number_of_connections_is_rejected(connections: Any) -> None:
    with pytest.raises(ConfigurationError, match="connections must be a positive integer"):
        BaseClient(base_url="https://api.example.org", connections=connections)


LENIENT = {
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "a control character": head(200, "X-A: a\x01b\r\nContent-Length: 2\r\n") + b"{}",
    "a blank after a chunk size": CHUNKED + b"2 \r\n{}\r\n0\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
    "an empty reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("reply", LENIENT.values(), ids=LENIENT)
async def test_dev_mode_reads_what_production_reads(reply: bytes) -> None:
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server, retry=None) as client:
            assert await client.request("GET", "/things") == {}


def test_dev_mode_does_not_change_the_parser_of_others() -> None:
    script = """
import asyncio, aiohttp, sys
from aiohttp import _http_parser as parser
from asdk import BaseClient
from asdk.transports.aiohttp import AiohttpTransport
replies = [b"HTTP/1.1 200 OK\\nContent-Length: 2\\n\\n{}"]
async def serve(reader, writer):
    await reader.read(65536)
    writer.write(replies[0])
    await writer.drain()
    writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        async with BaseClient(base_url=url, retry=None) as client:
            assert await client.request("GET", "/") == {}
        assert parser.DEBUG is True
asyncio.run(main())
print("read")
"""
    command = [sys.executable, "-X", "dev", "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout == "read\n", done.stderr
