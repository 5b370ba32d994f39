"""Streams and files: typed events, and atomic downloads. It runs without a network."""

import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from asdk import BaseClient, StreamError, Upload, model, tagged
from asdk.testing import MemoryTransport, Reply


@model
class Token:
    content: str
    type: Literal["token"] = "token"


@model
class Done:
    tokens: int
    type: Literal["done"] = "done"


EVENT = tagged("type", Token, Done)


async def main(folder: Path) -> None:
    async with BaseClient(base_url="https://api.example.org", transport=SERVER) as client:
        async with client.events("GET", "/answer", model=EVENT, reconnect=True) as events:
            async for event in events:  # leaving the block frees the connection, even in the middle
                print(event)

        try:
            async with client.json_lines("GET", "/export", model=Token) as tokens:
                print([token.content async for token in tokens])
        except StreamError as error:
            print(error)

        report = folder / "report.pdf"
        done = await client.download("/files/{id}", path_params={"id": 7}, to=report, progress=show)
        print(done.size, done.checked, report.read_bytes())

        upload = Upload(report, content_type="application/pdf", progress=show)
        await client.request("POST", "/files", files={"file": upload}, form={"title": "Report"})


def show(done: int, total: int | None) -> None:
    print(f"{done} of {total} bytes")


LIVE = b'id: 1\ndata: {"type": "token", "content": "Hi"}\n\nid: 2\ndata: {"type": "done", "tokens": 1}\n\n'
SERVER = MemoryTransport(
    [
        Reply(content=LIVE, headers={"Content-Type": "text/event-stream"}),
        Reply(204),  # to the reconnect: the stream is complete
        Reply(content=b'{"content": "a"}\n{"content": "b"}\n'),
        Reply(content=b"%PDF", headers={"Content-MD5": "v6SxCnYySxZs/a1eAqY3MA==", "Content-Length": "4"}),
        Reply(201),
    ]
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
