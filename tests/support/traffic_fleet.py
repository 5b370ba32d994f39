"""A fleet of processes that share a rate limit in Redis."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import attrs


@attrs.define
class Fleet:
    """What the processes of a fleet did.

    Attributes:
        sent: for each process, the wall-clock moments of its requests.
        said: for each process, what it logged.
    """

    sent: list[list[float]]
    said: list[list[str]]

    @property
    def moments(self) -> list[float]:
        """All requests of all processes, in their order."""
        return sorted(moment for process in self.sent for moment in process)

    def between(self, start: float, end: float) -> int:
        return sum(start <= moment < end for moment in self.moments)


def busiest_second(moments: list[float]) -> int:
    """The most requests in any span of one second."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


_MEMBER = """
import asyncio, json, logging, sys, time
from asdk import BaseClient
from asdk.middleware import RedisRateLimit
from asdk.testing import MemoryTransport, Reply

url = sys.argv[1]
rate, waiters = (float(word) for word in sys.argv[2:])
said, moments = [], []

class Notes(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())

logging.getLogger("asdk").addHandler(Notes())
logging.getLogger("asdk").setLevel("INFO")

def answer(request):
    moments.append(time.time())
    return Reply(json=1)

async def caller(client, ends):
    while time.time() < ends:
        await client.request("GET", "/x")

async def main():
    limit = RedisRateLimit(rate, url=url)
    client = BaseClient(base_url="https://api.example.org", transport=MemoryTransport(answer), rate_limit=limit)
    print("ready", flush=True)
    begins, ends = (float(word) for word in sys.stdin.readline().split())
    await asyncio.sleep(begins - time.time())
    await asyncio.gather(*(caller(client, ends) for _ in range(int(waiters))))
    await limit.aclose()

asyncio.run(main())
print(json.dumps([moments, said]))
"""


class FleetRun:
    """Processes that all call as fast as they may.

    Args:
        url: of the Redis server.
        rate: requests a second, of the whole fleet.
        processes: how many.
        waiters: callers in each process.
        seconds: for how long.

    Attributes:
        begins: when they begin, on the wall clock; all are up by then.
        ends: when they make their last calls.
    """

    def __init__(self, url: str, *, rate: float, processes: int, waiters: int, seconds: float) -> None:
        command = [sys.executable, "-c", _MEMBER, url, str(rate), str(waiters)]
        root = Path(__file__).parents[2]
        pipe = subprocess.PIPE
        self._running = [
            subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=root, text=True) for _ in range(processes)
        ]
        try:
            for process in self._running:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            self.begins = time.time() + 0.2
            self.ends = self.begins + seconds
            for process in self._running:
                assert process.stdin is not None
                process.stdin.write(f"{self.begins} {self.ends}\n")
                process.stdin.flush()
        except BaseException:
            self._end()
            raise

    def finish(self) -> Fleet:
        """Wait for the end."""
        try:
            results = [json.loads(process.communicate(timeout=300)[0]) for process in self._running]
        finally:
            self._end()
        return Fleet([moments for moments, _ in results], [said for _, said in results])

    def _end(self) -> None:
        for process in self._running:
            process.kill()
            process.communicate()
