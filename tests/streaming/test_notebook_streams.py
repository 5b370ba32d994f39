"""Downloads and streams in a real notebook kernel: progress, interrupted cells, and no leaked connections."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.archive import Archive
from tests.support.servers import RawExchange, RawServer, wait_until
from tests.test_notebook import outputs_of

DATA = os.urandom(3 * 2**20)
BEGIN = """
import tempfile
from pathlib import Path

to, seen, began = Path(tempfile.mkdtemp()) / "f", [], None

def interrupt_soon():  # while the cell runs, even on a slow machine
    global began
    if began is None:
        began = time.monotonic()
        threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()

def note(done, size):
    seen.append(done)
    if done:
        interrupt_soon()
"""
DOWNLOAD = "await client.download('/file', to=to, progress=note)"
EVENTS = """
seen, began = [], None
async with client.events('GET', '/events', reconnect=True) as events:
    async for event in events:
        seen.append(event.id)
        interrupt_soon()
"""


class Site(Archive):
    """A server of a file whose first download stalls, and of an event stream that falls silent after one event."""

    async def __call__(self, visit: RawExchange) -> None:
        if visit.target == "/file":
            return await super().__call__(visit)
        if visit.target == "/things":
            return await visit.answer()
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: x\n\n")
        return await visit.until_gone()


@pytest.fixture
def server() -> Iterator[RawServer]:
    site = Site(DATA, 2 * 2**20)
    site.stall = True
    with RawServer(site) as server:
        yield server


def test_an_interrupted_download_stops_and_the_next_cell_resumes_it(server: RawServer) -> None:
    outputs = outputs_of(
        server,
        BEGIN,
        "client = BaseClient(base_url=URL)",
        DOWNLOAD,
        "print(time.monotonic() - began < 60, sockets() - before, to.exists())",
        f"at = len(seen)\ndone = {DOWNLOAD}\nprint(done.size, done.resumed_from == seen[at], os.listdir(to.parent))",
        EVENTS,
        "print(time.monotonic() - began < 60, seen, sockets() - before)",
        "print(await call())",
        "client = None",
        "1 / 0",  # IPython kept the frames of the previous error until now, and leaves cycles around them
        "gc.collect(); await asyncio.sleep(0.05); print(sockets() - before)",
    )
    stopped = outputs.pop(2), outputs.pop(4)
    assert {name for names in stopped for name in names} <= {"error CancelledError", "error KeyboardInterrupt"}
    assert all(stopped)
    assert outputs == [
        [],
        [],
        ["True 0 False"],
        [f"{len(DATA)} True ['f']"],
        ["True ['1'] 0"],
        ["{}"],
        [],
        ["error ZeroDivisionError"],
        ["0"],
    ]
    wait_until(lambda: server.open == 0)
