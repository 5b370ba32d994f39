"""Tests of bodies over the wire: uploads, limits, and truncated, invalid or explosive compression."""

from __future__ import annotations

import asyncio
import gc
import gzip
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import brotli
import pytest
from backports import zstd

from asdk import (
    BaseClient,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    ResponseLimits,
    ResponseTooLargeError,
    Secret,
    StatusError,
)
from asdk.middleware import CircuitBreaker
from tests.support.failures import failure_of
from tests.support.servers import QUICK, RawExchange, RawServer, client_of, head, read, saying, until

ZIPPED = gzip.compress(b'{"name": "Ada"}' * 100)

# --- requests ---------------------------------------------------------------------------------------------------------


async def test_request_bodies_arrive_unchanged() -> None:
    bodies: list[bytes] = []

    async def keep(exchange: RawExchange) -> None:
        bodies.append(await exchange.read_body())
        await exchange.send(head(200, "Content-Length: 2\r\n") + b"{}")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"in "
        yield b"pieces"

    large = bytes(range(256)) * 8192
    with RawServer(keep) as server:
        async with client_of(server) as client:
            for content in (b"", b"whole", pieces, pieces(), iter([b"one", b"by", b"one"]), large):
                await client.request("PUT", "/things", content=content)
    assert bodies == [b"", b"whole", b"in pieces", b"in pieces", b"onebyone", large]
    assert b"Content-Length: 2097152" in server.heads[-1]


@pytest.mark.parametrize("pause", [False, True], ids=["at once", "after the head"])
async def test_an_early_response_stops_the_upload(pause: bool) -> None:
    async def early(exchange: RawExchange) -> None:
        await exchange.send(head(413, "Content-Length: 2\r\n"))
        if pause:
            await asyncio.sleep(0.02)
        await exchange.send(b"{}")
        await exchange.until_gone()

    ended, before = asyncio.Event(), asyncio.all_tasks()

    async def endless() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.Event().wait()
        finally:
            ended.set()

    with RawServer(early) as server:
        async with client_of(server) as client:
            assert (await failure_of(client.request("POST", "/things", content=endless()), StatusError)).status == 413
            async with asyncio.timeout(60):
                await ended.wait()
            await until(lambda: asyncio.all_tasks() == before)
            await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("fails", ["raises", "is gone", "is shorter", "is longer"])
async def test_an_unreadable_body_is_not_retried(fails: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)

    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise LookupError("of mine,\nwith hunter22")

    async def upload(client: BaseClient) -> object:
        key = {"X-Key": Secret("hunter22")}
        request = client.build_request("PUT", "/x", content=broken if fails == "raises" else path, headers=key)
        if fails == "is gone":
            path.unlink()
        elif fails != "raises":
            path.write_bytes(b"x" * (50 if fails == "is shorter" else 150))
        return await client.send(request)

    breaker = CircuitBreaker(window=1)
    with RawServer() as server:
        async with client_of(server, retry=QUICK, circuit_breaker=breaker) as client:
            error = await failure_of(upload(client), InvalidRequestError)
            assert "the request body could not be read" in str(error)
            assert "hunter22" not in str(error)
            await server.until(lambda: server.open == 0)
            assert len(server.heads) <= 1
            assert await client.request("PUT", "/x", content=b"whole") == {}


async def test_a_failed_upload_logs_no_task_exception() -> None:
    async def outlive_the_connection() -> AsyncIterator[bytes]:
        yield b"x"
        time.sleep(0.03)  # noqa: ASYNC251 - the next write must see the reset before the loop does
        yield b"y"

    with RawServer(saying(b"", then="reset")) as server:
        async with client_of(server) as client:
            for _ in range(3):
                await failure_of(client.request("POST", "/things", content=outlive_the_connection), ProtocolError)
            gc.collect()


# --- responses --------------------------------------------------------------------------------------------------------


SMALL = ResponseLimits(body=2**20)


@pytest.fixture
def small_limit() -> int:
    return SMALL.body


