"""`lazy_exports`: resolves the public names of a package on first use (PEP 562). Called by ``__init__`` files.

The names are listed once, as the imports that type checkers read. ``import asdk`` is therefore cheap, and a feature
that is not used is not loaded.
"""

from __future__ import annotations

import ast
import linecache
from importlib import import_module
from typing import Any


def lazy_exports(package: dict[str, Any]) -> bool:
    """Export the names that a package imports for type checkers.

    The imports stand in a block ``if TYPE_CHECKING or not lazy_exports(globals()):``. Sets ``__all__``, ``__getattr__``
    and ``__dir__``, at run time only: type checkers report a name that the package does not export.

    Args:
        package: the ``globals()`` of the ``__init__`` module.

    Returns:
        True. False if the package was installed without its source, as some freezing tools do: the ``if`` block then
        imports all names at once.
    """
    # linecache asks the loader if there is no such file: in a zip archive, for example.
    source = "".join(linecache.getlines(package.get("__file__") or "", package))
    if not source:
        return False
    modules = {
        alias.asname or alias.name: statement.module or ""
        for block in ast.parse(source).body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }

    def load(name: str) -> object:
        module = modules.get(name)
        if module is None:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        value = package[name] = getattr(import_module(module), name)
        return value

    names = sorted({*modules, *(name for name in ("__version__",) if name in package)})
    package.update(__all__=names, __getattr__=load, __dir__=lambda: names)
    return True
