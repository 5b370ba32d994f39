"""A server of one file with configurable faults, for the tests of downloads."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.servers import RawExchange, RawServer


class Archive:
    """A behavior for `RawServer` that serves a file.

    Args:
        data: the contents of the file.
        cuts: after how many bytes each response in turn is cut off; negative numbers cut with an RST.

    Attributes:
        etag: the entity tag that is sent; None for none.
        ranges: whether Range and If-Range are honored.
        headers: additional header lines of each response.
        asked: the Range of each request, or None.
        change: called before each response, with its number from 1.
        stall: whether a cut-off response stays open instead.
    """

    def __init__(self, data: bytes, *cuts: int) -> None:
        self.data = data
        self.cuts = list(cuts)
        self.etag: str | None = '"v1"'
        self.ranges = True
        self.headers = ""
        self.heads: list[bytes] = []
        self.asked: list[str | None] = []
        self.change: Callable[[int], object] = lambda number: None
        self.stall = False

    async def __call__(self, exchange: RawExchange) -> None:
        self.heads.append(exchange.head)
        wanted = field(exchange.head, "Range")
        self.asked.append(wanted)
        self.change(exchange.number)
        await self.respond(exchange, wanted)

    async def respond(self, exchange: RawExchange, wanted: str | None) -> None:
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        condition = field(exchange.head, "If-Range")
        if not self.ranges or (condition is not None and condition != self.validator):
            wanted, start = None, 0
        if wanted and start >= len(self.data):
            await exchange.send(b"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n")
            return
        body = self.data[start:]
        size = len(self.data)
        place = f"Content-Range: bytes {start}-{size - 1}/{size}\r\n" if wanted else ""
        await self.send(exchange, 206 if wanted else 200, body, place)

    @property
    def validator(self) -> str | None:
        return self.etag or field(self.headers.encode(), "Last-Modified")

    async def send(self, exchange: RawExchange, status: int, body: bytes, headers: str = "") -> None:
        tag = "" if self.etag is None else f"ETag: {self.etag}\r\n"
        length = "" if "chunked" in self.headers else f"Content-Length: {len(body)}\r\n"
        await exchange.send(f"HTTP/1.1 {status} Said\r\n{length}{tag}{headers}{self.headers}\r\n".encode())
        cut = self.cuts.pop(0) if self.cuts else None
        if cut is not None and abs(cut) < len(body):
            await exchange.send(body[: abs(cut)])
            if self.stall:
                await exchange.until_gone()
            elif cut < 0:
                exchange.reset()
            else:
                exchange.writer.close()
        else:
            await exchange.send(body)


def field(head: bytes, name: str) -> str | None:
    """Return the value of a header field, or None."""
    found = re.search(rf"(?mi)^{name}: *([^\r\n]*)".encode(), head)
    return found[1].decode() if found else None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


_MEASURED = """
import asyncio, re, resource, sys
from asdk import BaseClient

def peak():
    # Not the peak of getrusage, which is inherited from the parent process.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

async def main():
    async with BaseClient(base_url=sys.argv[1], timeout=None) as client:
        await client.download("/small", to=sys.argv[2])
        before = peak()
        await client.download("/large", to=sys.argv[2])
        print(peak() - before)

asyncio.run(main())
"""


async def memory_of_a_download(piece: bytes, times: int, to: Path) -> tuple[float, str]:
    """Measure a download of a file that repeats this piece, in a process that downloaded one piece before.

    Returns:
        By how many MiB the peak memory grew, and the SHA-256 of the file.
    """
    digest = hashlib.sha256()
    for _ in range(times):
        digest.update(piece)

    async def behave(exchange: RawExchange) -> None:
        count = 1 if exchange.target == "/small" else times
        await exchange.send(f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: {count * len(piece)}\r\n\r\n'.encode())
        for _ in range(count):
            await exchange.send(piece)

    with RawServer(behave) as server:
        command = [sys.executable, "-c", _MEASURED, server.url, str(to)]
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
    return float(output), digest.hexdigest()
