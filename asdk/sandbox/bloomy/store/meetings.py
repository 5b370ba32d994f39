"""L10 meetings and their attendees."""

import attrs

from asdk.sandbox.bloomy.errors import not_found
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.json_io import Json


@attrs.define(eq=False, kw_only=True)
class Meeting:
    id: int
    organization_id: int
    name: str
    created_at: str
    attendees: list[User] = attrs.field(factory=list[User])

    def as_entry(self) -> Json:
        """Return it in the shape of a user's list."""
        return {"Id": self.id, "Type": "L10", "Key": f"L10_{self.id}", "Name": self.name}

    def as_json(self) -> Json:
        return {
            "Id": self.id,
            "Basics": {"Name": self.name},
            "StartDateUtc": self.created_at,
            "CreateTime": self.created_at,
            "OrganizationId": self.organization_id,
        }


class Meetings:
    """All meetings by id."""

    def __init__(self) -> None:
        self._meetings: dict[int, Meeting] = {}

    def add(self, meeting: Meeting) -> Meeting:
        self._meetings[meeting.id] = meeting
        return meeting

    def get(self, meeting_id: int, organization_id: int) -> Meeting:
        """Return a meeting. Raise RefusalError 404 if it is unknown or belongs to another organization."""
        meeting = self._meetings.get(meeting_id)
        if meeting is None or meeting.organization_id != organization_id:
            raise not_found("Meeting", meeting_id)
        return meeting

    def of(self, user: User) -> list[Meeting]:
        """Return the meetings that a user attends."""
        return [meeting for meeting in self._meetings.values() if user in meeting.attendees]

    def remove(self, meeting: Meeting) -> None:
        del self._meetings[meeting.id]
