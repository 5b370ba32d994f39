"""Tests that a failed call shows no secret: not in a traceback with locals, nor in any object reachable from it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from asdk import ApiKey, AsdkError, BaseClient, BearerToken, Secret, Timeout, Token
from asdk.auth import Credential, json_request, send_token_request
from asdk.pagination import PageNumbers
from asdk.secret import MASK
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.base import Handler
from tests.support.failures import frames_of
from tests.support.reachable import shown_by
from tests.support.servers import Behavior, RawExchange, RawServer, answer, head, saying

# Revealed nowhere else: a traceback shows the lines of this file, too.
BEARER, KEY, PASSWORD = Secret("bearer-4711-abcdef"), Secret("key-4711-abcdef"), Secret("password-4711")
PROXY_PASSWORD = Secret("proxy-4711")
SECRETS = {secret.reveal() for secret in (BEARER, KEY, PASSWORD, PROXY_PASSWORD)}
SECRETS |= {base64.b64encode(f"ada:{PROXY_PASSWORD.reveal()}".encode()).decode()}


class Login(Credential):
    """A credential that exchanges a password for a token."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def fetch(self, send: Handler) -> Token:
        response = await send_token_request(send, json_request(f"{self._url}/token", {"password": PASSWORD}))
        return Token(value=response.json()["token"], lifetime=3600)


async def by_path(exchange: RawExchange) -> None:
    """Fail in the way that the path names, and echo everything that was received."""
    echo = exchange.head + await exchange.read_body()
    behaviors: Mapping[str, Behavior] = {
        "/cut": saying(b""),
        "/reset": saying(b"", then="reset"),
        "/mid": saying(head(200, "Content-Length: 10\r\n") + b"12345"),
        "/garbage": saying(b"you sent " + echo.replace(b"\r\n", b" ") + b"\r\n\r\n"),
        "/bad-length": saying(b"HTTP/1.1 200 OK\r\nContent-Length: " + echo.replace(b"\r\n", b" ") + b"\r\n\r\n"),
        "/401": lambda exchange: exchange.answer(b"{}", status=401),
        "/no-json": lambda exchange: exchange.answer(b"<html>"),
        "/stall": lambda exchange: exchange.until_gone(),
        "/midstall": saying(head(200, "Content-Length: 10\r\n") + b"12345", then="keep"),
    }
    path = "/" + exchange.target.rpartition("/")[2]  # a proxy receives the whole URL
    await behaviors.get(path, answer)(exchange)


def assert_secretive(error: BaseException) -> None:
    shown = shown_by(error, servers=(RawServer,))
    assert len(shown) > 1000
    assert {secret for secret in SECRETS if secret in shown} == set()


CREDENTIALS: dict[str, Callable[[str], Credential]] = {
    "bearer": lambda url: BearerToken(BEARER),
    "key": lambda url: ApiKey(KEY),
    "login": lambda url: Login(url),
}


def proxy_at(port: int) -> str:
    return f"http://ada:{PROXY_PASSWORD.reveal()}@127.0.0.1:{port}"


async def call(client: BaseClient, path: str) -> object:
    if path == "/refused":
        return await client.request("GET", "http://127.0.0.1:1/", headers={"X-Api-Key": KEY})
    limits = Timeout(total=0.1 if path == "/total" else 5, attempt=0.05 if path == "/stall" else None)
    return await client.request("POST", path, json={"password": PASSWORD}, timeout=limits)


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize(
    "path", ["/cut", "/reset", "/mid", "/garbage", "/bad-length", "/401", "/no-json", "/stall", "/refused"]
)
async def test_a_failed_call_shows_no_secret(path: str, credential: Callable[[str], Credential]) -> None:
    with RawServer(lambda exchange: token_first(exchange)) as server:
        async with BaseClient(base_url=server.url, auth=credential(server.url), retry=None) as client:
            with pytest.raises(AsdkError) as caught:
                await call(client, path)
            assert_secretive(caught.value)
    assert path == "/refused" or b"4711" in b"".join(server.heads)


async def token_first(exchange: RawExchange) -> None:
    if exchange.target == "/token":
        await exchange.answer(json.dumps({"token": BEARER.reveal()}).encode())
    else:
        await by_path(exchange)


