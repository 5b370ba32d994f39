"""The architecture: imports point down, late imports are listed, and packages export what they import."""

from __future__ import annotations

import ast
import functools
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import asdk

PACKAGE = Path(asdk.__file__).parent

#: The rows from the bottom up. A module may import from the rows below its own and from its own folder. The modules of
#: the lowest row, which are not folders, may import each other.
ROWS = [
    [
        "_version",
        "clock",
        "dotenv_file",
        "errors",
        "lazy",
        "limits",
        "redaction",
        "resources",
        "retrying",
        "secret",
        "unset",
    ],
    ["concurrency", "config", "extras", "models", "progress"],
    ["bulk", "http", "records", "webhooks"],
    ["pagination", "polling", "streaming", "transfers", "transports"],
    ["auth"],
    ["middleware"],
    ["client"],
    ["clients", "sandbox"],
    ["testing"],
    ["__main__", ""],
]

#: The allowed imports inside functions: heavy or optional modules, imported on first use.
LATE_IMPORTS = {
    ("concurrency.file_locks", "filelock"),
    ("errors", "difflib"),
    ("auth.stores.keyring", "keyring"),
    ("auth.stores.keyring", "keyring.backends"),
    ("auth.stores.paths", "platformdirs"),
    ("auth.stores.redis", "asdk.auth.stores.redis_clients"),
    ("auth.stores.redis", "asdk.auth.stores.encryption"),
    ("client.calls", "asdk.streaming.streams"),
    ("client.base", "asdk.middleware.signing"),
    ("client.collection_calls", "asdk.bulk"),
    ("client.session", "asdk.client.deprecations"),
    ("client.session", "asdk.middleware.signing"),
    ("client.settings", "asdk.middleware.signing"),
    ("client.settings", "asdk.middleware.traffic.concurrency_limit"),
    ("client.settings", "asdk.transports.aiohttp"),
    ("client.stream_calls", "asdk.streaming.streams"),
    ("client.stream_calls", "asdk.transfers.download"),
    ("clients.bioepic.filters", "yaml"),
    ("clients.bloomy.config_file", "yaml"),
    ("clients.mgnify.client", "asdk.clients.mgnify.page_cache"),
    ("dotenv_file", "dotenv.parser"),
    ("http.urls", "idna"),
    ("models.declaration", "asdk.models.rendering"),
    ("models.decoding", "asdk.models.converter"),
    ("models.decoding", "asdk.models.unions"),
    ("middleware.traffic.redis_rate_limit", "redis.asyncio"),
    ("middleware.traffic.redis_rate_limit", "redis.asyncio.connection"),
    ("middleware.traffic.redis_rate_limit", "redis.asyncio.retry"),
    ("middleware.traffic.redis_rate_limit", "redis.backoff"),
    ("middleware.cache", "hishel"),
    ("retrying", "tenacity"),
    ("transports.decompression", "backports"),
    ("transports.decompression", "brotli"),
    ("transports.decompression", "compression"),
    ("webhooks.base", "cryptography.exceptions"),
    ("webhooks.base", "cryptography.hazmat.primitives.asymmetric.ed25519"),
    ("records.dataframes", "pandas"),
    ("records.dataframes", "polars"),
    ("records.dataframes", "pyarrow"),
    ("progress", "IPython"),
    ("progress", "rich.console"),
    ("progress", "rich.errors"),
    ("progress", "rich.progress"),
    ("records.records", "asdk.records.dataframes"),
    ("testing.fixtures", "asdk.testing.clock"),
}


