"""`lazy_exports`: resolves the public names of a package at their first use (PEP 562). Called by ``__init__`` files.

The names stand once, as the imports that type checkers read. So ``import asdk`` costs little, and a feature that is not
used is not loaded.
"""

from __future__ import annotations

import ast
import linecache
from importlib import import_module
from typing import Any


def lazy_exports(package: dict[str, Any]) -> bool:
    """Export what a package imports under ``if TYPE_CHECKING or not lazy_exports(globals())``.

    Sets ``__all__``, ``__getattr__`` and ``__dir__``. They are invisible to type checkers, which so report a name that
    the package does not have.

    Args:
        package: the ``globals()`` of its ``__init__`` module.

    Returns:
        True; False if the package comes without its source, so that it imports its names at once.
    """
    source = "".join(linecache.getlines(package["__file__"], package))
    if not source:
        return False
    homes = {
        alias.asname or alias.name: statement.module or ""
        for block in ast.parse(source).body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }

    def load(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        value = package[name] = getattr(import_module(home), name)
        return value

    names = sorted({*homes, *(name for name in ("__version__",) if name in package)})
    package.update(__all__=names, __getattr__=load, __dir__=lambda: names)
    return True
