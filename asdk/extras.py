"""Checks for optional dependencies: `require_extra` names the extra that installs a missing one.

Called by the constructors of optional features, before they import their dependencies.
"""

from __future__ import annotations

from importlib.util import find_spec

from asdk.errors import ConfigurationError


def require_extra(feature: str, extra: str, *modules: str) -> None:
    """Check that modules can be imported, without importing them.

    Args:
        feature: the feature that needs them, as users know it.
        extra: the extra of asdk that installs them.
        modules: top-level module names.

    Raises:
        ConfigurationError: one of them is not installed.
    """
    for module in modules:
        if find_spec(module) is None:
            raise ConfigurationError(f"{feature} needs {module}: pip install 'asdk[{extra}]'")