@functools.cache
def modules() -> dict[str, Path]:
    """Return the modules by name without ``asdk.``; the name of the package itself is empty."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def row_of(module: str) -> int:
    """Return the row of a module, by the first part of its name."""
    box = module.partition(".")[0]
    return next(number for number, row in enumerate(ROWS) if box in row)


@functools.cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """Return each imported module, and whether it is imported in a function. Imports for typing count."""
    return list(read_imports(path))


def read_imports(path: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(path.read_text())
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports must be absolute"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                is_module = module.removeprefix("asdk.") in modules()
                yield module if is_module else node.module or "", id(node) in late


def test_imports_point_down() -> None:
    for module in filter(None, modules()):
        check_imports(module)


def check_imports(module: str) -> None:
    box, row = module.partition(".")[0], row_of(module)
    for imported, _ in imports(modules()[module]):
        if imported == "asdk":
            assert box in {"clients", "testing", "__main__"}, f"{module} must not import the top of the package"
        if not imported.startswith("asdk."):
            continue
        target = imported.removeprefix("asdk.")
        below = row_of(target) < row or (row == row_of(target) == 0)
        assert below or target.partition(".")[0] == box, f"{module} must not import {target}"
        if box == "clients" and target.startswith("clients."):
            assert target.split(".")[1] == module.split(".")[1], "APIs must not share code"
        if box == "sandbox":
            assert target.startswith("sandbox"), "the sandbox must not import asdk, its other side"


#: The packages that the documentation shows to authors of clients.
AUTHORS_PACKAGES = {
    *("", "auth", "client", "concurrency", "http", "middleware", "models"),
    *("pagination", "streaming", "testing", "transfers"),
}


def test_clients_import_only_documented_names() -> None:
    exports = {package: {*dir(importlib.import_module(f"asdk.{package}".rstrip(".")))} for package in AUTHORS_PACKAGES}
    exports[""] |= AUTHORS_PACKAGES
    undocumented = [
        f"{module} imports {name} from {node.module}"
        for module, path in modules().items()
        if module.startswith("clients.")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (source := f"{node.module}.").startswith("asdk.")
        if not source.startswith("asdk.clients.")
        for name in sorted({alias.name for alias in node.names} - exports.get(source[5:-1], set()))
    ]
    assert undocumented == []


def test_the_packages_for_authors_are_documented() -> None:
    page = (PACKAGE.parent / "docs" / "extending.md").read_text()
    for package in AUTHORS_PACKAGES:
        assert f"| `{f'asdk.{package}'.rstrip('.')}` |" in page


def test_there_are_no_import_cycles() -> None:
    graph = {
        name: {
            target.removeprefix("asdk.") for target, late in imports(path) if target.startswith("asdk.") and not late
        }
        for name, path in modules().items()
        if name
    }

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(graph.get(start, ()))
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += graph.get(name, ())
        return seen

    # The modules of a client import its class under TYPE_CHECKING, for annotations: the only cycles that are allowed.
    assert [name for name in graph if name in reachable(name) and not name.startswith("clients.")] == []


def test_late_imports_are_listed() -> None:
    found = {
        (name, target)
        for name, path in modules().items()
        for target, late in imports(path)
        if late and not name.startswith("sandbox")
    }
    assert found == LATE_IMPORTS


LAZY_PACKAGES = sorted(
    name for name, path in modules().items() if path.name == "__init__.py" and "lazy_exports(" in path.read_text()
)


@pytest.mark.parametrize("name", LAZY_PACKAGES)
def test_a_package_exports_its_imports_for_type_checkers(name: str) -> None:
    package: Any = importlib.import_module(f"asdk.{name}".rstrip("."))
    written = [
        alias.asname
        for block in ast.parse(modules()[name].read_text()).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert set(package.__all__) - {"__version__"} == set(written)
    assert package.__all__ == dir(package) == sorted(package.__all__)
    for export in package.__all__:
        assert getattr(package, export) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing


def test_the_top_level_exports_all_errors_and_few_other_names() -> None:
    errors = importlib.import_module("asdk.errors")
    every_error = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    assert every_error <= set(dir(asdk))
    assert len(set(dir(asdk)) - every_error) <= 45


def test_exports_and_submodules_have_different_names() -> None:
    """An import of the submodule would replace the export."""
    for name, path in modules().items():
        if path.name == "__init__.py":
            package = importlib.import_module(f"asdk.{name}".rstrip("."))
            inside = {other.rpartition(".")[2] for other in modules() if other.rpartition(".")[0] == name}
            assert inside & set(getattr(package, "__all__", ())) == set(), name


def loaded_after(code: str) -> set[str]:
    """Return the loaded modules of a new interpreter after this code."""
    listing = f"{code}\nimport sys\nprint(' '.join(sorted(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout
    return set(output.split())


def test_import_asdk_loads_only_the_lazy_exports() -> None:
    loaded = loaded_after("import asdk")
    heavy = {"aiohttp", "anyio", "attrs", "attr", "cattrs", "tenacity", "dotenv", "pytest", "asyncio", "ssl", "msgspec"}
    assert loaded & heavy == set()
    assert {name for name in loaded if name.startswith("asdk.")} == {"asdk._version", "asdk.lazy"}


def test_resolving_the_top_level_exports_loads_no_aiohttp_and_no_extra() -> None:
    loaded = loaded_after("import asdk\nfor name in asdk.__all__: getattr(asdk, name)")
    assert loaded & {"aiohttp", "cattrs", "tenacity", "dotenv", "pytest", "msgspec", "yarl", "multidict"} == set()
    assert loaded & {"filelock", "platformdirs", "keyring", "redis", "cryptography"} == set()
    assert not {name for name in loaded if name.startswith(("asdk.clients", "asdk.sandbox", "asdk.testing"))}


def test_a_client_loads_aiohttp_but_no_sandbox_and_no_test_kit() -> None:
    loaded = loaded_after("from asdk import BaseClient\nBaseClient(base_url='https://api.example.org')")
    assert "aiohttp" in loaded
    assert not {name for name in loaded if name.startswith(("asdk.clients", "asdk.sandbox", "asdk.testing", "pytest"))}
    assert "tenacity" not in loaded, "tenacity is imported on the first failure"
    assert not {name for name in loaded if name.startswith(("asdk.middleware.traffic.", "redis"))}, "none is in use"
