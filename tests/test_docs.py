"""Run every Python block of README.md and docs/, page by page, in the order in which a reader meets them.

A page is one namespace and one event loop, and its blocks may use ``await`` at the top level. The setup
of a fragment precedes it on the page, in a comment that readers do not see (``<!-- invisible-code-block: python``). A
setup may use these names:

- ``sandbox``: the running sandbox, with fresh state.
- ``serve(replies)``: answer the requests of every client by a `MemoryTransport`, unless it has a transport of its own.
- ``setenv(name, value)``: set an environment variable until the end of the page.
"""

from __future__ import annotations

import ast
import asyncio
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sybil import Document, Example, Sybil
from sybil.evaluators.python import pad
from sybil.parsers.markdown import CodeBlockParser

from asdk.sandbox import Sandbox
from asdk.testing import MemoryTransport
from tests.test_layers import ROWS

ROOT = Path(__file__).parent.parent

#: Pages that another test runs, because it replaces account names and paths in them.
RUN_ELSEWHERE = {"docs/clients/mgnify.md": "tests/clients/mgnify/test_guide.py"}

PAGES = sorted(str(path.relative_to(ROOT)) for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


#: Seconds that one block may take: nothing in these pages waits for real.
LIMIT = 60.0


def evaluate(example: Example) -> None:
    """Run one block in the event loop of its page; line numbers in a traceback are those of the page."""
    source = pad(example.parsed, example.line + example.parsed.line_offset)
    code = compile(source, example.path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    async def run() -> None:
        async with asyncio.timeout(LIMIT):
            started = eval(code, example.namespace)
            if started is not None:
                await started

    example.namespace["runner"].run(run())


SYBIL = Sybil(parsers=[CodeBlockParser(language="python", evaluator=evaluate)])


def parse(page: str) -> Document:
    return SYBIL.parse(ROOT / page)


@pytest.fixture
def namespace(asdk_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Return the names of a page, as those of a module: models look up their annotations there."""

    def serve(replies: Any) -> MemoryTransport:
        transport = MemoryTransport(replies)
        monkeypatch.setattr("asdk.transports.aiohttp.AiohttpTransport", lambda **options: transport)
        return transport

    def resolve(host: str | None, *arguments: Any, **options: Any) -> Any:
        assert host in {"127.0.0.1", "localhost", "::1"}, f"a page must not use the network: {host}"
        return getaddrinfo(host, *arguments, **options)

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("HOME", str(tmp_path))  # what a page writes into the home directory stays in the test's
    module = ModuleType("asdk_docs_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with asyncio.Runner() as runner:
        vars(module).update(sandbox=asdk_sandbox, serve=serve, setenv=monkeypatch.setenv, runner=runner)
        yield vars(module)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in RUN_ELSEWHERE])
def test_the_blocks_of_a_page_run(page: str, namespace: dict[str, Any]) -> None:
    document = parse(page)
    document.namespace = namespace
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_a_page_is_left_out(page: str) -> None:
    text = (ROOT / page).read_text()
    shown = re.findall(r"^[ \t]*(?:```|~~~)[ \t]*(\S.*)$", text, re.MULTILINE)
    assert set(shown) <= {"python", "text", "shell"}
    hidden = re.findall(r"^<!-- (.*)$", text, re.MULTILINE)
    known = {"invisible-code-block: python", "operations -->", "end of operations -->"}
    assert set(hidden) <= known
    expected = shown.count("python") + hidden.count("invisible-code-block: python")
    assert len(list(parse(page).examples())) == expected


@pytest.mark.parametrize(("page", "test"), sorted(RUN_ELSEWHERE.items()))
def test_a_page_that_is_run_elsewhere_is_named_there(page: str, test: str) -> None:
    text = (ROOT / test).read_text()
    assert f'"{Path(page).name}"' in text
    assert "PyCF_ALLOW_TOP_LEVEL_AWAIT" in text


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST spell them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", (ROOT / page).read_text()):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def test_the_architecture_page_has_the_rows_of_the_layer_test() -> None:
    table = (ROOT / "docs/architecture.md").read_text().partition("## Folders")[2]
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(len(ROWS), 0, -1))
    named = [{name.replace("__init__", "") for name in re.findall(r"`(\w+)`", boxes)} for _, boxes in rows]
    assert named == [set(row) for row in reversed(ROWS)]
