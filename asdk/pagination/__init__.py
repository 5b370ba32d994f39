"""Pagination: `Paginator`, a collection that is fetched page by page, and the page strategies of common APIs."""

from asdk.pagination.cursor import CursorScope
from asdk.pagination.graphql import GraphQLConnection
from asdk.pagination.iteration import FetchPage
from asdk.pagination.paginator import Paginator
from asdk.pagination.strategies import (
    Cursor,
    LinkHeader,
    NextLink,
    Offset,
    Page,
    PageCursor,
    PageNumbers,
    PageStrategy,
    PageToken,
)

__all__ = [
    "Cursor",
    "CursorScope",
    "FetchPage",
    "GraphQLConnection",
    "LinkHeader",
    "NextLink",
    "Offset",
    "Page",
    "PageCursor",
    "PageNumbers",
    "PageStrategy",
    "PageToken",
    "Paginator",
]
