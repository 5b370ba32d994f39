"""`Subscriptable`: results whose fields can be read as a dict's, as the vendor's guide does."""

from __future__ import annotations

from typing import Any


class Subscriptable:
    """Fields by name in brackets too, as in ``result["company_name"]``."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self, name):
            raise KeyError(name)
        return getattr(self, name)
