"""`Collections`: the records, found by id or by filter, page by page."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import attrs

from asdk.sandbox.bioepic import records
from asdk.sandbox.bioepic.errors import ApiError
from asdk.sandbox.bioepic.filters import FilterError, Record, matches
from asdk.sandbox.bioepic.settings import BioEPICSettings
from asdk.sandbox.ids import Ids


@attrs.frozen
class Page:
    results: list[Record]
    next_page_token: str | None


@attrs.frozen
class _Bookmark:
    """Meaning of a page token: the same query, from the record after this one."""

    collection: str
    wanted: Mapping[str, Any]
    after: str


class Collections:
    """Records of one server, and the page tokens that it has issued."""

    def __init__(self, settings: BioEPICSettings, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._ids = Ids("bioepic pages", seed)
        self._bookmarks: dict[str, _Bookmark] = {}

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """Return the records by collection, drawn on first use."""
        return records.draw(self._seed, samples=self._settings.samples)

    def find(self, collection: str, record_id: str) -> Record:
        """Return a record. Raise ApiError 400 for an unknown collection, 404 for an unknown id."""
        for record in self._collection(collection):
            if str(record["id"]) == record_id:
                return record
        raise ApiError(404, f"No record {record_id} in {collection}")

    def page(
        self, collection: str, wanted: Mapping[str, Any], *, size: int, fields: list[str], token: str | None
    ) -> Page:
        """Return one page of the records that match a filter, ordered by id.

        A full page always names a next page, which may be empty: the server does not look ahead. A size of 0 means all.

        Raises:
            ApiError: 400 for an unknown collection or an invalid page token, 422 for a bad filter.
        """
        known = self._collection(collection)
        after = "" if token is None else self._open(token, collection, wanted)
        try:
            rest = [record for record in known if str(record["id"]) > after and matches(record, wanted)]
        except FilterError as error:
            raise ApiError(422, f"filter: {error}") from None
        found = rest[:size] if size else rest
        full = bool(size) and len(found) == size
        following = self._bookmark(_Bookmark(collection, wanted, str(found[-1]["id"]))) if full else None
        if self._settings.repeat_page_token:
            following = token or following
        return Page([project(record, fields) for record in found], following)

    def _collection(self, name: str) -> list[Record]:
        known = self.records.get(name)
        if known is None:
            raise ApiError(400, f"Unknown collection: {name}")
        return known

    def _bookmark(self, mark: _Bookmark) -> str:
        token = f"page:{self._ids.hex(24)}"
        self._bookmarks[token] = mark
        return token

    def _open(self, token: str, collection: str, wanted: Mapping[str, Any]) -> str:
        keep = self._settings.repeat_page_token or not self._settings.single_use_page_tokens
        mark = self._bookmarks.get(token) if keep else self._bookmarks.pop(token, None)
        if mark is None or (mark.collection, mark.wanted) != (collection, wanted):
            raise ApiError(400, "Bad page_token")
        return mark.after


def project(record: Record, fields: list[str]) -> Record:
    """Select these fields and ``id``, by dotted paths; select all if none are named."""
    if not fields:
        return record
    chosen: Record = {}
    for path in ["id", *fields]:
        _copy(record, chosen, path.split("."))
    return chosen


def _copy(source: Any, target: Record, path: list[str]) -> None:
    if not isinstance(source, dict) or path[0] not in source:
        return
    value = cast("Record", source)[path[0]]
    if len(path) == 1:
        target[path[0]] = value
    elif isinstance(value, dict):
        _copy(value, target.setdefault(path[0], {}), path[1:])
