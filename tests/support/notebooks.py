"""Runs cells in a real kernel, one after another, and tells what each has put out, as the saved notebook holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nbformat
from nbclient import NotebookClient


class Notebook:
    """A kernel and the notebook that it fills."""

    def __init__(self) -> None:
        self._notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        self._client = NotebookClient(self._notebook, timeout=30, kernel_name="python3", allow_errors=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The kernel, for the length of the block."""
        async with self._client.async_setup_kernel():
            yield

    async def run(self, source: str) -> Cell:
        """Run one more cell, to its end."""
        cell = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
        self._notebook.cells.append(cell)
        await self._client.async_execute_cell(cell, len(self._notebook.cells) - 1)
        return Cell(cell)

    async def restart(self) -> None:
        """Restart the kernel, as the button does."""
        manager: Any = self._client.km
        client: Any = self._client.kc
        await manager.restart_kernel()
        await client.wait_for_ready(timeout=30)


class Cell:
    """A cell after its execution. Its outputs are looked at when they are asked for: a later cell may update them."""

    def __init__(self, cell: nbformat.NotebookNode) -> None:
        self._cell = cell

    def _of(self, kind: str) -> list[Any]:
        return [output for output in self._cell.outputs if output.output_type == kind]

    @property
    def printed(self) -> str:
        """What was printed."""
        return "".join(output.text for output in self._of("stream") if output.name == "stdout").strip()

    @property
    def stderr(self) -> str:
        return "".join(output.text for output in self._of("stream") if output.name == "stderr")

    @property
    def error(self) -> str | None:
        """The name of the exception that ended the cell."""
        return next((str(output.ename) for output in self._of("error")), None)

    @property
    def shown(self) -> list[dict[str, str]]:
        """What was displayed, and the value of the last line, by media type."""
        return [dict(output.data) for output in self._cell.outputs if "data" in output]
