"""`RecordPages`: how a walk through a collection goes on, also where the reply to a page token was lost.

A page token is good once: asked again, the server refuses it. But records come in the order of their ids, so that a
filter finds what is left. Used by `Collection`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs

from asdk.errors import PaginationError
from asdk.pagination import PageToken
from asdk.pagination.strategies import Page, PageCursor

#: The member of a cursor that is not sent: the id of the last record before the page.
AFTER = "after"


@attrs.frozen(kw_only=True)
class RecordPages(PageToken):
    """Pages by token. A cursor remembers the last id as well, as long as the ids come in order.

    Attributes:
        wanted: the filter of the walk, as the query carries it.
    """

    items_at: str | None = attrs.field(default="results", alias="items")
    wanted: str = ""

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        following = super().next(cursor, page, seen)
        if not isinstance(following, Mapping):
            return None
        before: Mapping[str, Any] = cursor if isinstance(cursor, Mapping) else {}
        token = following[self.parameter]
        if token == before.get(self.parameter):
            raise PaginationError(f"the server names the page {token} a second time")
        last = _last_id(self.items(page), before.get(AFTER) if before else "")
        kept = {} if last is None else {AFTER: last}
        # A token belongs to the query that it came from, and that may be one for what was left.
        asked = parse_qs(urlsplit(page.url).query).get("filter", [""])[0]
        return {**following, **kept, **({} if asked == self.wanted else {"filter": asked})}


def _last_id(records: Sequence[Any], before: object) -> str | None:
    """The id of the last record, if they all come in the order of their ids and after the one before; else None."""
    for record in records:
        found = cast("Mapping[str, object]", record).get("id") if isinstance(record, Mapping) else None
        if not isinstance(found, str) or not isinstance(before, str) or found <= before:
            return None
        before = found
    return before if isinstance(before, str) and before else None
