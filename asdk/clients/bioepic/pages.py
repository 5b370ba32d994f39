"""`RecordPages`: the pagination strategy of collections, which survives the lost reply to a page token.

A page token can be used once: the server rejects it the second time. Records come in id order, so a filter can find the
remaining ones. Used by `Collection`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs

from asdk import PaginationError
from asdk.clients.bioepic.filters import filter_beyond
from asdk.pagination import Page, PageCursor, PageToken

#: The cursor member with the id of the last record before the page; it is not sent.
AFTER = "after"

#: The cursor member with the id after which the remaining records were asked for when a token was lost; it is not sent.
BEYOND = "beyond"


@attrs.frozen(kw_only=True)
class RecordPages(PageToken):
    """Pagination by token. A cursor also contains the last id, as long as ids come in order.

    Attributes:
        wanted: the filter of the iteration, as text of the query string. It is not part of the cursor, which may come
            from a web page.
    """

    items_at: str | None = attrs.field(default="results", alias="items")
    items_required: bool = True  # this server sends an empty list, so a page without one is another kind of answer
    carries: Collection[str] = ("page_token", AFTER, BEYOND)
    wanted: str = ""

    def next(self, cursor: PageCursor, page: Page, seen: int) -> PageCursor | None:
        """Return the cursor of the next page, with the last id of this one; None after the last page."""
        following = super().next(cursor, page, seen)
        if not isinstance(following, Mapping):
            return None
        before: Mapping[str, Any] = cursor if isinstance(cursor, Mapping) else {}
        if following[self.parameter] == before.get(self.parameter):
            raise PaginationError("the server returned the page token of this page twice")
        last = _last_id(self.items(page), before.get(AFTER) if before else "")
        kept = {} if last is None else {AFTER: last}
        beyond = self._beyond(before, page)
        return {**following, **kept, **({} if beyond is None else {BEYOND: beyond})}

    def _beyond(self, before: Mapping[str, Any], page: Page) -> str | None:
        """Return the id after which the page's query asks, or None: a token belongs to the query that returned it."""
        asked = parse_qs(urlsplit(page.url).query).get("filter", [""])[0]
        ids = (before.get(AFTER), before.get(BEYOND))
        return next((i for i in ids if isinstance(i, str) and asked == filter_beyond(self.wanted, i)), None)


def _last_id(records: Sequence[Any], before: object) -> str | None:
    """Return the last record's id if all ids ascend and follow the previous page; None otherwise."""
    for record in records:
        found = cast("Mapping[str, object]", record).get("id") if isinstance(record, Mapping) else None
        if not isinstance(found, str) or not isinstance(before, str) or found <= before:
            return None
        before = found
    return before if isinstance(before, str) and before else None
