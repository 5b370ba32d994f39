"""L10 meetings and what is on their table: the replies of `Meetings`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.issues import Issue
from asdk.clients.bloomy.models.moments import Moment
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.models.users import Owner
from asdk.models.declaration import field, model


@model(rename="pascal")
class Meeting:
    """A meeting of a user's list."""

    id: int
    name: str
    type: str | None = None
    key: str | None = None


@model(rename="pascal")
class MeetingAttendee:
    """Somebody who attends a meeting."""

    user_id: int = field(name="Id")
    name: str
    image_url: str | None = None


@model
class ScorecardMetric:
    """A number that a meeting watches.

    Attributes:
        target: what it should be; None if nobody set one.
        unit: what it counts.
        metric_type: on which side of the target it should be, such as ``>=``.
        owner: who is accountable for it.
    """

    id: int
    title: str
    target: float | None = None
    unit: str | None = None
    metric_type: str | None = None
    owner: Owner | None = None

    @property
    def accountable_user_id(self) -> int | None:
        return None if self.owner is None else self.owner.id

    @property
    def accountable_user_name(self) -> str | None:
        return None if self.owner is None else self.owner.name


@model
class MeetingDetails:
    """A meeting with everything on its table.

    Attributes:
        start_date_utc: when it started.
        created_date: when it was made.
    """

    id: int
    name: str
    attendees: list[MeetingAttendee]
    issues: list[Issue]
    todos: list[Todo]
    metrics: list[ScorecardMetric]
    start_date_utc: datetime | None = None
    created_date: datetime | None = None
    organization_id: int | None = None


@model
class CreatedMeeting:
    """A new meeting, and the ids of those who were added to it."""

    meeting_id: int
    title: str
    attendees: list[int]


@model(rename="pascal")
class Basics:
    """How the server wraps the name of a meeting."""

    name: str | None = None


@model(rename="pascal")
class MeetingRecord:
    """A meeting alone."""

    id: int
    basics: Basics | None = None
    start_date_utc: Moment = None
    create_time: Moment = None
    organization_id: int | None = None


@model(rename="pascal")
class Measurable:
    """A number that a meeting watches, as the server sends it: anything may be missing."""

    id: int | None = None
    name: str | None = None
    target: float | str | None = None
    modifiers: str | None = None
    direction: str | None = None
    owner: Owner | None = None


@model(rename="camel")
class MeetingId:
    """The reply to a creation."""

    meeting_id: int
