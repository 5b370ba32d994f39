"""Optional dependencies: what is missing is named by the extra that brings it.

Called by optional features while they are built, before they import what is not always there.
"""

from __future__ import annotations

from importlib.util import find_spec

from asdk.errors import ConfigurationError


def require_extra(feature: str, extra: str, *modules: str) -> None:
    """See to it that these modules can be imported, without importing them.

    Args:
        feature: that needs them, as a user knows it.
        extra: of asdk that installs them.
        modules: top-level names.

    Raises:
        ConfigurationError: one is missing.
    """
    for module in modules:
        if find_spec(module) is None:
            raise ConfigurationError(f"{feature} needs {module}: pip install 'asdk[{extra}]'")
