"""Collections that are fetched page by page: `Paginator`, and the ways in which APIs divide them."""

from asdk.pagination.iteration import FetchPage
from asdk.pagination.paginator import Paginator
from asdk.pagination.strategies import (
    Cursor,
    LinkHeader,
    Offset,
    Page,
    PageCursor,
    PageNumbers,
    PageStrategy,
    PageToken,
)

__all__ = [
    "Cursor",
    "FetchPage",
    "LinkHeader",
    "Offset",
    "Page",
    "PageCursor",
    "PageNumbers",
    "PageStrategy",
    "PageToken",
    "Paginator",
]
