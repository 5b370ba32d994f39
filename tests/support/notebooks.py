"""`Notebook`: runs cells in a kernel and returns their outputs as the saved notebook has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nbformat
from nbclient import NotebookClient


class Notebook:
    """A kernel with its notebook."""

    def __init__(self) -> None:
        self._notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        self._client = NotebookClient(self._notebook, timeout=120, kernel_name="python3", allow_errors=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the kernel for the duration of the block."""
        async with self._client.async_setup_kernel():
            yield

    async def run(self, source: str) -> Cell:
        """Add a cell and run it."""
        cell = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
        self._notebook.cells.append(cell)
        await self._client.async_execute_cell(cell, len(self._notebook.cells) - 1)
        return Cell(cell)

    async def restart(self) -> None:
        """Restart the kernel, as the button in the notebook does."""
        manager: Any = self._client.km
        client: Any = self._client.kc
        await manager.restart_kernel()
        await client.wait_for_ready(timeout=120)


class Cell:
    """An executed cell. Its outputs are read on access, since a later cell may update them."""

    def __init__(self, cell: nbformat.NotebookNode) -> None:
        self._cell = cell

    def _of(self, kind: str) -> list[Any]:
        return [output for output in self._cell.outputs if output.output_type == kind]

    @property
    def printed(self) -> str:
        """Return the text on stdout."""
        return "".join(output.text for output in self._of("stream") if output.name == "stdout").strip()

    @property
    def stderr(self) -> str:
        """Return the text on stderr."""
        return "".join(output.text for output in self._of("stream") if output.name == "stderr")

    @property
    def error(self) -> str | None:
        """Return the name of the exception that the cell raised, if any."""
        return next((str(output.ename) for output in self._of("error")), None)

    @property
    def shown(self) -> list[dict[str, str]]:
        """Return the displayed data and the value of the last line, by media type."""
        return [dict(output.data) for output in self._cell.outputs if "data" in output]
