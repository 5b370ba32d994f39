"""A server of one file that can be told to misbehave: for the tests of downloads, also the long ones."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.servers import RawServer, Visit


class Archive:
    """What a `RawServer` does with a file.

    Args:
        data: the file.
        cuts: after how many bytes of its body each response breaks off, in turn; a negative number breaks it by RST.

    Attributes:
        etag: the entity tag as it is sent; None for none.
        ranges: whether it honours Range and If-Range.
        headers: further header lines of each response.
        asked: the Range of each request, None where there was none.
        change: called before each response, with its number from 1.
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

    async def __call__(self, visit: Visit) -> None:
        self.heads.append(visit.head)
        wanted = field(visit.head, "Range")
        self.asked.append(wanted)
        self.change(visit.number)
        await self.respond(visit, wanted)

    async def respond(self, visit: Visit, wanted: str | None) -> None:
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        condition = field(visit.head, "If-Range")
        if not self.ranges or (condition is not None and condition != self.validator):
            wanted, start = None, 0
        if wanted and start >= len(self.data):
            await visit.send(b"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n")
            return
        body = self.data[start:]
        size = len(self.data)
        place = f"Content-Range: bytes {start}-{size - 1}/{size}\r\n" if wanted else ""
        await self.send(visit, 206 if wanted else 200, body, place)

    @property
    def validator(self) -> str | None:
        return self.etag or field(self.headers.encode(), "Last-Modified")

    async def send(self, visit: Visit, status: int, body: bytes, headers: str = "") -> None:
        tag = "" if self.etag is None else f"ETag: {self.etag}\r\n"
        length = "" if "chunked" in self.headers else f"Content-Length: {len(body)}\r\n"
        await visit.send(f"HTTP/1.1 {status} Said\r\n{length}{tag}{headers}{self.headers}\r\n".encode())
        cut = self.cuts.pop(0) if self.cuts else None
        if cut is not None and abs(cut) < len(body):
            await visit.send(body[: abs(cut)])
            if self.stall:
                await visit.until_gone()
            elif cut < 0:
                visit.reset()
            else:
                visit.writer.close()
        else:
            await visit.send(body)


def field(head: bytes, name: str) -> str | None:
    """A header field of a request."""
    found = re.search(rf"(?mi)^{name}: *([^\r\n]*)".encode(), head)
    return found[1].decode() if found else None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


_MEASURED = """
import asyncio, re, resource, sys
from asdk import BaseClient

def peak():
    # Not the peak of getrusage: that one is inherited from the process that started this one.
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
    """By how many MiB the memory of a process grows when it downloads a file that is this piece so many times, and the
    SHA-256 of the file. It has downloaded one such piece before."""
    digest = hashlib.sha256()
    for _ in range(times):
        digest.update(piece)

    async def behave(visit: Visit) -> None:
        count = 1 if visit.target == "/small" else times
        await visit.send(f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: {count * len(piece)}\r\n\r\n'.encode())
        for _ in range(count):
            await visit.send(piece)

    with RawServer(behave) as server:
        command = [sys.executable, "-c", _MEASURED, server.url, str(to)]
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
    return float(output), digest.hexdigest()
