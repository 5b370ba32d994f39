"""Downloads at full size: cut off, killed, concurrent, and their memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asdk import Retry
from tests.support.archive import Archive, field, memory_of_a_download, sha256
from tests.support.servers import QUICK, RawExchange, RawServer, client_of

pytestmark = pytest.mark.soak

MIB = 2**20


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def test_256_mib_survive_five_cuts(tmp_path: Path) -> None:
    data = os.urandom(MIB) * 256
    archive = Archive(data, 50 * MIB, -40 * MIB, 30 * MIB, -20 * MIB, MIB)
    with RawServer(archive) as server:
        async with client_of(server, retry=QUICK, timeout=60) as client:
            done = await client.download("/files/f", to=tmp_path / "f", sha256=sha256(data))
    assert done.size == len(data)
    assert len(archive.asked) == 6
    assert sha256_of(tmp_path / "f") == sha256(data)


KILLED = """
import asyncio, sys
from asdk import BaseClient, Retry

async def main():
    async with BaseClient(base_url=sys.argv[1], retry=Retry(base_delay=0.001)) as client:
        report = lambda done, size: print(done, flush=True)
        done = await client.download("/files/f", to=sys.argv[2], progress=report)

asyncio.run(main())
"""


async def test_a_repeatedly_killed_download_completes(tmp_path: Path) -> None:
    data = os.urandom(MIB) * 64
    archive = Archive(data)
    kills = 0
    with RawServer(archive) as server:
        while not (tmp_path / "f").exists():
            command = [sys.executable, "-c", KILLED, server.url, str(tmp_path / "f")]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as child:  # noqa: ASYNC220
                assert child.stdout is not None
                for _ in range(12):
                    if not child.stdout.readline():
                        break
                else:
                    kills += 1
                    child.send_signal(signal.SIGKILL)
    assert kills >= 3
    starts = [int((wanted or "bytes=0-")[6:-1]) for wanted in archive.asked]
    assert starts == sorted(set(starts))
    assert sha256_of(tmp_path / "f") == sha256(data)


async def test_eighty_concurrent_downloads_stay_within_the_pool(tmp_path: Path) -> None:
    files = {f"/files/{number}": os.urandom(2 * MIB) for number in range(80)}

    async def behave(exchange: RawExchange) -> None:
        cuts = [700_000] if exchange.number % 4 == 0 else []
        await Archive(files[exchange.target], *cuts).respond(exchange, field(exchange.head, "Range"))

    with RawServer(behave) as server:
        async with client_of(server, connections=20, retry=Retry(attempts=10, base_delay=0.001), timeout=60) as client:
            targets = {name: tmp_path / name.rpartition("/")[2] for name in files}
            await asyncio.gather(*(client.download(name, to=path) for name, path in targets.items()))
        assert server.most <= 20
    assert all(targets[name].read_bytes() == data for name, data in files.items())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
async def test_a_gibibyte_needs_less_than_64_mib_of_memory(tmp_path: Path) -> None:
    piece = os.urandom(MIB)
    grown, digest = await memory_of_a_download(piece, 1024, tmp_path / "f")
    print(f"1 GiB: {grown:.1f} MiB more than a download of 1 MiB")  # noqa: T201
    assert grown < 64
    assert sha256_of(tmp_path / "f") == digest
