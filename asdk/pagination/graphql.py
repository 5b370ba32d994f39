"""`GraphQLConnection`: pages of a GraphQL connection, as the cursor connections specification has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from asdk.errors import DecodeError, PaginationError
from asdk.models.paths import member_at
from asdk.pagination.members import flag_at, token_at
from asdk.pagination.strategies import MAX_EMPTY_PAGES, Page, PageCursor


@attrs.frozen
class GraphQLConnection:
    """Pages of a GraphQL connection: ``nodes`` or ``edges``, and ``pageInfo { endCursor hasNextPage }``.

    Use it with a ``json=`` of `BaseClient.paginate` that has the query and its variables. Set ``error_when = "errors"``
    on the client, so that an error of the server is not taken for an empty page.

    Attributes:
        connection: the path of the connection, such as ``"data.repository.issues"``. A connection that is null, such as
            that of a repository without issues, has no items.
        variable: the path of the variable for the cursor in the body.
        items_required: True if a page without its connection is a `DecodeError`.
        max_empty_pages: as for `PageToken`.
        carries: the members of the body that a stored cursor may set; by default ``variable``.

    Source: https://relay.dev/graphql/connections.htm
    """

    connection: str
    variable: str = attrs.field(default="variables.after", kw_only=True)
    items_required: bool = attrs.field(default=False, kw_only=True)
    max_empty_pages: int | None = attrs.field(default=MAX_EMPTY_PAGES, kw_only=True)
    carries: Collection[str] = attrs.field(
        default=attrs.Factory(lambda self: (self.variable,), takes_self=True), kw_only=True
    )

    def first(self, params: Mapping[str, Any]) -> PageCursor:
        """Return the cursor of the first page."""
        given = params.get(self.variable)
        return {} if given is None else {self.variable: given}

    def items(self, page: Page) -> Sequence[Any]:
        """Return the nodes of a page."""
        found = member_at(page.data, self.connection)
        if found is None and not self.items_required:
            return []
        nodes = member_at(found, "nodes")
        if isinstance(nodes, list):
            return nodes
        edges = member_at(found, "edges")
        if isinstance(edges, list):
            return [member_at(edge, "node") for edge in edges]
        if nodes is None and edges is None and isinstance(found, Mapping) and not self.items_required:
            return []
        raise DecodeError(
            f"{self.connection}: expected a connection with a list of nodes or edges", path=self.connection
        )

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, or None if this is the last."""
        info = member_at(member_at(page.data, self.connection), "pageInfo")
        if not flag_at(info, "hasNextPage"):
            return None
        token = token_at(info, "endCursor")
        if token is None:
            raise PaginationError("the server reported more pages but sent no cursor (pageInfo.endCursor)")
        return {self.variable: token}