async def test_a_body_announced_as_too_large_is_not_read(small_limit: int) -> None:
    sent = 0

    async def announce(exchange: RawExchange) -> None:
        nonlocal sent
        await exchange.send(head(200, f"Content-Length: {100 * small_limit}\r\n"))
        while True:
            await exchange.send(b"x" * 4096)
            sent += 4096

    with RawServer(announce) as server:
        async with client_of(server, retry=QUICK, response_limits=SMALL) as client:
            error = await failure_of(client.request("GET", "/things"), ResponseTooLargeError)
            assert (error.retryable, error.attempts, len(server.heads)) == (False, 1, 1)
            await server.until(lambda: server.open == 0)
    assert sent < 20 * small_limit  # the capacity of the sockets' buffers


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "gzip, gzip"])
async def test_an_endless_body_is_read_up_to_the_limit(small_limit: int, encoding: str) -> None:
    async def pour(exchange: RawExchange) -> None:
        await exchange.send(head(200, f"Transfer-Encoding: chunked\r\nContent-Encoding: {encoding}\r\n"))
        layers = [zlib.compressobj(wbits=31 if "gzip" in encoding else 15) for _ in filter(None, encoding.split(","))]
        while True:
            chunk = b"\0" * small_limit
            for layer in layers:
                chunk = layer.compress(chunk) + layer.flush(zlib.Z_SYNC_FLUSH)
            await exchange.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    with RawServer(pour) as server:
        async with client_of(server) as client:
            await failure_of(client.request("GET", "/things", response_limits=SMALL), ResponseTooLargeError)
            await server.until(lambda: server.open == 0)
        assert len(server.heads) == 1


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("layers", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "br, zstd", "zstd, br"])
async def test_a_decompression_bomb_stops_at_the_limit(small_limit: int, layers: str) -> None:
    bomb = b"\0" * 32 * small_limit
    for layer in layers.split(", "):
        bomb = PACKERS[layer](bomb)
    reply = head(200, f"Content-Encoding: {layers}\r\nContent-Length: {len(bomb)}\r\n") + bomb
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            small = client.with_options(response_limits=SMALL)
            await failure_of(small.request("GET", "/things"), ResponseTooLargeError)


async def test_a_stream_has_no_limit(small_limit: int) -> None:
    async def large(exchange: RawExchange) -> None:
        await exchange.answer(b"x" * 4 * small_limit)

    with RawServer(large) as server:
        async with client_of(server, response_limits=SMALL) as client:
            assert len(await read(client, streamed=True)) == 4 * small_limit


@pytest.mark.parametrize("length", [2 * 2**20, None], ids=["announced", "unannounced"])
async def test_a_body_of_exactly_the_limit_is_read(length: int | None) -> None:
    announced = "" if length is None else f"Content-Length: {length}\r\n"
    with RawServer(saying(head(200, announced) + b"x" * 2 * 2**20)) as server:
        async with client_of(server, response_limits=ResponseLimits(body=2 * 2**20)) as client:
            assert len(await read(client, streamed=False)) == 2 * 2**20


@pytest.mark.parametrize("body", [b"{}", b'"' + b"x" * 98 + b'"', b'"' + b"x" * 200_000 + b'"'])
async def test_the_limit_of_a_body_can_be_lowered(body: bytes) -> None:
    reply = head(200, f"Content-Length: {len(body)}\r\n") + body
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            await client.request("GET", "/things", response_limits=ResponseLimits(body=len(body)))
            limits = ResponseLimits(body=len(body) - 1)
            await failure_of(client.request("GET", "/things", response_limits=limits), ResponseTooLargeError)


