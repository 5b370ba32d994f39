"""The client for MGnify: ``from asdk.clients.mgnify import MGnify``.

`PageCache`, which is rarely needed, is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from asdk.clients.mgnify.client import MGnify
from asdk.clients.mgnify.config import MGnifyConfig
from asdk.clients.mgnify.credentials import SlidingToken
from asdk.clients.mgnify.queries import QuerySet

__all__ = ["MGnify", "MGnifyConfig", "PageCache", "QuerySet", "SlidingToken"]

if TYPE_CHECKING:
    from asdk.clients.mgnify.page_cache import PageCache
else:

    def __getattr__(name: str) -> object:
        if name == "PageCache":
            return import_module("asdk.clients.mgnify.page_cache").PageCache
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
