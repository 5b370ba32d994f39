"""Clients in a notebook kernel, where one event loop runs for hours and clients are not closed."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.servers import RawExchange, RawServer, wait_until

SETUP = """
import asyncio, gc, os, signal, threading, time
from asdk import BaseClient

def sockets():
    names = os.listdir("/proc/self/fd")
    paths = [f"/proc/self/fd/{name}" for name in names]
    return sum(os.readlink(path).startswith("socket:") for path in paths if os.path.islink(path))

async def call(path="/things", **options):
    return await client.request("GET", path, **options)

client = BaseClient(base_url=URL)
await call()
client = None
await asyncio.sleep(0.05)
before = sockets()
"""


async def by_path(visit: RawExchange) -> None:
    if visit.target == "/stall":
        await visit.until_gone()
    else:
        await visit.answer(status=404 if visit.target == "/404" else 200)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(by_path) as server:
        yield server


def outputs_of(server: RawServer, *cells: str) -> list[list[str]]:
    """Return the outputs of each cell: printed text, the names of errors, and the whole text of stderr."""
    sources = [f"URL = {server.url!r}\n{SETUP}", *cells]
    cells_of = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=cells_of)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    outputs = [[_text_of(output) for output in cell.outputs] for cell in notebook.cells]
    assert outputs[0] == [], outputs[0]
    return outputs[1:]


def _text_of(output: nbformat.NotebookNode) -> str:
    if output.output_type == "error":
        return f"error {output.ename}"
    text = output.text if output.output_type == "stream" else output.data["text/plain"]
    return f"stderr {text}" if output.get("name") == "stderr" else text.strip()


def test_rebinding_a_client_100_times_leaks_nothing(server: RawServer) -> None:
    outputs = outputs_of(
        server,
        "gc.disable()",
        "for _ in range(50):\n    client = BaseClient(base_url=URL)\n    await call()",
        *["client = BaseClient(base_url=URL); await call()"] * 50,
        "client = None; await asyncio.sleep(0.05); print(sockets() - before)",
    )
    assert outputs == [[], [], *[["{}"]] * 50, ["0"]]
    assert server.connections == 101
    wait_until(lambda: server.open == 0)


def test_a_cell_works_after_a_failed_and_an_interrupted_one(server: RawServer) -> None:
    interrupt = "threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()"
    outputs = outputs_of(
        server,
        "client = BaseClient(base_url=URL)\nawait call('/404')",
        "await call()",
        "1 / 0",
        "await call()",
        f"began = time.monotonic()\n{interrupt}\nawait call('/stall')",
        "print(time.monotonic() - began < 2)",
        "await call()",
        f"{interrupt}\nawait asyncio.gather(*(call('/stall') for _ in range(3)))",
        "await call()",
        "client = None",
        "1 / 0",  # IPython keeps the frames of the latest error, with reference cycles around them
        "gc.collect(); await asyncio.sleep(0.05); print(sockets() - before)",
    )
    # IPython may report the interrupt of an awaiting cell as a cancellation.
    stopped = outputs.pop(4), outputs.pop(6)
    assert {name for names in stopped for name in names} <= {"error CancelledError", "error KeyboardInterrupt"}
    assert all(stopped)
    assert outputs == [
        ["error NotFoundError"],
        ["{}"],
        ["error ZeroDivisionError"],
        ["{}"],
        ["True"],
        ["{}"],
        ["{}"],
        [],
        ["error ZeroDivisionError"],
        ["0"],
    ]
    wait_until(lambda: server.open == 0)
