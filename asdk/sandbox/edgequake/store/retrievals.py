"""Retrievals for programs that write the answer themselves, kept for a while by id."""

from typing import Any

import attrs

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.ids import Ids

LIFETIME = 15 * 60.0
_MOST = 500


@attrs.frozen(eq=False)
class _Kept:
    space: tuple[str, str]
    reply: dict[str, Any] = attrs.field(repr=False)
    expires_at: float


class Retrievals:
    """Recent retrievals of all workspaces; each workspace sees only its own."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._kept: dict[str, _Kept] = {}

    def keep(self, space: tuple[str, str], reply: dict[str, Any]) -> str:
        """Keep a reply for `LIFETIME` seconds and return its id; if there are too many, evict the oldest."""
        retrieval_id = f"ret_{self._ids.uuid()}"
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[retrieval_id] = _Kept(space, reply, self._clock() + LIFETIME)
        return retrieval_id

    def get(self, space: tuple[str, str], retrieval_id: str) -> dict[str, Any]:
        """Return a reply. Raise ApiError NOT_FOUND or GONE."""
        kept = self._kept.get(retrieval_id)
        if kept is None or kept.space != space:
            raise not_found("Retrieval", retrieval_id)
        if self._clock() >= kept.expires_at:
            raise ApiError("GONE", "Retrieval expired: search again")
        return kept.reply
