"""The operations of the five APIs, as their contracts list them, and what is made and asked of those lists.

`<api>.txt` beside this file has an operation a line, ``VERB /path  client.method``. `test_operations` holds client,
sandbox and documentation to it, and an `OperationCoverage` calls each operation once.
``python -m tests.contracts.operations`` writes
the tables of ``docs/clients/*.md``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import attrs

from asdk import BaseClient
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.sandbox import Sandbox
from asdk.sandbox.api import ApiServer

T = TypeVar("T")

PAGES = Path(__file__).parents[2] / "docs" / "clients"
CLIENTS: dict[str, type[BaseClient]] = {
    "apala": Apala,
    "bioepic": BioEPIC,
    "bloomy": Bloomy,
    "edgequake": EdgeQuake,
    "mgnify": MGnify,
}
#: What stands before the paths of a contract in the addresses of its server.
PREFIXES = {"bloomy": "/api/v1", "mgnify": "/metagenomics/api/v2"}
#: Where a sandbox serves what is no operation of the API: files, under addresses that its replies name.
FILE_HOSTS = {"mgnify": "/pub/"}
_LINE = re.compile(r"(?P<verb>[A-Z]+) (?P<path>/\S*) +(?P<method>\w+(?:\.\w+)*)")
_TABLE = re.compile(r"(?<=<!-- operations -->\n).*(?=<!-- end of operations -->)", re.DOTALL)


@attrs.frozen
class Operation:
    """A line of the list."""

    verb: str
    path: str
    method: str
    """Of our client, such as ``documents.upload``."""

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def operations(api: str) -> list[Operation]:
    """Read the list of an API.

    Raises:
        ValueError: a line is neither a comment nor an operation.
    """
    lines = (Path(__file__).parent / f"{api}.txt").read_text().splitlines()
    found = [_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    if None in found:
        raise ValueError(f"{api}.txt: a line is not an operation: {lines}")
    return [Operation(**match.groupdict()) for match in found if match is not None]


def routes(api: str) -> set[str]:
    """What the sandbox serves, ``VERB /path`` with the paths as the contract has them."""
    prefix, files = PREFIXES.get(api, ""), FILE_HOSTS.get(api, "no path begins so")
    served = server_of(Sandbox(), api).routes()
    return {f"{route.method} {route.path.removeprefix(prefix)}" for route in served if not route.path.startswith(files)}


def server_of(sandbox: Sandbox, api: str) -> ApiServer:
    return next(server for server in sandbox.servers if server.name == api)


def docstring(api: str, method: str) -> str:
    """What our client says of one of its methods."""
    return inspect.getdoc(_without_io(CLIENTS[api], method)) or ""


def _without_io(kind: type[BaseClient], method: str) -> object:
    return attrgetter(method)(kind(base_url="http://127.0.0.1", auth=None))


def table(api: str) -> str:
    """The table of the documentation: an operation a row, with all methods that do it."""
    methods: dict[str, list[str]] = {}
    for operation in operations(api):
        methods.setdefault(str(operation), []).append(operation.method)
    served = {same(route) for route in routes(api)}
    rows = []
    for wire, names in methods.items():
        cells = (
            f"`{wire}`",
            ", ".join(f"`{name}`" for name in names),
            "yes" if same(wire) in served else "no",
            _summary(docstring(api, names[0])),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(
        [f"{len(rows)} operations.", "", "| operation | client | sandbox | |", "|---|---|---|---|", *rows, ""]
    )


def _summary(text: str) -> str:
    """The first sentence of a docstring, as it may stand in a cell."""
    sentence = " ".join(text.partition("\n\n")[0].split()).partition(". ")[0]
    return sentence.rstrip(".").replace("``", "`").replace("|", "\\|")


def same(operation: str) -> str:
    """An operation without the names of its parameters, and without regard to case, which differs between writers."""
    return re.sub(r"\{\w+\}", "{}", operation).lower()


def page(api: str) -> str:
    """The documentation of a client, with its table as it must be."""
    return _TABLE.sub(lambda _: f"\n{table(api)}\n", (PAGES / f"{api}.md").read_text())


class OperationCoverage:
    """Calls the operations of an API through our client, and looks at what each made its sandbox serve.

    ``await cover("documents.get", client.documents.get(document_id))`` for one; ``missing()`` at the end.
    """

    def __init__(self, server: ApiServer, api: str) -> None:
        self._server = server
        self._prefix = PREFIXES.get(api, "")
        self._open = {(operation.method, same(str(operation))) for operation in operations(api)}

    async def __call__(self, method: str, call: Awaitable[T]) -> T:
        """Make the call; each operation that the list has for the method and that was served is ticked off."""
        self._server.counters.reset()
        result = await call
        served = {
            same(f"{record.method} {record.route.removeprefix(self._prefix)}")
            for record in self._server.counters.recent
            if record.status is not None and record.status < 400
        }
        ticked = {(name, operation) for name, operation in self._open if name == method and operation in served}
        assert ticked, f"{method} made the sandbox serve {served}, none of it listed for it and still open"
        self._open -= ticked
        return result

    def missing(self) -> list[str]:
        """What no call has reached: ``method: VERB /path``."""
        return sorted(f"{method}: {operation}" for method, operation in self._open)


if __name__ == "__main__":
    for name in CLIENTS:
        (PAGES / f"{name}.md").write_text(page(name))