async def test_a_large_body_of_json_is_read_within_raised_limits() -> None:
    body = b"[" + b"[]," * 2_000_000 + b'"' + b"x" * 70 * 2**20 + b'"]'
    packed = gzip.compress(body, 1)
    reply = head(200, f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n") + packed
    limits = ResponseLimits(body=200 * 2**20, json_containers=3_000_000)
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            await failure_of(client.request("GET", "/things"), ResponseTooLargeError)
            assert len(await client.request("GET", "/things", response_limits=limits)) == 2_000_001
            bodies = ResponseLimits(body=200 * 2**20)
            await failure_of(client.request("GET", "/things", response_limits=bodies), DecodeError)


async def test_the_limit_of_a_head_can_be_changed() -> None:
    reply = head(200, f"X-Long: {'x' * 100_000}\r\nContent-Length: 2\r\n") + b"{}"
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            await failure_of(client.request("GET", "/things"), ResponseTooLargeError)
            limits = ResponseLimits(head=2**20)
            assert await client.request("GET", "/things", response_limits=limits) == {}
            limits = ResponseLimits(head=50)
            await failure_of(client.request("GET", "/things", response_limits=limits), ResponseTooLargeError)


async def test_a_header_line_of_60_kib_is_accepted() -> None:
    line = "x" * 60_000
    with RawServer(saying(head(200, f"X-Long: {line}\r\nContent-Length: 2\r\n") + b"{}")) as server:
        async with client_of(server) as client:
            assert (await client.send(client.build_request("GET", "/things"))).headers["x-long"] == line


async def test_a_head_of_more_than_64_kib_is_rejected() -> None:
    lines = "".join(f"X-Long-{number}: {'x' * 14_000}\r\n" for number in range(5))
    with RawServer(saying(head(200, f"{lines}Content-Length: 2\r\n") + b"{}", then="keep")) as server:
        async with client_of(server) as client:
            await failure_of(client.request("GET", "/things"), ResponseTooLargeError)


async def test_the_error_body_of_a_stream_is_read_up_to_a_limit() -> None:
    async def pour(exchange: RawExchange) -> None:
        await exchange.send(head(404))
        while True:
            await exchange.send(b"x" * 4096)

    with RawServer(pour) as server:
        async with client_of(server) as client:
            error = await failure_of(read(client, streamed=True), NotFoundError)
            assert error.body == b"x" * 65536
            await server.until(lambda: server.open == 0)


# --- compressed bodies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("cut", [1, 8, 9, len(ZIPPED) - 5])
async def test_a_truncated_gzip_is_an_error(cut: int, chunked: bool, streamed: bool) -> None:
    part = ZIPPED[:-cut]
    if chunked:
        reply = head(200, "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")
        reply += b"%x\r\n%b\r\n0\r\n\r\n" % (len(part), part)
    else:
        reply = head(200, f"Content-Encoding: gzip\r\nContent-Length: {len(part)}\r\n") + part
    with RawServer(saying(reply, then="keep")) as server:
        async with client_of(server) as client:
            await failure_of(read(client, streamed=streamed), ProtocolError)


async def test_accept_encoding_has_a_default_and_can_be_set() -> None:
    with RawServer() as server:
        async with client_of(server) as client:
            await client.request("GET", "/things")
            await client.request("GET", "/things", headers={"accept-encoding": "identity"})
    assert b"Accept-Encoding: gzip, deflate, br, zstd\r\n" in server.heads[0]
    assert b"gzip" not in server.heads[1]


async def test_an_unsupported_encoding_is_an_error() -> None:
    with RawServer(saying(head(200, "Content-Encoding: xz\r\nContent-Length: 2\r\n") + b"{}", then="keep")) as server:
        async with client_of(server) as client:
            assert "'xz'" in (await failure_of(client.request("GET", "/things"), ProtocolError)).message


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("zipped", [False, True])
async def test_a_stream_yields_everything_before_it_broke(then: str, zipped: bool) -> None:
    body, field = (ZIPPED[:-8], "Content-Encoding: gzip\r\n") if zipped else (b"x" * 30_000, "")

    async def cut(exchange: RawExchange) -> None:
        await exchange.send(head(200, f"Content-Length: 100000\r\n{field}") + body)
        await asyncio.sleep(0.01)
        if then == "reset":
            exchange.reset()
        else:
            exchange.writer.close()

    with RawServer(cut) as server:
        async with client_of(server) as client, client.stream("GET", "/things") as response:
            await server.until(lambda: server.open == 0)
            await asyncio.sleep(0.01)
            came = b""

            async def read_on() -> None:
                nonlocal came
                async for chunk in response.iter_bytes():
                    came += chunk

            await failure_of(read_on(), ProtocolError)
            assert came == (b'{"name": "Ada"}' * 100 if zipped else body)


BOMB = """
import asyncio, gzip, sys
from asdk import BaseClient, DecodeError

body = gzip.compress({body}, 1)

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024

async def main():
    async def serve(reader, writer):
        await reader.readuntil(b"\\r\\n\\r\\n")
        head = b"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
        writer.write(head + body)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        async with BaseClient(base_url="http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]) as client:
            with open("/proc/self/clear_refs", "w") as peaks:
                peaks.write("5")
            before = peak()
            try:
                await client.request("GET", "/")
            except DecodeError as error:
                assert "response_limits" in str(error)
                print(peak() - before < 200)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of the memory is read from /proc")
@pytest.mark.parametrize("item", ["[]", "0", '"a"'])
def test_a_small_body_does_not_fill_the_memory(item: str) -> None:
    body = f"b'[' + b'{item},' * (60 * 2**20 // {len(item) + 1}) + b'{item}]'"
    command = [sys.executable, "-c", BOMB.replace("{body}", body)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.stdout == "True\n", done.stderr
