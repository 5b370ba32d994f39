"""Iterations, maps and tables in a notebook kernel: output, saved output, and interrupts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.notebooks import Cell, Notebook
from tests.support.servers import RawExchange, RawServer

SETUP = """
import asyncio, os, signal, sys, threading, time
from asdk import BaseClient, model
from asdk.pagination import PageNumbers

@model
class Row:
    id: int
    name: str

class Archive(BaseClient):
    async def get(self, number):
        return await self.request("GET", "/rows/{id}", path_params={"id": number}, model=Row)

    def list(self, path="/rows", **options):
        strategy = PageNumbers(items="items", total="total")
        return self.paginate(path, model=Row, strategy=strategy, **options)

client = Archive(base_url=URL, timeout=20)

def interrupt():
    global interrupted_at
    interrupted_at = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

def interrupt_soon():
    threading.Timer(0.2, interrupt).start()
"""


async def serve(visit: RawExchange) -> None:
    path, _, query = visit.target.partition("?")
    if page := re.search(r"page=(\d+)", query):
        number = int(page[1])
        if path == "/endless" and number > 2:
            await visit.until_gone()
        items = [{"id": row, "name": f"<row {row}>"} for row in range(number * 10 - 10, number * 10)]
        await visit.answer(json.dumps({"items": items if number <= 5 else [], "total": 50}).encode())
    elif int(path.rpartition("/")[2]) >= 1000:
        await visit.until_gone()
    else:
        row = int(path.rpartition("/")[2])
        found = {"id": row, "name": f"<row {row}>"}
        await visit.answer(json.dumps(found).encode(), status=404 if row == 7 else 200)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(serve) as server:
        yield server


def interrupted(source: str) -> str:
    """Return a cell that runs the source, is interrupted, and records the time when it stopped."""
    return f"interrupt_soon()\ntry:\n    {source}\nfinally:\n    ended = time.monotonic()"


INTERRUPTED = {"CancelledError", "KeyboardInterrupt"}


async def test_a_notebook_with_iteration_map_and_tables(server: RawServer) -> None:
    notebook = Notebook()
    cells: list[Cell] = []

    async def run(source: str) -> Cell:
        cells.append(await notebook.run(source))
        return cells[-1]

    async with notebook.running():
        setup = await run(f"URL = {server.url!r}\n{SETUP}")
        assert setup.shown == []

        table = await run("await client.list(prefetch=3).collect()")
        (shown,) = table.shown
        assert "&lt;row 0&gt;" in shown["text/html"]
        assert "50 records, 20 shown" in shown["text/html"]
        assert "... 30 more" in shown["text/plain"]

        walk = await run("print([row.id async for row in client.list()] == [*range(50)])")
        assert walk.printed == "True"

        mapped = await run(
            "outcomes = [o async for o in client.map(client.get, range(100), concurrency=8, progress='rows')]\n"
            "print(len(outcomes), [o.index for o in outcomes if not o.ok])"
        )
        assert mapped.printed == "100 [7]"
        (shown,) = mapped.shown
        assert re.fullmatch(r"rows: 100 of 100, 1 failed, [\d.]+ s", shown["text/plain"])
        assert '<progress max="100" value="100">' in shown["text/html"]

        left = await run(
            "async for o in client.map(client.get, range(900), progress=True):\n    if o.index == 4: break"
        )
        assert re.fullmatch(r"get: stopped at 5 of 900, [\d.]+ s", left.shown[0]["text/plain"])

        failed = await run(
            "async for o in client.map(client.get, range(5), progress=True):\n    o.result(); 1 / o.index"
        )
        assert failed.error == "ZeroDivisionError"
        assert "stopped at 1 of 5" in failed.shown[0]["text/plain"]

        for source, said in (
            (
                "async for o in client.map(client.get, range(998, 2000), progress='slow'): pass",
                "slow: stopped at 2 of 1002",
            ),
            ("await client.list('/endless', prefetch=2).collect()", None),
            ("async for row in client.list('/endless', prefetch=2): pass", None),
        ):
            stopped = await run(interrupted(source))
            assert stopped.error in INTERRUPTED
            assert [view["text/plain"].partition(",")[0] for view in stopped.shown] == ([said] if said else [])
            after = await run("print(ended - interrupted_at < 1)\nprint((await client.get(1)).name)")
            assert after.printed == "True\n<row 1>"
            await server.until(lambda: server.open <= 1)  # the idle connection of the last call

        await notebook.restart()
        again = await run(f"URL = {server.url!r}\n{SETUP}")
        stopped = await run(interrupted("async for o in client.map(asyncio.sleep, [60, 60]): pass"))
        assert stopped.error in INTERRUPTED
        assert (await run("print(ended - interrupted_at < 1)")).printed == "True", (
            "an interrupt works without a request that wakes the event loop"
        )
        again = await run("len([o async for o in client.map(client.get, range(3), progress=True)])")
        assert again.shown[-1]["text/plain"] == "3"
        assert again.shown[0]["text/plain"].startswith("get: 3 of 3")
        await server.until(lambda: server.open <= 3)
    assert [cell.stderr for cell in cells if cell.stderr] == []
    assert [cell.error for cell in cells if cell.error and cell.error not in INTERRUPTED] == ["ZeroDivisionError"]
    await server.until(lambda: server.open == 0)
