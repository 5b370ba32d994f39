"""Models of L10 meetings and their contents, returned by `Meetings`."""

from __future__ import annotations

from datetime import datetime

from asdk import field, model
from asdk.clients.bloomy.models.issues import Issue
from asdk.clients.bloomy.models.moments import Moment
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.models.users import Owner


@model(rename="pascal")
class Meeting:
    """A meeting in the list of a user."""

    id: int
    name: str
    type: str | None = None
    key: str | None = None


@model(rename="pascal")
class MeetingAttendee:
    """An attendee of a meeting."""

    user_id: int = field(name="Id")
    name: str
    image_url: str | None = None


@model
class ScorecardMetric:
    """A metric on the scorecard of a meeting.

    Attributes:
        target: the target value; None if it is not set.
        unit: the unit of the values.
        metric_type: the comparison with the target, such as ``>=``.
        owner: the accountable user.
    """

    id: int
    title: str
    target: float | None = None
    unit: str | None = None
    metric_type: str | None = None
    owner: Owner | None = None

    @property
    def accountable_user_id(self) -> int | None:
        """Return the id of the accountable user."""
        return None if self.owner is None else self.owner.id

    @property
    def accountable_user_name(self) -> str | None:
        """Return the name of the accountable user."""
        return None if self.owner is None else self.owner.name


@model
class MeetingDetails:
    """A meeting with its attendees, issues, to-dos and metrics.

    Attributes:
        start_date_utc: the start time.
        created_date: the creation time.
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
    """A new meeting and the ids of the added users."""

    meeting_id: int
    title: str
    attendees: list[int]


@model(rename="pascal")
class Basics:
    """The object that contains the name of a meeting."""

    name: str | None = None


@model(rename="pascal")
class MeetingRecord:
    """A meeting as the server sends it."""

    id: int
    basics: Basics | None = None
    start_date_utc: Moment = None
    create_time: Moment = None
    organization_id: int | None = None


@model(rename="pascal")
class Measurable:
    """A metric as the server sends it; every field may be missing."""

    id: int | None = None
    name: str | None = None
    target: float | str | None = None
    modifiers: str | None = None
    direction: str | None = None
    owner: Owner | None = None


@model(rename="camel")
class MeetingId:
    """The reply to the creation of a meeting."""

    meeting_id: int
