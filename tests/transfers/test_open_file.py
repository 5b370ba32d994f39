"""Downloads to open files: buffers, pipes, devices and files with a position."""

# ruff: noqa: ASYNC230 - a test may look at its files

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import BaseClient, IntegrityError, InvalidRequestError, Retry, StreamError
from asdk.testing import MemoryTransport, Reply
from tests.support.archive import Archive
from tests.support.servers import RawServer, client_of

DATA = os.urandom(300_000)


def api(content: bytes = DATA, **headers: str) -> BaseClient:
    server = MemoryTransport(lambda request: Reply(content=content, headers=headers))
    return BaseClient(base_url="https://api.example.org", transport=server, retry=None)


async def test_a_buffer_gets_the_bytes_and_stays_open() -> None:
    buffer = io.BytesIO(b"head")
    buffer.seek(4)
    done = await api(ETag='"1"').download("/f", to=buffer, sha256=hashlib.sha256(DATA).hexdigest())
    assert buffer.getvalue() == b"head" + DATA
    assert (done.size, done.path, done.etag, done.checked) == (len(DATA), Path(), '"1"', ("sha256",))


async def test_an_open_file_is_written_from_its_position(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(b"head")
        done = await api().download("/f", to=file)
    assert (path.read_bytes(), done.path) == (b"head" + DATA, path)
    assert os.listdir(tmp_path) == ["x"]


async def test_a_device_and_a_compressed_file_accept_bytes(tmp_path: Path) -> None:
    with open("/dev/null", "wb") as null:
        assert (await api().download("/f", to=null)).size == len(DATA)
    with gzip.open(tmp_path / "x.gz", "wb") as packed:
        await api().download("/f", to=packed)  # type: ignore[arg-type]
    assert gzip.decompress((tmp_path / "x.gz").read_bytes()) == DATA


async def test_a_pipe_is_read_while_it_is_written() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as end, open(writer, "wb") as pipe:
        read = asyncio.create_task(asyncio.to_thread(end.read, len(DATA)))
        await api().download("/f", to=pipe)
        assert await read == DATA


async def test_a_pipe_that_no_program_reads_does_not_outlive_a_deadline() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb"), open(writer, "wb", buffering=0) as pipe, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await api(bytes(2**21)).download("/f", to=pipe)


@pytest.mark.parametrize("cuts", [[70_000], [1000, -50_000, 100_000], [0, 70_000]])
async def test_a_broken_download_to_a_buffer_is_resumed(cuts: list[int]) -> None:
    archive = Archive(DATA, *cuts)
    archive.headers = f"Repr-Digest: sha-256=:{_base64(hashlib.sha256(DATA).digest())}:\r\n"
    with RawServer(archive) as server:
        async with client_of(server, retry=Retry(attempts=9, base_delay=0.001)) as client:
            buffer = io.BytesIO()
            done = await client.download("/files/f", to=buffer)
    assert (buffer.getvalue() == DATA, done.checked) == (True, ("sha256",))


@pytest.mark.parametrize("has_positions", [True, False])
async def test_a_file_that_changed_starts_over_if_the_target_can(has_positions: bool) -> None:
    archive = Archive(DATA, 70_000)

    def change(number: int) -> None:
        archive.etag = f'"v{number}"'

    archive.change = change
    with RawServer(archive) as server:
        async with client_of(server, retry=Retry(attempts=9, base_delay=0.001)) as client:
            buffer = io.BytesIO() if has_positions else Stream()
            if has_positions:
                await client.download("/files/f", to=buffer)
                assert buffer.getvalue() == DATA
            else:
                with pytest.raises(StreamError, match="must start over"):
                    await client.download("/files/f", to=buffer)


class Stream(io.BytesIO):
    def seekable(self) -> bool:
        return False


async def test_wrong_bytes_are_removed_from_a_buffer() -> None:
    buffer = io.BytesIO()
    with pytest.raises(IntegrityError):
        await api().download("/f", to=buffer, sha256="0" * 64)
    assert buffer.getvalue() == b""


class Asynchronous:
    async def write(self, data: bytes) -> int:
        return len(data)


def _closed() -> io.BytesIO:
    buffer = io.BytesIO()
    buffer.close()
    return buffer


@pytest.mark.parametrize(
    "make",
    [
        io.StringIO,
        Asynchronous,
        _closed,
        lambda: Path(os.devnull).open("rb"),  # noqa: SIM115
        lambda: Path(os.devnull).open("w"),  # noqa: SIM115
        lambda: 5,
    ],
    ids=["text buffer", "asynchronous", "closed", "read only", "text file", "number"],
)
async def test_a_target_that_accepts_no_bytes_is_refused(make: Callable[[], Any]) -> None:
    target = make()
    client = api()
    try:
        with pytest.raises(InvalidRequestError, match=r"^to must be a path or a file that is open for writing"):
            await client.download("/f", to=target)
    finally:
        if hasattr(target, "close"):
            target.close()


def _base64(digest: bytes) -> str:
    import base64

    return base64.b64encode(digest).decode()