@pytest.mark.parametrize("path", ["/stall", "/midstall"])
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
async def test_a_cancelled_call_shows_no_secret(path: str, proxied: bool) -> None:
    with RawServer(by_path) as server:
        transport = AiohttpTransport(proxy=proxy_at(server.port) if proxied else None)
        key = ApiKey(KEY)
        client = BaseClient(base_url=server.url, auth=key, transport=transport, retry=None)
        task = asyncio.create_task(client.request("POST", path, json={"password": PASSWORD}))
        await server.until(lambda: len(server.heads) == 1)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert_secretive(caught.value)
        assert KEY.reveal().encode() in server.heads[0]
        await transport.aclose()


async def test_a_call_cancelled_in_the_queue_shows_no_secret() -> None:
    with RawServer(by_path) as server:
        transport = AiohttpTransport(limit=1)
        client = BaseClient(base_url=server.url, auth=ApiKey(KEY), transport=transport)
        tasks = [asyncio.create_task(call(client, "/midstall")) for _ in range(2)]
        await server.until(lambda: len(server.heads) == 1)
        tasks[1].cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await tasks[1]
        assert_secretive(caught.value)
        tasks[0].cancel()
        await asyncio.wait(tasks)
        await transport.aclose()


@pytest.mark.parametrize("path", ["/mid", "/midstall"])
async def test_a_broken_stream_shows_no_secret(path: str) -> None:
    async def read(client: BaseClient) -> None:
        async with client.stream("GET", path, timeout=Timeout(idle=0.05)) as response:
            async for _ in response.iter_bytes():
                pass

    with RawServer(by_path) as server:
        async with BaseClient(base_url=server.url, auth=ApiKey(KEY), retry=None) as client:
            with pytest.raises(AsdkError) as caught:
                await read(client)
            assert_secretive(caught.value)


REFUSALS: dict[str, Callable[[RawExchange], Awaitable[None]]] = {
    "refused": lambda exchange: exchange.answer(b'{"error": "invalid_client"}', status=401),
    "unavailable": lambda exchange: exchange.answer(b"later", status=503),
    "no JSON": lambda exchange: exchange.answer(b"<html>"),
    "no token": lambda exchange: exchange.answer(b"{}"),
    "cut": saying(b""),
    "garbage": lambda exchange: echo_in_the_status_line(exchange),
    "late": lambda exchange: answer_too_late(exchange),
}


async def answer_too_late(exchange: RawExchange) -> None:
    await asyncio.sleep(0.7)
    await exchange.answer(status=503)


async def echo_in_the_status_line(exchange: RawExchange) -> None:
    await exchange.send(b"you sent " + await exchange.read_body() + b"\r\n\r\n")
    exchange.writer.close()


@pytest.mark.parametrize("behavior", REFUSALS.values(), ids=REFUSALS)
async def test_a_failed_login_shows_no_password(behavior: Behavior) -> None:
    with RawServer(behavior) as server:
        async with BaseClient(base_url=server.url, auth=Login(server.url), timeout=0.5) as client:
            with pytest.raises(AsdkError) as caught:
                await client.request("GET", "/things")
            assert_secretive(caught.value)
            assert b"/token" in server.heads[0]


