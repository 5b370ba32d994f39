"""Downloads at full size: through cuts, through a kill, side by side, and what they take of memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asdk import Retry
from tests.archive import Archive, field, sha256
from tests.servers import QUICK, RawServer, Visit, client_of

pytestmark = pytest.mark.soak

MIB = 2**20


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def test_256_mib_come_through_five_cuts_with_the_same_sha256(tmp_path: Path) -> None:
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


async def test_killed_again_and_again_it_gets_there(tmp_path: Path) -> None:
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


async def test_eighty_at_once_through_cuts_hold_no_more_connections_than_the_pool(tmp_path: Path) -> None:
    files = {f"/files/{number}": os.urandom(2 * MIB) for number in range(80)}

    async def behave(visit: Visit) -> None:
        cuts = [700_000] if visit.number % 4 == 0 else []
        await Archive(files[visit.target], *cuts).respond(visit, field(visit.head, "Range"))

    with RawServer(behave) as server:
        async with client_of(server, connections=20, retry=Retry(attempts=10, base_delay=0.001), timeout=60) as client:
            targets = {name: tmp_path / name.rpartition("/")[2] for name in files}
            await asyncio.gather(*(client.download(name, to=path) for name, path in targets.items()))
        assert server.most <= 20
    assert all(targets[name].read_bytes() == data for name, data in files.items())


MEASURED = """
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
        print(peak() - before, peak())

asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
async def test_a_gibibyte_takes_less_than_64_mib_of_memory(tmp_path: Path) -> None:
    piece, count = os.urandom(MIB), 1024
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(piece)

    async def behave(visit: Visit) -> None:
        times = 1 if visit.target == "/small" else count
        await visit.send(f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: {times * MIB}\r\n\r\n'.encode())
        for _ in range(times):
            await visit.send(piece)

    with RawServer(behave) as server:
        command = [sys.executable, "-c", MEASURED, server.url, str(tmp_path / "f")]
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        output, _ = await child.communicate()
    grown, whole = map(float, re.findall(rb"[\d.]+", output))
    print(f"1 GiB: {grown:.1f} MiB more than before, {whole:.1f} MiB in all")  # noqa: T201
    assert grown < 64
    assert sha256_of(tmp_path / "f") == digest.hexdigest()
