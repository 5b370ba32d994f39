"""Type of a JSON object, shared by all code that builds or reads one."""

from typing import Any

Json = dict[str, Any]
