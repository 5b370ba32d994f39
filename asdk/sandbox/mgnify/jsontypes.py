"""The type of a JSON object, shared by everything that builds or reads one."""

from typing import Any

Json = dict[str, Any]