async def test_a_cancelled_login_shows_no_password() -> None:
    with RawServer(lambda exchange: exchange.until_gone()) as server:
        send = AiohttpTransport()
        login = Login(server.url)
        task = asyncio.create_task(login.fetch(send.send))
        await server.until(lambda: len(server.heads) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert_secretive(caught.value)
        await send.aclose()


@pytest.mark.parametrize("path", ["/cut", "/refused"])
async def test_a_failed_proxy_does_not_show_its_password(path: str) -> None:
    with RawServer(saying(b"")) as server:
        port = 1 if path == "/refused" else server.port
        for scheme in ("http", "https"):
            async with BaseClient(base_url=f"{scheme}://api.invalid", proxy=proxy_at(port), retry=None) as client:
                for content in (b"x", iter([b"x"] * 3)):
                    with pytest.raises(AsdkError) as caught:
                        await client.request("POST", "/things", content=content)
                    assert_secretive(caught.value)


# --- frames of tracebacks ---------------------------------------------------------------------------------------------


async def _read_stream(client: BaseClient) -> None:
    async with client.stream("GET", "/midstall") as response:
        await response.read()


async def _read_events(client: BaseClient) -> None:
    async with client.events("GET", "/events") as events:
        await anext(events)


async def _read_lines(client: BaseClient) -> None:
    async with client.json_lines("GET", "/midstall") as lines:
        await anext(lines)


async def _map(client: BaseClient) -> None:
    async for outcome in client.map(lambda path: client.request("GET", path), ["/midstall"]):
        outcome.result()


async def _collect(client: BaseClient) -> None:
    await client.paginate("/midstall", strategy=PageNumbers()).collect()


BOUNDARIES: dict[str, Callable[[BaseClient, Path], Awaitable[object]]] = {
    "request": lambda client, _: client.request("GET", "/midstall"),
    "send": lambda client, _: client.send(client.build_request("GET", "/midstall")),
    "stream": lambda client, _: _read_stream(client),
    "events": lambda client, _: _read_events(client),
    "lines": lambda client, _: _read_lines(client),
    "download": lambda client, folder: client.download("/midstall", to=folder / "x"),
    "pages": lambda client, _: _collect(client),
    "map": lambda client, _: _map(client),
    "token": lambda client, _: client.get_token(refresh=True),
    "upload": lambda client, _: client.request("PUT", "/stall", content=iter([b"x"] * 3)),
}


async def slowly(exchange: RawExchange) -> None:
    if exchange.target == "/token":
        await exchange.until_gone()
    elif exchange.target.startswith("/midstall?"):
        await saying(head(200, "Content-Length: 10\r\n") + b"12345", then="keep")(exchange)
    elif exchange.target == "/events":
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n")
        await exchange.until_gone()
    else:
        await by_path(exchange)


@pytest.mark.parametrize("end", ["timeout of the caller", "cancelled", "timeout of the call"])
@pytest.mark.parametrize("call", BOUNDARIES.values(), ids=BOUNDARIES)
async def test_no_frame_of_another_library_leaves_a_client(
    call: Callable[[BaseClient, Path], Awaitable[object]], end: str, tmp_path: Path
) -> None:
    """A timeout of the caller sends a CancelledError through aiohttp, whose frames would show URLs and headers."""
    with RawServer(slowly) as server:
        auth = Login(server.url) if call is BOUNDARIES["token"] else ApiKey(KEY)
        limits = Timeout(total=0.2, idle=0.2) if end == "timeout of the call" else Timeout(total=5)
        async with BaseClient(base_url=server.url, auth=auth, retry=None, timeout=limits) as client:
            patience = 0.1 if end == "timeout of the caller" else None
            task = asyncio.create_task(_within(patience, call(client, tmp_path)))
            if end == "cancelled":
                await server.until(lambda: bool(server.heads))
                await asyncio.sleep(0.02)
                task.cancel()
            with pytest.raises((AsdkError, TimeoutError, asyncio.CancelledError)) as caught:
                await task
    error = caught.value
    assert len([*frames_of(error)]) > 2
    chain = [error, *filter(None, [error.__cause__, error.__context__])]
    files = [frame.f_code.co_filename for each in chain for frame in frames_of(each)]
    assert [name for name in files if "/aiohttp/" in name or ("/asyncio/" in name and "timeouts" not in name)] == []
    assert_secretive(error)


async def _within(patience: float | None, call: Awaitable[object]) -> object:
    async with asyncio.timeout(patience):
        return await call


async def test_a_proxy_does_not_get_its_credentials_into_an_error() -> None:
    async def echo(exchange: RawExchange) -> None:
        header = f"X-Request-Id: ada:{PROXY_PASSWORD.reveal()}\r\n"
        await exchange.answer(exchange.head, status=503, headers=header)

    with RawServer(echo) as server:
        async with BaseClient(base_url="http://api.invalid", proxy=proxy_at(server.port), retry=None) as client:
            with pytest.raises(AsdkError) as caught:
                await client.request("GET", "/x")
    assert not [secret for secret in SECRETS if secret in f"{caught.value} {caught.value!r} {vars(caught.value)}"]
    assert vars(caught.value)["body"]() == MASK.encode()


async def test_a_rejected_token_is_hidden_in_the_answer_to_the_next() -> None:
    tokens = iter(["t0k3n-that-is-rejected", "t0k3n-that-follows"])

    class Rotating(Credential):
        async def fetch(self, send: Handler) -> Token:
            return Token(value=next(tokens), lifetime=3600)

    async def behave(exchange: RawExchange) -> None:
        first = b"rejected" in exchange.head
        body = b"{}" if first else b'{"message": "not valid: t0k3n-that-is-rejected"}'
        await exchange.answer(body, status=401 if first else 403)

    with RawServer(behave) as server:
        async with BaseClient(base_url=server.url, auth=Rotating(), retry=None) as client:
            with pytest.raises(AsdkError) as caught:
                await client.request("GET", "/x")
    assert "t0k3n" not in f"{caught.value} {vars(caught.value)['body']()!r}"
