"""The client of MGnify: ``from asdk.clients.mgnify import MGnify``."""

from asdk.clients.mgnify.client import MGnify
from asdk.clients.mgnify.config import MGnifyConfig
from asdk.clients.mgnify.credentials import SlidingToken
from asdk.clients.mgnify.page_cache import PageCache
from asdk.clients.mgnify.queries import QuerySet

__all__ = ["MGnify", "MGnifyConfig", "PageCache", "QuerySet", "SlidingToken"]
