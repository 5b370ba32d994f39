"""Minimal server: one fixed response for every request, in its own process, on loopback.

The benchmarks run it as ``python -m benchmarks.server``; it prints its port and exits when its standard input closes.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.payload import ONE

ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sat, 01 Mar 2025 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"X-Request-Id: 6f1c2d3e-0000-4000-8000-000000000001\r\nContent-Length: %d\r\n\r\n" % len(ONE)
) + ONE


class Answering(asyncio.Protocol):
    """Protocol that answers each request head with the fixed response. Request bodies are not supported."""

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        heads = self._rest.count(b"\r\n\r\n")
        if heads:
            self._rest = self._rest.rpartition(b"\r\n\r\n")[2]
            self._transport.write(ANSWER * heads)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def serving() -> Iterator[str]:
    """Run a server in a child process during the block; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(timeout=10)


if __name__ == "__main__":
    asyncio.run(_serve())
