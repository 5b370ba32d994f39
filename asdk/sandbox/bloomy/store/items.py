"""Items of meetings: to-dos, rocks, issues and headlines. They differ on the wire, but behave nearly alike."""

from collections.abc import Callable

import attrs

from asdk.sandbox.bloomy.errors import not_found
from asdk.sandbox.bloomy.store.meetings import Meeting
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.json_io import Json

_DAY = 24 * 3600.0


@attrs.define(eq=False, kw_only=True)
class Item:
    id: int
    kind: str
    """``Todo``, ``Rock``, ``Issue`` or ``Headline``."""
    title: str
    owner: User
    meeting: Meeting | None
    created_at: str
    due_date: str | None = None
    notes: str | None = None
    completed_at: str | None = None
    closed_at: str | None = None
    """When it was archived, or resolved and taken off the list."""
    standing: str = "OnTrack"
    """Status of a rock: ``OnTrack``, ``AtRisk`` or ``Complete``."""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def details_url(self) -> str:
        return f"https://notes.sandbox.test/{self.kind.lower()}/{self.id}"

    @property
    def origin(self) -> Json:
        """Return the meeting that it was raised in, as flat members."""
        if self.meeting is None:
            return {"OriginId": None, "Origin": None}
        return {"OriginId": self.meeting.id, "Origin": self.meeting.name}


class Items:
    """Items of all organizations; an organization sees only its own."""

    def __init__(self, clock: TimeSource, next_id: Callable[[], int]) -> None:
        self._clock = clock
        self._next_id = next_id
        self._items: dict[int, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    @property
    def now(self) -> str:
        return moment(self._clock())

    def add(self, kind: str, title: str, owner: User, meeting: Meeting | None, *, notes: str | None = None) -> Item:
        item = Item(
            id=self._next_id(),
            kind=kind,
            title=title,
            owner=owner,
            meeting=meeting,
            created_at=self.now,
            notes=notes,
        )
        self._items[item.id] = item
        return item

    def due_in(self, days: int) -> str:
        return moment(self._clock() + days * _DAY)

    def get(self, kind: str, number: int, organization_id: int) -> Item:
        """Return an item. Raise RefusalError 404 if it is unknown."""
        item = self._items.get(number)
        if item is None or item.kind != kind or item.owner.organization_id != organization_id:
            raise not_found(kind, number)
        return item

    def of_user(self, kind: str, user: User) -> list[Item]:
        return [item for item in self._items.values() if item.kind == kind and item.owner is user]

    def of_meeting(self, kind: str, meeting: Meeting) -> list[Item]:
        return [item for item in self._items.values() if item.kind == kind and item.meeting is meeting]

    def remove(self, item: Item) -> None:
        del self._items[item.id]


def moment(seconds: float) -> str:
    """Format epoch seconds as this server does: ``2026-01-01T00:00:00Z``."""
    return rfc3339(int(seconds)).replace("+00:00", "Z")
